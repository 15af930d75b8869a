"""Krippendorff's alpha: how far raters agree, beyond what chance would have them.

`nltk.metrics.agreement` has the coefficient and is what this is tested against; its interval needs the coefficient
without each clip, which nltk counts pair by pair. Here ratings are a table, units by marks, and all is sums of it.

The interval is for other clips, with these raters: one clip at a time is left out (jackknife), with the quantile of
Student's t. Percentiles of a bootstrap over clips, as Hayes and Krippendorff have them, held the alpha of many clips 91
to 96 times of 100 with 10 to 40 clips, and this one 94 to 96 (`benchmarks/listening_verdicts.py`).

Sources: K. Krippendorff, Computing Krippendorff's alpha-reliability, 2011. A. F. Hayes, K. Krippendorff, Answering the
call for a standard reliability measure for coding data, 2007. J. N. Arvesen, Jackknifing U-statistics, 1969.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from mudata.errors import number
from mudata.evaluation.metrics.intervals import ALPHA

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from scipy.sparse import csr_array

    from mudata.evaluation.metrics.jackknife import ClusteredClips

    Floats = NDArray[np.float64]

Level = Literal["nominal", "ordinal", "interval"]
"""How far apart two marks are: different or not; by how many ratings lie between them; by the square of their
difference."""
FEWEST_UNITS = 8
"""Clusters of clips below which there is no interval: as of clusters of clips (`metrics.intervals`)."""

_MOST_PARTS = 500
"""Parts into which more clusters are dealt, which are left out together: more would tell no more."""
_AT_ONCE = 2_000_000
"""Units or marks, times parts left out, that are computed at once: 16 MB a table."""


@dataclass(frozen=True)
class Agreement:
    """Alpha, 1 where all agree and 0 where they do as by chance, with its 95 % interval over clips; the raters are
    taken as they are. None where nothing can be said: `how` says why."""

    alpha: float | None
    low: float | None
    high: float | None
    units: int
    raters: int
    ratings: int
    level: Level
    how: str


def krippendorff(
    raters: NDArray[np.intp],
    units: NDArray[np.intp],
    marks: Floats,
    clusters: ClusteredClips,
    level: Level = "ordinal",
) -> Agreement:
    """Alpha of ratings of which some are missing.

    Args:
        raters, units: who rated what, shape (n,). Of what one rater said twice of a unit the first counts: a rater
        cannot agree with herself. Units that one rater alone rated do not count.
        marks: the ratings as numbers, shape (n,).
        clusters: the clip of each rating: clips are left out with all their units.
        level: of measurement.

    Source:
        See the module. The values of Krippendorff 2011, section D: .743 nominal, .815 ordinal, .849 interval.
    """
    import numpy as np
    from scipy.special import stdtrit

    who_what = np.stack([raters, units])
    once = np.sort(np.unique(who_what, axis=1, return_index=True)[1])
    _, unit = np.unique(units[once], return_inverse=True)
    paired = once[np.bincount(unit)[unit] > 1]
    who, ratings = len(np.unique(raters[paired])), len(paired)
    if not ratings:
        return Agreement(None, None, None, 0, who, 0, level, "none: nothing was rated by two raters")
    table = _Ratings.of(units[paired], marks[paired], clusters.of[paired])
    there, names = len(table.sizes), table.clusters
    alpha = table.alphas(np.ones((names, 1)), level)[0]
    if not np.isfinite(alpha):
        return Agreement(None, None, None, there, who, ratings, level, "none: all marks are the same")
    if names < FEWEST_UNITS:
        why = f"none: {number(names, 'cluster of clips is', 'clusters of clips are')} too few"
        return Agreement(float(alpha), None, None, there, who, ratings, level, why)
    moves = table.without_parts(level) - alpha
    if not np.isfinite(moves).all():
        why = "none: without one clip all marks are the same"
        return Agreement(float(alpha), None, None, there, who, ratings, level, why)
    if np.abs(moves).max() < 1e-12:
        return Agreement(float(alpha), None, None, there, who, ratings, level, "none: no clip differs from another")
    error = math.sqrt((len(moves) - 1) / len(moves) * float(moves @ moves))
    half = float(stdtrit(len(moves) - 1, 1 - ALPHA / 2)) * error
    low, high = float(alpha) - half, min(1.0, float(alpha) + half)
    return Agreement(float(alpha), low, high, there, who, ratings, level, "jackknife t over clips")


@dataclass(frozen=True, kw_only=True)
class _Ratings:
    """How often each of u units got each of m marks, sparse, of shape (u, m); how often each unit was rated, `sizes`;
    `member`, of shape (clusters, u), has 1 where a unit is of a cluster."""

    counts: csr_array
    sizes: Floats
    values: Floats
    member: csr_array

    @classmethod
    def of(cls, units: NDArray[np.intp], marks: Floats, clusters: NDArray[np.intp]) -> _Ratings:
        import numpy as np
        from scipy.sparse import csr_array

        _, first, unit = np.unique(units, return_index=True, return_inverse=True)
        values, mark = np.unique(marks, return_inverse=True)
        names, cluster = np.unique(clusters[first], return_inverse=True)
        shape = (len(first), len(values))
        counts = csr_array((np.ones(len(unit)), (unit, mark)), shape=shape)
        member = csr_array((np.ones(len(first)), (cluster, np.arange(len(first)))), shape=(len(names), len(first)))
        return cls(counts=counts, sizes=counts.sum(1), values=values, member=member)

    @property
    def clusters(self) -> int:
        return int(self.member.shape[0])

    def without_parts(self, level: Level) -> Floats:
        """Alpha without each cluster, or without each of _MOST_PARTS parts of them."""
        import numpy as np

        parts = min(self.clusters, _MOST_PARTS)
        part = np.arange(self.clusters) % parts
        step = max(1, _AT_ONCE // max(len(self.sizes), len(self.values)))
        left = [np.arange(begin, min(begin + step, parts)) for begin in range(0, parts, step)]
        return np.concatenate([self.alphas((part[:, None] != some).astype(np.float64), level) for some in left])

    def alphas(self, times: Floats, level: Level) -> Floats:
        """Alpha where clusters come so many times: from shape (clusters, d) to (d,); nan where all marks are the same.

        Of n marks on a scale x the squared distances of all pairs sum to 2 (n sum x² - (sum x)²): no table of marks by
        marks is needed, which a slider of a thousand marks would make as large as memory.
        """
        import numpy as np

        totals = (self.member @ self.counts).T @ times  # of each mark, (m, d)
        n = totals.sum(0)
        if level == "nominal":
            same = (self.counts * self.counts).sum(1)[:, None]
            within, overall = self.sizes[:, None] ** 2 - same, n**2 - (totals**2).sum(0)
        else:
            # ordinal: how many ratings lie between two marks, half of those at the ends
            scale = np.cumsum(totals, axis=0) - totals / 2 if level == "ordinal" else self.values[:, None]
            scale = scale - (totals * scale).sum(0) / n  # about their mean: little is lost to rounding
            within = 2 * (self.sizes[:, None] * (self.counts @ scale**2) - (self.counts @ scale) ** 2)
            overall = 2 * n * (totals * scale**2).sum(0)
        observed = ((self.member @ (within / (self.sizes[:, None] - 1))) * times).sum(0)
        with np.errstate(invalid="ignore", divide="ignore"):
            return np.where((totals > 0).sum(0) > 1, 1 - observed * (n - 1) / overall, np.nan)
