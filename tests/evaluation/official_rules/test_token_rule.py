"""MMAU's rule of word sets: verdicts worked out by hand from its definition, on made-up items of its shape."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mudata.evaluation.official_rules.official_rule import JudgedItem
from mudata.evaluation.official_rules.token_rule import MMAU_TOKENS, tokens_agree

KEYS = ("A major", "D minor", "F# major", "D major")
INSTRUMENTS = ("The violin", "A cello", "Two flutes", "the Harp")
MOVES = ("A to B", "B to A", "C to D")


@pytest.mark.parametrize(
    ("options", "gold", "answer", "right"),
    [
        (KEYS, "D minor", "D minor", True),
        (KEYS, "D minor", "d MINOR.", True),
        (KEYS, "D minor", "minor, D", True),
        (KEYS, "D minor", "It is not D minor", True),
        (KEYS, "D minor", "D minor D minor", True),
        (KEYS, "D minor", "B", False),
        (KEYS, "D minor", "(B)", False),
        (KEYS, "D minor", "B. D minor", True),
        (KEYS, "D minor", "(A) D minor", False),
        (KEYS, "D minor", "a D minor chord", False),
        (KEYS, "D minor", "D minor, not D major", False),
        (KEYS, "D minor", "minor", False),
        (KEYS, "D minor", "Dminor", False),
        (KEYS, "D minor", "", False),
        (KEYS, "D minor", " .,! ", False),
        (KEYS, "D minor", " ".join(KEYS), False),
        (KEYS, "F# major", "F major", True),
        (KEYS, "F# major", "F♯ major", True),
        (KEYS, "F# major", "Fis major", False),
        (INSTRUMENTS, "A cello", "A cello", True),
        (INSTRUMENTS, "A cello", "cello", False),
        (INSTRUMENTS, "A cello", "It is the sound of a cello", False),
        (INSTRUMENTS, "the Harp", "The harp", True),
        (INSTRUMENTS, "the Harp", "The answer is the harp", True),
        (INSTRUMENTS, "the Harp", "I hear a harp", False),
        (INSTRUMENTS, "Two flutes", "two_flutes", False),
        (INSTRUMENTS, "Two flutes", "Two-flutes", True),
        (MOVES, "A to B", "B to A", True),
        (MOVES, "A to B", "A to B", True),
        (MOVES, "C to D", "C to B", False),
        (("Sí", "No"), "Sí", "sí", True),
        (("3/4", "4/4", "6/8"), "3/4", "4/3", True),
        (("3/4", "4/4", "6/8"), "4/4", "4", True),
        (("yes", "yes", "no"), "yes", "yes", True),
        (("", "rock", "jazz"), "rock", "rock", True),
    ],
)
def test_words_of_the_right_option_and_none_of_the_others(
    options: tuple[str, ...], gold: str, answer: str, right: bool
) -> None:
    verdict = MMAU_TOKENS.judge(answer, JudgedItem(options=options, gold=gold))
    assert (verdict.credit, verdict.low, verdict.high) == (float(right),) * 3
    assert verdict.chosen == (gold if right else None)
    assert tokens_agree(answer, gold, options) is right


def test_the_words_that_decided_are_told() -> None:
    item = JudgedItem(options=KEYS, gold="D minor")
    assert MMAU_TOKENS.judge("minor", item).evidence == "lacks d"
    assert MMAU_TOKENS.judge("a D minor, F", item).evidence == "has a, f of other options"
    assert MMAU_TOKENS.judge(None, item).evidence == "no answer: dropped from n"
    assert MMAU_TOKENS.judge(None, item).credit is None


_TEXTS = st.text(st.characters(categories=("L", "N", "P", "Zs")), max_size=12)
_ITEMS = st.lists(_TEXTS, min_size=1, max_size=6)


@given(_ITEMS, st.integers(0, 5), _TEXTS)
def test_gold_is_right_and_silence_is_not(options: list[str], place: int, answer: str) -> None:
    gold = options[place % len(options)]
    item = JudgedItem(options=tuple(options), gold=gold)
    if any(sign.isalnum() for sign in gold.lower()):
        assert MMAU_TOKENS.judge(gold, item).credit == 1
    assert MMAU_TOKENS.judge("", item).credit == 0
    same = JudgedItem(options=tuple(reversed(options)), gold=gold)
    assert MMAU_TOKENS.judge(answer, item) == MMAU_TOKENS.judge(answer, same)
    assert MMAU_TOKENS.judge(answer, item).credit == MMAU_TOKENS.judge(answer.lower(), item).credit
