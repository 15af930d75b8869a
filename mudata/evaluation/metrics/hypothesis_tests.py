"""Tests of differences, two-sided at 5 %: what each assumes, where it comes from, where it errs.

Every p here holds for any number of clips, however few, and none is smaller than the data allow: `least_p` tells the
smallest that there can be, and `too_few` says where no test can show anything.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Sequence
from typing import TYPE_CHECKING

from mudata.evaluation.metrics.intervals import ALPHA, require_clips

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

SEED = 0
DRAWS = 10_000
"""Ways to change places that are drawn where there are more; at least `DRAWS_A_TEST` for each of several tests, for
the smallest p, 1 / (draws + 1), has to survive Holm's correction."""
DRAWS_A_TEST = 100
_SIGNS_AT_ONCE = 2_000_000
"""Drawn at a time: bounds memory at a few dozen megabytes."""
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
    when the runs change places at random, in whole clusters (the sign flip of cluster sums, where the statistic is a
    mean; McNemar's exact test, where all clusters that differ do so by as much).

    Assumes that within each cluster both runs might as well have changed names, and that clusters are independent;
    nothing of their sizes, of the clips within one, or of any distribution. Then the chance of p <= alpha is at most
    alpha for any number of clusters. Where it errs: with few clusters to the safe side, for p takes 2**k values only
    (`least_p`); towards false alarms where runs are equally good on average but one errs clip by clip and the other by
    whole clusters, of sizes however even (at an accuracy of .9 in 34 of 100 cases with 8 artists, 6 with 38).

    Args:
        a, b: shape (n,), values whose means are compared; or (n, k), columns for `statistic`.
        clusters: the cluster of each of n clips; None: every clip is its own.
        statistic: from sums of shape (m, k) to values of shape (m,); None: the mean.
        draws: where there are more ways to change places, so many of them are drawn.
        seed: of numpy's default generator.

    Returns:
        p in (0, 1]; 1 where no cluster differs.

    Raises:
        EvaluationError: there is no clip.

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

    n, of_means = require_clips(len(a)), statistic is None
    if statistic is None:
        a, b, statistic = a[:, None], b[:, None], lambda sums: sums[:, 0] / n
    half, middle = by_cluster((a - b) / 2, clusters), (a + b).sum(0) / 2
    half = half[np.abs(half).max(axis=1) > _ROUNDING]  # the others stay alike whoever is who
    if of_means and (len(half) == 0 or np.ptp(np.abs(half)) < _ROUNDING):
        return mcnemar(int((half > 0).sum()), int((half < 0).sum()))

    def differences(signs: NDArray[np.float64]) -> NDArray[np.float64]:
        moved = signs @ half
        return np.abs(statistic(middle + moved) - statistic(middle - moved))

    k = len(half)
    observed = differences(np.ones((1, k), dtype=np.float64))[0] - _ROUNDING
    if 2**k <= draws:
        ways = (np.arange(2**k)[:, None] >> np.arange(k)) & 1
        return float((differences((2 * ways - 1).astype(np.float64)) >= observed).mean())
    random, as_large, step = np.random.default_rng(seed), 0, max(1, _SIGNS_AT_ONCE // k)
    for start in range(0, draws, step):
        ways = random.integers(0, 2, (min(step, draws - start), k), dtype=np.int8)
        as_large += int((differences((2 * ways - 1).astype(np.float64)) >= observed).sum())
    return (as_large + 1) / (draws + 1)


def by_cluster(columns: NDArray[np.float64], clusters: Sequence[str] | None) -> NDArray[np.float64]:
    """Sums of columns within clusters.

    Args:
        columns: shape (n, k), a row for each clip.
        clusters: the cluster of each of n clips; None: every clip is its own.

    Returns:
        Shape (clusters, k), in the order of the clusters' names.

    Example:
        >>> import numpy as np
        >>> by_cluster(np.array([[1.0], [2], [4]]), ["ann", "bob", "ann"]).tolist()
        [[5.0], [2.0]]
    """
    import numpy as np

    if clusters is None:
        return columns
    names, inverse = np.unique(np.asarray(clusters), return_inverse=True)
    summed = np.zeros((len(names), columns.shape[1]))
    np.add.at(summed, inverse, columns)
    return summed


def draws_for(tests: int) -> int:
    """How many ways to change places are drawn where a p is corrected for so many tests.

    Example:
        >>> draws_for(1), draws_for(1225)
        (10000, 122500)
    """
    return max(DRAWS, DRAWS_A_TEST * tests)


def least_p(clusters: int, draws: int = DRAWS) -> float:
    """The smallest p that `exchange` can give.

    Args:
        clusters: how many there are.
        draws: as of `exchange`.

    Example:
        >>> least_p(5), least_p(6), round(least_p(100), 6)
        (0.0625, 0.03125, 0.0001)
    """
    return 2.0 ** (1 - clusters) if 2 ** min(clusters, 64) <= draws else 1 / (draws + 1)


def too_few(clusters: int, tests: int = 1) -> str | None:
    """Why no test can show a difference at 5 %; None where one can.

    Args:
        clusters: that are exchanged.
        tests: over which p is corrected (Holm).

    Example:
        >>> too_few(3), too_few(6)
        ('the smallest p that can be is 0.25', None)
        >>> too_few(8, tests=28)
        'the smallest p that can be is 0.0078, after Holm over 28 pairs 0.22'
    """
    smallest = min(1.0, least_p(clusters, draws_for(tests)))
    corrected = min(1.0, tests * smallest)
    if corrected < ALPHA:
        return None
    holm_s = f", after Holm over {tests} pairs {corrected:.2g}" if tests > 1 else ""
    return f"the smallest p that can be is {smallest:.2g}{holm_s}"


def mcnemar(b: int, c: int) -> float:
    """Exact two-sided p of b and c discordant pairs being equally likely: the binomial test of b in
    b + c at one half.

    Assumes independent clips; `exchange` gives the same p where every clip is its own cluster. Where it errs: to the
    safe side, for p takes few values; where clips share artists, to the other.

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
    return binomial(b, b + c, 0.5)


def binomial(k: int, n: int, p: float) -> float:
    """Two-sided p of k right answers of n where each is right with probability p: twice the smaller
    tail, at most 1.

    Assumes independent answers: of clips that share artists, give as many as are independent (`independent_clips`).
    Where it errs: to the safe side, for k is a whole number.

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
    if n == 0 or not 0 < p < 1:
        return 1.0 if k == n * p else 0.0
    from scipy.special import bdtr  # not scipy.stats, which takes four times as long to import

    return float(min(1.0, 2 * min(bdtr(k, n, p), bdtr(n - k, n, 1 - p))))


def independent_clips(clusters: Sequence[str]) -> float:
    """How many independent clips n clips in clusters are worth at the least: as if all of a cluster
    were alike.

    Args:
        clusters: of each of n clips.

    Returns:
        n**2 / the sum of squared sizes: n of clips apart, the number of clusters of one size, less of others.

    Source:
        L. Kish, Survey Sampling, 1965: the design effect at an intra-class correlation of 1.

    Example:
        >>> independent_clips(["ann", "ann", "bob", "bob"]), independent_clips(["ann", "bob"])
        (2.0, 2.0)
    """
    return len(clusters) ** 2 / max(1, sum(size * size for size in Counter(clusters).values()))


def holm(ps: Sequence[float]) -> list[float]:
    """p values adjusted for their number, so that the chance of any false difference stays at 5 %.

    Assumes nothing of how the tests hang together. Where it errs: to the safe side, the more so the more alike they
    are.

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
