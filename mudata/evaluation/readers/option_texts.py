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
