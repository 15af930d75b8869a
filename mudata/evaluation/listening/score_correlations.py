"""Which automatic score agrees with people: rank correlations of what people think with what mudata computes.

Between texts: every text of a system about a clip, with the mean of the system taken away on both sides, so that what
is left is whether the better texts of a system have the better scores. Between systems: their means. Intervals leave
one clip at a time out, on Fisher's scale, with the quantile of Student's t.

Sources: C. Spearman, 1904; M. G. Kendall, A new measure of rank correlation, 1938 (tau-b); R. A. Fisher, On the
probable error of a coefficient of correlation, 1921; jackknife of it: J. N. Arvesen, Jackknifing U-statistics, 1969.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, NamedTuple

from mudata.errors import number
from mudata.evaluation.metrics.intervals import ALPHA
from mudata.evaluation.metrics.jackknife import ClusteredClips

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

FEWEST_CLIPS = 8
"""As of clusters of clips elsewhere (`metrics.intervals`)."""
FEWEST_SYSTEMS = 5
"""Below, no order of systems is unlikely by chance: of 4 the same order has a two-sided p of .083."""
Cell = tuple[str, str]
"""An item and a system."""
Level = Literal["texts", "systems"]


@dataclass(frozen=True, kw_only=True)
class ScoreCorrelation:
    """One automatic score beside people. `n` texts or systems, of clips in so many `clusters`; `coefficient` and
    interval None where `how` says why."""

    aspect: str
    score: str
    level: Level
    statistic: Literal["spearman", "kendall"]
    coefficient: float | None
    low: float | None
    high: float | None
    n: int
    clusters: int
    how: str


class _Rated(NamedTuple):
    cell: Cell
    people: float
    score: float


def correlations(
    aspect: str,
    people: Mapping[Cell, float],
    scores: Mapping[str, Mapping[Cell, float]],
    means: Mapping[str, Mapping[str, float]],
    clusters: Mapping[str, str],
) -> list[ScoreCorrelation]:
    """Each score beside people, between texts and between systems.

    Args:
        aspect: what people rated.
        people: the mean of their ratings by item and system.
        scores: by name, the score of each text.
        means: by name, what is known of whole systems only.
        clusters: what items hang together by.
    """
    found = []
    for name, values in scores.items():
        rows = [_Rated(cell, mark, values[cell]) for cell, mark in people.items() if cell in values]
        levels: tuple[Level, ...] = ("texts", "systems") if rows else ()
        for level in levels:
            found += _both(aspect, name, level, rows, clusters)
    for name, by_system in means.items():
        rows = [_Rated(cell, mark, by_system[cell[1]]) for cell, mark in people.items() if cell[1] in by_system]
        found += _both(aspect, name, "systems", rows, clusters) if rows else []
    return found


def _both(
    aspect: str,
    score: str,
    level: Level,
    rows: Sequence[_Rated],
    clusters: Mapping[str, str],
) -> list[ScoreCorrelation]:
    """Spearman's and Kendall's coefficient of one score at one level."""
    import numpy as np

    pairs = np.array([(row.people, row.score) for row in rows], dtype=np.float64)
    systems = ClusteredClips.named([row.cell[1] for row in rows])
    clips = ClusteredClips.named([clusters.get(row.cell[0], row.cell[0]) for row in rows])
    n = len(rows) if level == "texts" else systems.count
    found = []
    for statistic in ("spearman", "kendall"):
        coefficient = _coefficient(statistic)

        def of(asked: NDArray[np.bool_], coefficient: Callable[[Floats, Floats], float] = coefficient) -> float:
            """The coefficient of some of the texts, or of the means of systems over them."""
            chosen, by = pairs[asked], systems.only(asked)
            sizes = by.sums(np.ones(len(chosen)))
            centres = np.stack([by.sums(column) / sizes for column in chosen.T], axis=1)
            told = centres if level == "systems" else chosen - centres[by.of]
            return coefficient(told[:, 0], told[:, 1])

        value, low, high, how = _interval(of, clips, n, level)
        found.append(
            ScoreCorrelation(
                aspect=aspect,
                score=score,
                level=level,
                statistic=statistic,
                coefficient=value,
                low=low,
                high=high,
                n=n,
                clusters=clips.count,
                how=how,
            )
        )
    return found


def _interval(
    of: Callable[[NDArray[np.bool_]], float], clips: ClusteredClips, n: int, level: Level
) -> tuple[float | None, float | None, float | None, str]:
    import numpy as np
    from scipy.special import stdtrit

    if level == "systems" and n < FEWEST_SYSTEMS:
        return None, None, None, f"none: {number(n, 'system is', 'systems are')} too few"
    if clips.count < FEWEST_CLIPS:
        return None, None, None, f"none: {number(clips.count, 'cluster is', 'clusters are')} too few"
    value = of(np.ones(len(clips.of), dtype=bool))
    if not math.isfinite(value):
        return None, None, None, "none: one of both is always the same"
    without = np.array([of(clips.of != clip) for clip in range(clips.count)])
    if abs(value) > 1 - 1e-9:
        return value, None, None, f"none: both orders are {'the same' if value > 0 else 'opposite'}"
    if not np.isfinite(without).all():
        return value, None, None, "none: without one clip there is no such number"
    scale = np.arctanh(np.clip([value, *without], -1 + 1e-9, 1 - 1e-9))
    moves = scale[1:] - scale[0]
    error = math.sqrt((clips.count - 1) / clips.count * float(moves @ moves))
    half = float(stdtrit(clips.count - 1, 1 - ALPHA / 2)) * error
    low, high = math.tanh(scale[0] - half), math.tanh(scale[0] + half)
    return value, low, high, "jackknife t over clips, Fisher's z"


def _coefficient(statistic: str) -> Callable[[Floats, Floats], float]:
    """A coefficient that is nan where one side is always the same."""
    import numpy as np
    from scipy import stats

    def found(a: Floats, b: Floats) -> float:
        if np.ptp(a) < 1e-9 or np.ptp(b) < 1e-9:
            return math.nan
        if statistic == "kendall":  # equal numbers, reached by other sums, are ties
            return float(stats.kendalltau(a.round(9), b.round(9)).statistic)
        return float(np.corrcoef(stats.rankdata(a.round(9)), stats.rankdata(b.round(9)))[0, 1])

    return found
