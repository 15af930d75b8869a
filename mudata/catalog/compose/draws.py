"""Random draws that follow from a key alone, on every machine and with every version of every library.

Each word is the head of SHA-256 over the key and a counter, so that neither the stream of NumPy's generators (which may
change between versions, NEP 19) nor a mathematical library decides anything.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from decimal import Context, Decimal
from fractions import Fraction
from typing import TypeVar

Value = TypeVar("Value")

_WORD = 1 << 64
_EXACT = Context(prec=28)


class Draws:
    """The draws of one key, in the order in which they are asked for.

    >>> Draws(7, "tempo", 0).below(100), Draws(7, "tempo", 1).below(100)
    (40, 19)
    """

    def __init__(self, *key: str | int) -> None:
        self._key = hashlib.sha256(json.dumps(key).encode())
        self._counter = 0
        self._words: list[int] = []

    def word(self) -> int:
        """64 random bits."""
        if not self._words:
            block = self._key.copy()
            block.update(self._counter.to_bytes(8, "big"))
            self._counter += 1
            digest = block.digest()
            self._words = [int.from_bytes(digest[at : at + 8], "big") for at in (24, 16, 8, 0)]
        return self._words.pop()

    def below(self, n: int) -> int:
        """A whole number from 0 to n - 1, each as likely. ValueError unless n is 1 or more."""
        if n < 1:
            raise ValueError(f"nothing can be drawn of {n}")
        while (word := self.word()) >= _WORD - _WORD % n:  # the few words that would favour the small numbers
            pass
        return word % n

    def choice(self, values: Sequence[Value]) -> Value:
        return values[self.below(len(values))]

    def chance(self, per_cent: int) -> bool:
        return self.below(100) < per_cent

    def shuffled(self, values: Sequence[Value]) -> list[Value]:
        """All values in a random order (Fisher and Yates)."""
        order = list(values)
        for last in range(len(order) - 1, 0, -1):
            other = self.below(last + 1)
            order[last], order[other] = order[other], order[last]
        return order

    def rounds(self, values: Sequence[Value], n: int) -> list[Value]:
        """So many values, every one as often as the others (or once more), each round in an order of its own."""
        dealt: list[Value] = []
        while len(dealt) < n:
            dealt += self.shuffled(values)
        return dealt[:n]


def log_uniform(low: int, high: int, position: Fraction) -> Decimal:
    """The value at a position (0 to 1) between two, even on a logarithmic scale, to one decimal place.

    Decimal's ln and exp are rounded correctly, unlike those of a machine's library, which may differ in the last bit.

    >>> log_uniform(60, 240, Fraction(1, 2))
    Decimal('120.0')
    """
    at = _EXACT.divide(Decimal(position.numerator), Decimal(position.denominator))
    octaves = _EXACT.multiply(at, _EXACT.ln(_EXACT.divide(Decimal(high), Decimal(low))))
    return _EXACT.multiply(Decimal(low), _EXACT.exp(octaves)).quantize(Decimal("0.1"))


def evenly(low: int, high: int, n: int, draws: Draws) -> list[Decimal]:
    """n values, log-uniform: the scale in n equal steps, one value drawn in each, from the lowest."""
    fine = 1 << 20
    return [log_uniform(low, high, (i + Fraction(draws.below(fine), fine)) / n) for i in range(n)]
