"""Sections of a passage, where markers name them."""

from __future__ import annotations

import re

from mudata.catalog.symbolic import smf
from mudata.catalog.symbolic.passage import Passage, UnknownFactError

LEAST_SECTIONS = 3
"""Different sections that have to be named: fewer are a remark."""

_KINDS = (smf.MARKER, smf.CUE_POINT, smf.TEXT)

_WORDS = re.compile(
    rb"\b(intro(?:duction)?|verse|pre-?chorus|chorus|refrain|bridge|interlude|solo|break|coda|outro|ending|reprise|theme|"
    rb"exposition|development|recapitulation|trio)\b",
    re.IGNORECASE,
)
"""What sections are called."""


def sections(of: Passage) -> str:
    """Begin in seconds and name of each section, as '0.000 intro 8.000 verse 24.000 chorus'; the first is the one that
    the passage begins in. Raises UnknownFactError."""
    span, names = of.span, {}
    for event in of.timeline.meta:
        if event.kind in _KINDS and event.tick < span.end and (word := _WORDS.search(event.data)):
            names[max(event.tick, span.begin)] = word[1].decode("ascii").lower()
    if len(set(names.values())) < LEAST_SECTIONS:
        raise UnknownFactError(f"fewer than {LEAST_SECTIONS} sections are named")
    start = of.timeline.second(span.begin)
    return " ".join(f"{of.timeline.second(tick) - start:.3f} {name}" for tick, name in names.items())
