"""Where an answer says an option's whole text, as whole tokens: case, articles and punctuation aside."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple

from mudata.evaluation.readers.option_labels import COUNT_WORDS

_TOKEN = re.compile(r"\d+(?:[/:.]\d+)+|[^\W_]+(?:['’][^\W_]+)*(?:[#♯♭](?!\w))?|[&%+]")
_ARTICLES = frozenset(("a", "an", "the"))
_NOUN_BEHIND = re.compile(r"\s+\W{0,3}[^\W_]")
"""Behind an article; the A of 'A:7', 'A, D', 'the note A' is none."""
_MODE_BEHIND = re.compile(
    r"\s+(?:major|minor|flat|sharp)(?!\w)(?=\s*(?:\Z|[^\w\s]|(?:chord|scale|to|and|or)\b))", re.IGNORECASE
)
"""Behind the note A: 'A minor', but not 'a minor change'."""
_COUNTS = {word: str(k) for k, word in enumerate((*COUNT_WORDS, "eleven", "twelve"), 1)} | {"&": "and"}

_NUMBER_ONE = re.compile(
    r"(?:\A|[.,;:!?(\[{=\n]|\b(?:is|are|was|were|be|it's|only|just|exactly|not|say|said|with|choose|chose|pick|picked|answer"
    r"|number|probably|likely|about|but|there's|hear|heard|count|counted|than))[\s\W]{0,6}\Z"
)
_ENDS_THERE = re.compile(r"[\s\"'*_`)\]}]*(?:[.,;:!?\n]|\Z|\b(?:because|since|as|and not|rather|instead)\b)")
_NO_DOUBT = re.compile(r" (?:doubt|question|problem|idea|clue|wonder|matter|surprise)\b")
"""Behind a 'no' that denies nothing of what was asked."""


class TextSaid(NamedTuple):
    """The text of an option [start, end) in the raw answer, and which option, from 1."""

    start: int
    end: int
    option: int


class OptionTwins(NamedTuple):
    """Options that an answer's words cannot all tell apart. Of each option, by its place (index 0 is place 1): `same`
    has the first place with that very text, `alike` those whose words are the same when case, articles and punctuation
    are left aside, of each text the first."""

    same: tuple[int, ...]
    alike: tuple[tuple[int, ...], ...]

    @property
    def distinct(self) -> int:
        return len(set(self.same))


@lru_cache(maxsize=4096)
def twins(options: tuple[str, ...]) -> OptionTwins:
    """Which options are one text, and which are one but for their spelling.

    >>> twins(("jazz", "rock", "jazz", "Jazz"))
    OptionTwins(same=(1, 2, 1, 4), alike=((1, 4), (2,), (1, 4), (1, 4)))
    """
    first: dict[str, int] = {}
    same = tuple(first.setdefault(option, place) for place, option in enumerate(options, 1))
    words: dict[tuple[str, ...], list[int]] = {}
    for option, place in first.items():
        words.setdefault(option_tokens(option), []).append(place)
    return OptionTwins(same, tuple(tuple(words[option_tokens(option)]) for option in options))


def spelled_as(text: str, options: Sequence[str], places: Sequence[int]) -> tuple[int, ...]:
    """Of options alike those that a piece of an answer is spelled as: letter by letter, else case aside; else all.

    >>> spelled_as("Tom-tom", ("Tom-Tom", "Tom-tom"), (1, 2)), spelled_as("tom tom", ("Tom-Tom", "Tom-tom"), (1, 2))
    ((2,), (1, 2))
    """
    if len(places) == 1:
        return tuple(places)
    for fold in (str, str.casefold):
        found = tuple(place for place in places if fold(_bare(options[place - 1])) == fold(text))
        if found:
            return found
    return tuple(places)


def _bare(option: str) -> str:
    """An option from its first word that is no article to its last."""
    tokens = list(_TOKEN.finditer(option))
    worded = [one for one in tokens[:-1] if not _is_article(option, one)] + tokens[-1:]
    return option[worded[0].start() : worded[-1].end()] if worded else option


def _is_article(text: str, match: re.Match[str]) -> bool:
    if match.group().lower() not in _ARTICLES or not _NOUN_BEHIND.match(text, match.end()):
        return False
    return not _MODE_BEHIND.match(text, match.end())


@lru_cache(maxsize=16_384)
def option_tokens(text: str) -> tuple[str, ...]:
    """What is compared of an option.

    >>> option_tokens("A slow waltz, in 3/4 time"), option_tokens("A"), option_tokens("A:7")
    (('slow', 'waltz', 'in', '3/4', 'time'), ('a',), ('a', '7'))
    """
    tokens = _tokens(text.lower())
    return tuple(token.word for token in tokens[:-1] if not token.article) + tuple(one.word for one in tokens[-1:])


class _Token(NamedTuple):
    """A token [start, end) of a text, and the word that is compared."""

    word: str
    start: int
    end: int
    article: bool


def _tokens(text: str) -> list[_Token]:
    return [
        _Token(
            _compared(token := match[0]), match.start(), match.end(), token in _ARTICLES and _is_article(text, match)
        )
        for match in _TOKEN.finditer(text)
    ]


@lru_cache(maxsize=4096)
def _compared(token: str) -> str:
    """The word that is compared of a token in lower case."""
    token = token.replace("♯", "#").replace("♭", "b").replace("’", "'")
    return _singular(_COUNTS.get(token, token))


def _singular(token: str) -> str:
    """Number aside: 'string' is 'strings' where options are named."""
    plural = len(token) > 3 and token.endswith("s") and not token.endswith(("ss", "us", "is"))
    return token[:-1] if plural else token


@lru_cache(maxsize=512)
def _by_first(options: tuple[str, ...]) -> dict[str, list[tuple[tuple[str, ...], int]]]:
    found: dict[str, list[tuple[tuple[str, ...], int]]] = {}
    for place, option in enumerate(options, 1):
        if tokens := option_tokens(option):
            found.setdefault(tokens[0], []).append((tokens, place))
    for known in found.values():
        known.sort(key=lambda item: -len(item[0]))
    return found


def texts(text: str, options: Sequence[str]) -> Iterator[TextSaid]:
    """Options said in a lower-case answer, in order; of those that begin at one place the longest, which hides what
    lies within it ('bass guitar' hides 'guitar')."""
    known = _by_first(tuple(options))
    said = _tokens(text)
    if known.keys().isdisjoint([token.word for token in said]):
        return
    bare_articles = any(not _ARTICLES.isdisjoint(wanted) for some in known.values() for wanted, _ in some)
    singles = {wanted for some in known.values() for wanted, _ in some if len(wanted) == 1}
    tokens = [token for token in said if bare_articles or not token.article]
    i = 0
    while i < len(tokens):
        for wanted, place in known.get(tokens[i].word, ()):
            if i and tokens[i - 1].word.endswith("ly") and (tokens[i - 1].word.removesuffix("ly"),) in singles:
                continue  # 'moderately fast' is neither moderate nor fast
            if len(wanted) == 1 and tokens[i].article:
                continue  # of 'a Bb' no A
            if wanted == ("no",) and _NO_DOUBT.match(text, tokens[i].end):
                continue
            if wanted == ("1",) and text.startswith("one", tokens[i].start) and not _is_number_one(text, tokens[i]):
                continue
            if last := _end_of(wanted, tokens, i):
                yield TextSaid(tokens[i].start, tokens[last - 1].end, place)
                i = last - 1
                break
        i += 1


def _end_of(wanted: tuple[str, ...], tokens: Sequence[_Token], i: int) -> int:
    """Behind the last of the tokens from the i-th on that say an option, articles between them aside; 0: it is not
    said there."""
    for word in wanted:
        while i < len(tokens) and tokens[i].word != word and tokens[i].article:
            i += 1
        if i == len(tokens) or tokens[i].word != word:
            return 0
        i += 1
    return i


def _is_number_one(text: str, token: _Token) -> bool:
    """Whether 'one' is a number, and not what stands for a noun: 'the second one', 'one of them'."""
    before = text[max(0, token.start - 24) : token.start]
    return _ENDS_THERE.match(text, token.end) is not None and _NUMBER_ONE.search(before) is not None
