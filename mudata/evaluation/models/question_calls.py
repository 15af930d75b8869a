"""Items put to code that takes one question a call: CLAP, and models written for mudata 0.1.0."""

from __future__ import annotations

import inspect
import warnings
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any, TypeVar, cast

from mudata.errors import ModelError

if TYPE_CHECKING:
    from mudata.evaluation.protocol import Answer, Failure, Item, Model, ModelCapabilities, Question, Ranking

T = TypeVar("T")


def by_question(items: Sequence[Item], ask: Callable[[Sequence[Item], Question], Sequence[T]]) -> list[T]:
    """Replies in the order of the items, asked for one question after the other.

    Raises ModelError where `ask` gives another number of replies than it got items.
    """
    places: dict[Question, list[int]] = {}
    for place, item in enumerate(items):
        places.setdefault(item.question, []).append(place)
    replies: dict[int, T] = {}
    for question, mine in places.items():
        given = ask([items[place] for place in mine], question)
        if len(given) != len(mine):
            raise ModelError(
                f"The model gave {len(given)} answers to {len(mine)} questions.", "It owes one to each, in order."
            )
        replies |= zip(mine, given, strict=True)
    return [replies[place] for place in range(len(items))]


def takes_items(method: Callable[..., object]) -> bool:
    """Whether a model's `answer` or `rank` is called with items alone; in 0.1.0 it was called with
    clips and a question."""
    try:
        signature = inspect.signature(method)
    except (TypeError, ValueError):  # code that has none to look at
        return True
    return _callable_with(signature, 1) or not _callable_with(signature, 2)


def _callable_with(signature: inspect.Signature, arguments: int) -> bool:
    try:
        signature.bind(*range(arguments))
    except TypeError:
        return False
    return True


def with_items(model: Any, name: str) -> Model:
    """The model itself, or one around it if its `answer` is as in 0.1.0, told as deprecated."""
    if takes_items(model.answer):
        return cast("Model", model)
    warnings.warn(
        f"The model {name!r} has `answer(clips, question)`, the form of mudata 0.1.0: it is `answer(items)` now, and "
        "`rank(items)`. Each item has `clips` (or the one `clip`) and its `question`.",
        DeprecationWarning,
        stacklevel=2,
    )
    return cast("Model", _OneQuestion(model))


class _OneQuestion:
    """A model of 0.1.0 as one of today: asked question by question, about items of one clip. What
    else it has is the model's."""

    def __init__(self, model: Any) -> None:
        self._model = model

    @property
    def capabilities(self) -> ModelCapabilities:
        capabilities: ModelCapabilities = self._model.capabilities
        return capabilities

    def load(self) -> None:
        self._model.load()

    def describe(self) -> dict[str, object]:
        facts: dict[str, object] = self._model.describe()
        return facts

    def answer(self, items: Sequence[Item]) -> list[Answer | Failure]:
        return by_question(items, lambda some, question: self._model.answer([i.clip for i in some], question))

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._model, name)
        return {"rank": self._ranked, "fit": self._fitted}.get(name, found)

    def _fitted(self, train: Iterable[tuple[Item, tuple[str, ...]]]) -> None:
        self._model.fit((item.clip, references) for item, references in train)

    def _ranked(self, items: Sequence[Item]) -> list[Ranking | Failure]:
        return by_question(items, lambda some, question: self._model.rank([i.clip for i in some], question))
