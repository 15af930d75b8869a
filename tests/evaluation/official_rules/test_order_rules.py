"""BASS's pairs and rankings, by hand."""

from __future__ import annotations

import pytest

from mudata.errors import EvaluationError
from mudata.evaluation.official_rules.official_rule import JudgedItem
from mudata.evaluation.official_rules.order_rules import PAIR_EXACT, RANK_EXACT

TRAITS = ("drums", "vocals", "bass", "mood", "bass drums")


@pytest.mark.parametrize(
    ("answer", "right"),
    [
        ('["vocals", "mood"]', True),
        ("['mood', 'vocals']", True),
        ("[' Mood', 'VOCALS ']", True),
        ('```json["vocals", "mood"]```', True),
        ("['vocals']", False),
        ("['vocals', 'mood', 'bass']", False),
        ("['vocals', 'vocals']", False),
        ("['vocals', 2]", False),
        ("('vocals', 'mood')", False),
        ("vocals and mood", True),
        ("Mood, Vocals", True),
        ("mood", False),
        ("vocals, mood and bass", False),
        ("vocals, mood, not bass", False),
        ("moody vocals", True),
        ("It is ['vocals', 'mood']", True),
        ("1 and 4", False),
        ("4", False),
        ("", False),
        ("vocals mood drums", False),
        ("{'vocals', 'mood'}", False),
        ("None", False),
        ("vocals, vocals", False),
        ("'vocals, mood'", True),
        ("the VOCALS; the MOOD", True),
    ],
)
def test_pairs(answer: str, right: bool) -> None:
    item = JudgedItem(options=TRAITS, gold='["vocals", "mood"]')
    assert PAIR_EXACT.judge(answer, item).credit == right


@pytest.mark.parametrize(
    ("answer", "right"),
    [
        ("['a1', 'b2', 'c3']", True),
        ("['A1', ' b2', 'C3 ']", True),
        ("['b2', 'a1', 'c3']", False),
        ("['a1', 'b2']", False),
        ("['a1', 'b2', 'c3', 'd4']", False),
        ("['a1', 'b2', 3]", False),
        ("('a1', 'b2', 'c3')", False),
        ("a1, b2, c3", True),
        ("a1 > b2 > c3", True),
        ("c3 < b2 < a1", False),
        ("a1 b2", False),
        ("a1 c3 b2 c3", False),
        ("a1 b2 a1 c3", True),
        ("first a1, then b2, last c3", True),
        ("b2 is second, a1 first, c3 last", False),
        ("", False),
        ("a1b2c3", True),
        ("```json['a1','b2','c3']```", True),
        ("ranking: ['a1','b2','c3']", True),
        ("123", False),
        ("A1, B2, C3", True),
        ("None", False),
        ("{'a1': 1, 'b2': 2, 'c3': 3}", False),
        ("c3, a1, b2, c3", False),
        ("a1\nb2\nc3", True),
    ],
)
def test_rankings(answer: str, right: bool) -> None:
    assert RANK_EXACT.judge(answer, JudgedItem(gold='["a1", "b2", "c3"]')).credit == right


def test_a_truth_that_is_no_list() -> None:
    with pytest.raises(EvaluationError, match="no list"):
        RANK_EXACT.judge("a", JudgedItem(gold="a, b"))


@pytest.mark.parametrize(("answer", "right"), [("vocals and mood", True), ("vocals, mood and bass", False)])
def test_other_options_count_where_the_item_is_asked_without(answer: str, right: bool) -> None:
    item = JudgedItem(gold='["vocals", "mood"]', settings={"options": list(TRAITS)})
    assert PAIR_EXACT.judge(answer, item).credit == right
