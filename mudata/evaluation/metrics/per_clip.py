"""What runs are compared by, clip by clip: accuracy, micro-F1, or ROUGE F."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mudata.evaluation.metrics import rouge
from mudata.evaluation.metrics.tagging import label_counts, ratio_or_zero

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from mudata.evaluation.metrics.scored import ScoredAnswer


@dataclass(frozen=True)
class PerClipMetric:
    """A metric of one run on n clips: columns whose sums make it, and what each clip is worth by
    itself.

    columns: shape (n, k). statistic: from sums of shape (m, k) to values of shape (m,). values:
    shape (n,).
    """

    columns: NDArray[np.float64]
    statistic: Callable[[NDArray[np.float64]], NDArray[np.float64]]
    values: NDArray[np.float64]


def per_clip_metrics(kind: str, scored: Sequence[ScoredAnswer]) -> dict[str, PerClipMetric]:
    """What runs of a kind of task are compared by.

    Args:
        kind: of task: classify, tag, or caption.
        scored: n answers with their references.

    Returns:
        By metric name, the headline first: accuracy; micro-F1; or ROUGE-L and ROUGE-1 F.

    Raises:
        EvaluationError: a description without a reference.

    Example:
        >>> from mudata.evaluation.metrics.scored import ScoredAnswer
        >>> scored = [ScoredAnswer("d/1", "d", ("slow piano",), "a slow piano")]
        >>> {name: metric.values.tolist() for name, metric in per_clip_metrics("caption", scored).items()}
        {'rougeL_f': [0.8], 'rouge1_f': [0.8]}
    """
    import numpy as np

    match kind:
        case "classify":
            return {"accuracy": _mean(np.array([float(item.right) for item in scored]))}
        case "tag":
            columns = np.array([label_counts(item) for item in scored], dtype=np.float64)
            return {"micro_f1": PerClipMetric(columns, _micro_f1, _micro_f1(columns))}
        case _:
            scores = rouge.rouge([item.answer or "" for item in scored], [item.references for item in scored])
            return {name: _mean(scores[:, rouge.COLUMNS.index(name)]) for name in ("rougeL_f", "rouge1_f")}


def _mean(values: NDArray[np.float64]) -> PerClipMetric:
    import numpy as np

    return PerClipMetric(np.column_stack([values, np.ones(len(values))]), lambda sums: sums[:, 0] / sums[:, 1], values)


def _micro_f1(sums: NDArray[np.float64]) -> NDArray[np.float64]:
    return ratio_or_zero(2 * sums[:, 0], sums[:, 1] + sums[:, 2])
