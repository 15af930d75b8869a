"""Which runs can be told apart: on the clips that all of them have, pair by pair.

A difference comes with a p value: how often one as large comes up when the runs change places at random, artist by
artist (for accuracy of clips that share none that is McNemar's exact test), corrected by Holm over all pairs of one
metric; and with an interval that is simultaneous over all of them and never contradicts the p value. See `pairwise`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import combinations
from typing import TYPE_CHECKING, Any

from mudata.catalog.clusters import merged
from mudata.errors import EvaluationError
from mudata.evaluation.comparison.comparable import require_different_runs, require_same_questions, unknown_editions
from mudata.evaluation.comparison.comparison_result import ComparedRun, Comparison, MetricComparison, RankedRun
from mudata.evaluation.comparison.pairwise import compare_pairs, no_verdict
from mudata.evaluation.kinds.kind_registry import EXACT_KINDS
from mudata.evaluation.metrics.hypothesis_tests import draws_for, least_p, tied_groups
from mudata.evaluation.metrics.interval_notes import clusters_of, methods
from mudata.evaluation.metrics.intervals import ALPHA, Interval, ratio
from mudata.evaluation.metrics.jackknife import ClusteredClips
from mudata.evaluation.metrics.per_clip import per_clip_metrics

if TYPE_CHECKING:
    from mudata.evaluation.comparison.comparison_result import PairComparison
    from mudata.evaluation.metrics.per_clip import PerClipMetric
    from mudata.evaluation.metrics.scored import ScoredAnswer


def compare(runs: Sequence[tuple[Mapping[str, Any], Sequence[ScoredAnswer]]]) -> Comparison:
    """Compare runs on the clips that all of them have.

    Args:
        runs: of each run its scores (what scores.json says) and its scored answers.

    Returns:
        Every metric of the kind of task, the headline first.

    Raises:
        EvaluationError: different things would be compared: fewer than two runs, a run twice, other
            kinds of task, no clip in common, other labels or other references.

    Source:
        Fisher 1935, McNemar 1947, Holm 1979; see `hypothesis_tests` and `intervals`.

    Example:
        >>> from mudata.evaluation.align.alignment import Alignment
        >>> from mudata.evaluation.metrics.scored import ScoredAnswer
        >>> def answers(labels):
        ...     return [
        ...         ScoredAnswer(f"d/{i}", "d", ("a",), label, Alignment("ALIGNED", (label,)))
        ...         for i, label in enumerate(labels)
        ...     ]
        >>> heads = [
        ...     {"run": run, "model": run, "kind": "classify", "labels_sha256": {}}
        ...     for run in ("x", "y")
        ... ]
        >>> answered = [answers("a" * 12), answers("a" * 4 + "b" * 8)]
        >>> (accuracy,) = compare(list(zip(heads, answered))).metrics
        >>> pair = accuracy.pairs[0]
        >>> pair.n10, pair.n01, round(pair.p, 4), round(pair.difference, 3)
        (8, 0, 0.0078, 0.667)
    """
    heads = [scores for scores, _ in runs]
    answers = [{answer.clip_id: answer for answer in scored} for _, scored in runs]
    require_different_runs(heads)
    names = _names(heads)
    common = [clip for clip in answers[0] if all(clip in by_clip for by_clip in answers)]
    if not common:
        thing = "item" if heads[0]["kind"] in EXACT_KINDS else "clip"
        asked = "; ".join(f"{name}: {_whence(head)}" for name, head in zip(names, heads, strict=True))
        raise EvaluationError(
            f"These runs have no {thing} in common ({asked}).", "Compare runs that were asked about the same split."
        )
    shared = [[by_clip[clip] for clip in common] for by_clip in answers]
    require_same_questions(heads, names, shared)
    editions = unknown_editions(heads, names, list(dict.fromkeys(answer.dataset for answer in shared[0])))
    kind, cluster_of = str(heads[0]["kind"]), merged({a.clip_id: a.cluster for a in scored} for _, scored in runs)
    clusters = [cluster_of[clip] for clip in common]
    by_run = [per_clip_metrics(kind, scored) for scored in shared]
    compared_runs = _compared_runs(heads, names, answers, set(common))
    metrics = [
        _compare_metric(name, compared_runs, [metrics[name] for metrics in by_run], common, clusters)
        for name in by_run[0]
    ]
    pairs = len(runs) * (len(runs) - 1) // 2
    refused = no_verdict(clusters, pairs)
    return Comparison(
        kind,
        len(common),
        len(set(clusters)),
        tuple(compared_runs),
        tuple(metrics),
        refused,
        clusters_of(clusters),
        tuple(editions),
    )


def _names(heads: Sequence[Mapping[str, Any]]) -> list[str]:
    models = [str(head["model"]) for head in heads]
    return [
        model if models.count(model) == 1 else f"{model} ({head['run']})"
        for model, head in zip(models, heads, strict=True)
    ]


def _whence(head: Mapping[str, Any]) -> str:
    part = f"part {head['part']}, " if head.get("part") else ""
    return f"split {head['split']}, {part}{head['n']} clips"


def _compared_runs(
    heads: Sequence[Mapping[str, Any]],
    names: Sequence[str],
    answers: Sequence[Mapping[str, ScoredAnswer]],
    common: set[str],
) -> list[ComparedRun]:
    compared = []
    for head, name, by_clip in zip(heads, names, answers, strict=True):
        left_out = set(by_clip) - common
        unasked = [
            f"{other} was not asked about {missing} of them ({_whence(other_head)})"
            for other_head, other, theirs in zip(heads, names, answers, strict=True)
            if (missing := len(left_out - set(theirs)))
        ]
        compared.append(ComparedRun(str(head["run"]), name, len(by_clip), len(left_out), "; ".join(unasked)))
    return compared


def _compare_metric(
    metric: str,
    runs: Sequence[ComparedRun],
    measured: Sequence[PerClipMetric],
    clips: Sequence[str],
    clusters: Sequence[str],
) -> MetricComparison:
    """One metric of runs, each with its values on the same clips."""
    order = sorted(range(len(runs)), key=lambda i: -measured[i].value)
    ranked, sorted_runs = [measured[i] for i in order], [runs[i] for i in order]
    pairs = compare_pairs(metric, sorted_runs, ranked, clips, clusters)
    places = list(combinations(range(len(runs)), 2))
    apart = {place for place, pair in zip(places, pairs, strict=True) if pair.p_holm < ALPHA}
    groups = tied_groups(len(runs), apart)
    standings, intervals = [], [_interval(one, clusters) for one in ranked]
    for place, run in enumerate(sorted_runs):
        better = sum((other, place) in apart for other in range(place))
        worse = sum((place, other) in apart for other in range(place + 1, len(runs)))
        standings.append(
            RankedRun(
                run=run.run,
                name=run.name,
                value=ranked[place].value,
                low=intervals[place].low,
                high=intervals[place].high,
                first=1 + better,
                last=len(runs) - worse,
                groups="".join(_letter(k) for k, group in enumerate(groups) if place in group),
            )
        )
    by_id = tuple(tuple(sorted_runs[place].run for place in group) for group in groups)
    recipe = _recipe(metric, clusters, intervals, pairs)
    return MetricComparison(metric, recipe, tuple(standings), by_id, pairs)


def _interval(measured: PerClipMetric, clusters: Sequence[str]) -> Interval:
    """The one that `mudata score` shows, where these are all clips of the run."""
    if not measured.under.any():
        return Interval(None, None, len(set(clusters)), "none: no label")
    return ratio(measured.over, measured.under, ClusteredClips.named(clusters))


def _recipe(
    metric: str, clusters: Sequence[str], intervals: Sequence[Interval], pairs: Sequence[PairComparison]
) -> str:
    grouped, several = len(set(clusters)) < len(clusters), len(pairs) > 1
    what = "artists or tracks" if grouped else "clips"
    drawn = least_p(len(set(clusters)), draws_for(len(pairs))) == 1 / (draws_for(len(pairs)) + 1)
    at_least = f" ({draws_for(len(pairs)):,} ways drawn)" if drawn else ""
    test = f"p: runs exchanged in whole {what}{at_least}" if grouped or metric != "accuracy" else "p: McNemar exact"
    values = methods({"interval": one.how, "low": one.low} for one in intervals)
    values = values.replace("; ", ", ").replace("none: ", "no interval, ")
    over_all = f", simultaneous over {len(pairs)} pairs" if several else ""
    given = methods({"interval": pair.interval, "low": pair.low} for pair in pairs if pair.low is not None)
    none = methods({"interval": pair.interval, "low": None} for pair in pairs if pair.low is None)
    found = f"{given.replace('; ', ' or ')}, paired{over_all}, made to agree with p" if given else ""
    differences = ", ".join(filter(None, (found, none.replace("; ", ", ").replace("none: ", "no interval, "))))
    holm_s = f"; Holm over {len(pairs)} pairs" if several else ""
    return (
        f"values: {values}; differences: {differences}; {test}{holm_s}, told apart below {ALPHA}; can tell: with 80 % "
        f"power at {ALPHA}{f' / {len(pairs)}' if several else ''}"
    )


def _letter(k: int) -> str:
    return chr(ord("a") + k) if k < 26 else f"[{k + 1}]"
