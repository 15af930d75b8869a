"""How many clips a question needs, and what a number of clips can tell.

Normal approximations without continuity correction, two-sided 5 %, power 80 %; intervals are Wilson's.
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
    """Half of the 95 % Wilson interval of a share p of n clips. 100 clips at one half: 0.0962."""
    z2 = Z95 * Z95
    return Z95 * math.sqrt(p * (1 - p) / n + z2 / (4 * n * n)) / (1 + z2 / n)


def clips_needed(margin: float, p: float = 0.5) -> int:
    """The fewest clips whose 95 % Wilson interval of a share p is within +- margin. 0.05 at one half: 381.

    Raises EvaluationError unless 0 < margin < 1 and 0 <= p <= 1.
    """
    _within("margin", margin, 0 < margin < 1)
    _within("p", p, 0 <= p <= 1)
    return _fewest(lambda n: half_width(n, p) <= margin)


def clips_to_tell(difference: float, p: float = 0.5, *, paired: bool = False, discordance: float | None = None) -> int:
    """The fewest clips on which two runs that differ so much are told apart with 80 % power. 0.1 at one half: 388.

    One run's accuracy is p, the other's lies `difference` towards one half of it or beyond. Not paired: each run has so
    many clips of its own, test of two proportions (Fleiss, Levin, Paik 2003, chapter 4, without their correction).
    Paired: both have the same clips, McNemar's test with `discordance` the share of clips that one has right and the
    other wrong (Connor 1987); None takes the answers of the two for independent, when pairing gains nothing.

    Raises EvaluationError for numbers that cannot be.
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
    """The smallest difference that n clips tell apart with 80 % power; see `clips_to_tell`. None if n is too small for
    any. 100 clips at one half, not paired: 0.193."""
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
    """The observed difference of two runs on n clips each whose 95 % interval just reaches 0, both near p. A true
    difference of this size is missed every second time. 100 clips at one half: 0.139."""
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
    """The clips that these wishes need, and what the survey's 100 can show: rows of question, points, clips.

    Raises EvaluationError for numbers that cannot be.
    """
    if discordance is not None and not paired:
        raise EvaluationError("Discordance is about two runs on the same clips.", "Add --paired.")
    n, exact = SURVEY_CLIPS, clips_needed(margin, p)
    told = detectable_difference(n) or 1.0
    apart = "two runs on clips of their own, clips for each"
    if paired:
        how = "as if independent" if discordance is None else f"on {100 * discordance:g} %"
        apart = f"two runs on the same clips, which disagree {how}"
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
        ("the survey: two runs near 50 %, told apart with 80 % power", told, n),
    ]
    return [
        {"question": question, "points": round(100 * share, 1), "clips": clips}
        for question, share, clips in rows
        if clips
    ]


def detectable(metrics: Sequence[Metric]) -> dict[str, dict[str, object]]:
    """For every headline metric, the smallest difference at which another run on as many clips is told apart (None: no
    difference is). Where clips share artists or tracks, `accuracy_clustered` tells how many independent ones they are
    worth: n by the squared ratio of both intervals (Kish's effective sample size)."""
    of = {metric.metric: metric for metric in metrics}
    found: dict[str, dict[str, object]] = {}
    for name in ("accuracy", "micro_f1", "rouge1_f", "rougeL_f"):
        if not (metric := of.get(name)):
            continue
        width = metric.high - metric.low
        if name == "accuracy":
            n, grouped = metric.n, of.get("accuracy_clustered")
            if grouped and grouped.high - grouped.low > width:
                n = round(n * (width / (grouped.high - grouped.low)) ** 2)
            difference = detectable_difference(n, metric.value)
            recipe = f"two proportions, this accuracy and one nearer to 50 %, {n} independent clips"
        else:
            difference = (Z95 + Z80) * math.sqrt(2) * width / (2 * Z95)
            recipe = "two runs with the standard error that this interval has"
        recipe += "; 80 % power, two-sided 5 %, not paired (on the same clips less may do: mudata compare)"
        found[name] = {"difference": difference, "recipe": recipe}
    return found


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
