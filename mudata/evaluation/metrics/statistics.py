"""Intervals and tests: Wilson's for proportions, a seeded bootstrap for everything else, McNemar's for pairs.

Clips of one artist or track are not independent. Where groups are known (`ScoredAnswer.cluster`) the bootstrap draws
whole groups; its recipe says how many. numpy only.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

from mudata.errors import EvaluationError
from mudata.evaluation.metrics.scored import Metric

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

Z95 = 1.959963984540054
"""97.5 % quantile of the normal distribution."""
SEED, RESAMPLES = 0, 1000
PAIRED_RESAMPLES = 10_000
"""Enough for the smallest p value (2 / 10,001) to survive Holm's correction over a hundred pairs."""
FEW_GROUPS = 20
"""Below so many groups a bootstrap of groups finds too much certainty (Cameron, Gelbach, Miller 2008)."""
WILSON = "Wilson 95 %"
_CELLS = 2_000_000
"""Weights drawn at a time: bounds memory at a few dozen megabytes."""


def wilson(k: int, n: int) -> tuple[float, float]:
    """95 % interval of a proportion (Wilson 1927). 80 of 100: 0.711 to 0.867. Raises EvaluationError for n = 0."""
    some(n)
    p, z2 = k / n, Z95 * Z95
    centre, half = p + z2 / (2 * n), Z95 * math.sqrt(p * (1 - p) / n + z2 / (4 * n * n))
    # at the ends rounding must not push the bound past the value
    low = 0.0 if k == 0 else (centre - half) / (1 + z2 / n)
    return low, 1.0 if k == n else (centre + half) / (1 + z2 / n)


def group_count(clusters: Sequence[str] | None) -> int:
    """Number of groups to draw; 0 where clips are drawn."""
    if clusters is None:
        return 0
    groups = len(set(clusters))
    return groups if 1 < groups < len(clusters) else 0


def method(clusters: Sequence[str] | None = None, resamples: int = RESAMPLES, seed: int = SEED) -> str:
    """How `bootstrap` and its kin find an interval, in words."""
    groups = group_count(clusters)
    few = ", so few that it is too narrow" if groups < FEW_GROUPS else ""
    over = f"{groups} groups of clips (artist, else track{few})" if groups else "clips"
    return f"95 % percentile bootstrap over {over}, {resamples} resamples, seed {seed}"


def bootstrap(
    columns: NDArray[np.float64],
    statistic: Callable[[NDArray[np.float64]], NDArray[np.float64]],
    clusters: Sequence[str] | None = None,
) -> tuple[float, float]:
    """95 % percentile interval of a statistic of column sums, over resampled clips or groups of clips.

    `columns` has shape (n, k); `statistic` takes sums of shape (resamples, k) and gives shape (resamples,).
    """
    return interval(statistic(resampled(columns, clusters)))


def resampled(
    columns: NDArray[np.float64],
    clusters: Sequence[str] | None = None,
    resamples: int = RESAMPLES,
    seed: int = SEED,
) -> NDArray[np.float64]:
    """Column sums of resamples: (n, k) to (resamples, k). With `clusters` (n names) whole groups are drawn; where no
    two clips or all of them are one group, clips are."""
    import numpy as np

    if groups := group_count(clusters):
        _, inverse = np.unique(np.asarray(clusters), return_inverse=True)
        summed = np.zeros((groups, columns.shape[1]))
        np.add.at(summed, inverse, columns)
        columns = summed
    n, random = some(len(columns)), np.random.default_rng(seed)
    sums, step = np.empty((resamples, columns.shape[1])), max(1, _CELLS // n)
    for start in range(0, resamples, step):
        rows = min(step, resamples - start)
        drawn = random.integers(0, n, (rows, n)) + n * np.arange(rows)[:, None]
        weights = np.bincount(drawn.ravel(), minlength=rows * n).reshape(rows, n).astype(np.float64)
        sums[start : start + rows] = weights @ columns
    return sums


def interval(values: NDArray[np.float64]) -> tuple[float, float]:
    """The middle 95 % of resampled values."""
    import numpy as np

    low, high = np.nanpercentile(values, [2.5, 97.5])
    return float(low), float(high)


def share(name: str, k: int, n: int, recipe: str) -> Metric:
    low, high = wilson(k, n)
    return Metric(name, k / n, low, high, n, f"{recipe}; {WILSON}")


def mean(name: str, values: NDArray[np.float64], recipe: str, clusters: Sequence[str] | None = None) -> Metric:
    """Mean of one value per clip with its bootstrap interval."""
    low, high = bootstrap(_counted(values), _ratio, clusters)
    return Metric(name, float(values.mean()), low, high, len(values), f"{recipe}; {method(clusters)}")


def _counted(values: NDArray[np.float64]) -> NDArray[np.float64]:
    import numpy as np

    return np.column_stack([values, np.ones(len(values))])  # groups differ in size, so resamples do


def _ratio(sums: NDArray[np.float64]) -> NDArray[np.float64]:
    import numpy as np

    return np.asarray(sums[:, 0] / sums[:, 1])


def some(n: int) -> int:
    if n == 0:
        raise EvaluationError("There is nothing to score: no clip was asked.", "Check the split's part and the limit.")
    return n


class Difference(NamedTuple):
    """How much larger a is than b, its 95 % interval, two-sided p of no difference, and its standard error."""

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
    """Difference of two runs on the same clips, which are drawn together (Efron and Tibshirani 1993).

    `a` and `b` are (n,) values, whose means are compared, or (n, k) columns for a `statistic` as in `bootstrap`.
    p is twice the smaller share of resamples on one side of no difference, (count + 1) / (resamples + 1).
    """
    import numpy as np

    if statistic is None:
        a, b, statistic = _counted(a), _counted(b), _ratio
    width = a.shape[1]
    sums = resampled(np.hstack([a, b]), clusters, resamples, seed)
    found = statistic(sums[:, :width]) - statistic(sums[:, width:])
    value = float((statistic(a.sum(0, keepdims=True)) - statistic(b.sum(0, keepdims=True)))[0])
    side = 1 + min(int((found <= 0).sum()), int((found >= 0).sum()))
    return Difference(value, *interval(found), min(1.0, 2 * side / (resamples + 1)), float(found.std(ddof=1)))


def mcnemar(b: int, c: int) -> float:
    """Exact two-sided p of b and c discordant pairs being equally likely (McNemar 1947): the binomial test of b in
    b + c at one half. 10 against 2: 0.0386. Without discordant pairs 1."""
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
    """p values adjusted for their number so that the chance of any false difference stays at 5 % (Holm 1979)."""
    adjusted, floor = [0.0] * len(ps), 0.0
    for done, i in enumerate(sorted(range(len(ps)), key=ps.__getitem__)):
        floor = max(floor, min(1.0, (len(ps) - done) * ps[i]))
        adjusted[i] = floor
    return adjusted


def tied_groups(n: int, different: Collection[tuple[int, int]]) -> list[tuple[int, ...]]:
    """Maximal sets of 0 ... n - 1 in which no two are `different`, ordered by their members.

    The compact letter display of Piepho (2004): two runs are told apart if and only if no group has both. A run may
    be in several groups, for not being told apart does not carry over from pair to pair.
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
