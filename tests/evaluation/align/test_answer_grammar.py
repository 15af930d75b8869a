"""Answers whose meaning is known by the way in which they are made: hardly any is read otherwise."""

from __future__ import annotations

from collections import Counter

import pytest
from answer_grammar import SETS, answers, label_set

WRONG, ABSTAINED = 0.003, 0.03
"""The most that may be credited wrongly, of all; and be given no label, of those that mean one."""


def test_hardly_any_answer_is_misread() -> None:
    read = [(made, made.verdict()) for made in answers(1500, seed=7)]
    found = Counter(verdict for _, verdict in read)
    misread = [
        f"{made.answer!r} ({made.of}): {made.label}, {made.read()}" for made, verdict in read if verdict != "right"
    ]
    assert found["wrong"] <= WRONG * len(read), misread
    assert found["abstained"] <= ABSTAINED * sum(made.meant == "one" for made, _ in read), misread


def test_the_same_seed_makes_the_same_answers() -> None:
    assert list(answers(50, seed=3)) == list(answers(50, seed=3)) != list(answers(50, seed=4))


@pytest.mark.parametrize("of", SETS)
def test_an_answer_of_each_label_set_means_one_of_its_labels(of: str) -> None:
    made = [made for made in answers(400, seed=5) if made.of == of]
    assert made
    assert {m.label for m in made if m.label} <= set(label_set(of).ids)
    assert all((m.label is not None) == (m.meant == "one") for m in made)
