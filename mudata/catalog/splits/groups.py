"""Which clips belong together: the same artist, album or track, and exact copies.

Two names are one group when they are equal after Unicode NFKC, case folding and removal of
surplus blanks ("KC And The  Sunshine Band"). A name without any letter ("1234") is an id, which means nothing
outside its own dataset; names with letters are compared across datasets.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Hashable, Iterable, Sequence
from functools import cache

KEYS = ("artist", "album", "track")
"""The columns of `clips` by which clips can be kept together."""

CONTENT = ("pcm_sha256", "source_sha256")
"""The columns that make two clips exact copies: equal samples, or bytes of one and the same
file."""


@cache
def normalised(name: str) -> str:
    """The form in which two spellings of a name are compared; empty for a name of blanks."""
    return " ".join(unicodedata.normalize("NFKC", name).casefold().split())


def key(dataset: str, name: str | None) -> Hashable:
    """What clips of one group share; None when the name is absent or blank."""
    known = normalised(name) if name else ""
    if not known:
        return None
    return known if any(map(str.isalpha, known)) else (dataset, known)


def union(rows: int, columns: Iterable[Sequence[Hashable]]) -> list[int]:
    """The group of each row when rows that agree in any column are tied, transitively.

    Each column has one value per row; None ties nothing.
    Groups are numbered from 0 by their first row.
    """
    parent = list(range(rows))

    def root(row: int) -> int:
        while parent[row] != row:
            parent[row] = parent[parent[row]]
            row = parent[row]
        return row

    for column in columns:
        first: dict[Hashable, int] = {}
        for row, value in enumerate(column):
            if value is None:
                continue
            a, b = root(first.setdefault(value, row)), root(row)
            parent[max(a, b)] = min(a, b)
    numbers: dict[int, int] = {}
    return [numbers.setdefault(root(row), len(numbers)) for row in range(rows)]
