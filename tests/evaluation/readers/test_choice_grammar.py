"""Choices, orders and structures whose meaning is known by the way in which they are made: hardly any is misread."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable

import pytest
from choice_grammar import KINDS, answers

from mudata.evaluation.align.alignment import Shown
from mudata.evaluation.readers.choice import read_choice
from mudata.evaluation.readers.order import read_order
from mudata.evaluation.readers.sections import read_structure

WRONG, ABSTAINED = 0.003, 0.03
"""The most that may be credited wrongly, of all; and be given no value, of those that mean one."""


def test_hardly_any_answer_is_misread() -> None:
    read = [(made, made.verdict()) for made in answers(1500, seed=11)]
    found = Counter((made.kind, verdict) for made, verdict in read)
    misread = [f"{made.answer!r}: {made.value}, {made.read()}" for made, verdict in read if verdict != "right"]
    assert {made.kind for made, _ in read} == set(KINDS)
    for kind in KINDS:
        of_kind = [made for made, _ in read if made.kind == kind]
        assert found[kind, "wrong"] <= WRONG * len(of_kind), misread
        assert found[kind, "abstained"] <= ABSTAINED * sum(made.value is not None for made in of_kind), misread


def test_the_same_seed_makes_the_same_answers() -> None:
    def made(seed: int) -> list[tuple[str, str | None]]:
        return [(one.answer, one.value) for one in answers(60, seed=seed)]

    assert made(3) == made(3) != made(4)


_PAIR = Shown("Which clip is brighter?", ("first", "second"), numbered=True)
_OPTIONS = Shown("Which?", ("guitar", "a guitar a guitar", "2 4", "fast"), letters=True, numbered=True)
_READERS: dict[str, Callable[[str], object]] = {
    "pair": lambda text: read_choice(text, _PAIR),
    "choice": lambda text: read_choice(text, _OPTIONS),
    "order": lambda text: read_order(text, Shown("From slowest to fastest"), 3),
    "form": lambda text: read_structure(text, Shown()),
    "boundaries": lambda text: read_structure(text, Shown(), "boundaries", 24.0),
    "segments": lambda text: read_structure(text, Shown(), "segments", 24.0),
}
_PIECES = (
    "the first is brighter than the second ", "than the first ", "(2) ", "2, ", "clip 2 is first, ", "1. clip 2\n",
    "a guitar ", "A B A ", "ABA ", "verse ", "8 s, ", "0:08 ", "8-16 ", "A (0-8) ", "12 ", "((((", "the other one ",
    "is less bright than ", "A'", "and then ", "every 8 seconds ", "both ", "more bright ", "\u202e", "，",
)  # fmt: skip
_TAIL = " ".join(f"{a}{b}q" for a in "abcdefghijklmnopqrs" for b in "bcdfghjklmnpqrstvwxz")
"""Words that are all different, so that the answer ends in no loop."""


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.slow
def test_a_long_answer_takes_time_in_proportion(kind: str) -> None:
    def seconds(piece: str, length: int) -> float:
        text = piece * (length // len(piece)) + _TAIL
        begin = time.process_time()
        _READERS[kind](text)
        return time.process_time() - begin

    def grows_in_proportion(piece: str) -> bool:
        return seconds(piece, 32_000) < 32 * seconds(piece, 2_000) + 0.05  # 16 times the length; its square is 256

    for piece in _PIECES:  # once is enough where it passes; others at work may make one measurement slow, not five
        assert any(grows_in_proportion(piece) for _ in range(5)), piece


@pytest.mark.parametrize("kind", KINDS)
def test_any_text_is_read_and_spans_lie_within_it(kind: str) -> None:
    for text in (
        "\ud800",
        "\x00",
        "İ" * 40,
        "１、２",
        "(" * 500,
        "A" * 500,
        "１：０２",
        "♯" * 30,
        "a\u0301bc",
        "\n" * 9,
    ):
        found = _READERS[kind](text)
        assert all(0 <= span.start < span.end <= len(text) for span in found.spans)  # type: ignore[attr-defined]
