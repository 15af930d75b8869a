"""Distances that are said downwards are no distances upwards."""

from __future__ import annotations

import pytest

from mudata.catalog.cards.number_scale import NumberScale
from mudata.evaluation.align.alignment import Shown
from mudata.evaluation.readers.number import read_number

SEMITONES = NumberScale(unit="semitones", words=("half steps",), high=12, integer=True)


@pytest.mark.parametrize(
    "answer",
    [
        "-3",
        "-3 semitones",
        "It is -3 semitones.",
        "3 semitones lower",
        "3 half steps down",
        "minus 3 semitones",
        "negative 3",
        "down 3",
        "It is lower by 3 semitones.",
        "The second is 3 semitones below the first.",
        "The first is the original. The second one is 3 semitones lower.",
    ],
)
def test_what_is_lower_is_not_that_much_higher(answer: str) -> None:
    found = read_number(answer, Shown(), SEMITONES)
    assert (found.status == "ALIGNED", found.label) == (False, None)


@pytest.mark.parametrize(
    "answer",
    [
        "3",
        "- 3",
        "+3 semitones",
        "3 semitones higher",
        "up 3 semitones",
        "The first clip is 3 semitones lower.",
        "The first is 3 semitones below the second.",
    ],
)
def test_what_is_higher_is_read(answer: str) -> None:
    assert read_number(answer, Shown(), SEMITONES).label == "3"


def test_where_the_scale_goes_below_nothing_a_minus_is_a_value() -> None:
    scale = NumberScale(unit="semitones", low=-12, high=12, integer=True)
    assert read_number("-3 semitones", Shown(), scale).label == "-3"
