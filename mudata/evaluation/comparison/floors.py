"""Is a run better than what needs no listening: chance, a constant answer, a wrong clip?

Accuracy is held against chance by an exact test that takes all clips of one artist for one clip,
the worst that their likeness can do; tags, and what has exact truth, against the best constant answer to the same
items, as two runs are compared; captions against those of wrong clips by t, so that p is .05 where the interval that
scores have just reaches 0. Holm's correction runs over all runs that are asked at once.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from mudata.evaluation.align.alignment import Alignment
from mudata.evaluation.metrics.differences import difference
from mudata.evaluation.metrics.exact_truth import best_constant
from mudata.evaluation.metrics.hypothesis_tests import binomial, exchange, holm, independent_clips, too_few
from mudata.evaluation.metrics.intervals import ALPHA, FEWEST_CLUSTERS
from mudata.evaluation.metrics.jackknife import ClusteredClips
from mudata.evaluation.metrics.per_clip import PerClipMetric, per_clip_metrics

if TYPE_CHECKING:
    from mudata.evaluation.metrics.scored import ScoredAnswer
    from mudata.evaluation.protocol import Kind

_ROUNDING = 1e-9
TESTS = {
    "chance": "exact binomial test, all clips of an artist or track taken for one",
    "constant": "runs exchanged with it in whole artists, tracks or pieces",
    "rougeL_f_wrong_clip": "t of the lift, .05 where its interval just reaches 0",
}
"""How runs are held against each floor, in few words."""
Verdict = Literal["ahead", "behind", "not told", "too few"]
Values = Mapping[str, Any]


class FloorQuestion(NamedTuple):
    """A run's metrics by name, as scores.json has them, its answers, and of tags the constant answer that is best by
    micro-F1, by dataset (`metrics.label_floors`; empty where scores of an earlier version have none)."""

    run: str
    metrics: Mapping[str, Values]
    answers: Sequence[ScoredAnswer]
    constants: Mapping[str, Sequence[str]]


@dataclass(frozen=True, kw_only=True)
class FloorContrast:
    """How far a run is above its floor: `difference` with its 95 % interval, in the metric's unit.

    `floor` names the metric that needs no listening, `floor_value` is its value on the same clips.
    `p` is two-sided, `p_holm` corrected for all runs asked about at once. `independent`: how many
    independent clips its clips are worth at the least. 'ahead' and 'behind' need p_holm below 0.05
    and an interval without 0; 'too few': of so few clips or clusters there is no interval, or no test can show either,
    whatever is answered.
    """

    run: str
    floor: str
    value: float
    floor_value: float
    difference: float
    low: float | None
    high: float | None
    p: float
    p_holm: float
    independent: int
    verdict: Verdict


def above_floors(kind: Kind, runs: Sequence[FloorQuestion]) -> dict[str, FloorContrast]:
    """Each run beside its floor, by run; without those that have none.

    Args:
        kind: of the task: classify (floor: chance), caption (the same captions against other clips' references), tag
            or one with exact truth (the best constant answer).
        runs: those that one sentence is about.

    Source:
        Clopper and Pearson 1934, Kish 1965, Fisher 1935, Student 1908, Holm 1979; see `hypothesis_tests`.

    Example:
        >>> from mudata.evaluation.align.alignment import Alignment
        >>> from mudata.evaluation.metrics.scored import ScoredAnswer
        >>> read = Alignment("ALIGNED", ("a",))
        >>> answers = [ScoredAnswer(f"d/{i}", "d", ("a",), "a", read) for i in range(50)]
        >>> right = {"value": 0.5, "low": 0.366, "high": 0.634}
        >>> metrics = {"accuracy": right, "chance": {"value": 0.1, "low": 0.1, "high": 0.1}}
        >>> found = above_floors("classify", [FloorQuestion("x", metrics, answers, {})])["x"]
        >>> found.verdict, round(found.difference, 3), round(found.low, 3)
        ('ahead', 0.4, 0.266)
    """
    contrasts = {"classify": _by_chance, "tag": _by_constant_labels, "caption": _by_wrong_clips}
    contrast = contrasts.get(kind, partial(_by_constant, kind))
    found = [one for run in runs if (one := contrast(run))]
    judged = [
        replace(one, p_holm=p, verdict=_verdict(one, p))
        for one, p in zip(found, holm([one.p for one in found]), strict=True)
    ]
    return {one.run: one for one in judged}


def _by_chance(asked: FloorQuestion) -> FloorContrast | None:
    if "chance" not in asked.metrics:
        return None
    ours, chance = asked.metrics["accuracy"], float(asked.metrics["chance"]["value"])
    value, low, high = _ends(ours)
    n = _independent(asked)
    right = math.floor(value * n + _ROUNDING) if value > chance else math.ceil(value * n - _ROUNDING)
    fewest = min(binomial(0, n, chance), binomial(n, n, chance))
    return FloorContrast(
        run=asked.run,
        floor="chance",
        value=value,
        floor_value=chance,
        difference=value - chance,
        low=None if low is None else low - chance,
        high=None if high is None else high - chance,
        p=binomial(right, n, chance),
        p_holm=1.0,
        independent=n,
        verdict="too few" if low is None or fewest >= ALPHA else "not told",
    )


def _by_constant_labels(asked: FloorQuestion) -> FloorContrast | None:
    """The run beside one that always names those labels of the clip's dataset that are worth most."""
    if any(answer.dataset not in asked.constants for answer in asked.answers):
        return None
    always = [
        replace(answer, alignment=Alignment("SET", tuple(asked.constants[answer.dataset]))) for answer in asked.answers
    ]
    ours, floor = (per_clip_metrics("tag", answers)["micro_f1"] for answers in (asked.answers, always))
    if not ours.under.any():  # no clip has a label, and none was named
        return None
    return _exchanged(asked, "constant", float(asked.metrics["micro_f1"]["value"]), ours, floor)


def _by_constant(kind: Kind, asked: FloorQuestion) -> FloorContrast | None:
    """The run beside the constant answer that is the best of all on these items."""
    name, ours = next(iter(per_clip_metrics(kind, asked.answers).items()))
    best = best_constant(kind, asked.answers, name)
    if best is None:
        return None
    return _exchanged(asked, "constant", ours.value, ours, PerClipMetric(best.values, ours.under))


def _exchanged(
    asked: FloorQuestion, name: str, value: float, ours: PerClipMetric, floor: PerClipMetric
) -> FloorContrast:
    """Both as two runs are compared."""
    clusters = [answer.cluster for answer in asked.answers]
    found = difference((ours.over, ours.under), (floor.over, floor.under), ClusteredClips.named(clusters))
    apart = ours.value - floor.value
    return FloorContrast(
        run=asked.run,
        floor=name,
        value=value,
        floor_value=value - apart,
        difference=apart,
        low=found.low,
        high=found.high,
        p=exchange(ours.columns, floor.columns, clusters, ours.statistic),
        p_holm=1.0,
        independent=len(set(clusters)),
        verdict="too few" if found.low is None or too_few(len(set(clusters))) else "not told",
    )


def _by_wrong_clips(asked: FloorQuestion) -> FloorContrast | None:
    """The captions beside the same ones held against other clips; the interval is paired."""
    if "rougeL_f_lift" not in asked.metrics:
        return None
    (value, low, high), n = _ends(asked.metrics["rougeL_f_lift"]), _independent(asked)
    return FloorContrast(
        run=asked.run,
        floor="rougeL_f_wrong_clip",
        value=asked.metrics["rougeL_f"]["value"],
        floor_value=asked.metrics["rougeL_f_wrong_clip"]["value"],
        difference=value,
        low=low,
        high=high,
        p=_p_of_interval(value, low, high, n - 1),
        p_holm=1.0,
        independent=n,
        verdict="too few" if low is None or n < FEWEST_CLUSTERS else "not told",
    )


def _p_of_interval(value: float, low: float | None, high: float | None, freedom: int) -> float:
    """The p of a test by t that is 0.05 where the interval just reaches 0; 1 where there is no interval."""
    if low is None or high is None or value in (low, high) or freedom < 1:
        return 1.0
    from scipy.special import stdtr, stdtrit

    reach = value - low if value > 0 else high - value  # towards 0: the sides differ
    t = value * stdtrit(freedom, 1 - ALPHA / 2) / reach
    return float(2 * stdtr(freedom, -abs(t)))


def _independent(asked: FloorQuestion) -> int:
    return math.floor(independent_clips([answer.cluster for answer in asked.answers]) + _ROUNDING)


def _ends(metric: Values) -> tuple[float, float | None, float | None]:
    return metric["value"], metric["low"], metric["high"]


def _verdict(contrast: FloorContrast, p_holm: float) -> Verdict:
    low, high = contrast.low, contrast.high
    if contrast.verdict == "too few" or p_holm >= ALPHA or low is None or high is None:
        return contrast.verdict
    return "ahead" if low > 0 else "behind" if high < 0 else "not told"
