"""How many clips a question needs, and what a number of clips can tell: two-sided 5 %, power 80 %.

Intervals are Wilson's. Runs on the same clips are told apart by McNemar's exact test, whose power is exact too; runs on
clips of their own by the normal approximation without continuity correction.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from mudata.errors import EvaluationError
from mudata.evaluation.metrics.intervals import Z95, effective_clips
from mudata.evaluation.metrics.paired_power import POWER, fewest, mcnemar_clips, mcnemar_power, smallest

if TYPE_CHECKING:
    from mudata.evaluation.metrics.scored import Metric

SURVEY_CLIPS = 100
"""Clips per dataset of the survey's tests (arXiv 2409.09601, section 4.1)."""
Z80 = 0.8416212335729143
"""80 % quantile of the normal distribution: the power of a test."""
_ROUNDING = 1e-9


def reach(n: int, p: float = 0.5) -> float:
    """How far the 95 % Wilson interval of a share reaches from it, on its longer side: half of its width at one half,
    nearly all of it at 0 and at 1.

    Args:
        n: number of clips.
        p: the share, in [0, 1].

    Returns:
        The distance, as a share.

    Source:
        E. B. Wilson, 1927; see `intervals.wilson`.

    Example:
        >>> round(reach(100), 4), round(reach(100, 0.0), 4)
        (0.0962, 0.037)
    """
    z2 = Z95 * Z95
    half = Z95 * math.sqrt(p * (1 - p) / n + z2 / (4 * n * n)) / (1 + z2 / n)
    return half + abs(0.5 - p) * z2 / (n + z2)


def clips_needed(margin: float, p: float = 0.5) -> int:
    """The fewest clips whose 95 % Wilson interval of a share is within +- margin, on either side.

    Args:
        margin: how far the interval may reach from the share.
        p: the share.

    Raises:
        EvaluationError: unless 0 < margin < 1 and 0 <= p <= 1.

    Example:
        >>> clips_needed(0.05), clips_needed(0.05, 0.0)
        (381, 73)
    """
    _within("margin", margin, 0 < margin < 1)
    _within("p", p, 0 <= p <= 1)
    return fewest(lambda n: reach(n, p) <= margin)


def clips_to_tell(difference: float, p: float = 0.5, *, paired: bool = False, discordance: float | None = None) -> int:
    """The fewest clips on which two runs that differ so much are told apart with 80 % power,
    two-sided 5 %.

    Args:
        difference: of their accuracies, as a share.
        p: one run's accuracy; the other's lies `difference` towards one half of it or beyond.
        paired: both runs have the same clips (McNemar's exact test, with its exact power); else each has so many
            of its own (two proportions, by the normal approximation).
        discordance: if paired, the share of clips that one has right and the other wrong; None takes the answers of
            the two for independent, when pairing gains nothing: the exact test even needs some clips more (408 for
            388 in the example).

    Returns:
        Clips per run.

    Raises:
        EvaluationError: numbers that cannot be.

    Source:
        Two proportions: J. L. Fleiss, B. Levin, M. C. Paik, Statistical Methods for Rates and
            Proportions, 2003, chapter 4, without their correction. Paired: see `mcnemar_power`.

    Example:
        >>> clips_to_tell(0.1), clips_to_tell(0.1, paired=True, discordance=0.2)
        (388, 168)
    """
    _within("difference", difference, 0 < difference < 1)
    _within("p", p, 0 <= p <= 1)
    other = _other(p, difference)
    _within("difference", difference, 0 <= other <= 1)
    if paired:
        if discordance is not None:
            _require_possible(difference, p, discordance)
        return mcnemar_clips(difference, _independent(p, difference) if discordance is None else discordance)
    return math.ceil(_clips(difference, p) - 1e-9)


def detectable_difference(
    n: int, p: float = 0.5, *, paired: bool = False, discordance: float | None = None
) -> float | None:
    """The smallest difference that n clips tell apart with 80 % power: `clips_to_tell` the other
    way round.

    Args:
        n: clips per run.
        p, paired, discordance: as of `clips_to_tell`.

    Returns:
        The difference as a share; None if n is too small for any.

    Example:
        >>> round(detectable_difference(100), 3)
        0.193
    """
    most = min(max(p, 1 - p), discordance if paired and discordance is not None else 1.0)

    def enough(difference: float) -> bool:
        if not paired:
            return difference > 0 and _clips(difference, p) <= n
        discordant = _independent(p, difference) if discordance is None else discordance
        return mcnemar_power(n, difference, discordant) >= POWER

    return smallest(enough, most) if n >= 1 else None


def visible_difference(n: int, p: float = 0.5) -> float:
    """The observed difference of two runs on clips of their own whose 95 % interval just reaches 0.

    A true difference of this size is missed every second time.

    Args:
        n: clips per run.
        p: what both accuracies are near.

    Returns:
        The difference as a share.

    Example:
        >>> round(visible_difference(100), 3)
        0.139
    """
    return Z95 * math.sqrt(2 * p * (1 - p) / n)


def plan(
    margin: float,
    p: float,
    difference: float,
    *,
    paired: bool = False,
    discordance: float | None = None,
    labels: int | None = None,
) -> list[dict[str, object]]:
    """The clips that these wishes need, and what the survey's 100 can show.

    Args:
        margin, p: as of `clips_needed`.
        difference, paired, discordance: as of `clips_to_tell`.
        labels: number of labels, of each of which the recall is wanted within the margin.

    Returns:
        Rows of question, points (of a hundred) and clips.

    Raises:
        EvaluationError: numbers that cannot be.

    Example:
        >>> plan(0.05, 0.5, 0.1)[0]["clips"]
        381
    """
    if discordance is not None and not paired:
        raise EvaluationError("Discordance is about two runs on the same clips.", "Add --paired.")
    n, exact = SURVEY_CLIPS, clips_needed(margin, p)
    apart = "two runs on clips of their own (two proportions), clips for each"
    if paired:
        how = "as if independent" if discordance is None else f"on {100 * discordance:g} %"
        apart = f"two runs on the same clips (McNemar's exact test), which disagree {how}"
    rows = [
        (f"accuracy near {100 * p:g} %, to ± so many points (95 %)", margin, exact),
        (
            f"recall of each of {labels} labels near {100 * p:g} %, to ± so many points (95 %)",
            margin,
            (labels or 0) * exact,
        ),
        (apart, difference, clips_to_tell(difference, p, paired=paired, discordance=discordance)),
        ("the survey: accuracy near 50 %, to ± so many points (95 %)", reach(n), n),
        ("the survey: two runs near 50 %, difference just significant", visible_difference(n), n),
        ("the survey: two runs near 50 %, told apart with 80 % power", detectable_difference(n) or 1.0, n),
    ]
    return [
        {"question": question, "points": round(100 * share, 1), "clips": clips}
        for question, share, clips in rows
        if clips
    ]


def detectable(metrics: Sequence[Metric]) -> dict[str, dict[str, object]]:
    """For every headline metric, the smallest difference at which another run on as many clips is
    told apart.

    Where clips share artists or tracks, intervals tell how many independent ones they are worth.

    Args:
        metrics: of one run.

    Returns:
        By metric name, "difference" (None: no difference is told apart) and "recipe".

    Source:
        L. Kish, Survey Sampling, 1965, for the effective sample size.

    Example:
        >>> from mudata.evaluation.metrics.scored import Metric
        >>> found = detectable([Metric("accuracy", 0.5, 0.404, 0.596, 100, "right / all")])
        >>> round(found["accuracy"]["difference"], 3)
        0.193
    """
    by_name = {metric.metric: metric for metric in metrics}
    differences: dict[str, dict[str, object]] = {}
    for name in ("accuracy", "micro_f1", "rouge1_f", "rougeL_f", "boundary_f_500ms", "credit"):
        if not (metric := by_name.get(name)):
            continue
        low, high = metric.low, metric.high
        if low is None or high is None:
            difference, recipe = None, "nothing can be said of the certainty of this run"
        elif name == "accuracy":
            n = round(min(metric.n, effective_clips(metric.value, low, high)))
            difference = detectable_difference(n, metric.value)
            recipe = f"two proportions, this accuracy and one nearer to 50 %, {n} independent clips"
        else:
            difference = (Z95 + Z80) * math.sqrt(2) * (high - low) / (2 * Z95)
            recipe = "two runs with the standard error that this interval has"
        recipe += "; 80 % power, two-sided 5 %, not paired (on the same clips less may do: mudata compare)"
        differences[name] = {"difference": difference, "recipe": recipe}
    return differences


def _clips(difference: float, p: float) -> float:
    """Clips for each of two runs on clips of their own, not rounded."""
    other = _other(p, difference)
    pooled = (p + other) / 2
    spread = Z95 * math.sqrt(2 * pooled * (1 - pooled)) + Z80 * math.sqrt(p * (1 - p) + other * (1 - other))
    return (spread / difference) ** 2


def _independent(p: float, difference: float) -> float:
    """The share of discordant clips of two runs that answer independently."""
    other = _other(p, difference)
    return p * (1 - other) + other * (1 - p)


def _require_possible(difference: float, p: float, discordance: float) -> None:
    other = _other(p, difference)
    most = min(p + other, 2 - p - other)
    if not difference - _ROUNDING <= discordance <= most + _ROUNDING:
        raise EvaluationError(
            f"A discordance of {discordance:g} cannot be: with accuracies of {p:g} and {other:g} it lies between "
            f"{difference:g} and {most:g}.",
            "It is the share of clips that one run has right and the other wrong.",
        )


def _other(p: float, difference: float) -> float:
    return p - difference if p > 0.5 else p + difference


def _within(name: str, value: float, good: bool) -> None:
    if not good:
        raise EvaluationError(
            f"A {name} of {value:g} cannot be.",
            "Shares lie between 0 and 1 (0.05 is 5 points); a difference must fit beside p and within the discordance.",
        )
