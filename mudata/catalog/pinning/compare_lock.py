"""A dataset that is here beside the same one as it was locked: what differs, and whether it matters."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from mudata.catalog.index import database
from mudata.catalog.index.tool_versions import DECODING, tool_versions
from mudata.catalog.pinning.lock_difference import LockDifference
from mudata.catalog.pinning.take_lock import clip_hashes, sources_of, told_hashes
from mudata.errors import number, some

if TYPE_CHECKING:
    from mudata.catalog.pinning.home_lock import HomeLock, LockedDataset
    from mudata.home import Home

_SHOWN = 5


def is_as_locked(home: Home, name: str, locked: LockedDataset) -> bool:
    """Whether the index has exactly the rows that were locked."""
    current = database.current_generations(home).get(name)
    return current is not None and current.about["content_sha256"] == locked.index_sha256


def dataset_differences(home: Home, name: str, locked: LockedDataset) -> Iterator[LockDifference]:
    """What of an indexed dataset is not as it was locked, the clips last."""
    same = is_as_locked(home, name, locked)
    yield from _sources(home, name, locked, matters=not same)
    if same:
        return
    with database.snapshot(home) as connection:
        hashes, told = clip_hashes(connection, name), told_hashes(connection, name)
        reasons = dict(
            connection.execute(
                "SELECT substr(clip_id, length(dataset) + 2), status || ': ' || coalesce(reason, '') FROM clips"
                " WHERE dataset = ? AND status <> 'ok'",
                [name],
            ).fetchall()
        )
    found = [*_items(name, locked, database.item_files(home, name)), *_clips(name, locked, hashes, reasons)]
    yield from found
    tables = [table.replace("_", " ") for table, digest in locked.rows.items() if told.get(table) != digest]
    if tables and not found:
        text = f"all {len(hashes):,} clips sound as they were locked; what is told of them differs: {', '.join(tables)}"
        yield LockDifference(what=name, kind="rows", severity="error", text=text)
    elif not found:
        text = f"all {len(hashes):,} clips sound as they were locked, and labels and names are the same; the index was"
        text += f" written by mudata {locked.mudata_version}, and has other columns or measures now"
        yield LockDifference(what=name, kind="rows", severity="note", text=text)


def _items(name: str, locked: LockedDataset, here: Mapping[str, Mapping[str, str]]) -> Iterator[LockDifference]:
    """Item files of an exam that are others."""
    sums = {path: sha256 for files in here.values() for path, sha256 in files.items()}
    asked = {path: sha256 for files in locked.item_files.values() for path, sha256 in files.items()}
    if other := sorted(path for path, sha256 in asked.items() if sums.get(path) != sha256):
        text = f"its items are of another edition: {some(other, _SHOWN)} (sha256 {asked[other[0]][:12]} was locked)"
        yield LockDifference(what=name, kind="rows", severity="error", text=text)


def same_clips(home: Home, name: str, locked: LockedDataset) -> int:
    """How many clips sound as they were locked."""
    with database.snapshot(home) as connection:
        hashes = clip_hashes(connection, name)
    return sum(hashes.get(id_) == digest for id_, digest in locked.clips.items())


def _clips(
    name: str, locked: LockedDataset, hashes: Mapping[str, str], reasons: Mapping[str, str]
) -> Iterator[LockDifference]:
    of = f"of {number(len(locked.clips), 'clip')}"
    lost = tuple(id_ for id_ in locked.clips if id_ not in hashes)
    if lost:
        why = next((reasons[id_] for id_ in lost if id_ in reasons), "not among the clips")
        text = f"{len(lost):,} {of} cannot be had or used: {some(lost, _SHOWN)} ({why})"
        yield LockDifference(what=name, kind="clips", severity="error", text=text, clip_ids=lost)
    changed = tuple(id_ for id_, digest in locked.clips.items() if hashes.get(id_, digest) != digest)
    if changed:
        verb = "sounds" if len(changed) == 1 else "sound"
        text = f"{len(changed):,} {of} {verb} otherwise than when it was locked: {some(changed, _SHOWN)}"
        yield LockDifference(what=name, kind="clips", severity="error", text=text, clip_ids=changed)
    if more := tuple(id_ for id_ in hashes if id_ not in locked.clips):
        text = f"{number(len(more), 'clip')} more than were locked: {some(more, _SHOWN)}"
        yield LockDifference(what=name, kind="clips", severity="error", text=text, clip_ids=more)


def _sources(home: Home, name: str, locked: LockedDataset, *, matters: bool) -> Iterator[LockDifference]:
    """Archives, commits and mirrors that are others; where the index is as it was locked, that did not matter."""
    here = sources_of(home, name)
    for component, sources in locked.sources.items():
        own = here.get(component, ())
        sums = {path: value for source in own for path, value in source.sums.items()}
        for source in sources:
            other = [path for path, value in source.sums.items() if _differs(value, sums.get(path))]
            if other:
                first, verb = other[0], "has" if len(other) == 1 else "have"
                text = f"{component}: {some(other, _SHOWN)} {verb} other bytes than were locked"
                text += f" ({source.sums[first]}, now {sums[first]})"
                yield LockDifference(what=name, kind="source", severity="error" if matters else "note", text=text)
        mirrors, others = {source.mirror for source in sources}, {source.mirror for source in own}
        if own and not mirrors & others:
            text = f"{component} came from {', '.join(sorted(others))}; it was locked from {', '.join(sorted(mirrors))}"
            yield LockDifference(what=name, kind="source", severity="note", text=text)


def _differs(locked: str, here: str | None) -> bool:
    """Whether two recorded checksums of one algorithm are different."""
    return here is not None and locked.partition(":")[0] == here.partition(":")[0] and locked != here


def tool_differences(lock: HomeLock, *, sound_differs: bool) -> Iterator[LockDifference]:
    """Tools that are of other versions here, and whether that mattered to what clips sound like."""
    here = tool_versions()
    changed = {name: version for name, version in lock.tools.items() if here.get(name) != version}
    if not changed:
        return
    listed = ", ".join(f"{name} {version}, here {here.get(name, 'not installed')}" for name, version in changed.items())
    decoding = sorted(set(changed) & set(DECODING))
    if not sound_differs:
        mattered = "it did not matter: all clips that are here sound as they were locked"
    elif decoding:
        mattered = f"this may be why clips sound otherwise ({', '.join(decoding)} decode and mix them)"
    else:
        mattered = "none of these makes samples of files: clips that sound otherwise come of other files"
    yield LockDifference(what="", kind="tools", severity="note", text=f"other versions: {listed}; {mattered}")
