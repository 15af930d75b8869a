"""What runs are compared by, clip by clip: accuracy, micro-F1, ROUGE F, or the measures of a kind with exact truth."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mudata.evaluation.metrics import rouge
from mudata.evaluation.metrics.exact_truth import measure_values
from mudata.evaluation.metrics.tagging import label_counts, ratio_or_zero

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from mudata.evaluation.metrics.scored import ScoredAnswer


@dataclass(frozen=True)
class PerClipMetric:
    """A metric of one run on n clips, a ratio of sums, and what each clip is worth by itself.

    over, under: shape (n,), whose sums are divided. values: shape (n,).
    """

    over: NDArray[np.float64]
    under: NDArray[np.float64]

    @property
    def values(self) -> NDArray[np.float64]:
        return ratio_or_zero(self.over, self.under)

    @property
    def value(self) -> float:
        """Of all clips; 0 where nothing is divided by."""
        return float(self.over.sum() / self.under.sum()) if self.under.any() else 0.0

    @property
    def is_mean(self) -> bool:
        """Whether it is the mean of what clips are worth."""
        return bool((self.under == 1).all())

    @property
    def is_share(self) -> bool:
        """Whether clips are right or wrong."""
        return self.is_mean and bool(((self.over == 0) | (self.over == 1)).all())

    @property
    def columns(self) -> NDArray[np.float64]:
        """Both, shape (n, 2), as `statistic` sums them."""
        import numpy as np

        return np.column_stack([self.over, self.under])

    @staticmethod
    def statistic(sums: NDArray[np.float64]) -> NDArray[np.float64]:
        """From sums of both, shape (m, 2), to values of shape (m,)."""
        return ratio_or_zero(sums[:, 0], sums[:, 1])


def per_clip_metrics(kind: str, scored: Sequence[ScoredAnswer]) -> dict[str, PerClipMetric]:
    """What runs of a kind of task are compared by.

    Args:
        kind: of task.
        scored: n answers with their references.

    Returns:
        By metric name, the headline first: accuracy; micro-F1; ROUGE-L and ROUGE-1 F; or all measures of the kind.

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
            hits, asked, said = np.array([label_counts(item) for item in scored], dtype=np.float64).T
            return {"micro_f1": PerClipMetric(2 * hits, asked + said)}
        case "caption":
            scores = rouge.rouge([item.answer or "" for item in scored], [item.references for item in scored])
            return {name: _mean(scores[:, rouge.COLUMNS.index(name)]) for name in ("rougeL_f", "rouge1_f")}
        case _:
            found = {name: PerClipMetric(*sums) for name, sums in measure_values(kind, scored).items()}
            return found | _official(scored)


def _official(scored: Sequence[ScoredAnswer]) -> dict[str, PerClipMetric]:
    """What an exam's own rule makes of every answer, one by one, out of those that it counts; nothing without one, and
    of open questions, whose credit that is, nothing more."""
    import numpy as np

    readings = [item.official for item in scored]
    if not scored or any(reading is None for reading in readings) or "credit" in (scored[0].worth or {"credit": 0}):
        return {}
    worth = [reading.verdict.credit for reading in readings if reading is not None]
    over = np.array([credit or 0.0 for credit in worth])
    return {"official": PerClipMetric(over, np.array([float(credit is not None) for credit in worth]))}


def _mean(values: NDArray[np.float64]) -> PerClipMetric:
    import numpy as np

    return PerClipMetric(values, np.ones(len(values)))
