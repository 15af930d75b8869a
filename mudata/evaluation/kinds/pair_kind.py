"""Which of two clips."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from mudata.evaluation.kinds.choose_kind import ChooseKind

if TYPE_CHECKING:
    from mudata.evaluation.align.alignment import Alignment
    from mudata.evaluation.kinds.question_kind import AskedItem


class PairKind(ChooseKind):
    """One of two options, by default those of the kind's card."""

    name: ClassVar[str] = "pair"

    def truth(self, text: str, asked: AskedItem) -> str:
        if len(asked.shown.options) != 2:
            raise ValueError(f"a pair has two options, not {len(asked.shown.options)}")
        return super().truth(text, asked)

    def read(self, answer: str | None, asked: AskedItem) -> Alignment:
        from mudata.evaluation.readers.choice import read_choice

        return read_choice(answer, asked.shown, clips=True)
