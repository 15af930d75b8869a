"""Readers by the kind of what they read, as cards name kinds and what a structure `asks`: `mudata align --kind`."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

from mudata.errors import ArgumentError, UnknownName
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
    from mudata.catalog.cards.number_scale import NumberScale
    from mudata.evaluation.align.alignment import Alignment, Shown

READERS: dict[str, Callable[[str | None, Shown], Alignment]] = {
    "key": read_key,
    "tempo": read_tempo,
    "metre": read_metre,
    "number": read_number,
    "choose": read_choice,
    "pair": partial(read_choice, clips=True),
    "order": read_order,
    "structure": read_structure,
    "boundaries": partial(read_structure, asks="boundaries"),
    "segments": partial(read_structure, asks="segments"),
}
"""Tempi in beats per minute, numbers as counts of parts, voices or instruments unless `unit` is given; a card's scale
can say otherwise. Of a structure the form is read, or what is named. Choices are those of `Shown.options`, without
which they are of two clips."""

_OF_VALUES: dict[str, Callable[[], ValueKind]] = {
    "key": lambda: KEY,
    "tempo": tempo_of,
    "metre": lambda: METRE,
    "number": number_of,
}

_UNBOUNDED = 1e9
"""What a number may be where only its unit is known."""


def read(kind: str, answer: str | None, shown: Shown, unit: str = "") -> Alignment:
    """Read an answer as a value of a kind; `unit` is that of a number, such as 'semitones'.

    Raises:
        UnknownName: there is no reader of that name.
        ArgumentError: a unit of what is no number.
    """
    known(kind, unit)
    return read_number(answer, shown, _in_unit(unit)) if unit else READERS[kind](answer, shown)


def known(kind: str, unit: str = "") -> None:
    """Raises UnknownName where there is no reader of that name, ArgumentError for a unit of what is no number."""
    if kind not in READERS:
        raise UnknownName("kind of answer", kind, READERS)
    if unit and kind != "number":
        raise ArgumentError(f"A unit goes with the kind number, not with {kind}.", "Leave the unit out.")


def clauses(kind: str, answer: str, shown: Shown, unit: str = "") -> list[dict[str, Any]]:
    """The clauses of an answer with their values (`said_values.clauses_of`); none of kinds read without clauses."""
    if unit:
        return clauses_of(answer, shown, number_of(_in_unit(unit)))
    return clauses_of(answer, shown, _OF_VALUES[kind]()) if kind in _OF_VALUES else []


def _in_unit(unit: str) -> NumberScale:
    from mudata.catalog.cards.number_scale import NumberScale

    return NumberScale(unit=unit, low=-_UNBOUNDED, high=_UNBOUNDED)


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
