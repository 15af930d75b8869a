"""Runs without a model: answers written down in the test, imported as any user may."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mudata.evaluation.answer_import.import_request import ImportRequest
from mudata.evaluation.answer_import.importer import import_answers
from mudata.narration import Progress

if TYPE_CHECKING:
    from mudata.evaluation.run import Run
    from mudata.home import Home


class Notes(Progress):
    """Keeps what was said."""

    def __init__(self) -> None:
        self.said: list[str] = []

    def say(self, text: str) -> None:
        self.said.append(text)

    @property
    def text(self) -> str:
        return "\n".join(self.said)


def lines(path: Path, rows: list[dict[str, Any]]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def answered(
    home: Home, folder: Path, answers: Mapping[str, str | None], notes: Progress | None = None, **more: Any
) -> Run:
    """A run of these answers by clip id; None is a failure. By default of the split `half` and its task genre."""
    rows = [{"clip_id": c, **({"answer": a} if a is not None else {"error": "crash: x"})} for c, a in answers.items()]
    file = lines(folder / "answers-given.jsonl", rows)
    asked = {"split": "half", "task": "genre", "model": "them"} | more
    return import_answers(home, ImportRequest(file=file, format="jsonl", **asked), notes or Notes())


def read_lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_bytes().splitlines()]


def metric(run: Run, name: str) -> float:
    return next(float(m["value"]) for m in run.scores["metrics"] if m["metric"] == name)


IDS = [f"tones/{i:02}" for i in range(6, 12)]
"""The clips of the test part of `Corpus.halves`; right are low, mid, high in turn."""
GOLD = ["low", "mid", "high"] * 2
