"""The question read back at the head of an answer, and where the answer begins behind it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

_WORD = re.compile(r"\w+")
_LEAST = 4
"""Words that an answer shares with its question by chance are fewer; as `align.echo` has it."""
_FIRST = re.compile(r"\W*(?:(?:[Qq]uestion|Q)\b\W+)?" + r"(\w+)\W+" * (_LEAST - 1) + r"(\w+)")
_BEGINS = re.compile(r"(?:\A|[.!?:;)\]\"*]\s+|\n\s*)\W{0,4}(?=\w)")
_MARK = re.compile(r"[\s(\[]*\b(?:[A-Za-z]|\d{1,2})[).:\]]*\s*\Z")
"""Of the first option, before its text."""
_CLOSES = re.compile(r"[\s?.!:;,)\]\"'’”？。！：]*")


class _Piece(NamedTuple):
    """A part of the prompt with no option of its list: its words, and which of them begin a sentence."""

    words: list[str]
    heads: list[int]


def behind_question(answer: str, prompt: str, options: Sequence[str]) -> int:
    """How many characters at the head of an answer are the prompt's, from the beginning of one of its sentences on.

    The list of options is no part of that: an option of some words is an answer.

    >>> prompt = "Listen. Is it a flute or an oboe? Choose one: (1) flute, (2) oboe."
    >>> said = "Is it a flute or an oboe? The oboe."
    >>> said[behind_question(said, prompt, ("flute", "oboe")):]
    'The oboe.'
    """
    first = _FIRST.match(answer)
    if first is None or not prompt:
        return 0
    small = prompt.lower()
    if answer[first.start(1) : first.end(_LEAST)].lower() not in small:
        return 0
    begun = [word.lower() for word in first.groups()]
    said: list[re.Match[str]] = []
    longest = 0
    for part in _parts(small, options):
        if not all(word in part for word in begun):
            continue
        piece = _piece(part)
        for head in piece.heads:
            if piece.words[head : head + _LEAST] == begun:
                said = said or list(_WORD.finditer(answer, first.start(1)))
                longest = max(longest, _run(piece.words[head:], [match.group().lower() for match in said]))
    if not longest:
        return 0
    end = said[longest - 1].end()
    behind = _CLOSES.match(answer, end)
    return behind.end() if behind else end


def _run(some: Sequence[str], others: Sequence[str]) -> int:
    """How many words two lists have in common at their heads."""
    same = 0
    for one, other in zip(some, others, strict=False):
        if one != other:
            break
        same += 1
    return same


def _parts(prompt: str, options: Sequence[str]) -> tuple[str, ...]:
    """The prompt before its list of options and behind it."""
    begin = end = len(prompt)
    for option in reversed(options):
        place = prompt.rfind(option.lower(), 0, begin) if option else begin
        if place < 0:  # they are not listed
            return (prompt,)
        end = place + len(option) if end == len(prompt) and begin == len(prompt) else end
        begin = place
    return _MARK.sub(" ", prompt[:begin]), prompt[end:]


def _piece(text: str) -> _Piece:
    words = list(_WORD.finditer(text))
    begins = {match.end() for match in _BEGINS.finditer(text)}
    return _Piece([word.group() for word in words], [i for i, word in enumerate(words) if word.start() in begins])
