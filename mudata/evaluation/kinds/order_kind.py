"""The order of clips or options, by their numbers."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations, permutations
from math import factorial
from typing import TYPE_CHECKING, ClassVar

from mudata.catalog.read import truth_spelling
from mudata.evaluation.kinds.question_kind import MeasuredValues, ScoreMeasure, measures_of

if TYPE_CHECKING:
    from mudata.evaluation.align.alignment import Alignment
    from mudata.evaluation.kinds.question_kind import AskedItem

_ALL_ORDERS_OF = 5
"""Up to so many things every order is tried as a constant answer; of more only those that are right somewhere."""


class OrderKind:
    """Numbers of clips or options in their order: '2 1 3'."""

    name: ClassVar[str] = "order"

    @property
    def measures(self) -> Sequence[ScoreMeasure]:
        return measures_of(self.name)

    def truth(self, text: str, asked: AskedItem) -> str:
        return truth_spelling.order(text, _things(asked))

    def read(self, answer: str | None, asked: AskedItem) -> Alignment:

        from mudata.evaluation.readers.order import read_order

        return read_order(answer, asked.shown, _things(asked))

    def partial(self, alignment: Alignment) -> str | None:
        return None

    def score(self, value: str | None, truth: str, asked: AskedItem) -> MeasuredValues:
        said, right = (value or "").split(), truth.split()
        if sorted(said) != sorted(right):
            return {"accuracy": 0.0, "pairwise_agreement": 0.0}
        place = {number: i for i, number in enumerate(said)}
        agree = [place[first] < place[second] for first, second in combinations(right, 2)]
        return {"accuracy": float(said == right), "pairwise_agreement": sum(agree) / len(agree)}

    def guess(self, truth: str, asked: AskedItem) -> MeasuredValues:
        return {"accuracy": 1 / factorial(len(truth.split())), "pairwise_agreement": 0.5}

    def constants(self, items: Sequence[tuple[str, AskedItem]]) -> Sequence[str]:
        sizes = {len(truth.split()) for truth, _ in items}
        numbers = [[str(i) for i in range(1, size + 1)] for size in sorted(sizes) if size <= _ALL_ORDERS_OF]
        every = [" ".join(order) for of in numbers for order in permutations(of)]
        return list(dict.fromkeys((*every, *(truth for truth, _ in items))))


def _things(asked: AskedItem) -> int:
    return len(asked.shown.options) or asked.clips
