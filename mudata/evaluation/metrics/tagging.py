"""Scores of label sets: tasks with any number of right labels per clip, and what one-label tasks
share with them.

Answers are sets, not scores of every tag, so there is no area under a curve: ROC-AUC and PR-AUC of
hard sets measure the threshold.
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


def tagging_metrics(
    scored: Sequence[ScoredAnswer], labels: Labels, majority: Mapping[str, str], source: str
) -> list[Metric]:
    """Metrics of a task with any number of right labels per clip, over all clips: a failure names
    no label.

    Args:
        scored: the answers with their references.
        labels: every label that can be named, by dataset.
        majority: each dataset's most frequent label in `source`.
        source: where the majority was counted, in words.

    Returns:
        micro- and macro-F1, micro-precision and -recall, Jaccard, coverage, and the micro-F1 of
        always naming the majority label; all are shares in [0, 1].

    Raises:
        EvaluationError: there is nothing to score.

    Source:
        Macro-F1 is the mean of F1 over labels, not F1 of means (J. Opitz, S. Burst, Macro F1 and
        Macro F1, 2019).

    Example:
        >>> from mudata.evaluation.align.alignment import Alignment
        >>> from mudata.evaluation.metrics.scored import ScoredAnswer
        >>> read = Alignment("SET", ("calm",))
        >>> scored = [ScoredAnswer("d/1", "d", ("calm", "dark"), "calm", read)]
        >>> found = tagging_metrics(scored, {"d": ("calm", "dark")}, {"d": "calm"}, "train part")
        >>> [(metric.metric, round(metric.value, 3)) for metric in found[:3]]
        [('micro_f1', 0.667), ('micro_precision', 1.0), ('micro_recall', 0.5)]
    """
    import numpy as np

    n = require_clips(len(scored))
    named = sum(item.outcome == "SET" for item in scored)
    with_majority = sum(majority[item.dataset] in item.references for item in scored)
    always = 2 * with_majority / max(1, n + sum(len(item.references) for item in scored))
    return [
        *label_set_metrics(scored, labels, ("micro_f1", "micro_precision", "micro_recall", "macro_f1")),
        mean(
            "jaccard",
            np.array([jaccard(item) for item in scored]),
            "mean over clips of labels in both / labels in either; 1 where both are empty",
            [item.cluster for item in scored],
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


def jaccard(scored: ScoredAnswer) -> float:
    """Labels in reference and answer / labels in either, of one clip; 1 where both are empty.

    Source:
        P. Jaccard, The distribution of the flora in the alpine zone, 1912.

    Example:
        >>> from mudata.evaluation.align.alignment import Alignment
        >>> from mudata.evaluation.metrics.scored import ScoredAnswer
        >>> read = Alignment("SET", ("calm",))
        >>> jaccard(ScoredAnswer("d/1", "d", ("calm", "dark"), "calm", read))
        0.5
    """
    references, named = set(scored.references), set(scored.counted_labels)
    return len(references & named) / len(references | named) if references | named else 1.0


def label_counts(scored: ScoredAnswer) -> tuple[int, int, int]:
    """What micro-F1 sums, of one clip: hits, labels in the reference, labels in the answer.

    Example:
        >>> from mudata.evaluation.align.alignment import Alignment
        >>> from mudata.evaluation.metrics.scored import ScoredAnswer
        >>> read = Alignment("SET", ("calm",))
        >>> label_counts(ScoredAnswer("d/1", "d", ("calm", "dark"), "calm", read))
        (1, 2, 1)
    """
    references, named = set(scored.references), set(scored.counted_labels)
    return len(references & named), len(references), len(named)


def per_label(scored: Sequence[ScoredAnswer], labels: Labels) -> list[dict[str, object]]:
    """Support (`n`), recall with Wilson's interval, precision and F1 of every label that occurs.

    Args:
        scored: the answers with their references.
        labels: every label that can be named, by dataset.

    Returns:
        One row per dataset and label that the references or the answers have. What would divide by
        nothing is None: recall and F1 of a label that no reference has, precision of one that no
        answer names.

    Example:
        >>> from mudata.evaluation.align.alignment import Alignment
        >>> from mudata.evaluation.metrics.scored import ScoredAnswer
        >>> read = Alignment("SET", ("calm",))
        >>> scored = [ScoredAnswer("d/1", "d", ("calm", "dark"), "calm", read)]
        >>> [(row["label"], row["recall"]) for row in per_label(scored, {"d": ("calm", "dark")})]
        [('calm', 1.0), ('dark', 0.0)]
    """
    rows: list[dict[str, object]] = []
    for dataset, ids in labels.items():
        mine = [item for item in scored if item.dataset == dataset]
        support = Counter(label for item in mine for label in item.references)
        named = Counter(label for item in mine for label in item.counted_labels)
        hit = Counter(label for item in mine for label in item.counted_labels if label in item.references)
        for label in ids:
            if support[label] or named[label]:
                low, high = wilson(hit[label], support[label]) if support[label] else (None, None)
                rows.append(
                    {
                        "dataset": dataset,
                        "label": label,
                        "n": support[label],
                        "said": named[label],
                        "right": hit[label],
                        "recall": hit[label] / support[label] if support[label] else None,
                        "low": low,
                        "high": high,
                        "precision": hit[label] / named[label] if named[label] else None,
                        "f1": 2 * hit[label] / (support[label] + named[label]) if support[label] else None,
                    }
                )
    return rows


def outcomes(scored: Sequence[ScoredAnswer]) -> dict[str, int]:
    """How many answers ended how, the most frequent first."""
    return dict(Counter(item.outcome for item in scored).most_common())


def hedged(scored: Sequence[ScoredAnswer]) -> int:
    """How many answers say that they are not certain and commit to a label all the same.

    Example:
        >>> from mudata.evaluation.align.alignment import Alignment
        >>> from mudata.evaluation.metrics.scored import ScoredAnswer
        >>> guess = Alignment("ALIGNED", ("rock",), "hedged", flags=("hedged",))
        >>> hedged([ScoredAnswer("d/1", "d", ("rock",), "I am not sure, but it may be rock.", guess)])
        1
    """
    return sum(item.alignment is not None and "hedged" in item.alignment.flags for item in scored)


def label_set_metrics(scored: Sequence[ScoredAnswer], labels: Labels, wanted: Sequence[str]) -> list[Metric]:
    """F1 and its parts from label sets, with bootstrap intervals; labels of different datasets are
    kept apart.

    Args:
        scored: n answers with their references.
        labels: every label that can be named, by dataset.
        wanted: of macro_f1, micro_f1, micro_precision and micro_recall.

    Returns:
        Metrics in that order, shares in [0, 1]; a denominator of 0 makes 0.

    Raises:
        EvaluationError: there is nothing to score.
    """
    import numpy as np

    pairs = ((dataset, label) for dataset, ids in labels.items() for label in ids)
    column = {pair: i for i, pair in enumerate(pairs)}
    references, named = np.zeros((2, len(scored), len(column)))
    for row, item in enumerate(scored):
        references[row, [column[item.dataset, label] for label in item.references]] = 1
        named[row, [column[item.dataset, label] for label in item.counted_labels]] = 1
    occurs = references.any(0)

    def parts(sums: NDArray[np.float64]) -> list[NDArray[np.float64]]:
        return np.split(sums, 3, axis=-1)  # hits, in the references, in the answers: each (..., labels)

    def macro(sums: NDArray[np.float64]) -> NDArray[np.float64]:
        hit, support, named = (part[..., occurs] for part in parts(sums))
        there = support + named > 0  # a resample may hold no clip of a rare label, which is no failure at it
        return np.asarray(ratio_or_zero(2 * hit, support + named).sum(-1) / np.maximum(1, there.sum(-1)))

    def micro(sums: NDArray[np.float64], which: str) -> NDArray[np.float64]:
        hit, support, named = (part.sum(-1) for part in parts(sums))
        over = {"f1": (2 * hit, support + named), "recall": (hit, support), "precision": (hit, named)}
        return ratio_or_zero(*over[which])

    statistics: dict[str, tuple[Callable[[NDArray[np.float64]], NDArray[np.float64]], str]] = {
        "macro_f1": (macro, "mean of F1 over the labels that occur in the references"),
        "micro_f1": (lambda sums: micro(sums, "f1"), "2 * hits / (labels in references + labels in answers)"),
        "micro_precision": (lambda sums: micro(sums, "precision"), "hits / labels in answers"),
        "micro_recall": (lambda sums: micro(sums, "recall"), "hits / labels in references"),
    }
    columns, clusters = np.hstack([references * named, references, named]), [item.cluster for item in scored]
    sums, metrics = resampled(columns, clusters), []
    for name in wanted:
        statistic, recipe = statistics[name]
        value = float(statistic(columns.sum(0, keepdims=True))[0])
        low, high = interval(statistic(sums))
        recipe = f"{recipe}; {method(clusters)}"
        metrics.append(Metric(name, value, low, high, len(scored), recipe))
    return metrics


def ratio_or_zero(top: NDArray[np.float64], bottom: NDArray[np.float64]) -> NDArray[np.float64]:
    """top / bottom by element, 0 where bottom is.

    Example:
        >>> import numpy as np
        >>> ratio_or_zero(np.array([1.0, 1.0]), np.array([2.0, 0.0])).tolist()
        [0.5, 0.0]
    """
    import numpy as np

    return np.divide(top, bottom, out=np.zeros_like(top), where=bottom > 0)
