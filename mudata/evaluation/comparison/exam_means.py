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
    """Sentences: the mean where there is one run of every task, asked in the same way (control, order of options,
    prompt); else which tasks lack a run, or have several, of which none is chosen.

    Runs of one task alone say nothing. The interval takes tasks for independent of each other. In a simulation (2, 10
    and 28 tasks of 20, 50 and 200 items, 150 draws of each) it holds the truth in 95 to 100 % where scores are about
    one half or spread from .03 to .97, and in 89 to 99 % where all of them are near 0 (.06).

    Source:
        Sums of independent estimates: G. Zou, A. Donner, Construction of confidence limits about effect measures, 2008
        (MOVER): squares of the distances to the ends of each interval are added.
    """
    alike: dict[tuple[Any, ...], dict[str, list[Mapping[str, Any]]]] = {}
    for scores in runs:
        for dataset, part in scores["datasets"].items():
            exam = part.get("exam") or {}
            protocol = exam.get("protocol") or {}
            if exam.get("official"):
                key = scores["model"], dataset, scores.get("control"), protocol.get("order"), protocol.get("prompt")
                alike.setdefault(key, {}).setdefault(scores["task"], []).append(exam["official"])
    for (model, dataset, control, *_), by_task in alike.items():
        wanted = _by_task(dataset)
        if wanted is None or len(by_task) < 2:
            continue
        tasks, aggregate = wanted
        name = f"{model} ({control})" if control else model
        missing = [task for task in tasks if task not in by_task]
        several = [task for task in tasks if len(by_task.get(task, ())) > 1]
        if missing:
            yield f"{name}: no mean over the {len(tasks)} tasks of {dataset}, not here are {some(missing, 3)}."
        elif several:
            what = f"of {some(several, 3)} there are several runs"
            yield f"{name}: no mean over the {len(tasks)} tasks of {dataset}, {what}: name those that count."
        else:
            above = ", of each (value - base) / (1 - base)" if aggregate.base else ""
            told = _mean({task: run for task, (run,) in by_task.items()}, tasks, aggregate)
            yield f"{name}: mean over the {len(tasks)} tasks of {dataset} {told}{above}."


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
