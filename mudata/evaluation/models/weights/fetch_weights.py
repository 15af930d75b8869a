"""The whole of `mudata models fetch`: consent, each part once from the first mirror that has it, the model's folder.

Parts come through the same sources as datasets, with ledgers of their own, so that a fetch that was stopped goes on and
a finished one is recognised without the network.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from mudata.catalog.cards import licences
from mudata.catalog.fetch.checksums import compute_checksums
from mudata.catalog.fetch.fetcher import source_of
from mudata.catalog.fetch.ledger import FetchRecord, seen, stat_below
from mudata.catalog.fetch.lock import alone
from mudata.catalog.fetch.plan import FetchJob, Option, describe
from mudata.catalog.fetch.sources import huggingface
from mudata.catalog.fetch.sources.source import FetchResult, Target
from mudata.errors import FetchError, HomeError, MissingExtra, ModelError, MudataError, NeedsToken, ReadError
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


@dataclass(frozen=True)
class WeightsRequest:
    """What is asked for."""

    origin: tuple[str, ...] = ()
    """'PATH' or 'PART=PATH' of the user's own files, which are linked in place of downloads."""
    accept_licence: bool = False
    offline: bool = False
    jobs: int = 4
    """Downloads at a time."""


@dataclass(frozen=True)
class FetchedWeights:
    """What is there now."""

    folder: Path
    held: tuple[PartOnDisk, ...]
    """The model's parts."""
    bytes: int
    """That went over the network this time."""
    notes: tuple[str, ...]


def terms(card: ModelCard) -> licences.Terms:
    """The terms of a model's weights, of the models that they are built on, and of its authors' code; the usage class
    is the narrowest of the first two, since nothing of the code is used."""
    said = {"weights": card.licence, "built on": card.base_licence, "authors' code": card.code_licence}
    weights = [licence.usage for licence in (card.licence, card.base_licence) if licence]
    return licences.Terms(
        f"model:{card.name}",
        card.title,
        "; ".join(f"{name}: {licence.text}" for name, licence in said.items() if licence),
        max(weights, key=_SEVERITY.index),
        tuple(dict.fromkeys(licence.url for licence in said.values() if licence and licence.url)),
        f"mudata models fetch {card.name} --accept-licence",
    )


def fetch(card: ModelCard, home: Home, request: WeightsRequest, progress: Progress = SILENT) -> FetchedWeights:
    """Bring a model's parts into the home, and put its folder together.

    Every part is tried, whatever became of the others. Raises ModelError (no weights of its own), NeedsLicence,
    FetchError or its kin (parts that could not be had, with every mirror's reason), HomeError.
    """
    return _Fetching(card, home, request, progress).run()


class _Fetching:
    def __init__(self, card: ModelCard, home: Home, request: WeightsRequest, progress: Progress) -> None:
        self.card, self.home, self.request, self.progress = card, home, request, progress
        self.offline = request.offline or flag("MUDATA_OFFLINE")
        self.bytes = 0
        self.notes: list[str] = []

    def run(self) -> FetchedWeights:
        held = self._look()
        if not held:
            raise ModelError(
                f"{self.card.name} has no weights to fetch: they are {self.card.checkpoint or 'elsewhere'}."
            )
        licences.consent(terms(self.card), self.home, accept=self.request.accept_licence, progress=self.progress)
        if self.request.origin:
            self._adopt(held)
            held = self._look()
        self._check_room(held)
        failed: dict[str, FetchError] = {}
        for one in sorted((one for one in held if one.state != "here"), key=lambda one: not _only_by_hand(one)):
            try:
                with alone(self.home, f"part-{one.part.name}", self.progress):
                    self._get(
                        weight_store.PartOnDisk(one.part, one.at, one.root)
                    )  # another process may just have got it
            except FetchError as error:
                failed[one.part.name] = error
                if _only_by_hand(one):  # better told before gigabytes are fetched
                    self.progress.say(str(error))
        if failed:
            raise self._failed(failed)
        for one in held:
            self._complete(weight_store.PartOnDisk(one.part, one.at, one.root))
        held = self._look()
        for one in held:
            self._convert(one)
        return FetchedWeights(
            weight_store.assemble(self.card, self.home, held), tuple(held), self.bytes, tuple(self.notes)
        )

    def _look(self) -> list[PartOnDisk]:
        return weight_store.look(self.card, self.home)

    def _adopt(self, held: list[PartOnDisk]) -> None:
        adopted = own_weights.adopt(held, self.request.origin, self.progress)
        self.notes += adopted.notes
        for one in held:
            if one.state != "here" and one.part.name not in adopted.claims:
                self.progress.say(f"{one.part.name} ({one.part.size or 'size unknown'}) is not among them.")

    def _complete(self, one: PartOnDisk) -> None:
        """Small files that a folder of the user's own lacks: from a mirror if that is allowed, else told."""
        if not (lacking := own_weights.lacking(one)):
            return
        got: list[Path] = []
        mirror = next(mirror for mirror in one.part.mirrors if getattr(mirror, "files", ()))
        for path in () if self.offline else tuple(lacking):
            files = tuple(file for file in getattr(mirror, "files", ()) if file.path == path)
            try:
                had = source_of(mirror)(mirror.model_copy(update={"files": files}), self._place(one, mirror), SILENT)
            except FetchError:
                break
            got += had.files
            self.bytes += had.bytes
            lacking.remove(path)
        if got:
            own_weights.complete(one, got)
        if lacking:
            self.notes.append(f"{one.part.name}: {one.records[0].mirror} lack {', '.join(lacking)}")

    def _check_room(self, held: list[PartOnDisk]) -> None:
        """Better to fail before a download of many GB than at its end. Sizes are the cards', for people."""
        parts = {one.part.name: one for one in held if one.state != "here"}.values()
        there = sum(path.stat().st_size for one in parts for path in one.root.rglob("*") if path.is_file())
        needed = sum(weight_store.gigabytes(one.part.size) for one in parts if not self.offline) - there / 1e9
        free = shutil.disk_usage(self.home.make(self.home.models)).free / 1e9
        if needed > free:
            raise HomeError(
                f"{self.card.name} needs {needed:.1f} GB more below {self.home.models}; {free:.1f} GB are free.",
                "Free some space, or set MUDATA_HOME to a folder on a larger disk.",
            )

    def _get(self, one: PartOnDisk) -> None:
        """Fetch a part from the first mirror that gives it. Raises FetchError with all reasons."""
        if one.state == "here":
            return
        reasons: list[tuple[AnyMirror, MudataError]] = []
        for step in one.need.steps:
            try:
                self._take(one, step)
                return
            except (FetchError, ReadError, MissingExtra) as error:
                reasons.append((step.mirror, error))
        told = [f"{one.part.name} ({one.part.what}) could not be had:"]
        told += [f"  {describe(mirror)}: " + str(error).replace("\n", "\n    ") for mirror, error in reasons]
        raise _kind_of(error for mirror, error in reasons if mirror.kind != "local")("\n".join(told))

    def _take(self, one: PartOnDisk, step: Option) -> None:
        mirror, commit = step.mirror, None
        if mirror.status == "dead":
            raise FetchError(f"known to be gone. {mirror.note or ''}".strip())
        place = self._place(one, mirror)
        if mirror.kind == "huggingface":
            commit = huggingface.commit_of(mirror, place, self.progress)
        where = describe(mirror) + (f"@{commit}" if commit else "")
        if mirror.kind != "local" and not self.offline:
            self.progress.say(f"{one.part.name} ({one.part.size or 'size unknown'}) from {where}")
        for unit, state in step.units:
            if state == "present":
                continue
            if state == "stale":
                self._distrust(one, unit)
            wanted = unit.mirror.model_copy(update={"revision": commit}) if commit else unit.mirror
            got: FetchResult = source_of(mirror)(wanted, place, self.progress)
            self.bytes += got.bytes
            if got.failures:
                raise FetchError(f"{len(got.failures)} files could not be had: {next(iter(got.failures.values()))}")
            one.ledger.add(unit.whole, FetchRecord(one.part.name, where, seen(got.files, one.files), got.checksums))
        shutil.rmtree(place.downloads, ignore_errors=True)

    def _distrust(self, one: PartOnDisk, unit: FetchJob) -> None:
        """Delete files that were changed after they came, so that they come anew."""
        record, stat = one.ledger.records[unit.whole], stat_below(one.files)
        for path, was in record.files.items():
            algorithm, _, value = record.sums.get(path, "").partition(":")
            if stat(path) not in (None, tuple(was)) and not (
                value and compute_checksums(one.files / path, [algorithm])[algorithm] == value
            ):
                (one.files / path).unlink()

    def _place(self, one: PartOnDisk, mirror: AnyMirror) -> Target:
        return Target(
            dataset=one.part.name,
            files=self.home.make(one.files),
            downloads=one.root / "downloads",
            subset=None,
            wanted=_worth(mirror),
            limit=None,
            clips=None,
            offline=self.offline,
            jobs=self.request.jobs,
        )

    def _convert(self, one: PartOnDisk) -> None:
        """Old pickles as safetensors beside them, where torch is installed; without it they are read as they are."""
        for record in one.records:
            for path in record.files:
                file = one.files / path
                if is_old_pickle(file) and (converted := _converted(file)):
                    self.progress.say(f"{path} is an old pickle; its tensors were written to {converted.name}.")

    def _failed(self, failed: dict[str, FetchError]) -> FetchError:
        name = self.card.name
        return _kind_of(failed.values())(
            f"{name}: {len(failed)} of {len(weight_store.layout(self.card))} parts could not be had: "
            f"{', '.join(failed)}.\n" + "\n".join(error.what for error in failed.values()),
            f"What came is kept; the same command goes on. With files of your own: mudata models fetch {name} --from "
            f"[PART=]FOLDER",
        )


def _only_by_hand(one: PartOnDisk) -> bool:
    return all(mirror.kind == "local" for mirror in one.part.mirrors)


def _kind_of(errors: Iterable[MudataError]) -> type[FetchError]:
    """The common kind of errors; NeedsToken wins."""
    kinds = {type(error) for error in errors}
    kind = NeedsToken if NeedsToken in kinds else kinds.pop() if len(kinds) == 1 else FetchError
    return kind if issubclass(kind, FetchError) else FetchError


def _worth(mirror: AnyMirror) -> Callable[[str], bool]:
    """Of a whole repository: no hidden files, no weights for other libraries, no pickles beside safetensors."""
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
