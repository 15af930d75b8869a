"""Which marks an item's own options are shown with, so that a mark is never what an option says.

Numbers come first: letters may name notes. Where an option is a number, or begins with one that another option would
have ('2 guitars'), letters; where an option is or begins like a letter, a note or a chord, none, and each option has a
line of its own, as have options that bring their own marks ('A. oboe').
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Literal

from mudata.evaluation.readers.option_labels import NUMBERS
from mudata.evaluation.readers.own_marks import own_marks

Marks = Literal["numbers", "letters", "none"]

_BEGINS = re.compile(r"\W*(?:the\s+(?:(?:clip|option)\s+)?|(?:clip|option)\s+)?([^\W_]+)", re.IGNORECASE)
_BARE_NUMBER = re.compile(r"\W*\d+(?:[.,]\d+)*\W*")
_NUMBER_JOINED = re.compile(r"\d+[/:.,]\d")
"""A ratio, a clock or a decimal: 3/4 is no label 3."""
_MODE = (
    r"(?:major|minor|maj|min|flat|sharp|natural|harmonic|melodic|dorian|phrygian|lydian|mixolydian|locrian|chord"
    r"|dur|moll)"
)
_NOTE = re.compile(
    rf"\W*(?:[A-Z](?![^\W\d_])(?!(?<=A)\s(?!{_MODE}\b)[^\W_])|[a-h](?:\W*\Z|\s{_MODE}\b)"
    r"|[A-H](?=[\w#♯♭ø°])(?:[#b♯♭]|is|es)?(?:maj|min|m|M|dim|aug|sus|add|ø|°)?\d{0,2}(?:[#b♯♭]\d{1,2})*(?![^\W\d_]))"
)
"""'B', 'F. Hall', 'A minor', 'C#m7', 'Bb/D'; not the article of 'A slow waltz'."""


@lru_cache(maxsize=4096)
def option_marks(options: tuple[str, ...]) -> Marks:
    """The marks to show options with.

    >>> option_marks(("flute", "oboe")), option_marks(("2", "3", "4", "1")), option_marks(("two flutes", "an oboe"))
    ('numbers', 'letters', 'letters')
    >>> option_marks(("C", "2")), option_marks(("C", "G")), option_marks(("A. flute", "B. oboe"))
    ('none', 'numbers', 'none')
    """
    if own_marks(options):
        return "none"
    if not any(_is_number(option, len(options)) for option in options):
        return "numbers"
    return "none" if _are_lettered(options) else "letters"


def _is_number(option: str, count: int) -> bool:
    if _BARE_NUMBER.fullmatch(option):
        return True
    begins = _BEGINS.match(option)
    if begins is None or _NUMBER_JOINED.match(option, begins.start(1)):
        return False
    word = begins[1].lower()
    return 1 <= (int(word) if word.isdecimal() else NUMBERS.get(word, 0)) <= count


def _are_lettered(options: Sequence[str]) -> bool:
    return any(_NOTE.match(option) for option in options)
