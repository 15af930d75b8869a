"""Tests of differences against values known from elsewhere: for few clips, clips in clusters, several at once."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from mudata.errors import EvaluationError
from mudata.evaluation.metrics import hypothesis_tests


def test_exchange_counts_every_way_to_change_places() -> None:
    random = np.random.default_rng(3)
    a, b = random.random((2, 9))
    ways = [
        abs(sum(s * d for s, d in zip(signs, a - b, strict=True))) for signs in itertools.product((1, -1), repeat=9)
    ]
    by_hand = sum(way >= abs((a - b).sum()) - 1e-9 for way in ways) / 2**9
    assert hypothesis_tests.exchange(a, b) == by_hand == hypothesis_tests.exchange(b, a)


def test_exchange_of_right_and_wrong_is_mcnemars_test() -> None:
    a, b = np.repeat([1.0, 0, 1], [9, 2, 30]), np.repeat([0.0, 1, 1], [9, 2, 30])
    assert hypothesis_tests.exchange(a, b) == pytest.approx(hypothesis_tests.mcnemar(9, 2))


def test_drawn_ways_come_near_to_all_of_them() -> None:
    random = np.random.default_rng(4)
    a, b = random.random((2, 13)) + np.array([[0.2], [0]])
    assert hypothesis_tests.exchange(a, b) == pytest.approx(hypothesis_tests.exchange(a, b, draws=2**13), abs=0.02)


def test_whole_clusters_change_places() -> None:
    a, b = np.tile([0.9, 0.8, 0.7, 0.6], 25), np.tile([0.1, 0.2, 0.3, 0.4], 25)
    assert hypothesis_tests.exchange(a, b) < 0.001
    assert hypothesis_tests.exchange(a, b, [str(i % 4) for i in range(100)]) == 0.125 == hypothesis_tests.least_p(4)
    assert hypothesis_tests.exchange(a, b, ["one"] * 100) == 1


def test_runs_that_are_the_same_are_exchanged_for_nothing() -> None:
    same = np.random.default_rng(0).random(30)
    assert hypothesis_tests.exchange(same, same) == 1


def test_ratios_change_places_with_their_denominators() -> None:
    """Hits, labels in the reference, labels in the answer: both sums of a cluster go together."""
    random = np.random.default_rng(6)
    a, b = random.integers(0, 4, (2, 9, 3)).astype(float)

    def micro_f1(sums: np.ndarray) -> np.ndarray:
        return np.asarray(2 * sums[:, 0] / np.maximum(1, sums[:, 1] + sums[:, 2]))

    ways = []
    for swapped in itertools.product((False, True), repeat=9):
        mine = np.where(np.array(swapped)[:, None], b, a).sum(0, keepdims=True)
        theirs = np.where(np.array(swapped)[:, None], a, b).sum(0, keepdims=True)
        ways.append(float(abs(micro_f1(mine) - micro_f1(theirs))[0]))
    by_hand = np.mean(np.array(ways) >= ways[0] - 1e-9)
    assert hypothesis_tests.exchange(a, b, statistic=micro_f1) == pytest.approx(by_hand)
    nothing = np.zeros((9, 3))
    assert hypothesis_tests.exchange(nothing, nothing, statistic=micro_f1) == 1


def test_no_clip_shows_nothing() -> None:
    with pytest.raises(EvaluationError, match="nothing to score"):
        hypothesis_tests.exchange(np.zeros(0), np.zeros(0))


@pytest.mark.parametrize("clips", [1, 2, 3, 5])
def test_few_clips_have_no_smaller_p_than_they_can(clips: int) -> None:
    gain = 0.1 + 0.01 * np.arange(clips)
    assert hypothesis_tests.exchange(gain, np.zeros(clips)) == 2.0 ** (1 - clips) == hypothesis_tests.least_p(clips)


def test_what_the_smallest_p_cannot_show_is_said() -> None:
    assert hypothesis_tests.too_few(3) == "the smallest p that can be is 0.25"
    assert hypothesis_tests.too_few(1) == "the smallest p that can be is 1"
    assert hypothesis_tests.too_few(6) is None
    assert hypothesis_tests.too_few(10, 28) == "the smallest p that can be is 0.002, after Holm over 28 pairs 0.055"
    assert hypothesis_tests.too_few(11, 28) is None
    assert hypothesis_tests.too_few(40, 1225) is None, "more ways are drawn where there are more tests"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("sizes", "right"),
    [
        ([1] * 8, False),
        ([1] * 20, False),
        ([50, 50], False),
        ([20] * 5, False),
        ([7] * 14, False),
        ([145, 145], True),
        ([58] * 5, True),
        ([20, 9, 8, 5, 3, 2, 2, 1], True),
        ([80, 60, 40, *([5] * 20), *([1] * 10)], True),
    ],
)
def test_runs_that_are_as_good_are_seldom_told_apart(sizes: list[int], right: bool) -> None:
    """Captions (a value per clip) and accuracy (right or wrong, mostly alike within an artist)."""
    random, false, of = np.random.default_rng(7), 0, np.repeat(np.arange(len(sizes)), sizes)
    for _ in range(400):
        taste = random.random((2, len(sizes)))[:, of]
        value = np.where(random.random((2, len(of))) < 0.6, taste, random.random((2, len(of))))
        a, b = (value < 0.5).astype(float) if right else value
        false += hypothesis_tests.exchange(a, b, of.astype(str).tolist(), draws=999) < 0.05
    assert false <= 31, "P of more at 5 % is 1 %"


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
    assert hypothesis_tests.binomial(k, n, p) == pytest.approx(known)


def test_the_binomial_test_agrees_with_scipy() -> None:
    for k, n, p in ((44, 290, 0.1), (10, 290, 0.1), (1200, 2813, 0.4), (29, 290, 0.1)):
        tails = stats.binom.sf(k - 1, n, p), stats.binom.cdf(k, n, p)
        assert hypothesis_tests.binomial(k, n, p) == pytest.approx(min(1, 2 * min(tails)))


@pytest.mark.parametrize(("clusters", "worth"), [("abcd", 4), ("aabb", 2), ("aaaa", 1), ("aaab", 1.6), ("", 0)])
def test_clips_are_worth_no_more_than_their_clusters(clusters: str, worth: float) -> None:
    assert hypothesis_tests.independent_clips(list(clusters)) == pytest.approx(worth)


@pytest.mark.parametrize(
    ("b", "c", "p"),
    [
        (10, 2, 0.03857421875),
        (1, 0, 1.0),
        (5, 5, 1.0),
        (0, 0, 1.0),
        (0, 6, 0.03125),
        (121, 59, 4.434e-06),  # the usual worked example, chi-squared 21.35
        (0, 100_000, 0.0),
    ],
)
def test_mcnemar_gives_known_values(b: int, c: int, p: float) -> None:
    assert hypothesis_tests.mcnemar(b, c) == pytest.approx(p, rel=1e-3)
    assert hypothesis_tests.mcnemar(b, c) == hypothesis_tests.mcnemar(c, b)


@pytest.mark.parametrize(("b", "c"), [(3, 9), (86, 150), (50_500, 49_500), (30_000, 30_001), (49_000, 51_000)])
def test_mcnemar_is_the_binomial_test(b: int, c: int) -> None:
    assert hypothesis_tests.mcnemar(b, c) == pytest.approx(stats.binomtest(b, b + c).pvalue, rel=1e-6)


@given(st.integers(0, 40), st.integers(0, 40))
def test_mcnemar_is_a_sum_of_binomials(b: int, c: int) -> None:
    n = b + c
    tail = sum(math.comb(n, k) for k in range(min(b, c) + 1)) / 2**n
    assert hypothesis_tests.mcnemar(b, c) == pytest.approx(min(1.0, 2 * tail), rel=1e-9)


def test_holm_gives_its_textbook_values() -> None:
    assert hypothesis_tests.holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert hypothesis_tests.holm([0.9, 0.8]) == [1, 1]
    assert hypothesis_tests.holm([]) == []


@given(st.lists(st.floats(0, 1), max_size=8))
def test_holm_lies_between_nothing_and_bonferroni(ps: list[float]) -> None:
    adjusted = hypothesis_tests.holm(ps)
    assert all(p <= q <= min(1, len(ps) * p) + 1e-12 for p, q in zip(ps, adjusted, strict=True))
    order = sorted(range(len(ps)), key=ps.__getitem__)
    assert [adjusted[i] for i in order] == sorted(adjusted)


@pytest.mark.parametrize(
    ("n", "different", "groups"),
    [
        (3, [], [(0, 1, 2)]),
        (3, [(0, 2)], [(0, 1), (1, 2)]),
        (3, [(0, 1), (0, 2), (1, 2)], [(0,), (1,), (2,)]),
        (4, [(0, 3), (0, 2), (1, 3)], [(0, 1), (1, 2), (2, 3)]),
    ],
)
def test_ties_are_groups_in_which_no_pair_differs(
    n: int, different: list[tuple[int, int]], groups: list[tuple[int, ...]]
) -> None:
    assert hypothesis_tests.tied_groups(n, different) == groups


@given(st.sets(st.tuples(st.integers(0, 5), st.integers(0, 5)).filter(lambda pair: pair[0] < pair[1])))
def test_two_share_a_group_exactly_if_they_are_not_told_apart(different: set[tuple[int, int]]) -> None:
    groups = hypothesis_tests.tied_groups(6, different)
    for i, j in itertools.combinations(range(6), 2):
        assert ((i, j) in different) == (not any(i in group and j in group for group in groups))
    assert not any(set(a) < set(b) for a, b in itertools.permutations(groups, 2))
