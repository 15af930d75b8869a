"""What questions with exact truth give away to who does not listen: what a uniform guess and what constant answers are
worth for each item, counted once for all measures and all groups of items."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple, Self

from mudata.evaluation.kinds.choose_kind import ChooseKind
from mudata.evaluation.metrics.shown_choices import ShownChoices

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from mudata.evaluation.kinds.question_kind import AskedItem, MeasuredValues, QuestionKind

    Floats = NDArray[np.float64]
    Places = NDArray[np.intp]


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
    choices: ShownChoices | None
    """Of thousands of items of an exam, each with its own options."""
    guesses: Mapping[str, MeasureColumn]
    constants: Mapping[str, Mapping[str, MeasureColumn]]
    tried: int
    """How many constant answers there are: of those that cannot be the best, worth is not counted out."""

    @classmethod
    def of(cls, kind: QuestionKind, pairs: Sequence[tuple[str, AskedItem]]) -> ConstantFloors:
        if isinstance(kind, ChooseKind) and pairs and all(asked.shown.options for _, asked in pairs):
            choices = ShownChoices.of_items(pairs)
            return cls(kind, pairs, choices, _of_choices(kind, choices.guesses), {}, 0)._tried({})
        guesses = _columns(kind, [kind.guess(*pair) for pair in pairs])
        return cls(kind, pairs, None, guesses, {}, 0)._tried({})

    def among(self, places: Places) -> ConstantFloors:
        """Those of some of the items."""
        pairs = [self.pairs[place] for place in places.tolist()]
        choices = self.choices.among(places) if self.choices else None
        constants, guesses = (
            {answer: _among(columns, places) for answer, columns in self.constants.items()},
            _among(self.guesses, places),
        )
        return ConstantFloors(self.kind, pairs, choices, guesses, {}, 0)._tried(constants)

    def _tried(self, known: Mapping[str, Mapping[str, MeasureColumn]]) -> ConstantFloors:
        """With what constant answers are worth, of which some are known."""
        tried, some = self.choices.to_try() if self.choices else _all(self.kind, self.pairs)
        constants = {answer: known.get(answer) or self._scores(answer) for answer in some}
        return replace(self, constants=constants, tried=tried)

    def _scores(self, answer: str) -> Mapping[str, MeasureColumn]:
        if self.choices and (values := self.choices.worth(answer)) is not None:
            return _of_choices(self.kind, values)
        return _columns(self.kind, [self.kind.score(answer, *pair) for pair in self.pairs])

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


def _all(kind: QuestionKind, pairs: Sequence[tuple[str, AskedItem]]) -> tuple[int, list[str]]:
    constants = list(kind.constants(pairs)) if pairs else []
    return len(constants), constants


def _among(columns: Mapping[str, MeasureColumn], places: Places) -> dict[str, MeasureColumn]:
    return {name: column.among(places) for name, column in columns.items()}


def _columns(kind: QuestionKind, worth: Sequence[MeasuredValues]) -> dict[str, MeasureColumn]:
    return {measure.name: MeasureColumn.of(worth, measure.name) for measure in kind.measures}


def _of_choices(kind: QuestionKind, values: Floats) -> dict[str, MeasureColumn]:
    """Of the one measure of choices, which says something of every item."""
    import numpy as np

    (measure,) = kind.measures
    return {measure.name: MeasureColumn(np.ones(len(values), dtype=np.bool_), values)}
