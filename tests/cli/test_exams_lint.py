"""`mudata exams lint`, typed: of an item file, of the index, and of what is neither."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
import yaml
from shell import typed

import mudata
from mudata.errors import CardError, ReadError, UnknownName

CARD = """
name: tiny_exam
title: Tiny exam
summary: Four questions.
tags: [exam]
format: wav
duration: {min: 0.1, max: 10}
licence: {text: CC0, spdx: CC0-1.0, usage: unrestricted, redistributable: true}
citation: {text: Nobody, bibtex: "@misc{nobody}"}
homepage: https://example.org
availability: do-it-yourself
subsets: {music: {title: music}, all: {title: all}}
default_subset: all
sources:
  items: {what: the items, mirrors: [{kind: local, how: Write them.}]}
exam:
  version: "1"
  files:
    questions: {path: "**/tiny-items.json", format: json, columns: [id, question, choices, answer, audio, about]}
  items:
    - file: questions
      task: choose
      id: id
      question: question
      options: {list: choices}
      answer: {text: answer}
      clips: [{path: "**/{audio}"}]
      category: about
      subset: {music: "about = 'music'", all: "true"}
tasks:
  choose: {kind: choose, noun: answer}
"""
ITEMS = [
    {"id": "1", "question": "Which?", "choices": ["a b", "b a"], "answer": "a b", "audio": "x.wav", "about": "music"},
    {"id": "2", "question": "Which one?", "choices": ["zz", "zz"], "answer": "zz", "audio": "x.wav", "about": "music"},
    {"id": "3", "question": "Loud?", "choices": ["Yes", "No"], "answer": "Maybe", "audio": "y.wav", "about": "sound"},
    {
        "id": "4",
        "question": "Is it long?",
        "choices": ["long", "x", "y"],
        "answer": "long",
        "audio": "z.wav",
        "about": "sound",
    },
]


@pytest.fixture
def exam(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The card, known by its name, and its item file."""
    cards = tmp_path / "cards"
    (cards / "exams").mkdir(parents=True)
    (cards / "exams" / "tiny_exam.yaml").write_text(CARD)
    monkeypatch.setenv("MUDATA_CARDS", str(cards))
    file = tmp_path / "tiny-items.json"
    file.write_text(json.dumps(ITEMS))
    return file


def counts(exam: str | Path, **more: Any) -> dict[str, dict[str, str]]:
    table = mudata.lint_exam(exam, **more)
    return {row["finding"]: {k: v for k, v in row.items() if k not in ("level", "finding")} for row in table}


def test_an_item_file_is_known_by_its_name_and_needs_no_audio(exam: Path) -> None:
    found = counts(exam)
    assert found["items"] == {"all": "4", "music": "2"}
    assert found["items that share a clip"] == {"all": "2", "music": "2"}
    assert found["an option stands there twice"] == {"all": "1 (1)", "music": "1 (1)"}
    assert found["two options have the same words, in whatever order"] == {"all": "2 (2)", "music": "2 (2)"}
    assert found["the right answer is none of the options"] == {"all": "1", "music": "0"}
    assert found["the question contains the right option"] == {"all": "1", "music": "0"}
    assert found["places of the right option"] == {"all": "A3", "music": "A2"}
    assert found["always the longest"] == {"all": "50.0 %", "music": "50.0 %"}


def test_columns_by_category(exam: Path) -> None:
    assert counts(exam, by="category")["items"] == {"all": "4", "music": "2", "sound": "2"}


def test_typed_it_is_a_table_and_an_exit_code(exam: Path) -> None:
    shown = typed("exams", "lint", exam)
    assert shown.code == 1
    assert "Tiny exam" in shown.out
    assert "an option stands there twice" in shown.out
    said = json.loads(typed("exams", "lint", exam, "--json").out)
    assert said["groups"]["all"]["n"] == 4
    assert {fault["name"] for fault in said["groups"]["all"]["faults"]} >= {"no_gold", "doubled_option"}


def test_nothing_wrong_is_exit_code_0(exam: Path) -> None:
    exam.write_text(json.dumps(ITEMS[3:]))
    assert typed("exams", "lint", exam).code == 0


def test_a_file_of_another_name_wants_its_exam(exam: Path) -> None:
    other = exam.rename(exam.with_name("downloaded (1).json"))
    with pytest.raises(CardError, match="item file of no exam that has a card"):
        mudata.lint_exam(other)
    assert counts(other, card="tiny_exam")["items"]["all"] == "4"
    with pytest.raises(CardError, match=r"downloaded.csv is no item file of tiny_exam"):
        mudata.lint_exam(other.rename(other.with_name("downloaded.csv")), card="tiny_exam")


def test_the_edition_is_told_where_the_card_names_its_file(exam: Path) -> None:
    import hashlib

    path = exam.parent / "cards" / "exams" / "tiny_exam.yaml"
    card = yaml.safe_load(path.read_text())
    file = {"path": "tiny-items.json", "url": "https://example.org/tiny-items.json"}
    mirror = {"kind": "http", "files": [file | {"sha256": hashlib.sha256(exam.read_bytes()).hexdigest()}]}
    card["sources"]["items"]["mirrors"] = [mirror]
    path.write_text(yaml.safe_dump(card))
    assert "the file that the card names" in (mudata.lint_exam(exam).lint.edition or "")
    exam.write_text(json.dumps(ITEMS[:3]))
    assert "another one than the card's 1" in (mudata.lint_exam(exam).lint.edition or "")


def test_rows_that_are_no_items_are_told(exam: Path) -> None:
    exam.write_text(
        json.dumps([*ITEMS[3:], {"id": "5", "question": "?", "choices": ["a"], "answer": "a", "audio": "q.wav"}])
    )
    table = mudata.lint_exam(exam)
    assert table.wrong
    assert any("1 item left out, such as 5" in row["finding"] for row in table)


def test_what_is_no_exam(exam: Path, home: Any) -> None:
    with pytest.raises(UnknownName, match="nowhere"):
        mudata.lint_exam("nowhere")
    with pytest.raises(CardError, match="tiny_exam has not been fetched"):
        mudata.lint_exam("tiny_exam")
    with pytest.raises(CardError, match="gtzan has no items of its own"):
        mudata.lint_exam("gtzan")
    exam.write_text("[]")
    with pytest.raises(ReadError, match="not one item"):
        mudata.lint_exam(exam)


def test_the_index_gives_the_same_as_the_file(exam: Path, home: Any) -> None:
    for name in "xyz":
        soundfile.write(exam.with_name(f"{name}.wav"), np.sin(np.arange(8000) / 9), 16000)
    mudata.fetch("tiny_exam", source=exam.parent, accept_licence=True)
    assert counts("tiny_exam") == counts(exam)
