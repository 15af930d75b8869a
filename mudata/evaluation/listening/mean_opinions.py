"""Mean opinion scores: the mean mark of each system, differences between systems, and who cannot be told apart.

A MOS is the plain mean of the marks (ITU-T P.800.2). Intervals know raters and clips (`crossed_intervals`): they are of
the mean over all raters and clips like these, and not over these marks alone. Differences are of marks of the same
raters and clips: what a rater gives to all systems alike falls out of them.

Source: ITU-T Recommendation P.800.2, Mean opinion score interpretation and reporting, 2016.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING

from mudata.evaluation.listening.crossed_intervals import CrossedEstimate, Crossing, estimate
from mudata.evaluation.metrics.hypothesis_tests import holm, tied_groups
from mudata.evaluation.metrics.intervals import ALPHA

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Asked = NDArray[np.bool_]


_POWER = 0.8
"""As of `metrics.power`."""


@dataclass(frozen=True, kw_only=True)
class SystemPair:
    """Two systems: `difference` is the first minus the second; `p_holm` is corrected for all pairs of one table."""

    first: str
    second: str
    difference: CrossedEstimate
    p: float
    p_holm: float

    @property
    def apart(self) -> bool:
        """Whether they are told apart."""
        return self.p_holm < ALPHA


def mean(values: Floats, asked: Asked, crossing: Crossing, ends: tuple[float, float] | None = None) -> CrossedEstimate:
    """Mean of some of n values.

    Args:
        values: shape (n,). asked: which of them, shape (n,), not none.
        crossing: raters and clips of all n.
        ends: the least and the most that a value can be.
    """
    import numpy as np

    columns = np.stack([values[asked], np.ones(int(asked.sum()))], axis=1)
    return estimate(columns, lambda sums: sums[:, 0] / sums[:, 1], crossing.only(asked), ends=ends)


def difference(values: Floats, first: Asked, second: Asked, crossing: Crossing) -> CrossedEstimate:
    """Difference of the means of two kinds of n values.

    Args:
        values: shape (n,). first, second: which of them are of either kind, shape (n,), neither none.
        crossing: raters and clips of all n.
    """
    import numpy as np

    asked = first | second
    columns = np.stack([values * first, first, values * second, second], axis=1)[asked]
    return estimate(
        columns.astype(np.float64), lambda sums: sums[:, 0] / sums[:, 1] - sums[:, 2] / sums[:, 3], crossing.only(asked)
    )


def system_pairs(
    names: Sequence[str], differences: Sequence[CrossedEstimate]
) -> tuple[tuple[SystemPair, ...], tuple[tuple[str, ...], ...]]:
    """All pairs of k systems with Holm's correction, and the sets in which no two are told apart.

    Args:
        names: of the systems.
        differences: of each pair (i, j) with i < j, in order: the first minus the second.

    Returns:
        Pairs, and maximal sets of names as `tied_groups` has them. Pairs without an interval are not told apart.
    """
    places = list(combinations(range(len(names)), 2))
    ps = [one.p() for one in differences]
    pairs = tuple(
        SystemPair(first=names[i], second=names[j], difference=one, p=p, p_holm=corrected)
        for (i, j), one, p, corrected in zip(places, differences, ps, holm(ps), strict=True)
    )
    apart = [place for place, pair in zip(places, pairs, strict=True) if pair.apart]
    return pairs, tuple(tuple(names[i] for i in group) for group in tied_groups(len(names), apart))


def reach(differences: Sequence[CrossedEstimate]) -> float | None:
    """How far apart two systems have to be to be told apart 4 times of 5 by such ratings, at the median over all pairs.

    Args:
        differences: of all pairs of one table, which are tested together.

    Returns:
        (t at 1 - .05 / 2 / pairs + t at .8) standard errors; None where no pair has an interval.
    """
    import numpy as np
    from scipy.special import stdtrit

    known = [one for one in differences if one.low is not None]
    if not known:
        return None
    level = 1 - ALPHA / 2 / len(differences)
    return float(np.median([(stdtrit(o.freedom, level) + stdtrit(o.freedom, _POWER)) * o.error for o in known]))
