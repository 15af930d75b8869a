"""Options as exams publish them: doubled, empty, alike but for case, more than ten, with letters of their own."""

from __future__ import annotations

from string import ascii_uppercase

import pytest

from mudata.evaluation.align.alignment import Shown
from mudata.evaluation.kinds.choose_kind import ChooseKind
from mudata.evaluation.kinds.question_kind import AskedItem
from mudata.evaluation.readers.choice import read_choice

DOUBLED = ("jazz", "rock", "jazz", "folk")
CASES = ("Tom-Tom", "Tom-tom", "snare")
EMPTY = ("piano", "", "drums", "oboe")
_WORDS = ("blue", "red", "tall", "wide", "cold", "dark", "thin", "soft", "loud", "dry", "old", "new", "raw")
MANY = tuple(f"the {word} one" for word in _WORDS)


@pytest.mark.parametrize(
    ("options", "answer", "status", "label"),
    [
        (DOUBLED, "A", "ALIGNED", "jazz"),
        (DOUBLED, "C", "ALIGNED", "jazz"),
        (DOUBLED, "jazz", "ALIGNED", "jazz"),
        (DOUBLED, "(C) jazz", "ALIGNED", "jazz"),
        (DOUBLED, "(A) jazz", "ALIGNED", "jazz"),
        (DOUBLED, "The answer is (C) jazz.", "ALIGNED", "jazz"),
        (DOUBLED, "(B) jazz", "CONFLICT", None),
        (DOUBLED, "either A or C", "ALIGNED", "jazz"),
        (DOUBLED, "either A or B", "MULTI", None),
        (DOUBLED, "(A) jazz, (B) rock, (C) jazz, (D) folk", "ECHO_ALL", None),
        (CASES, "Tom-tom", "ALIGNED", "Tom-tom"),
        (CASES, "Tom-Tom", "ALIGNED", "Tom-Tom"),
        (CASES, "It is a Tom-tom.", "ALIGNED", "Tom-tom"),
        (CASES, "tom tom", "MULTI", None),
        (CASES, "(B) tom tom", "ALIGNED", "Tom-tom"),
        (CASES, "(A) tom-tom", "ALIGNED", "Tom-Tom"),
        (CASES, "(C) tom tom", "CONFLICT", None),
        (CASES, "B", "ALIGNED", "Tom-tom"),
        (EMPTY, "B", "ALIGNED", ""),
        (EMPTY, "", "EMPTY", None),
        (EMPTY, "the oboe", "ALIGNED", "oboe"),
        (EMPTY, "There is nothing to hear.", "UNPARSED", None),
        (("A major", "B minor", "C major"), "A", "ALIGNED", "A major"),
        (("A major", "B minor", "A major"), "A major", "ALIGNED", "A major"),
        (("A major", "B minor", "A major"), "C", "ALIGNED", "A major"),
        (("the drums", "Drum", "flute"), "Drum", "ALIGNED", "Drum"),
        (("the drums", "Drum", "flute"), "the drums", "ALIGNED", "the drums"),
        (MANY, "M", "ALIGNED", "the raw one"),
        (MANY, "(K) the old one", "ALIGNED", "the old one"),
        (MANY, "The answer is L.", "ALIGNED", "the new one"),
        (MANY, "N", "UNPARSED", None),
    ],
)
def test_a_choice_among_published_options(
    options: tuple[str, ...], answer: str, status: str, label: str | None
) -> None:
    read = read_choice(answer, Shown("Which is it?", options, letters=True))
    assert (read.status, read.label) == (status, label)


def test_letters_mean_nothing_where_none_were_shown() -> None:
    read = read_choice("B", Shown("Which is it?", DOUBLED))
    assert read.label is None


@pytest.mark.parametrize("k", [2, 7, 12, 26])
def test_every_letter_of_up_to_26_options_is_read(k: int) -> None:
    options = tuple(f"sound of number {chr(ord('a') + i) * 2}" for i in range(k))
    for letter, option in zip(ascii_uppercase, options, strict=False):
        for answer in (letter, f"({letter})", f"{letter}. {option}", f"The answer is {letter}.", f"Answer: {letter}"):
            assert read_choice(answer, Shown("Which?", options, letters=True)).label == option, answer


def test_what_published_options_are_worth() -> None:
    kind = ChooseKind()
    doubled = AskedItem(shown=Shown("", DOUBLED, letters=True), published=True)
    assert kind.guess("jazz", doubled) == {"accuracy": 0.5}
    assert kind.score("jazz", "jazz", doubled) == kind.score("(3)", "jazz", doubled) == {"accuracy": 1.0}
    lost = AskedItem(shown=Shown("", ("folk", "rock")), published=True)
    assert kind.truth("jazz", lost) == "jazz"
    assert kind.score("jazz", "jazz", lost) == kind.guess("jazz", lost) == {"accuracy": 0.0}
    with pytest.raises(ValueError, match="'jazz' is none of the options"):
        kind.truth("jazz", AskedItem(shown=lost.shown))


STORIES = (
    "A horn plays on its own",
    "The horn and the harp play on",
    "170 BPM, calm and low",
    "The horn is not on its own",
)


@pytest.mark.parametrize("option", STORIES)
@pytest.mark.parametrize("said", ["{}", "{}.", "The answer is {}", "I listened twice.\n{}"])
def test_an_option_on_a_line_of_its_own_is_no_prompt_read_back(option: str, said: str) -> None:
    question = "What do the horn and the harp do here?"
    shown = Shown(question + "\nSelect one option from the provided choices:\n" + "\n".join(STORIES), STORIES)
    read = read_choice(said.format(option), shown)
    assert (read.status, read.labels) == ("ALIGNED", (option,))
    assert read_choice(question, shown).status == "ECHO_PROMPT"
    assert read_choice(shown.prompt, shown).status == "ECHO_ALL"
