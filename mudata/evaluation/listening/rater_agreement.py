"""Krippendorff's alpha: how far raters agree, beyond what chance would have them.

`nltk.metrics.agreement` has the coefficient and is what this is tested against; its interval needs the coefficient of a
thousand resamples, which nltk counts pair by pair. Here ratings are a table, units by marks, and all is sums of it.

Sources: K. Krippendorff, Computing Krippendorff's alpha-reliability, 2011. A. F. Hayes, K. Krippendorff, Answering the
call for a standard reliability measure for coding data, 2007 (the interval: units are drawn again). A. Zapf and others,
Measuring inter-rater reliability for nominal data: which coefficients and confidence intervals are appropriate?, 2016.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from mudata.evaluation.metrics.intervals import ALPHA
from mudata.evaluation.metrics.scored import SEED

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from mudata.evaluation.metrics.jackknife import ClusteredClips

    Floats = NDArray[np.float64]

Level = Literal["nominal", "ordinal", "interval"]
"""How far apart two marks are: different or not; by how many ratings lie between them; by the square of their
difference."""
DRAWS = 1000
FEWEST_UNITS = 8
"""Clips below which there is no interval: as of clusters of clips (`metrics.intervals`)."""


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
    *,
    draws: int = DRAWS,
    seed: int = SEED,
) -> Agreement:
    """Alpha of ratings of which some are missing.

    Args:
        raters, units: who rated what, shape (n,); units that one rater alone rated do not count.
        marks: the ratings as numbers, shape (n,).
        clusters: the clip of each rating: clips are drawn again with all their units.
        level: of measurement.
        draws, seed: resamples of clips for the interval.

    Source:
        See the module. The values of Krippendorff 2011, section D: .743 nominal, .815 ordinal, .849 interval.
    """
    import numpy as np

    _, unit = np.unique(units, return_inverse=True)
    values, mark = np.unique(marks, return_inverse=True)
    table = np.zeros((int(unit.max(initial=-1)) + 1, len(values)))
    np.add.at(table, (unit, mark), 1)
    paired = table.sum(1) > 1
    there, who = int(paired.sum()), len(np.unique(raters[paired[unit]])) if len(unit) else 0
    ratings = int(table[paired].sum())
    if not there:
        return Agreement(None, None, None, 0, who, 0, level, "none: nothing was rated by two raters")
    cluster = np.zeros(len(table), dtype=np.intp)
    cluster[unit] = clusters.of
    coincidences = _coincidences(table[paired])
    alpha = _alpha(coincidences.sum(0)[None], values, level)[0]
    if not np.isfinite(alpha):
        return Agreement(None, None, None, there, who, ratings, level, "none: all marks are the same")
    names, of = np.unique(cluster[paired], return_inverse=True)
    if len(names) < FEWEST_UNITS:
        why = f"none: {len(names)} clip{'s are' if len(names) != 1 else ' is'} too few"
        return Agreement(float(alpha), None, None, there, who, ratings, level, why)
    by_cluster = np.zeros((len(names), *coincidences.shape[1:]))
    np.add.at(by_cluster, of, coincidences)
    times = np.random.default_rng(seed).multinomial(len(names), np.full(len(names), 1 / len(names)), size=draws)
    drawn = _alpha(np.tensordot(times.astype(float), by_cluster, axes=1), values, level)
    low, high = np.nanquantile(drawn, [ALPHA / 2, 1 - ALPHA / 2])
    return Agreement(
        float(alpha), float(low), float(high), there, who, ratings, level, f"bootstrap over clips, {draws} draws"
    )


def _coincidences(table: Floats) -> Floats:
    """How often two marks were given to a unit, in pairs of raters, each unit counting as often as it was rated: from
    shape (units, marks) to (units, marks, marks)."""
    import numpy as np

    together = table[:, :, None] * table[:, None, :]
    places = np.arange(table.shape[1])
    together[:, places, places] -= table
    return np.asarray(together / (table.sum(1) - 1)[:, None, None])


def _alpha(coincidences: Floats, values: Floats, level: Level) -> Floats:
    """From coincidences of shape (m, marks, marks) to alphas of shape (m,); not finite where all marks are the same."""
    import numpy as np

    totals = coincidences.sum(2)
    if level == "ordinal":  # how many ratings lie between two marks, half of those at the ends
        middle = np.cumsum(totals, axis=1) - totals / 2
        distances = (middle[:, :, None] - middle[:, None, :]) ** 2
    elif level == "interval":
        distances = np.broadcast_to((values[:, None] - values[None, :]) ** 2, coincidences.shape)
    else:
        distances = np.broadcast_to(1.0 - np.eye(len(values)), coincidences.shape)
    n = totals.sum(1)
    with np.errstate(invalid="ignore", divide="ignore"):
        expected = (totals[:, :, None] * totals[:, None, :] * distances).sum((1, 2)) / (n - 1)
        return np.asarray(1 - (coincidences * distances).sum((1, 2)) / expected)
