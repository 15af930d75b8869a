"""BASS's numbers, strings and single choices: verdicts by hand from the rules' definitions."""

from __future__ import annotations

import pytest

from mudata.errors import EvaluationError
from mudata.evaluation.official_rules.number_rules import ALPHA_EQUAL, CONTAINS_GOLD, LAST_NUMBER
from mudata.evaluation.official_rules.official_rule import JudgedItem

NEAR = {"tolerance": 3}
WHOLE = {"truncate": True}
SIGNED = {"truncate": True, "signed": True}
TRAITS = ("drums", "Lead Vocals", "drums and bass", "mood")


@pytest.mark.parametrize(
    ("gold", "settings", "answer", "right"),
    [
        ("3", {}, "3", True),
        ("3", {}, "three", True),
        ("3", {}, "THREE", True),
        ("3", {}, "three artists", False),
        ("3", {}, " three", False),
        ("10", {}, "ten", False),
        ("0", {}, "zero", True),
        ("3", {}, "There are 3 artists.", True),
        ("3", {}, "2 of 3", True),
        ("2", {}, "2 of 3", False),
        ("3", {}, "3.0", True),
        ("3", {}, "3.9", False),
        ("3", WHOLE, "3.9", True),
        ("3", WHOLE, "4", False),
        ("3", {}, "", False),
        ("3", {}, "none", False),
        ("60", NEAR, "63", True),
        ("60", NEAR, "57.0 seconds", True),
        ("60", NEAR, "63.1", False),
        ("65", NEAR, "1:05", False),
        ("5", NEAR, "1:05", True),
        ("60.5", NEAR, "58", True),
        ("60", NEAR, "9" * 400, False),
        ("3", WHOLE, "9" * 400, False),
        ("3", {}, "-3", True),
        ("3", SIGNED, "-3", False),
        ("2", SIGNED, "recording 2", True),
        ("2", SIGNED, "[2]", True),
        ("2", SIGNED, "1-2", False),
    ],
)
def test_the_last_number(gold: str, settings: dict[str, object], answer: str, right: bool) -> None:
    assert LAST_NUMBER.judge(answer, JudgedItem(gold=gold, settings=settings)).credit == right


def test_truths_and_tolerances_that_are_none() -> None:
    with pytest.raises(EvaluationError, match="'several' is no number"):
        LAST_NUMBER.judge("3", JudgedItem(gold="several"))
    with pytest.raises(EvaluationError, match="tolerance of -1"):
        LAST_NUMBER.judge("3", JudgedItem(gold="3", settings={"tolerance": -1}))


@pytest.mark.parametrize(
    ("gold", "answer", "right"),
    [
        ("rapping", "rapping", True),
        ("rapping", "Rapping.", True),
        ("rapping", "RAPPING", True),
        ("rapping", "  rapping\n", True),
        ("rapping", "**rapping**", True),
        ("rapping", "1. rapping", False),
        ("rapping", "1.rapping", True),
        ("rapping", "(rapping)", True),
        ("rapping", "rap", False),
        ("rapping", "it is rapping", False),
        ("rapping", "rapping rapping", False),
        ("rapping", "", False),
        ("call and response", "call-and-response", False),
        ("call-and-response", "callandresponse", True),
        ("call and response", "Call and Response!", True),
        ("call and response", "call  and response", False),
        ("no", "No", True),
        ("no", "No, it is not", False),
        ("no", "n0", False),
        ("no", "n.o.", True),
        ("verse 2", "verse 3", True),
        ("verse 2", "verse 2", True),
        ("verse 2", "verse", False),
        ("verse", "verse2", True),
        ("à deux", "À deux", True),
        ("à deux", "a deux", False),
        ("both", "both.", True),
    ],
)
def test_strings_of_letters_and_blanks(gold: str, answer: str, right: bool) -> None:
    assert ALPHA_EQUAL.judge(answer, JudgedItem(gold=gold)).credit == right


def test_a_string_names_the_option_it_is() -> None:
    item = JudgedItem(gold="solo", options=("Solo", "Duet"))
    assert ALPHA_EQUAL.judge("duet!", item).chosen == "Duet"
    assert ALPHA_EQUAL.judge("trio", item).chosen is None


@pytest.mark.parametrize(
    ("gold", "answer", "right"),
    [
        ("drums", "drums", True),
        ("drums", "Drums.", True),
        ("drums", "the drums are alike", True),
        ("drums", "not the drums", True),
        ("drums", "drums and bass", True),
        ("drums", "drums, Lead Vocals, drums and bass, mood", True),
        ("drums", "1", True),
        ("drums", "1.9", True),
        ("drums", "3", True),
        ("drums", "2", False),
        ("drums", "0", False),
        ("drums", "5", False),
        ("drums", "-1", False),
        ("drums", "True", True),
        ("drums", "None", False),
        ("drums", "1.", True),
        ("drums", "number 1", False),
        ("drums", "'drums'", True),
        ("drums", "['drums']", True),
        ("drums", "['Drums']", False),
        ("drums", '{"drums": 1}', True),
        ("drums", "```json['drums']```", True),
        ("drums", "", False),
        ("Lead Vocals", "lead vocals", True),
        ("Lead Vocals", "2", True),
        ("Lead Vocals", "vocals", False),
        ("mood", "__import__('os').getcwd() + 'mood'", True),
        ("mood", "1e999", False),
    ],
)
def test_a_text_that_contains_or_a_number_that_counts(gold: str, answer: str, right: bool) -> None:
    assert CONTAINS_GOLD.judge(answer, JudgedItem(options=TRAITS, gold=gold)).credit == right


def test_numbers_count_in_the_order_stored() -> None:
    item = JudgedItem(options=TRAITS[::-1], gold="drums", settings={"stored_options": TRAITS})
    assert CONTAINS_GOLD.judge("1", item).credit == 1
    assert CONTAINS_GOLD.judge("4", item).chosen == "mood"
