"""Option letters, read only where letters were shown.

A letter counts alone ('C', '(C)', 'C.'), before its text ('C: country', '(C) country'), and after
words that announce it ('option C', 'the answer is C'). The article 'A', a first character and a
letter inside a word never count.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

_ALONE = re.compile(r"[\s\"'*_`(\[{<]*([A-Za-z])[\s\"'*_`)\]}>.,:;!]*")
_FIRST = re.compile(r"[\s\"'*_`]*(?:[(\[]([A-Za-z])[)\]]|([A-Za-z])[).:](?=\s|\*|\Z)|([A-Z])\s[-–—]\s)")
_NAMED = re.compile(r"\b(?:[Oo]ption|[Cc]hoice|[Ll]etter|OPTION|CHOICE)\s{1,3}[\"'*(\[]{0,3}([A-Z])\b")
_ANNOUNCED = re.compile(
    r"(?i:\b(?:answer|choice|option|guess|genre|mood)(?:\s{1,3}(?:is|would\sbe|to\sbe|:)|[\"'*]?\s?[:=])|\b(?:choose|select|pick|go\swith)|boxed\{)"
    r"\s{0,3}[\"'*(\[]{0,3}(?:([B-Z])(?=[^\w'-]|\Z)|(A)(?=[\"'*)\]}.,:;!]|\s*\Z|\s*\n|\s(?:because|since|as|due|[-–—])\b))"
)
_BRACKETED = re.compile(r"(?<!\w)\(([A-Z])\)(?!\w)")


_DENIED_BEFORE = re.compile(r"\b(?:not|n't|than|unlike|neither|nor|except)\s+(?:the\s+)?[(\[]?\Z", re.IGNORECASE)


_NARROW = {code: chr(code - 0xFEE0) for code in range(0xFF01, 0xFF5F)}
"""Full-width signs and letters by their plain ones."""


class Letter(NamedTuple):
    """A letter [start, end) of the raw answer, its option, and whether words announce it as the
    answer."""

    start: int
    end: int
    option: str
    announced: bool


def letters(raw: str, options: Sequence[str]) -> list[Letter]:
    """Letters that an answer gives, sorted; only those announced where there are such."""
    raw = raw.translate(_NARROW)
    by_place: dict[int, Letter] = {}
    for match, announced in _matches(raw):
        start, end = match.span(match.lastindex or 0)
        place = ord(raw[start].upper()) - ord("A")
        if place < len(options) and not _DENIED_BEFORE.search(raw, max(0, match.start() - 20), match.start()):
            by_place.setdefault(start, Letter(start, end, options[place], announced))
    given = [by_place[start] for start in sorted(by_place)]
    return [letter for letter in given if letter.announced] or given


def _matches(raw: str) -> Iterator[tuple[re.Match[str], bool]]:
    if whole := _ALONE.fullmatch(raw):
        yield whole, True
        return
    for announcing in _ANNOUNCED.finditer(raw):
        yield announcing, True
    if first := _FIRST.match(raw):
        yield first, False
    for pattern in (_NAMED, _BRACKETED):
        for match in pattern.finditer(raw):
            yield match, False
