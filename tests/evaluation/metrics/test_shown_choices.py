"""Choices as columns, beside the kind that says what each is worth."""

from __future__ import annotations

import random

import numpy as np

from mudata.evaluation.align.alignment import Shown
from mudata.evaluation.kinds.kind_registry import kind_of
from mudata.evaluation.kinds.question_kind import AskedItem
from mudata.evaluation.metrics.shown_choices import FEW_TRUTHS, ShownChoices

CHOOSE = kind_of("choose")
ODD = ("(1)", "(2)", "(3)", "(7)", "(0)", "b", "", "x")


def item(truth: str, *options: str) -> tuple[str, AskedItem]:
    return truth, AskedItem(shown=Shown(options=options), published=True)


def worth(answer: str, items: list[tuple[str, AskedItem]]) -> list[float]:
    return [CHOOSE.score(answer, *one)["accuracy"] for one in items]


def test_odd_items_are_worth_what_their_kind_says() -> None:
    """Options twice, empty or written as places, and truths that are none of them."""
    items = [item("b", "a", "b"), item("", "a", ""), item("x", "a", "b"), item("b", "b", "b", "a"), item("c", *"abc")]
    for some in (items, [*items, item("(2)", "b", "(2)"), item("b", "(2)", "b")]):
        choices = ShownChoices.of_items(some)
        assert choices.guesses.tolist() == [CHOOSE.guess(*one)["accuracy"] for one in some]
        for answer in ODD:
            found = choices.worth(answer)
            assert (found is None) == (answer == "(2)" and len(some) > len(items))  # it is a place and a text
            assert found is None or found.tolist() == worth(answer, some)


def test_the_best_constant_is_among_those_that_are_tried() -> None:
    drawn = random.Random(3)
    words = [f"option {i}" for i in range(3 * FEW_TRUTHS)]
    for most in (4, len(words)):
        items = []
        for _ in range(300):
            options = drawn.sample(words[:most], 3)
            items.append(item(drawn.choice([*options, "none of them"]), *options))
        choices, places = ShownChoices.of_items(items), np.array(sorted(drawn.sample(range(300), 120)))
        for some, of in ((choices, items), (choices.among(places), [items[place] for place in places])):
            tried, answers = some.to_try()
            constants = list(CHOOSE.constants(of))
            assert tried == len(constants)
            assert set(answers) <= set(constants)
            assert (len(answers) == tried) == (most == 4)
            assert max(sum(worth(answer, of)) for answer in answers) == max(sum(worth(one, of)) for one in constants)
