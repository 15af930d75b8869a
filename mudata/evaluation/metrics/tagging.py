"""Scores of label sets: tasks with any number of right labels per clip, and what one-label tasks
share with them.

Answers are sets, not scores of every tag, so there is no area under a curve: ROC-AUC and PR-AUC of
hard sets measure the threshold.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import chain
from typing import TYPE_CHECKING

from mudata.evaluation.metrics import intervals
from mudata.evaluation.metrics.estimates import clustered, mean, metric, ratio, share
from mudata.evaluation.metrics.intervals import Interval, require_clips
from mudata.evaluation.metrics.jackknife import ClusteredClips, Jackknife

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from mudata.evaluation.metrics.scored import Labels, Metric, ScoredAnswer


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

    require_clips(len(scored))
    clips = clustered(scored)
    with_majority = np.array([majority[item.dataset] in item.references for item in scored], dtype=np.float64)
    labels_of_both = np.array([1.0 + len(item.references) for item in scored])
    return [
        *label_set_metrics(scored, labels, ("micro_f1", "micro_precision", "micro_recall", "macro_f1")),
        mean(
            "jaccard",
            np.array([jaccard(item) for item in scored]),
            "mean over clips of labels in both / labels in either; 1 where both are empty",
            clips,
        ),
        share(
            "coverage", [item.outcome == "SET" for item in scored], "answers that name at least one label / all", clips
        ),
        ratio(
            "majority_micro_f1",
            2 * with_majority,
            labels_of_both,
            f"micro-F1 of always saying the most frequent label of the {source}",
            clips,
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
    """Support (`n`), recall with its interval, precision and F1 of every label that occurs.

    Args:
        scored: the answers with their references.
        labels: every label that can be named, by dataset.

    Returns:
        One row per dataset and label that the references or the answers have. What would divide by
        nothing is None: recall and F1 of a label that no reference has, precision of one that no
        answer names; and so are the ends of an interval where nothing can be said (see
        `intervals.ratio`).

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
        named = Counter(label for item in mine for label in item.counted_labels)
        asked: defaultdict[str, list[ScoredAnswer]] = defaultdict(list)
        for item in mine:
            for label in item.references:
                asked[label].append(item)
        for label in ids:
            support, said = len(asked[label]), named[label]
            if support or said:
                hits = [label in item.counted_labels for item in asked[label]]
                hit, recall = sum(hits), _recall(hits, asked[label])
                rows.append(
                    {
                        "dataset": dataset,
                        "label": label,
                        "n": support,
                        "said": said,
                        "right": hit,
                        "recall": hit / support if support else None,
                        "low": recall.low,
                        "high": recall.high,
                        "clusters": recall.clusters,
                        "interval": recall.how,
                        "precision": hit / said if said else None,
                        "f1": 2 * hit / (support + said) if support else None,
                    }
                )
    return rows


def _recall(hits: Sequence[bool], asked: Sequence[ScoredAnswer]) -> Interval:
    import numpy as np

    if not hits:
        return Interval(None, None, 0, "none: no clip has the label")
    return intervals.ratio(np.array(hits, dtype=np.float64), np.ones(len(hits)), clustered(asked))


def outcomes(scored: Sequence[ScoredAnswer]) -> dict[str, int]:
    """How many answers ended how, the most frequent first."""
    return dict(Counter([item.outcome for item in scored]).most_common())


def hedged(scored: Sequence[ScoredAnswer]) -> int:
    """How many answers say that they are not certain and commit to a label all the same.

    Example:
        >>> from mudata.evaluation.align.alignment import Alignment
        >>> from mudata.evaluation.metrics.scored import ScoredAnswer
        >>> guess = Alignment("ALIGNED", ("rock",), "hedged", flags=("hedged",))
        >>> hedged([ScoredAnswer("d/1", "d", ("rock",), "I am not sure, but it may be rock.", guess)])
        1
    """
    return sum(["hedged" in item.alignment.flags for item in scored if item.alignment is not None])


def label_set_metrics(scored: Sequence[ScoredAnswer], labels: Labels, wanted: Sequence[str]) -> list[Metric]:
    """F1 and its parts from label sets; labels of different datasets are kept apart.

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

    require_clips(len(scored))
    clips = clustered(scored)
    hit, support, named = np.array([label_counts(item) for item in scored], dtype=np.float64).T
    ratios = {
        "micro_f1": (2 * hit, support + named, "2 * hits / (labels in references + labels in answers)"),
        "micro_precision": (hit, named, "hits / labels in answers"),
        "micro_recall": (hit, support, "hits / labels in references"),
    }
    found = {name: replace(ratio(name, *ratios[name], clips), n=len(scored)) for name in wanted if name in ratios}
    return [found.get(name) or _macro_f1(scored, labels, clips) for name in wanted]


def _macro_f1(scored: Sequence[ScoredAnswer], labels: Labels, clips: ClusteredClips) -> Metric:
    recipe, n = "mean of F1 over the labels that occur in the references", len(scored)
    column = {pair: i for i, pair in enumerate((dataset, label) for dataset, ids in labels.items() for label in ids)}
    references, named = (
        _entries([[column[item.dataset, label] for label in dict.fromkeys(of)] for item, of in pairs])
        for pairs in ([(item, item.references) for item in scored], [(item, item.counted_labels) for item in scored])
    )
    if not len(references[0]):
        return metric("macro_f1", 0.0, Interval(None, None, clips.count, "none: no label occurs"), n, recipe)
    found = Jackknife.macro_f1(references, named, clips)
    return metric("macro_f1", found.value, intervals.bounded(found), n, recipe)


def _entries(columns: Sequence[Sequence[int]]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """The clip and the label of every label of every clip."""
    import numpy as np

    clips = np.repeat(np.arange(len(columns)), [len(of) for of in columns])
    return clips, np.fromiter(chain.from_iterable(columns), dtype=np.intp, count=len(clips))


def ratio_or_zero(top: NDArray[np.float64], bottom: NDArray[np.float64]) -> NDArray[np.float64]:
    """top / bottom by element, 0 where bottom is.

    Example:
        >>> import numpy as np
        >>> ratio_or_zero(np.array([1.0, 1.0]), np.array([2.0, 0.0])).tolist()
        [0.5, 0.0]
    """
    import numpy as np

    return np.divide(top, bottom, out=np.zeros_like(top), where=bottom > 0)
