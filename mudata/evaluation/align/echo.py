"""The prompt read back: which pieces of an answer are not the model's own."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property, lru_cache

from mudata.evaluation.align.clean import clean

_EXAMPLE = re.compile(r"\bexample ?\d{1,2} ?[:.)][^\n]*?(?=\n|\bexample ?\d{1,2} ?[:.)]|\Z)")
"""`Example 2: hiphop`: few-shot lines,
which no answer has of its own (published answers copy them)."""

_SENTENCE = re.compile(r"(?<=[.!?])\s+|\n+")
_LEAST_WORDS = 4
_WORD = re.compile(r"\w+")
_SHORTEST = 2 * _LEAST_WORDS - 1
"""Characters of so many words."""


@dataclass(frozen=True)
class _Prompt:
    """What can be recognised of a prompt:
    its sentences and lines of four words and more, and what examples say."""

    sentences: tuple[tuple[str, ...], ...]
    """Their words, those of most words first."""
    examples: tuple[str, ...]

    def said_in(self, text: str) -> bool:
        """Whether a text may have one of the sentences: it is as long, and has all of its words."""
        return any(
            len(text) >= len(" ".join(words)) and all(word in text for word in words) for words in self.sentences
        )

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        """Made for answers that may have one: an exam has a prompt for every item."""
        alternatives = "|".join(r"\W{1,6}".join(words) for words in self.sentences)
        return re.compile(rf"\b(?:{alternatives})\b")


def echoes(text: str, prompt: str, begin: int = 0) -> list[tuple[int, int]]:
    """Pieces of a clean text, from `begin` on, that are the prompt's, sorted and apart, as [start, end)."""
    pieces = [piece.span() for piece in _EXAMPLE.finditer(text)] if "example" in text else []
    if prompt and len(text) >= _SHORTEST and (known := _known(prompt)).said_in(text):
        pieces += [piece.span() for piece in known.pattern.finditer(text, begin)]
    return _apart(sorted(pieces)) if pieces else pieces


def _apart(pieces: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Sorted pieces, those that overlap joined."""
    apart: list[tuple[int, int]] = []
    for start, end in pieces:
        if apart and start < apart[-1][1]:
            apart[-1] = (apart[-1][0], max(end, apart[-1][1]))
        else:
            apart.append((start, end))
    return apart


def examples(prompt: str) -> tuple[str, ...]:
    """What the prompt's `Example k:` lines say, as clean text."""
    return _known(prompt).examples


@lru_cache(maxsize=256)
def _known(prompt: str) -> _Prompt:
    text = clean(prompt).text
    shown = tuple(piece.group().split(":")[-1].strip(" .\n") for piece in _EXAMPLE.finditer(text))
    pieces = {tuple(_WORD.findall(line)) for line in {*text.split("\n"), *_SENTENCE.split(text)}}
    long = sorted((words for words in pieces if len(words) >= _LEAST_WORDS), key=lambda words: (-len(words), words))
    return _Prompt(tuple(long), shown)
