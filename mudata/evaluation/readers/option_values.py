"""Options that are all keys, metres or tempi, which an answer may say by value: F# major where Gb major is written."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from mudata.evaluation.align.alignment import Shown
from mudata.evaluation.readers.kept_text import kept
from mudata.evaluation.readers.key import KEY
from mudata.evaluation.readers.metre import METRE
from mudata.evaluation.readers.tempo import tempo_of
from mudata.evaluation.readers.values import read_value

if TYPE_CHECKING:
    from mudata.evaluation.readers.said_values import Sort, ValueKind

_SAYS_NOTHING = ("half", "outside", "guard")


class OptionValues(NamedTuple):
    """How the values are found, and the place of each option, from 1, by its value."""

    kind: ValueKind
    places: dict[str, int]

    def said(self, text: str, language: str | None) -> Iterator[tuple[int, int, tuple[int, ...], Sort]]:
        """Values [start, end) of a kept text: the places of their options, none where it is the value of no option."""
        for said in self.kind.find(text, language):
            if said.sort not in _SAYS_NOTHING:
                found = tuple(self.places[value] for value in said.values if value in self.places)
                yield said.start, said.end, found, "guard" if len(found) < len(said.values) else said.sort


def option_values(options: tuple[str, ...]) -> OptionValues | None:
    """What options are read as, if all are keys, all metres or all tempi, and no two alike; else None.

    >>> found = option_values(("Gb major", "A minor"))
    >>> found and found.places
    {'F# major': 1, 'A minor': 2}
    >>> option_values(("guitar", "A minor"))
    """
    found = _values(tuple(sorted(set(options))))
    if found is None:
        return None
    kind, values = found
    places: dict[str, int] = {}
    for place, option in enumerate(options, 1):
        places.setdefault(values[option], place)
    return OptionValues(kind, places)


@lru_cache(maxsize=1024)
def _values(options: tuple[str, ...]) -> tuple[ValueKind, dict[str, str]] | None:
    """The value of each option, whatever order they are shown in."""
    kinds = [KEY, METRE]
    every = "\n".join(options).lower()
    if "bpm" in every or "beats per minute" in every:
        kinds.append(tempo_of())
    for kind in kinds:
        values: dict[str, str] = {}
        for option in options:
            if (value := _value(option, kind)) is None:
                break
            values[option] = value
        if len(set(values.values())) == len(options):
            return kind, values
    return None


@lru_cache(maxsize=65_536)
def _value(option: str, kind: ValueKind) -> str | None:
    """What one option is read as; an exam's items share many of their options."""
    if not kind.find(kept(option).text, None) or (one := read_value(option, Shown(), kind)).status != "ALIGNED":
        return None
    return one.labels[0]
