"""Edits between two texts, as jiwer counts them: words, or characters, that are replaced, missing or added."""

from __future__ import annotations

from collections.abc import Sequence

_MOST = 50_000
"""Tokens of an answer that are aligned; what follows counts as added."""


def word_error_rate(reference: str, answer: str) -> float:
    """Edits over the words of the reference; of an empty reference the words that were added.

    >>> word_error_rate("la la land", "la land is"), word_error_rate("", "oh no"), word_error_rate("", "")
    (0.6666666666666666, 2.0, 0.0)
    """
    wanted = reference.split()
    return _edits(wanted, answer.split()) / max(len(wanted), 1)


def character_error_rate(reference: str, answer: str) -> float:
    """As word_error_rate, of characters; blanks at the ends are none."""
    wanted = reference.strip()
    return _edits(wanted, answer.strip()) / max(len(wanted), 1)


def _edits(reference: Sequence[str], answer: Sequence[str]) -> int:
    """Levenshtein's distance, a row at a time: insertions run along a row as a minimum that is carried on."""
    import numpy as np  # not at every start

    kept, over = answer[:_MOST], max(len(answer) - _MOST, 0)
    ids: dict[str, int] = {}
    said = np.array([ids.setdefault(token, len(ids)) for token in kept], dtype=np.int64)
    steps = np.arange(len(kept) + 1)
    row = steps.copy()
    for token in reference:
        candidate = np.empty_like(row)
        candidate[0] = row[0] + 1
        candidate[1:] = np.minimum(row[1:] + 1, row[:-1] + (said != ids.get(token, -1)))
        row = np.minimum.accumulate(candidate - steps) + steps
    return int(row[-1]) + over
