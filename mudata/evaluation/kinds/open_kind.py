"""An answer in words, whose worth an exam's official rule says (`official_rules`): there is no reader of ours."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

from mudata.evaluation.align.alignment import Alignment
from mudata.evaluation.align.thoughts import without_thoughts
from mudata.evaluation.kinds.question_kind import MeasuredValues, ScoreMeasure, measures_of

if TYPE_CHECKING:
    from mudata.evaluation.kinds.question_kind import AskedItem


class OpenKind:
    """The whole answer is its value, so that tables tell how many different ones there are. A person's reading is right
    where it is the truth, letter by letter."""

    name: ClassVar[str] = "open"

    @property
    def measures(self) -> Sequence[ScoreMeasure]:
        return measures_of(self.name)

    def truth(self, text: str, asked: AskedItem) -> str:
        return text

    def read(self, answer: str | None, asked: AskedItem) -> Alignment:
        if answer is None:
            return Alignment("ERROR", rule_id="error")
        text = " ".join(without_thoughts(answer).split())
        return Alignment("ALIGNED", (text,), "whole") if text else Alignment("EMPTY", rule_id="empty")

    def partial(self, alignment: Alignment) -> str | None:
        return None

    def score(self, value: str | None, truth: str, asked: AskedItem) -> MeasuredValues:
        return {"credit": float(value == truth)}

    def guess(self, truth: str, asked: AskedItem) -> MeasuredValues:
        """What may be answered has no end."""
        return {}

    def constants(self, items: Sequence[tuple[str, AskedItem]]) -> Sequence[str]:
        """None: what one is worth, the official rule says of each item."""
        return ()
