"""From raw files to clips: every job alone, on all cores, and never twice.

What is done is journalled in the target folder at once. A run that was killed, or is repeated, does
only what the journal lacks: a job is done when its line answers the same request about the same
source (size and time of change) and its clip still has the size it had. So a clip that a power cut
tore is made again. Without copies (store reference) the same is measured and nothing written; a journal knows what
either store needs, so that a dataset goes from copies to none at once.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from mudata.catalog.audio import clip
from mudata.catalog.audio.containers import structure
from mudata.catalog.audio.journal import Journal
from mudata.catalog.audio.mix import LOUDEST, Mix
from mudata.catalog.symbolic import midi
from mudata.catalog.tables import TABLES
from mudata.errors import AudioError, HomeError, of_home, telling_os_errors
from mudata.execution.executor import Call, Executor, Lost
from mudata.execution.home_mark import require_shared
from mudata.execution.local_processes import LOCAL
from mudata.home import PARTIAL
from mudata.narration import SILENT, Progress
from mudata.object_store.local_cache import at_hand
from mudata.safe_text import text_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import pyarrow as pa

    from mudata.catalog.audio.stores import Store

VERSION, MIDI_VERSION = 2, 5
"""Raised when the same request about the same source would give another clip or other facts. Clips of
version 1 are kept where the structure of their source says that they are what they would be today."""

COLUMNS = (
    "id", "kind", "path", "source_path", "source_sha256", "source_size", "pcm_sha256", "start_s", "duration_s",
    "sample_rate", "peak", "rms", "clipped", "decoder", "source_format", "source_rate", "source_channels",
    "source_duration_s", "flavour", "status", "reason", "source_mtime_ns",
)  # fmt: skip
"""Columns of the result, as in the table `clips`;
`id` lacks the dataset, `path` is relative to the target."""

PAYS = 6
"""Clips for which a further process is started: as long as it needs to start (0.3 s), six clips of 30 s need to be
done (45 ms each, `benchmarks/normalise.py`)."""

_BATCH = 4096
"""Rows that are Python objects at one time."""

_STATE = 8
"""Where a request has size and time of change of the source."""

_BYTES_PER_S = {".wav": 176_400, ".aif": 176_400, ".aiff": 176_400, ".flac": 90_000, ".au": 44_100}
"""Bytes of a second of audio, to guess how long a file is: CD quality, half of it, GTZAN's; else mp3 of 128 kbit/s."""

_TYPES = {column.name: column.type for column in TABLES["clips"] if column.name in COLUMNS}


@dataclass(frozen=True)
class Job:
    """One clip that is wanted.
    `source` is relative to the files; crop, segment and bounds as in `audio.normalise`, window as in
    `symbolic.midi.facts`."""

    id: str
    kind: str
    source: str
    crop: tuple[str, float] | None = None
    segment: tuple[float, float] | None = None
    bounds: tuple[float, float] | None = None
    mix: Mix = "mean"
    """What becomes of several channels."""
    expected_hash: str | None = None
    """'md5:…', 'sha1:…' or 'sha256:…' of the source."""
    window: tuple[float, float] | None = None
    """Of MIDI: seconds of the clip, and at which share of the music it begins."""


def run(
    jobs: Sequence[Job],
    *,
    files: Path,
    target: Path,
    audio_format: clip.AudioFormat,
    store: Store = "flac",
    executor: Executor = LOCAL,
    progress: Progress = SILENT,
) -> pa.Table:
    """Make every clip that is not there yet; one row per job, in their order. Of store reference none is made, and
    `path` is where it would be.

    Columns: COLUMNS, and `attributes` (list of name, value and source; what a MIDI file says of itself). A
    job that fails gives a row with status quarantined, or missing when there is no source, and the
    others go on. MIDI files are read, not converted: `path` stays NULL.

    Raises HomeError when the disk is full or read-only, and what the executor raises; what was finished is kept.
    """
    with telling_os_errors(), Journal(target / "journal.jsonl") as journal:
        copies = target if store == "flac" else None
        todo = [job for job in jobs if not _done(journal, job, _request(job, files, audio_format), files, copies)]
        if todo:
            _sweep(target)
            requests: dict[int, list[Any]] = {}  # of the calls under way: the state of the source before it was read

            def calls() -> Iterator[Call]:
                for n, job in enumerate(todo):
                    requests[n] = _request(job, files, audio_format)
                    value = [str(files), copies and str(copies), audio_format.rate, asdict(job)]
                    yield Call(value, _seconds(job, requests[n][_STATE]))

            results = executor.map(perform, calls(), count=len(todo), pays=PAYS)
            with progress.bar("normalising", total=len(todo)) as advance, contextlib.closing(results):
                for n, result in results:
                    row = _row(result)
                    if row["status"] == "missing":
                        require_shared(executor, files / todo[n].source)
                    journal.put(todo[n].id, requests.pop(n), row)
                    advance(1)
        return _table(jobs, journal, audio_format)


def clip_path(id_: str) -> str:
    """Where a clip lies below its target: `<two hex digits>/<id>.flac`.

    The digits are those of the id's md5 and keep folders small (100,000 clips: 400 in each). Every
    byte of a name but letters, digits and `_.-~` is percent-encoded, a leading `.`, `-` or `~` too;
    a long one is cut and ends in the md5.
    """
    raw = os.fsencode(id_)
    md5 = hashlib.md5(raw, usedforsecurity=False).hexdigest()
    safe = quote(raw, safe="")
    if safe[:1] in {".", "-", "~"}:
        safe = f"%{ord(safe[0]):02X}{safe[1:]}"
    if len(safe) > 160:  # file systems allow 255 bytes; the temporary name needs some
        safe = f"{safe[:120]}~{md5}"
    return f"{md5[:2]}/{safe}.flac"


# --------------------------------------------------------------------------- in the workers


def perform(task: list[Any]) -> dict[str, Any]:
    """One job, as JSON in and out: [files, target (None: no copy), rate, job] to the row's columns."""
    files, target, rate, fields = task
    job = Job(**fields)
    source = Path(files, job.source)
    try:
        with at_hand(source):
            if job.expected_hash:
                _verify(source, job.expected_hash)
            midi_file = job.kind == "midi"
            form = clip.AudioFormat(rate)
            return _midi(source, job) if midi_file else _audio(source, target and Path(target), form, job)
    except AudioError as error:
        status = "missing" if error.reason == "vanished" else "quarantined"
        row = _failed(status, error.reason, str(error).replace("\n", " "))
        return row | ({} if status == "missing" else _source(source))
    except Exception as error:  # whatever it is, the other clips go on
        if known := of_home(error):
            return {"fatal": [known.what, known.hint]}
        told = error.strerror if isinstance(error, OSError) else None
        return _failed("quarantined", "crashed", f"{type(error).__name__}: {told or text_of(error)}")


def _audio(source: Path, target: Path | None, audio_format: clip.AudioFormat, job: Job) -> dict[str, Any]:
    path = clip_path(job.id)
    copy = target / path if target else None
    facts = clip.normalise(
        source, copy, audio_format, crop=job.crop, segment=job.segment, bounds=job.bounds, mix=job.mix
    )
    row = vars(facts) | {"status": "ok"}
    if copy is None:
        del row["path"]
        return row
    return row | {"path": path, "clip_size": copy.stat().st_size}


def _midi(source: Path, job: Job) -> dict[str, Any]:
    found = midi.facts(source, job.window)
    if not found.notes:
        raise AudioError("empty", "no notes")
    start, seconds = found.clip or (0.0, found.duration_s)
    clip.check_duration(seconds, job.bounds)
    file = _source(source)
    if found.clip and "source_sha256" in file:
        file["pcm_sha256"] = hashlib.sha256(f"{file['source_sha256']} {start!r} {seconds!r}".encode()).hexdigest()
    return file | {
        "source_format": f"MIDI/{found.type}",
        "start_s": start,
        "duration_s": seconds,
        "source_duration_s": found.duration_s,
        "attributes": [{"name": name, "value": value, "source": on} for name, value, on in found.attributes],
        "status": "ok",
    }


def _source(source: Path) -> dict[str, Any]:
    with contextlib.suppress(OSError, AudioError):
        return {"source_size": source.stat().st_size, "source_sha256": clip.digest(source)}
    return {}


def _verify(source: Path, expected: str) -> None:
    algorithm, _, wanted = expected.partition(":")
    got = clip.digest(source, algorithm)
    if got != wanted.casefold():
        raise AudioError("checksum", f"{algorithm} {got}, expected {wanted}")


def _failed(status: str, reason: str, details: str) -> dict[str, Any]:
    return {"status": status, "reason": f"{reason}: {details}"}


# ------------------------------------------------------------------------------ in the parent


def _row(result: dict[str, Any] | Lost) -> dict[str, Any]:
    if isinstance(result, Lost):
        return _failed("quarantined", "crashed", result.how)
    if "fatal" in result:
        raise HomeError(*result["fatal"])
    return result


def _seconds(job: Job, state: list[int] | None) -> float:
    """About how many seconds are decoded: a guess by the size of the file, that distributes work and nothing else."""
    if job.segment:
        return job.segment[1] - job.segment[0]
    if job.kind == "midi" or state is None:
        return 0.0
    return state[0] / _BYTES_PER_S.get(Path(job.source).suffix.lower(), 16_000)


def _request(job: Job, files: Path, audio_format: clip.AudioFormat) -> list[Any]:
    """Everything a job's row depends on, as JSON gives it back."""
    try:
        status = (files / job.source).stat()
        state = [status.st_size, status.st_mtime_ns]
    except OSError:
        state = None
    cut = [None if part is None else list(part) for part in (job.crop, job.segment, job.bounds)]
    version = MIDI_VERSION if job.kind == "midi" else VERSION
    mixed = [] if job.mix == "mean" else [job.mix]
    windowed = [] if job.window is None else [list(job.window)]
    return [version, audio_format.name, job.kind, job.source, *cut, job.expected_hash, state, *mixed, *windowed]


def _done(journal: Journal, job: Job, request: list[Any], files: Path, target: Path | None) -> bool:
    """Whether nothing is left to do; without a target, no copy is asked for."""
    answered, row = journal.get(job.id)
    if not _is_sound(row):
        return False
    if answered != request:
        if job.kind == "midi" or answered != [1, *request[1:]] or not _holds(row, files / job.source):
            return False
        journal.put(job.id, request, row)
    if row["status"] != "ok":  # an extra may have been installed since, or there is more memory now
        return not row["reason"].startswith(("unsupported:", "crashed:"))
    if target is None or job.kind == "midi":
        return True
    try:
        return "path" in row and (target / row["path"]).stat().st_size == row["clip_size"]
    except OSError:
        return False


def _is_sound(row: dict[str, Any]) -> bool:
    """Whether a row of the journal, which a disk may have damaged, has values of the types that it is written with."""
    named = row.get("attributes") or []
    return (
        all(_fits(row.get(name), type_) for name, type_ in _TYPES.items())
        and row.get("status") in ("ok", "quarantined", "missing")
        and (row["status"] == "ok" or row.get("reason") is not None)
        and (row.get("path") is None or _fits(row.get("clip_size", ""), "BIGINT"))
        and isinstance(named, list)
        and all(
            isinstance(a, dict)
            and {type(a.get("name")), type(a.get("value"))} == {str}
            and isinstance(a.get("source"), str | None)
            for a in named
        )
    )


def _fits(value: object, type_: str) -> bool:
    if value is None:
        return True
    if type_ == "VARCHAR":
        return isinstance(value, str)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    bits = {"INTEGER": 31, "BIGINT": 63}.get(type_)
    return bits is None or (isinstance(value, int) and abs(value) < 1 << bits)


def _holds(row: dict[str, Any], source: Path) -> bool:
    """Whether a clip of version 1, which counted no frames and asked few decoders, would be the same today."""
    if row["status"] != "ok" or row["peak"] > LOUDEST or row["source_duration_s"] is None:
        return False
    try:
        known = structure(source)
    except AudioError:
        return False
    seconds = row["source_duration_s"]
    whole = all(stated.allows(stated.seconds - seconds, stated.seconds) for stated in known.stated)
    return whole and known.share == 1 and not (known.cut or known.changes)


def _sweep(target: Path) -> None:
    """Remove what a killed run left unfinished."""
    for leftover in target.glob(f"*/.*{PARTIAL}"):
        with contextlib.suppress(OSError):
            leftover.unlink()


def _table(jobs: Sequence[Job], journal: Journal, audio_format: clip.AudioFormat) -> pa.Table:
    import pyarrow as pa

    arrow = {"VARCHAR": pa.string(), "BIGINT": pa.int64(), "INTEGER": pa.int32(), "DOUBLE": pa.float64()}
    types = {column.name: arrow[column.type] for column in TABLES["clips"]}
    schema = pa.schema([(name, types.get(name, pa.string())) for name in COLUMNS])
    told = pa.struct([(name, pa.string()) for name in ("name", "value", "source")])
    schema = schema.append(pa.field("attributes", pa.list_(told)))
    batches = []
    for first in range(0, len(jobs), _BATCH):
        rows = [_whole_row(job, journal, audio_format) for job in jobs[first : first + _BATCH]]
        columns = [pa.array([row.get(field.name) for row in rows], field.type) for field in schema]
        batches.append(pa.record_batch(columns, schema=schema))
    return pa.Table.from_batches(batches, schema)


def _whole_row(job: Job, journal: Journal, audio_format: clip.AudioFormat) -> dict[str, Any]:
    request, row = journal.get(job.id)
    own: dict[str, Any] = {"id": job.id, "kind": job.kind, "source_path": job.source, "flavour": audio_format.name}
    own["path"] = clip_path(job.id) if job.kind != "midi" and row.get("status") == "ok" else None
    state = request[_STATE] if request else None
    return row | own | {"source_mtime_ns": state[1] if state else None}
