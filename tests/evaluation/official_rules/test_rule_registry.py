"""Every rule can be found, says whose it is, and is never at a loss for a verdict."""

from __future__ import annotations

import re
import time
from typing import Any

import pytest

from mudata.errors import EvaluationError, UnknownName
from mudata.evaluation.official_rules.official_rule import JudgedItem
from mudata.evaluation.official_rules.rule_registry import RULES, find_rule


@pytest.mark.parametrize("name", RULES)
def test_a_rule_says_what_it_does_and_whose_it_is(name: str) -> None:
    rule = find_rule(name)
    assert rule.name == name
    assert re.fullmatch(r"[\w.-]+/[\w.-]+@[\w.]+ .+", rule.source)
    assert all((rule.title, rule.recipe, rule.misreads))
    assert "\n" not in rule.recipe + rule.misreads + rule.title


def test_an_unknown_rule_suggests_its_neighbours() -> None:
    with pytest.raises(UnknownName, match="mmau_tokens"):
        find_rule("mmau_token")


OPTIONS: tuple[tuple[str, ...], ...] = ((), ("a", "b"), ("", ""), tuple("abcdefghijklmnopqrstuvwxyz"), ("\ud800", "a"))
ANSWERS = (
    *(
        None,
        "",
        "a",
        "[1,2]",
        '[{"start": null, "end": "x:y"}]',
        '[{"start": 1e999, "end": NaN}]',
        "null",
        "[[]]",
        "{}",
    ),
    *('[1, {"lyrics": 5}]', "9" * 5000, "1" + "0" * 400 + " Hz", "٣", "²", "[[Z]]", "ANSWER: B", "\ud800", "\0"),
    *("C99999999999", "1:2:3,4:5", "[" * 3000, '{"a":' * 90, "{[]: 1}", "1+2j", "..."),
)
GOLDS = (
    *("", "a", "b", "[60, 62]", '["C4"]', "[[0, 1]]", '[{"start": 0}]', '[{"start": "x", "end": 1}]', "[null]", "{}"),
    *("69", "0", "nan", "1e999", "A major", "0.5,1.0", "x:y", "[NaN]", "[1e999]", "[true]", "\ud800", "1:2:3"),
)
ODD: tuple[Any, ...] = (None, "x", [], {}, -1, float("nan"), float("inf"), True, [None], [[]], 10**400)
NAMES = (
    *(
        "full",
        "lines",
        "also",
        "letter",
        "whole_line",
        "rescue",
        "labels",
        "measure",
        "tolerance_hz",
        "format",
        "signed",
    ),
    *("truncate", "tolerance", "stored_options", "gold", "tolerance_ms", "judge_reply", "similarities", "loglik"),
    *("kwargs", "task_identifier"),
)


@pytest.mark.parametrize("name", RULES)
def test_whatever_an_item_and_an_answer_hold_there_is_a_verdict_or_a_sentence(name: str) -> None:
    items = [JudgedItem(options=options, gold=gold) for options in OPTIONS for gold in GOLDS]
    items += [
        JudgedItem(options=("a", "b"), gold=gold, settings={setting: value})
        for setting in NAMES
        for value in ODD
        for gold in ("a", "1", "[60]")
    ]
    verdicts = 0
    for item in items:
        for answer in ANSWERS if not item.settings else ANSWERS[2:4]:
            try:
                verdict = find_rule(name).judge(answer, item)
            except EvaluationError:
                continue
            verdicts += 1
            assert verdict.credit is None or 0 <= verdict.low <= verdict.credit <= verdict.high <= 1
            assert "\n" not in verdict.evidence
    assert verdicts


REPEATED = (
    *(" ", "\n", "\t \n", "a", "A ", "(A", "[[A", '{"', "[0,1],", "answer is ", "ANSWER: ", "The correct answer is:"),
    *("1.", "1:05 ", "C#", "9", "lyrics are ", "yes ", "verse 1: ", "a.b.", "* ", "'"),
)
WORDS = JudgedItem(
    options=("a major", "yes it is", "no"), gold="no", settings={"lines": ["A. yes it is.", "no"], "rescue": True}
)


@pytest.mark.parametrize("name", RULES)
def test_long_answers_take_no_time_that_grows_with_their_square(name: str) -> None:
    """The square of 60,000 is some ten seconds."""
    for text in REPEATED:
        started = time.process_time()
        try:
            find_rule(name).judge(text * (60_000 // len(text)), WORDS)
        except EvaluationError:
            continue
        assert time.process_time() - started < 3, repr(text)
