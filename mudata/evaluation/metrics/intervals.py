"""Intervals of numbers over clips that come in clusters: of one artist, album or track, copies of each other.

One way for all of them. One cluster at a time is left out; how far the number moves gives its variance (the jackknife
CV3), which is taken back to its expectation for clusters of these sizes and alikeness (as CR2 does), and is larger than
that of independent clips by the design effect. Few clusters tell little of either: both are drawn towards the worst
case, clips of a cluster all alike, the more the fewer clusters differ. What lies in [0, 1] gets Wilson's interval at
the effective number of clips, anything else a symmetric one, with the quantile of Student's t that such clusters leave,
and none is narrower than for independent clips. Shares of independent clips have Wilson's own interval. Differences on
the same clips: `differences`.

Assumed: clusters are independent, a sample of those that one wants to know of, and how well one is answered does not
hang on its size. How often intervals hold the truth, simulated: docs/statistics.md.

Sources: E. B. Wilson, Probable inference, the law of succession, and statistical inference, 1927. L. Kish, Survey
Sampling, 1965. R. M. Bell, D. F. McCaffrey, Bias reduction in standard errors for linear regression with multi-stage
samples, 2002. J. G. MacKinnon, M. O. Nielsen, M. D. Webb, Fast and reliable jackknife and bootstrap methods for
cluster-robust inference, 2023. The drawing towards the worst case is ours.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

from mudata.errors import EvaluationError
from mudata.evaluation.metrics.jackknife import ClusteredClips, Jackknife
from mudata.evaluation.metrics.variance import UNSEEN, UNSEEN_OF_SHARES, Spread

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

ALPHA = 0.05
"""Intervals hold 1 - ALPHA, two-sided; the one constant of intervals and tests."""
Z95 = 1.959963984540054
"""97.5 % quantile of the normal distribution."""
FEWEST_CLUSTERS = 8
"""Below, nothing but shares has an interval: with fewer, those of means near 0 or 1 hold the truth in 70 to 90 of 100
simulations."""
FEWEST_OF_SHARES = 4
"""Below, not even shares of clips in clusters have one."""


class Interval(NamedTuple):
    """`low` and `high` are None where nothing can be said; `clusters` are those that it is over; `how` tells in few
    words how it was found, or why it was not."""

    low: float | None
    high: float | None
    clusters: int
    how: str


def wilson(k: float, n: float, alpha: float = ALPHA) -> tuple[float, float]:
    """Interval of a share of independent clips.

    Args:
        k: how many of the clips are right.
        n: how many clips there are.
        alpha: 1 minus the confidence, two-sided.

    Returns:
        Lower and upper bound, both in [0, 1]; they hold k / n and never leave that range.

    Raises:
        EvaluationError: n is 0.

    Source:
        E. B. Wilson, 1927. It holds 95 % of shares on average, and as few as 84 % for single ones near 1 / n:
        R. G. Newcombe, Two-sided confidence intervals for the single proportion, 1998.

    Example:
        >>> [round(bound, 3) for bound in wilson(80, 100)]
        [0.711, 0.867]
    """
    from scipy.special import ndtri

    require_clips(n)
    return _wilson(k / n, n, float(ndtri(1 - alpha / 2)))


def ratio(over: Floats, under: Floats, clips: ClusteredClips, alpha: float = ALPHA) -> Interval:
    """Interval of a ratio of sums in [0, 1]: a share, a mean of values in [0, 1], micro-F1.

    Args:
        over, under: of each of n clips, shape (n,), 0 <= over <= under; clips with 0 below do not count.
        clips: the clusters of those clips.
        alpha: 1 minus the confidence, two-sided.

    Returns:
        Wilson's own interval where all is 0 or 1 and clips are independent. No ends for one clip, one cluster, fewer
        than FEWEST_OF_SHARES clusters (shares) or FEWEST_CLUSTERS (all else).

    Raises:
        EvaluationError: no clip counts.

    Source:
        See the module. Near 0 and 1, and of few clusters, it holds more often than 95 times of 100 (97 to 100).

    Example:
        >>> import numpy as np
        >>> clips = ClusteredClips(np.repeat(np.arange(32), 3), 32)
        >>> low, high, clusters, how = ratio(np.ones(96), np.ones(96), clips)
        >>> round(low, 2), high, clusters, how
        (0.89, 1.0, 32, 'Wilson, effective n 32')
    """
    asked = under > 0
    if not asked.all():
        over, under, clips = over[asked], under[asked], clips.only(asked)
    n = require_clips(len(under))
    binary = _binary(over, under)
    if binary and clips.count == n > 1:
        return Interval(*wilson(float(over.sum()), n, alpha), n, "Wilson")
    return bounded(Jackknife.ratio(over, under, clips), alpha, binary=binary)


def bounded(found: Jackknife, alpha: float = ALPHA, *, binary: bool = False) -> Interval:
    """Interval of a number in [0, 1] from its jackknife: Wilson's at the effective number of clips. See `ratio`.

    Args:
        found: of the number.
        alpha: 1 minus the confidence, two-sided.
        binary: every clip is right or wrong.
    """
    if refused := _refused(found, binary):
        return refused
    value, unseen = found.value, UNSEEN_OF_SHARES if binary else UNSEEN
    spread = Spread.of(found, alpha, unseen, room=value * (1 - value))
    if spread is None:
        return _all_alike(found, (0.0, 1.0), alpha)
    low, high = _wilson(value, spread.effective, spread.quantile)
    low, high = min(value, max(0.0, low)), max(value, min(1.0, high))
    how = _jackknife(found)
    if binary:
        how = f"Wilson, effective n {min(len(found.clip_moves), effective_clips(value, low, high, alpha)):.0f}"
    return Interval(low, high, len(found.moves), how)


def symmetric(found: Jackknife, alpha: float = ALPHA, *, ends: tuple[float, float] | None = None) -> Interval:
    """Interval of any other number (a ratio of lengths, a difference of micro-F1, kappa) from its jackknife.

    Args:
        found: of the number.
        alpha: 1 minus the confidence, two-sided.
        ends: the least and the most that a clip can be worth, where there are such.

    Returns:
        No low and high for one clip, fewer than FEWEST_CLUSTERS clusters, or no variance and no ends.

    Example:
        >>> import numpy as np
        >>> ratios = np.array([1.1, 1.2, 1.0, 1.3, 1.1, 1.2, 1.1, 1.2, 1.3, 1.1])
        >>> clips = ClusteredClips(np.arange(10), 10)
        >>> found = symmetric(Jackknife.ratio(ratios, np.ones(10), clips))
        >>> round(found.low, 2), round(found.high, 2), found.how
        (1.09, 1.23, 'jackknife t')
    """
    if refused := _refused(found, binary=False):
        return refused
    spread = Spread.of(found, alpha, UNSEEN)
    if spread is None:
        return _all_alike(found, ends, alpha) if ends else _none(found, "no variance")
    half = spread.quantile * math.sqrt(spread.variance)
    return Interval(found.value - half, found.value + half, len(found.moves), _jackknife(found))


def effective_clips(value: float, low: float, high: float, alpha: float = ALPHA) -> float:
    """How many independent clips a share's interval is worth: of so many, Wilson's interval has these ends.

    Args:
        value: the share.
        low, high: its interval, which does not end at `value` on both sides.
        alpha: 1 minus the confidence that it has.

    Example:
        >>> round(effective_clips(0.8, *wilson(80, 100)), 6), round(effective_clips(0.0, *wilson(0, 20)), 6)
        (100.0, 20.0)
    """
    from scipy.special import ndtri

    part, product = (value, low * high) if value >= 0.5 else (1 - value, (1 - low) * (1 - high))
    # the product of both ends of Wilson's interval is part**2 / (1 + z**2 / n)
    z = float(ndtri(1 - alpha / 2))
    return math.inf if product >= part * part else z * z * product / (part * part - product)


def require_clips(n: float) -> int:
    """A number of clips that is not 0. Raises EvaluationError where it is: nothing can be divided
    by it."""
    if n == 0:
        raise EvaluationError("There is nothing to score: no clip was asked.", "Check the split's part and the limit.")
    return int(n)


def _all_alike(found: Jackknife, ends: tuple[float, float], alpha: float) -> Interval:
    """Where no clip differs from another, so many of those that were not seen still may as Wilson's bound has it for
    none of the clusters; at worst they lie at an end."""
    from scipy.special import ndtri

    effective = float(found.weights.sum() ** 2 / (found.weights @ found.weights))
    unseen = _wilson(0.0, effective, float(ndtri(1 - alpha / 2)))[1]
    low, high = (found.value + unseen * (end - found.value) for end in ends)
    return Interval(low, high, len(found.moves), "Wilson, no clip differs")


def _wilson(value: float, n: float, quantile: float) -> tuple[float, float]:
    square = quantile * quantile
    centre = value + square / (2 * n)
    half = quantile * math.sqrt(value * (1 - value) / n + square / (4 * n * n))
    # at the ends rounding must not push the bound past the value
    low = 0.0 if value <= 0 else (centre - half) / (1 + square / n)
    return low, 1.0 if value >= 1 else (centre + half) / (1 + square / n)


def _binary(over: Floats, under: Floats) -> bool:
    return bool(((over == 0) | (over == 1)).all() and (under == 1).all())


def _jackknife(found: Jackknife) -> str:
    return "jackknife t" if len(found.moves) == len(found.clip_moves) else "cluster jackknife t"


def _refused(found: Jackknife, binary: bool) -> Interval | None:
    """Why there can be no interval, where there can be none."""
    clips, clusters = len(found.clip_moves), len(found.moves)
    if clips == 1:
        return Interval(None, None, clusters, "none: 1 clip")
    if clusters == 1:
        return Interval(None, None, 1, f"none: {clips} clips of 1 cluster")
    if clusters < (FEWEST_OF_SHARES if binary else FEWEST_CLUSTERS):
        return _none(found, f"{clusters} {'clips' if clusters == clips else 'clusters'} are too few")
    return None


def _none(found: Jackknife, why: str) -> Interval:
    return Interval(None, None, len(found.moves), f"none: {why}")
