"""Whether files are still what was indexed: raw files, normalised clips, and those in the store that machines share."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING, Any

from mudata.catalog.audio.stored_clip import COLUMNS, clips_as
from mudata.catalog.index import shared_index
from mudata.catalog.index.finding import Finding
from mudata.errors import AudioError, is_of_machine, number, some
from mudata.object_store import shared_files
from mudata.object_store.local_cache import bring

if TYPE_CHECKING:
    from pathlib import Path

    import duckdb

    from mudata.home import Home
    from mudata.narration import Progress

LEVEL_TOLERANCE = 1e-3
"""How far peak and rms of a stored clip may be from what was measured:
33 steps of 16 bits, well below any damage."""

_SHOWN = 5
_DECODES = "a clip that can be decoded"


def file_findings(
    dataset: str, home: Home, connection: duckdb.DuckDBPyConnection, *, deep: bool, progress: Progress
) -> Iterator[Finding]:
    """Raw files and normalised clips, one by one. `connection` has the tables of this dataset alone."""
    rows = connection.execute("SELECT epoch(indexed_at) FROM datasets WHERE indexed_at IS NOT NULL").fetchall()
    since = -1.0 if deep or not rows else float(rows[0][0])
    sources = connection.execute(
        "SELECT source_path, source_size, source_sha256, max(source_mtime_ns) FROM clips WHERE status <> 'missing'"
        " AND kind <> 'text' GROUP BY ALL ORDER BY ALL"
    ).fetchall()
    clips = connection.execute(  # names of columns, no values
        f"SELECT clip_id, if(flavour = 'native', peak, NULL) AS peak, rms, {', '.join(COLUMNS)}"  # noqa: S608
        f" FROM {clips_as(repaired=False)}"
        " WHERE status = 'ok' AND kind = 'audio' ORDER BY clip_id"
    )
    names = [column[0] for column in clips.description or ()]
    rows_of_clips = [dict(zip(names, values, strict=True)) for values in clips.fetchall()]
    raw = home.raw(dataset) / "files"
    if lost := sum(row[0] is None for row in sources):
        yield Finding("changed", "the index", "the path of every raw file", f"{lost} without", "error")
    whole = [row for row in rows_of_clips if None not in (row["path"], row["duration_s"], row["sample_rate"])]
    if lost := len(rows_of_clips) - len(whole):
        yield Finding("changed", "the index", "path, length and rate of every clip", f"{lost} without", "error")
    present = shared_index.present(home, dataset)
    elsewhere: Collection[str] = () if deep else present
    yield from _lost(home, dataset, present)
    work = [
        partial(_source, raw, since, row, deep=deep)
        for row in sources
        if row[0] is not None and not _is_elsewhere(raw / row[0], home, elsewhere)
    ]
    work += [
        partial(_clip, home, since, row)
        for row in whole
        if deep or (row["store"] == "flac" and not _is_elsewhere(home.root / row["path"], home, elsewhere))
    ]
    with progress.bar("verifying", len(work), "files") as advance, ThreadPoolExecutor() as pool:
        for finding in pool.map(lambda check: check(), work):
            advance(1)
            if finding:
                yield finding


def _lost(home: Home, dataset: str, present: Collection[str]) -> Iterator[Finding]:
    """Files that the store's record names, and the store does not have any more."""
    shared = shared_files.store()
    table = shared_files.files_of(home, dataset) if shared else None
    if lost := [file.path for file in table or () if file.path not in present]:
        got = f"{number(len(lost), 'file')} gone or of another size; `mudata fetch {dataset}` publishes them again"
        yield Finding("not-shared", some(lost, _SHOWN, counted=False), "in the store", got, "error")


def _is_elsewhere(path: Path, home: Home, elsewhere: Collection[str]) -> bool:
    """Whether a file is not here, and the store that machines share has it with the size that it had."""
    return path.relative_to(home.root).as_posix() in elsewhere and not path.exists()


def _source(files: Path, since: float, row: tuple[Any, ...], *, deep: bool) -> Finding | None:
    """A raw file: path, size, sha256, when it was last written."""
    from mudata.catalog.audio.clip import digest

    path, size, sha256, mtime_ns = row
    try:
        bring(files / path)
        status = (files / path).stat()
        if size is not None and status.st_size != size:
            return Finding("changed", path, f"{size} bytes", f"{status.st_size} bytes", "error")
        written = status.st_mtime > since if mtime_ns is None else status.st_mtime_ns != mtime_ns
        if sha256 and (deep or written) and (got := digest(files / path)) != sha256:
            return Finding("changed", path, f"sha256 {sha256}", f"sha256 {got}", "error")
    except FileNotFoundError:
        return Finding("missing", path, "a file", "none", "error")
    except (AudioError, OSError) as error:
        if is_of_machine(error):
            raise
        if isinstance(error, AudioError) and error.reason == "vanished":
            return Finding("missing", path, "a file", "none", "error")
        return Finding("changed", path, "a readable file", str(error), "error")
    return None


def _clip(home: Home, since: float, row: Mapping[str, Any]) -> Finding | None:
    """A clip as it would be heard: its id, `stored_clip.COLUMNS`, peak and rms."""
    import numpy as np

    from mudata.catalog.audio.stored_clip import StoredClip

    clip_id, path, duration_s, sample_rate, peak, rms = (
        row[name] for name in ("clip_id", "path", "duration_s", "sample_rate", "peak", "rms")
    )
    is_copy = row["store"] == "flac"
    try:
        bring(home.root / path)
        if is_copy and (home.root / path).stat().st_mtime <= since:
            return None
        found = StoredClip.of_row(home, row)
        samples = found.samples().astype(np.float64) if found else np.zeros(0)
    except (AudioError, OSError) as error:
        if is_of_machine(error):
            raise
        reason = "vanished" if isinstance(error, FileNotFoundError) else getattr(error, "reason", "")
        lost = Finding("clip-missing", clip_id, path, "none", "error") if reason == "vanished" else None
        damaged = Finding("clip-changed", clip_id, _DECODES, str(error), "error")
        told_of_source = not is_copy and reason in ("vanished", "changed", "damaged")
        return None if told_of_source else lost or damaged
    if abs(len(samples) - duration_s * sample_rate) > 2:
        return Finding("clip-changed", clip_id, f"{duration_s:.6g} s", f"{len(samples) / sample_rate:.6g} s", "error")
    measured = (float(np.abs(samples).max(initial=0)), float(np.sqrt(np.mean(samples**2))))
    # what was above full scale is cut off in the clip, which changes its rms; resampling changes both a little
    expected = (measured[0], measured[1]) if peak is None else (peak, rms)
    if is_copy and peak is not None and peak > 1:
        expected = 1.0, measured[1]
    if max(abs(a - b) for a, b in zip(expected, measured, strict=True)) > LEVEL_TOLERANCE:
        wanted_levels, levels = (f"peak {pair[0]:.4f}, rms {pair[1]:.4f}" for pair in (expected, measured))
        return Finding("clip-changed", clip_id, wanted_levels, levels, "error")
    return None
