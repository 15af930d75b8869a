"""Splits to be exported: the twelve tones, with other licences, names, labels and stores than they come with."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import soundfile

from mudata.catalog.audio.clip import AudioFormat, normalise
from mudata.catalog.index import database

if TYPE_CHECKING:
    from small_corpus import Corpus

    from mudata.home import Home

NC_ND = "CC BY-NC-ND 4.0"
CLOSED = "All rights reserved"
_TABLES = ("datasets", "clips", "labels", "captions")


Change = Callable[[dict[str, Any]], dict[str, Any]]


def rewrite(home: Home, **changes: Change) -> None:
    """Put tables of the tones in their own place, each row with what the table's change says of it."""
    with database.connect(home) as connection:
        tables = {
            name: connection.sql(f"SELECT * FROM {name} WHERE dataset = 'tones'").to_arrow_table() for name in _TABLES
        }
    for name, change in changes.items():
        rows = [row | change(row) for row in tables[name].to_pylist()]
        tables[name] = pa.Table.from_pylist(rows, schema=tables[name].schema)
    database.publish(home, "tones", tables)


def licensed(corpus: Corpus, licences: Mapping[str, str]) -> None:
    """Give clips, by their numbers, licences of their own."""
    rewrite(corpus.home, clips=lambda row: {"licence": licences.get(row["clip_id"][6:], row["licence"])})


def renamed(corpus: Corpus, names: Mapping[str, str], split: str = "odd") -> None:
    """Give clips, by their numbers, ids of their own, and make a split of these alone: one part, test."""
    ids = {f"tones/{number}": f"tones/{name}" for number, name in names.items()}

    def change(row: dict[str, Any]) -> dict[str, Any]:
        return {"clip_id": ids.get(row["clip_id"], row["clip_id"])}

    rewrite(corpus.home, clips=change, labels=change, captions=change)
    corpus.split(split, {"test": {f"tones/{name}": "0" * 64 for name in names.values()}})


def in_reference(corpus: Corpus, number: str, *, start_s: float = 0.125, duration_s: float = 0.25) -> Path:
    """Keep no copy of a clip, but of what its FLAC would be: a part of a stereo file; gives that FLAC."""
    home = corpus.home
    source = home.raw("tones") / "files" / f"{number}.wav"
    source.parent.mkdir(parents=True, exist_ok=True)
    generator = np.random.default_rng(int(number))
    soundfile.write(source, generator.uniform(-0.5, 0.5, (8000, 2)), 8000, subtype="PCM_16")
    copy = home.root / "as-flac" / f"{number}.flac"
    facts = normalise(source, copy, AudioFormat(None), segment=(start_s, start_s + duration_s))
    changes = {
        "path": f"raw/tones/files/{number}.wav",
        "store": "reference",
        "mix": "mean",
        "source_path": f"{number}.wav",
        "source_sha256": facts.source_sha256,
        "source_size": facts.source_size,
        "source_mtime_ns": source.stat().st_mtime_ns,
        "pcm_sha256": facts.pcm_sha256,
        "start_s": start_s,
        "duration_s": duration_s,
    }
    rewrite(home, clips=lambda row: changes if row["clip_id"] == f"tones/{number}" else {})
    return copy


def csv_rows(file: Path) -> list[dict[str, str]]:
    with file.open(newline="") as lines:
        return list(csv.DictReader(lines))


def json_rows(file: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in file.read_text("utf-8").rstrip("\n").split("\n")]


def contents(folder: Path) -> dict[str, bytes]:
    """Every file of an export."""
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
