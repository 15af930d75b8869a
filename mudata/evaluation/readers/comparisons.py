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
from typing import Literal, NamedTuple

from mudata.evaluation.readers.option_labels import CLIP_NOUNS
from mudata.evaluation.readers.translated_comparisons import compared_clips

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
    r"(?:(?<=\s)|\b)(?:than|compared (?:to|with)|in comparison (?:to|with)|in contrast (?:to|with)"
    r"|relative to|as opposed to|unlike|versus|vs\.?|over"
    r"|as (?:[a-z]+ )?as|beats|surpasses|exceeds|edges out|outshines|tops|outdoes|>)\s"
    r"(?:that of |in |those of |of |with )?(?:the )?[\"'*(]{0,3}\Z"
)
_IS = re.compile(
    rf"(?:[\"'*)\]]{{0,3}}\s(?:of the two|one|option|{CLIP_NOUNS}))?[\"'*)\]]{{0,3}}(?:\s"
    rf"|(?:'s|\s(?:is|isn't|was|wasn't|sounds|seems|appears|feels|has"
    r"|hasn't|had|contains|uses|features|does|doesn't|would|must|might|may|could|being"
    r"|comes|clearly|definitely|probably|obviously))"
    r"(?:,?\s(?!(?:and|but|because|since|it|which|than|if)\b)[a-z%\d'-]{1,16}){0,5},?\s)"
)
"""From a clip to a quality that is told of it."""
_MAKES = re.compile(
    r"[^.;!?\n]{0,80}\b(?:which|that|and|so|hence|thus|therefore)?,?\s?(?:makes|making|so|hence|thus|therefore)\s"
    r"(?:it|this one|that one)(?:'s| is)?\s(?:also\s)?(?:the\s)?(?:clearly\s|much\s)?"
)
"""From a clip to the quality that something told of it makes it have."""
_FIELD = re.compile(
    r"(?:\s(?:one|clip|rhythm|sound|of the two))?[\"'*]{0,2}(?:\s?[:=]|\s(?:is|would be))\s[\"'*(]{0,2}(?:the )?"
)
"""From a quality to the clip that is said to have it: 'more syncopated: the second'."""
_AS_MUCH = re.compile(r"\b(?:as|so)\s\Z")
_THAN_REACH = 40
"""Characters from a quality to the clip behind 'than'."""
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
        degrees = _degrees(sentence)
        if degrees and _ASKED_FOR.search(sentence):
            return AskedQuality(frozenset(one.stem for one in degrees), all(one.less for one in degrees))
    return None


class _Degree(NamedTuple):
    """An adjective [start, end) with its degree, its stem, and whether it is 'less' or 'least'."""

    start: int
    end: int
    stem: str
    less: bool

    def positive(self, text: str) -> bool:
        """Whether it has no degree: 'bright'."""
        return text[self.start : self.end] == self.stem


def _degrees(text: str) -> list[_Degree]:
    found = []
    for match in _DEGREE.finditer(text):
        word = match["end"]
        if word is None:
            found.append(_Degree(*match.span(), match["word"], match["by"] in ("less", "least")))
        elif word not in _NOT_ONE and (stem := _stem(word)):
            found.append(_Degree(*match.span(), stem, False))
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
    at = -1
    for degree in sorted([*_degrees(text), *_plain(text, asked)]):
        while at + 1 < len(clips) and clips[at + 1][1] <= degree.start:
            at += 1
        behind = clips[at + 1] if at + 1 < len(clips) else None
        is_asked = _same(degree.stem, asked.stems)
        if behind and is_asked and _FIELD.fullmatch(text, degree.end, behind[0]):
            found[at + 1] = "chosen" if degree.less == asked.least else "lost"
            continue
        subject = at
        while subject >= 0 and degree.start - clips[subject][1] <= _REACH and behind_than(text, clips[subject][0]):
            subject -= 1
        if subject < 0 or degree.start - clips[subject][1] > _REACH:
            continue
        said = clips[subject][1]
        if is_asked and degree.less == asked.least and _MAKES.fullmatch(text, said, degree.start):
            found[subject] = "chosen"
        elif _IS.fullmatch(text, said, degree.start):
            if not is_asked:
                if not degree.positive(text):
                    found.setdefault(subject, "other")
                continue
            effect, turns = _effect(text, said, degree, asked)
            if effect == "said":
                found.setdefault(subject, effect)
            else:
                found[subject] = effect
            if turns and behind and behind[0] - degree.end <= _THAN_REACH and behind_than(text, behind[0]):
                found[at + 1] = "chosen"
    return found


def _effect(text: str, said: int, degree: _Degree, asked: AskedQuality) -> tuple[Effect, bool]:
    """What the quality asked for does to the clip said before it, and whether it speaks for the one behind 'than' or
    'as'."""
    between = text[said : degree.start]
    if _DENIED.search(between):
        return "denied", _AS_MUCH.search(between) is not None and not asked.least
    if degree.less != asked.least:
        return "lost", True
    return ("said" if degree.positive(text) else "chosen"), False


def translated_effects(text: str, asked: AskedQuality) -> dict[int, Effect | None]:
    """What comparisons in other languages do to the clips that they tell of, by where these begin in a lower-case text;
    None to one that another is compared with, and nothing more."""
    found: dict[int, Effect | None] = {}
    for one in compared_clips(text):
        is_asked = any(_same(stem, asked.stems) for stem in one.stems)
        turned = one.less != asked.least
        if one.behind:
            found.setdefault(one.start, "chosen" if is_asked and turned and not one.denied else None)
        elif not is_asked:
            found.setdefault(one.start, "other")
        else:
            found[one.start] = "denied" if one.denied else "lost" if turned else "chosen"
    return found


def _plain(text: str, asked: AskedQuality) -> list[_Degree]:
    """The asked adjectives without a degree: 'bright'."""
    stems = "|".join(map(re.escape, sorted(asked.stems)))
    pattern = re.compile(rf"(?<!more )(?<!less )(?<!most )(?<!least )\b(?:{stems})\b")
    return [_Degree(*match.span(), match.group(), asked.least) for match in pattern.finditer(text)]


def _same(stem: str, stems: frozenset[str]) -> bool:
    """Whether a word is one of the stems or made of one: 'syncopation' of 'syncopated'."""
    return any(_alike(stem, known) for known in stems)


def _alike(one: str, other: str) -> bool:
    same = next((k for k, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
    return same >= max(4, 0.75 * min(len(one), len(other)))
