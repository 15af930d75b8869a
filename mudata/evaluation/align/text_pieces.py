"""Pieces of a text."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable
from operator import itemgetter
from typing import Any, Protocol, TypeVar


class Placed(Protocol):
    """What stands at a piece [start, end) of a text."""

    @property
    def start(self) -> int: ...
    @property
    def end(self) -> int: ...


Found = TypeVar("Found", bound=Placed)

_start: Callable[[tuple[Any, ...]], int] = itemgetter(0)


def without(text: str, pieces: Iterable[tuple[int, int]], start: int = 0, end: int | None = None) -> str:
    """Text from start to end with commas in place of pieces."""
    kept = []
    for first, last in pieces:
        kept.append(text[start:first])
        start = last
    return ",".join([*kept, text[start:end]])


def inside(place: int, pieces: list[tuple[int, int]]) -> bool:
    """Whether one of the pieces, which are sorted and apart, covers a place."""
    i = bisect_right(pieces, place, key=_start)
    return i > 0 and place < pieces[i - 1][1]


def apart(found: Iterable[Found]) -> list[Found]:
    """Of what was found, in order, all that does not begin within what stands before it."""
    kept: list[Found] = []
    for one in found:
        if not kept or one.start >= kept[-1].end:
            kept.append(one)
    return kept
