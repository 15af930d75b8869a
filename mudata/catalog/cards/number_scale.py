"""How a number is asked for and judged: the card's settings of a task of kind `number`."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import Field, PositiveFloat, model_validator

from mudata.catalog.cards.strict_model import Strict


class NumberScale(Strict):
    """The unit of a number and how near an answer must be.

    `tolerance` is relative (0.04: within 4 %), `within` absolute in the unit; neither means exactly. `octaves` are
    factors by which an answer may be off and still be right by the second measure (half and double tempo). `low` and
    `high` bound what can be meant: a lone number outside of them is no answer.
    """

    unit: str = ""
    words: tuple[str, ...] = ()
    """Further names of the unit in answers: 'beats per minute' for bpm, 'parts' and 'voices' for a count."""
    tolerance: Annotated[float, Field(ge=0, lt=1)] | None = None
    within: Annotated[float, Field(ge=0)] | None = None
    octaves: tuple[PositiveFloat, ...] = ()
    low: float = 0.0
    high: float
    integer: bool = False

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if self.low >= self.high:
            raise ValueError("low must be below high")
        if self.tolerance is not None and self.within is not None:
            raise ValueError("tolerance is relative and within absolute: give one")
        return self
