"""Rules that compare numbers of a model, and say what they need where there are none."""

from __future__ import annotations

import pytest

from mudata.errors import EvaluationError
from mudata.evaluation.official_rules.official_rule import JudgedItem
from mudata.evaluation.official_rules.ranking_rules import JUDGE, NVEMBED_ARGMAX, PPL_OPTIONS, likeliest

OPTIONS = ("C major", "A minor", "D minor", "G major")


def item(**settings: object) -> JudgedItem:
    return JudgedItem(options=OPTIONS, gold="A minor", settings=settings)


def test_the_likeliest_option_is_chosen_the_first_of_equals() -> None:
    assert PPL_OPTIONS.judge("", item(loglik=[-3.0, -1.5, -2.0, -9.0])).credit == 1
    assert PPL_OPTIONS.judge("", item(loglik=[-1.5, -1.5, -2.0, -9.0])).chosen == "C major"
    assert PPL_OPTIONS.judge("A minor", item()).credit == 1
    assert PPL_OPTIONS.judge("B", item()).credit == 1
    assert PPL_OPTIONS.judge("C", item()).chosen == "D minor"
    assert PPL_OPTIONS.judge("E", item()).chosen is None
    assert PPL_OPTIONS.judge("I think B", item()).credit == 0
    assert likeliest((0.1, 0.3), ("x", "y")) == "y"


def test_numbers_that_do_not_fit() -> None:
    with pytest.raises(EvaluationError, match="2 scores cannot choose among 4"):
        PPL_OPTIONS.judge("", item(loglik=[1, 2]))
    with pytest.raises(EvaluationError, match="no numbers"):
        NVEMBED_ARGMAX.judge("", item(similarities="high"))
    with pytest.raises(EvaluationError, match="cannot choose"):
        likeliest((float("nan"), 1.0), ("x", "y"))


def test_the_nearest_option_never_abstains() -> None:
    near = item(similarities=(0.1, 0.4, 0.2, 0.3))
    assert NVEMBED_ARGMAX.judge("", near).credit == NVEMBED_ARGMAX.judge("I don't know", near).credit == 1


def test_what_is_missing_is_told() -> None:
    for rule in (NVEMBED_ARGMAX, JUDGE):
        verdict = rule.judge("A minor", item())
        assert (verdict.credit, verdict.low, verdict.high) == (None, 0, 1)
        assert verdict.evidence == f"not run: needs {rule.needs}"


def test_marks_of_a_judge() -> None:
    assert JUDGE.judge("x", item(judge_reply="OVERALL: 4")).credit == pytest.approx(0.8)
    assert JUDGE.judge("x", item(judge_reply="")).credit == pytest.approx(0.6)
    assert JUDGE.judge("x", item(judge_reply="CORRECTNESS: 1 CLARITY: 5 OVERALL: 3.0")).credit == pytest.approx(0.6)
    assert JUDGE.judge("x", item(judge_reply="OVERALL: 11")).credit == 1
