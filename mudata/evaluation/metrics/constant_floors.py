"""What questions with exact truth give away to who does not listen: what a uniform guess and what constant answers are
worth for each item, counted once for all measures and all groups of items."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple, Self

from mudata.evaluation.kinds.choose_kind import ChooseKind

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from mudata.evaluation.kinds.question_kind import AskedItem, MeasuredValues, QuestionKind

    Floats = NDArray[np.float64]
    Places = NDArray[np.intp]

FEW_TRUTHS = 30
"""Where there are no more different truths and answers than these, tables show them one by one."""


class MeasureColumn(NamedTuple):
    """What n items are worth by one measure, shape (n,) each: which of them it says something of, and their values, 0
    for the others."""

    asked: NDArray[np.bool_]
    values: Floats

    @classmethod
    def of(cls, worth: Sequence[MeasuredValues], measure: str) -> Self:
        import numpy as np

        values = [one.get(measure) for one in worth]
        asked = np.array([value is not None for value in values], dtype=np.bool_)
        return cls(asked, np.array([value or 0.0 for value in values], dtype=np.float64))

    def among(self, places: Places) -> MeasureColumn:
        """Of some of the items."""
        return MeasureColumn(self.asked[places], self.values[places])

    @property
    def known(self) -> Floats:
        """The values of those items that the measure says something of."""
        return self.values if self.asked.all() else self.values[self.asked]


class BestConstant(NamedTuple):
    """The answer that is worth most if it is given to every item, and what it is worth for each, shape (n,)."""

    answer: str
    values: Floats
    tried: int


@dataclass(frozen=True, eq=False)
class ConstantFloors:
    """What needs no listening, of each of n items (truth, asked): by measure what a uniform guess is worth, and what
    each constant answer is."""

    kind: QuestionKind
    pairs: Sequence[tuple[str, AskedItem]]
    guesses: Mapping[str, MeasureColumn]
    constants: Mapping[str, Mapping[str, MeasureColumn]]
    tried: int
    """How many constant answers there are: of those that cannot be the best, worth is not counted out."""

    @classmethod
    def of(cls, kind: QuestionKind, pairs: Sequence[tuple[str, AskedItem]]) -> ConstantFloors:
        tried, some = _to_try(kind, pairs)
        constants = {answer: _scores(kind, answer, pairs) for answer in some}
        if isinstance(kind, ChooseKind):
            guesses = _of_choices(kind, kind.guesses(pairs))
        else:
            guesses = _columns(kind, [kind.guess(*pair) for pair in pairs])
        return cls(kind, pairs, guesses, constants, tried)

    def among(self, places: Places) -> ConstantFloors:
        """Those of some of the items."""
        pairs = [self.pairs[place] for place in places.tolist()]
        tried, some = _to_try(self.kind, pairs)
        constants = {
            answer: {name: column.among(places) for name, column in known.items()}
            if (known := self.constants.get(answer))
            else _scores(self.kind, answer, pairs)
            for answer in some
        }
        guesses = {name: column.among(places) for name, column in self.guesses.items()}
        return ConstantFloors(self.kind, pairs, guesses, constants, tried)

    def guessed(self, measure: str) -> Floats:
        """What a uniform guess is worth for the items that the measure says something of."""
        return self.guesses[measure].known

    def best(self, measure: str) -> BestConstant | None:
        """Of equal answers the first that the kind names; over the items that the measure says something of."""
        best: BestConstant | None = None
        most = 0.0
        for answer, columns in self.constants.items():
            if (column := columns.get(measure)) is None or not len(values := column.known):
                continue
            if best is None or values.sum() > most + 1e-9:
                best, most = BestConstant(answer, values, self.tried), float(values.sum())
        return best


def _columns(kind: QuestionKind, worth: Sequence[MeasuredValues]) -> dict[str, MeasureColumn]:
    return {measure.name: MeasureColumn.of(worth, measure.name) for measure in kind.measures}


def _of_choices(kind: ChooseKind, values: Sequence[float]) -> dict[str, MeasureColumn]:
    """Of the one measure of choices, which says something of every item."""
    import numpy as np

    (measure,) = kind.measures
    return {measure.name: MeasureColumn(np.ones(len(values), dtype=np.bool_), np.array(values, dtype=np.float64))}


def _scores(kind: QuestionKind, answer: str, pairs: Sequence[tuple[str, AskedItem]]) -> dict[str, MeasureColumn]:
    if isinstance(kind, ChooseKind):  # thousands of items of an exam, each with its own options
        return _of_choices(kind, kind.scores(answer, pairs))
    return _columns(kind, [kind.score(answer, *pair) for pair in pairs])


def _to_try(kind: QuestionKind, pairs: Sequence[tuple[str, AskedItem]]) -> tuple[int, list[str]]:
    """How many constant answers there are, and those among which the best is. Where an option is right for one truth
    alone, no other is worth more than the commonest."""
    constants = list(kind.constants(pairs)) if pairs else []
    if not isinstance(kind, ChooseKind):
        return len(constants), constants
    truths = Counter(truth for truth, asked in pairs if truth in asked.shown.options)
    if len(truths) <= FEW_TRUTHS:
        return len(constants), constants
    most = max(truths.values())
    commonest = next(answer for answer in constants if truths[answer] == most)
    right = {truth for truth, _ in pairs} - {commonest}
    return len(constants), [answer for answer in constants if answer not in right]
