"""Files of answers as accidents leave them, 3,000 of them: read, or refused with what is wrong; never a traceback."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from damage import damaged

from mudata.errors import MudataError
from mudata.evaluation.answer_import import formats
from mudata.evaluation.answer_import.import_request import ImportRequest
from mudata.evaluation.answer_import.importer import import_answers
from mudata.evaluation.run import Run

if TYPE_CHECKING:
    from small_corpus import Corpus

    from mudata.home import Home

ROWS: dict[str, list[dict[str, object]]] = {
    "cmi-bench": [
        {"question": "Which genre?", "response": "low", "correct_answer": "low", "audioid": f"a/{i}.wav", "other": [1]}
        for i in range(3)
    ],
    "lmms-eval": [
        {"doc_id": i, "target": ["low", "high"], "filtered_resps": ["low"], "resps": [["low", "mid"]], "input": "?",
         "doc": {"id": i, "audio": {"path": f"{i}.wav"}}, "score": {"question_id": f"q{i}", "score": 1.0}}
        for i in range(3)
    ],
    "jsonl": [
        {"clip_id": f"{i}", "answer": "low", "error": None, "reference": "low", "prompt": "Which?"} for i in range(3)
    ],
}  # fmt: skip
ANSWERS = [
    {"key": "k", "clip_id": f"d/{i}", "answer": "a", "error": None, "seconds": 0.5, "heard_s": 30, "batch": 1,
     "heard_clip": None, "given": None, "notes": {"finish_reason": "stop"}}
    for i in range(3)
]  # fmt: skip


def in_lines(rows: list[dict[str, object]]) -> bytes:
    return "".join(json.dumps(row) + "\n" for row in rows).encode()


@pytest.mark.slow
def test_files_of_other_programs_are_read_or_refused(tmp_path: Path, home: Home, corpus: Corpus) -> None:
    corpus.publish()
    chance, path = random.Random(20261130), tmp_path / "a.jsonl"
    refused, imported = [], 0
    for number in range(2400):
        program = chance.choice(list(ROWS))
        as_lines = chance.random() < 0.6
        raw = in_lines(ROWS[program]) if as_lines else json.dumps(ROWS[program], indent=1).encode()
        path.write_bytes(damaged(raw, chance, lines=as_lines))
        try:
            found = formats.read(path, program)
            assert all(isinstance(one.answer, str) != (one.error is not None) for one in found)
            if number % 40 == 0:
                import_answers(
                    home,
                    ImportRequest(
                        file=path, format=program, model=f"m{number}", dataset="tones", task="genre", references="file"
                    ),
                )
                imported += 1
        except MudataError as error:
            refused.append(str(error))
    assert 500 < len(refused) < 2000
    assert all(line.isprintable() for text in refused for line in text.splitlines())
    assert imported > 10
    assert {run.parent.name for run in home.runs.glob("*/run.json")} == {
        run.parent.name for run in home.runs.glob("*/scores.json")
    }
    assert not (home.root / "importing").exists()


@pytest.mark.slow
def test_answers_of_a_run_are_read_or_refused(home: Home) -> None:
    chance, run = random.Random(20261201), Run(home.make(home.runs / "r"))
    path, refused = run.folder / "answers.jsonl", []
    for _ in range(600):
        path.write_bytes(damaged(in_lines(ANSWERS), chance, lines=True))
        try:
            run.answers()
        except MudataError as error:
            refused.append(str(error))
    assert 100 < len(refused) < 600
    assert [text for text in refused if not text.startswith(str(path))] == []
