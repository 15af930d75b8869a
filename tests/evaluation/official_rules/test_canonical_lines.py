"""MUSE's lines, of the shapes that its tasks have: verdicts by hand."""

from __future__ import annotations

import pytest

from mudata.errors import EvaluationError
from mudata.evaluation.official_rules.canonical_lines import LAST_CANONICAL, LAST_CANONICAL_DROPS
from mudata.evaluation.official_rules.official_rule import JudgedItem, WrittenRule

SAME = {"lines": ["Yes, these are the same tune.", "No, these are not the same tune."], "rescue": True}
GROUPS = {"lines": ["A. Groups of 2", "B. Groups of 7"]}
BUSIER = {
    "lines": ["A. The part in Excerpt 1 is busier.", "B. The part in Excerpt 2 is busier."],
    "letter": "optional",
    "rescue": True,
}
SHIFT = {
    "lines": ["A. Yes, a shift occurs.", "B. No, it stays."],
    "whole_line": True,
    "also": ["No, a shift does not occur. -> B. No, it stays."],
}
SHAPE = {"lines": ["A. Rising (up over time)", "B. Falling (down over time)"]}


@pytest.mark.parametrize(
    ("settings", "answer", "line"),
    [
        (SAME, "Yes, these are the same tune.", 0),
        (SAME, "yes, THESE are the same tune.", 0),
        (SAME, "Yes,these are\nthe  same tune.", 0),
        (SAME, "Step 1: hm.\n\nNo, these are not the same tune.\n", 1),
        (SAME, '"No, these are not the same tune."', 1),
        (SAME, "Yes, these are the same tune. No, these are not the same tune.", 1),
        (SAME, "No, these are not the same tune. Yes, these are the same tune.", 0),
        (SAME, "I will not say: Yes, these are the same tune.", 0),
        (SAME, "Yes, these are the same tune", None),
        (SAME, "Yes", None),
        (SAME, "these are the same tune.", None),
        (SAME, "Yes these are the same tune.", None),
        (SAME, "Eyes, these are the same tune.", None),
        (SAME, "", None),
        (GROUPS, "A. Groups of 2", 0),
        (GROUPS, "a.groups of 2.", 0),
        (GROUPS, "B.  Groups   of 7 it is", 1),
        (GROUPS, "Groups of 2", None),
        (GROUPS, "A", None),
        (GROUPS, "A. Groups of 20", None),
        (GROUPS, "A. Groups of 2 or B. Groups of 7?", 1),
        (BUSIER, "A. The part in Excerpt 1 is busier.", 0),
        (BUSIER, "The part in excerpt 2 is busier.", 1),
        (BUSIER, "the part in Excerpt2 is busier.", 1),
        (BUSIER, "The part in Excerpt 2 is busier", None),
        (SHIFT, "A. Yes, a shift occurs", 0),
        (SHIFT, "Think.\n  B. No, it stays.  \n", 1),
        (SHIFT, "So A. Yes, a shift occurs.", None),
        (SHIFT, "Yes, a shift occurs.", None),
        (SHIFT, "No, a shift does not occur.", 1),
        (SHAPE, "A. Rising (up over time)", 0),
        (SHAPE, "B. Falling(down over time)", 1),
        (SHAPE, "B. Falling", None),
    ],
)
def test_the_line_that_ends_last(settings: dict[str, object], answer: str, line: int | None) -> None:
    lines = settings["lines"]
    assert isinstance(lines, list)
    for i, gold in enumerate(lines):
        verdict = LAST_CANONICAL.judge(answer, JudgedItem(gold=gold, settings=settings))
        assert verdict.chosen == (None if line is None else lines[line])
        assert verdict.credit == float(i == line)


@pytest.mark.parametrize(
    ("settings", "answer", "credit"),
    [
        (SAME, "Yes, these are the same tune.", 1),
        (SAME, "No, these are not the same tune.", 0),
        (SAME, "Yes, these are the same tune", 1),
        (SAME, "So: “no, these are not the same tune”", 0),
        (SAME, "Yes,  these are the same tune", None),
        (SAME, "", None),
        (BUSIER, "the part in Excerpt 1 is busier", 1),
        (BUSIER, "Excerpt 1", None),
        (GROUPS, "Groups of 2", None),
        ({**GROUPS, "rescue": False}, "Groups of 2", None),
        (GROUPS, "B. Groups of 7", 0),
    ],
)
def test_what_the_summary_rescues_and_what_it_drops(
    settings: dict[str, object], answer: str, credit: float | None
) -> None:
    lines = settings["lines"]
    assert isinstance(lines, list)
    verdict = LAST_CANONICAL_DROPS.judge(answer, JudgedItem(gold=lines[0], settings=settings))
    assert verdict.credit == credit
    assert (verdict.low, verdict.high) == ((0, 1) if credit is None else (credit, credit))


def test_a_line_with_its_letter_is_the_option_without_it() -> None:
    item = JudgedItem(options=("Groups of 2", "Groups of 7"), gold="Groups of 7", settings=GROUPS)
    verdict = LAST_CANONICAL.judge("so: B. Groups of 7", item)
    assert (verdict.credit, verdict.chosen) == (1, "Groups of 7")
    assert LAST_CANONICAL_DROPS.judge("A. Groups of 2", item).credit == 0


def test_lines_are_the_options_where_the_card_names_none() -> None:
    item = JudgedItem(options=("A. Up", "B. Down"), gold="B. Down")
    assert LAST_CANONICAL.judge("so B. Down", item).credit == 1
    with pytest.raises(EvaluationError, match="no canonical lines"):
        LAST_CANONICAL.judge("B. Down", JudgedItem(gold="B. Down"))


@pytest.mark.parametrize("rule", [LAST_CANONICAL, LAST_CANONICAL_DROPS])
def test_an_empty_option_is_in_no_answer(rule: WrittenRule) -> None:
    item = JudgedItem(options=("", "fast"), gold="", settings={"rescue": True})
    assert rule.judge("it is fast", item).chosen == "fast"
    assert rule.judge("it is neither", item).chosen is None
