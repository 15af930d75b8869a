"""Labels that are misspelt by one letter: 'raggae', 'clasical', 'contry'.

Looked for only in short answers without a label. A word that goes on from a spelling ('bluesy', 'metals')
or stops short of it ('blue') is another word.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache

from mudata.evaluation.align.language import ENGLISH, languages

_LEAST = 4
"""Letters of a spelling that may be misspelt."""
_ENDINGS = tuple("ysedrn")


@cache
def _other_words() -> frozenset[str]:
    """Words that are one letter away from labels and mean something else."""
    return frozenset(languages()[ENGLISH].near)


def misspelt(word: str, spellings: Iterable[str]) -> set[str]:
    """The spellings that a word is one letter away from: one more, one less, another, or two that changed places.

    >>> sorted(misspelt("raggae", ["reggae", "rock"])), sorted(misspelt("bluesy", ["blues"]))
    (['reggae'], [])
    """
    if len(word) < _LEAST - 1 or word in _other_words():
        return set()
    return {spelling for spelling in spellings if len(spelling) >= _LEAST and _one_off(word, spelling)}


def _one_off(word: str, spelling: str) -> bool:
    if len(word) < _LEAST:  # 'jaz'
        return spelling == word + word[-1]
    if word == spelling or abs(len(word) - len(spelling)) > 1 or word[0] != spelling[0]:
        return False
    if word == spelling[:-1] or (word[:-1] == spelling and word.endswith(_ENDINGS)):
        return False
    same = next(
        (i for i, (a, b) in enumerate(zip(word, spelling, strict=False)) if a != b), min(len(word), len(spelling))
    )
    rest, wanted = word[same:], spelling[same:]
    return (
        rest[1:] == wanted[1:]
        or rest[1:] == wanted
        or rest == wanted[1:]
        or (rest[:2] == wanted[1::-1] and rest[2:] == wanted[2:])
    )
