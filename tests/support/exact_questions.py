"""A small dataset with questions of exact truth in the index of a home, and a split of it: no sound, answers are
imported."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from shelf import shelve

from mudata.catalog.splits import draw, manifest
from mudata.catalog.splits.split_request import SplitRequest

if TYPE_CHECKING:
    import pytest

    from mudata.home import Home

CARD = """
name: quiz
title: Quiz
summary: Pieces in pairs of clips, with questions about them.
tags: [keys]
format: wav
duration: {min: 10, max: 60}
licence: {text: CC0, usage: unrestricted, redistributable: true}
citation: {text: Nobody, bibtex: "@misc{quiz}"}
homepage: https://example.org
availability: do-it-yourself
sources:
  audio: {what: pieces, mirrors: [{kind: local, how: Play them.}]}
clips:
  - {files: "{stem}.wav", id: "{stem}"}
items:
  select: SELECT id, task, clips, question, options, truth, category, cluster, difficulty FROM nowhere
tasks:
  tempo:
    kind: number
    noun: tempo
    scale:
      {unit: bpm, words: [beats per minute], tolerance: 0.04, octaves: [2, 0.5, 3, 0.3333], low: 20, high: 400}
  key: {kind: key, noun: key}
  brighter: {kind: pair, noun: brighter clip}
  sections: {kind: structure, asks: boundaries, noun: boundaries}
"""
CLIPS = [f"{i:02}" for i in range(24)]
KEYS = ("C major", "A minor", "F# minor", "Bb major")
TEMPI = ("60", "90", "120", "140")


def quiz(home: Home, cards: Path, patch: pytest.MonkeyPatch, name: str = "quiz") -> None:
    """24 clips of 12 pieces: each asked for its key and tempo (easy or hard) and its sections; 12 pairs, of both clips
    of a piece. All in the part `test` of the split of the dataset's name."""
    cards.mkdir(exist_ok=True)
    (cards / f"{name}.yaml").write_text(CARD.replace("name: quiz", f"name: {name}"))
    patch.setenv("MUDATA_CARDS", str(cards))
    items: list[dict[str, Any]] = []
    for i, clip in enumerate(CLIPS):
        shared = {"id": clip, "clips": [clip], "cluster": f"piece {i // 2}", "difficulty": ("easy", "hard")[i % 2]}
        items += [
            {**shared, "task": "key", "kind": "key", "truth": KEYS[i % 4], "category": "rock"},
            {**shared, "task": "tempo", "kind": "number", "truth": TEMPI[i % 4]},
            {**shared, "task": "sections", "kind": "structure", "truth": "10.000 20.000"},
        ]
        if i % 2:
            both = [CLIPS[i - 1], clip]
            pair = {"id": f"pair {i // 2}", "task": "brighter", "kind": "pair", "clips": both}
            items.append({**pair, "truth": ("first", "second")[i // 2 % 2], "cluster": f"piece {i // 2}"})
    shelve(home, name, clips=[{"id": clip, "duration_s": 30.0} for clip in CLIPS], items=items)
    manifest.save(home, draw.make(home, SplitRequest(name=name, datasets=(name,), parts={"test": 1.0})))
