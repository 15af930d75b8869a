"""What needs no listening, beside scores of labels: a uniform guess, exactly, and the best constant answer.

A uniform guess of one label draws from all that can be named. A uniform guess of a set draws from all sets of these
labels, the empty one included: each label is named with probability 1/2, whatever clips have (a guess that names each
label as often as clips have it would know the references). Constants are found on the very clips that were asked,
among all labels and all sets that reading takes for an answer: what lists nearly all labels reads them back
(`evidence.most_listed`). Of one dataset nothing constant is better.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from mudata.evaluation.align.evidence import most_listed
from mudata.evaluation.metrics.estimates import clustered, constant, ratio, share
from mudata.evaluation.metrics.intervals import require_clips
from mudata.evaluation.metrics.scored import Metric

if TYPE_CHECKING:
    from mudata.evaluation.metrics.scored import Labels, ScoredAnswer

FLOORED: Mapping[str, tuple[str, ...]] = {"classify": ("accuracy", "macro_f1"), "tag": ("micro_f1", "macro_f1")}
"""By kind the measures of labels that have floors, the headline first."""
FEW_ANSWERS = 30
"""So many of the answers given are listed, the commonest first."""
_NAMED = 6
"""Labels of a constant answer that are told one by one."""
_GUESS = {
    "classify": "a uniform guess among all labels",
    "tag": "a uniform guess among all sets of labels (each label named with probability 1/2)",
}
_PLACES = 9
"""Decimals of an expectation: gamma functions of the largest sets are that exact."""

ConstantLabels = Mapping[str, Sequence[str]]
"""By dataset the labels that a constant answer names there."""


class _Label(NamedTuple):
    """A label of a dataset: how many of its clips have it, and how many clips the dataset has."""

    dataset: str
    label: str
    support: int
    clips: int


def label_floors(kind: Literal["classify", "tag"], scored: Sequence[ScoredAnswer], labels: Labels) -> dict[str, Any]:
    """What scores.json has of labels beside their metrics.

    Args:
        kind: of the task.
        scored: n answers with their references.
        labels: every label that can be named, by dataset.

    Returns:
        metrics: `constant`, what the best constant answer is worth by the headline, and `constant_macro_f1`;
        `chance_macro_f1` and, of sets, `chance`, what a uniform guess is worth (of single labels `chance` is
        among the metrics themselves); `distinct_answers`, and `commonest_share` of the commonest. constants: by
        measure, the labels of the best constant answer by dataset; nothing where no clip has a label. answers: those
        given, commonest first, with how often (at most FEW_ANSWERS).

    Raises:
        EvaluationError: there is nothing to score.

    Example:
        >>> from mudata.evaluation.align.alignment import Alignment
        >>> from mudata.evaluation.metrics.scored import ScoredAnswer
        >>> read = Alignment("SET", ("calm",))
        >>> found = label_floors("tag", [ScoredAnswer("d/1", "d", ("calm",), "calm", read)], {"d": ("calm", "dark")})
        >>> [(one["metric"], round(one["value"], 3)) for one in found["metrics"][:2]], found["constants"]["micro_f1"]
        ([('chance', 0.417), ('constant', 1.0)], {'d': ['calm']})
    """
    n = require_clips(len(scored))
    counted = list(_counted(scored, labels))
    metrics, constants = [], {}
    for place, measure in enumerate(FLOORED[kind]):
        tail = f"_{measure}" if place else ""
        if measure != "accuracy":
            micro = measure == "micro_f1"
            guessed = _guessed_micro_f1(scored, labels) if micro else _guessed_macro_f1(kind, counted, labels)
            recipe = f"{measure} that {_GUESS[kind]} has on average, exactly"
            metrics.append(constant(f"chance{tail}", guessed, n, recipe))
        best = _BEST[kind, measure](counted)
        if best:
            constants[measure] = best
            metrics.append(_constant(measure, f"constant{tail}", best, scored, counted))
    answers = Counter(", ".join(item.counted_labels) for item in scored if item.counted_labels)
    commonest = answers.most_common(1)[0][0] if answers else None
    metrics += [
        share(
            "commonest_share",
            [commonest is not None and ", ".join(item.counted_labels) == commonest for item in scored],
            "answers that name the commonest label, or set of them / all",
            clustered(scored),
        ),
        Metric("distinct_answers", float(len(answers)), None, None, n, "how many different labels, or sets, are named"),
    ]
    return {
        "metrics": list(map(asdict, metrics)),
        "constants": constants,
        "answers": [[answer, times] for answer, times in answers.most_common(FEW_ANSWERS)],
    }


def constant_words(answer: ConstantLabels) -> str:
    """A constant answer as tables show it.

    Example:
        >>> constant_words({"d": ["bass", "drums"]}), constant_words({"d": ["a"], "e": list("bcdefghi")})
        ('bass, drums', 'd: a; e: b, c, d, e, f, g and 2 more')
    """
    told = {
        dataset: ", ".join(labels[:_NAMED]) + (f" and {more} more" if (more := len(labels) - _NAMED) > 0 else "")
        for dataset, labels in answer.items()
    }
    return next(iter(told.values())) if len(told) == 1 else "; ".join(f"{of}: {named}" for of, named in told.items())


def _counted(scored: Sequence[ScoredAnswer], labels: Labels) -> Iterator[_Label]:
    """Every label in published order, also those that no clip has."""
    clips = Counter(item.dataset for item in scored)
    support = Counter((item.dataset, label) for item in scored for label in set(item.references))
    for dataset, ids in labels.items():
        if clips[dataset]:
            for label in ids:
                yield _Label(dataset, label, support[dataset, label], clips[dataset])


def _commonest(counted: Sequence[_Label]) -> dict[str, list[str]]:
    """Of each dataset the label of most clips: best by accuracy, and by macro-F1, where one label is named (its F1
    grows with its clips, and all others have 0)."""
    best: dict[str, _Label] = {}
    for one in counted:
        if one.support > (best[one.dataset].support if one.dataset in best else 0):
            best[one.dataset] = one
    return {dataset: [one.label] for dataset, one in best.items()}


def _best_by_micro_f1(counted: Sequence[_Label]) -> dict[str, list[str]]:
    """The set with the highest micro-F1, and of equal ones the smallest.

    Exact: 2 hits / (labels in references + labels named) is a ratio of sums over the labels of the set, which is
    largest for all labels whose share of clips is above half of that maximum (W. Dinkelbach, On nonlinear fractional
    programming, 1967), and so for the first so many in the order of their share.
    """
    in_order = _listable(sorted(counted, key=lambda one: -one.support / one.clips), counted)
    asked, hits, named, best, size = sum(one.support for one in counted), 0, 0, 0.0, 0
    for place, one in enumerate(in_order, 1):
        hits, named = hits + one.support, named + one.clips
        if (value := 2 * hits / (asked + named)) > best + 1e-12:
            best, size = value, place
    return _by_dataset(counted, in_order[:size])


def _best_by_macro_f1(counted: Sequence[_Label]) -> dict[str, list[str]]:
    """Every label that any clip has, the commonest where these are too many: naming one only adds to the mean."""
    return _by_dataset(counted, _listable(sorted(counted, key=lambda one: -one.support), counted))


def _listable(in_order: Sequence[_Label], counted: Sequence[_Label]) -> list[_Label]:
    """The first labels of each dataset that clips have, as many as an answer may list."""
    of = Counter(one.dataset for one in counted)
    listed: Counter[str] = Counter()
    kept = []
    for one in in_order:
        if one.support and listed[one.dataset] < most_listed(of[one.dataset], many=True):
            listed[one.dataset] += 1
            kept.append(one)
    return kept


_BEST = {
    ("classify", "accuracy"): _commonest,
    ("classify", "macro_f1"): _commonest,
    ("tag", "micro_f1"): _best_by_micro_f1,
    ("tag", "macro_f1"): _best_by_macro_f1,
}


def _by_dataset(counted: Sequence[_Label], chosen: Sequence[_Label]) -> dict[str, list[str]]:
    """Labels in published order."""
    there = set(chosen)
    found: dict[str, list[str]] = {}
    for one in counted:
        if one in there:
            found.setdefault(one.dataset, []).append(one.label)
    return found


def _constant(
    measure: str, name: str, best: ConstantLabels, scored: Sequence[ScoredAnswer], counted: Sequence[_Label]
) -> Metric:
    """What always naming these labels is worth."""
    import numpy as np

    recipe = f"{measure} of always answering {constant_words(best)!r}, the best of all constant answers on this set"
    if measure == "macro_f1":
        named = {(dataset, label) for dataset, of in best.items() for label in of}
        f1 = [
            2 * one.support / (one.support + one.clips) if (one.dataset, one.label) in named else 0.0
            for one in counted
            if one.support
        ]
        return Metric(name, sum(f1) / len(f1), None, None, len(scored), f"{recipe}; interval none")
    hits = np.array([len(set(best.get(item.dataset, ())) & set(item.references)) for item in scored], dtype=np.float64)
    if measure == "accuracy":
        return share(name, (hits > 0).tolist(), recipe, clustered(scored))
    both = np.array([len(best.get(item.dataset, ())) + len(set(item.references)) for item in scored], dtype=np.float64)
    return ratio(name, 2 * hits, both, recipe, clustered(scored))


def _guessed_micro_f1(scored: Sequence[ScoredAnswer], labels: Labels) -> float:
    """E[2 hits / (labels in references + labels named)]: of k labels named, the hits are on average those that k drawn
    from all pairs of clip and label have."""
    pairs = sum(len(labels[item.dataset]) for item in scored)
    return _expected_f1(sum(len(set(item.references)) for item in scored), pairs, 0.5)


def _guessed_macro_f1(kind: str, counted: Sequence[_Label], labels: Labels) -> float:
    """Mean over the labels that clips have of E[F1], each of which only hangs on how many clips have it."""
    occurring = [one for one in counted if one.support]
    if not occurring:
        return 0.0
    known: dict[tuple[int, int, float], float] = {}
    total = 0.0
    for one in occurring:
        key = (one.support, one.clips, 0.5 if kind == "tag" else 1 / len(labels[one.dataset]))
        total += known[key] if key in known else known.setdefault(key, _expected_f1(*key))
    return round(total / len(occurring), _PLACES)


def _expected_f1(support: int, n: int, p: float) -> float:
    """E[2 hits / (support + named)] where each of n cells is named with probability p, and `support` of them are right:
    named is binomial, and of k cells named k support / n are right on average, since each is as likely as any other.

    Example:
        >>> _expected_f1(1, 2, 0.5)  # sets: none 0, right 1, wrong 0, both 2/3
        0.416666667
    """
    import numpy as np
    from scipy.special import gammaln, xlog1py, xlogy

    if not support:
        return 0.0
    middle, reach = n * p, 12 * math.sqrt(n * p * (1 - p)) + 60  # beyond lies less than any double can tell
    k = np.arange(max(0, math.floor(middle - reach)), min(n, math.ceil(middle + reach)) + 1, dtype=np.float64)
    chances = np.exp(gammaln(n + 1) - gammaln(k + 1) - gammaln(n - k + 1) + xlogy(k, p) + xlog1py(n - k, -p))
    return round(float((chances * 2 * k * support / n / (support + k)).sum() / chances.sum()), _PLACES)
