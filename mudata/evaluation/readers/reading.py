"""Readers by the name of what they read, as `mudata align --kind` and `mudata.align(kind=...)` ask for them."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from mudata.errors import UnknownName
from mudata.evaluation.align.value_rules import READER, VALUE_RULES
from mudata.evaluation.readers.choice import read_choice
from mudata.evaluation.readers.key import KEY, read_key
from mudata.evaluation.readers.metre import METRE, read_metre
from mudata.evaluation.readers.number import number_of, read_number
from mudata.evaluation.readers.order import read_order
from mudata.evaluation.readers.said_values import SORTS, ValueKind, clauses_of
from mudata.evaluation.readers.sections import read_structure
from mudata.evaluation.readers.tempo import read_tempo, tempo_of

if TYPE_CHECKING:
    from mudata.evaluation.align.alignment import Alignment, Shown

READERS: dict[str, Callable[[str | None, Shown], Alignment]] = {
    "key": read_key,
    "tempo": read_tempo,
    "metre": read_metre,
    "number": read_number,
    "choice": read_choice,
    "order": read_order,
    "structure": read_structure,
}
"""Tempi in beats per minute, numbers as counts of parts, voices or instruments; a card's scale can say otherwise. Of a
structure the form is read; choices are those of `Shown.options`, without which they are of two clips."""

_OF_VALUES: dict[str, Callable[[], ValueKind]] = {
    "key": lambda: KEY,
    "tempo": tempo_of,
    "metre": lambda: METRE,
    "number": number_of,
}


def read(kind: str, answer: str | None, shown: Shown) -> Alignment:
    """Read an answer as a value of a kind.

    Raises:
        UnknownName: there is no reader of that name.
    """
    known(kind)
    return READERS[kind](answer, shown)


def known(kind: str) -> None:
    """Raises UnknownName where there is no reader of that name."""
    if kind not in READERS:
        raise UnknownName("reader", kind, READERS)


def clauses(kind: str, answer: str, shown: Shown) -> list[dict[str, Any]]:
    """The clauses of an answer with their values (`said_values.clauses_of`); none of kinds read without clauses."""
    return clauses_of(answer, shown, _OF_VALUES[kind]()) if kind in _OF_VALUES else []


def rules() -> str:
    """The rules and the sorts of values, in words, on a page."""
    lines = [
        f"{READER} reads values; what clauses and ranks are, `mudata align --explain` tells.",
        "",
        "Sorts of values:",
    ]
    lines += [f"  {name:9}{told}" for name, told in SORTS.items()]
    lines += ["", "Rules:", *(f"  {name:9}{told}" for name, told in VALUE_RULES.items())]
    return "\n".join(lines)
