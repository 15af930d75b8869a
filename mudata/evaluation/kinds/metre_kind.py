"""Time signatures: exactly, and by the class of their bars."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

from mudata.catalog.read import truth_spelling
from mudata.evaluation.kinds.question_kind import MeasuredValues, ScoreMeasure, mean_score, measures_of

if TYPE_CHECKING:
    from mudata.evaluation.align.alignment import Alignment
    from mudata.evaluation.kinds.question_kind import AskedItem

METRES = ("2/2", "3/2", "2/4", "3/4", "4/4", "5/4", "6/4", "7/4", "3/8", "5/8", "6/8", "7/8", "9/8", "12/8")
"""What a guess is drawn from where no options are shown: the signatures in common use."""
CLASSES = (
    frozenset({"2/2", "2/4", "4/4", "8/8"}),  # bars that halve
    frozenset({"3/2", "3/4", "3/8"}),
    frozenset({"6/8", "9/8", "12/8"}),  # beats in three: never one with 3/4
)


class MetreKind:
    """A time signature as written: '6/8'."""

    name: ClassVar[str] = "metre"

    @property
    def measures(self) -> Sequence[ScoreMeasure]:
        return measures_of(self.name)

    def truth(self, text: str, asked: AskedItem) -> str:
        return truth_spelling.metre(text)

    def read(self, answer: str | None, asked: AskedItem) -> Alignment:

        from mudata.evaluation.readers.metre import read_metre

        return read_metre(answer, asked.shown)

    def partial(self, alignment: Alignment) -> str | None:
        return None

    def score(self, value: str | None, truth: str, asked: AskedItem) -> MeasuredValues:
        if value is None:
            return {"accuracy": 0.0, "class_accuracy": 0.0}
        return {"accuracy": float(value == truth), "class_accuracy": float(_bars(value) == _bars(truth))}

    def guess(self, truth: str, asked: AskedItem) -> MeasuredValues:
        """Among the options shown, else METRES."""
        options = [self.truth(option, asked) for option in asked.shown.options]
        return mean_score(self, options or METRES, truth, asked)

    def constants(self, items: Sequence[tuple[str, AskedItem]]) -> Sequence[str]:
        return list(dict.fromkeys((*METRES, *(truth for truth, _ in items))))


def _bars(metre: str) -> object:
    """The class of a signature; those of no class have that of their upper number (5/4 is like 5/8)."""
    return next((of for of in CLASSES if metre in of), metre.partition("/")[0])
