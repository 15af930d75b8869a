"""A uniform draw from all that may be answered, for kinds of questions with exact truth."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from mudata.evaluation.kinds.key_kind import KEYS
from mudata.evaluation.kinds.metre_kind import METRES

if TYPE_CHECKING:
    from mudata.evaluation.protocol import Item, Question


def uniform_guess(item: Item, drawn: Callable[[str], bytes]) -> str | None:
    """What a guess says to an item; None where what may be answered has no end (sections of music).

    Args:
        item: with its options, clips and the bounds of its number.
        drawn: 32 bytes of chance for each text that it is given, always the same ones.
    """
    question = item.question
    if question.kind == "order":
        things = len(question.options) or len(item.clips)
        return " ".join(sorted((str(i) for i in range(1, things + 1)), key=drawn))
    if question.options:
        return min(question.options, key=drawn)
    if question.kind == "number":
        return _number(question, int.from_bytes(drawn("number")))
    known = {"key": KEYS, "metre": METRES}.get(question.kind)
    return min(known, key=drawn) if known else None


def _number(question: Question, chance: int) -> str | None:
    if question.bounds is None:
        return None
    low, high = question.bounds
    if question.whole:
        first, last = -int(-low // 1), int(high // 1)
        return str(first + chance % (last - first + 1))
    hundredths = round((high - low) * 100)
    return f"{low + chance % (hundredths + 1) / 100:.2f}".rstrip("0").rstrip(".")
