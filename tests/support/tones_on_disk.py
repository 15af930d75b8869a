"""A small dataset as raw files with a card: what tests of ingesting and verifying stand on.

Files `audio/<genre>/<id>.wav`, a table `about.csv` with a row per clip, and clips of which only the table knows.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mudata.catalog.audio.clip import AudioFormat
from mudata.catalog.cards import loader
from mudata.catalog.fetch.request import Fetched, FetchRequest
from mudata.catalog.ingest import ingest
from mudata.execution.local_processes import LocalProcesses

if TYPE_CHECKING:
    from mudata.catalog.cards.schema import Card
    from mudata.catalog.ingested import Ingested
    from mudata.home import Home

Tone = Callable[..., Path]

CARD = """
name: tones
title: Tones on disk
summary: Sines that tests read.
tags: [genre, caption]
format: wav
duration: {min: 0.2, max: 2}
licence: {text: CC BY 4.0, spdx: CC-BY-4.0, usage: unrestricted, redistributable: true, per_clip: true}
citation: {text: Nobody., bibtex: "@misc{nobody}"}
homepage: https://example.org/tones
availability: open
sources: {all: {what: tones, mirrors: [{kind: local, how: Made by the tests.}]}}
tables:
  about:
    path: about.csv
    select: SELECT * FROM read_csv({path}, header = true, all_varchar = true)
    columns:
      {id: VARCHAR, path: VARCHAR, artist: VARCHAR, licence: VARCHAR, genre: VARCHAR, text: VARCHAR, part: VARCHAR}
clips:
  - files: "audio/{folder}/{stem}.wav"
    select: SELECT id, path, artist, licence FROM about
labels:
  genre:
    select: SELECT id, genre AS label FROM about
    vocabulary: [low, {id: mid, name: in-between, aliases: [middle]}, high]
captions: {select: "SELECT id, text FROM about"}
attributes: {select: "SELECT id, 'length' AS name, length(text)::VARCHAR AS value FROM about"}
splits:
  classic: {title: the classic one, parts: [train, test], select: "SELECT id, part FROM about"}
"""

COLUMNS = ("id", "path", "artist", "licence", "genre", "text", "part")


def lay(home: Home, tone: Tone, rows: Mapping[str, Mapping[str, Any]], absent: tuple[str, ...] = ()) -> Path:
    """Write the raw files; rows by id say genre, artist, licence, text, part, and hz and seconds of the tone."""
    files = home.raw("tones") / "files"
    files.mkdir(parents=True, exist_ok=True)
    with (files / "about.csv").open("w", newline="") as file:
        table = csv.DictWriter(file, COLUMNS, extrasaction="ignore", restval="")
        table.writeheader()
        for number, (id_, row) in enumerate(rows.items()):
            path = f"audio/{row.get('genre', 'low')}/{id_}.wav"
            table.writerow({"id": id_, "path": path, **row})
            if id_ not in absent and not (files / path).exists():
                tone(files / path, row.get("seconds", 0.5), 8000, 1, row.get("hz", 200.0 + 10 * number))
    return files


def card(folder: Path, more: str = "", **replaced: str) -> Card:
    """The card, with `more` YAML at its end and some words replaced."""
    text = CARD
    for old, new in replaced.items():
        assert old in text
        text = text.replace(old, new)
    folder.mkdir(exist_ok=True)
    (folder / "tones.yaml").write_text(text + more)
    return loader.load(folder / "tones.yaml")


def take(
    of: Card, home: Home, *, rate: int | None = None, failures: Mapping[str, str] | None = None, **request: Any
) -> Ingested:
    """Ingest in one process; `failures` as a fetch would report them, `request` are fields of Request."""
    fetched = Fetched(dataset=of.name, mirrors={}, files=0, bytes=0, failures=dict(failures or {}), notes=())
    return ingest(
        of,
        home,
        request=FetchRequest(**request, executor=LocalProcesses(1)),
        audio_format=AudioFormat(rate),
        fetched=fetched,
    )
