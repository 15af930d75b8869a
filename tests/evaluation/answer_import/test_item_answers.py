"""Answers to items that were made elsewhere: joined by the items' ids, or by their clip where they are about one."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from answered import Notes, lines, metric
from small_corpus import AskedOf, Corpus

from mudata.errors import EvaluationError
from mudata.evaluation.answer_import.import_request import ImportRequest
from mudata.evaluation.answer_import.importer import import_answers
from mudata.evaluation.inference.runner import EvalRequest, evaluate

if TYPE_CHECKING:
    from mudata.evaluation.run import Run
    from mudata.home import Home

PAIRS = tuple(
    AskedOf(f"pair{n}", "higher", clips, truth)
    for n, (clips, truth) in enumerate([((6, 8), "second"), ((7, 6), "first"), ((9, 11), "second"), ((5, 6), "first")])
)
NAMES = tuple(
    AskedOf(f"name{i}", "name", (i,), "bob", "choose", "Who?", ("alice", "bob", "carol")) for i in range(6, 12)
)
TUNES = tuple(AskedOf("", "tune", (i,), ("C major", "A minor", "F# minor")[i % 3], "key") for i in range(12))


@pytest.fixture
def corpus(home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Corpus:
    (tmp_path / "cards").mkdir()
    corpus = Corpus(home, tmp_path / "cards", monkeypatch)
    corpus.halves(items=(*PAIRS, *NAMES, *TUNES))
    return corpus


def brought(home: Home, folder: Path, rows: list[dict[str, Any]], notes: Notes | None = None, **more: Any) -> Run:
    file = lines(folder / "given.jsonl", rows)
    asked = {"split": "half", "task": "higher", "model": "them", "format": "jsonl"} | more
    return import_answers(home, ImportRequest(file=file, **asked), notes or Notes())


def said(run: Run) -> dict[str, str | None]:
    return {item_id: record.answer for item_id, record in run.answers().items()}


def test_items_are_joined_by_their_ids(corpus: Corpus, home: Home, tmp_path: Path) -> None:
    rows = [{"item_id": "tones/pair0", "answer": "The second."}, {"item_id": "pair1", "answer": "second"}]
    rows += [{"item_id": "tones/pair3", "answer": "first"}, {"item_id": "tones/06", "answer": "first"}]
    notes = Notes()
    run = brought(home, tmp_path, rows, notes)
    assert said(run) == {"tones/pair0": "The second.", "tones/pair1": "second", "tones/pair2": None}
    assert metric(run, "accuracy") == pytest.approx(1 / 3)
    assert "2 answers joined to 3 items." in notes.said
    assert "line 3" not in notes.text
    assert "3: tones/pair3 is not asked" in notes.text  # clip 5 is to be learned from
    assert "4: no clip is named 'tones/06'" in notes.text
    assert "1 item has clips outside of the part: left out." in notes.said
    assert "1 items have no answer in the file and count as wrong: tones/pair2." in notes.said
    questions = run.questions()
    assert questions[0].clip_ids == ("tones/06", "tones/08")
    assert questions[0].options == ("first", "second")


def test_an_item_about_one_clip_is_joined_by_the_clip_as_well(corpus: Corpus, home: Home, tmp_path: Path) -> None:
    rows = [{"clip_id": "06", "answer": "bob"}, {"clip_id": "audio/07.flac", "answer": "(2)"}]
    rows += [{"item_id": "name8", "clip_id": "09", "answer": "(1)"}]
    run = brought(home, tmp_path, rows, task="name")
    answers = said(run)
    assert (answers["tones/name6"], answers["tones/name7"], answers["tones/name8"]) == ("bob", "(2)", "(1)")
    assert answers["tones/name9"] is None
    assert {question.options for question in run.questions()} == {("alice", "bob", "carol")}  # as written: nobody drew
    assert metric(run, "accuracy") == pytest.approx(2 / 6)


def test_the_answers_of_a_run_are_the_same_when_they_are_brought_back(
    corpus: Corpus, home: Home, tmp_path: Path
) -> None:
    run = evaluate(home, EvalRequest(model="random", split="half", task="higher"))
    rows = [json.loads(line) for line in (run.folder / "answers.jsonl").read_text().splitlines()]
    assert {"item_id"} <= rows[0].keys()
    again = brought(home, tmp_path, rows)
    assert said(again) == said(run)
    assert metric(again, "accuracy") == metric(run, "accuracy")


def test_without_a_split_the_items_of_the_file_are_asked_and_no_others_of_their_clips(
    corpus: Corpus, home: Home, tmp_path: Path
) -> None:
    rows = [{"item_id": "pair0", "answer": "second"}, {"item_id": "pair2", "answer": "first"}]
    rows += [{"item_id": "pair3", "answer": "first"}]
    run = brought(home, tmp_path, rows, split=None, dataset="tones")
    assert sorted(said(run)) == ["tones/pair0", "tones/pair2", "tones/pair3"]  # pair1 has clips 6 and 7 alone
    assert metric(run, "accuracy") == pytest.approx(2 / 3)
    with pytest.raises(EvaluationError, match="None of the 1 answers"):
        brought(home, tmp_path, [{"item_id": "pair9", "answer": "first"}], split=None, dataset="tones")


def test_values_of_the_file_stand_in_for_the_index_and_are_compared_with_it(
    corpus: Corpus, home: Home, tmp_path: Path
) -> None:
    rows = [{"clip_id": f"{i:02}", "answer": "F# minor", "reference": "Gb minor"} for i in (6, 8)]
    notes = Notes()
    run = brought(home, tmp_path, rows, notes, task="tune")
    assert (run.settings.imported and run.settings.imported.references_differ) == 1  # clip 6 is in C major
    assert metric(run, "accuracy") == pytest.approx(1 / 6)
    alone = brought(home, tmp_path, rows, split=None, dataset="tones", task="tune", references="file")
    assert {question.references for question in alone.questions()} == {("F# minor",)}
    assert metric(alone, "accuracy") == 1.0


@pytest.mark.parametrize(
    ("more", "right"),
    [
        ({}, 0.0),  # with numbers, as far as anybody says
        ({"letters": True}, 1.0),
        ({"prompt_text": "Who plays?\n(A) one of the options (B) another one (C) the third"}, 1.0),
        ({"prompt_text": "Who plays? A. this, B. that"}, 1.0),
        ({"prompt_text": "Who plays? (1) this (2) that"}, 0.0),
        ({"prompt_text": "Vitamin A: who plays (b) now?"}, 0.0),
    ],
)
def test_a_letter_is_an_answer_where_options_had_letters(
    corpus: Corpus, home: Home, tmp_path: Path, more: dict[str, Any], right: float
) -> None:
    rows = [{"item_id": f"name{i}", "answer": "B"} for i in range(6, 12)]
    run = brought(home, tmp_path, rows, task="name", **more)
    assert metric(run, "accuracy") == right
    assert run.settings.tasks[0].letters == bool(right)


def test_letters_are_part_of_what_a_run_is(corpus: Corpus, home: Home, tmp_path: Path) -> None:
    rows = [{"item_id": "name6", "answer": "B"}]
    assert brought(home, tmp_path, rows, task="name").id != brought(home, tmp_path, rows, task="name", letters=True).id
