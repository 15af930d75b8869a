"""A small exam in the index of a home, and a split of it: no sound, answers are imported."""

from __future__ import annotations

import json
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
summary: Questions with options about pieces.
tags: [exam]
format: wav
duration: {min: 10, max: 60}
licence: {text: CC0, usage: unrestricted, redistributable: true}
citation: {text: Nobody, bibtex: "@misc{quiz}"}
homepage: https://example.org
availability: do-it-yourself
sources:
  audio: {what: pieces, mirrors: [{kind: local, how: Play them.}]}
exam:
  version: "3"
  files: {questions: {path: items.json, format: json}}
  items:
    - file: questions
      task: what
      id: id
      question: question
      options: {list: options}
      answer: {text: answer}
      clips: [{path: "{audio}"}]
  faults:
    - {ids: [q03], kind: wrong-answer, note: it is the harp, source: a listener}
"""
OPTIONS = ("a lute", "a harp", "an oboe", "a horn")
DOUBLED = ("a lute", "a harp", "a lute", "a horn")


def task(**said: Any) -> dict[str, Any]:
    return {"kind": "choose", "noun": "instrument"} | said


def quiz(
    home: Home, cards: Path, patch: pytest.MonkeyPatch, tasks: dict[str, Any], exam: str = "", items: Any = None
) -> None:
    """12 clips of 6 pieces, each asked by the task `what`: right are lute, harp, oboe, horn in turn, categories are
    'timbre' and, of every second one, 'pitch'. q05 has its right option twice, the right one of q06 is none of the
    options. `tasks` by name, as a card has them; `exam` is more of its section; `items` further rows."""
    cards.mkdir(exist_ok=True)
    (cards / "quiz.yaml").write_text(f"{CARD}{exam}tasks: {json.dumps({'what': task()} | tasks)}\n")
    patch.setenv("MUDATA_CARDS", str(cards))
    clips = [f"{i:02}" for i in range(12)]
    rows = []
    for i, clip in enumerate(clips):
        gold = ("a lute", "a harp", "an oboe", "a horn")[i % 4]
        options = list(OPTIONS)
        if i == 5:
            options, gold = list(DOUBLED), "a lute"
        if i == 6:
            gold = "a kazoo"
        categories = ["timbre", "pitch"] if i % 2 else ["timbre"]
        rows.append(
            {
                "id": f"q{clip}",
                "task": "what",
                "kind": "choose",
                "clips": [clip],
                "question": f"What plays in {clip}?",
                "options": options,
                "truth": gold,
                "category": "timbre",
                "categories": categories,
                "difficulty": ("easy", "hard")[i % 2],
                "published": True,
                "cluster": f"piece {i // 2}",
            }
        )
    shelve(home, "quiz", clips=[{"id": clip, "duration_s": 30.0} for clip in clips], items=[*rows, *(items or ())])
    manifest.save(home, draw.make(home, SplitRequest(name="quiz", datasets=("quiz",), parts={"test": 1.0})))
