"""Which runs can be told apart: on the clips that all of them have, pair by pair.

A difference comes with the interval of a paired bootstrap that draws artists or tracks where clips share them, and
with a p value: McNemar's exact test for accuracy, the bootstrap's for everything else. McNemar's test takes clips for
independent; where they share artists or tracks the larger of both p values counts. Holm's correction runs over all
pairs of one metric.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING, Any

from mudata.errors import EvaluationError
from mudata.evaluation.metrics.per_clip import measures
from mudata.evaluation.metrics.power import Z80
from mudata.evaluation.metrics.significance import PAIRED_RESAMPLES, holm, mcnemar, paired_bootstrap, tied_groups
from mudata.evaluation.metrics.statistics import WILSON, Z95, bootstrap, group_count, method, wilson

if TYPE_CHECKING:
    from mudata.evaluation.metrics.per_clip import Measure
    from mudata.evaluation.metrics.scored import ScoredAnswer

ALPHA = 0.05
LEAST = 0.0001
"""Smaller p values are only told to be."""


@dataclass(frozen=True)
class Entrant:
    """One run of a comparison. `why` tells who was not asked about the clips left out."""

    run: str
    name: str
    """The model, with the run's id where two runs have the same."""
    clips: int
    left_out: int
    why: str


@dataclass(frozen=True)
class Standing:
    """One run's value on the common clips. Its true rank lies from `first` to `last`: behind all runs that are told
    apart from it upwards, before all downwards. Runs with a letter of `groups` in common are tied."""

    run: str
    name: str
    value: float
    low: float
    high: float
    first: int
    last: int
    groups: str


@dataclass(frozen=True)
class Pair:
    """How run a differs from run b: `difference` = a - b. `n10` clips are better in a, `n01` in b (for accuracy: right
    in one and wrong in the other; `clips_10` and `clips_01` name them). `p` counts, `p_holm` is corrected.
    `detectable` is the smallest difference that these clips would tell apart with 80 % power."""

    a: str
    b: str
    difference: float
    low: float
    high: float
    p: float
    p_holm: float
    p_mcnemar: float | None
    p_bootstrap: float
    n10: int
    n01: int
    detectable: float | None
    verdict: str
    clips_10: tuple[str, ...] = ()
    clips_01: tuple[str, ...] = ()


@dataclass(frozen=True)
class Measured:
    """One metric of all runs, best first, and of all pairs in that order. `groups` are maximal sets of runs (ids) of
    which no pair is told apart."""

    metric: str
    recipe: str
    standings: tuple[Standing, ...]
    groups: tuple[tuple[str, ...], ...]
    pairs: tuple[Pair, ...]


@dataclass(frozen=True)
class Comparison:
    """`n` clips, in `independent` groups of one artist or track."""

    kind: str
    n: int
    independent: int
    runs: tuple[Entrant, ...]
    metrics: tuple[Measured, ...]


def compare(runs: Sequence[tuple[Mapping[str, Any], Sequence[ScoredAnswer]]]) -> Comparison:
    """Compare runs, each its scores (of `score.score`) and its answers (of `score.read_answers`).

    Raises EvaluationError where that would compare different things: fewer than two runs, a run twice, other kinds of
    task, no clip in common, other labels or other references.
    """
    heads = [scores for scores, _ in runs]
    answers = [{item.clip_id: item for item in items} for _, items in runs]
    _refuse_strangers(heads)
    names = _names(heads)
    common = [clip for clip in answers[0] if all(clip in of for of in answers)]
    if not common:
        asked = "; ".join(f"{name}: {_whence(head)}" for name, head in zip(names, heads, strict=True))
        raise EvaluationError(
            f"These runs have no clip in common ({asked}).", "Compare runs that were asked about the same split."
        )
    _refuse_other_questions(heads, names, [[of[clip] for clip in common] for of in answers])
    kind, clusters = str(heads[0]["kind"]), [_cluster([of[clip] for of in answers]) for clip in common]
    found = [measures(kind, [of[clip] for clip in common]) for of in answers]
    entrants = _entrants(heads, names, answers, set(common))
    metrics = [_compared(name, entrants, [of[name] for of in found], common, clusters) for name in found[0]]
    independent = group_count(clusters) or len(common)
    return Comparison(kind, len(common), independent, tuple(entrants), tuple(metrics))


def _cluster(told: Sequence[ScoredAnswer]) -> str:
    """The group of one clip as the first run has it that knows an artist or track: imported answers may not."""
    return next((item for item in told if item.artist or item.track), told[0]).cluster


def _refuse_strangers(heads: Sequence[Mapping[str, Any]]) -> None:
    ids = [head["run"] for head in heads]
    if len(ids) < 2 or len(set(ids)) < len(ids):
        raise EvaluationError(
            f"A comparison needs two or more different runs, not {', '.join(map(str, ids)) or 'none'}.",
            "Runs are listed by: mudata score",
        )
    if len({head["kind"] for head in heads}) > 1:
        kinds = ", ".join(f"{head['run']}: {head['kind']}" for head in heads)
        raise EvaluationError(
            f"These runs were asked different kinds of question ({kinds}).", "Compare runs of one task."
        )


def _refuse_other_questions(
    heads: Sequence[Mapping[str, Any]], names: Sequence[str], items: Sequence[Sequence[ScoredAnswer]]
) -> None:
    for dataset in dict.fromkeys(item.dataset for item in items[0]):
        hashes = [head["labels_sha256"].get(dataset) for head in heads]
        for name, other in zip(names, hashes, strict=True):
            if other != hashes[0]:
                raise EvaluationError(
                    f"{names[0]} and {name} were read with different labels of {dataset} "
                    f"({str(hashes[0])[:12]} and {str(other)[:12]}).",
                    "If both are of one task, score them again with the labels as they are now: "
                    f"mudata score {' '.join(str(head['run']) for head in heads)}",
                )
    for name, of in zip(names, items, strict=True):
        unlike = [a.clip_id for a, b in zip(items[0], of, strict=True) if set(a.gold) != set(b.gold)]
        if unlike:
            raise EvaluationError(
                f"{names[0]} and {name} have other references for {len(unlike)} of {len(of)} clips, such as "
                f"{unlike[0]}.",
                "They were asked different tasks, or the dataset's labels changed between them: ask one of them again.",
            )


def _names(heads: Sequence[Mapping[str, Any]]) -> list[str]:
    models = [str(head["model"]) for head in heads]
    return [
        model if models.count(model) == 1 else f"{model} ({head['run']})"
        for model, head in zip(models, heads, strict=True)
    ]


def _whence(head: Mapping[str, Any]) -> str:
    return f"split {head['split']}, part {head.get('part')}, {head['n']} clips"


def _entrants(
    heads: Sequence[Mapping[str, Any]],
    names: Sequence[str],
    answers: Sequence[Mapping[str, ScoredAnswer]],
    common: set[str],
) -> list[Entrant]:
    entrants = []
    for head, name, mine in zip(heads, names, answers, strict=True):
        left = set(mine) - common
        unasked = [
            f"{other} was not asked about {missing} of them ({_whence(its)})"
            for its, other, of in zip(heads, names, answers, strict=True)
            if (missing := len(left - set(of)))
        ]
        entrants.append(Entrant(str(head["run"]), name, len(mine), len(left), "; ".join(unasked)))
    return entrants


def _compared(
    metric: str,
    runs: Sequence[Entrant],
    measures: Sequence[Measure],
    clips: Sequence[str],
    clusters: Sequence[str],
) -> Measured:
    values = [float(of.statistic(of.columns.sum(0, keepdims=True))[0]) for of in measures]
    order = sorted(range(len(runs)), key=lambda i: -values[i])
    couples = list(combinations(range(len(runs)), 2))  # places in the order
    found = [_difference(metric, measures[order[i]], measures[order[j]], clips, clusters) for i, j in couples]
    for one, p in zip(found, holm([one["p"] for one in found]), strict=True):
        one["p_holm"] = p
    apart = {couple for couple, one in zip(couples, found, strict=True) if one["p_holm"] < ALPHA}
    pairs = []
    for (i, j), one in zip(couples, found, strict=True):
        a, b = runs[order[i]], runs[order[j]]
        pairs.append(Pair(a.run, b.run, verdict=_verdict(metric, a.name, b.name, one, len(clips)), **one))
    groups = tied_groups(len(runs), apart)
    standings = []
    for place, i in enumerate(order):
        low, high = _interval(metric, measures[i], clusters)
        better = sum((other, place) in apart for other in range(place))
        worse = sum((place, other) in apart for other in range(place + 1, len(runs)))
        letters = "".join(_letter(k) for k, group in enumerate(groups) if place in group)
        last = len(runs) - worse
        standings.append(Standing(runs[i].run, runs[i].name, values[i], low, high, 1 + better, last, letters))
    by_id = tuple(tuple(runs[order[place]].run for place in group) for group in groups)
    return Measured(metric, _recipe(metric, clusters), tuple(standings), by_id, tuple(pairs))


def _difference(metric: str, a: Measure, b: Measure, clips: Sequence[str], clusters: Sequence[str]) -> dict[str, Any]:
    """What `Pair` has, but for names, correction and verdict."""
    found = paired_bootstrap(a.columns, b.columns, clusters, statistic=a.statistic)
    better, worse = a.values > b.values, a.values < b.values
    said: dict[str, Any] = {"n10": int(better.sum()), "n01": int(worse.sum()), "p_mcnemar": None, "p": found.p}
    if metric == "accuracy":
        said["p"] = said["p_mcnemar"] = mcnemar(said["n10"], said["n01"])
        if group_count(clusters):
            said["p"] = max(said["p_mcnemar"], found.p)
        for key, which in (("clips_10", better), ("clips_01", worse)):
            said[key] = tuple(clip for clip, flipped in zip(clips, which, strict=True) if flipped)
    bounds = {"difference": found.value, "low": found.low, "high": found.high, "p_bootstrap": found.p}
    return said | bounds | {"detectable": (Z95 + Z80) * found.error or None}


def _interval(metric: str, of: Measure, clusters: Sequence[str]) -> tuple[float, float]:
    if metric == "accuracy" and not group_count(clusters):
        return wilson(int(of.values.sum()), len(of.values))
    return bootstrap(of.columns, of.statistic, clusters)


def _recipe(metric: str, clusters: Sequence[str]) -> str:
    grouped = bool(group_count(clusters))
    alone = WILSON if metric == "accuracy" and not grouped else method(clusters)
    paired = f"differences: paired, {method(clusters, PAIRED_RESAMPLES)}"
    test = f"p: paired bootstrap, at least {2 / (PAIRED_RESAMPLES + 1):.4f}"
    if metric == "accuracy":
        test = "p: McNemar exact" + (", or that of the paired bootstrap where larger" if grouped else "")
    return f"values: {alone}; {paired}; {test}; Holm over all pairs, told apart below {ALPHA}"


def _letter(k: int) -> str:
    return chr(ord("a") + k) if k < 26 else f"[{k + 1}]"


def _verdict(metric: str, a: str, b: str, found: Mapping[str, Any], n: int) -> str:
    points = " points" if metric == "accuracy" else ""
    size, low, high = (shown(metric, found[key]) for key in ("difference", "low", "high"))
    said = f"{size}{points} [{low}, {high}], p {'' if found['p_holm'] < LEAST else '= '}{chance(found['p_holm'])}"
    if found["p_holm"] < ALPHA:
        return f"{a} is ahead of {b}: {said}."
    needed = found["detectable"]
    hint = f"; these {n} clips can tell apart about {shown(metric, needed)}{points}" if needed else ""
    return f"{a} and {b} are not told apart: {said}{hint}."


def shown(metric: str, value: float) -> str:
    """A difference as text: points of a hundred for accuracy, else as it is."""
    return f"{100 * value:.1f}" if metric == "accuracy" else f"{value:.3f}"


def chance(p: float) -> str:
    """A p value as text."""
    return f"{p:.4f}" if p >= LEAST else f"<{LEAST}"
