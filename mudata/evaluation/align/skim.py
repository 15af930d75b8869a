"""Sentences of a long answer that can neither name a label nor turn one, found without being read.

Reasoning without marks is mostly such: 'The bass sits behind the beat, so it swings.' What they do to the sentences
round them is known beforehand: a list or an announcement that stood open ends, and words such as 'maybe' or 'or' leave
the whole answer open. Each piece between blanks is looked up and becomes one character of a code, and what it can be is
remembered by piece; a pattern then finds the idle sentences in the code. They are one event each, and only the
stretches between them are read.
"""

from __future__ import annotations

import re
from functools import lru_cache
from itertools import chain, pairwise
from typing import TYPE_CHECKING

from mudata.evaluation.align.cues import Meaning, cues_of
from mudata.evaluation.align.language import ENGLISH

if TYPE_CHECKING:
    from mudata.evaluation.align.cues import Event
    from mudata.evaluation.align.phrase_matcher import PhraseMatcher

_CHANGES_NOTHING = """
is in_fact other_things off_topic final primary secondary guess conclusion weak weak_after colour colour_after with
reason concession history others contrast modifier more as soft tell no_tell quantity facts no_denial also
"""
_IDLE_CLASSES = frozenset(_CHANGES_NOTHING.split())
"""Classes of cues that change nothing outside of their clause, as long as no label is in it."""
_KEPT = {"hedge": 2, "either": 4, "than": 8, "denial": 8}
"""Those that do one thing to all that follows, wherever they stand; denials as one word inside of a sentence."""
_MEANINGS = {
    bits: Meaning((*names, "idle")[0], (*names, "idle")[1:])
    for bits in range(0, 16, 2)
    for names in [[name for name, bit in (("hedge", 2), ("either", 4), ("than", 8)) if bits & bit]]
}
_ALONE = _IDLE_CLASSES | {"hedge", "either", "than"}
_ENDS, _DENIES = 1, 8
_CODES = "abcdefghijklmnop"
"""What an idle piece is: whether a sentence ends with it (1), and what it does to all that follows (2, 4, 8)."""
_TELLS, _TELLS_AT_END, _READ_ON, _BLANK, _FIRST_PAIRED = "t", "T", "Q", "z", 0xA1
"""What a piece is that may speak of labels; so too at the end of a sentence; if the next one must be read as well."""
_COMMON_WORDS = """
rather probably sure not isn't don't doesn't no wasn't won't anything any over off out last second hard certain kind
other though given give sign clear clearly certainly close different several good great had will did your you case
found point place stand hold far fall falls free short file mixed beats bottom work way feel look still now well quite
too only much here heard hear when take make music audio think thought first sound seems seem may might but has have
there would could one all some so more like who what it's i'd i'm my do does that these those its from on at as then
for with by in of to and this is are was an be been i a the it can just very say which three
"""
_COMMON = tuple(_COMMON_WORDS.split())
"""Words too frequent to tell a cue of several words, rare ones first; a cue that has no other is told by two of them
that stand together."""
_STOPS = (".", "!", ";", "?")
_LETTER = re.compile(r"[a-z]")
_PLAIN = re.compile(r"[\"'(]*([0-9]*[a-z]+(?:'[a-z]+)*|[0-9]+|)([\"').,;!?]*)")
_SCORES = ("5", "10", "100")
"""Numbers that other numbers may be parts of."""
_LEAST_PIECES = 5
"""Fewer are as soon read."""
_LONGEST_KEPT, _MOST_KEPT = 40, 1 << 16


class _Pieces(dict[str, str]):
    """The code of each piece between blanks of a clean English text, as it is first met."""

    def __init__(self, matcher: PhraseMatcher, topics: tuple[str, ...]) -> None:
        super().__init__()
        self.spells_label = matcher.noticed_by
        self.bits: dict[str, int] = {}
        self.telling: set[str] = set()
        self.unending: tuple[str, ...] = ()
        self.wordless: set[str] = set()
        self.pairs: set[tuple[str, str]] = set()
        for phrase, classes in cues_of(ENGLISH, topics).items():
            if phrase.endswith(_STOPS):
                self.unending += (phrase.split()[-1],)
            said = [word.strip("\"',.;%") for word in phrase.split()]
            if "contrast" in classes:
                self.wordless.add(said[-1])
            if not _IDLE_CLASSES.issuperset(classes):
                self._tell_by(said, classes)
        for phrase, classes in cues_of(ENGLISH, topics).items():
            if _IDLE_CLASSES.issuperset(classes):
                self._tell_apart(phrase.split())
        self.paired = {word: chr(_FIRST_PAIRED + i) for i, word in enumerate(sorted({*chain(*self.pairs)}))}
        self.word_of = {code: word for word, code in self.paired.items()}
        self.leading = {first for first, _ in self.pairs}
        first, second = ("".join({self.paired[pair[i]] for pair in self.pairs}) for i in (0, 1))
        self.may_pair = re.compile(rf"([{first}])(?={_BLANK}{{0,2}}([{second}]))")
        go_on, end = "".join((*_CODES[::2], *self.paired.values(), _BLANK)), _CODES[1::2]
        self.idle = re.compile(rf"(?:\A|(?<=[{end}{_TELLS_AT_END}]))(?:[{go_on}]*[{end}])+")
        self.kept = {code: bits & ~_ENDS for bits, code in enumerate(_CODES)} | {_BLANK: 0}
        self.kept |= {code: self.bits.get(word, 0) for word, code in self.paired.items()}

    def _tell_by(self, said: list[str], classes: tuple[str, ...]) -> None:
        """By which of its words a cue is noticed."""
        if len(said) == 1 and (classes == ("denial",) or _ALONE.issuperset(classes)):
            self.bits[said[0]] = sum({_KEPT[name] for name in classes if name in _KEPT})
        elif rare := [word for word in said if word not in _COMMON and word != "*"] or said * (len(said) == 1):
            self.telling.add(max(rare, key=len))
        elif pairs := [pair for pair in pairwise(said) if "*" not in pair]:
            self.pairs.add(min(pairs, key=lambda pair: sum(map(_COMMON.index, pair))))
        else:
            self.telling.add(min((word for word in said if word != "*"), key=_COMMON.index))

    def _tell_apart(self, said: list[str]) -> None:
        """An idle cue may hold a word that alone leaves the answer open ('most likely'): the two together tell it."""
        if "*" in said:
            self._tell_by(said, ())
        self.pairs.update(pair for pair in pairwise(said) if not self.bits.keys().isdisjoint(pair))

    def _told(self, match: re.Match[str]) -> str:
        """The code of a word that another one follows: whether the two tell a cue."""
        first, second = self.word_of[match[1]], self.word_of[match[2]]
        return match[1] if self.pairs.isdisjoint({(first, second), (first, second.partition("'")[0])}) else _TELLS

    def read(self, pieces: list[str]) -> str:
        return self.may_pair.sub(self._told, "".join(map(self.__getitem__, pieces)))

    def __missing__(self, piece: str) -> str:
        code = self._code(piece) if piece else _BLANK
        if len(piece) <= _LONGEST_KEPT:
            if len(self) >= _MOST_KEPT:
                self.clear()
            self[piece] = code
        return code

    def _code(self, piece: str) -> str:
        ends = piece.endswith(_STOPS) and not piece.endswith(self.unending)
        if ends and ("?" in piece or not _LETTER.search(piece)):
            return _READ_ON
        bits, pairs = 0, None
        for line in piece.split("\n"):
            match = _PLAIN.fullmatch(line)
            if match is None or "?" in line or self._tells(*match.groups()):
                return _TELLS_AT_END if ends else _TELLS
            word, signs = match.groups()
            if ends and word in self.wordless:
                return _READ_ON  # 'However.' is a clause without words
            kept = self.bits.get(word, 0)
            with_next = word if word in self.paired else word.partition("'")[0]  # 'not it's' as 'not it'
            alone = line == piece and not signs
            if with_next in self.paired:
                pairs = self.paired[with_next]
            if (pairs or kept & _DENIES) and not (alone and (with_next == word or with_next not in self.leading)):
                return _TELLS_AT_END if ends else _TELLS  # 'it is not.'
            bits |= kept
        return pairs or _CODES[bits | ends]

    def _tells(self, word: str, signs: str) -> bool:
        """Whether a word, or a part of it, may be that by which a label or a telling cue is noticed."""
        parts = word.split("'")
        if len(parts) > 2 or (word not in self.bits and len(parts) > 1 and not self.bits.keys().isdisjoint(parts)):
            return True
        if "." in signs or "!" in signs:
            parts.append(parts[-1] + ".")
        return not self.telling.isdisjoint((word, *parts)) or word in _SCORES or any(map(self.spells_label, parts))


@lru_cache(maxsize=64)
def _pieces(matcher: PhraseMatcher, topics: tuple[str, ...]) -> _Pieces:
    return _Pieces(matcher, topics)


def idle(text: str, begin: int, matcher: PhraseMatcher, topics: tuple[str, ...]) -> list[Event]:
    """Runs of idle sentences of a clean English text in ASCII, from `begin` on, in order; one event each."""
    codes = _pieces(matcher, topics)
    pieces = text[begin:].split(" ")
    events: list[Event] = []
    place, last = begin, 0
    for match in codes.idle.finditer(codes.read(pieces)):
        first, end = match.span()
        start = place + sum(map(len, pieces[last:first])) + first - last
        place, last = start + sum(map(len, pieces[first:end])) + end - first, end
        if end - first >= _LEAST_PIECES:
            bits = 0
            for one in set(match.group()):
                bits |= codes.kept[one]
            events.append((start, place - 1, _MEANINGS[bits]))
    return events
