"""Numbers about clips with their intervals, as metrics whose recipe says how both were found."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mudata.evaluation.metrics import intervals
from mudata.evaluation.metrics.differences import mean_difference
from mudata.evaluation.metrics.intervals import Interval, require_clips
from mudata.evaluation.metrics.jackknife import ClusteredClips, Jackknife
from mudata.evaluation.metrics.scored import Metric

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

    from mudata.evaluation.metrics.scored import ScoredAnswer

    Floats = NDArray[np.float64]


SHARES, LIFTS = (0.0, 1.0), (-1.0, 1.0)
"""The least and the most that a clip can be worth."""


def clustered(scored: Sequence[ScoredAnswer]) -> ClusteredClips:
    """The clusters of the clips that were answered, in their order."""
    return ClusteredClips.named([item.cluster for item in scored])


def share(
    name: str,
    counted: Sequence[bool],
    recipe: str,
    clips: ClusteredClips,
    asked: Sequence[bool] | None = None,
) -> Metric:
    """A share of clips.

    Args:
        name: of the metric.
        counted: which of n clips count.
        recipe: what is counted, in words.
        clips: the clusters of those n clips.
        asked: which of them the share is of; None for all.

    Raises:
        EvaluationError: it is a share of nothing.

    Example:
        >>> clips = ClusteredClips.named("abcd")
        >>> metric = share("coverage", [True, True, True, False], "answers that could be read / all", clips)
        >>> metric.value, round(metric.low, 2), round(metric.high, 2), metric.recipe
        (0.75, 0.3, 0.95, 'answers that could be read / all; 95 % Wilson')
    """
    import numpy as np

    under = np.ones(len(counted)) if asked is None else np.array(asked, dtype=np.float64)
    return ratio(name, np.array(counted, dtype=np.float64) * under, under, recipe, clips)


def mean(
    name: str, values: Floats, recipe: str, clips: ClusteredClips, *, within: tuple[float, float] | None = SHARES
) -> Metric:
    """Mean of one value per clip.

    Args:
        name: of the metric.
        values: shape (n,).
        recipe: what is averaged, in words.
        clips: the clusters of those n clips.
        within: the least and the most that a clip can be worth, where there are such.

    Raises:
        EvaluationError: there is no clip.

    Example:
        >>> import numpy as np
        >>> clips = ClusteredClips(np.arange(10), 10)
        >>> metric = mean("credit", np.array([0, 0.5, 1, 1, 0, 1, 1, 1, 1, 0.5]), "credit per clip", clips)
        >>> metric.value, round(metric.low, 2), round(metric.high, 2), metric.interval
        (0.7, 0.38, 0.9, 'jackknife t')
    """
    import numpy as np

    return ratio(name, values, np.ones(len(values)), recipe, clips, within=within)


def ratio(
    name: str,
    over: Floats,
    under: Floats,
    recipe: str,
    clips: ClusteredClips,
    *,
    within: tuple[float, float] | None = SHARES,
) -> Metric:
    """A ratio of two sums over clips.

    Args:
        name: of the metric.
        over, under: of each of n clips; those with 0 below do not count. Where all are 0, so is the metric.
        recipe: what is divided by what, in words.
        clips: the clusters of those n clips.
        within: the least and the most that it can be for a clip, where there are such.

    Raises:
        EvaluationError: there is no clip.
    """
    require_clips(len(under))
    asked = under > 0
    if not asked.any():
        return metric(name, 0.0, Interval(None, None, 0, "none: nothing to divide by"), 0, recipe)
    if within == SHARES:
        interval = intervals.ratio(over, under, clips)
    else:
        over_asked, under_asked, asked_clips = over[asked], under[asked], clips.only(asked)
        if within == LIFTS and (under_asked == 1).all():
            interval = mean_difference(over_asked, asked_clips)
        else:
            interval = intervals.symmetric(Jackknife.ratio(over_asked, under_asked, asked_clips), ends=within)
    return metric(name, float(over.sum() / under.sum()), interval, int(asked.sum()), recipe)


def constant(name: str, value: float, n: int, recipe: str) -> Metric:
    """What is known without any clip (chance): its interval is itself."""
    return Metric(name, value, value, value, n, recipe)


def metric(name: str, value: float, interval: Interval, n: int, recipe: str) -> Metric:
    """A number with its interval, and a recipe that says what the interval is over: what hangs on the answers, such as
    the effective n, is no part of it."""
    low, high, clusters, how = interval
    over = f", {clusters} clusters of {n} clips" if 0 < clusters < n else ""
    told = "interval none" if low is None else f"95 % {how.rstrip('0123456789').strip()}{over}"
    return Metric(name, value, low, high, n, f"{recipe}; {told}", clusters, how)
