"""Where an answer says an option's whole text, as whole tokens: case, articles and punctuation aside."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple

from mudata.evaluation.readers.option_labels import COUNT_WORDS

_TOKEN = re.compile(r"\d+(?:[/:.]\d+)+|[^\W_]+(?:['’][^\W_]+)*(?:[#♯♭](?!\w))?|[&%+]")
_ARTICLES = frozenset(("a", "an", "the"))
_COUNTS = {word: str(k) for k, word in enumerate((*COUNT_WORDS, "eleven", "twelve"), 1)} | {"&": "and"}

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
    for fold in (str, str.casefold):
        found = tuple(place for place in places if fold(_bare(options[place - 1])) == fold(text))
        if found:
            return found
    return tuple(places)


def _bare(option: str) -> str:
    """An option from its first word that is no article to its last."""
    tokens = list(_TOKEN.finditer(option))
    worded = [match for match in tokens[:-1] if match.group().lower() not in _ARTICLES] + tokens[-1:]
    return option[worded[0].start() : worded[-1].end()] if worded else option


@lru_cache(maxsize=16_384)
def option_tokens(text: str) -> tuple[str, ...]:
    """What is compared of an option.

    >>> option_tokens("A slow waltz, in 3/4 time"), option_tokens("A")
    (('slow', 'waltz', 'in', '3/4', 'time'), ('a',))
    """
    tokens = [token for token, _, _ in _tokens(text.lower())]
    return tuple(token for token in tokens[:-1] if token not in _ARTICLES) + tuple(tokens[-1:])  # 'Clip A'


def _tokens(text: str) -> Iterator[tuple[str, int, int]]:
    for match in _TOKEN.finditer(text):
        token = match.group().replace("♯", "#").replace("♭", "b").replace("’", "'")
        yield _singular(_COUNTS.get(token, token)), *match.span()


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
    bare_articles = any(wanted[-1] in _ARTICLES for some in known.values() for wanted, _ in some)
    singles = {wanted for some in known.values() for wanted, _ in some if len(wanted) == 1}
    tokens = [item for item in _tokens(text) if bare_articles or item[0] not in _ARTICLES]
    i = 0
    while i < len(tokens):
        for wanted, place in known.get(tokens[i][0], ()):
            if i and (tokens[i - 1][0].removesuffix("ly"),) in singles and tokens[i - 1][0].endswith("ly"):
                continue  # 'moderately fast' is neither moderate nor fast
            if wanted == ("no",) and _NO_DOUBT.match(text, tokens[i][2]):
                continue
            if wanted == ("1",) and text.startswith("one", tokens[i][1]):
                continue  # 'the second one' says no 1
            if len(wanted) <= len(tokens) - i and all(tokens[i + k][0] == word for k, word in enumerate(wanted)):
                last = i + len(wanted) - 1
                yield TextSaid(tokens[i][1], tokens[last][2], place)
                i = last
                break
        i += 1
