"""One of the item's own options."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

from mudata.evaluation.kinds.question_kind import MeasuredValues, ScoreMeasure, measures_of

if TYPE_CHECKING:
    from mudata.evaluation.align.alignment import Alignment
    from mudata.evaluation.kinds.question_kind import AskedItem

_PLACE = re.compile(r"\((\d+)\)")


class ChooseKind:
    """An option as it is written. Of a constant answer '(2)' is the second option shown, whatever it says. Options of
    one text, which only published items have, are one; and a published truth that is no option makes nothing right."""

    name: ClassVar[str] = "choose"

    @property
    def measures(self) -> Sequence[ScoreMeasure]:
        return measures_of(self.name)

    def truth(self, text: str, asked: AskedItem) -> str:
        if len(asked.shown.options) < 2:
            raise ValueError("there are fewer than two options to choose from")
        if text not in asked.shown.options and not asked.published:
            raise ValueError(f"{text!r} is none of the options: {', '.join(asked.shown.options)}")
        return text

    def read(self, answer: str | None, asked: AskedItem) -> Alignment:

        from mudata.evaluation.readers.choice import read_choice

        return read_choice(answer, asked.shown)

    def partial(self, alignment: Alignment) -> str | None:
        return None

    def score(self, value: str | None, truth: str, asked: AskedItem) -> MeasuredValues:
        options = asked.shown.options
        if value is not None and value not in options and (place := _PLACE.fullmatch(value)):
            number = int(place[1])
            value = options[number - 1] if 1 <= number <= len(options) else None
        return {"accuracy": float(value == truth and truth in options)}

    def guess(self, truth: str, asked: AskedItem) -> MeasuredValues:
        options = asked.shown.options
        return {"accuracy": options.count(truth) / len(options)}

    def constants(self, items: Sequence[tuple[str, AskedItem]]) -> Sequence[str]:
        """Every right option, and every place."""
        places = max((len(asked.shown.options) for _, asked in items), default=0)
        return [*dict.fromkeys(truth for truth, _ in items), *(f"({place})" for place in range(1, places + 1))]
