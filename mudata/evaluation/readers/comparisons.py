"""Which of two clips a comparison speaks for: 'the second is brighter than the first', when the brighter was asked for.

Only the quality that the prompt asks for speaks for a clip. Of another one ('the second is darker') nothing is
inferred: opposites are the card's to name, not the reader's to guess. 'Less bright' and 'not as bright as' speak for
what stands behind 'than' and 'as', if anything does.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from mudata.evaluation.readers.option_labels import CLIP_NOUNS

_NO_DEGREE = """
other former latter either neither together after over under never however whether another later number answer
timbre rather character player better ever per her their letter order earlier further remainder consider prefer
filter hear guitarist singer flower water paper center centre buffer enter layer layers remember computer power
composer chamber tempter drummer hammer speaker listener easier chorister best test rest least west honest interest
request suggest digest forest harvest latest modest nearest furthest closest almost
"""
"""Words that end as degrees of adjectives do, and are none."""
_NOT_ONE = frozenset(_NO_DEGREE.split())
_DEGREE = re.compile(
    r"\b(?:(?P<by>more|less|most|least)\s(?P<word>[a-z][a-z'-]{2,30})|(?P<end>[a-z]{2,20}(?:er|est)))\b"
)
_ASKED_FOR = re.compile(r"\b(?:which|what|who|whose|choose|select|pick|decide|tell|name|say|is|does)\b")
_COMPARED = re.compile(
    r"\b(?:than|compared (?:to|with)|in comparison (?:to|with)|in contrast (?:to|with)"
    r"|relative to|as opposed to|unlike|versus|vs\.?|over"
    r"|as (?:[a-z]+ )?as|beats|surpasses|exceeds)\s(?:that of |in |those of |of |with )?(?:the )?[\"'*(]{0,3}\Z"
)
_IS = re.compile(
    rf"(?:[\"'*)\]]{{0,3}}\s(?:of the two|one|option|{CLIP_NOUNS}))?[\"'*)\]]{{0,3}}(?:\s"
    rf"|(?:'s|\s(?:is|isn't|was|wasn't|sounds|seems|appears|feels|has"
    r"|hasn't|had|contains|uses|features|does|doesn't|would|must|might|may|could|being"
    r"|comes|clearly|definitely|probably|obviously))"
    r"(?:\s(?!(?:and|but|because|since|it|which|than|if)\b)[a-z%\d'-]{1,16}){0,5}\s)"
)
"""From a clip to a quality that is told of it."""
_REACH = 90
"""Characters from a clip to the quality that is told of it."""
_DENIED = re.compile(r"n't\b|\bnot\b|\bno\b|\bnever\b|\bhardly\b")


@dataclass(frozen=True)
class AskedQuality:
    """What a prompt asks a comparison of: stems of adjectives, and whether the least of it is asked for."""

    stems: frozenset[str]
    least: bool = False


@lru_cache(maxsize=256)
def asked_quality(prompt: str) -> AskedQuality | None:
    """Of the last sentence of a prompt that compares; None where none does.

    >>> sorted(asked_quality("Which of the two clips is brighter?").stems)
    ['bright']
    >>> asked_quality("Which clip is less consonant?").least, asked_quality("Which clip is in a minor key?")
    (True, None)
    """
    for sentence in reversed(re.split(r"(?<=[.?!])\s+|\n+", prompt.lower())):
        degrees = [(stem, less) for _, _, stem, less in _degrees(sentence)]
        if degrees and _ASKED_FOR.search(sentence):
            return AskedQuality(frozenset(stem for stem, _ in degrees), all(less for _, less in degrees))
    return None


def _degrees(text: str) -> list[tuple[int, int, str, bool]]:
    found = []
    for match in _DEGREE.finditer(text):
        word = match["end"]
        if word is None:
            found.append((*match.span(), match["word"], match["by"] in ("less", "least")))
        elif word not in _NOT_ONE and (stem := _stem(word)):
            found.append((*match.span(), stem, False))
    return found


def _stem(word: str) -> str:
    """'brighter' -> 'bright', 'noisier' -> 'noisy', 'bigger' -> 'big', 'simpler' -> 'simple'."""
    stem = word[:-2] if word.endswith("er") else word[:-3]
    if stem.endswith("i"):
        return stem[:-1] + "y"
    if len(stem) > 3 and stem[-1] == stem[-2] and stem[-1] not in "ls":
        return stem[:-1]
    return stem


Effect = Literal["chosen", "said", "lost", "other", "denied"]
"""What a comparison does to a clip: it is chosen; has the quality; has less of it; is told of another quality; or the
comparison is denied of it."""


def behind_than(text: str, start: int) -> bool:
    """Whether what stands at a place is what another is compared with: 'than the first', 'compared to clip 1'."""
    return _COMPARED.search(text, max(0, start - 40), start) is not None


def effects(text: str, clips: Sequence[tuple[int, int]], asked: AskedQuality) -> dict[int, Effect]:
    """What comparisons do to each clip said, by its place in `clips`, which are pieces [start, end) of a lower-case
    text in order."""
    found: dict[int, Effect] = {}
    places = [*_degrees(text), *_plain(text, asked)]
    places.sort()
    at = -1
    for start, end, stem, less in places:
        while at + 1 < len(clips) and clips[at + 1][1] <= start:
            at += 1
        subject = at
        while subject >= 0 and start - clips[subject][1] <= _REACH and behind_than(text, clips[subject][0]):
            subject -= 1
        if subject < 0 or start - clips[subject][1] > _REACH or not _IS.fullmatch(text, clips[subject][1], start):
            continue
        between = text[clips[subject][1] : start]
        is_asked = _same(stem, asked.stems)
        degree = text[start:end]
        denied = _DENIED.search(between) is not None
        as_much = re.search(r"\b(?:as|so)\s\Z", between) is not None
        if not is_asked:
            if not _positive(degree, stem):
                found.setdefault(subject, "other")
            continue
        behind = at + 1
        compared = behind < len(clips) and clips[behind][0] - end <= 40 and behind_than(text, clips[behind][0])
        if denied:
            found[subject] = "denied"
            if as_much and compared and not asked.least:
                found[behind] = "chosen"
        elif less != asked.least:
            found[subject] = "lost"
            if compared:
                found[behind] = "chosen"
        elif _positive(degree, stem):
            found.setdefault(subject, "said")
        else:
            found[subject] = "chosen"
    return found


def _plain(text: str, asked: AskedQuality) -> list[tuple[int, int, str, bool]]:
    """The asked adjectives without a degree: 'bright'."""
    stems = "|".join(map(re.escape, sorted(asked.stems)))
    pattern = re.compile(rf"(?<!more )(?<!less )(?<!most )(?<!least )\b(?:{stems})\b")
    return [(*match.span(), match.group(), asked.least) for match in pattern.finditer(text)]


def _positive(degree: str, stem: str) -> bool:
    return degree == stem


def _same(stem: str, stems: frozenset[str]) -> bool:
    """Whether a word is one of the stems or made of one: 'syncopation' of 'syncopated'."""
    return any(_alike(stem, known) for known in stems)


def _alike(one: str, other: str) -> bool:
    same = next((k for k, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
    return same >= max(4, 0.75 * min(len(one), len(other)))
