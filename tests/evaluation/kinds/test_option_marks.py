"""Marks of options: numbers, unless an option could be taken for one; then letters, unless one could be taken for
these."""

from __future__ import annotations

import random

import pytest

from mudata.evaluation.align.alignment import Shown
from mudata.evaluation.kinds.kind_card import kind_card, kind_prompts
from mudata.evaluation.kinds.option_marks import Marks, option_marks
from mudata.evaluation.protocol import Question
from mudata.evaluation.readers.choice import read_choice


@pytest.mark.parametrize(
    ("options", "marks"),
    [
        (("flute", "oboe"), "numbers"),
        (("C", "G", "A minor"), "numbers"),
        (("3/4", "4/4", "6/8"), "numbers"),
        (("3:2", "2:1"), "numbers"),
        (("60 bpm", "120 bpm"), "numbers"),
        (("50 people", "70 people"), "numbers"),
        (("1980s", "1990s"), "numbers"),
        (("", "flute"), "numbers"),
        (("2", "3", "4", "1"), "letters"),
        (("7.94", "5.13"), "letters"),
        (("2,000", "a few"), "letters"),
        (("no change", "2 semitones up", "5 semitones down"), "letters"),
        (("Two voices", "One voice"), "letters"),
        (("the flute", "first violin"), "letters"),
        (("1st violin", "flute"), "letters"),
        (("The second one", "The first one", "neither"), "letters"),
        (("Clip 2", "Clip 1"), "letters"),
        (("A slow tune", "2 tunes"), "letters"),
        (("In two", "two"), "letters"),
        (("Bad", "Fade", "1"), "letters"),
        (("C", "1"), "none"),
        (("C#m7", "1"), "none"),
        (("Bb/D", "2"), "none"),
        (("A minor", "1"), "none"),
        (("A7", "two"), "none"),
        (("F. Hall", "2 Hall brothers"), "none"),
        (("d", "1"), "none"),
        (("B:maj", "1"), "none"),
        (("A. flute", "B. oboe"), "none"),
        (("(1) flute", "(2) oboe"), "none"),
    ],
)
def test_marks_that_options_go_with(options: tuple[str, ...], marks: Marks) -> None:
    assert option_marks(options) == marks


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("lute", "oud"), "Choose exactly one of these: (1) lute, (2) oud. Answer with the chosen option only."),
        (("2", "1"), "Choose exactly one of these: (A) 2, (B) 1. Answer with the chosen option only."),
        (("C", "1"), "Choose exactly one of these:\nC\n1\nAnswer with the chosen option only."),
    ],
)
def test_options_are_shown_with_their_marks(options: tuple[str, ...], words: str) -> None:
    prompt = kind_card("choose").prompt(options=True)
    assert prompt.write("What?", "thing", options) == f"Listen to the music. What? {words}"


def test_orders_are_told_by_numbers_whatever_their_options_are() -> None:
    assert kind_prompts()["order-options-1"].marks(("2", "1")) == "numbers"


POOL = (
    "lute", "a slow lute", "1", "2", "3", "3 lutes", "two", "one", "One voice", "12", "0.5", "C", "D", "A", "B", "Bb",
    "C#m7", "A minor", "A:7/1", "Dm, A, G7", "3/4", "2:1", "no", "No, it is slow.", "None of these", "Both of them",
    "loud, not slow",
    "in C", "B. Stone", "A waltz in 2", "the key of D", "2 to 3", "IV-V-I", "Is it slow?", "no 3",
)  # fmt: skip


def test_an_option_written_as_it_is_is_never_taken_for_a_mark() -> None:
    """Under the marks chosen for it: neither for another option, nor for none."""
    drawn = random.Random(5)
    for _ in range(1500):
        options = tuple(drawn.sample(POOL, drawn.choice((2, 3, 4))))
        marks = option_marks(options)
        shown = Shown("What is it?", options, letters=marks == "letters", numbered=marks == "numbers")
        for option in options:
            read = read_choice(option, shown)
            assert read.label == option, (option, options, marks, read)
        for place, label in enumerate(
            Question("choose", "What is it?", options, "", shown.letters, shown.numbered).marks
        ):
            assert read_choice(f"({label})", shown).label == options[place], (label, options, marks)
