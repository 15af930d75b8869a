"""Letters as MuChoMusic, RUListening and evalscope look for them: verdicts by hand from the rules' definitions."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mudata.evaluation.official_rules.letter_rules import ANSWER_LINE, MUCHO_CHARS, RUL_BRACKETS, mucho_choice
from mudata.evaluation.official_rules.official_rule import LETTERS, JudgedItem, OfficialRule

GENRES = ("rock", "Bossa Nova", "jazz", "blues")
METRES = ("3/4", "2/8", "12/8", "6/8")


def chosen(rule: OfficialRule, answer: str, options: tuple[str, ...]) -> str | None:
    """The option chosen, after a look that credit follows from it."""
    verdicts = {gold: rule.judge(answer, JudgedItem(options=options, gold=gold)) for gold in options}
    assert len({verdict.chosen for verdict in verdicts.values()}) == 1
    for gold, verdict in verdicts.items():
        assert verdict.credit == verdict.low == verdict.high == float(verdict.chosen == gold)
    return verdicts[options[0]].chosen


@pytest.mark.parametrize(
    ("answer", "place"),
    [
        ("A", 0),
        ("D", 3),
        ("(C) jazz", 2),
        ("C. jazz", 2),
        ("The answer is C.", 2),
        ("The correct answer is: B", 1),
        ("A? No. The correct answer is: B", 1),
        ("The correct answer is: A The correct answer is: C", 2),
        ("Answer: B", None),
        ("Answer: A", 0),
        ("Based on the audio, the answer is B", 1),
        ("Based on the audio, the answer is D", None),
        ("As an AI, I cannot listen.", 0),
        ("Blues", 1),
        ("blues", 3),
        ("Bossa Nova", 1),
        ("bossa nova", 1),
        ("rock or jazz", 0),
        ("jazz or rock", 0),
        ("ROCK", 2),
        ("Jazz", 2),
        ("Classical", 2),
        ("A or B", None),
        ("A or B, or rock", 0),
        ("A A A", 0),
        ("E", None),
        ("b", None),
        ("", None),
        ("something else", None),
        ("(A) rock (B) Bossa Nova (C) jazz (D) blues", 0),
        ("mp3", None),
        ("rocket", 0),
    ],
)
def test_muchomusic_takes_the_only_letter_among_the_characters(answer: str, place: int | None) -> None:
    assert chosen(MUCHO_CHARS, answer, GENRES) == (None if place is None else GENRES[place])
    assert mucho_choice(answer, GENRES) == (None if place is None else GENRES[place])


def test_muchomusic_credits_an_option_within_another_and_letters_of_no_option() -> None:
    assert chosen(MUCHO_CHARS, "it is 12/8", METRES) == "2/8"
    assert chosen(MUCHO_CHARS, "D major", ("slow", "fast")) is None  # D, where only A and B were shown
    assert chosen(MUCHO_CHARS, "anything", ("", "fast")) == ""


@pytest.mark.parametrize(
    ("answer", "place"),
    [
        ("[[B]]", 1),
        ("[[A]] no, [[C]]", 2),
        ("the format is [[Letter]]; [[D]]", 3),
        ("[[b]]", None),
        ("[[E]]", None),
        ("[[E]] rock", None),
        ("[B]", None),
        ("[[A]] The answer is B", 0),
        ("The answer is B", 1),
        ("the ANSWER IS b.", 1),
        ("The answer is a mellow organ", 0),
        ("The answer is A. No: the answer is C.", 2),
        ("I choose D", 3),
        ("I chose D because", 3),
        ("I guess C", 2),
        ("my guess is C", 2),
        ("select B or C", 1),
        ("The answer is Bossa Nova", 1),
        ("The answer is E", None),
        ("The answer is:B", None),
        ("option C", 2),
        ("Option B and option A", 0),
        ("(D) or (C)", 2),
        ("(A) rock (B) Bossa Nova (C) jazz (D) blues", 0),
        ("(E)", None),
        ("OPTION C", None),
        ("B", None),
        ("Blues and jazz", 2),
        ("Some BOSSA NOVA", 1),
        ("rocket", 0),
        ("", None),
        ("Error: out of memory", None),
        ("Error: (B) failed", 1),
    ],
)
def test_rulistening_takes_brackets_phrases_letters_texts_in_this_order(answer: str, place: int | None) -> None:
    assert chosen(RUL_BRACKETS, answer, GENRES) == (None if place is None else GENRES[place])


def test_rulistening_passes_over_empty_options() -> None:
    assert chosen(RUL_BRACKETS, "some jazz", ("", "jazz")) == "jazz"


@pytest.mark.parametrize(
    ("answer", "place"),
    [
        ("ANSWER: B", 1),
        ("answer: b", 1),
        ("Answer : D", 3),
        ("**ANSWER: C**", 2),
        ("ANSWER: **C**", 2),
        ("ANSWER: (A)", 0),
        ("ANSWER: [B].", 1),
        ("I think so.\nANSWER: D", 3),
        ("ANSWER: A\nANSWER: C", 2),
        ("ANSWER: A\nANSWER: jazz", 0),
        ("ANSWER: A ANSWER: B", 1),
        ("The answer: B", 1),
        ("ANSWER: B. Bossa Nova", None),
        ("ANSWER: jazz", None),
        ("ANSWER: B or C", None),
        ("ANSWER: E", None),
        ("ANSWER B", None),
        ("B", 1),
        ("b.", 1),
        (" (C) ", 2),
        ("**D**", 3),
        ("B) Bossa Nova", None),
        ("jazz", None),
        ("The answer is B", None),
        ("", None),
        ("ANSWER:", None),
        ("AB", None),
        ("ANSWER: A\n\nI am sure.", 0),
    ],
)
def test_evalscope_takes_the_last_line_of_an_answer(answer: str, place: int | None) -> None:
    assert chosen(ANSWER_LINE, answer, GENRES) == (None if place is None else GENRES[place])


def test_evalscope_knows_one_letter_of_doubled_options() -> None:
    item = JudgedItem(options=("yes", "Yes", "no"), gold="yes")
    assert ANSWER_LINE.judge("ANSWER: A", item).credit == 1
    assert ANSWER_LINE.judge("ANSWER: B", item).credit == 0


@given(st.lists(st.text(min_size=1, max_size=8), min_size=4, max_size=4, unique=True), st.integers(0, 3))
def test_a_letter_alone_is_its_option(options: list[str], place: int) -> None:
    item = JudgedItem(options=tuple(options), gold=options[place])
    letter = LETTERS[place]
    assert MUCHO_CHARS.judge(letter, item).credit == 1
    assert RUL_BRACKETS.judge(f"[[{letter}]]", item).credit == 1
    assert RUL_BRACKETS.judge(f"({letter})", item).credit == 1


@given(st.text(max_size=40))
def test_only_options_are_chosen_and_silence_chooses_none(answer: str) -> None:
    for rule in (MUCHO_CHARS, RUL_BRACKETS, ANSWER_LINE):
        verdict = rule.judge(answer, JudgedItem(options=GENRES, gold="jazz"))
        assert verdict.chosen in (None, *GENRES)
        assert verdict.credit == (verdict.chosen == "jazz")
        assert rule.judge("", JudgedItem(options=GENRES, gold="jazz")).chosen is None


def test_a_truth_that_no_option_is_makes_every_letter_wrong() -> None:
    verdict = ANSWER_LINE.judge("ANSWER: A", JudgedItem(options=("slow", "fast"), gold="brisk"))
    assert (verdict.credit, verdict.chosen) == (0, "slow")
