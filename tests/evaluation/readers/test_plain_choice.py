"""Usual phrases are read without the grammar, and exactly as the grammar reads them."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from string import ascii_uppercase

import pytest

from mudata.evaluation.align.alignment import Shown
from mudata.evaluation.readers.choice import read_choice, read_whole
from mudata.evaluation.readers.plain_choice import plain_choice

PLAIN = "slow bright lute waltz choir drum bass melody in the intro with a voice behind over minor major key"
"""Words of options."""
NASTY = (
    "not no yes is was are none neither both either first second two one unclear unknown cannot tell maybe probably "
    "because since answer option the a an A B C F# 4/4 120 bpm (live) or and but wrong right correct true false "
    "la der sehr keine sí nein example others same I think rock? clip recording last former different all"
)
PHRASES = (
    "{L}", "({L})", "{L}.", "[{L}]", "[[{L}]]", "({L}) {o}", "({L}) {o}.", "{L}. {o}", "{L}) {o}", "{L}: {o}", "{o}",
    "{o}.", "The answer is {L}.", "The answer is ({L}) {o}.", "The answer is: {L}. {o}", "The correct answer is {o}.",
    "The best answer is ({L}).", "Answer: {L}", "Answer: {o}", "Answer: ({L}) {o}", "The right answer is: {o}",
)  # fmt: skip
PROMPTS = (
    "What is heard first? {options}",
    "Answer: choose one of these.\n{lines}\nAnswer:",
    "The answer is a slow lute. {options} Say which.",
)


def drawn_options(drawn: random.Random, words: Sequence[str]) -> tuple[str, ...]:
    count = drawn.choice((2, 3, 4, 4, 5))
    made = [" ".join(drawn.choices(words, k=drawn.choice((1, 2, 2, 3, 5)))) for _ in range(count)]
    if drawn.random() < 0.3:
        made[-1] = drawn.choice((made[0], made[0].title(), f"{made[0]} {drawn.choice(words)}", f"the {made[0]}"))
    return tuple(option.capitalize() if drawn.random() < 0.3 else option for option in made)


def asked(words: Sequence[str], n: int, seed: int) -> Iterator[tuple[str, Shown]]:
    drawn = random.Random(seed)
    for _ in range(n):
        options = drawn_options(drawn, words)
        marked = [f"({letter}) {option}" for letter, option in zip(ascii_uppercase, options, strict=False)]
        prompt = drawn.choice(PROMPTS).format(options=", ".join(marked), lines="\n".join(options))
        letters = drawn.random() < 0.7
        shown = Shown(prompt, options, letters=letters, numbered=not letters and drawn.random() < 0.5)
        place = drawn.randrange(len(options))
        label = str(place + 1) if shown.numbered else ascii_uppercase[place]
        if drawn.random() < 0.1:
            label = drawn.choice(("A", "I", "Z", "9", ascii_uppercase[len(options)]))
        said = options[place] if drawn.random() < 0.9 else drawn.choice(options)
        yield drawn.choice(PHRASES).format(L=label, o=said), shown


@pytest.mark.parametrize(
    ("words", "seed"), [(PLAIN, 1), (f"{PLAIN} {NASTY}", 2), (f"{PLAIN} {PLAIN} {PLAIN} {NASTY}", 3)]
)
def test_a_plain_answer_is_read_as_the_grammar_reads_it(words: str, seed: int) -> None:
    for answer, shown in asked(words.split(), 2500, seed):
        assert vars(read_choice(answer, shown)) == vars(read_whole(answer, shown)), (
            answer,
            shown.options,
            shown.prompt,
        )


def test_most_plain_answers_need_no_grammar() -> None:
    """Else the test above would say nothing."""
    before = [plain_choice(answer, shown, read_whole) for answer, shown in asked(PLAIN.split(), 2000, 4)]
    assert sum(found is not None for found in before) > 600


def test_other_answers_are_left_to_the_grammar() -> None:
    shown = Shown("Which?", ("a slow lute", "bright choir"), letters=True)
    for answer in (
        "I think B",
        "B because",
        "not B",
        "bright choir, maybe",
        "(A) bright choir",
        "é",
        "",
        "C",
        "b" * 200,
    ):
        assert plain_choice(answer, shown, read_whole) is None
