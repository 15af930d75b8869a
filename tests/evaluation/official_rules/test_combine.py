"""Several passes made one verdict."""

from __future__ import annotations

import pytest

from mudata.errors import EvaluationError, UnknownName
from mudata.evaluation.official_rules.combine import COMBINED, Pass, combine
from mudata.evaluation.official_rules.letter_rules import MUCHO_CHARS, RUL_BRACKETS
from mudata.evaluation.official_rules.mmmu_rules import MMMU_LETTERS
from mudata.evaluation.official_rules.official_rule import JudgedItem, OfficialRule, Verdict, left_out

OPTIONS = ("rock", "jazz", "blues", "folk")


def passes(rule: OfficialRule, answers: list[str | None], gold: str = "jazz") -> list[Pass]:
    """Each pass with its options one place further."""
    found = []
    for i, answer in enumerate(answers):
        item = JudgedItem(options=OPTIONS[i % 4 :] + OPTIONS[: i % 4], gold=gold)
        found.append((rule.judge(answer, item), item))
    return found


def numbers(verdict: Verdict) -> tuple[float | None, float, float]:
    return verdict.credit, verdict.low, verdict.high


def test_one_pass_is_its_own_verdict_and_several_need_a_word() -> None:
    one = passes(MUCHO_CHARS, ["B"])
    assert combine("none", one, "jazz") == one[0][0]
    with pytest.raises(EvaluationError, match="asked 2 times"):
        combine("none", one * 2, "jazz")
    with pytest.raises(EvaluationError, match="without a single pass"):
        combine("mean", [], "jazz")
    with pytest.raises(UnknownName, match="loo_vote"):
        combine("loo_vot", one, "jazz")


def test_the_vote_is_of_texts_and_not_of_letters() -> None:
    # orders: rock jazz blues folk, jazz blues folk rock, blues folk rock jazz, folk rock jazz blues
    right = combine("loo_vote", passes(RUL_BRACKETS, ["[[B]]", "[[A]]", "[[A]]", "[[A]]"]), "jazz")
    assert (right.chosen, right.credit) == ("jazz", 1)
    wrong = combine("loo_vote", passes(RUL_BRACKETS, ["[[A]]", "[[A]]", "[[A]]", "[[A]]"]), "jazz")
    assert (wrong.chosen, wrong.credit) == ("rock", 0)  # four texts, one vote each: the first


def test_ties_go_to_the_option_seen_first_and_silence_has_no_vote() -> None:
    tie = passes(RUL_BRACKETS, ["[[A]]", "[[A]]", "[[D]]", "[[B]]"])  # rock, jazz, jazz, rock
    assert combine("loo_vote", tie, "jazz").chosen == "rock"
    late = passes(RUL_BRACKETS, ["", None, "nothing", "[[C]]"])
    assert (combine("loo_vote", late, "jazz").chosen, combine("loo_vote", late, "jazz").credit) == ("jazz", 1)
    assert numbers(combine("loo_vote", passes(RUL_BRACKETS, ["", ""]), "jazz")) == (0, 0, 0)


def test_mean_any_and_max() -> None:
    half = passes(MUCHO_CHARS, ["B", "B", None])  # jazz, blues, failed
    assert combine("mean", half, "jazz").credit == pytest.approx(1 / 3)
    assert numbers(combine("any", half, "jazz")) == numbers(combine("max", half, "jazz")) == (1, 1, 1)
    none = passes(MUCHO_CHARS, ["A", None])
    assert numbers(combine("any", none, "jazz")) == (0, 0, 0)


def test_draws_stay_expectations() -> None:
    drawn = passes(MMMU_LETTERS, ["", "A"])  # drawn; jazz
    assert numbers(combine("mean", drawn, "jazz")) == (0.625, 0.5, 1)
    twice = passes(MMMU_LETTERS, ["", ""])
    assert numbers(combine("any", twice, "jazz")) == (1 - 0.75**2, 0, 1)
    assert numbers(combine("max", twice, "jazz")) == (0.25, 0, 1)


def test_passes_that_are_left_out_leave_n() -> None:
    dropped = (left_out("no line"), JudgedItem(gold="jazz"))
    assert combine("mean", [dropped, *passes(MUCHO_CHARS, ["B"])], "jazz").credit == 1
    assert combine("any", [dropped, dropped], "jazz").credit is None
    assert combine("mean", [dropped], "jazz").credit is None


@pytest.mark.parametrize(
    ("answers", "expected"),
    [
        (["jazz", "jazz", "rock", "rock, no"], (1, 1, 1)),
        (["jazz", "Jazz", "rock", "rock"], (0, 0, 0)),
        (["jazz", "rock", "jazz", "rock"], (0.5, 0, 1)),
        (["jazz", "rock", "blues", "folk"], (0.25, 0, 1)),
        (["jazz", "it is jazz", "rock", "so jazz"], (0.75, 0, 1)),
        (["jazz", "it is jazz"], (1, 1, 1)),
        ([None, None, "jazz", "rock"], (0, 0, 0)),
    ],
)
def test_the_answer_given_most_often_is_counted_as_it_stands(
    answers: list[str | None], expected: tuple[float, float, float]
) -> None:
    judged = passes(MUCHO_CHARS, answers)
    assert numbers(combine("majority_raw", judged, "jazz", answers)) == expected


def test_a_majority_needs_the_answers() -> None:
    with pytest.raises(EvaluationError, match="0 were given for 2"):
        combine("majority_raw", passes(MUCHO_CHARS, ["jazz", "rock"]), "jazz")
    assert set(COMBINED) == {"none", "mean", "any", "max", "loo_vote", "majority_raw"}
