"""Scores of tasks with one right label per clip, over all clips: failures and unreadable answers
are wrong.

    accuracy <= lenient_accuracy <= any_mention_accuracy     and     accuracy <= partial_credit <= any_mention_accuracy

[accuracy, any_mention_accuracy] is the *parser interval*: no reading of the answers that credits
only labels which they name can leave it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING

from mudata.evaluation.metrics.scored import Labels, Metric, ScoredAnswer
from mudata.evaluation.metrics.statistics import group_count, mean, require_clips, share
from mudata.evaluation.metrics.tagging import label_set_metrics

if TYPE_CHECKING:
    from mudata.evaluation.align.alignment import Alignment


def classification_metrics(
    scored: Sequence[ScoredAnswer], labels: Labels, majority: Mapping[str, str], source: str
) -> list[Metric]:
    """Metrics of a task with one right label per clip.

    `accuracy_clustered` is there where clips share artists or tracks and some but not all answers
    are right; `selective_accuracy` where any answer is aligned; `centred_accuracy` (0 is chance, 1
    is all right) where there is more than one label.

    Args:
        scored: the answers with their references.
        labels: every label that can be named, by dataset.
        majority: each dataset's most frequent label in `source`.
        source: where the majority was counted, in words.

    Returns:
        Metrics, accuracy first; all but `centred_accuracy` are shares in [0, 1].

    Raises:
        EvaluationError: there is nothing to score.

    Source:
        Centred accuracy: J. Li et al., DataComp-LM, arXiv 2406.11794.

    Example:
        >>> from mudata.evaluation.align.alignment import Alignment
        >>> from mudata.evaluation.metrics.scored import ScoredAnswer
        >>> one, two = Alignment("ALIGNED", ("rock",)), Alignment("MULTI", positives=("rock", "jazz"))
        >>> scored = [
        ...     ScoredAnswer("d/1", "d", ("rock",), "rock", one),
        ...     ScoredAnswer("d/2", "d", ("jazz",), "rock or jazz", two),
        ... ]
        >>> found = classification_metrics(scored, {"d": ("rock", "jazz")}, {"d": "rock"}, "train part")
        >>> values = {metric.metric: metric.value for metric in found}
        >>> values["accuracy"], values["partial_credit"], values["any_mention_accuracy"]
        (0.5, 0.75, 1.0)
    """
    import numpy as np

    n, clusters = require_clips(len(scored)), [item.cluster for item in scored]
    aligned = sum(bool(item.counted_labels) for item in scored)
    right = sum(item.right for item in scored)
    chance = sum(1 / len(labels[item.dataset]) for item in scored) / n
    accuracy = share("accuracy", right, n, "aligned and equal / all")
    metrics = [accuracy]
    if group_count(clusters) and 0 < right < n:
        grouped = mean(
            "accuracy", np.array([float(item.right) for item in scored]), "aligned and equal / all", clusters
        )
        metrics.append(Metric("accuracy_clustered", accuracy.value, grouped.low, grouped.high, n, grouped.recipe))
    metrics.append(share("coverage", aligned, n, "answers that name exactly one label / all"))
    if aligned:
        metrics.append(share("selective_accuracy", right, aligned, "aligned and equal / aligned"))
    metrics += [
        share(
            "lenient_accuracy",
            sum(item.alignment is not None and item.alignment.lenient_label in item.references for item in scored),
            n,
            "as accuracy, with synonyms and kinds of a label",
        ),
        share(
            "any_mention_accuracy",
            sum(any_mention(item.alignment, item.references) for item in scored),
            n,
            "the reference is meant or named affirmatively anywhere; an upper bound",
        ),
        mean(
            "partial_credit",
            np.array([_credit(item) for item in scored]),
            "1 if aligned and equal; else 1 / labels named affirmatively, if the reference is among them",
            clusters,
        ),
        *label_set_metrics(scored, labels, ("macro_f1",)),
    ]
    if chance < 1:
        value, low, high = (
            None if x is None else (x - chance) / (1 - chance) for x in (accuracy.value, accuracy.low, accuracy.high)
        )
        recipe = f"(accuracy - chance) / (1 - chance); {accuracy.recipe}"
        metrics.append(Metric("centred_accuracy", value or 0.0, low, high, n, recipe))
    return [
        *metrics,
        Metric("chance", chance, chance, chance, n, "1 / number of labels"),
        share(
            "majority",
            sum(majority[item.dataset] in item.references for item in scored),
            n,
            f"accuracy of always saying the most frequent label of the {source}",
        ),
    ]


def any_mention(alignment: Alignment | None, references: Collection[str]) -> bool:
    """Whether any reference is the label meant, strictly or leniently, or is named without being
    denied.

    Example:
        >>> from mudata.evaluation.align.alignment import Alignment
        >>> any_mention(Alignment("MULTI", positives=("rock", "jazz")), ["jazz"])
        True
    """
    if alignment is None:
        return False
    return alignment.lenient_label in references or any(label in references for label in alignment.positives)


def _credit(scored: ScoredAnswer) -> float:
    """1 for a right answer; else 1 / labels named affirmatively, if the reference is among them;
    else 0."""
    if scored.right or scored.alignment is None:
        return float(scored.right)
    return any_mention(scored.alignment, scored.references) / max(1, len(scored.alignment.positives))


def confusion(scored: Sequence[ScoredAnswer]) -> list[dict[str, object]]:
    """How often each label was answered with each other, or with what came instead (MULTI, OOV,
    ERROR, ...).

    Args:
        scored: the answers with their references; of several references the first counts.

    Returns:
        Rows of dataset, gold, answer and n, sorted.

    Example:
        >>> from mudata.evaluation.align.alignment import Alignment
        >>> from mudata.evaluation.metrics.scored import ScoredAnswer
        >>> read = Alignment("ALIGNED", ("rock",))
        >>> confusion([ScoredAnswer("d/1", "d", ("jazz",), "rock", read)])
        [{'dataset': 'd', 'gold': 'jazz', 'answer': 'rock', 'n': 1}]
    """
    pairs = Counter(
        (item.dataset, item.references[0], "".join(item.counted_labels[:1]) or item.outcome)
        for item in scored
        if item.alignment
    )
    return [{"dataset": d, "gold": g, "answer": a, "n": n} for (d, g, a), n in sorted(pairs.items())]
