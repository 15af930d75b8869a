"""The power of paired tests, against sums and simulations of its own."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from scipy import stats

from mudata.errors import EvaluationError
from mudata.evaluation.metrics.paired_power import (
    exchange_detectable,
    mcnemar_clips,
    mcnemar_detectable,
    mcnemar_power,
)
from mudata.evaluation.metrics.power import clips_to_tell


def summed(n: int, difference: float, discordance: float) -> float:
    """The power of McNemar's exact test, pair by pair."""
    right, power = (discordance + difference) / (2 * discordance), 0.0
    for pairs in range(n + 1):
        told = [k for k in range(pairs + 1) if stats.binomtest(k, pairs, 0.5).pvalue < 0.05] if pairs else []
        power += stats.binom.pmf(pairs, n, discordance) * stats.binom.pmf(told, pairs, right).sum()
    return float(power)


@pytest.mark.parametrize(
    ("n", "difference", "discordance"), [(40, 0.2, 0.3), (25, 0.3, 0.3), (30, 0.0, 0.5), (7, 1, 1)]
)
def test_the_power_is_that_of_the_exact_test(n: int, difference: float, discordance: float) -> None:
    assert mcnemar_power(n, difference, discordance) == pytest.approx(summed(n, difference, discordance))


@pytest.mark.parametrize(
    ("difference", "p", "discordance", "clips"),
    [(0.1, 0.5, 0.2, 168), (0.05, 0.5, 0.1, 337), (0.2, 0.5, 0.3, 61), (0.1, 0.5, None, 408)],
)
def test_a_plan_for_pairs_holds_against_the_test_itself(
    difference: float, p: float, discordance: float | None, clips: int
) -> None:
    assert clips_to_tell(difference, p, paired=True, discordance=discordance) == clips
    disagree = 0.5 if discordance is None else discordance
    powers = [mcnemar_power(n, difference, disagree) for n in range(clips - 1, clips + 80)]
    assert powers[0] < 0.8 <= min(powers[1:])


def test_no_larger_number_of_clips_has_less_than_the_power_promised() -> None:
    """Where nearly every clip is discordant the power rises in teeth."""
    clips = mcnemar_clips(0.6, 1.0)
    powers = [mcnemar_power(n, 0.6, 1.0) for n in range(1, 200)]
    assert any(b < a for a, b in itertools.pairwise(powers))
    assert [n for n, power in enumerate(powers, 1) if power < 0.8][-1] == clips - 1


@pytest.mark.parametrize(("difference", "discordance"), [(0.1, 0.6), (0.1, 0.51), (0.2, 0.1)])
def test_discordances_that_cannot_be_are_refused(difference: float, discordance: float) -> None:
    """Of accuracies of .8 and .7 no more than half of the clips are discordant, and no fewer than a tenth."""
    with pytest.raises(EvaluationError, match=f"A discordance of {discordance:g} cannot be"):
        clips_to_tell(difference, 0.8, paired=True, discordance=discordance)


def test_the_largest_and_smallest_discordance_are_taken() -> None:
    assert clips_to_tell(0.1, 0.8, paired=True, discordance=0.5) > clips_to_tell(0.1, 0.8, paired=True, discordance=0.1)


@pytest.mark.parametrize("alpha", [0.05, 0.05 / 28])
def test_a_detectable_difference_has_the_power_it_is_for(alpha: float) -> None:
    found = mcnemar_detectable(290, lambda difference: max(0.3, difference), alpha)
    assert found is not None
    assert mcnemar_power(290, found, 0.3, alpha) == pytest.approx(0.8, abs=1e-6)
    assert mcnemar_detectable(5, lambda difference: max(0.3, difference), alpha) is None


def test_nothing_is_detectable_where_nothing_varies_or_clusters_are_too_few() -> None:
    a, b = np.random.default_rng(1).random((2, 20, 1))

    def mean(sums: np.ndarray) -> np.ndarray:
        return np.asarray(sums[:, 0] / 20)

    assert exchange_detectable(a, a, None, mean) is None
    assert exchange_detectable(a, b, [str(i % 5) for i in range(20)], mean) is None
    assert exchange_detectable(a, b, [str(i % 10) for i in range(20)], mean) is not None
    assert exchange_detectable(a, b, [str(i % 10) for i in range(20)], mean, 0.05 / 28) is None
