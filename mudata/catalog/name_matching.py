"""Which spellings are one name, of an artist, album, track or title; and what stands where there is none.

What is not seen as one: a name and its translation, a person and their band, several artists and one of them. "$" is no
"s", and surnames before first names only with a comma between.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

_NOBODY = frozenset((
    "unknown", "unknownartist", "artistunknown", "unknownartists", "noartist", "na", "none", "null", "nan",
    "notavailable", "notspecified", "unspecified", "undefined", "anonymous", "anon", "traditional", "trad", "va",
    "various", "variousartist", "variousartists", "variousperformers", "multipleartists", "severalartists",
    "diverse", "diverseinterpreten", "verschiedene", "verschiedeneinterpreten", "artistesdivers", "artistasvarios",
    "variosartistas", "variosinterpretes", "artistivari", "untitled", "unknownalbum", "unknowntrack",
    "unknowntitle", "untitledalbum", "untitledtrack", "noalbum", "notitle", "tba", "tbd",
))  # fmt: skip
"""What stands where an artist, album, track or title is not known, letters alone."""
_GENERIC = frozenset((
    "greatesthits", "hits", "besthits", "biggesthits", "hitsingles", "bestof", "verybestof", "collection",
    "collected", "anthology", "essential", "essentials", "retrospective", "compilation", "singles", "single",
    "bsides", "rarities", "outtakes", "remixes", "remixed", "remastered", "live", "inconcert", "liveinconcert",
    "unplugged", "mtvunplugged", "acoustic", "demo", "demos", "demotape", "ep", "lp", "debut",
    "debutalbum", "firstalbum", "selftitled", "st", "instrumental", "instrumentals", "covers", "sessions",
    "studiosessions", "soundtrack", "originalsoundtrack", "originalmotionpicturesoundtrack", "ost", "christmas",
    "christmasalbum",
))  # fmt: skip
"""Titles of albums that many artists have, letters alone, without a number behind them."""
_DASHES = frozenset("-–—_.?*/\\#~'\"·•… ")
"""A name of nothing but these is none; "!!!" and "+/-" are names."""
_LETTERS = str.maketrans({"ø": "o", "ł": "l", "đ": "d", "æ": "ae", "œ": "oe", "ı": "i"})
"""Latin letters that people also write without their stroke, and that Unicode does not take apart."""
_GUEST = re.compile(r"\s+[(\[]?(?:feat\.?|ft\.?|featuring)\s.*")
_NUMBERED = re.compile(r"\s*\[\d+\]$")
_VOLUME = re.compile(r"(?:vol|volume|part|pt|disc|disk|cd)?\d*$")
_AND = re.compile(r"\s[&+]\s|&")


def spelling(name: str) -> str:
    """A name in one line: Unicode NFKC, case folded, single blanks, nothing invisible.

    Example:
        >>> spelling(" KC And The  Sunshine Band"), spelling("ＡＢＢＡ"), spelling("Bob\\x00")
        ('kc and the sunshine band', 'abba', 'bob')
    """
    text = name.casefold()
    if not text.isascii():
        text = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold())
    if not text.isprintable():
        text = "".join(c for c in text if c.isspace() or unicodedata.category(c)[0] != "C")
    return " ".join(text.split())


@lru_cache(maxsize=1 << 18)  # of the names of a large dataset, most come back
def same_name(name: str) -> str:
    """What two spellings of one name have in common; empty for what is no name.

    Beyond `spelling`: guests ("feat. ...") are left out, "Davis, Miles" is turned round, "The" before or behind is
    dropped, "&" and a lone "+" are "and", accents of Latin and Greek letters go, and of the rest only letters, digits
    and the vowel signs of other scripts count.

    Example:
        >>> [same_name(name) for name in ("AC/DC", "ACDC", "The Beatles", "Beatles, The", "Beyoncé", "N/A", "!!!")]
        ['acdc', 'acdc', 'beatles', 'beatles', 'beyonce', '', '!!!']
    """
    text = spelling(name)
    if _letters(_NUMBERED.sub("", text)) in _NOBODY:
        return ""
    text = _GUEST.sub("", text)
    if text.endswith(", the"):
        text = text[:-5]
    first, comma, last = (part.strip() for part in text.partition(","))
    if comma and _is_inverted(first, last):
        text = f"{last} {first}"
    text = _AND.sub(" and ", text.removeprefix("the "))
    return _letters(text) or ("" if set(text) <= _DASHES else text.replace(" ", ""))


def is_generic(title: str) -> bool:
    """Whether an album's title, as `same_name` has it, says nothing without its artist: "Greatest Hits", "Vol. 2".

    Example:
        >>> [is_generic(same_name(title)) for title in ("The Best Of", "Live, Vol. 2", "Disc 1", "Abbey Road")]
        [True, True, True, False]
    """
    base = _VOLUME.sub("", title, count=1)
    return base in _GENERIC or not base


def _is_inverted(last_name: str, first_names: str) -> bool:
    """Whether "X, Y" is "Y X": one word before the comma, one or two behind it, as in no "Earth, Wind & Fire"."""
    words = first_names.split()
    plain = not any(c.isdigit() or c in ",&+" for c in last_name + first_names) and not {"and", "the"} & set(words)
    return plain and len(last_name.split()) == 1 and 1 <= len(words) <= 2


def _letters(text: str) -> str:
    """Letters, digits, and marks that are no accents."""
    if text.isascii():
        return "".join(filter(str.isalnum, text))
    kept: list[str] = []
    accented = False
    for c in unicodedata.normalize("NFD", text):
        if unicodedata.category(c)[0] == "M":
            if not accented:
                kept.append(c)
        elif c.isalnum():
            accented = unicodedata.name(c, "").startswith(("LATIN", "GREEK"))
            kept.append(c)
    return unicodedata.normalize("NFC", "".join(kept)).translate(_LETTERS)
