"""The one way from mirrors to files on disk, for datasets and for weights.

Options are tried in the order of the card; each job is recorded in the ledger as soon as it is
complete, so that a fetch that was stopped goes on where it ended. What is wanted, and where it
goes, is the caller's: see `Delivery`.
"""

from __future__ import annotations

import contextlib
import os
import shutil
from collections import Counter
from collections.abc import Callable, Generator, Iterable, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mudata.catalog.fetch.checksums import has_recorded
from mudata.catalog.fetch.ledger import FetchRecord, Ledger, seen, stat_below
from mudata.catalog.fetch.parallel import run_parallel
from mudata.catalog.fetch.plan import FetchJob, Option, State, address_of, describe, record_of, revision_of
from mudata.catalog.fetch.sources import http
from mudata.catalog.fetch.transfer import NOTE
from mudata.errors import FetchError, HomeError, MissingExtra, MudataError, NeedsToken, ReadError, number
from mudata.home import PARTIAL, Home, flag

if TYPE_CHECKING:
    from mudata.catalog.cards.mirrors import AnyMirror
    from mudata.catalog.fetch.sources.source import FetchResult, Target
    from mudata.narration import Progress

    Source = Callable[[Any, Target, Progress], FetchResult]

MIRRORS: dict[str, str] = {
    "http": "mudata.catalog.fetch.sources.http:fetch",
    "http-clips": "mudata.catalog.fetch.sources.http:fetch_clips",
    "huggingface": "mudata.catalog.fetch.sources.huggingface:fetch",
    "kaggle": "mudata.catalog.fetch.sources.kaggle:fetch",
    "youtube": "mudata.catalog.fetch.sources.youtube:fetch",
    "local": "mudata.catalog.fetch.sources.builtin:by_hand",
    "composed": "mudata.catalog.fetch.sources.builtin:compose",
}
"""Kind of mirror -> what fetches it, (mirror, Target, Progress) -> FetchResult;
imported when needed: heavy."""


@dataclass(frozen=True, kw_only=True)
class Delivery:
    """What one mirror has to give of a component, and where it goes."""

    component: str
    mirror: str
    """In words, as the ledger keeps it."""
    announcement: str
    """Said before anything is downloaded."""
    jobs: Sequence[tuple[FetchJob, State]]
    target: Target
    ledger: Ledger
    complete: bool = False
    """Whether a single file that cannot be had fails the whole delivery."""
    goes_on: bool = False
    """Whether a later request may go on with what lies in `target.downloads`, which is kept
    then."""


@dataclass(frozen=True)
class FailedOption:
    """A mirror that did not give what was wanted, and why."""

    mirror: AnyMirror
    error: MudataError


@dataclass
class Engine:
    """Takes deliveries, and counts what came in all of them."""

    home: Home
    progress: Progress
    bytes: int = 0
    """That went over the network."""
    jobs: int = 0
    """That were done."""
    notes: list[str] = field(default_factory=list)

    def take(self, delivery: Delivery) -> None:
        """Fetch and record the jobs of a delivery; files that were changed since they came, anew.

        Raises what the sources raise,
        FetchError if a delivery has to be complete and is not, HomeError.
        """
        target, ledger = delivery.target, delivery.ledger
        for job, state in delivery.jobs:
            if state == "stale" and not target.offline and (record := record_of(job, ledger.records)):
                _delete_changed(record, target.files)
        jobs = [job for job, _ in delivery.jobs]
        mirrors = [job.mirror for job in jobs]
        files = [file for mirror in mirrors if mirror.kind == "http" for file in mirror.files]
        check_room(target.dataset, sum(http.lacking(file, target) for file in files), target.files)
        self.home.make(target.downloads)
        sweep_unfinished(target.files)
        if not target.offline and any(mirror.kind != "local" for mirror in mirrors):
            self.progress.say(delivery.announcement)
        with contextlib.closing(_run(jobs, target, self.progress)) as results:
            for job, result in results:
                self.bytes += result.bytes
                self.jobs += 1
                self.notes += result.notes
                if delivery.complete and result.failures:
                    first = next(iter(result.failures.values()))
                    raise FetchError(f"{number(len(result.failures), 'file')} could not be had: {first}")
                record = FetchRecord(
                    component=delivery.component,
                    mirror=delivery.mirror,
                    files=seen(result.files, target.files),
                    sums=result.checksums,
                    failures=result.failures,
                    address=address_of(job.mirror),
                    revision=result.revision or revision_of(job.mirror),
                    archives=result.archives,
                )
                ledger.records.pop(job.whole_key, None)
                ledger.add(job.whole_key if target.clips is None and not job.limitable else job.key, record)
                discard_archive(job, target)
        if not delivery.goes_on and not flag("MUDATA_KEEP_ARCHIVES"):
            shutil.rmtree(target.downloads, ignore_errors=True)


def try_in_order(
    options: Sequence[Option],
    take: Callable[[Option], None],
    on_failure: Callable[[FailedOption, Option], None] = lambda failure, following: None,
) -> list[FailedOption]:
    """Take one option after the other until one succeeds;
    those whose mirror is known to be dead are not tried.

    `on_failure` hears of a failure, and of the option that is tried next.
    Returns every option's failure if none succeeded, else nothing.
    """
    failures: list[FailedOption] = []
    for option, following in zip(options, (*options[1:], None), strict=True):
        try:
            _refuse_dead(option.mirror)
            take(option)
            return []
        except (FetchError, ReadError, MissingExtra) as error:
            failures.append(FailedOption(option.mirror, error))
            if following:
                on_failure(failures[-1], following)
    return failures


def error_of(what: str, failures: Sequence[FailedOption], hint: str | None = None) -> FetchError:
    """One error that tells every mirror's reason;
    of their common kind, if those that could be asked have one."""
    hints = Counter(f.error.hint for f in failures if f.error.hint)
    lines = [f"{what} could not be had:"]
    for f in failures:
        told = f.error.what if hints[f.error.hint or ""] > 1 else str(f.error)
        lines.append(f"  {describe(f.mirror)}: " + told.replace("\n", "\n    "))
    lines += [hint for hint, times in hints.items() if times > 1]
    asked = [f.error for f in failures if f.mirror.kind != "local" and f.mirror.status != "dead"]
    return common_kind(asked)("\n".join(lines), hint)


def common_kind(errors: Iterable[MudataError]) -> type[FetchError]:
    """The kind that all errors are of, else FetchError;
    NeedsToken wins, since the user can do something about it."""
    kinds = {type(error) for error in errors}
    kind = NeedsToken if NeedsToken in kinds else kinds.pop() if len(kinds) == 1 else FetchError
    return kind if issubclass(kind, FetchError) else FetchError


def check_room(name: str, needed: float, folder: Path) -> None:
    """Better to fail before a download of many GB than at its end:
    raises HomeError if `needed` bytes cannot fit."""
    free = shutil.disk_usage(folder).free
    if needed > free:
        raise HomeError(
            f"{name} needs {needed / 1e9:.1f} GB more below {folder}; {free / 1e9:.1f} GB are free.",
            "Free some space, or set MUDATA_HOME to a folder on a larger disk.",
        )


def sweep_unfinished(files: Path, *, downloads: bool = False) -> None:
    """Delete what killed processes left half-made; only for the holder of the lock of these files.

    Unfinished downloads, which have a note beside them, are gone on with; `downloads` says that nobody will.
    """
    for folder, _, names in os.walk(files):
        there = {name for name in names if name.startswith(".") and name.endswith((PARTIAL, NOTE))}
        for name in there:
            if downloads or (name.endswith(PARTIAL) and name.removesuffix(PARTIAL) + NOTE not in there):
                with contextlib.suppress(OSError):
                    Path(folder, name).unlink()


def discard_archive(job: FetchJob, target: Target) -> None:
    """Delete the downloaded archive of a job that is complete."""
    for file in getattr(job.mirror, "files", ()):
        if job.mirror.kind == "http" and file.unpack == "archive" and not flag("MUDATA_KEEP_ARCHIVES"):
            (target.downloads / file.path).unlink(missing_ok=True)


def source_of(mirror: AnyMirror) -> Source:
    """The function that fetches a kind of mirror, imported now."""
    module, _, function = MIRRORS[mirror.kind].partition(":")
    source: Source = getattr(import_module(module), function)
    return source


def _refuse_dead(mirror: AnyMirror) -> None:
    if mirror.status == "dead":
        since = f", seen {mirror.checked}" if mirror.checked else ""
        raise FetchError(f"known to be gone{since}. {mirror.note or ''}".strip())


def _delete_changed(record: FetchRecord, files: Path) -> None:
    """Delete the files that were changed after they came, so that they come anew."""
    stat = stat_below(files)
    for path, as_it_came in record.files.items():
        unchanged = stat(path) in (None, tuple(as_it_came))
        if not unchanged and not has_recorded(files / path, record.sums.get(path, "")):
            (files / path).unlink()


def _run(
    jobs: Sequence[FetchJob], target: Target, progress: Progress
) -> Generator[tuple[FetchJob, FetchResult], None, None]:
    """Do jobs, several side by side, and give each as soon as it is complete."""
    if len(jobs) == 1:
        yield jobs[0], source_of(jobs[0].mirror)(jobs[0].mirror, target, progress)
        return
    files = [file for job in jobs for file in getattr(job.mirror, "files", ())]
    sizes = [(file.size or 0) * (2 if file.unpack == "archive" else 1) for file in files]  # packed and unpacked
    yield from run_parallel(
        jobs,
        lambda job, shared: source_of(job.mirror)(job.mirror, target, shared),
        at_a_time=target.jobs,
        progress=progress,
        title=f"{target.dataset}: {number(len(files), 'file')}",
        total=sum(sizes) if all(sizes) else None,
    )
