"""A dataset of twelve tones: a card, clips on disk, an index and splits, made without any download."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pyarrow as pa
import soundfile
from made_once import publish_once

from mudata.catalog.index import database
from mudata.catalog.splits import manifest
from mudata.catalog.tables import TABLES

if TYPE_CHECKING:
    import pytest

    from mudata.home import Home

CARD = """
name: {name}
title: Twelve tones
summary: Sines that tests listen to.
tags: [genre, mood, caption]
format: flac
duration: {{min: 0.5, max: 2}}
audio: "{audio}"
{note}
licence: {{text: CC0 1.0 Universal, spdx: CC0-1.0, usage: unrestricted, redistributable: true}}
citation: {{text: Nobody., bibtex: "@misc{{nobody}}"}}
homepage: https://example.org/{name}
availability: open
sources: {{all: {{what: tones, mirrors: [{{kind: local, how: Made by the tests.}}]}}}}
clips: [{{files: "{{stem}}.flac"}}]
labels:
  genre:
    select: SELECT id, genre AS label FROM t
    vocabulary: [low, {{id: mid, name: in-between, aliases: [middle]}}, high]
  mood:
    kind: multi
    select: SELECT id, mood AS label FROM t
    vocabulary: [calm, bright, dark]
  aspect:
    kind: multi
    open: true
    select: SELECT id, aspect AS label FROM t
captions:
  select: SELECT id, text FROM t
tasks:
  genre: {{kind: classify, namespace: genre, noun: genre}}
  mood: {{kind: tag, namespace: mood, noun: mood}}
  aspect: {{kind: tag, namespace: aspect, noun: aspect}}
  caption: {{kind: caption, noun: description}}
"""
ITEMS = 'items: {select: "SELECT id, task, clips, truth FROM i"}\n'
EXACT = """  higher: {kind: pair, noun: higher one}
  pitch: {kind: number, noun: pitch, scale: {unit: Hz, tolerance: 0.04, octaves: [2, 0.5], low: 20, high: 8000}}
  name: {kind: choose, noun: name}
  tune: {kind: key, noun: key}
  ascent: {kind: order, noun: order from low to high}
"""
"""Tasks of items; `publish(items=...)` adds them to the card."""
GENRES = ("low", "mid", "high")
HERTZ = {"low": 110.0, "mid": 660.0, "high": 3520.0}
MOODS = {"low": ("dark", "calm"), "mid": ("calm",), "high": ("bright",)}


class AskedOf(NamedTuple):
    """An item of the dataset, about clips by their numbers."""

    name: str
    task: str
    clips: tuple[int, ...]
    truth: str
    kind: str = "pair"
    question: str | None = None
    options: tuple[str, ...] = ()
    cluster: str | None = None

    def row(self, dataset: str) -> dict[str, object]:
        clips = [f"{dataset}/{clip:02}" for clip in self.clips]
        item_id = f"{dataset}/{self.name}" if self.name else clips[0]
        asked = {"item_id": item_id, "clips": clips, "options": list(self.options) or None, "dataset": dataset}
        return {**self._asdict(), **asked}


class Corpus:
    """Clips 00 to 11, of genres low, mid, high in turn. 00 to 05 train, 06 to 11 test."""

    def __init__(self, home: Home, cards: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.home, self.cards = home, cards
        monkeypatch.setenv("MUDATA_CARDS", str(cards))

    def publish(
        self,
        name: str = "tones",
        *,
        clips: int = 12,
        rate: int = 8000,
        absent: tuple[str, ...] = (),
        broken: tuple[str, ...] = (),
        unlabelled: tuple[str, ...] = (),
        aspects: tuple[str, ...] = (),
        kind: str = "audio",
        audio: str = "yes",
        note: str = "",
        items: tuple[AskedOf, ...] = (),
    ) -> dict[str, str]:
        """Make one dataset; returns the hash of the samples by clip id."""
        said = {"audio": audio, "note": f'audio_note: "{note}"' if note else ""}
        card = CARD.format(name=name, **said)
        if items:
            card = card.replace("tasks:\n", f"{ITEMS}tasks:\n") + EXACT
        (self.cards / f"{name}.yaml").write_text(card)
        asked = (name, clips, rate, absent, broken, unlabelled, aspects, kind, items)
        return dict(publish_once(self.home, name, ("corpus", *asked), lambda: self._made(*asked)))

    def _made(
        self,
        name: str,
        clips: int,
        rate: int,
        absent: tuple[str, ...],
        broken: tuple[str, ...],
        unlabelled: tuple[str, ...],
        aspects: tuple[str, ...],
        kind: str,
        items: tuple[AskedOf, ...],
    ) -> dict[str, str]:
        rows: dict[str, list[dict[str, object]]] = {table: [] for table in TABLES}
        hashes = {}
        for i in range(clips):
            clip_id, genre = f"{name}/{i:02}", GENRES[i % 3]
            path = self.home.clips(name, "native") / f"{i:02}.flac"
            path.parent.mkdir(parents=True, exist_ok=True)
            seconds = 0.5 + 0.1 * (i % 4)
            wave = 0.3 * np.sin(2 * np.pi * (HERTZ[genre] + 3 * i) * np.arange(round(rate * seconds)) / rate)
            soundfile.write(path, wave, rate)
            hashes[clip_id] = hashlib.sha256(wave.astype("<f4").tobytes()).hexdigest()
            if f"{i:02}" in broken:
                path.write_bytes(b"fLaC and then nothing")
            here = f"{i:02}" not in absent
            rows["clips"].append(
                {
                    "clip_id": clip_id,
                    "dataset": name,
                    "kind": kind,
                    "path": path.relative_to(self.home.root).as_posix() if here else None,
                    "source_path": path.name,
                    "pcm_sha256": hashes[clip_id] if here else None,
                    "start_s": 0.0,
                    "duration_s": seconds,
                    "sample_rate": rate if here else None,
                    "artist": f"artist {i // 2}",
                    "flavour": "native",
                    "licence": "CC0",
                    "usage": "unrestricted",
                    "status": "ok" if here else "missing",
                    "reason": None if here else "gone: the host has lost it",
                }
            )
            if f"{i:02}" in unlabelled:
                continue
            labels = [("genre", genre), *(("mood", mood) for mood in MOODS[genre])]
            rows["labels"] += [
                {"clip_id": clip_id, "dataset": name, "namespace": space, "label": label, "canonical": label}
                for space, label in labels
            ]
            rows["labels"] += [
                {"clip_id": clip_id, "dataset": name, "namespace": "aspect", "label": f"{aspect} {genre}"}
                for aspect in aspects
            ]
            text = f"A {genre} tone that sounds {' and '.join(MOODS[genre])}, number {i}."
            rows["captions"].append({"clip_id": clip_id, "dataset": name, "kind": "caption", "text": text})
        rows["items"] = [item.row(name) for item in items]
        dataset = {"dataset": name, "title": name, "tags": ["genre"], "usable": clips - len(absent)}
        rows["datasets"].append(dataset | {"card_sha256": "0" * 64})
        database.publish(self.home, name, {table: _table(table, said) for table, said in rows.items()})
        return hashes

    def split(self, name: str, parts: dict[str, dict[str, str]], stratify: tuple[str, ...] = ()) -> manifest.Manifest:
        """Write a manifest with these parts: hash by clip id."""
        members = {
            part: tuple(manifest.Member(clip_id, pcm) for clip_id, pcm in sorted(hashes.items()))
            for part, hashes in parts.items()
        }
        datasets = tuple(sorted({m.clip_id.partition("/")[0] for part in members.values() for m in part}))
        drawn = manifest.Manifest(
            name=name,
            datasets=datasets,
            query={},
            seed=0,
            stratify=stratify,
            group=(),
            parts=members,
            card_sha256={},
            index_sha256={},
        ).sealed()
        manifest.save(self.home, drawn)
        return drawn

    def halves(self, name: str = "half", dataset: str = "tones", **options: object) -> dict[str, str]:
        """Publish a dataset and split it into a train and a test part of equal size."""
        hashes = self.publish(dataset, **options)  # type: ignore[arg-type]
        ids = sorted(hashes)
        cut = len(ids) // 2
        parts = {"train": {i: hashes[i] for i in ids[:cut]}, "test": {i: hashes[i] for i in ids[cut:]}}
        self.split(name, parts)
        return hashes


_ARROW = {
    "VARCHAR": pa.string(),
    "VARCHAR[]": pa.list_(pa.string()),
    "DOUBLE": pa.float64(),
    "BIGINT": pa.int64(),
    "INTEGER": pa.int32(),
    "INTEGER[]": pa.list_(pa.int32()),
    "BOOLEAN": pa.bool_(),
    "TIMESTAMPTZ": pa.timestamp("us", "UTC"),
}


def _table(name: str, rows: list[dict[str, object]]) -> pa.Table:
    schema = pa.schema([(column.name, _ARROW[column.type]) for column in TABLES[name]])
    return pa.Table.from_pylist(rows, schema=schema)
