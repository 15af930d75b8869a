"""Tests of differences: a paired bootstrap, McNemar's exact test, Holm's correction, and who is
tied with whom."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

from mudata.evaluation.metrics.statistics import (
    SEED,
    counted,
    interval,
    ratio_of_sums,
    resampled,
)

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

PAIRED_RESAMPLES = 10_000
"""Enough for the smallest p value (1 / 10,001) to survive Holm's correction over hundreds of pairs."""


class Difference(NamedTuple):
    """How much larger a is than b, its 95 % interval, two-sided p of no difference, and its
    standard error."""

    value: float
    low: float
    high: float
    p: float
    error: float


def paired_bootstrap(
    a: NDArray[np.float64],
    b: NDArray[np.float64],
    clusters: Sequence[str] | None = None,
    seed: int = SEED,
    *,
    statistic: Callable[[NDArray[np.float64]], NDArray[np.float64]] | None = None,
    resamples: int = PAIRED_RESAMPLES,
) -> Difference:
    """Difference of two runs on the same clips, which are drawn together.

    Args:
        a, b: shape (n,), values whose means are compared; or (n, k), columns for `statistic`.
        clusters: the group of each of n clips; see `resampled`.
        seed, resamples: as of `resampled`.
        statistic: as of `bootstrap`.

    Returns:
        The difference a - b with interval, p and standard error. p is twice the smaller share of
        resamples on one side of no difference, (count + 1) / (resamples + 1), and at most 1.

    Raises:
        EvaluationError: there is no clip.

    Source:
        B. Efron, R. Tibshirani, An Introduction to the Bootstrap, 1993, chapters 13 and 16.

    Example:
        >>> import numpy as np
        >>> a, b = np.array([1.0, 1, 1, 0]), np.array([0.0, 1, 0, 1])
        >>> difference = paired_bootstrap(a, b)
        >>> difference.value, difference.low, difference.high
        (0.25, -0.5, 1.0)
    """
    import numpy as np

    if statistic is None:
        a, b, statistic = counted(a), counted(b), ratio_of_sums
    sums = resampled(np.hstack([a, b]), clusters, resamples, seed)
    return difference(a, b, sums[:, : a.shape[1]], sums[:, a.shape[1] :], statistic)


def difference(
    a: NDArray[np.float64],
    b: NDArray[np.float64],
    sums_a: NDArray[np.float64],
    sums_b: NDArray[np.float64],
    statistic: Callable[[NDArray[np.float64]], NDArray[np.float64]],
) -> Difference:
    """`paired_bootstrap` of what is resampled already: several runs share one resampling.

    Args:
        a, b: columns of both runs, shape (n, k).
        sums_a, sums_b: of the same resamples, shape (resamples, k); see `resampled`.
        statistic: as of `bootstrap`.

    Example:
        >>> import numpy as np
        >>> a, b = np.ones((4, 1)), np.zeros((4, 1))
        >>> difference(a, b, np.full((9, 1), 4.0), np.zeros((9, 1)), lambda sums: sums[:, 0] / 4).value
        1.0
    """
    found = statistic(sums_a) - statistic(sums_b)
    value = float((statistic(a.sum(0, keepdims=True)) - statistic(b.sum(0, keepdims=True)))[0])
    side = 1 + min(int((found <= 0).sum()), int((found >= 0).sum()))
    return Difference(value, *interval(found), min(1.0, 2 * side / (len(found) + 1)), float(found.std(ddof=1)))


def mcnemar(b: int, c: int) -> float:
    """Exact two-sided p of b and c discordant pairs being equally likely: the binomial test of b in
    b + c at one half.

    Args:
        b: clips that only the first run has right.
        c: clips that only the second run has right.

    Returns:
        p in [0, 1]; 1 without discordant pairs.

    Source:
        Q. McNemar, Note on the sampling error of the difference between correlated proportions,
        1947.

    Example:
        >>> round(mcnemar(10, 2), 4)
        0.0386
    """
    n, k = b + c, min(b, c)
    if b == c:
        return 1.0
    term = total = math.exp(math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1) - n * math.log(2))
    for below in range(k, 0, -1):
        term *= below / (n - below + 1)
        total += term
        if term < total * 1e-17:
            break
    return min(1.0, 2 * total)


def holm(ps: Sequence[float]) -> list[float]:
    """p values adjusted for their number, so that the chance of any false difference stays at 5 %.

    Args:
        ps: p values of tests that belong together, in any order.

    Returns:
        Adjusted p values in that order, at most 1 each.

    Source:
        S. Holm, A simple sequentially rejective multiple test procedure, 1979.

    Example:
        >>> holm([0.01, 0.04, 0.03, 0.005])
        [0.03, 0.06, 0.06, 0.02]
    """
    adjusted, floor = [0.0] * len(ps), 0.0
    for done, i in enumerate(sorted(range(len(ps)), key=ps.__getitem__)):
        floor = max(floor, min(1.0, (len(ps) - done) * ps[i]))
        adjusted[i] = floor
    return adjusted


def tied_groups(n: int, different: Collection[tuple[int, int]]) -> list[tuple[int, ...]]:
    """Maximal sets of runs in which no two are told apart: the compact letter display.

    Two runs are told apart if and only if no set has both. A run may be in several sets, for not
    being told apart does not carry over from pair to pair.

    Args:
        n: number of runs, which are 0 ... n - 1.
        different: pairs of runs that are told apart.

    Returns:
        The sets, ordered by their members.

    Source:
        H.-P. Piepho, An algorithm for a letter-based representation of all-pairwise comparisons,
        2004.

    Example:
        >>> tied_groups(3, [(0, 2)])
        [(0, 1), (1, 2)]
    """
    apart = {frozenset(pair) for pair in different}
    ties = {i: {j for j in range(n) if j != i and frozenset((i, j)) not in apart} for i in range(n)}

    def grow(group: tuple[int, ...], more: set[int], done: set[int]) -> Iterator[tuple[int, ...]]:
        """Bron and Kerbosch (1973), with a pivot."""
        if not more and not done:
            yield tuple(sorted(group))
            return
        pivot = max(more | done, key=lambda i: len(ties[i] & more))
        for i in sorted(more - ties[pivot]):
            yield from grow((*group, i), more & ties[i], done & ties[i])
            more, done = more - {i}, done | {i}

    return sorted(grow((), set(range(n)), set()))
