"""A dataset of eight scores, four of each genre, with its card."""

from __future__ import annotations

from pathlib import Path

import mido

CARD = """
name: dances
title: Eight dances
summary: Scores that tests read.
tags: [genre]
format: mid
duration: {min: 1, max: 60}
audio: "no"
audio_note: Only scores are published.
licence: {text: CC0 1.0 Universal, spdx: CC0-1.0, usage: unrestricted, redistributable: true}
citation: {text: Nobody., bibtex: "@misc{nobody}"}
homepage: https://example.org/dances
availability: open
sources: {all: {what: scores, mirrors: [{kind: local, how: Made by the tests.}]}}
clips: [{kind: midi, files: "**/{genre}/{stem}.mid"}]
labels:
  genre: {part: genre, vocabulary: [jig, reel]}
tasks:
  genre: {kind: classify, namespace: genre, noun: dance}
expected: {clips: {all: 8}}
"""


def score(path: Path, first: int, step: int) -> None:
    """Four bars of a scale."""
    track = mido.MidiTrack([mido.MetaMessage("time_signature", numerator=4, denominator=4)])
    for note in range(16):
        pitch = first + step * (note % 8)
        track += [mido.Message("note_on", note=pitch), mido.Message("note_off", note=pitch, time=240)]
    path.parent.mkdir(parents=True, exist_ok=True)
    mido.MidiFile(tracks=[track]).save(path)


def lay(folder: Path) -> Path:
    """Write the card into `cards`; the folder of raw files."""
    (folder / "cards").mkdir(exist_ok=True)
    (folder / "cards" / "dances.yaml").write_text(CARD)
    for number in range(8):
        genre = ("jig", "reel")[number % 2]
        score(folder / "raw" / genre / f"{genre}{number}.mid", 55 + number, 2 if genre == "jig" else 1)
    return folder / "raw"
