"""Numbers without a unit: which of them can be an answer, told by what stands behind and before them."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING

from mudata.evaluation.align.language import languages

if TYPE_CHECKING:
    from mudata.evaluation.readers.number_candidates import Candidate

_WORD = re.compile(r"[ \n]{0,3}([^\W\d_]+)")
_LIST_MARK = re.compile(r"(?:\A|\n)[ \t#*>-]{0,6}\Z")
_NUMBERED = re.compile(r"[.)](?:[ \t]|\*\*)")
_OTHER_SIGN = re.compile(
    r" ?(?:%|°|€|\$|st\b|nd\b|rd\b|th\b|s\b|k\b|x\b|["
    r"秒小节年月日分])|-(?:bar|beat|bit|second|minute|note|tone|year|piece|track|string|key)"
)
_SIGN_BEFORE = re.compile(
    r"(?:[$€£#°]|\bno\. ?|\bTR-?|\bbar |\bmeasure |\bexample |\bstep |\boption |\btrack |\bopus |\bop\. ?"
    r"|\bpage |\bline |\bversion |\bv)\Z",
    re.IGNORECASE,
)
_PLACES_BEFORE = re.compile(
    r"\b(?:beats?|bars|measures|steps|counts|eighths|off-?beats?|strings) (?:\d{1,2}(?:,? (?:and|&) |, ?|-)){0,5}\Z",
    re.IGNORECASE,
)
"""'Beats 2 and 4'."""
_SCORE_BEFORE = re.compile(
    r"(?:confidence|probability|score|rating|duration|length|year|energy|danceability|volume"
    r"|offset)[^\w\n]{1,4}(?:is |of |= ?|: ?)?\Z",
    re.IGNORECASE,
)
_MORE = (
    "i think probably maybe perhaps likely sure final approximately roughly here which while because since due based"
    " overall now then so or also instead though although but however given where what if yes no per can could may"
    " would seems feels sounds fits works matches correct exactly precisely tempo approx then if when all altogether "
    "depending à al la ish です だ"
)


@cache
def _idle() -> frozenset[str]:
    """Frequent words of all languages: none tells what a number counts."""
    markers = {word.casefold() for language in languages().values() for word in language.markers}
    return frozenset(markers | set(_MORE.split())) - {"part", "parts"}


_COUNTING = re.compile(r"(?<![\d.,])1[, -]{1,3}2(?:[, -]{1,3}\d{1,2})*(?![\d.,]\d)")
"""'1, 2, 3': somebody counts."""
_COUNTED_TO = 16


def _is_counting(text: str, start: int, end: int) -> bool:
    head = max(0, start - 64)
    return any(head + m.start() <= start < head + m.end() for m in _COUNTING.finditer(text[head : end + 8]))


def is_whole(text: str, one: Candidate) -> bool:
    """Whether a number is the whole answer."""
    return not text[: one.start].strip(" \n\"'*`(") and not text[one.end :].strip(" \n.!\"'*`)")


def _numbers_something(text: str, start: int, end: int, *, small: bool) -> bool:
    """Whether signs tell that a number counts along, marks an item of a list, or is an amount of something else."""
    if small and (_is_counting(text, start, end) or _PLACES_BEFORE.search(text, max(0, start - 40), start)):
        return True
    if text[end : end + 1] == ")" and "(" not in text[max(0, start - 12) : start]:
        return True  # '1) piano 2) bass'
    marks = _LIST_MARK.search(text, max(0, start - 8), start) and _NUMBERED.match(text, end) and end - start < 3
    signs = _OTHER_SIGN.match(text, end) or _SIGN_BEFORE.search(text, max(0, start - 12), start)
    return bool(marks or signs or _SCORE_BEFORE.search(text, max(0, start - 24), start))


def is_lone(text: str, one: Candidate) -> bool:
    """Whether nothing beside a number tells that it counts or numbers something else."""
    if _numbers_something(text, one.start, one.end, small=one.values[0] <= _COUNTED_TO):
        return False
    word = _WORD.match(text, one.end)
    if word is None or "\n" in text[one.end : word.start(1)]:
        return True
    said = word.group(1).casefold()
    return (not said.isascii() and not _LATIN.match(said)) or said in _idle()


_LATIN = re.compile(r"[\u00c0-\u024fа-яё]")
