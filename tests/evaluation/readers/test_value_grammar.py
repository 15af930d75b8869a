"""Answers made by a grammar: hardly any wrong value is credited, few right ones are missed, long ones end in time."""

from __future__ import annotations

import time
from collections import Counter

import pytest
from value_grammar import answers

from mudata.evaluation.align.alignment import Shown
from mudata.evaluation.readers.reading import read

KINDS = ("key", "tempo", "metre", "number")
MOST_WRONG, MOST_MISSED = 0.003, 0.02
_TAIL = " ".join(f"zq{chr(97 + i % 26)}{chr(97 + i // 26)}" for i in range(500))
"""Words that keep an answer from being a loop."""
_SECONDS = 4.0
"""Of the processor for 50,000 characters; most take a tenth of it."""


@pytest.mark.parametrize("kind", KINDS)
def test_made_answers_are_read_as_they_are_meant(kind: str) -> None:
    made = list(answers(kind, 600, seed=20))
    verdicts = Counter(answer.verdict() for answer in made)
    wrong = [(answer.answer, answer.value) for answer in made if answer.verdict() == "wrong"]
    assert verdicts["wrong"] <= MOST_WRONG * len(made), wrong
    assert verdicts["abstained"] <= MOST_MISSED * len(made), verdicts


def test_the_grammar_makes_answers_with_and_without_a_value_and_tells_wrong_ones() -> None:
    made = list(answers("key", 300, seed=3))
    assert 30 < sum(answer.value is None for answer in made) < 150
    assert made == list(answers("key", 300, seed=3))
    assert len({answer.answer for answer in made}) > 250


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    "piece",
    [
        "120 ",
        "1+",
        "120-",
        "C major, ",
        "\\frac{3}{4}",
        "chord of ",
        "one hundred and ",
        "kann die ",
        "\n",
        "(",
        "**a",
        "relative ",
    ],
)
def test_a_long_answer_is_read_in_time(kind: str, piece: str) -> None:
    text = piece * (50_000 // len(piece)) + _TAIL
    began = time.process_time()
    read(kind, text, Shown())
    assert time.process_time() - began < _SECONDS
