"""In which order an item's options are shown, and in how many passes it is asked: once, or once for each of several
orders.

    stored         as they are written
    shuffled       drawn by the seed for each item anew, the same on every machine
    rotations      as many passes as options; pass r shows options[r:] + options[:r]
    leave-one-out  a pass for each wrong option, which is left out in it; the rest are shuffled by the seed

A pass is an item of the run, with the id `<item id>~<r>`, r from 0. An order of one pass leaves the id as it is.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal, NamedTuple

from mudata.errors import EvaluationError

if TYPE_CHECKING:
    from mudata.catalog.cards.exam import OptionOrder

OptionsOrder = Literal["published", "shuffled", "rotations", "leave-one-out"]
"""What a run is asked for; 'published' is as they are written."""
SEVERAL: tuple[OptionOrder, ...] = ("rotations", "leave-one-out")
"""Orders that ask an item several times."""
_LEAST = 3
"""Of two options one left out leaves no choice."""


class AskedPass(NamedTuple):
    """One time that an item is asked: its number among the passes (None where there is one alone), and the options in
    the order shown."""

    number: int | None
    options: tuple[str, ...]


def passes(options: Sequence[str], item_id: str, truth: str, order: OptionOrder, seed: int) -> list[AskedPass]:
    """How an item with these options, as they are written, is asked.

    Raises:
        EvaluationError: one of two options cannot be left out.

    Example:
        >>> [one.options for one in passes(("a", "b", "c"), "d/1", "b", "rotations", 0)]
        [('a', 'b', 'c'), ('b', 'c', 'a'), ('c', 'a', 'b')]
        >>> [sorted(one.options) for one in passes(("a", "b", "c"), "d/1", "b", "leave-one-out", 0)]
        [['b', 'c'], ['a', 'b']]
    """
    written = tuple(options)
    match order:
        case "stored":
            return [AskedPass(None, written)]
        case "shuffled":
            return [AskedPass(None, shuffled(written, item_id, seed))]
        case "rotations":
            return [AskedPass(r, written[r:] + written[:r]) for r in range(len(written))]
        case "leave-one-out":
            if len(written) < _LEAST:
                raise EvaluationError(
                    f"{item_id} has {len(written)} options, of which none can be left out.",
                    "Ask it with --options-order rotations.",
                )
            wrong = [place for place, option in enumerate(written) if option != truth]
            left = [written[:place] + written[place + 1 :] for place in wrong]
            return [AskedPass(r, shuffled(rest, pass_id(item_id, r), seed)) for r, rest in enumerate(left)]


def pass_id(item_id: str, number: int | None) -> str:
    """The id in a run.

    Example:
        >>> pass_id("d/1", 2), pass_id("d/1", None)
        ('d/1~2', 'd/1')
    """
    return item_id if number is None else f"{item_id}~{number}"


def shuffled(options: Sequence[str], item_id: str, seed: int) -> tuple[str, ...]:
    """Options in an order drawn by the seed for each item anew. Options of the same text are drawn apart.

    Example:
        >>> keys = ("C major", "F major", "G major")
        >>> shuffled(keys, "d/1", 0), shuffled(keys, "d/2", 0)
        (('F major', 'C major', 'G major'), ('C major', 'G major', 'F major'))
    """
    before: Counter[str] = Counter()
    drawn = []
    for option in options:
        again = f"\0{before[option]}" if before[option] else ""
        drawn.append((hashlib.sha256(f"{seed}\0{item_id}\0{option}{again}".encode()).digest(), option))
        before[option] += 1
    return tuple(option for _, option in sorted(drawn))
