"""Cues of a language, signs and marks, found in a text in one pass.

One pattern finds the words that a cue can begin with; what may go on after such a word is a pattern of its own, made
when the word is first met. So the longest cue wins, and a language of a thousand cues is ready in a moment. Scripts
without blanks between words have one pattern for whole cues.
"""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

from mudata.evaluation.align.language import ENGLISH, languages
from mudata.evaluation.align.trie import HANGUL, HAS_UNSPACED, UNSPACED, either

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence


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
    "≫": "greater",
    "[x]": "check",
    "[ ]": "cross",
    **dict.fromkeys(".;!", "stop"),
    **dict.fromkeys("✓✔☑✅👍🥇", "check"),
    **dict.fromkeys("✗✘❌👎¬", "cross"),
}
_SIGNS = {sign: Meaning(kind) for sign, kind in _SIGN_KINDS.items()}
_STOP, _SCORE = Meaning("stop"), Meaning("score")
_SIGN = (  # each way begins with a character that tells it
    r"[;!?\n,:=|>✓✔☑✅👍🥇✗✘❌👎¬≫]|\.(?:\d{1,4}(?![\w.])|\.*(?!\d))|\[[x ]\]"
    r"|[0-9](?<![\d.][0-9])(?:\d{0,2}(?:\.\d{1,4})? ?%|(?<=0)\.\d{1,4}(?![\w.])|(?<=1)\.0{1,4}(?![\w.])"
    r"|(?<=[:=] [01])(?![\w.%])|(?<=[:;=(] [0-9])\d{0,2} (?:100|10|5)(?!\w)"
    r"|(?<=[^\W\d_] [0-9])\d{0,2} (?:100|10)(?!\w))"
)
_PLAIN_PIECE = re.compile(r"[\"'(]*([a-z]*)(?![a-z0-9])[\"').,;:!?]*")
"""A word in signs that mean the same wherever they stand."""
_WORD_OR_SIGN = re.compile(r"[a-z]+|\.+|[^a-z.]")
_ANY_START = re.compile(r"(?<![a-z])[a-z]|[^a-z']")
_LONGEST_KEPT, _MOST_KEPT = 40, 1 << 16


class CueMatcher:
    """The cues of a language, and those of English where it says nothing else."""

    def __init__(self, language: str, topics: tuple[str, ...]) -> None:
        self._pattern, rests = _patterns(language)
        self._meanings = {
            phrase: Meaning(classes[0], classes[1:]) for phrase, classes in cues_of(language, topics).items()
        }
        single = (phrase for phrase in self._meanings if " " not in phrase)
        self._words: dict[str, tuple[Meaning | None, _Rest | None]] = {
            word: (self._meanings.get(word), rests.get(word)) for word in (*rests, *single)
        }
        self._words |= {sign: (meaning, None) for sign, meaning in _SIGNS.items()}
        self._open = [(re.compile(_star(phrase)), m) for phrase, m in self._meanings.items() if "*" in phrase]
        self._open.sort(key=lambda found: -len(found[0].pattern))
        beginnings = _beginnings(language)
        stars = [_symbols(word) for word in beginnings if "*" in word]
        odd = frozenset(word[:i] for word in beginnings for i in range(2, len(word) + 1) if not word[i - 1].isalnum())
        self._starts = _Starts(self._words, odd, re.compile(either(stars)) if stars else None)

    def find(self, text: str, begin: int = 0, end: int | None = None) -> list[Event]:
        """All cues and signs of a clean text from `begin` to `end`, which is no place within a word, in order, none
        within another; only of ASCII is the end heeded."""
        return self._by_words(text, begin, end) if text.isascii() else self._by_search(text, begin)

    def _by_search(self, text: str, begin: int) -> list[Event]:
        events: list[Event] = []
        done = 0
        for match in self._pattern.finditer(text, begin):
            if match.start() >= done and (found := self._event(text, match)):
                events.append(found)
                done = found[1]
        return events

    def _by_words(self, text: str, begin: int, end: int | None) -> list[Event]:
        """What each piece between blanks can be is looked up, which takes three fifths of the time in prose."""
        events: list[Event] = []
        add, starts, match_at = events.append, self._starts, self._pattern.match
        place, done, searched = begin, 0, 0
        for piece in text[begin:end].split(" "):
            for first, last, meaning, rest in starts[piece]:
                start, stop = place + first, place + last
                if last:
                    if start < done:
                        continue
                    if rest is not None and (longer := rest.match(text, stop)):
                        stop = done = longer.end()
                        meaning = self._meaning(text[start:stop])  # noqa: PLW2901
                    if meaning is not None:
                        add((start, stop, meaning))
                elif start >= searched and (match := match_at(text, start)):
                    searched = match.end()
                    if start >= done and (found := self._event(text, match)):
                        add(found)
                        done = found[1]
            place += len(piece) + 1
        return events

    def _event(self, text: str, match: re.Match[str]) -> Event | None:
        """What a match of the pattern is, with what goes on behind it."""
        start, end = match.span()
        word = match.group()
        meaning, rest = self._words.get(word) or (self._meanings.get(word), None)
        if rest is not None and (longer := rest.match(text, end)):
            end = longer.end()
            meaning = self._meaning(text[start:end])
        elif meaning is None and (rest is None or self._open):
            meaning = self._other(word)
        return None if meaning is None else (start, end, meaning)

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


Start = tuple[int, int, Meaning | None, "_Rest | None"]
"""A cue or sign that a piece between blanks holds: from where to where in it, what it is alone, and what may go on
behind it. Where it ends at 0 the pattern has to tell whether there is one."""


class _Starts(dict[str, tuple[Start, ...]]):
    """The cues that begin in a piece of ASCII text between blanks, by the piece; remembered for the most frequent."""

    def __init__(
        self, words: dict[str, tuple[Meaning | None, _Rest | None]], odd: frozenset[str], stars: re.Pattern[str] | None
    ) -> None:
        super().__init__()
        self.words, self.odd, self.stars = words, odd, stars

    def __missing__(self, piece: str) -> tuple[Start, ...]:
        starts = tuple(self._starts(piece))
        if len(piece) <= _LONGEST_KEPT:
            if len(self) >= _MOST_KEPT:
                self.clear()
            self[piece] = starts
        return starts

    def _starts(self, piece: str) -> Iterator[Start]:
        plain = _PLAIN_PIECE.fullmatch(piece)
        if (
            plain is None
            or piece[plain.start(1) : plain.end(1) + 1] in self.odd  # a sign behind the word may be part of the cue
            or (self.stars is not None and self.stars.match(plain[1]))  # it may go on in its own way
        ):
            yield from ((match.start(), 0, None, None) for match in _ANY_START.finditer(piece))
            return
        for match in _WORD_OR_SIGN.finditer(piece):
            meaning, rest = self.words.get(match.group()) or (_STOP if match.group()[0] == "." else None, None)
            if meaning or rest:
                yield *match.span(), meaning, rest


class _Rest:
    """What may come behind a word that begins cues; made ready when it is first asked for."""

    def __init__(self, phrases: list[str]) -> None:
        self.phrases = phrases

    def match(self, text: str, end: int) -> re.Match[str] | None:
        pattern = re.compile(rf"{_GAP}(?:{either(map(_symbols, self.phrases))})(?![^\W_])")
        self.match = pattern.match  # type: ignore[method-assign,assignment]
        return pattern.match(text, end)


_PLAIN_KINDS = frozenset(
    {"is", "noun", "answer", "colon", "comma", "stop", "quantity", "tell", "facts", "soft", "as", "with", "either"}
    | {"modifier", "in_fact"}
)
"""Classes that cannot turn an answer of one label."""
_COMMON_WORDS = """the a an of is are was it its it's this that in to as i i'm i'd for with on at by and or be has have
so genre style mood emotion music song piece track clip audio given answer right best case instrument feel vibe"""
_COMMON = frozenset(_COMMON_WORDS.split())
_ODD = re.compile(r"[^ a-z0-9.,;:!\"'(){}%\\-]")


@cache
def _turning(topics: tuple[str, ...]) -> tuple[frozenset[str], re.Pattern[str]]:
    """What an English answer has wherever it has a cue that could turn it: one of these words, the first of each such
    cue that is not very common; or a whole cue of very common words."""
    words = set()
    phrases = []
    for phrase, classes in cues_of(ENGLISH, topics).items():
        if not _PLAIN_KINDS.issuperset(classes):
            rare = [word for word in phrase.split() if word not in _COMMON and "*" not in word]
            words.update(rare[:1])
            phrases += [] if rare else [_symbols(phrase)]
    return frozenset(words), re.compile(rf"\b(?:{either(phrases)})\b")


def is_plain(text: str, words: list[str], topics: tuple[str, ...]) -> bool:
    """Whether a clean English text has nothing that could turn an answer of one label: no such cue, sign or digit."""
    rare, common = _turning(topics)
    return rare.isdisjoint(words) and _ODD.search(text) is None and common.search(text) is None


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


def _beginnings(language: str) -> dict[str, None]:
    return dict.fromkeys(phrase.partition(" ")[0] for phrase in _cues(language) if not HAS_UNSPACED.search(phrase))


@cache
def _patterns(language: str) -> tuple[re.Pattern[str], dict[str, _Rest]]:
    """What finds the beginnings of cues, and what may go on behind them."""
    rests: dict[str, list[str]] = {}
    unspaced: list[list[str]] = []
    for phrase in _cues(language):
        if HAS_UNSPACED.search(phrase):
            unspaced.append(_symbols(phrase))
            continue
        word, _, rest = phrase.partition(" ")
        if rest:
            rests.setdefault(word, []).append(rest)
    letters = rf"[^\W_{UNSPACED}]"
    cues = _cues(language)
    begins = either(_beginning(word, () if word in cues else rests[word]) for word in _beginnings(language))
    words = rf"(?<!{letters})(?:{begins})(?!{letters})" if unspaced else rf"\b(?:{begins})\b"
    short = [symbols for symbols in unspaced if len(symbols) == 1 and symbols[0] > "\uabff"]
    long = [symbols for symbols in unspaced if symbols not in short]
    free = f"|(?:{either(long)})" if long else ""
    free += f"|(?<![{HANGUL}])(?:{either(short)})" if short else ""
    return re.compile(f"{words}{free}|{_SIGN}"), {word: _Rest(phrases) for word, phrases in rests.items()}


def _beginning(word: str, rests: Sequence[str]) -> list[str]:
    """A word that cues begin with; one that is no cue alone only where the next word may go on with it."""
    following = {rest.split(" ", 1)[0] for rest in rests}
    if not following or any("*" in other for other in following):
        return _symbols(word)
    return [*_symbols(word), rf"(?={_GAP}(?:{either(map(_symbols, following))})(?![^\W_]))"]


def _symbols(phrase: str) -> list[str]:
    symbols: list[str] = []
    for i, word in enumerate(phrase.split(" ")):
        symbols += [_GAP] * (i > 0)
        symbols += [_ANY_WORD] if word == "*" else [_ENDING if c == "*" else re.escape(c) for c in word]
    return symbols


def _star(phrase: str) -> str:
    return "".join(" " if symbol == _GAP else symbol for symbol in _symbols(phrase))
