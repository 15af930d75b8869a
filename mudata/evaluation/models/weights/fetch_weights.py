"""The whole of `mudata models fetch`:
consent, each part once from the first mirror that has it, the model's folder.

Parts come through the same engine as datasets, with ledgers of their own, so that a fetch that was
stopped goes on and a finished one is recognised without the network.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from mudata.catalog.cards import licences
from mudata.catalog.fetch.engine import Delivery, Engine, check_room, common_kind, error_of, source_of, try_in_order
from mudata.catalog.fetch.lock import alone
from mudata.catalog.fetch.plan import Option, describe
from mudata.catalog.fetch.sources import huggingface
from mudata.catalog.fetch.sources.source import Target
from mudata.errors import FetchError, ModelError, number
from mudata.evaluation.models.weights import own_weights, weight_store
from mudata.evaluation.models.weights.file_kinds import SUFFIXES, is_old_pickle
from mudata.home import flag
from mudata.narration import SILENT, Progress

if TYPE_CHECKING:
    from mudata.catalog.cards.mirrors import AnyMirror
    from mudata.catalog.cards.strict_model import Usage
    from mudata.evaluation.models.model_card import ModelCard
    from mudata.evaluation.models.weights.weight_store import PartOnDisk
    from mudata.home import Home

_SEVERITY: tuple[Usage, ...] = ("unrestricted", "noncommercial", "research", "unknown")
_PICKLES = tuple(suffix for suffix in SUFFIXES if suffix != ".safetensors")
_FOREIGN = (".h5", ".msgpack", ".onnx", ".ot", ".gguf", ".tflite", ".mlmodel")
"""Weights for other libraries, of which repositories hold copies."""


@dataclass(frozen=True, kw_only=True)
class WeightsRequest:
    """What is asked for."""

    origin: tuple[str, ...] = ()
    """'PATH' or 'PART=PATH' of the user's own files, which are linked in place of downloads."""
    accept_licence: bool = False
    offline: bool = False
    jobs: int = 4
    """Downloads at a time."""


@dataclass(frozen=True, kw_only=True)
class FetchedWeights:
    """What is there now."""

    folder: Path
    parts: tuple[PartOnDisk, ...]
    bytes: int
    """That went over the network this time."""
    notes: tuple[str, ...]


def terms(card: ModelCard) -> licences.Terms:
    """The terms of a model's weights, of the models that they are built on, and of its authors'
    code; the usage class is the narrowest of the first two, since nothing of the code is used."""
    licence_of = {"weights": card.licence, "built on": card.base_licence, "authors' code": card.code_licence}
    weights = [licence.usage for licence in (card.licence, card.base_licence) if licence]
    return licences.Terms(
        f"model:{card.name}",
        card.title,
        "; ".join(f"{name}: {licence.text}" for name, licence in licence_of.items() if licence),
        max(weights, key=_SEVERITY.index),
        tuple(dict.fromkeys(licence.url for licence in licence_of.values() if licence and licence.url)),
        f"mudata models fetch {card.name} --accept-licence",
    )


def fetch(card: ModelCard, home: Home, request: WeightsRequest, progress: Progress = SILENT) -> FetchedWeights:
    """Bring a model's parts into the home, and put its folder together.

    Every part is tried, whatever became of the others. Raises ModelError (no weights of its own),
    NeedsLicence, FetchError or its kin (parts that could not be had, with every mirror's reason),
    HomeError.
    """
    return _WeightsFetch(card, home, request, progress).run()


class _WeightsFetch:
    def __init__(self, card: ModelCard, home: Home, request: WeightsRequest, progress: Progress) -> None:
        self.card, self.home, self.request, self.progress = card, home, request, progress
        self.offline = request.offline or flag("MUDATA_OFFLINE")
        self.engine = Engine(home, progress)

    def run(self) -> FetchedWeights:
        parts = self._look()
        if not parts:
            raise ModelError(
                f"{self.card.name} has no weights to fetch: they are {self.card.checkpoint or 'elsewhere'}."
            )
        licences.consent(terms(self.card), self.home, accept=self.request.accept_licence, progress=self.progress)
        if self.request.origin:
            self._adopt(parts)
            parts = self._look()
        self._check_room(parts)
        self._get_all([part for part in parts if part.state != "here"])
        for part in self._look():
            self._complete(part)
        parts = self._look()
        for part in parts:
            self._convert(part)
        return FetchedWeights(
            folder=weight_store.assemble(self.card, self.home, parts),
            parts=tuple(parts),
            bytes=self.engine.bytes,
            notes=tuple(self.engine.notes),
        )

    def _look(self) -> list[PartOnDisk]:
        return weight_store.look(self.card, self.home)

    def _adopt(self, parts: list[PartOnDisk]) -> None:
        adopted = own_weights.adopt(parts, self.request.origin, self.progress)
        self.engine.notes += adopted.notes
        for part in parts:
            if part.state != "here" and part.name not in adopted.claims:
                self.progress.say(f"{part.name} ({part.size}) is not among them.")

    def _check_room(self, parts: Sequence[PartOnDisk]) -> None:
        """Better to fail before a download of many GB than at its end.
        Sizes are the cards', for people."""
        lacking = {part.name: part for part in parts if part.state != "here"}.values()
        begun = sum(path.stat().st_size for part in lacking for path in part.root.rglob("*") if path.is_file())
        needed = sum(weight_store.gigabytes(part.card.size) for part in lacking if not self.offline) * 1e9 - begun
        check_room(self.card.name, needed, self.home.make(self.home.models))

    def _get_all(self, parts: Sequence[PartOnDisk]) -> None:
        """Fetch parts, those first that only the user can bring.
        Raises one FetchError for all that fail."""
        errors: dict[str, FetchError] = {}
        for part in sorted(parts, key=lambda part: not _only_by_hand(part)):
            try:
                with alone(self.home, f"part-{part.name}", self.progress):
                    self._get(part.refreshed())  # another process may just have got it
            except FetchError as error:
                errors[part.name] = error
                if _only_by_hand(part):  # better told before gigabytes are fetched
                    self.progress.say(str(error))
        if errors:
            name = self.card.name
            raise common_kind(errors.values())(
                f"{name}: {len(errors)} of {number(len(weight_store.layout(self.card)), 'part')} could not be had: "
                f"{', '.join(errors)}.\n" + "\n".join(error.what for error in errors.values()),
                f"What came is kept; the same command goes on. With files of your own: mudata models fetch {name} "
                "--from [PART=]FOLDER",
            )

    def _get(self, part: PartOnDisk) -> None:
        """Fetch a part from the first mirror that gives it. Raises FetchError with all reasons."""
        if part.state == "here":
            return
        options = part.requirement.options
        if failures := try_in_order(options, lambda option: self._take(part, option)):
            raise error_of(f"{part.name} ({part.card.what})", failures)

    def _take(self, part: PartOnDisk, option: Option) -> None:
        mirror, commit = option.mirror, None
        target = self._target(part, mirror)
        if mirror.kind == "huggingface":
            commit = huggingface.commit_of(mirror, target)
        source = describe(mirror) + (f"@{commit}" if commit else "")
        jobs = [(job, state) for job, state in option.jobs if state != "present"]
        if commit:
            update = {"revision": commit}
            jobs = [(replace(job, mirror=job.mirror.model_copy(update=update)), state) for job, state in jobs]
        self.engine.take(
            Delivery(
                component=part.name,
                mirror=source,
                announcement=f"{part.name} ({part.size}) from {source}",
                jobs=jobs,
                target=target,
                ledger=part.ledger,
                complete=True,
            )
        )

    def _target(self, part: PartOnDisk, mirror: AnyMirror) -> Target:
        return Target(
            dataset=part.name,
            files=self.home.make(part.files),
            downloads=part.root / "downloads",
            subset=None,
            wanted=_wanted(mirror),
            limit=None,
            clips=None,
            offline=self.offline,
            jobs=self.request.jobs,
        )

    def _complete(self, part: PartOnDisk) -> None:
        """Small files that a folder of the user's own lacks:
        from a mirror if that is allowed, else told."""
        if not (lacking := own_weights.lacking(part)):
            return
        fetched: list[Path] = []
        mirror = next(mirror for mirror in part.card.mirrors if getattr(mirror, "files", ()))
        for path in () if self.offline else tuple(lacking):
            files = tuple(file for file in getattr(mirror, "files", ()) if file.path == path)
            single = mirror.model_copy(update={"files": files})
            try:
                result = source_of(mirror)(single, self._target(part, mirror), SILENT)
            except FetchError:
                break
            fetched += result.files
            self.engine.bytes += result.bytes
            lacking.remove(path)
        if fetched:
            own_weights.complete(part, fetched)
        if lacking:
            self.engine.notes.append(f"{part.name}: {part.records[0].mirror} lack {', '.join(lacking)}")

    def _convert(self, part: PartOnDisk) -> None:
        """Old pickles as safetensors beside them, where torch is installed;
        without it they are read as they are."""
        for path in (path for record in part.records for path in record.files):
            file = part.files / path
            if not is_old_pickle(file):
                continue
            with self.progress.bar(f"Rewriting {path}", unit=""):
                converted = _converted(file)
            if converted:
                self.progress.say(f"{path} is an old pickle; its tensors were written to {converted.name}.")


def _only_by_hand(part: PartOnDisk) -> bool:
    return all(mirror.kind == "local" for mirror in part.card.mirrors)


def _wanted(mirror: AnyMirror) -> Callable[[str], bool]:
    """Of a whole repository: no hidden files,
    no weights for other libraries, no pickles beside safetensors."""
    listed = [file.path for file in getattr(mirror, "files", ())]
    if "**" not in listed:
        return lambda path: True
    unwanted = _FOREIGN + (_PICKLES if "**/*.safetensors" in listed else ())
    return lambda path: not (path.startswith(".") or "/." in path or path.endswith(unwanted))


def _converted(file: Path) -> Path | None:
    try:
        from mudata.evaluation.models.weights.convert import convert
    except ImportError:
        return None
    return convert(file)
