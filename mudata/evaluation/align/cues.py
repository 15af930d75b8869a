"""Cues of a language, signs and marks, found in a text in one pass.

One pattern finds the words that a cue can begin with; what may go on after such a word is a pattern of its own, made
when the word is first met. So the longest cue wins, and a language of a thousand cues is ready in a moment. Scripts
without blanks between words have one pattern for whole cues.
"""

from __future__ import annotations

import re
from functools import cache
from typing import NamedTuple

from mudata.evaluation.align.language import ENGLISH, languages
from mudata.evaluation.align.trie import HANGUL, HAS_UNSPACED, UNSPACED, either


class Meaning(NamedTuple):
    """What a piece of an answer stands for. `kind` is a kind of label (LABELS), a sign or mark, or the first class of a
    cue; `ids` is one label, several for a compound, none for guards and signs, and for a cue its further classes."""

    kind: str
    ids: tuple[str, ...] = ()
    foreign: bool = False


Event = tuple[int, int, Meaning]
"""A piece [start, end) of the clean text and what it stands for."""

LABELS = frozenset({"strict", "synonym", "hyponym", "guard"})
"""Kinds of meanings that are no cues."""

_GAP = " {1,3}"
_ENDING = r"[^\W\d_]{0,20}"
_ANY_WORD = r"[^\W_]{1,20}"
_SIGN_KINDS = {
    ",": "comma",
    ":": "colon",
    "=": "colon",
    "|": "colon",
    "\n": "newline",
    "?": "question",
    ">": "greater",
    "[x]": "check",
    "[ ]": "cross",
    **dict.fromkeys(".;!", "stop"),
    **dict.fromkeys("✓✔☑✅", "check"),
    **dict.fromkeys("✗✘❌", "cross"),
}
_SIGNS = {sign: Meaning(kind) for sign, kind in _SIGN_KINDS.items()}
_STOP, _SCORE = Meaning("stop"), Meaning("score")
_SIGN = (
    r"(?:\d{1,3}(?:\.\d{1,4})? ?%|(?:0?\.\d{1,4}|1\.0{1,4})(?![\w.])|(?<=[:=] )[01](?![\w.%])"
    r"|(?<=[:;=(] )\d{1,3} (?:100|10|5)(?!\w)|(?<=[^\W\d_] )\d{1,3} (?:100|10)(?!\w)"
    r"|\[[x ]\]|\.+(?!\d)|[;!?\n,:=|>✓✔☑✅✗✘❌])"
)


class CueMatcher:
    """The cues of a language, and those of English where it says nothing else."""

    def __init__(self, language: str, topics: tuple[str, ...]) -> None:
        self._pattern, self._rests = _patterns(language)
        self._meanings = {
            phrase: Meaning(classes[0], classes[1:]) for phrase, classes in cues_of(language, topics).items()
        }
        self._words: dict[str, tuple[Meaning | None, bool]] = {
            word: (self._meanings.get(word), word in self._rests.phrases)
            for word in (*self._rests.phrases, *(phrase for phrase in self._meanings if " " not in phrase))
        }
        self._words |= {sign: (meaning, False) for sign, meaning in _SIGNS.items()}
        self._open = [(re.compile(_star(phrase)), m) for phrase, m in self._meanings.items() if "*" in phrase]
        self._open.sort(key=lambda found: -len(found[0].pattern))

    def find(self, text: str, begin: int = 0) -> list[Event]:
        """All cues and signs of a clean text from `begin` on, in order, none within another."""
        events: list[Event] = []
        known = self._words.get
        done = 0
        for match in self._pattern.finditer(text, begin):
            start, end = match.span()
            if start < done:
                continue
            word = match.group()
            meaning, goes_on = known(word) or (self._meanings.get(word), False)
            if goes_on and (longer := self._rests[word].match(text, end)):
                end = done = longer.end()
                meaning = self._meaning(text[start:end])
            elif meaning is None and (not goes_on or self._open):
                meaning = self._other(word)
            if meaning is not None:
                events.append((start, end, meaning))
        return events

    def _meaning(self, phrase: str) -> Meaning:
        plain = phrase if phrase in self._meanings else " ".join(phrase.split())
        return self._meanings.get(plain) or next(meaning for cue, meaning in self._open if cue.fullmatch(plain))

    def _other(self, word: str) -> Meaning | None:
        """Of a word or sign that is no cue as it is written: dots, numbers, words that go on in their own way."""
        if word[0] == ".":
            return _STOP if word.strip(".") == "" else _SCORE
        if word[0].isdigit():
            return _SCORE
        return next((meaning for cue, meaning in self._open if cue.fullmatch(word)), None)


class _Rests(dict[str, re.Pattern[str]]):
    """By the word that begins cues: what may come behind it; made when it is first asked for."""

    def __init__(self, phrases: dict[str, list[str]]) -> None:
        self.phrases = phrases

    def __missing__(self, word: str) -> re.Pattern[str]:
        found = re.compile(rf"{_GAP}(?:{either(map(_symbols, self.phrases[word]))})(?![^\W_])")
        self[word] = found
        return found


@cache
def matcher(language: str, topics: tuple[str, ...]) -> CueMatcher:
    """topics: what is asked for; nouns of other topics are those of other questions. None: all are its own."""
    return CueMatcher(language, topics)


def cues_of(language: str, topics: tuple[str, ...]) -> dict[str, tuple[str, ...]]:
    """Cues by phrase with their classes; nouns are `noun` (of the question) or `off_topic` (of another)."""
    found: dict[str, tuple[str, ...]] = {}
    for phrase, classes in _cues(language).items():
        named = [name[5:] for name in classes if name[:5] == "noun:"]
        others = tuple(name for name in classes if name[:5] != "noun:")
        if named:
            own = not topics or any(topic in topics or topic == "cluster" for topic in named)
            others = ("noun" if own else "off_topic", *others)
        found[phrase] = others
    return found


@cache
def _cues(language: str) -> dict[str, tuple[str, ...]]:
    return languages()[ENGLISH].cues() | languages()[language].cues()


@cache
def _patterns(language: str) -> tuple[re.Pattern[str], _Rests]:
    """What finds the beginnings of cues, and what may go on behind them."""
    beginnings: dict[str, None] = {}
    rests: dict[str, list[str]] = {}
    unspaced: list[list[str]] = []
    for phrase in _cues(language):
        if HAS_UNSPACED.search(phrase):
            unspaced.append(_symbols(phrase))
            continue
        word, _, rest = phrase.partition(" ")
        beginnings[word] = None
        if rest:
            rests.setdefault(word, []).append(rest)
    letters = rf"[^\W_{UNSPACED}]"
    words = rf"(?<!{letters})(?:{either(map(_symbols, beginnings))})(?!{letters})"
    short = [symbols for symbols in unspaced if len(symbols) == 1 and symbols[0] > "\uabff"]
    long = [symbols for symbols in unspaced if symbols not in short]
    free = f"|(?:{either(long)})" if long else ""
    free += f"|(?<![{HANGUL}])(?:{either(short)})" if short else ""
    return re.compile(f"{words}{free}|{_SIGN}"), _Rests(rests)


def _symbols(phrase: str) -> list[str]:
    symbols: list[str] = []
    for i, word in enumerate(phrase.split(" ")):
        symbols += [_GAP] * (i > 0)
        symbols += [_ANY_WORD] if word == "*" else [_ENDING if c == "*" else re.escape(c) for c in word]
    return symbols


def _star(phrase: str) -> str:
    return "".join(" " if symbol == _GAP else symbol for symbol in _symbols(phrase))
