"""Strengths from preferences: published ones, those that cannot be, and how far one rater moves them."""

from __future__ import annotations

import numpy as np
import pytest
from simulated_ratings import QUALITIES, Clips, Raters, choices, opinions, pair_design

from mudata.evaluation.listening.bradley_terry import bradley_terry, fit, no_fit
from mudata.evaluation.listening.crossed_intervals import Crossing
from mudata.evaluation.listening.listening_test import CHOICES

K = len(QUALITIES)


def test_citations_of_journals() -> None:
    """H. Turner, D. Firth, Bradley-Terry models in R: the BradleyTerry2 package, 2012, section 2.1: counts of Stigler
    (1994) of Biometrika, Communications in Statistics, JASA, JRSS-B, and coefficients beside Biometrika's 0."""
    cited = np.array([[0, 730, 498, 221], [33, 0, 68, 17], [320, 813, 0, 142], [284, 276, 325, 0]], dtype=float)
    strengths = fit(cited)
    assert (strengths - strengths[0]).round(4).tolist() == [0.0, -2.9491, -0.4796, 0.2690]


def test_baseball() -> None:
    """A. Agresti, Categorical Data Analysis, 2nd ed. 2002, section 10.6: the American League's east of 1987."""
    won = [
        [0, 7, 9, 7, 7, 9, 11],  # Milwaukee
        [6, 0, 7, 5, 11, 9, 9],  # Detroit
        [4, 6, 0, 7, 7, 8, 12],  # Toronto
        [6, 8, 6, 0, 6, 7, 10],  # New York
        [6, 2, 6, 7, 0, 7, 12],  # Boston
        [4, 4, 5, 6, 6, 0, 6],  # Cleveland
        [2, 4, 1, 3, 1, 7, 0],  # Baltimore
    ]
    strengths = fit(np.array(won, dtype=float))
    assert (strengths - strengths[-1]).round(3).tolist() == [1.581, 1.436, 1.294, 1.248, 1.108, 0.684, 0.0]


@pytest.mark.parametrize(
    ("counts", "why"),
    [
        ([[0, 4, 3], [0, 0, 2], [0, 2, 0]], "b and c were never preferred to a"),
        ([[0, 4, 0], [1, 0, 0], [0, 0, 0]], "nothing compares a, b with c"),
        ([[0, 4, 3], [1, 0, 2], [1, 2, 0]], ""),
    ],
)
def test_where_there_are_no_finite_strengths(counts: list[list[int]], why: str) -> None:
    assert no_fit(np.array(counts, dtype=float), "abc") == why


def test_without_a_fit_there_is_a_reason_and_nothing_else() -> None:
    codes = np.arange(100)
    found = bradley_terry(codes * 0, codes * 0 + 1, np.ones(100), ["a", "b"], Crossing.of(codes % 10, codes // 10))
    assert (found.strengths, found.differences, found.why) == ((), (), "b was never preferred to a")


def test_no_preference_is_half_of_one_for_each() -> None:
    codes = np.arange(100)
    wins = np.where(codes < 40, 1.0, np.where(codes < 60, 0.5, 0.0))
    wins[:20] = 0.0
    crossing = Crossing.of(codes % 10, codes // 10)
    found = bradley_terry(codes * 0, codes * 0 + 1, wins, ["a", "b"], crossing)
    assert found.differences[0].value == pytest.approx(np.log(30 / 70))


@pytest.mark.slow
def test_the_error_is_that_of_leaving_raters_and_clips_out_and_fitting_anew() -> None:
    random = np.random.default_rng(2)
    rater, clip, first, second = pair_design(12, 40, random)
    people, pieces = Raters.drawn(12, K, random), Clips.drawn(40, K, random)
    thought = [opinions(people, pieces, rater, clip, of, random) for of in (first, second)]
    wins = np.array([np.sign(CHOICES[value]) / 2 + 0.5 for value in choices(*thought)])
    found = bradley_terry(first, second, wins, [*"abcde"], Crossing.of(rater, clip))

    def fitted(asked):
        counts = np.zeros((K, K))
        np.add.at(counts, (first[asked], second[asked]), wins[asked])
        np.add.at(counts, (second[asked], first[asked]), 1 - wins[asked])
        return fit(counts)

    whole = fitted(np.ones(len(wins), dtype=bool))
    variances = []
    for codes in (rater, clip, rater * 100 + clip):
        moves = np.array([fitted(codes != code) - whole for code in np.unique(codes)])
        variances.append((len(moves) - 1) / len(moves) * (moves**2).sum(0))
    by_rater, by_clip, by_pair = variances
    slow = by_pair + np.maximum(by_rater - by_pair, 0) + np.maximum(by_clip - by_pair, 0)
    assert [one.value for one in found.strengths] == pytest.approx(whole)
    assert [one.error for one in found.strengths] == pytest.approx(slow**0.5, rel=0.04)
