"""Scores of tasks with one right label per clip, over all clips: failures and unreadable answers
are wrong.

    accuracy <= lenient_accuracy <= any_mention_accuracy     and     accuracy <= partial_credit <= any_mention_accuracy

[accuracy, any_mention_accuracy] is the *parser interval*: no reading of the answers that credits
only labels which they name can leave it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from mudata.evaluation.metrics.estimates import clustered, constant, mean, share
from mudata.evaluation.metrics.intervals import require_clips
from mudata.evaluation.metrics.tagging import label_set_metrics

if TYPE_CHECKING:
    from mudata.evaluation.align.alignment import Alignment
    from mudata.evaluation.metrics.scored import Labels, Metric, ScoredAnswer


def classification_metrics(
    scored: Sequence[ScoredAnswer], labels: Labels, majority: Mapping[str, str], source: str
) -> list[Metric]:
    """Metrics of a task with one right label per clip.

    `selective_accuracy` is there where any answer is aligned, `centred_accuracy` (0 is chance, 1 is
    all right) where there is more than one label.

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

    n, clips = require_clips(len(scored)), clustered(scored)
    aligned, right = [bool(item.counted_labels) for item in scored], [item.right for item in scored]
    chance = sum(1 / len(labels[item.dataset]) for item in scored) / n
    accuracy = share("accuracy", right, "aligned and equal / all", clips)
    metrics = [accuracy, share("coverage", aligned, "answers that name exactly one label / all", clips)]
    if any(aligned):
        metrics.append(share("selective_accuracy", right, "aligned and equal / aligned", clips, aligned))
    metrics += [
        share(
            "lenient_accuracy",
            [item.alignment is not None and item.alignment.lenient_label in item.references for item in scored],
            "as accuracy, with synonyms and kinds of a label",
            clips,
        ),
        share(
            "any_mention_accuracy",
            [any_mention(item.alignment, item.references) for item in scored],
            "the reference is meant or named affirmatively anywhere; an upper bound",
            clips,
        ),
        mean(
            "partial_credit",
            np.array([_credit(item) for item in scored]),
            "1 if aligned and equal; else 1 / labels named affirmatively, if the reference is among them",
            clips,
        ),
        *label_set_metrics(scored, labels, ("macro_f1",)),
    ]
    if chance < 1:
        value = (accuracy.value - chance) / (1 - chance)
        low, high = (None if end is None else (end - chance) / (1 - chance) for end in (accuracy.low, accuracy.high))
        recipe = f"(accuracy - chance) / (1 - chance); {accuracy.recipe}"
        metrics.append(replace(accuracy, metric="centred_accuracy", value=value, low=low, high=high, recipe=recipe))
    return [
        *metrics,
        constant("chance", chance, n, "1 / number of labels"),
        share(
            "majority",
            [majority[item.dataset] in item.references for item in scored],
            f"accuracy of always saying the most frequent label of the {source}",
            clips,
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
