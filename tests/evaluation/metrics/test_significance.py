"""Tests of differences against values known from elsewhere."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mudata.evaluation.metrics import significance


def test_the_paired_bootstrap_sees_what_clips_hide() -> None:
    random = np.random.default_rng(5)
    hard = random.random(200)  # clips differ far more than the runs do
    a, b = hard + random.normal(0.02, 0.02, 200), hard
    found = significance.paired_bootstrap(a, b)
    assert found.value == pytest.approx((a - b).mean())
    assert 0 < found.low < found.value < found.high
    assert found.p == pytest.approx(2 / (significance.PAIRED_RESAMPLES + 1))
    assert found.error == pytest.approx((a - b).std() / math.sqrt(200), rel=0.05)
    assert significance.paired_bootstrap(b, a).value == -found.value
    assert significance.paired_bootstrap(a, b) == found
    assert significance.paired_bootstrap(a, b, seed=1) != found


def test_the_paired_bootstrap_agrees_with_the_t_test() -> None:
    stats = pytest.importorskip("scipy.stats")
    random = np.random.default_rng(8)
    a, b = random.random((2, 300))
    a += 0.03
    found, known = significance.paired_bootstrap(a, b), stats.ttest_rel(a, b)
    assert found.p == pytest.approx(known.pvalue, abs=0.02)
    interval = known.confidence_interval()
    assert (found.low, found.high) == pytest.approx((interval.low, interval.high), abs=0.005)


def test_runs_that_are_the_same_do_not_differ() -> None:
    same = np.random.default_rng(0).random(30)
    assert significance.paired_bootstrap(same, same) == (0, 0, 0, 1, 0)


def test_groups_weaken_a_paired_difference() -> None:
    gain = np.repeat([0.3, -0.1, 0.2, -0.2, 0.1, 0.15], 20)
    groups = [str(i) for i in np.repeat(np.arange(6), 20)]
    alone = significance.paired_bootstrap(gain, np.zeros(120))
    together = significance.paired_bootstrap(gain, np.zeros(120), groups)
    assert alone.p < 0.001 < 0.1 < together.p


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
    assert significance.mcnemar(b, c) == pytest.approx(p, rel=1e-3)
    assert significance.mcnemar(b, c) == significance.mcnemar(c, b)


@pytest.mark.parametrize(("b", "c"), [(3, 9), (86, 150), (50_500, 49_500), (30_000, 30_001), (49_000, 51_000)])
def test_mcnemar_is_the_binomial_test(b: int, c: int) -> None:
    stats = pytest.importorskip("scipy.stats")
    assert significance.mcnemar(b, c) == pytest.approx(stats.binomtest(b, b + c).pvalue, rel=1e-6)


@given(st.integers(0, 40), st.integers(0, 40))
def test_mcnemar_is_a_sum_of_binomials(b: int, c: int) -> None:
    n = b + c
    tail = sum(math.comb(n, k) for k in range(min(b, c) + 1)) / 2**n
    assert significance.mcnemar(b, c) == pytest.approx(min(1.0, 2 * tail), rel=1e-9)


def test_holm_gives_its_textbook_values() -> None:
    assert significance.holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert significance.holm([0.9, 0.8]) == [1, 1]
    assert significance.holm([]) == []


@given(st.lists(st.floats(0, 1), max_size=8))
def test_holm_lies_between_nothing_and_bonferroni(ps: list[float]) -> None:
    adjusted = significance.holm(ps)
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
    assert significance.tied_groups(n, different) == groups


@given(st.sets(st.tuples(st.integers(0, 5), st.integers(0, 5)).filter(lambda pair: pair[0] < pair[1])))
def test_two_share_a_group_exactly_if_they_are_not_told_apart(different: set[tuple[int, int]]) -> None:
    groups = significance.tied_groups(6, different)
    for i, j in itertools.combinations(range(6), 2):
        assert ((i, j) in different) == (not any(i in group and j in group for group in groups))
    assert not any(set(a) < set(b) for a, b in itertools.permutations(groups, 2))
