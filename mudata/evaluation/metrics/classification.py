"""Scores of tasks with one right label per clip, over all clips: failures and unreadable answers are wrong.

    accuracy <= lenient_accuracy <= any_mention_accuracy     and     accuracy <= partial_credit <= any_mention_accuracy

[accuracy, any_mention_accuracy] is the *parser interval*: no reading of the answers that credits only labels which they
name can leave it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING

from mudata.evaluation.metrics.scored import Labels, Metric, ScoredAnswer
from mudata.evaluation.metrics.statistics import group_count, mean, require_clips, share
from mudata.evaluation.metrics.tagging import of_sets

if TYPE_CHECKING:
    from mudata.evaluation.align.alignment import Alignment


def classify(items: Sequence[ScoredAnswer], labels: Labels, majority: Mapping[str, str], source: str) -> list[Metric]:
    """Metrics of a task with one right label per clip. `majority` is each dataset's most frequent label in `source`.

    `accuracy_clustered` is there where clips share artists or tracks and some but not all answers are right;
    `selective_accuracy` where any answer is aligned; `centred_accuracy` (DCLM's centred accuracy: 0 is chance, 1 is all
    right; Li et al., arXiv 2406.11794) where there is more than one label.
    """
    import numpy as np

    n, clusters = require_clips(len(items)), [item.cluster for item in items]
    aligned = sum(bool(item.counted_labels) for item in items)
    right = sum(item.right for item in items)
    chance = sum(1 / len(labels[item.dataset]) for item in items) / n
    accuracy = share("accuracy", right, n, "aligned and equal / all")
    metrics = [accuracy]
    if group_count(clusters) and 0 < right < n:
        grouped = mean("accuracy", np.array([float(item.right) for item in items]), "aligned and equal / all", clusters)
        metrics.append(Metric("accuracy_clustered", accuracy.value, grouped.low, grouped.high, n, grouped.recipe))
    metrics.append(share("coverage", aligned, n, "answers that name exactly one label / all"))
    if aligned:
        metrics.append(share("selective_accuracy", right, aligned, "aligned and equal / aligned"))
    metrics += [
        share(
            "lenient_accuracy",
            sum(item.alignment is not None and item.alignment.lenient_label in item.gold for item in items),
            n,
            "as accuracy, with synonyms and kinds of a label",
        ),
        share(
            "any_mention_accuracy",
            sum(any_mention(item.alignment, item.gold) for item in items),
            n,
            "the reference is meant or named affirmatively anywhere; an upper bound",
        ),
        mean(
            "partial_credit",
            np.array([_credit(item) for item in items]),
            "1 if aligned and equal; else 1 / labels named affirmatively, if the reference is among them",
            clusters,
        ),
        *of_sets(items, labels, ("macro_f1",)),
    ]
    if chance < 1:
        value, low, high = ((x - chance) / (1 - chance) for x in (accuracy.value, accuracy.low, accuracy.high))
        recipe = f"(accuracy - chance) / (1 - chance); {accuracy.recipe}"
        metrics.append(Metric("centred_accuracy", value, low, high, n, recipe))
    return [
        *metrics,
        Metric("chance", chance, chance, chance, n, "1 / number of labels"),
        share(
            "majority",
            sum(majority[item.dataset] in item.gold for item in items),
            n,
            f"accuracy of always saying the most frequent label of the {source}",
        ),
    ]


def any_mention(alignment: Alignment | None, gold: Collection[str]) -> bool:
    """Whether any reference is the label meant, strictly or leniently, or is named without being denied."""
    if alignment is None:
        return False
    return alignment.lenient_label in gold or any(label in gold for label in alignment.positives)


def _credit(item: ScoredAnswer) -> float:
    if item.right or item.alignment is None:
        return float(item.right)
    return any_mention(item.alignment, item.gold) / max(1, len(item.alignment.positives))


def confusion(items: Sequence[ScoredAnswer]) -> list[dict[str, object]]:
    """How often each label was answered with each other, or with what came instead (MULTI, OOV, ERROR, ...)."""
    pairs = Counter(
        (item.dataset, item.gold[0], "".join(item.counted_labels[:1]) or item.outcome)
        for item in items
        if item.alignment
    )
    return [{"dataset": d, "gold": g, "answer": a, "n": n} for (d, g, a), n in sorted(pairs.items())]
