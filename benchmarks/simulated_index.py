"""Simulated clips and labels of any number, made in chunks, so that they never lie in memory as a whole."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from mudata.catalog.tables import TABLES

SEED = 20261123
LABELS = 195
DATASET = "synthetic"
CHUNK = 250_000
"""Clips that are made at a time."""

_TYPES = {"VARCHAR": pa.string(), "BIGINT": pa.int64(), "INTEGER": pa.int32(), "DOUBLE": pa.float64()}


def write(n: int, folder: Path) -> dict[str, Path]:
    """Parquet files of `clips` and `labels` of n clips, in the order of their ids, by the name of the table."""
    files = {name: folder / f"{name}.parquet" for name in ("clips", "labels")}
    writers: dict[str, pq.ParquetWriter] = {}
    for made in chunks(n):
        for name, table in made.items():
            if name not in writers:
                writers[name] = pq.ParquetWriter(files[name], table.schema, compression="zstd", compression_level=1)
            writers[name].write_table(table, row_group_size=1 << 17)
    for writer in writers.values():
        writer.close()
    return files


def tables(n: int) -> dict[str, pa.Table]:
    """The same in memory."""
    made = list(chunks(n))
    return {name: pa.concat_tables(part[name] for part in made) for name in ("clips", "labels")}


def chunks(n: int) -> Iterator[dict[str, pa.Table]]:
    """`clips` and `labels` of n clips, `CHUNK` of them at a time.

    Seeded: random hashes, names of 40,000 artists, titles of three words for every other clip, 195 labels of very
    different frequency, 4.64 of them per clip.
    """
    rng = np.random.default_rng(SEED)
    letters = np.array(list("abcdefghijklmnopqrstuvwxyz"))
    words = np.array(["".join(rng.choice(letters, rng.integers(3, 9))) for _ in range(5000)])
    for begin in range(0, n, CHUNK):
        yield _chunk(begin, min(CHUNK, n - begin), words)


def _chunk(begin: int, n: int, words: Any) -> dict[str, pa.Table]:
    rng = np.random.default_rng([SEED, begin])
    numbers = range(begin, begin + n)
    artist = rng.zipf(1.3, n) % 40_000
    seconds = np.round(rng.uniform(29.9, 30.1, n) * 22_050) / 22_050
    licence = rng.integers(0, 4, n)
    given: dict[str, Any] = {
        "clip_id": [f"{DATASET}/track_{i:08d}" for i in numbers],
        "path": [f"clips/{DATASET}/native/{i % 256:02x}/track_{i:08d}.flac" for i in numbers],
        "source_path": [f"{i % 100:02d}/{i}.mp3" for i in numbers],
        "source_sha256": _hashes(rng, n),
        "source_size": rng.integers(400_000, 1_000_000, n),
        "pcm_sha256": _hashes(rng, n),
        "start_s": np.zeros(n),
        "duration_s": seconds,
        "sample_rate": np.full(n, 44_100, np.int32),
        "peak": np.minimum(1, rng.normal(0.9, 0.1, n)),
        "rms": rng.normal(0.15, 0.03, n),
        "source_rate": np.full(n, 44_100, np.int32),
        "source_channels": np.full(n, 2, np.int32),
        "source_duration_s": seconds,
        "licence": np.array(["CC BY 4.0", "CC BY-SA 4.0", "CC BY-NC 4.0", "CC BY-NC-ND 4.0"])[licence],
        "usage": np.where(licence < 2, "unrestricted", "noncommercial"),
        "artist": [f"artist_{a:06d}" for a in artist],
        "album": [f"album_{a:06d}" for a in artist * 3 + rng.integers(0, 3, n)],
        "track": [f"track_{i:08d}" for i in numbers],
        "title": [None if i % 2 else " ".join(t) for i, t in enumerate(words[rng.zipf(1.2, (n, 3)) % len(words)])],
        "status": np.where(rng.random(n) < 0.999, "ok", "quarantined"),
    }
    same = {"dataset": DATASET, "kind": "audio", "source_format": "MPEG/MP3", "flavour": "native"}
    given |= {name: np.full(n, value) for name, value in same.items()}
    columns = {
        c.name: pa.array(given[c.name], _TYPES[c.type]) if c.name in given else pa.nulls(n, _TYPES[c.type])
        for c in TABLES["clips"]
    }
    clips = pa.table(columns)
    owner = np.repeat(np.arange(n), rng.poisson(3.95, n) + 1)
    pairs = np.unique(owner * LABELS + (rng.zipf(1.15, len(owner)) - 1) % LABELS)  # no clip has a label twice
    label = pa.array([f"label {i:03d}" for i in range(LABELS)]).take(pa.array(pairs % LABELS))
    space = pa.array([("genre", "mood", "instrument")[i % 3] for i in range(LABELS)]).take(pa.array(pairs % LABELS))
    own = [clips[name].take(pa.array(pairs // LABELS)) for name in ("clip_id", "dataset")]
    return {"clips": clips, "labels": pa.table([*own, space, label, label], [c.name for c in TABLES["labels"]])}


def _hashes(rng: np.random.Generator, n: int) -> list[str]:
    return rng.bytes(32 * n).hex(" ", 32).split(" ")
