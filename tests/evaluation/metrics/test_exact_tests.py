"""Tests that hold for few clips and for clips in clusters, against values known from elsewhere."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from mudata.evaluation.metrics import exact_tests
from mudata.evaluation.metrics.significance import mcnemar


def test_exchange_counts_every_way_to_change_places() -> None:
    random = np.random.default_rng(3)
    a, b = random.random((2, 9))
    ways = [
        abs(sum(s * d for s, d in zip(signs, a - b, strict=True))) for signs in itertools.product((1, -1), repeat=9)
    ]
    by_hand = sum(way >= abs((a - b).sum()) - 1e-9 for way in ways) / 2**9
    assert exact_tests.exchange(a, b) == by_hand == exact_tests.exchange(b, a)


def test_exchange_of_right_and_wrong_is_mcnemars_test() -> None:
    a, b = np.repeat([1.0, 0, 1], [9, 2, 30]), np.repeat([0.0, 1, 1], [9, 2, 30])
    assert exact_tests.exchange(a, b) == pytest.approx(mcnemar(9, 2))


def test_drawn_ways_come_near_to_all_of_them() -> None:
    random = np.random.default_rng(4)
    a, b = random.random((2, 13)) + np.array([[0.2], [0]])
    assert exact_tests.exchange(a, b) == pytest.approx(exact_tests.exchange(a, b, draws=2**13), abs=0.02)


def test_whole_clusters_change_places() -> None:
    a, b = np.tile([0.9, 0.8, 0.7, 0.6], 25), np.tile([0.1, 0.2, 0.3, 0.4], 25)
    assert exact_tests.exchange(a, b) < 0.001
    assert exact_tests.exchange(a, b, [str(i % 4) for i in range(100)]) == 0.125 == exact_tests.least_p(4)
    assert exact_tests.exchange(a, b, ["one"] * 100) == 1


def test_runs_that_are_the_same_are_exchanged_for_nothing() -> None:
    same = np.random.default_rng(0).random(30)
    assert exact_tests.exchange(same, same) == 1


@pytest.mark.parametrize(
    ("k", "n", "p", "known"),
    [
        (9, 10, 0.5, 0.021484375),
        (0, 10, 0.5, 0.001953125),
        (5, 10, 0.5, 1.0),
        (16, 16, 0.125, 2 * 0.125**16),
        (0, 48, 0.125, 2 * 0.875**48),
        (0, 0, 0.125, 1.0),
        (3, 3, 1.0, 1.0),
        (2, 3, 1.0, 0.0),
    ],
)
def test_the_binomial_test_gives_known_values(k: int, n: int, p: float, known: float) -> None:
    assert exact_tests.binomial(k, n, p) == pytest.approx(known)


def test_the_binomial_test_agrees_with_scipy() -> None:
    stats = pytest.importorskip("scipy.stats")
    for k, n, p in ((44, 290, 0.1), (10, 290, 0.1), (1200, 2813, 0.4), (29, 290, 0.1)):
        tails = stats.binom.sf(k - 1, n, p), stats.binom.cdf(k, n, p)
        assert exact_tests.binomial(k, n, p) == pytest.approx(min(1, 2 * min(tails)))


@pytest.mark.parametrize(("clusters", "worth"), [("abcd", 4), ("aabb", 2), ("aaaa", 1), ("aaab", 1.6), ("", 0)])
def test_clips_are_worth_no_more_than_their_clusters(clusters: str, worth: float) -> None:
    assert exact_tests.independent_clips(list(clusters)) == pytest.approx(worth)
