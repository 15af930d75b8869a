"""An answer as values are read in it: case, slashes, hyphens and stars stay, other signs become the plain ones.

Labels are read in `align.clean`, which folds all of these away; 'Am' and 'am', '12/8' and '12 8' are not the same here.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from mudata.evaluation.align.clean import Clean, mapped, without_markup

_SIGNS = {
    "♯": "#", "♭": "b", "𝄪": "##", "𝄫": "bb", "♮": "", "\u2044": "/", "\u2215": "/", "\u2019": "'", "\u2018": "'",
    "\u201c": '"', "\u201d": '"', "。": ".", "、": ",", "،": ",", "٫": ".", "؛": ";", "〜": "~", "～": "~", "≈": "~",
    "≃": "~", "≅": "~", "∼": "~", "×": "x", "\ufe0e": "", "\ufe0f": "", "𝅘𝅥": "♩", "𝅗𝅥": "♩", "☐": "",
}  # fmt: skip
_SIGNS |= dict.fromkeys("‐‑‒–−", "-") | dict.fromkeys("—―", " - ")
_ENTITY = re.compile(r"&(?:#\w{1,8}|[a-zA-Z]{2,20});")


def kept(answer: str) -> Clean:
    """The text that values are found in, with the way back; thoughts and markup are blanks."""
    said = without_markup(answer)
    if said.isascii() and ("&" not in said or not _ENTITY.search(said)):
        return Clean(said)
    return mapped(said, str, _plain)


@lru_cache(maxsize=8192)
def _plain(piece: str) -> str:
    if piece in _SIGNS:
        return _SIGNS[piece]
    text = "".join(_SIGNS.get(sign, sign) for sign in unicodedata.normalize("NFKC", piece))
    return "".join(sign for sign in text if unicodedata.category(sign) not in ("Cf", "Cs"))


def lower(text: str) -> str:
    """A text in small letters, of the same length.

    >>> lower("İA"), len(lower("İA"))
    ('İa', 2)
    """
    small = text.lower()
    return small if len(small) == len(text) else "".join(c.lower() if len(c.lower()) == 1 else c for c in text)
