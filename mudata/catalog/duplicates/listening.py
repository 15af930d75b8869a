"""Clips that have no fingerprint yet get one, on all cores; stopped at any moment, the same goes on.

A clip that cannot be decoded, or crashes what decodes it, is told with its reason, and the others go on.
"""

from __future__ import annotations

import base64
import time
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mudata.catalog.audio.stored_clip import COLUMNS, StoredClip, clips_as
from mudata.catalog.duplicates import fingerprint_store
from mudata.catalog.duplicates.fingerprint import RATE, fingerprint, why_unheard
from mudata.catalog.duplicates.fingerprint_store import StoredFingerprint
from mudata.errors import AudioError, HomeError, from_os_error
from mudata.execution.executor import Call, Executor, Lost
from mudata.execution.home_mark import require_shared
from mudata.execution.local_processes import LOCAL
from mudata.home import Home
from mudata.narration import SILENT, Progress
from mudata.safe_text import text_of

if TYPE_CHECKING:
    import duckdb

    from mudata.catalog.audio.audio_source import Samples

BATCH, BATCH_S = 512, 10.0
"""Fingerprints, or seconds, after which what is there is written."""

_PIECE_S = 120
"""Seconds that are decoded at once of a clip of more than twice that."""


def listen(
    home: Home,
    con: duckdb.DuckDBPyConnection,
    datasets: Sequence[str],
    progress: Progress = SILENT,
    executor: Executor = LOCAL,
) -> dict[str, str]:
    """Make the fingerprints that usable clips of these datasets lack; why not, by clip id, for those that failed.

    Raises HomeError where nothing can be written, and what the executor raises.
    """
    known = set(fingerprint_store.read(home)["pcm_sha256"].to_pylist())  # of files that are whole
    failed: dict[str, str] = {}
    for dataset in datasets:
        rows = _lacking(con, dataset, known)
        if rows:
            with progress.bar(f"Listening to {dataset}", len(rows)) as advance:
                batch: list[StoredFingerprint] = []
                written = time.monotonic()
                try:
                    for row, result in _results(home, rows, executor):
                        if isinstance(result, str):
                            failed[row["clip_id"]] = result
                        else:
                            batch.append(result)
                            known.add(result.pcm_sha256)
                        advance(1)
                        if len(batch) >= BATCH or time.monotonic() - written > BATCH_S:
                            done, batch = batch, []
                            fingerprint_store.add(home, dataset, done)
                            written = time.monotonic()
                finally:
                    fingerprint_store.add(home, dataset, batch)
        fingerprint_store.tidy(home, dataset)
    return failed


def _lacking(con: duckdb.DuckDBPyConnection, dataset: str, known: set[str]) -> list[dict[str, Any]]:
    """Rows of clips to be heard: one for each content."""
    hashed = con.sql(
        "SELECT clip_id, pcm_sha256 FROM clips WHERE dataset = $dataset AND status = 'ok' AND kind = 'audio'"
        " AND pcm_sha256 IS NOT NULL AND path IS NOT NULL ORDER BY clip_id",
        params={"dataset": dataset},
    ).fetchall()
    wanted = {pcm: clip_id for clip_id, pcm in reversed(hashed) if pcm not in known}
    if not wanted:
        return []
    columns = ", ".join(("clip_id", "pcm_sha256", *COLUMNS))
    rows: list[dict[str, Any]] = (
        con.sql(
            f"SELECT {columns} FROM {clips_as(repaired=False)}"  # noqa: S608
            " SEMI JOIN (SELECT unnest($ids::VARCHAR[]) AS clip_id) USING (clip_id) ORDER BY clip_id",
            params={"ids": list(wanted.values())},
        )
        .to_arrow_table()
        .to_pylist()
    )
    return rows


def _results(
    home: Home, rows: Sequence[dict[str, Any]], executor: Executor
) -> Iterator[tuple[dict[str, Any], StoredFingerprint | str]]:
    """Each row with its fingerprint, or why there is none."""
    calls = (Call([str(home.root), row], row["duration_s"] or 0.0) for row in rows)
    with closing(executor.map(heard, calls, count=len(rows))) as answers:
        for number, answer in answers:
            row = rows[number]
            if isinstance(answer, Lost):
                yield row, f"crashed: {answer.how}"
            elif "fatal" in answer:
                raise HomeError(*answer["fatal"])
            elif "failed" in answer:
                if answer["failed"].startswith("vanished:") and (stored := StoredClip.of_row(home, row)):
                    require_shared(executor, stored.path)
                yield row, answer["failed"]
            else:
                yield row, StoredFingerprint(row["pcm_sha256"], base64.b64decode(answer["words"]), answer["reason"])


def heard(call: list[Any]) -> dict[str, Any]:
    """What a worker is asked: [home, row of `clips_as`] -> {'words': base64, 'reason': why they match nothing, or
    None}; {'failed': why}, or {'fatal': [what, hint]} where no other clip can be heard either."""
    root, row = call
    try:
        stored = StoredClip.of_row(Home(Path(root)), row)
        if stored is None:
            return {"failed": "no_audio: there is no sound to decode"}
        words = fingerprint(_samples(stored, row["duration_s"]))
    except AudioError as error:
        return {"failed": f"{error.reason}: {error.what}"}
    except (HomeError, OSError) as error:  # of the store that machines share, or of the machine
        if known := error if isinstance(error, HomeError) else from_os_error(error):
            return {"fatal": [known.what, known.hint]}
        return {"failed": f"unreadable: {getattr(error, 'strerror', None) or error}"}
    except Exception as error:  # whatever it is, the other clips go on
        return {"failed": f"crashed: {type(error).__name__}: {text_of(error)}"}
    return {"words": base64.b64encode(words.astype("<u4").tobytes()).decode(), "reason": why_unheard(words)}


def _samples(stored: StoredClip, duration_s: float | None) -> Samples:
    """All of a clip at RATE; of a long one by pieces, so that memory holds no more than that at its own rate."""
    import numpy as np

    if duration_s is None or duration_s <= 2 * _PIECE_S:
        return stored.samples(RATE)
    last = int(duration_s // _PIECE_S) - 1
    pieces = [stored.samples(RATE, start_s=n * _PIECE_S, duration_s=_PIECE_S) for n in range(last)]
    return np.concatenate([*pieces, stored.samples(RATE, start_s=last * _PIECE_S)])
