"""Whole numbers in English words, as the package num2words writes them; which is a dependency too many for lyrics."""

from __future__ import annotations

_SMALL = [
    "zero",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
    "nineteen",
]
_TENS = ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]
_GROUPS = ((1_000_000, "million"), (1_000, "thousand"))


def number_name(number: int) -> str:
    """A number from 0 to 999,999,999.

    >>> number_name(21), number_name(1234), number_name(1_000_001)
    ('twenty-one', 'one thousand, two hundred and thirty-four', 'one million and one')
    """
    parts = []
    for size, name in _GROUPS:
        if number >= size:
            parts.append(f"{_below_thousand(number // size)} {name}")
            number %= size
    if not parts:
        return _below_thousand(number)
    if number:
        last = _below_thousand(number)
        return f"{', '.join(parts)} and {last}" if number < 100 else f"{', '.join(parts)}, {last}"
    return ", ".join(parts)


def _below_thousand(number: int) -> str:
    if number < 20:
        return _SMALL[number]
    if number < 100:
        return _TENS[number // 10 - 2] + (f"-{_SMALL[number % 10]}" if number % 10 else "")
    rest = f" and {_below_thousand(number % 100)}" if number % 100 else ""
    return f"{_SMALL[number // 100]} hundred{rest}"
