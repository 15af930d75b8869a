"""Passes of items of an exam: whether they choose the same option, whether all are right, which places are chosen."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mudata.evaluation.metrics.estimates import ratio
from mudata.evaluation.metrics.exam_items import (
    ExamFacts,
    ExamItem,
    clusters_of_items,
    mean_of,
    metric_row,
    options_of,
)
from mudata.evaluation.metrics.position_bias import PlacedChoice, position_panel

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mudata.evaluation.metrics.scored import Metric, ScoredAnswer


def consistent(items: Sequence[ExamItem]) -> Metric | None:
    def same(item: ExamItem) -> float | None:
        if len(item.passes) < 2:
            return None
        chosen = {answer.counted_labels for answer in item.passes}
        return float(len(chosen) == 1 and chosen != {()})

    return mean_of(
        "consistency", items, same, "items whose passes all choose the same option / items asked several times"
    )


def all_right(items: Sequence[ExamItem]) -> Metric | None:
    def right(item: ExamItem) -> float | None:
        return None if len(item.passes) < 2 else float(all(answer.right for answer in item.passes))

    return mean_of("all_passes_right", items, right, "items right in every pass / items asked several times")


def passes_row(
    items: Sequence[ExamItem], facts: ExamFacts, same: Metric | None, right: Metric | None
) -> dict[str, Any] | None:
    placed = [
        _placed(item.item, answer, options)
        for item in items
        for answer in item.passes
        if (options := options_of(answer))
    ]
    positions = position_panel(placed, facts.order)
    return {
        "consistency": metric_row(same),
        "all_right": metric_row(right),
        "official": metric_row(_each(items)) if same else None,
        "positions": positions,
    }


def _each(items: Sequence[ExamItem]) -> Metric | None:
    """The official rule on every answer alone."""
    import numpy as np

    known = [item for item in items if item.counted]
    if not known:
        return None
    right, counted = np.array([(sum(item.counted), len(item.counted)) for item in known], dtype=np.float64).T
    recipe = "official rule on each pass alone / passes that it counts"
    return ratio("official_by_pass", right, counted, recipe, clusters_of_items(known))


def _placed(item: str, answer: ScoredAnswer, options: Sequence[str]) -> PlacedChoice:
    labels = answer.counted_labels
    chosen = _place(options, labels[0]) if len(labels) == 1 else None
    return PlacedChoice(item, len(options), chosen, _place(options, answer.references[0]))


def _place(options: Sequence[str], one: str) -> int | None:
    """Where an option stands, if it stands at one place."""
    return options.index(one) if options.count(one) == 1 else None
