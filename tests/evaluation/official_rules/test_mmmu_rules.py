"""lmms-eval's letters: what it finds, and what it would draw, by hand from its definition."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mudata.evaluation.official_rules.mmmu_rules import MMMU_LETTERS, MMMU_LETTERS_MMAR, letter_odds
from mudata.evaluation.official_rules.official_rule import JudgedItem

GENRES = ("rock", "reggae", "jazz", "blues")
DRAWN = None


@pytest.mark.parametrize(
    ("answer", "place"),
    [
        ("A", 0),
        ("B.", 1),
        (" C ", 2),
        ("(B)", 1),
        ("(B) reggae", 1),
        ("(A) or (B)", 0),  # neither stands between blanks: the first
        ("(A) or (B), I say B now", 1),
        ("B reggae", 1),
        ("It is B or C here", 2),
        ("C or B here", 1),
        ("So C.", 2),
        ("Answer:D. Blues", 3),
        ("A jazz song", 0),
        ("A. rock", 0),
        ("USA. Yes", 0),
        ("The answer is D!", 3),
        ("'B'", 1),
        ("B,", 1),
        ("B:", 1),
        ("B) reggae", DRAWN),
        ("B: reggae", DRAWN),
        ("**B**", DRAWN),
        ("b", DRAWN),
        ("reggae", DRAWN),
        ("", DRAWN),
        ("E", DRAWN),
        ("(E) folk", DRAWN),
        ("AB", DRAWN),
        ("I cannot listen.", DRAWN),
    ],
)
def test_letters_in_brackets_alone_or_before_a_full_stop(answer: str, place: int | None) -> None:
    for i, gold in enumerate(GENRES):
        verdict = MMMU_LETTERS.judge(answer, JudgedItem(options=GENRES, gold=gold))
        if place is DRAWN:
            assert (verdict.credit, verdict.low, verdict.high, verdict.chosen) == (0.25, 0, 1, None)
        else:
            assert (verdict.credit, verdict.low, verdict.high) == (float(i == place),) * 3
            assert verdict.chosen == GENRES[place]


@pytest.mark.parametrize(
    ("answer", "place"),
    [
        ("A", 0),
        ("(C)", 2),
        ("(A) or (C)", 2),
        ("(C) or (A)", 0),
        ("(A) no, (B) then A ", 1),  # brackets count first, and their last
        ("B reggae", 1),
        ("MIDA is B", 1),
        ("MIDA is good", 0),
        ("it's C or B here", 1),
        ("B.", 1),
        ("So it is D.", 3),
        ("A jazz song", 0),
        ("USA. Yes", 0),
        ("this is certainly a piece of jazz", 2),
        ("first I thought of rock, but it is blues", 3),
        ("blues it was not, it may be rock", 0),
        ("Reggae, as far as one can tell here", 1),
        ("jazz", DRAWN),
        ("it is jazz I think", DRAWN),
        ("it is jazz I do think", 2),
        ("b", DRAWN),
        ("**B**", DRAWN),
        ("B) reggae", DRAWN),
        ("", DRAWN),
        ("E", DRAWN),
        ("nothing of the kind is to be heard", DRAWN),
    ],
)
def test_the_form_for_mmar_looks_for_texts_in_long_answers(answer: str, place: int | None) -> None:
    for i, gold in enumerate(GENRES):
        verdict = MMMU_LETTERS_MMAR.judge(answer, JudgedItem(options=GENRES, gold=gold))
        if place is DRAWN:
            assert (verdict.credit, verdict.low, verdict.high, verdict.chosen) == (0.25, 0, 1, None)
        else:
            assert (verdict.credit, verdict.chosen) == (float(i == place), GENRES[place])


def test_a_draw_among_other_numbers_of_options() -> None:
    five = ("p", "q", "r", "s", "t")
    assert [MMMU_LETTERS.judge("", JudgedItem(options=five, gold=gold)).credit for gold in five] == [0.25] * 4 + [0]
    assert MMMU_LETTERS.judge("", JudgedItem(options=five, gold="t")).high == 0  # the fifth is never drawn
    assert MMMU_LETTERS_MMAR.judge("", JudgedItem(options=five, gold="t")).credit == 0.2
    doubled = JudgedItem(options=("Yes", "yes", "no", "maybe"), gold="yes")
    assert MMMU_LETTERS.judge("", doubled).credit == 0.5  # it compares texts in lower case
    assert MMMU_LETTERS.judge("A", doubled).credit == 1
    assert MMMU_LETTERS.judge("", JudgedItem(options=("yes", "no"), gold="no")).credit == 0.5
    assert MMMU_LETTERS.judge(None, doubled).credit == 0


def test_an_empty_option_is_in_every_long_answer() -> None:
    item = JudgedItem(options=("rock", "", "jazz"), gold="")
    assert MMMU_LETTERS_MMAR.judge("this is a piece of jazz, surely", item).credit == 1


@given(st.text(max_size=30), st.integers(1, 7))
def test_the_chances_of_all_options_add_up(answer: str, k: int) -> None:
    options = tuple(f"option {i}" for i in range(k))
    for rule in (MMMU_LETTERS, MMMU_LETTERS_MMAR):
        worth = [rule.judge(answer, JudgedItem(options=options, gold=gold)).credit or 0.0 for gold in options]
        assert sum(worth) == pytest.approx(1)
    assert sum(letter_odds(answer, options).values()) == pytest.approx(1)
