"""A key or a metre that is none of the options shown is outside, however the options are spelled."""

from __future__ import annotations

import pytest

from mudata.evaluation.align.alignment import Shown
from mudata.evaluation.readers.key import read_key
from mudata.evaluation.readers.metre import read_metre

KEYS = Shown(options=("Gb major", "A minor", "C major"))


@pytest.mark.parametrize(
    ("answer", "status", "labels"),
    [
        ("F# major", "ALIGNED", ("F# major",)),
        ("The key is Ges-Dur.", "ALIGNED", ("F# major",)),
        ("D minor", "OUTSIDE", ("D minor",)),
        ("C dorian", "OUTSIDE", ("C other",)),
        ("A minor or D minor", "MULTI", ("A minor", "D minor")),
    ],
)
def test_a_key_is_one_of_the_options_by_its_pitch(answer: str, status: str, labels: tuple[str, ...]) -> None:
    read = read_key(answer, KEYS)
    assert (read.status, read.labels) == (status, labels)


def test_a_metre_too_and_options_that_are_none_bound_nothing() -> None:
    shown = Shown(options=("common time", "3/4"))
    assert read_metre("4/4", shown).label == "4/4"
    assert read_metre("6/8", shown).status == "OUTSIDE"
    assert read_metre("6/8", Shown(options=("slow", "fast"))).label == "6/8"
