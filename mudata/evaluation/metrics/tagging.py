"""Scores of label sets: tasks with any number of right labels per clip, and what one-label tasks share with them.

Answers are sets, not scores of every tag, so there is no area under a curve: ROC-AUC and PR-AUC of hard sets measure
the threshold.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from mudata.evaluation.metrics.scored import Labels, Metric, ScoredAnswer
from mudata.evaluation.metrics.statistics import interval, mean, method, require_clips, resampled, share, wilson

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


def tag(items: Sequence[ScoredAnswer], labels: Labels, majority: Mapping[str, str], source: str) -> list[Metric]:
    """Metrics of a task with any number of right labels per clip."""
    import numpy as np

    n = require_clips(len(items))
    named = sum(item.outcome == "SET" for item in items)
    common = sum(majority[item.dataset] in item.gold for item in items)
    always = 2 * common / max(1, n + sum(len(item.gold) for item in items))
    return [
        *of_sets(items, labels, ("micro_f1", "micro_precision", "micro_recall", "macro_f1")),
        mean(
            "jaccard",
            np.array([jaccard(item) for item in items]),
            "mean over clips of labels in both / labels in either; 1 where both are empty",
            [item.cluster for item in items],
        ),
        share("coverage", named, n, "answers that name at least one label / all"),
        Metric(
            "majority_micro_f1",
            always,
            always,
            always,
            n,
            f"micro-F1 of always saying the most frequent label of the {source}",
        ),
    ]


def jaccard(item: ScoredAnswer) -> float:
    """Labels in reference and answer / labels in either; 1 where both are empty."""
    gold, said = set(item.gold), set(item.counted_labels)
    return len(gold & said) / len(gold | said) if gold | said else 1.0


def counts(item: ScoredAnswer) -> tuple[int, int, int]:
    """Hits, labels in the reference, labels in the answer: what micro-F1 sums."""
    gold, said = set(item.gold), set(item.counted_labels)
    return len(gold & said), len(gold), len(said)


def per_label(items: Sequence[ScoredAnswer], labels: Labels) -> list[dict[str, object]]:
    """Support (`n`), recall with Wilson's interval, precision and F1 of every label, one row per dataset and label that
    occurs in the references or the answers. What would divide by nothing is None: recall and F1 of a label that no
    reference has, precision of one that no answer names.
    """
    rows: list[dict[str, object]] = []
    for dataset, ids in labels.items():
        mine = [item for item in items if item.dataset == dataset]
        n = Counter(label for item in mine for label in item.gold)
        said = Counter(label for item in mine for label in item.counted_labels)
        hit = Counter(label for item in mine for label in item.counted_labels if label in item.gold)
        for label in ids:
            if n[label] or said[label]:
                low, high = wilson(hit[label], n[label]) if n[label] else (None, None)
                rows.append(
                    {
                        "dataset": dataset,
                        "label": label,
                        "n": n[label],
                        "said": said[label],
                        "right": hit[label],
                        "recall": hit[label] / n[label] if n[label] else None,
                        "low": low,
                        "high": high,
                        "precision": hit[label] / said[label] if said[label] else None,
                        "f1": 2 * hit[label] / (n[label] + said[label]) if n[label] else None,
                    }
                )
    return rows


def outcomes(items: Sequence[ScoredAnswer]) -> dict[str, int]:
    """How many answers ended how, the most frequent first."""
    return dict(Counter(item.outcome for item in items).most_common())


def of_sets(items: Sequence[ScoredAnswer], labels: Labels, wanted: Sequence[str]) -> list[Metric]:
    """F1 and its parts from label sets: per label and summed, labels of different datasets kept apart."""
    import numpy as np

    place = {(dataset, label): i for i, (dataset, label) in enumerate((d, x) for d, ids in labels.items() for x in ids)}
    gold, said = np.zeros((2, len(items), len(place)))
    for row, item in enumerate(items):
        gold[row, [place[item.dataset, label] for label in item.gold]] = 1
        said[row, [place[item.dataset, label] for label in item.counted_labels]] = 1
    occurs = gold.any(0)

    def parts(sums: NDArray[np.float64]) -> list[NDArray[np.float64]]:
        return np.split(sums, 3, axis=-1)  # hits, in the references, in the answers: each (..., labels)

    def macro(sums: NDArray[np.float64]) -> NDArray[np.float64]:
        hit, true, named = (part[..., occurs] for part in parts(sums))
        there = true + named > 0  # a resample may hold no clip of a rare label, which is no failure at it
        return np.asarray(ratio(2 * hit, true + named).sum(-1) / np.maximum(1, there.sum(-1)))

    def micro(sums: NDArray[np.float64], over: str) -> NDArray[np.float64]:
        hit, true, named = (part.sum(-1) for part in parts(sums))
        return {"f1": ratio(2 * hit, true + named), "recall": ratio(hit, true), "precision": ratio(hit, named)}[over]

    how: dict[str, tuple[Callable[[NDArray[np.float64]], NDArray[np.float64]], str]] = {
        "macro_f1": (macro, "mean of F1 over the labels that occur in the references"),
        "micro_f1": (lambda sums: micro(sums, "f1"), "2 * hits / (labels in references + labels in answers)"),
        "micro_precision": (lambda sums: micro(sums, "precision"), "hits / labels in answers"),
        "micro_recall": (lambda sums: micro(sums, "recall"), "hits / labels in references"),
    }
    columns, clusters = np.hstack([gold * said, gold, said]), [item.cluster for item in items]
    sums, metrics = resampled(columns, clusters), []
    for name in wanted:
        statistic, recipe = how[name]
        value = float(statistic(columns.sum(0, keepdims=True))[0])
        metrics.append(Metric(name, value, *interval(statistic(sums)), len(items), f"{recipe}; {method(clusters)}"))
    return metrics


def ratio(top: NDArray[np.float64], bottom: NDArray[np.float64]) -> NDArray[np.float64]:
    """top / bottom, 0 where bottom is."""
    import numpy as np

    return np.divide(top, bottom, out=np.zeros_like(top), where=bottom > 0)
