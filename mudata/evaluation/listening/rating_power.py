"""What a number of ratings can tell apart: two-sided 5 %, power 80 %."""

from __future__ import annotations

import math
from dataclasses import dataclass

from mudata.evaluation.metrics.intervals import Z95
from mudata.evaluation.metrics.power import Z80

_POWER, _LEVEL = 0.8, 0.05
MOST_RATERS = 2000
"""More are not looked for."""
MOST_CLIPS = 5000


@dataclass(frozen=True, kw_only=True)
class MarkDeviations:
    """Standard deviations of marks on a scale of five points, in marks. What raters and clips have in common for all
    systems is not among them: it cancels where all systems are rated by the same raters about the same clips.

    The numbers are assumed here, of no publication; results of a pilot tell better ones.
    """

    system_by_clip: float = 0.5
    """How differently a system does from clip to clip."""
    system_by_rater: float = 0.3
    """How differently raters like a system."""
    residual: float = 0.8
    """What is left: the same rater would not give the same mark again."""


def difference_variance(
    clips: int, raters: int, ratings: float, deviations: MarkDeviations = MarkDeviations()
) -> tuple[float, float]:
    """Variance of the difference of two systems' mean marks, and its degrees of freedom.

    Args:
        clips, raters: that rate both systems.
        ratings: of each system.
        deviations: of marks.

    Source:
        2 (s_sc^2 / clips + s_sr^2 / raters + s_e^2 / ratings): J. Westfall, D. A. Kenny, C. M. Judd, Statistical power
        and optimal design in experiments in which samples of participants respond to samples of stimuli, J. Exp.
        Psychol.: General 143, 2014. Degrees of freedom: F. E. Satterthwaite, 1946.

    Example:
        >>> variance, freedom = difference_variance(40, 20, 80)
        >>> round(variance, 4), round(freedom)
        (0.0375, 69)
    """
    parts = (
        (2 * deviations.system_by_clip**2 / clips, clips - 1),
        (2 * deviations.system_by_rater**2 / raters, raters - 1),
        (2 * deviations.residual**2 / ratings, ratings - clips - raters + 1),
    )
    variance = sum(part for part, _ in parts)
    return variance, variance**2 / sum(part**2 / max(1.0, freedom) for part, freedom in parts)


def detectable_mos(clips: int, raters: int, ratings: float, deviations: MarkDeviations = MarkDeviations()) -> float:
    """The smallest difference of two systems' mean marks that is told from none with 80 % power.

    Example:
        >>> round(detectable_mos(40, 20, 80), 2)
        0.55
    """
    from scipy.special import stdtrit

    variance, freedom = difference_variance(clips, raters, ratings, deviations)
    return float(stdtrit(freedom, 1 - _LEVEL / 2) + stdtrit(freedom, _POWER)) * math.sqrt(variance)


def raters_to_tell(
    difference: float, clips: int, per_rater_of_each: float, deviations: MarkDeviations = MarkDeviations()
) -> int | None:
    """The fewest raters who tell such a difference of mean marks, each rating each system so often; None: with these
    clips no number of raters up to MOST_RATERS does.

    Example:
        >>> raters_to_tell(0.5, 40, 4), raters_to_tell(0.3, 20, 4)
        (27, None)
    """
    for raters in range(2, MOST_RATERS + 1):
        if detectable_mos(clips, raters, raters * per_rater_of_each, deviations) <= difference:
            return raters
    return None


def detectable_share(ratings: int) -> float | None:
    """The smallest share of preferences that is told from one half with 80 % power; None where even all of them are
    not.

    Args:
        ratings: of a pair of texts, or of a system's text with two clips; taken as independent, so that with few raters
            or clips more are needed.

    Source:
        Normal approximation of one proportion: J. L. Fleiss, B. Levin, M. C. Paik, Statistical Methods for Rates and
        Proportions, 2003, chapter 2, without correction.

    Example:
        >>> round(detectable_share(80), 3), detectable_share(3)
        (0.654, None)
    """
    low, high = 0.5, 1.0
    if (high - 0.5) * math.sqrt(ratings) < 0.5 * Z95:
        return None
    for _ in range(60):
        middle = (low + high) / 2
        told = (middle - 0.5) * math.sqrt(ratings) >= 0.5 * Z95 + Z80 * math.sqrt(middle * (1 - middle))
        low, high = (low, middle) if told else (middle, high)
    return high


def clips_to_tell(
    difference: float, raters: int, ratings_of_each: float, deviations: MarkDeviations = MarkDeviations()
) -> int | None:
    """The fewest clips on which so many raters tell such a difference of mean marks, each clip being rated so often
    with each system; None: no number up to MOST_CLIPS does.

    Example:
        >>> clips_to_tell(0.5, 20, 2), clips_to_tell(0.1, 20, 2)
        (52, None)
    """
    for clips in range(2, MOST_CLIPS + 1):
        if detectable_mos(clips, raters, clips * ratings_of_each, deviations) <= difference:
            return clips
    return None
