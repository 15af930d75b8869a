"""How many clips a question needs, and what a number of clips can tell.

Normal approximations without continuity correction, two-sided 5 %, power 80 %; intervals are
Wilson's.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from mudata.errors import EvaluationError
from mudata.evaluation.metrics.statistics import Z95

if TYPE_CHECKING:
    from mudata.evaluation.metrics.scored import Metric

SURVEY_CLIPS = 100
"""Clips per dataset of the survey's tests (arXiv 2409.09601, section 4.1)."""
Z80 = 0.8416212335729143
"""80 % quantile of the normal distribution: the power of a test."""


def half_width(n: int, p: float = 0.5) -> float:
    """Half of the 95 % Wilson interval of a share.

    Args:
        n: number of clips.
        p: the share, in [0, 1].

    Returns:
        Half of the interval's width, as a share.

    Source:
        E. B. Wilson, 1927; see `statistics.wilson`.

    Example:
        >>> round(half_width(100), 4)
        0.0962
    """
    z2 = Z95 * Z95
    return Z95 * math.sqrt(p * (1 - p) / n + z2 / (4 * n * n)) / (1 + z2 / n)


def clips_needed(margin: float, p: float = 0.5) -> int:
    """The fewest clips whose 95 % Wilson interval of a share is within +- margin.

    Args:
        margin: half of the width wanted, as a share.
        p: the share.

    Raises:
        EvaluationError: unless 0 < margin < 1 and 0 <= p <= 1.

    Example:
        >>> clips_needed(0.05)
        381
    """
    _within("margin", margin, 0 < margin < 1)
    _within("p", p, 0 <= p <= 1)
    return _fewest(lambda n: half_width(n, p) <= margin)


def clips_to_tell(difference: float, p: float = 0.5, *, paired: bool = False, discordance: float | None = None) -> int:
    """The fewest clips on which two runs that differ so much are told apart with 80 % power,
    two-sided 5 %.

    Args:
        difference: of their accuracies, as a share.
        p: one run's accuracy; the other's lies `difference` towards one half of it or beyond.
        paired: both runs have the same clips (McNemar's test); else each has so many of its own
            (two proportions).
        discordance: if paired, the share of clips that one has right and the other wrong; None
            takes the answers of the two for independent, when pairing gains nothing: it even needs
            a few clips more (391 for 388 in the example), because without a difference McNemar's
            test expects the discordance that it finds, which is larger by half the squared
            difference than that of two equal accuracies.

    Returns:
        Clips per run.

    Raises:
        EvaluationError: numbers that cannot be.

    Source:
        Two proportions: J. L. Fleiss, B. Levin, M. C. Paik, Statistical Methods for Rates and
            Proportions, 2003, chapter 4, without their correction. Paired: R. J. Connor, Sample
            size for testing differences in proportions for the paired-sample design, 1987.

    Example:
        >>> clips_to_tell(0.1), clips_to_tell(0.1, paired=True, discordance=0.2)
        (388, 155)
    """
    _within("difference", difference, 0 < difference < 1)
    _within("p", p, 0 <= p <= 1)
    other = _other(p, difference)
    _within("difference", difference, 0 <= other <= 1)
    if paired and discordance is not None:
        _within("discordance", discordance, difference <= discordance <= 1)
    return math.ceil(_clips(difference, p, other, paired, discordance) - 1e-9)


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
        return _clips(difference, p, _other(p, difference), paired, discordance) <= n

    if n < 1 or not enough(most):
        return None
    low, high = 0.0, most
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (low, middle) if enough(middle) else (middle, high)
    return high


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
    smallest = detectable_difference(n) or 1.0
    apart = "two runs on clips of their own (two proportions), clips for each"
    if paired:
        how = "as if independent" if discordance is None else f"on {100 * discordance:g} %"
        apart = f"two runs on the same clips (McNemar's test), which disagree {how}"
    rows = [
        (f"accuracy near {100 * p:g} %, to ± so many points (95 %)", margin, exact),
        (
            f"recall of each of {labels} labels near {100 * p:g} %, to ± so many points (95 %)",
            margin,
            (labels or 0) * exact,
        ),
        (apart, difference, clips_to_tell(difference, p, paired=paired, discordance=discordance)),
        ("the survey: accuracy near 50 %, to ± so many points (95 %)", half_width(n), n),
        ("the survey: two runs near 50 %, difference just significant", visible_difference(n), n),
        ("the survey: two runs near 50 %, told apart with 80 % power", smallest, n),
    ]
    return [
        {"question": question, "points": round(100 * share, 1), "clips": clips}
        for question, share, clips in rows
        if clips
    ]


def detectable(metrics: Sequence[Metric]) -> dict[str, dict[str, object]]:
    """For every headline metric, the smallest difference at which another run on as many clips is
    told apart.

    Where clips share artists or tracks, `accuracy_clustered` tells how many independent ones they
    are worth: n by the squared ratio of both intervals (Kish's effective sample size).

    Args:
        metrics: of one run.

    Returns:
        By metric name, "difference" (None: no difference is told apart) and "recipe".

    Source:
        L. Kish, Survey Sampling, 1965, for the effective sample size.

    Example:
        >>> from mudata.evaluation.metrics.statistics import share
        >>> found = detectable([share("accuracy", 50, 100, "right / all")])
        >>> round(found["accuracy"]["difference"], 3)
        0.193
    """
    by_name = {metric.metric: metric for metric in metrics}
    differences: dict[str, dict[str, object]] = {}
    for name in ("accuracy", "micro_f1", "rouge1_f", "rougeL_f"):
        if not (metric := by_name.get(name)):
            continue
        width = _width(metric)
        if name == "accuracy":
            n, grouped = metric.n, _width(by_name.get("accuracy_clustered"))
            if width and grouped and grouped > width:
                n = round(n * (width / grouped) ** 2)
            difference = detectable_difference(n, metric.value)
            recipe = f"two proportions, this accuracy and one nearer to 50 %, {n} independent clips"
        else:
            difference = (Z95 + Z80) * math.sqrt(2) * width / (2 * Z95) if width is not None else None
            recipe = "two runs with the standard error that this interval has"
        recipe += "; 80 % power, two-sided 5 %, not paired (on the same clips less may do: mudata compare)"
        differences[name] = {"difference": difference, "recipe": recipe}
    return differences


def _width(metric: Metric | None) -> float | None:
    return None if metric is None or metric.low is None or metric.high is None else metric.high - metric.low


def _clips(difference: float, p: float, other: float, paired: bool, discordance: float | None) -> float:
    """Clips per run, not rounded."""
    if paired:
        share = discordance if discordance is not None else p * (1 - other) + other * (1 - p)
        spread = Z95 * math.sqrt(share) + Z80 * math.sqrt(max(0.0, share - difference**2))
    else:
        pooled = (p + other) / 2
        spread = Z95 * math.sqrt(2 * pooled * (1 - pooled)) + Z80 * math.sqrt(p * (1 - p) + other * (1 - other))
    return (spread / difference) ** 2


def _other(p: float, difference: float) -> float:
    return p - difference if p > 0.5 else p + difference


def _fewest(enough: Callable[[int], bool]) -> int:
    low, high = 0, 1
    while not enough(high):
        low, high = high, 2 * high
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if enough(middle) else (middle, high)
    return high


def _within(name: str, value: float, good: bool) -> None:
    if not good:
        raise EvaluationError(
            f"A {name} of {value:g} cannot be.",
            "Shares lie between 0 and 1 (0.05 is 5 points); a difference must fit beside p and within the discordance.",
        )
