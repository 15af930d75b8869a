"""The words of an exam's authors around its questions."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from little_card import little_card

from mudata.errors import EvaluationError, UnknownName
from mudata.evaluation.kinds.kind_card import kind_card
from mudata.evaluation.tasks.task import Task, bind

LETTERS = {"id": "authors", "template": "Guess.\n{question} {options}\nLetter:", "option": "({letter}) {option}"}
LINES = {"id": "lines", "template": "{question}\nSelect one:\n{options}", "option": "{option}", "join": "\n"}
NUMBERS = {"id": "numbers", "template": "{question} {options}", "option": "{number}. {option}", "join": "; "}
OPTIONS = ("a lute", "{noun}", "a lute", "an oboe")
QUESTION = "Which {options} is it?"


def task(prompt: str | None = None, **said: Any) -> Task:
    known = {"kind": "choose", "noun": "thing", "prompts": [LETTERS, LINES, NUMBERS]} | said
    return bind(little_card(items={"select": "SELECT 1"}, tasks={"what": known}), "what", prompt)


LETTERED = "Guess.\nWhich {options} is it? (A) a lute, (B) {noun}, (C) a lute, (D) an oboe\nLetter:"


@pytest.mark.parametrize(
    ("prompt", "words", "letters", "numbered"),
    [
        (None, LETTERED, True, False),
        ("authors", LETTERED, True, False),
        ("lines", "Which {options} is it?\nSelect one:\na lute\n{noun}\na lute\nan oboe", False, False),
        ("numbers", "Which {options} is it? 1. a lute; 2. {noun}; 3. a lute; 4. an oboe", False, True),
    ],
)
def test_options_are_shown_as_the_authors_show_them_and_questions_are_asked_to_the_letter(
    prompt: str | None, words: str, letters: bool, numbered: bool
) -> None:
    question = task(prompt).question_of(QUESTION, OPTIONS)
    assert (question.prompt, question.options) == (words, OPTIONS)
    assert (question.letters, question.numbered) == (letters, numbered)
    shown = task(prompt).asked(words, OPTIONS).shown
    assert (shown.letters, shown.numbered) == (letters, numbered)


def test_marks_are_letters_up_to_z() -> None:
    options = tuple(f"sound {i}" for i in range(26))
    assert "".join(task().question_of("Which?", options).marks) == "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    assert "(Z) sound 25" in task().question_of("Which?", options).prompt


@pytest.mark.parametrize("prompt", ["mudata", "choose-1"])
def test_the_words_of_the_kind_can_be_had_by_name(prompt: str) -> None:
    asked = task(prompt)
    question = asked.question_of("What is it?", OPTIONS)
    assert question.prompt == kind_card("choose").prompts[0].write("What is it?", "thing", OPTIONS)
    assert (asked.prompt.id, question.numbered, question.letters) == ("choose-1", True, False)


def test_other_names_are_told_with_those_that_there_are() -> None:
    with pytest.raises(UnknownName, match="Did you mean 'authors'"):
        task("author")
    with pytest.raises(EvaluationError, match="It has: authors, lines, numbers, choose-1"):
        task("pair-1")


def test_words_of_ones_own_show_options_as_the_kind_does(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("{question} {options}!")
    question = task(str(tmp_path / "mine.txt")).question_of("What?", ("a", "b"))
    assert (question.prompt, question.letters) == ("What? (1) a, (2) b!", False)


def test_words_without_options_are_warned_of() -> None:
    asked = task(prompts=[{"id": "bare", "template": "{question}"}])
    assert any("it has no {options}" in text for text in asked.warnings)
    assert task().warnings == []


def test_an_open_question_is_asked_in_the_words_of_the_authors() -> None:
    words = {"id": "authors", "template": "Q: {question}\nA:"}
    asked = task(kind="open", rule="mmau_tokens", prompts=[words])
    assert asked.question_of("What is heard?", ()).prompt == "Q: What is heard?\nA:"
    plain = task("mudata", kind="open", rule="mmau_tokens", prompts=[words])
    assert plain.question_of(None, ()).prompt.startswith("Listen to the music. What is the thing of this music?")
