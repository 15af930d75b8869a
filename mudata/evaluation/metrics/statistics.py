"""Intervals of metrics: Wilson's for proportions, a seeded bootstrap for everything else.

Clips of one artist or track are not independent. Where groups are known (`ScoredAnswer.cluster`)
the bootstrap draws whole groups; its recipe says how many. numpy only.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from mudata.errors import EvaluationError
from mudata.evaluation.metrics.scored import Metric

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

Z95 = 1.959963984540054
"""97.5 % quantile of the normal distribution."""
SEED, RESAMPLES = 0, 1000
FEW_GROUPS = 20
"""Below so many groups a bootstrap of groups finds too much certainty (A. C. Cameron, J. B.
Gelbach, D. L. Miller, Bootstrap-based improvements for inference with clustered errors, 2008)."""
WILSON = "Wilson 95 %"
WEIGHTS_AT_ONCE = 2_000_000
"""Weights drawn at a time: bounds memory at a few dozen megabytes."""


def wilson(k: int, n: int) -> tuple[float, float]:
    """95 % interval of a proportion.

    Args:
        k: how many of the clips are right.
        n: how many clips there are.

    Returns:
        Lower and upper bound, both in [0, 1]; they hold k / n and never leave that range.

    Raises:
        EvaluationError: n is 0.

    Source:
        E. B. Wilson, Probable inference, the law of succession, and statistical inference, 1927.

    Example:
        >>> [round(bound, 3) for bound in wilson(80, 100)]
        [0.711, 0.867]
    """
    require_clips(n)
    p, z2 = k / n, Z95 * Z95
    centre, half = p + z2 / (2 * n), Z95 * math.sqrt(p * (1 - p) / n + z2 / (4 * n * n))
    # at the ends rounding must not push the bound past the value
    low = 0.0 if k == 0 else (centre - half) / (1 + z2 / n)
    return low, 1.0 if k == n else (centre + half) / (1 + z2 / n)


def group_count(clusters: Sequence[str] | None) -> int:
    """Number of groups to draw.

    Args:
        clusters: the group of each of n clips.

    Returns:
        How many different groups there are; 0 where clips are drawn instead: without groups, with
        one, or with as many as clips.

    Example:
        >>> group_count(["ann", "ann", "bob"]), group_count(["ann", "bob"])
        (2, 0)
    """
    if clusters is None:
        return 0
    groups = len(set(clusters))
    return groups if 1 < groups < len(clusters) else 0


def method(clusters: Sequence[str] | None = None, resamples: int = RESAMPLES, seed: int = SEED) -> str:
    """How `bootstrap` and its kin find an interval, in words: part of every recipe.

    Example:
        >>> method(resamples=500)
        '95 % percentile bootstrap over clips, 500 resamples, seed 0'
    """
    groups = group_count(clusters)
    few = ", so few that it is too narrow" if groups < FEW_GROUPS else ""
    over = f"{groups} groups of clips (artist, else track{few})" if groups else "clips"
    return f"95 % percentile bootstrap over {over}, {resamples} resamples, seed {seed}"


def bootstrap(
    columns: NDArray[np.float64],
    statistic: Callable[[NDArray[np.float64]], NDArray[np.float64]],
    clusters: Sequence[str] | None = None,
) -> tuple[float, float]:
    """95 % percentile interval of a statistic of column sums, over resampled clips or groups of
    clips.

    Args:
        columns: shape (n, k), one row per clip.
        statistic: from sums of shape (resamples, k) to values of shape (resamples,).
        clusters: the group of each of n clips; see `resampled`.

    Returns:
        Lower and upper bound, in the statistic's unit.

    Raises:
        EvaluationError: there is no clip.

    Source:
        B. Efron, R. Tibshirani, An Introduction to the Bootstrap, 1993, chapter 13.

    Example:
        >>> import numpy as np
        >>> columns = np.array([[1.0, 1], [0, 1], [1, 1], [1, 1]])  # right, asked
        >>> bootstrap(columns, lambda sums: sums[:, 0] / sums[:, 1])
        (0.25, 1.0)
    """
    return interval(statistic(resampled(columns, clusters)))


def resampled(
    columns: NDArray[np.float64],
    clusters: Sequence[str] | None = None,
    resamples: int = RESAMPLES,
    seed: int = SEED,
) -> NDArray[np.float64]:
    """Column sums of resamples, drawn with replacement.

    Args:
        columns: shape (n, k), one row per clip.
        clusters: the group of each of n clips: whole groups are drawn. Where no two clips or all of
            them are one group, clips are.
        resamples: how many draws of n clips (or of as many groups as there are).
        seed: of numpy's default generator; the same seed gives the same sums.

    Returns:
        Sums of shape (resamples, k).

    Raises:
        EvaluationError: there is no clip.

    Example:
        >>> import numpy as np
        >>> columns = np.array([[1.0, 1], [0, 1], [1, 1], [1, 1]])
        >>> resampled(columns, resamples=3).tolist()
        [[3.0, 4.0], [3.0, 4.0], [4.0, 4.0]]
    """
    import numpy as np

    if groups := group_count(clusters):
        _, inverse = np.unique(np.asarray(clusters), return_inverse=True)
        summed = np.zeros((groups, columns.shape[1]))
        np.add.at(summed, inverse, columns)
        columns = summed
    n, random = require_clips(len(columns)), np.random.default_rng(seed)
    sums, step = np.empty((resamples, columns.shape[1])), max(1, WEIGHTS_AT_ONCE // n)
    for start in range(0, resamples, step):
        rows = min(step, resamples - start)
        drawn = random.integers(0, n, (rows, n)) + n * np.arange(rows)[:, None]
        weights = np.bincount(drawn.ravel(), minlength=rows * n).reshape(rows, n).astype(np.float64)
        sums[start : start + rows] = weights @ columns
    return sums


def interval(values: NDArray[np.float64]) -> tuple[float, float]:
    """The middle 95 % of resampled values; those that are not a number are left out.

    Args:
        values: shape (resamples,).

    Returns:
        The 2.5 % and the 97.5 % percentile.

    Example:
        >>> import numpy as np
        >>> interval(np.arange(101.0))
        (2.5, 97.5)
    """
    import numpy as np

    low, high = np.nanpercentile(values, [2.5, 97.5])
    return float(low), float(high)


def share(name: str, k: int, n: int, recipe: str) -> Metric:
    """A proportion as a metric, with Wilson's interval.

    Args:
        name: of the metric.
        k: how many of the clips count.
        n: how many clips there are.
        recipe: what is counted, in words.

    Raises:
        EvaluationError: n is 0.

    Example:
        >>> metric = share("coverage", 3, 4, "answers that could be read / all")
        >>> metric.value, round(metric.low, 2), round(metric.high, 2)
        (0.75, 0.3, 0.95)
    """
    low, high = wilson(k, n)
    return Metric(name, k / n, low, high, n, f"{recipe}; {WILSON}")


def mean(name: str, values: NDArray[np.float64], recipe: str, clusters: Sequence[str] | None = None) -> Metric:
    """Mean of one value per clip, with its bootstrap interval.

    Args:
        name: of the metric.
        values: shape (n,).
        recipe: what is averaged, in words.
        clusters: the group of each of n clips; see `resampled`.

    Raises:
        EvaluationError: there is no clip.

    Example:
        >>> import numpy as np
        >>> metric = mean("credit", np.array([0.0, 1, 1, 1, 0, 1, 1, 1, 1, 0]), "credit per clip")
        >>> metric.value, metric.low, metric.high
        (0.7, 0.4, 0.9)
    """
    low, high = bootstrap(counted(values), ratio_of_sums, clusters)
    return Metric(name, float(values.mean()), low, high, len(values), f"{recipe}; {method(clusters)}")


def counted(values: NDArray[np.float64]) -> NDArray[np.float64]:
    import numpy as np

    return np.column_stack([values, np.ones(len(values))])  # groups differ in size, so resamples do


def ratio_of_sums(sums: NDArray[np.float64]) -> NDArray[np.float64]:
    import numpy as np

    return np.asarray(sums[:, 0] / sums[:, 1])


def require_clips(n: int) -> int:
    """A number of clips that is not 0. Raises EvaluationError where it is: nothing can be divided
    by it."""
    if n == 0:
        raise EvaluationError("There is nothing to score: no clip was asked.", "Check the split's part and the limit.")
    return n
