"""Tests that hold for any number of clips, however few, and for clips that depend on each other."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from mudata.evaluation.metrics.statistics import SEED, WEIGHTS_AT_ONCE, counted, ratio_of_sums

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

DRAWS = 10_000
"""Enough for the smallest p value (1 / 10,001) to survive Holm's correction over hundreds of pairs."""
_ROUNDING = 1e-9
"""Differences so close are equal: sums of the same numbers in another order."""


def exchange(
    a: NDArray[np.float64],
    b: NDArray[np.float64],
    clusters: Sequence[str] | None = None,
    statistic: Callable[[NDArray[np.float64]], NDArray[np.float64]] | None = None,
    *,
    draws: int = DRAWS,
    seed: int = SEED,
) -> float:
    """Two-sided p of two runs being as good as each other: how often a difference as large comes up
    when the runs change places at random, in whole clusters.

    It holds for any number of clips and clusters: with k clusters p is never below 2 / 2**k, so that
    five or fewer show nothing at 5 %.

    Args:
        a, b: as of `significance.paired_bootstrap`.
        clusters: the group of each of n clips; None: every clip is its own.
        statistic: as of `bootstrap`.
        draws: where there are more ways to change places, so many of them are drawn.
        seed: of numpy's default generator.

    Returns:
        p in (0, 1]; 1 where no cluster differs.

    Source:
        R. A. Fisher, The Design of Experiments, 1935, section 21; whole clusters: M. H. Gail and
        others, On design considerations and randomization-based inference for community
        intervention trials, 1996. (count + 1) / (draws + 1): B. Phipson, G. K. Smyth, Permutation
        p-values should never be zero, 2010.

    Example:
        >>> import numpy as np
        >>> exchange(np.array([0.5, 0.7, 0.9]), np.array([0.1, 0.2, 0.3]))
        0.25
    """
    import numpy as np

    if statistic is None:
        a, b, statistic = counted(a), counted(b), ratio_of_sums
    half, middle = (a - b) / 2, (a + b).sum(0) / 2
    if clusters is not None:
        _, inverse = np.unique(np.asarray(clusters), return_inverse=True)
        grouped = np.zeros((int(inverse.max()) + 1, half.shape[1]))
        np.add.at(grouped, inverse, half)
        half = grouped
    half = half[np.abs(half).max(axis=1) > _ROUNDING]  # the others stay alike whoever is who

    def differences(signs: NDArray[np.float64]) -> NDArray[np.float64]:
        moved = signs @ half
        return np.abs(statistic(middle + moved) - statistic(middle - moved))

    k = len(half)
    observed = differences(np.ones((1, k), dtype=np.float64))[0] - _ROUNDING
    if 2**k <= draws:
        ways = (np.arange(2**k)[:, None] >> np.arange(k)) & 1
        return float((differences((2 * ways - 1).astype(np.float64)) >= observed).mean())
    random, as_large, step = np.random.default_rng(seed), 0, max(1, WEIGHTS_AT_ONCE // k)
    for start in range(0, draws, step):
        ways = random.integers(0, 2, (min(step, draws - start), k), dtype=np.int8)
        as_large += int((differences((2 * ways - 1).astype(np.float64)) >= observed).sum())
    return (as_large + 1) / (draws + 1)


def least_p(clusters: int) -> float:
    """The smallest p that `exchange` can give for a number of clusters.

    Example:
        >>> least_p(5), least_p(6)
        (0.0625, 0.03125)
    """
    return 2.0 ** (1 - clusters) if clusters < 1000 else 0.0


def binomial(k: int, n: int, p: float) -> float:
    """Two-sided p of k right answers of n where each is right with probability p: twice the smaller
    tail, at most 1.

    Args:
        k: how many are right, 0 to n.
        n: how many there are.
        p: of one being right, in [0, 1].

    Source:
        C. J. Clopper, E. S. Pearson, The use of confidence or fiducial limits, 1934.

    Example:
        >>> round(binomial(9, 10, 0.5), 4), binomial(5, 10, 0.5)
        (0.0215, 1.0)
    """
    if not 0 < p < 1:
        return 1.0 if k == n * p else 0.0

    def tail(fewest: int, right: float) -> float:
        """P(X >= fewest): terms from there on, which fall once they lie beyond the mean."""
        logs = [
            math.lgamma(n + 1)
            - math.lgamma(i + 1)
            - math.lgamma(n - i + 1)
            + i * math.log(right)
            + (n - i) * math.log1p(-right)
            for i in range(fewest, n + 1)
        ]
        return math.fsum(map(math.exp, logs))

    return min(1.0, 2 * min(tail(k, p), tail(n - k, 1 - p)))


def student(t: float, freedom: int) -> float:
    """Two-sided p of Student's t.

    Args:
        t: a value by its standard error.
        freedom: degrees of freedom, 1 or more.

    Source:
        M. Abramowitz, I. A. Stegun, Handbook of Mathematical Functions, 1964, 26.7.3 and 26.7.4.

    Example:
        >>> round(student(2.093, 19), 3), round(student(1.96, 10_000), 3)
        (0.05, 0.05)
    """
    angle = math.atan(abs(t) / math.sqrt(freedom))
    odd, square = freedom % 2, math.cos(angle) ** 2
    term = math.sin(angle) * (math.cos(angle) if odd else 1.0)
    inside = 0.0
    for i in range(1 + odd, freedom, 2):
        inside += term
        term *= square * i / (i + 1)
    return max(0.0, 1 - (2 / math.pi * (angle + inside) if odd else inside))


def independent_clips(clusters: Sequence[str]) -> float:
    """How many independent clips n clips in clusters are worth at the least: as if all of a cluster
    were alike.

    Args:
        clusters: the group of each of n clips.

    Returns:
        n**2 / the sum of squared sizes: n where all clips are apart, the number of clusters where
        those are of one size, less where they are not.

    Source:
        L. Kish, Survey Sampling, 1965: the design effect at an intra-class correlation of 1.

    Example:
        >>> independent_clips(["ann", "ann", "bob", "bob"]), independent_clips(["ann", "bob"])
        (2.0, 2.0)
    """
    return len(clusters) ** 2 / max(1, sum(size * size for size in Counter(clusters).values()))
