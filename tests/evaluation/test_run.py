"""A run's folder: what is read from it, and what is wrong with damaged ones."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from answered import read_lines
from asking import sample

from mudata.errors import EvaluationError
from mudata.evaluation.run import Run
from mudata.evaluation.run_records import AnswerRecord
from mudata.evaluation.run_settings import RunSettings
from mudata.jsonl import numbered

if TYPE_CHECKING:
    from mudata.home import Home

ITEMS = [sample(f"d/{i}", "x", artist="Ann") for i in range(2)]


def record(clip: str, answer: str | None) -> AnswerRecord:
    return AnswerRecord(
        key="k", item_id=clip, answer=answer, error=None if answer else "e: f", seconds=0.1, heard_s=1.0, batch=1
    )


def settings(**more: Any) -> RunSettings:
    plain: dict[str, Any] = {"run": "r", "model": "m", "split": "s", "task": "genre", "kind": "classify", "clips": 2}
    return RunSettings(**plain | {"created_at": "2024-01-01T00:00:00+00:00", "tasks": ()} | more)


def begun(home: Home) -> Run:
    run = Run(home.runs / "r")
    run.begin(settings(), ITEMS, {"d/1": "Which?"})
    return run


def test_questions_have_groups_and_a_prompt_only_where_it_is_another(home: Home) -> None:
    first, second = begun(home).questions()
    assert (first.artist, first.references, first.prompt, second.prompt) == ("Ann", ("x",), None, "Which?")
    lines = read_lines(home.runs / "r" / "questions.jsonl")
    keys = ["clip_id", "dataset", "pcm_sha256", "gold", "artist", "album", "track", "aspects"]
    assert [list(line) for line in lines] == [keys, [*keys, "prompt"]]


def test_the_last_record_of_a_clip_counts_and_a_torn_one_does_not(home: Home) -> None:
    run = begun(home)
    run.append([record("d/0", None), record("d/1", "a")])
    run.append([record("d/0", "b")])
    with (run.folder / "answers.jsonl").open("ab") as file:
        file.write(b'{"key": "k", "clip_id": "d/1", "ans')
    assert {clip: one.answer for clip, one in run.answers().items()} == {"d/0": "b", "d/1": "a"}
    begun(home)
    assert len(read_lines(run.folder / "answers.jsonl")) == 3


def test_answers_can_be_written_anew(home: Home) -> None:
    run = begun(home)
    run.append([record("d/0", "b")])
    run.replace([record("d/1", "c")])
    assert list(run.answers()) == ["d/1"]


def test_fields_of_other_versions_are_passed_over_and_new_ones_have_defaults(home: Home) -> None:
    run = begun(home)
    old = {"key": "k", "clip_id": "d/0", "answer": "a", "error": None, "seconds": 1, "heard_s": 1, "batch": 1}
    (run.folder / "answers.jsonl").write_text(json.dumps(old | {"of_tomorrow": 1}) + "\n")
    assert run.answers()["d/0"].answer == "a"


@pytest.mark.parametrize(
    ("data", "what"),
    [
        (b'{"a": 1}\n{oops}\n', r"x\.jsonl cannot be read: line 2 is no JSON: Expecting property name"),
        (b'{"a": 1}\n7\n', r"line 2 is no JSON object"),
        (b'{"a": 1}\n{"b": 1}\n', r"line 2 lacks a"),
        (b'{"a": 1}\n\n', r"line 2 is no JSON"),
    ],
)
def test_a_damaged_line_is_told_with_file_and_line(tmp_path: Path, data: bytes, what: str) -> None:
    (tmp_path / "x.jsonl").write_bytes(data)
    with pytest.raises(EvaluationError, match=f"{what}(.|\n)*Remove that line"):
        list(numbered(tmp_path / "x.jsonl", {"a"}))


@pytest.mark.parametrize(
    ("name", "change", "what"),
    [
        ("questions", {"gold": None}, "line 1: gold: a list is expected, not None"),
        ("questions", {"gold": "x"}, "line 1: gold: a list is expected, not 'x'"),
        ("questions", {"gold": [1]}, r"line 1: gold\.0: a text is expected, not 1"),
        ("questions", {"aspects": None}, "line 1: aspects: a list is expected, not None"),
        ("answers", {"answer": 5}, "line 1: answer: a text is expected, not 5"),
        ("answers", {"error": ["x"]}, r"line 1: error: a text is expected, not \['x'\]"),
        ("answers", {"seconds": float("nan")}, "line 1: seconds: a finite number is expected, not nan"),
        ("answers", {"batch": [1]}, r"line 1: batch: a whole number is expected, not \[1\]"),
        ("answers", {"clip_id": None}, "line 1: clip_id: a text is expected, not None"),
        ("answers", {"notes": [1]}, r"line 1: notes: an object is expected, not \[1\]"),
    ],
)
def test_a_value_of_another_type_is_told_with_file_and_line(
    home: Home, name: str, change: dict[str, Any], what: str
) -> None:
    run = begun(home)
    run.append([record("d/0", "a")])
    path = run.folder / f"{name}.jsonl"
    path.write_text("".join(json.dumps(line | change) + "\n" for line in read_lines(path)))
    with pytest.raises(EvaluationError, match=rf"{name}\.jsonl cannot be read: {what}(.|\n)*Remove that line"):
        getattr(run, name)()


def test_labels_that_make_no_sense_are_told_with_their_file(tmp_path: Path) -> None:
    task = {"dataset": "d", "name": "genre", "kind": "classify", "noun": "genre", "namespace": "genre"}
    task |= {"prompt_id": "p", "prompt_template": "?", "card_sha256": "", "labels": {"zz": 3}}
    (tmp_path / "run.json").write_text(json.dumps(settings().record() | {"tasks": [task]}))
    with pytest.raises(EvaluationError, match=r"(?s)run\.json cannot be read: .*zz"):
        _ = Run(tmp_path).tasks


def test_only_what_is_appended_may_be_absent_or_torn(tmp_path: Path) -> None:
    path = tmp_path / "x.jsonl"
    assert list(numbered(path, appended=True)) == []
    with pytest.raises(EvaluationError, match="No such file"):
        list(numbered(path))
    path.write_bytes(b'{"a": 1}\n{"a"')
    assert list(numbered(path, {"a"}, appended=True)) == [(1, {"a": 1})]
    with pytest.raises(EvaluationError, match="line 2 is no JSON"):
        list(numbered(path))


def test_options_that_are_no_labels_are_told(tmp_path: Path) -> None:
    task = {"dataset": "d", "name": "genre", "kind": "classify", "noun": "genre", "namespace": "genre"}
    task |= {"prompt_id": "p", "prompt_template": "?", "card_sha256": "", "options": ["low", "odd"]}
    task["labels"] = {"part": "genre", "vocabulary": [{"id": "low"}, {"id": "high"}]}
    (tmp_path / "run.json").write_text(json.dumps(settings().record() | {"tasks": [task]}))
    with pytest.raises(EvaluationError, match=r"run\.json cannot be read: options of d: 'odd' is none of its labels"):
        _ = Run(tmp_path).tasks


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("[1]", "it is no JSON object but a list"),
        ("{}", "it has no n"),
        ("[" * 100_000, "line 1 is no JSON: .*nested more than 100 deep"),
        ('{"n": ' + "9" * 5000 + "}", "line 1 is no JSON: a number of 5,000 digits"),
        ('{"n": NaN}', "n: a whole number is expected|n: a finite number is expected"),
    ],
)
def test_scores_that_are_none_are_told_with_what_to_do(tmp_path: Path, text: str, what: str) -> None:
    (tmp_path / "scores.json").write_text(text)
    with pytest.raises(
        EvaluationError, match=rf"(?s)scores\.json cannot be read: ({what}).*\nScore the run again: mudata"
    ):
        _ = Run(tmp_path).scores
