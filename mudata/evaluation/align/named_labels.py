"""Label sets as people name them: `gtzan`, `fma:genre_top`, the path of a card."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mudata.catalog.cards import loader
from mudata.errors import EvaluationError, UnknownName
from mudata.evaluation.align.label_set import LabelSet, resolve

if TYPE_CHECKING:
    from mudata.catalog.cards.labels import LabelSpace


def label_set(name: str) -> LabelSet:
    """Of `dataset`, `dataset:namespace` or a card's path;
    without a namespace that of the card's only task.

    Raises UnknownName, CardError, EvaluationError.
    """
    return resolve(_space(name)[1])


def label_spaces(*names: str) -> dict[str, LabelSpace]:
    """Namespaces by `dataset:namespace`, of the names that `label_set` takes;
    without any, of every card that is found.

    Raises UnknownName, CardError, EvaluationError.
    """
    if names:
        return dict(map(_space, names))
    return {
        f"{card.name}:{namespace}": space
        for card in loader.load_all()
        for namespace, space in card.labels.items()
        if not space.open
    }


def _space(name: str) -> tuple[str, LabelSpace]:
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
    return f"{card.name}:{namespace}", space.model_copy(update={"kind": kind})
