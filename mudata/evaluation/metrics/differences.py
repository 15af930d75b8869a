"""Intervals of differences on the same clips: of two runs, or of a caption's score beside that on other clips.

What a clip gains and what it loses are two shares (or means) of one set of clips, and the difference is the one minus
the other. Each has its own interval, which knows how little a few clusters say near 0 and 1; the two make one, with the
correlation that clusters show between them. Where values are no shares that is needed the less the more clusters
differ: then Student's t on the differences themselves.

Sources: R. G. Newcombe, Improved confidence intervals for the difference between binomial proportions based on paired
data, 1998. G. Y. Zou, A. Donner, Construction of confidence limits about effect measures: a general approach, 2008,
for any two numbers. The drawing from the one to the other, by `variance.trust_in`, is ours.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from mudata.evaluation.metrics.intervals import ALPHA, Interval, bounded, ratio, require_clips, symmetric
from mudata.evaluation.metrics.jackknife import ClusteredClips, Jackknife
from mudata.evaluation.metrics.variance import UNSEEN, freedom_of_moves, trust_in

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

_NOTHING = 1e-14


def difference(
    a: tuple[Floats, Floats], b: tuple[Floats, Floats], clips: ClusteredClips, alpha: float = ALPHA
) -> Interval:
    """Interval of the difference a - b of two ratios of sums on the same clips.

    Args:
        a, b: (over, under) of each run, as of `intervals.ratio`; each of shape (n,).
        clips: the clusters of those clips.
        alpha: 1 minus the confidence, two-sided: ALPHA / pairs holds all of several pairs at once (Bonferroni).

    Returns:
        As `mean_difference` where both are means (shares), else as `intervals.symmetric`; within [-1, 1].

    Raises:
        EvaluationError: there is no clip.

    Example:
        >>> import numpy as np
        >>> a, b = np.array([1.0] * 12 + [0] * 4), np.array([1.0] * 6 + [0] * 10)
        >>> clips = ClusteredClips(np.arange(16), 16)
        >>> found = difference((a, np.ones(16)), (b, np.ones(16)), clips)
        >>> round(found.low, 2), round(found.high, 2)
        (0.1, 0.61)
    """
    require_clips(len(clips.of))
    if (a[1] == 1).all() and (b[1] == 1).all():
        return mean_difference(a[0] - b[0], clips, alpha)
    first, second = (Jackknife.ratio(over, under, clips) for over, under in (a, b))
    found = symmetric(first.minus(second), alpha, ends=(-1.0, 1.0))
    if found.low is None or found.high is None:
        return found
    return found._replace(low=max(-1.0, found.low), high=min(1.0, found.high))


def mean_difference(values: Floats, clips: ClusteredClips, alpha: float = ALPHA) -> Interval:
    """Interval of the mean of what clips gain or lose.

    Args:
        values: of each of n clips, shape (n,), in [-1, 1]; -1, 0 and 1 of right and wrong answers.
        clips: the clusters of those clips.
        alpha: 1 minus the confidence, two-sided.

    Returns:
        Within [-1, 1]. No ends where `intervals.ratio` has none.

    Raises:
        EvaluationError: there is no clip.

    Example:
        >>> import numpy as np
        >>> artists = ClusteredClips(np.repeat(np.arange(32), 3), 32)
        >>> low, high, clusters, how = mean_difference(np.ones(96), artists)
        >>> round(low, 2), high, clusters, how
        (0.85, 1.0, 32, 'cluster Newcombe')
    """
    import numpy as np

    ones, none = np.ones(require_clips(len(values))), np.zeros(len(values))
    shares = bool(np.isin(values, (-1.0, 0.0, 1.0)).all())
    sides = [np.maximum(values, none), np.maximum(-values, none)]
    if shares:
        gain, loss = (ratio(side, ones, clips, alpha) for side in sides)
    else:
        gain, loss = (bounded(Jackknife.ratio(side, ones, clips), alpha) for side in sides)
    if gain.low is None or gain.high is None or loss.low is None or loss.high is None:
        return gain
    gains, losses = (Jackknife.ratio(side, ones, clips) for side in sides)
    tied = _correlation(gains.moves, losses.moves)
    value = float(values.mean())
    below = _reach(gains.value - gain.low, loss.high - losses.value, tied)
    above = _reach(gain.high - gains.value, losses.value - loss.low, tied)
    how = "Newcombe" if clips.count == len(values) else "cluster Newcombe"
    if not shares:
        found = Jackknife.ratio(values, ones, clips)
        usual = symmetric(found, alpha, ends=(-1.0, 1.0))
        trust = trust_in(freedom_of_moves(found), UNSEEN)
        if usual.low is not None and usual.high is not None:
            below = trust * (value - usual.low) + (1 - trust) * below
            above = trust * (usual.high - value) + (1 - trust) * above
            how = usual.how
    return Interval(max(-1.0, value - below), min(1.0, value + above), clips.count, how)


def _correlation(first: Floats, second: Floats) -> float:
    scale = math.sqrt(float(first @ first) * float(second @ second))
    return float(first @ second) / scale if scale > _NOTHING else 0.0


def _reach(one: float, other: float, tied: float) -> float:
    return math.sqrt(max(0.0, one * one + other * other - 2 * tied * one * other))
