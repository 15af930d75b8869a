"""An exam goes the whole way that datasets go: fetched, indexed, verified, counted; its items are as many whatever of
its audio is here."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

import mudata

if TYPE_CHECKING:
    import pytest

CARD: dict[str, Any] = {
    "name": "quiz", "title": "Quiz", "summary": "three questions", "tags": ["exam"], "format": "wav",
    "duration": {"min": 0.1, "max": 60},
    "licence": {"text": "CC0", "spdx": "CC0-1.0", "usage": "unrestricted", "redistributable": True},
    "citation": {"text": "Nobody", "bibtex": "@misc{nobody}"}, "homepage": "https://example.org",
    "availability": "do-it-yourself",
    "sources": {"all": {"what": "items and audio", "mirrors": [{"kind": "local", "how": "Make them."}]}},
    "exam": {
        "version": "1",
        "files": {"questions": {"path": "quiz.jsonl", "format": "jsonl"}},
        "items": [
            {
                "file": "questions", "task": "heard", "where": "audio IS NOT NULL", "id": "id", "question": "question",
                "options": {"list": "options"}, "answer": {"text": "answer"}, "clips": [{"path": "**/{audio}"}],
                "licence": "licence",
            },
            {
                "file": "questions", "task": "read", "where": "audio IS NULL", "id": "id", "question": "question",
                "options": {"list": "options"}, "answer": {"text": "answer"},
            },
        ],
    },
    "tasks": {"heard": {"kind": "choose", "noun": "answer"}, "read": {"kind": "choose", "noun": "answer"}},
}  # fmt: skip
ROWS = [
    {"id": 1, "question": "Which?", "options": ["high", "low", "low"], "answer": "low", "audio": "a.wav"},
    {"id": 2, "question": "Which?", "options": ["high", "low"], "answer": "high", "audio": "b.wav",
     "licence": "CC BY-NC 4.0"},
    {"id": 3, "question": "X:1\nK:C", "options": ["major", "minor"], "answer": "major"},
]  # fmt: skip


def test_an_exam_is_fetched_indexed_verified_and_counted(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    tone,  # type: ignore[no-untyped-def]
) -> None:
    (tmp_path / "cards" / "exams").mkdir(parents=True)
    (tmp_path / "cards" / "exams" / "quiz.yaml").write_text(yaml.safe_dump(CARD))
    monkeypatch.setenv("MUDATA_CARDS", str(tmp_path / "cards"))
    tone(tmp_path / "own" / "audio" / "a.wav", hz=200)
    (tmp_path / "own" / "quiz.jsonl").write_text("\n".join(map(json.dumps, ROWS)))

    got = mudata.fetch("quiz", source=tmp_path / "own")
    assert (got.usable, got.missing) == (2, (("b", "absent: the file is not there"),))
    assert {issue.kind for issue in got.issues} == {"exam-item"}
    rows = mudata.sql(
        "SELECT item_id, task, clips, options, truth, licence, published FROM items ORDER BY item_id"
    ).fetchall()
    assert rows == [
        ("quiz/1", "heard", ["quiz/a"], ["high", "low", "low"], "low", None, True),
        ("quiz/2", "heard", ["quiz/b"], ["high", "low"], "high", "CC BY-NC 4.0", True),
        ("quiz/3", "read", ["quiz/read/3"], ["major", "minor"], "major", None, True),
    ]
    clips = mudata.sql("SELECT clip_id, kind, status, licence, usage, path IS NULL FROM clips ORDER BY 1").fetchall()
    assert clips == [
        ("quiz/a", "audio", "ok", "CC0-1.0", "unrestricted", False),
        ("quiz/b", "audio", "missing", "CC BY-NC 4.0", "noncommercial", True),
        ("quiz/read/3", "text", "ok", "CC0-1.0", "unrestricted", True),
    ]
    found = [(f.check, f.severity) for f in mudata.verify("quiz")]
    assert sorted(set(found)) == [("exam-item", "note"), ("item-clips", "warning"), ("not-had", "warning")]
    assert [(row["task"], row["items"]) for row in mudata.stats("quiz")["items"]] == [("heard", 2), ("read", 1)]

    tone(tmp_path / "own" / "audio" / "b.wav", hz=300)
    assert mudata.fetch("quiz", source=tmp_path / "own").usable == 3
    assert [f.check for f in mudata.verify("quiz", deep=True)] == ["exam-item"]
    assert mudata.fetch("quiz", source=tmp_path / "own").unchanged
