"""Segments of a piece in an answer: labels with their times, in prose, lists, tables and JSON."""

from __future__ import annotations

import re
from typing import NamedTuple

from mudata.evaluation.align.text_pieces import apart
from mudata.evaluation.readers.forms import SECTION
from mudata.evaluation.readers.times import times

_LABEL = re.compile(
    rf"(?<![\w#♭♯'.])(?P<letter>[A-H])(?:['′]{{1,3}}|\d(?![\d.:]))?(?![\w#♭♯]| ?(?i:major"
    rf"|minor|maj\b|min\b|flat|sharp|chord)|'[a-z])|\b(?i:(?P<name>{SECTION}))(?:s\b|\b)(?:"
    rf" \d(?![\d.:]|\s?(?:-|s\b|sec)))?"
)
_ARTICLE_LIKE = re.compile(
    r"A (?:new|short|long|piece|song|clip|section|contrasting|slow|fast|brief|solo|different"
    r"|second|third|boundary|change|total|few)"
)
_SHAPE = re.compile(r"(?:LTT){2,}|(?:TTL){2,}|(?:LT){2,}T?|(?:TL){2,}T?|\A(?:LTT|TTL)\Z")
_BACK_S = 0.5
"""Seconds by which times may go back within a list: segments that overlap by so little nearly meet."""
_NEAR = 60
"""Characters between two tokens of a segmentation."""


class Segment(NamedTuple):
    """A segment, said at [start, end) of the text: its label, and its times in seconds; without an end it goes on to
    the next one."""

    start: int
    end: int
    label: str
    begin_s: float
    end_s: float | None


class _Token(NamedTuple):
    start: int
    end: int
    kind: str
    label: str = ""
    seconds: float = 0.0


def segmentations(text: str) -> list[list[Segment]]:
    """All lists of segments in a text that keeps its case, in order and apart."""
    tokens = _tokens(text)
    begun = _beginnings(tokens)
    shape: list[str] = []
    at: list[int] = []
    for k, token in enumerate(tokens):
        if k in begun:
            shape.append(" ")
            at.append(k)
        shape.append(token.kind)
        at.append(k)
    return [_segments(tokens[at[m.start()] : at[m.end() - 1] + 1], m.group()) for m in _SHAPE.finditer("".join(shape))]


def _beginnings(tokens: list[_Token]) -> set[int]:
    """Tokens with which a new list may begin: far from the one before, or where time goes back to the beginning."""
    begun: set[int] = set()
    first, last, begin_s = 0, 0.0, 0.0
    for k, token in enumerate(tokens):
        if k and token.start - tokens[k - 1].end > _NEAR:
            begun.add(k)
            first, last = k, 0.0
        if token.kind != "T":
            continue
        if token.seconds < last - _BACK_S and token.seconds <= begin_s + _BACK_S:
            label_first = tokens[first].kind == "L" or (k > 1 and tokens[k - 2].kind == "L")
            first = k - 1 if tokens[k - 1].kind == "L" and label_first else k
            begun.add(first)
            begin_s = token.seconds
        elif all(earlier.kind == "L" for earlier in tokens[first:k][:2]):
            begin_s = token.seconds
        last = token.seconds
    return begun


def _tokens(text: str) -> list[_Token]:
    labels = [
        _Token(*match.span(), "L", match["letter"] or match["name"].lower())
        for match in _LABEL.finditer(text)
        if text[max(0, match.start() - 4) : match.start()].lower() == "the "
        or not _ARTICLE_LIKE.match(text, match.start())
    ]
    return apart(sorted([*labels, *(_Token(time.start, time.end, "T", "", time.seconds) for time in times(text))]))


def _segments(tokens: list[_Token], shape: str) -> list[Segment]:
    if shape.startswith(("LTT", "TTL")):
        found = []
        for k in range(0, len(tokens), 3):
            label = next(token for token in tokens[k : k + 3] if token.kind == "L")
            begin, end = (token for token in tokens[k : k + 3] if token.kind == "T")
            found.append(Segment(tokens[k].start, tokens[k + 2].end, label.label, begin.seconds, end.seconds))
        return found
    last = tokens[-1] if len(tokens) % 2 else None
    pairs = tokens[:-1] if last else tokens
    found = []
    for k in range(0, len(pairs), 2):
        label, begin = sorted(pairs[k : k + 2], key=lambda token: token.kind)
        found.append(Segment(pairs[k].start, pairs[k + 1].end, label.label, begin.seconds, None))
    if last:
        found[-1] = found[-1]._replace(end=last.end, end_s=last.seconds)
    return found
