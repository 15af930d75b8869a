"""A small exam about tones: five options each, of which the right one is often B and often the longest, and questions
that sometimes name it. Clips are made here, and fetched as anybody's exam is."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import soundfile
import yaml

import mudata

if TYPE_CHECKING:
    import pytest

RATE, SECONDS = 8000, 0.3
HERTZ = {"hum": 110.0, "drone": 260.0, "tone": 620.0, "whistle": 1400.0, "squeak": 3100.0}
LONG = ", drawn out"
"""What the longest option ends with."""
CARD = {
    "name": "tonequiz",
    "title": "Tone quiz",
    "summary": "Which of five tones is it?",
    "tags": ["exam"],
    "format": "wav",
    "duration": {"min": 0.1, "max": 2},
    "licence": {"text": "CC0", "usage": "unrestricted", "redistributable": True},
    "citation": {"text": "Nobody", "bibtex": "@misc{nobody}"},
    "homepage": "https://example.org",
    "availability": "do-it-yourself",
    "sources": {"all": {"what": "tones", "mirrors": [{"kind": "local", "how": "Made by the tests."}]}},
    "clips": [],
    "tasks": {"which": {"kind": "choose", "noun": "sound", "order": "stored", "rule": "mmau_tokens"}},
    "exam": {
        "version": "1",
        "files": {"questions": {"path": "**/items.json", "format": "json"}},
        "items": [
            {
                "file": "questions",
                "task": "which",
                "id": "id",
                "question": "question",
                "options": {"list": "options"},
                "answer": {"text": "answer"},
                "clips": [{"path": "**/{audio}"}],
                "category": "category",
                "difficulty": "difficulty",
            }
        ],
    },
}


def tone_quiz(
    folder: Path, cards: Path, monkeypatch: pytest.MonkeyPatch, *, n: int = 80, name: str = "tonequiz"
) -> None:
    """Make `n` items and fetch them. The right option is B in two of five items, else anywhere; the longest in every
    second one; named by the question in three of four. The last two items are about one clip."""
    rng, files = np.random.default_rng(5), folder / "published"
    files.mkdir(parents=True)
    items = []
    for i in range(n):
        sound = list(HERTZ)[i % 5]
        others = [other for other in HERTZ if other != sound]
        rng.shuffle(others)
        place = 1 if i % 5 < 2 else int(rng.integers(5))
        shown = [*others[:place], sound, *others[place:]]
        longest = sound if i % 2 else others[0]
        options = [f"{one} number {i:02}{LONG if one == longest else ''}" for one in shown]
        hint = f"Is it like a {sound}?" if i % 4 else "Listen well."
        audio = f"{min(i, n - 2):03}.wav"
        wave = 0.3 * np.sin(
            2 * np.pi * (HERTZ[list(HERTZ)[min(i, n - 2) % 5]] + i) * np.arange(round(RATE * SECONDS)) / RATE
        )
        if not (files / audio).exists():
            soundfile.write(files / audio, wave, RATE)
        items.append(
            {
                "id": f"q{i:03}",
                "question": f"What sounds in number {i:02}? {hint}",
                "options": options,
                "answer": options[place],
                "audio": audio,
                "category": ["low", "high"][i % 5 > 1],
                "difficulty": "hard" if i % 10 < 4 else "easy",
            }
        )
    (files / "items.json").write_text(json.dumps(items))
    (cards / "exams").mkdir(parents=True, exist_ok=True)
    (cards / "exams" / f"{name}.yaml").write_text(yaml.safe_dump(CARD | {"name": name}, sort_keys=False))
    monkeypatch.setenv("MUDATA_CARDS", str(cards))
    mudata.fetch(name, source=files, progress=False)
