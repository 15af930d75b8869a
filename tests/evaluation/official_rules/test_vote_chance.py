"""What a guesser gets: counted by hand, and against a simulation of the very combination."""

from __future__ import annotations

import random

import pytest

from mudata.errors import EvaluationError, UnknownName
from mudata.evaluation.official_rules.combine import combine
from mudata.evaluation.official_rules.official_rule import JudgedItem, judged
from mudata.evaluation.official_rules.vote_chance import vote_chance


def test_by_hand() -> None:
    assert vote_chance(5, 4, "loo_vote") == 72 / 256
    # three options, passes show {gold, 2} and {gold, 1}: gg and g1 (first seen) are right, 2g and 21 are not
    assert vote_chance(3, 2, "loo_vote") == 0.5
    assert vote_chance(4, 1, "none") == vote_chance(4, 7, "mean") == 0.25
    assert vote_chance(4, 3, "any") == vote_chance(4, 3, "max") == 1 - 0.75**3
    assert vote_chance(4, 4, "majority_raw") == 0.25


@pytest.mark.parametrize(
    ("k", "n", "rule"), [(5, 4, "loo_vote"), (4, 3, "loo_vote"), (5, 2, "loo_vote"), (3, 3, "any")]
)
def test_against_guessing(k: int, n: int, rule: str) -> None:
    chance, rounds, right = random.Random(13), 20_000, 0.0
    texts = [f"option {i}" for i in range(k)]
    for _ in range(rounds):
        passes = []
        for i in range(n):
            shown = [text for j, text in enumerate(texts) if rule != "loo_vote" or j != i + 1]
            guess = chance.choice(shown)
            passes.append((judged(guess == texts[0], "guess", guess), JudgedItem(options=tuple(shown), gold=texts[0])))
        right += combine(rule, passes, texts[0]).credit or 0.0
    assert right / rounds == pytest.approx(vote_chance(k, n, rule), abs=0.012)


def test_what_no_exam_can_have() -> None:
    with pytest.raises(EvaluationError, match="No exam asks"):
        vote_chance(5, 5, "loo_vote")
    with pytest.raises(EvaluationError, match="No exam asks"):
        vote_chance(1, 1, "none")
    with pytest.raises(EvaluationError, match="too many to count out"):
        vote_chance(10, 9, "loo_vote")
    with pytest.raises(UnknownName, match="vote"):
        vote_chance(4, 4, "vote")
