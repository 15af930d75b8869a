"""From a card to files on disk: each component from the first mirror that has it.

`plan` says what is missing, `engine` gets it and records it. Here it is decided which clips are
wanted, what becomes of a component that nobody gives, and what is told. A finished fetch is
recognised without the network.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from mudata.catalog.cards import loader
from mudata.catalog.cards.patterns import Pattern
from mudata.catalog.cards.subsets import subsets_of
from mudata.catalog.fetch.engine import (
    Delivery,
    Engine,
    FailedOption,
    discard_archive,
    error_of,
    sweep_unfinished,
    try_in_order,
)
from mudata.catalog.fetch.ledger import FetchRecord, Ledger, stat_below
from mudata.catalog.fetch.plan import CLIPWISE, Option, Requirement, describe, plan, record_of
from mudata.catalog.fetch.request import Fetched, FetchRequest
from mudata.catalog.fetch.sources.source import Target
from mudata.catalog.read.files import table_files, wanted
from mudata.errors import Offline, ReadError
from mudata.home import Home, flag
from mudata.narration import SILENT, Progress

if TYPE_CHECKING:
    import pyarrow as pa

    from mudata.catalog.cards.mirrors import AnyMirror
    from mudata.catalog.cards.schema import Card


def fetch(card: Card, home: Home, request: FetchRequest, progress: Progress = SILENT) -> Fetched:
    """Bring the files of a card into `home.raw(card.name)/files`.

    Components come from the first mirror that gives them; optional ones that nobody gives become
    notes. Raises UnknownName (subset), FetchError or its kin (a required component; all mirrors'
    reasons), HomeError. Wants the dataset's lock, which `ingest.get` takes.
    """
    return _DatasetFetch(card, home, request, progress).run()


class _DatasetFetch:
    def __init__(self, card: Card, home: Home, request: FetchRequest, progress: Progress) -> None:
        self.card, self.home, self.request, self.progress = card, home, request, progress
        self.subsets = subsets_of(card, request.subset)
        self.offline = request.offline or flag("MUDATA_OFFLINE")
        self.files = home.make(home.raw(card.name) / "files")
        self.ledger = Ledger(home.raw(card.name) / "fetched.json")
        self.engine = Engine(home, progress)
        self.used: dict[str, list[FetchRecord]] = {}
        self.own = ""
        """What the user's own files gave and did not give, in words."""

    def run(self) -> Fetched:
        if self.request.origin:
            from mudata.catalog.fetch.local import adopt

            self.own = adopt(self.card, self.request, self._target("own files", None), self.ledger, self.progress)
        stat = stat_below(self.files)
        for requirement in plan(self.card, self.subsets, self._selection(), self.ledger.records, stat):
            if requirement.adopted:
                self.used[requirement.name] = [requirement.adopted]
            elif option := self._present(requirement):
                self._use(requirement, option)
                for job, _ in option.jobs:  # a process that was killed may not have come to that
                    discard_archive(job, self._target(requirement.name, None))
            else:
                self._get(requirement)
        records = [record for records in self.used.values() for record in records]
        if self.engine.jobs and not self.engine.notes and not any(record.failures for record in records):
            sweep_unfinished(self.files, downloads=True)  # of mirrors that another one stood in for
        return Fetched(
            dataset=self.card.name,
            mirrors={name: records[0].mirror for name, records in self.used.items()},
            files=len({path for record in records for path in record.files}),
            bytes=self.engine.bytes,
            failures={id_: why for record in records for id_, why in record.failures.items()},
            notes=tuple(self.engine.notes),
        )

    def _selection(self) -> str | None:
        """The condition, the limit and the use in words, with all that decides which clips they choose."""
        request = self.request
        if request.where is None and request.limit is None and request.usage is None:
            return None
        permitted = f" {request.usage}" if request.usage else ""
        return f"{request.where!r} {request.limit} {','.join(self.subsets)} {loader.sha256(self.card)}{permitted}"

    def _present(self, requirement: Requirement) -> Option | None:
        """The option that was taken before and leaves nothing to do;
        without the network, as little as it gave."""
        option = requirement.option_in("present")
        if option is None and self.offline:
            option = requirement.option_in("present", "incomplete")
        if option and option.mirror.kind in CLIPWISE and self.engine.jobs:
            return None  # the tables that say which clips are wanted may be new
        return option

    def _use(self, requirement: Requirement, option: Option) -> None:
        records = (record_of(job, self.ledger.records) for job, _ in option.jobs)
        self.used[requirement.name] = [record for record in records if record]

    def _get(self, requirement: Requirement) -> None:
        def take(option: Option) -> None:
            self._take(requirement, option)
            self._use(requirement, option)

        def tell(failure: FailedOption, following: Option) -> None:
            this, other = describe(failure.mirror), describe(following.mirror)
            self.progress.say(
                f"{self.card.name}: {requirement.name}: not from {this}: {failure.error.what}\n  Trying {other}."
            )

        failures = try_in_order(requirement.options, take, tell)
        if not failures:
            return
        what = f"{requirement.name} ({requirement.component.what})"
        if option := requirement.option_in("present", "incomplete"):  # it was about the clips that had failed before
            self._use(requirement, option)
        elif requirement.component.optional:
            errors = [failure.error for failure in failures]
            self.engine.notes.append(f"{what} is missing: {_reasons(failures)}")
            self.engine.notes += dict.fromkeys(e.hint for e in errors if e.hint and not isinstance(e, Offline))
        elif self._has_own_clips():
            self.engine.notes.append(f"{what} could not be had: {_reasons(failures)} {self.own}".rstrip())
        else:
            hint = self.own or f"With files of your own: mudata fetch {self.card.name} --from FOLDER"
            raise error_of(f"{self.card.name}: {what}", failures, hint)

    def _has_own_clips(self) -> bool:
        """Whether clips of the user's own are here, which are clips without any table."""
        from mudata.catalog.fetch.local import clips_key

        own = self.ledger.records.get(clips_key(self.subsets))
        return own is not None and own.unchanged(stat_below(self.files))

    def _take(self, requirement: Requirement, option: Option) -> None:
        """Fetch and record what one mirror still has to give."""
        mirror, name = option.mirror, requirement.name
        jobs = [(job, state) for job, state in option.jobs if state != "present" or mirror.kind in CLIPWISE]
        self.engine.take(
            Delivery(
                component=name,
                mirror=describe(mirror),
                announcement=f"{self.card.name}: {name} from {describe(mirror)}",
                jobs=jobs,
                target=self._target(name, self._clips(mirror)),
                ledger=self.ledger,
                goes_on=self.request.limit is not None and any(job.limitable for job, _ in jobs),
            )
        )

    def _target(self, component: str, clips: pa.Table | None) -> Target:
        of_card = wanted(self.card)
        return Target(
            dataset=self.card.name,
            files=self.files,
            downloads=self.home.raw(self.card.name) / "downloads" / component,
            subset=",".join(self.subsets) or None,
            wanted=of_card if clips is None else _only(of_card, self.card, clips),
            limit=self.request.limit,
            clips=clips,
            offline=self.offline,
            jobs=self.request.jobs,
            executor=self.request.executor,
            pins=self.request.pins,
        )

    def _clips(self, mirror: AnyMirror) -> pa.Table | None:
        """The clips that are asked for,
        if the tables that are there can tell (ReadError if they must and cannot)."""
        if mirror.kind not in CLIPWISE and self._selection() is None:
            return None
        from mudata.catalog.read.reader import read

        subset = ",".join(self.subsets) or None
        where, limit, usage = self.request.where, self.request.limit, self.request.usage
        try:
            clips = read(self.card, self.files, subset=subset, where=where, limit=limit, usage=usage).clips
        except ReadError:
            if mirror.kind in CLIPWISE:
                raise
            return None
        return clips if mirror.kind in CLIPWISE or clips.num_rows else None


def _reasons(failures: Sequence[FailedOption]) -> str:
    """All reasons as one sentence."""
    return "; ".join(dict.fromkeys(failure.error.what.rstrip(".") for failure in failures)) + "."


def _only(of_card: Callable[[str], bool], card: Card, clips: pa.Table) -> Callable[[str], bool]:
    """Of the card's paths, tables and files that are named as one of the clips is."""
    tables = [Pattern(table.path) for table in table_files(card).values()]
    names = {path.rpartition("/")[2] for path in clips["path"].to_pylist() if path}
    return lambda path: (
        of_card(path) and (path.rpartition("/")[2] in names or any(t.match(path) is not None for t in tables))
    )
