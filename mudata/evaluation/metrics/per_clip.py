"""What runs are compared by, clip by clip: accuracy, micro-F1, or ROUGE F."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mudata.evaluation.metrics import rouge
from mudata.evaluation.metrics.tagging import counts, ratio

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from mudata.evaluation.metrics.scored import ScoredAnswer


@dataclass(frozen=True)
class Measure:
    """A metric of one run on n clips: (n, k) columns, the statistic of sums of them, and one value per clip (n,)."""

    columns: NDArray[np.float64]
    statistic: Callable[[NDArray[np.float64]], NDArray[np.float64]]
    values: NDArray[np.float64]


def measures(kind: str, items: Sequence[ScoredAnswer]) -> dict[str, Measure]:
    """By metric name, the headline first, for a kind of task."""
    import numpy as np

    match kind:
        case "classify":
            return {"accuracy": _mean(np.array([float(item.right) for item in items]))}
        case "tag":
            columns = np.array([counts(item) for item in items], dtype=np.float64)
            return {"micro_f1": Measure(columns, _micro_f1, _micro_f1(columns))}
        case _:
            scores = rouge.rouge([item.answer or "" for item in items], [item.gold for item in items])
            return {name: _mean(scores[:, rouge.COLUMNS.index(name)]) for name in ("rougeL_f", "rouge1_f")}


def _mean(values: NDArray[np.float64]) -> Measure:
    import numpy as np

    return Measure(np.column_stack([values, np.ones(len(values))]), lambda sums: sums[:, 0] / sums[:, 1], values)


def _micro_f1(sums: NDArray[np.float64]) -> NDArray[np.float64]:
    return ratio(2 * sums[:, 0], sums[:, 1] + sums[:, 2])
