"""Labels that are numbered ('Cluster 3'), and how people say their numbers."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

_NUMBERED = re.compile(r"([^\W\d_]+) (\d{1,2})")
_WORDS = ["one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"]
_ORDINALS = ["first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth"]
_ROMAN = ["I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX", "X"]
_NOUNS = ("group", "category", "class")
_ALONE = re.compile(
    r"[\W_]*(?:(?:the |my |correct |right |final |best )*(?:answer|choice|option|prediction)(?: is| would be)?"
    r"(?: number| no)?[\W_]*)?"
    r"(\d{1,2})[\W_]*"
)
_LONGEST = 60


def numbered(ids: Sequence[str]) -> tuple[tuple[str, int], ...]:
    """Noun and number of each label where all are one noun with numbers of their own; else nothing.

    >>> numbered(["Cluster 1", "Cluster 2"]), numbered(["rock", "Cluster 2"])
    ((('Cluster', 1), ('Cluster', 2)), ())
    """
    found = [match for label in ids if (match := _NUMBERED.fullmatch(label))]
    if len(found) < len(ids) or len({match[1] for match in found}) != 1:
        return ()
    return tuple((match[1], int(match[2])) for match in found)


def number_spellings(label: tuple[str, int]) -> Iterator[str]:
    """Other ways to say a numbered label.

    >>> list(number_spellings(("Cluster", 4)))[:5]
    ['Cluster #4', 'Cluster no. 4', 'Cluster number 4', 'Clusters 4', 'C4']
    """
    noun, number = label
    yield from (f"{noun} {sign}{number}" for sign in ("#", "no. ", "number "))
    yield from (f"{noun}s {number}", f"{noun[0]}{number}", f"{noun}: {number}")
    named = (noun, *_NOUNS)
    yield from (f"{other} {number}" for other in _NOUNS)
    if number <= len(_WORDS):
        word, ordinal, roman = (names[number - 1] for names in (_WORDS, _ORDINALS, _ROMAN))
        yield from (f"{other} {said}" for other in named for said in (word, roman, f"number {word}"))
        yield from (f"{ordinal} {other}" for other in named)


def numbered_pairs(ids: Sequence[str]) -> Iterator[tuple[str, tuple[str, str]]]:
    """Phrases of two numbers and the labels that they mean: 'clusters 1 and 3'."""
    named = numbered(ids)
    for noun, one in named:
        for _, other in named:
            if one != other:
                pair = f"{noun} {one}", f"{noun} {other}"
                yield from ((f"{noun}s {one} {between} {other}", pair) for between in ("and", "or"))


def number_alone(text: str) -> int | None:
    """The number that a clean text gives and nothing else: '4', 'the answer is 4'."""
    match = _ALONE.fullmatch(text) if len(text) <= _LONGEST else None
    return int(match[1]) if match else None
