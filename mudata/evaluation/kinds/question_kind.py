"""What a kind of question is, apart from the labels and captions that `align` and `metrics` know:
how its truth is written, how answers are read, what a reading is worth.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Literal, NamedTuple, Protocol

from mudata.evaluation.kinds.kind_card import kind_card

if TYPE_CHECKING:
    from mudata.catalog.cards.number_scale import NumberScale
    from mudata.evaluation.align.alignment import Alignment, Shown

MeasuredValues = Mapping[str, float]
"""ScoreMeasure -> what one item is worth by it; a measure that says nothing of the item is not there."""


@dataclass(frozen=True)
class ScoreMeasure:
    """One score of a kind. `recipe` says in words what is averaged over all items; all lie in [0, 1]."""

    name: str
    title: str
    recipe: str
    style: Literal["percent", "number"]


class AskedItem(NamedTuple):
    """What a reader and a score know of an item.

    `shown` is what the model had before it (prompt, options in the order shown as they were written, whether numbered);
    `scale` the card's settings of a number; `duration_s` the length of the clip, for boundaries; `clips` how many there
    are, for an order.
    """

    shown: Shown
    scale: NumberScale | None = None
    asks: str | None = None
    """Which part of a structure: form, boundaries, segments."""
    duration_s: float | None = None
    clips: int = 1
    published: bool = False
    """It is asked as an exam published it: with options of one text, or a truth that is none of them."""


class QuestionKind(Protocol):
    """One kind. `measures` come with the headline first. Pure: no clock, no random draw, no file but its card."""

    name: ClassVar[str]

    @property
    def measures(self) -> Sequence[ScoreMeasure]: ...

    def truth(self, text: str, asked: AskedItem) -> str:
        """The truth in its canonical spelling. Raises ValueError where it is none of this kind."""
        ...

    def read(self, answer: str | None, asked: AskedItem) -> Alignment:
        """What an answer means: one label, the value in canonical spelling, if ALIGNED; else none."""
        ...

    def partial(self, alignment: Alignment) -> str | None:
        """What an answer without one value says all the same, where a measure counts that: a range, a tonic."""
        ...

    def score(self, value: str | None, truth: str, asked: AskedItem) -> MeasuredValues:
        """What a value (or what `partial` found) is worth beside the truth, both canonical; None is an answer without
        one: 0 by every measure."""
        ...

    def guess(self, truth: str, asked: AskedItem) -> MeasuredValues:
        """What a uniform guess among all that may be answered is worth on average, exactly."""
        ...

    def constants(self, items: Sequence[tuple[str, AskedItem]]) -> Sequence[str]:
        """Values among which the best constant answer to these items (truth, asked) is found."""
        ...


def measures_of(name: str) -> tuple[ScoreMeasure, ...]:
    """The measures of a kind as its card has them."""
    words = kind_card(name).measures
    return tuple(ScoreMeasure(measure, said.title, said.recipe, said.style) for measure, said in words.items())


def mean_score(kind: QuestionKind, values: Sequence[str], truth: str, asked: AskedItem) -> MeasuredValues:
    """What values are worth on average: a uniform guess among them."""
    scored = [kind.score(value, truth, asked) for value in values]
    return {measure: sum(one[measure] for one in scored) / len(scored) for measure in scored[0]}
