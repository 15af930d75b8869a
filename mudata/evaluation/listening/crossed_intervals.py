"""Intervals of numbers over ratings, in which raters and clips both come again and again.

A rating is of one rater and one clip, so ratings that share either hang together; an interval has to hold for other
raters and other clips of the same kind. One rater at a time is left out, then one clip, then one pair of both; how far
the number moves gives three variances V_r, V_c and V_rc. What V_r and V_c have beyond V_rc is what raters and what
clips add, and the variance is max(0, V_r - V_rc) + max(0, V_c - V_rc) + V_rc, with the quantile of Student's t at
Satterthwaite's degrees of freedom of the parts that are there.

Marks and shares have ends, and near an end their means lie askew: of a mean the interval is symmetric on the scale of
log((x - least) / (most - x)) (delta method), which is nearly the plain one in the middle and never leaves the ends. Of
skewed marks about 4.5 of 5 the plain interval held the truth 90 times of 100, missing it on one side, and this one 93
to 95.

Why not a bootstrap that draws raters and clips at once: it counts the error of the single rating three times (Owen
2007, theorem 3), so that its intervals of differences between systems hold the truth 99 times of 100 and not 95. How
often these do, simulated: docs/listening.md.

Sources: A. C. Cameron, J. B. Gelbach, D. L. Miller, Robust inference with multiway clustering, 2011 (V_r + V_c - V_rc).
J. G. MacKinnon, M. O. Nielsen, M. D. Webb, Fast and reliable jackknife and bootstrap methods for cluster-robust
inference, 2023. F. E. Satterthwaite, An approximate distribution of estimates of variance components, 1946. A. B. Owen,
The pigeonhole bootstrap, 2007. That parts below 0 count as 0 is ours.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mudata.errors import number
from mudata.evaluation.metrics.intervals import ALPHA
from mudata.evaluation.metrics.jackknife import ClusteredClips

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

FEWEST_RATERS = FEWEST_CLIPS = 8
"""Below, nothing is said of other raters or other clips: as of clusters of clips (`metrics.intervals`)."""
HOW = "jackknife t over raters and clips"


@dataclass(frozen=True)
class CrossedEstimate:
    """A number over ratings with its 95 % interval.

    `low` and `high` are None where nothing can be said, and `how` says why. `error` is the standard error and `freedom`
    its degrees of freedom, 0 where there is none. `n` ratings of so many `raters`, and of clips in so many `clusters`:
    those of one artist, album or recording are one.
    """

    value: float
    low: float | None
    high: float | None
    error: float
    freedom: float
    n: int
    raters: int
    clusters: int
    how: str

    def p(self, null: float = 0.0, ends: tuple[float, float] | None = None) -> float:
        """Two-sided p of the number being `null`; below .05 just where that is outside the interval. 1 without one.
        ends: those that the interval was made with."""
        from scipy.special import stdtr

        if self.low is None:
            return 1.0
        scale = _EndedScale.of(ends)
        away = abs(scale.wide(self.value) - scale.wide(null)) / (self.error * scale.slope(self.value))
        return float(2 * stdtr(self.freedom, -away))


@dataclass(frozen=True)
class _EndedScale:
    """What has ends, on a scale that has none; as it is where it has none."""

    least: float
    most: float

    @classmethod
    def of(cls, ends: tuple[float, float] | None) -> _EndedScale:
        return cls(*ends) if ends else cls(-math.inf, math.inf)

    def wide(self, x: float) -> float:
        return x if math.isinf(self.most) else math.log((x - self.least) / (self.most - x))

    def slope(self, x: float) -> float:
        """By how much `wide` rises where x rises by a little."""
        return 1.0 if math.isinf(self.most) else (self.most - self.least) / ((x - self.least) * (self.most - x))

    def narrow(self, wide: float) -> float:
        """The x of `wide`."""
        if math.isinf(self.most):
            return wide
        share = (1 + math.tanh(wide / 2)) / 2
        return self.least + (self.most - self.least) * share


@dataclass(frozen=True, eq=False)
class Crossing:
    """Who rated what, of n ratings: the rater, the clip, and the pair of both, each numbered."""

    raters: ClusteredClips
    clips: ClusteredClips
    pairs: ClusteredClips

    @classmethod
    def of(cls, raters: NDArray[np.intp], clips: NDArray[np.intp]) -> Crossing:
        """From numbers of raters and clips, each of shape (n,), of which some may not occur."""
        import numpy as np

        both = raters * (int(clips.max(initial=0)) + 1) + clips
        return cls(*(_numbered(np.asarray(codes)) for codes in (raters, clips, both)))

    def only(self, asked: NDArray[np.bool_]) -> Crossing:
        """Of some of the ratings. asked: shape (n,)."""
        return Crossing(self.raters.only(asked), self.clips.only(asked), self.pairs.only(asked))


def estimate(
    columns: Floats,
    of_sums: Callable[[Floats], Floats],
    crossing: Crossing,
    *,
    ends: tuple[float, float] | None = None,
    alpha: float = ALPHA,
) -> CrossedEstimate:
    """A number made of column sums over ratings, with its interval.

    Args:
        columns: shape (n, k), a row for each rating.
        of_sums: from sums of shape (m, k) to values of shape (m,).
        crossing: raters and clips of those n ratings.
        ends: the least and the most that the number can be; the interval stays within.
        alpha: 1 minus the confidence, two-sided.

    Returns:
        No ends below FEWEST_RATERS raters or FEWEST_CLIPS clips, where one rater or clip has all ratings that the
        number needs, and where none differs from another.
    """
    import numpy as np

    whole = columns.sum(0)
    with np.errstate(invalid="ignore", divide="ignore"):
        value = float(of_sums(whole[None])[0])
        moves = [
            of_sums(whole - _by_cluster(columns, of)) - value
            for of in (crossing.raters, crossing.clips, crossing.pairs)
        ]
    return of_moves(value, moves, crossing, ends=ends, alpha=alpha)


def of_moves(
    value: float,
    moves: list[Floats],
    crossing: Crossing,
    *,
    ends: tuple[float, float] | None = None,
    alpha: float = ALPHA,
) -> CrossedEstimate:
    """As `estimate`, of a number whose moves are known.

    Args:
        moves: how far it moves without each rater, each clip, and each pair of them; shapes (raters,), (clips,),
        (pairs,).
    """
    import numpy as np
    from scipy.special import stdtrit

    n, raters, clips = len(crossing.raters.of), crossing.raters.count, crossing.clips.count
    if why := too_few(raters, clips):
        return CrossedEstimate(value, None, None, 0.0, 0.0, n, raters, clips, f"none: {why}")
    if not all(np.isfinite(one).all() for one in moves):
        why = "without one rater or clip there is no such number"
        return CrossedEstimate(value, None, None, 0.0, 0.0, n, raters, clips, f"none: {why}")
    by_rater, by_clip, by_pair = ((len(one) - 1) / len(one) * float(one @ one) for one in moves)
    variance, freedom = combined((by_rater, raters), (by_clip, clips), (by_pair, crossing.pairs.count))
    if variance < 1e-18:
        return CrossedEstimate(value, None, None, 0.0, 0.0, n, raters, clips, "none: no rating differs from another")
    scale, error = _EndedScale.of(ends), math.sqrt(variance)
    half = float(stdtrit(freedom, 1 - alpha / 2)) * error * scale.slope(value)
    low, high = scale.narrow(scale.wide(value) - half), scale.narrow(scale.wide(value) + half)
    return CrossedEstimate(value, low, high, error, freedom, n, raters, clips, HOW)


def combined(
    by_rater: tuple[float, int], by_clip: tuple[float, int], by_pair: tuple[float, int]
) -> tuple[float, float]:
    """The variance of both and its degrees of freedom, from each variance and the number of clusters that it is over.

    Example:
        >>> variance, freedom = combined((0.04, 20), (0.01, 40), (0.01, 800))  # here clips add nothing
        >>> round(variance, 4), round(freedom, 1)
        (0.04, 19.0)
    """
    both = by_pair[0]
    over = [(part, clusters) for part, clusters in (by_rater, by_clip) if part > both]
    variance = both + sum(part - both for part, _ in over)
    spread = sum(part**2 / (clusters - 1) for part, clusters in [*over, by_pair] if clusters > 1)
    return variance, variance**2 / spread if spread else 1.0


def too_few(raters: int, clips: int) -> str:
    """Why nothing can be said of other raters and clips, where it cannot; else nothing."""
    short = [
        number(count, name, names)
        for count, name, names, least in (
            (raters, "rater", "raters", FEWEST_RATERS),
            (clips, "cluster of clips", "clusters of clips", FEWEST_CLIPS),
        )
        if count < least
    ]
    alone = len(short) == 1 and short[0].startswith("1 ")
    return f"{' and '.join(short)} {'is' if alone else 'are'} too few" if short else ""


def _numbered(codes: NDArray[np.intp]) -> ClusteredClips:
    import numpy as np

    there, of = np.unique(codes, return_inverse=True)
    return ClusteredClips(of, len(there))


def _by_cluster(columns: Floats, clusters: ClusteredClips) -> Floats:
    import numpy as np

    return np.stack([clusters.sums(column) for column in columns.T], axis=1)
