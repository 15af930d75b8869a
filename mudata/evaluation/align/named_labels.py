"""Label sets as people name them: `gtzan`, `fma:genre_top`, the path of a card."""

from __future__ import annotations

from mudata.catalog.cards import loader
from mudata.errors import EvaluationError, UnknownName
from mudata.evaluation.align.label_set import LabelSet, resolve


def label_set(name: str) -> LabelSet:
    """Of `dataset`, `dataset:namespace` or a card's path;
    without a namespace that of the card's only task.

    Raises UnknownName, CardError, EvaluationError.
    """
    dataset, colon, namespace = name.rpartition(":")
    card = loader.load(dataset if colon else namespace)
    asked = {task.namespace: task.kind for task in card.tasks.values() if task.namespace}
    closed = {key: space for key, space in card.labels.items() if not space.open}
    if not closed:
        raise EvaluationError(f"{card.name} has no list of labels.", "Name a dataset that has one: see `mudata info`.")
    if not colon:
        candidates = [key for key in closed if key in asked] or list(closed)
        if len(candidates) > 1:
            known = ", ".join(f"{card.name}:{key}" for key in candidates)
            raise EvaluationError(f"It is not clear which labels of {card.name} are meant.", f"Choose from: {known}.")
        namespace = candidates[0]
    if namespace not in closed:
        raise UnknownName(f"vocabulary of {card.name}", namespace, closed)
    space = closed[namespace]
    kind = {"classify": "single", "tag": "multi"}.get(asked.get(namespace, ""), space.kind)
    return resolve(space.model_copy(update={"kind": kind}))
