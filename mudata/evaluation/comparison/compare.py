"""Which runs can be told apart: on the clips that all of them have, pair by pair.

A difference comes with the interval of a paired bootstrap that draws artists or tracks where clips
share them, and with a p value: how often a difference as large comes up when the runs change places
at random, artist by artist (for accuracy of clips that share none that is McNemar's exact test).
Holm's correction runs over all pairs of one metric.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import combinations
from typing import TYPE_CHECKING, Any

from mudata.catalog.clusters import merged
from mudata.errors import EvaluationError
from mudata.evaluation.comparison.comparable import require_different_runs, require_same_questions
from mudata.evaluation.comparison.comparison_result import (
    LEAST,
    ComparedRun,
    Comparison,
    MetricComparison,
    PairComparison,
    RankedRun,
    chance,
    ends,
    shown,
)
from mudata.evaluation.metrics.exact_tests import DRAWS, exchange, least_p
from mudata.evaluation.metrics.per_clip import per_clip_metrics
from mudata.evaluation.metrics.power import Z80
from mudata.evaluation.metrics.significance import (
    PAIRED_RESAMPLES,
    difference,
    holm,
    mcnemar,
    tied_groups,
)
from mudata.evaluation.metrics.statistics import WILSON, Z95, bootstrap, group_count, method, resampled, wilson

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from mudata.evaluation.metrics.per_clip import PerClipMetric
    from mudata.evaluation.metrics.scored import ScoredAnswer

ALPHA = 0.05


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
        Fisher 1935, McNemar 1947, Holm 1979, Efron and Tibshirani 1993; see `significance`.

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
        asked = "; ".join(f"{name}: {_whence(head)}" for name, head in zip(names, heads, strict=True))
        raise EvaluationError(
            f"These runs have no clip in common ({asked}).", "Compare runs that were asked about the same split."
        )
    shared = [[by_clip[clip] for clip in common] for by_clip in answers]
    require_same_questions(heads, names, shared)
    kind, cluster_of = str(heads[0]["kind"]), merged({a.clip_id: a.cluster for a in scored} for _, scored in runs)
    clusters = [cluster_of[clip] for clip in common]
    by_run = [per_clip_metrics(kind, scored) for scored in shared]
    compared_runs = _compared_runs(heads, names, answers, set(common))
    metrics = [
        _compare_metric(name, compared_runs, [metrics[name] for metrics in by_run], common, clusters)
        for name in by_run[0]
    ]
    return Comparison(kind, len(common), len(set(clusters)), tuple(compared_runs), tuple(metrics))


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
    values = [float(run.statistic(run.columns.sum(0, keepdims=True))[0]) for run in measured]
    order = sorted(range(len(runs)), key=lambda i: -values[i])
    ranked, sorted_runs = [measured[i] for i in order], [runs[i] for i in order]
    places = list(combinations(range(len(runs)), 2))
    resamples = _resampled(ranked, clusters)
    differences = [
        _difference(metric, (ranked[i], resamples[i]), (ranked[j], resamples[j]), clips, clusters) for i, j in places
    ]
    for found, p in zip(differences, holm([d["p"] for d in differences]), strict=True):
        found["p_holm"] = p
    apart = {pair for pair, d in zip(places, differences, strict=True) if d["p_holm"] < ALPHA}
    pairs = []
    for (i, j), found in zip(places, differences, strict=True):
        a, b = sorted_runs[i], sorted_runs[j]
        verdict = _verdict(metric, (a.name, b.name), found, len(clips), len(set(clusters)))
        pairs.append(PairComparison(a=a.run, b=b.run, verdict=verdict, **found))
    groups = tied_groups(len(runs), apart)
    standings = []
    for place, run in enumerate(sorted_runs):
        low, high = _interval(metric, ranked[place], clusters)
        better = sum((other, place) in apart for other in range(place))
        worse = sum((place, other) in apart for other in range(place + 1, len(runs)))
        standings.append(
            RankedRun(
                run=run.run,
                name=run.name,
                value=values[order[place]],
                low=low,
                high=high,
                first=1 + better,
                last=len(runs) - worse,
                groups="".join(_letter(k) for k, group in enumerate(groups) if place in group),
            )
        )
    by_id = tuple(tuple(sorted_runs[place].run for place in group) for group in groups)
    return MetricComparison(metric, _recipe(metric, clusters), tuple(standings), by_id, tuple(pairs))


def _resampled(runs: Sequence[PerClipMetric], clusters: Sequence[str]) -> list[NDArray[np.float64]]:
    """Column sums of the same resamples of clips, for each run."""
    import numpy as np

    columns = [run.columns for run in runs]
    sums = resampled(np.hstack(columns), clusters, PAIRED_RESAMPLES)
    return np.split(sums, np.cumsum([one.shape[1] for one in columns])[:-1], axis=1)


def _difference(
    metric: str,
    first: tuple[PerClipMetric, NDArray[np.float64]],
    second: tuple[PerClipMetric, NDArray[np.float64]],
    clips: Sequence[str],
    clusters: Sequence[str],
) -> dict[str, Any]:
    """What `PairComparison` has, but for names, correction and verdict."""
    (a, sums_a), (b, sums_b) = first, second
    bootstrapped = difference(a.columns, b.columns, sums_a, sums_b, a.statistic)
    better, worse = a.values > b.values, a.values < b.values
    n10, n01 = int(better.sum()), int(worse.sum())
    pair: dict[str, Any] = {
        "difference": bootstrapped.value,
        "low": bootstrapped.low,
        "high": bootstrapped.high,
        "p_mcnemar": mcnemar(n10, n01) if metric == "accuracy" else None,
        "p_bootstrap": bootstrapped.p,
        "n10": n10,
        "n01": n01,
        "detectable": (Z95 + Z80) * bootstrapped.error or None,
    }
    alone = pair["p_mcnemar"] is not None and not _grouped(clusters)
    pair["p"] = pair["p_mcnemar"] if alone else exchange(a.columns, b.columns, clusters, a.statistic)
    if metric == "accuracy":
        for key, which in (("clips_10", better), ("clips_01", worse)):
            pair[key] = tuple(clip for clip, flipped in zip(clips, which, strict=True) if flipped)
    return pair


def _grouped(clusters: Sequence[str]) -> bool:
    return len(set(clusters)) < len(clusters)


def _interval(metric: str, measured: PerClipMetric, clusters: Sequence[str]) -> tuple[float, float]:
    if metric == "accuracy" and not group_count(clusters):
        return wilson(int(measured.values.sum()), len(measured.values))
    return bootstrap(measured.columns, measured.statistic, clusters)


def _recipe(metric: str, clusters: Sequence[str]) -> str:
    alone = WILSON if metric == "accuracy" and not group_count(clusters) else method(clusters)
    paired = f"differences: paired, {method(clusters, PAIRED_RESAMPLES)}"
    what = "artists (else tracks)" if _grouped(clusters) else "clips"
    test = f"p: runs exchanged in whole {what}, at least {1 / (DRAWS + 1):.4f} where drawn"
    if metric == "accuracy" and not _grouped(clusters):
        test = "p: McNemar exact"
    return f"values: {alone}; {paired}; {test}; Holm over all pairs, told apart below {ALPHA}"


def _letter(k: int) -> str:
    return chr(ord("a") + k) if k < 26 else f"[{k + 1}]"


def _verdict(metric: str, names: tuple[str, str], pair: Mapping[str, Any], n: int, independent: int) -> str:
    a, b = names
    points = " points" if metric == "accuracy" else ""
    size, interval = shown(metric, pair["difference"]), ends(metric, pair["low"], pair["high"])
    p = f"p {'' if pair['p_holm'] < LEAST else '= '}{chance(pair['p_holm'])}"
    numbers = f"{size}{points} {interval}, {p}"
    if pair["p_holm"] < ALPHA:
        return f"{a} is ahead of {b}: {numbers}."
    needed = pair["detectable"]
    hint = f"; these {n} clips can tell apart about {shown(metric, needed)}{points}" if needed else ""
    if least_p(independent) >= ALPHA:
        what = "clips" if independent == n else "artists or tracks"
        hint = f"; {independent} {what} are too few to show any difference"
    return f"{a} and {b} are not told apart: {numbers}{hint}."
