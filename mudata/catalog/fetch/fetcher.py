"""From a card to files on disk: each component from the first mirror that has it.

`plan` says what is missing; here it is done, unit by unit, each recorded in the ledger as soon as it is complete, so
that a run that was stopped goes on where it ended and a finished one is recognised without the network.
"""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Callable, Generator
from importlib import import_module
from typing import TYPE_CHECKING, Any

from mudata.catalog.cards import loader
from mudata.catalog.cards.patterns import Pattern
from mudata.catalog.cards.subsets import subsets_of
from mudata.catalog.fetch.checksums import compute_checksums
from mudata.catalog.fetch.ledger import FetchRecord, Ledger, seen, stat_below
from mudata.catalog.fetch.parallel import side_by_side
from mudata.catalog.fetch.plan import CLIPWISE, FetchJob, Option, Requirement, describe, plan
from mudata.catalog.fetch.sources import http
from mudata.catalog.fetch.sources.source import FetchResult, Target
from mudata.catalog.read.files import wanted
from mudata.errors import FetchError, HomeError, MissingExtra, MudataError, NeedsToken, Offline, ReadError
from mudata.home import Home, flag
from mudata.narration import SILENT, Progress

if TYPE_CHECKING:
    import pyarrow as pa

    from mudata.catalog.cards.mirrors import AnyMirror
    from mudata.catalog.cards.schema import Card

    Source = Callable[[Any, Target, Progress], FetchResult]

from mudata.catalog.fetch.request import Fetched, FetchRequest


def fetch(card: Card, home: Home, request: FetchRequest, progress: Progress = SILENT) -> Fetched:
    """Bring the files of a card into `home.raw(card.name)/files`.

    Components come from the first mirror that gives them; optional ones that nobody gives become notes.
    Raises UnknownName (subset), FetchError or its kin (a required component; all mirrors' reasons), HomeError.
    Wants the dataset's lock, which `ingest.get` takes.
    """
    return _Fetching(card, home, request, progress).run()


class _Fetching:
    def __init__(self, card: Card, home: Home, request: FetchRequest, progress: Progress) -> None:
        self.card, self.home, self.request, self.progress = card, home, request, progress
        self.subsets = subsets_of(card, request.subset)
        self.offline = request.offline or flag("MUDATA_OFFLINE")
        self.files = home.make(home.raw(card.name) / "files")
        self.ledger = Ledger(home.raw(card.name) / "fetched.json")
        self.used: dict[str, list[FetchRecord]] = {}
        self.notes: list[str] = []
        self.bytes = 0
        self.taken = 0

    def run(self) -> Fetched:
        if self.request.origin:
            from mudata.catalog.fetch.local import adopt

            adopt(self.card, self.request, self._place("own files", None), self.ledger, self.progress)
        for need in plan(self.card, self.subsets, self._selection(), self.ledger.records, stat_below(self.files)):
            step = need.there("present") or (need.there("present", "incomplete") if self.offline else None)
            if need.adopted:
                self.used[need.name] = [need.adopted]
            elif step and not (self.taken and step.mirror.kind in CLIPWISE):  # the tables that say which may be new
                self._use(need, step)
                for unit, _ in step.units:  # a process that was killed may not have come to that
                    self._discard(unit, self._place(need.name, None))
            else:
                self._get(need)
        records = [record for records in self.used.values() for record in records]
        return Fetched(
            self.card.name,
            {name: records[0].mirror for name, records in self.used.items()},
            len({path for record in records for path in record.files}),
            self.bytes,
            {id_: why for record in records for id_, why in record.failures.items()},
            tuple(self.notes),
        )

    def _say(self, text: str) -> None:
        self.progress.say(f"{self.card.name}: {text}")

    def _selection(self) -> str | None:
        """The condition and the limit in words, with all that decides which clips they choose."""
        if self.request.where is None and self.request.limit is None:
            return None
        return f"{self.request.where!r} {self.request.limit} {','.join(self.subsets)} {loader.sha256(self.card)}"

    def _use(self, need: Requirement, step: Option) -> None:
        self.used[need.name] = [self._record(unit) for unit, _ in step.units]

    def _record(self, unit: FetchJob) -> FetchRecord:
        return self.ledger.records.get(unit.whole) or self.ledger.records[unit.key]

    def _get(self, need: Requirement) -> None:
        reasons: list[tuple[AnyMirror, MudataError]] = []
        for step, after in zip(need.steps, (*need.steps[1:], None), strict=True):
            try:
                self._take(need, step)
                self._use(need, step)
                return
            except (FetchError, ReadError, MissingExtra) as error:
                reasons.append((step.mirror, error))
                if after:
                    this, other = describe(step.mirror), describe(after.mirror)
                    self._say(f"{need.name}: not from {this}: {error.what}\n  Trying {other}.")
        if there := need.there("present", "incomplete"):  # it was about the clips that had failed before
            self._use(need, there)
            return
        if not need.component.optional:
            raise self._failed(need, reasons)
        why = "; ".join(dict.fromkeys(reason.what for _, reason in reasons))
        self.notes.append(f"{need.name} ({need.component.what}) is missing: {why}")
        self.notes += [reason.hint for _, reason in reasons if reason.hint and not isinstance(reason, Offline)]

    def _failed(self, need: Requirement, reasons: list[tuple[AnyMirror, MudataError]]) -> FetchError:
        """One error that tells every mirror's reason; of their common kind, if they have one."""
        lines = [f"{self.card.name}: {need.name} ({need.component.what}) could not be had:"]
        lines += [f"  {describe(mirror)}: " + str(error).replace("\n", "\n    ") for mirror, error in reasons]
        kinds = {type(error) for mirror, error in reasons if mirror.kind != "local" and mirror.status != "dead"}
        kind = NeedsToken if NeedsToken in kinds else kinds.pop() if len(kinds) == 1 else FetchError
        return (kind if issubclass(kind, FetchError) else FetchError)(
            "\n".join(lines), f"With files of your own: mudata fetch {self.card.name} --from FOLDER"
        )

    def _take(self, need: Requirement, step: Option) -> None:
        """Fetch and record what one mirror still has to give."""
        mirror = step.mirror
        if mirror.status == "dead":
            since = f", seen {mirror.checked}" if mirror.checked else ""
            raise FetchError(f"known to be gone{since}. {mirror.note or ''}".strip())
        todo = [(unit, state) for unit, state in step.units if state != "present" or mirror.kind in CLIPWISE]
        place = self._place(need.name, self._clips(mirror))
        for unit, state in todo:
            if state == "stale" and not self.offline:
                self._distrust(unit)
        units = [unit for unit, _ in todo]
        self._check_room(units, place)
        self.home.make(place.downloads)
        if mirror.kind != "local" and not self.offline:
            self._say(f"{need.name} from {describe(mirror)}")
        with contextlib.closing(self._each(units, place)) as each:
            for unit, got in each:
                self.bytes += got.bytes
                self.taken += 1
                self.notes += got.notes
                record = FetchRecord(
                    need.name, describe(mirror), seen(got.files, self.files), got.checksums, got.failures
                )
                self.ledger.records.pop(unit.whole, None)
                self.ledger.add(unit.whole if place.clips is None and not unit.limitable else unit.key, record)
                self._discard(unit, place)
        goes_on = self.request.limit is not None and any(unit.limitable for unit in units)  # a larger limit, one day
        if not goes_on and not flag("MUDATA_KEEP_ARCHIVES"):
            shutil.rmtree(place.downloads, ignore_errors=True)

    def _distrust(self, unit: FetchJob) -> None:
        """Delete the files of a unit that were changed after it was fetched, so that they come anew."""
        record = self._record(unit)
        stat = stat_below(self.files)
        for path, was in record.files.items():
            algorithm, _, value = record.sums.get(path, "").partition(":")
            if stat(path) not in (None, tuple(was)) and not (
                value and compute_checksums(self.files / path, [algorithm])[algorithm] == value
            ):
                (self.files / path).unlink()

    def _place(self, component: str, clips: pa.Table | None) -> Target:
        worth = wanted(self.card)
        return Target(
            dataset=self.card.name,
            files=self.files,
            downloads=self.home.raw(self.card.name) / "downloads" / component,
            subset=",".join(self.subsets) or None,
            wanted=worth if clips is None else _only(worth, self.card, clips),
            limit=self.request.limit,
            clips=clips,
            offline=self.offline,
            jobs=self.request.jobs,
        )

    def _clips(self, mirror: AnyMirror) -> pa.Table | None:
        """The clips that are asked for, if the tables that are there can tell (ReadError if they must and cannot)."""
        if mirror.kind not in CLIPWISE and self._selection() is None:
            return None
        from mudata.catalog.read.reader import read

        subset = ",".join(self.subsets) or None
        try:
            clips = read(self.card, self.files, subset=subset, where=self.request.where, limit=self.request.limit).clips
        except ReadError:
            if mirror.kind in CLIPWISE:
                raise
            return None
        return clips if mirror.kind in CLIPWISE or clips.num_rows else None

    def _check_room(self, units: list[FetchJob], place: Target) -> None:
        """Better to fail before a download of many GB than at its end; HomeError if it cannot fit."""
        needed = sum(http.lacking(file, place) for u in units if u.mirror.kind == "http" for file in u.mirror.files)
        free = shutil.disk_usage(self.files).free
        if needed > free:
            raise HomeError(
                f"{self.card.name} needs {needed / 1e9:.1f} GB more below {self.files}; {free / 1e9:.1f} GB are free.",
                "Free some space, or set MUDATA_HOME to a folder on a larger disk.",
            )

    def _each(self, units: list[FetchJob], place: Target) -> Generator[tuple[FetchJob, FetchResult], None, None]:
        """Fetch units, several side by side, and give each as soon as it is complete."""
        if len(units) == 1:
            yield units[0], source_of(units[0].mirror)(units[0].mirror, place, self.progress)
        else:
            files = [file for unit in units for file in getattr(unit.mirror, "files", ())]
            sizes = [(file.size or 0) * (2 if file.unpack == "archive" else 1) for file in files]  # packed and unpacked
            yield from side_by_side(
                units,
                lambda unit, progress: source_of(unit.mirror)(unit.mirror, place, progress),
                jobs=place.jobs,
                progress=self.progress,
                title=f"{place.dataset}: {len(files)} files",
                total=sum(sizes) if all(sizes) else None,
            )

    def _discard(self, unit: FetchJob, place: Target) -> None:
        """Delete the archive of a unit that is complete."""
        for file in getattr(unit.mirror, "files", ()):
            if unit.mirror.kind == "http" and file.unpack == "archive" and not flag("MUDATA_KEEP_ARCHIVES"):
                (place.downloads / file.path).unlink(missing_ok=True)


def _only(worth: Callable[[str], bool], card: Card, clips: pa.Table) -> Callable[[str], bool]:
    """Of the paths worth having, tables and files that are named as one of the clips is."""
    tables = [Pattern(table.path) for table in card.tables.values()]
    names = {path.rpartition("/")[2] for path in clips["path"].to_pylist()}
    return lambda path: (
        worth(path) and (path.rpartition("/")[2] in names or any(t.match(path) is not None for t in tables))
    )


def source_of(mirror: AnyMirror) -> Source:
    """The function that fetches a kind of mirror, imported now."""
    module, _, function = MIRRORS[mirror.kind].partition(":")
    source: Source = getattr(import_module(module), function)
    return source


MIRRORS: dict[str, str] = {
    "http": "mudata.catalog.fetch.sources.http:fetch",
    "http-clips": "mudata.catalog.fetch.sources.http:fetch_clips",
    "huggingface": "mudata.catalog.fetch.sources.huggingface:fetch",
    "kaggle": "mudata.catalog.fetch.sources.kaggle:fetch",
    "youtube": "mudata.catalog.fetch.sources.youtube:fetch",
    "local": "mudata.catalog.fetch.sources.builtin:by_hand",
    "composed": "mudata.catalog.fetch.sources.builtin:compose",
}
"""Kind of mirror -> what fetches it, (mirror, Target, Progress) -> FetchResult; imported when needed: heavy."""
