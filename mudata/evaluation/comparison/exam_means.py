"""One number of an exam whose authors take means over tasks, of a model's runs of all of them."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from mudata.catalog.cards import loader
from mudata.errors import MudataError, some

if TYPE_CHECKING:
    from mudata.catalog.cards.exam import Aggregate


def exam_means(runs: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """Sentences: the mean where there is a run of every task, asked in the same way; else which tasks are there.

    Runs of one task alone say nothing. The interval takes tasks for independent of each other.

    Source:
        Sums of independent estimates: G. Zou, A. Donner, Construction of confidence limits about effect measures, 2008
        (MOVER): squares of the distances to the ends of each interval are added.
    """
    alike: dict[tuple[Any, ...], dict[str, Mapping[str, Any]]] = {}
    for scores in runs:
        for dataset, part in scores["datasets"].items():
            found = (part.get("exam") or {}).get("official")
            order = ((part.get("exam") or {}).get("protocol") or {}).get("order")
            if found:
                key = scores["model"], dataset, scores.get("control"), order
                alike.setdefault(key, {}).setdefault(scores["task"], found)
    for (model, dataset, control, _), by_task in alike.items():
        wanted = _by_task(dataset)
        if wanted is None or len(by_task) < 2:
            continue
        tasks, aggregate = wanted
        name = f"{model} ({control})" if control else model
        missing = [task for task in tasks if task not in by_task]
        if missing:
            yield f"{name}: no mean over the {len(tasks)} tasks of {dataset}, not here are {some(missing, 3)}."
        else:
            above = ", of each (value - base) / (1 - base)" if aggregate.base else ""
            yield f"{name}: mean over the {len(tasks)} tasks of {dataset} {_mean(by_task, tasks, aggregate)}{above}."


def _by_task(dataset: str) -> tuple[Sequence[str], Aggregate] | None:
    """The tasks of an exam whose authors take means over tasks."""
    try:
        card = loader.load(dataset)
    except MudataError:  # the card is gone
        return None
    if card.exam is None or (card.exam.aggregate.kind, card.exam.aggregate.by) != ("macro", "task"):
        return None
    return list(card.tasks), card.exam.aggregate


def _mean(by_task: Mapping[str, Mapping[str, Any]], tasks: Sequence[str], aggregate: Aggregate) -> str:
    """In per cent, with its interval where every task has one."""
    value, below, above = 0.0, 0.0, 0.0
    ends = all(by_task[task]["low"] is not None for task in tasks)
    for task in tasks:
        row, scale = by_task[task], (1 - aggregate.base.get(task, 0.0)) * len(tasks)
        value += (row["value"] - aggregate.base.get(task, 0.0)) / scale
        if ends:
            below += ((row["value"] - row["low"]) / scale) ** 2
            above += ((row["high"] - row["value"]) / scale) ** 2
    told = f"{100 * value:.1f} %"
    return f"{told} [{100 * (value - math.sqrt(below)):.1f}, {100 * (value + math.sqrt(above)):.1f}]" if ends else told
