"""What other harnesses credit: the strings that were run through their own scorers."""

from __future__ import annotations

import pytest

from mudata.evaluation.metrics.choice_rules import cmi_key, lmms_choice, mucho_choice


@pytest.mark.parametrize(
    ("answer", "credited"),
    [
        ("The audio is in a major key.", "A major"),
        ("The key is F# minor.", None),
        ("E flat major", None),
        ("B♭ minor", None),
        ("A min", None),
        ("a-Moll", None),
        ("As-Dur", None),
        ("D minor, relative of F major", "F major"),
        ("Am", "A minor"),
        ("F#m", "Gb minor"),
        ("Gb", "Gb major"),
        ("G# minor", "Ab minor"),
        ("The musical key of the given audio is Bb major.", "Bb major"),
        ("", None),
    ],
)
def test_cmi_bench_credits_the_first_name_that_is_contained(answer: str, credited: str | None) -> None:
    assert cmi_key(answer) == credited


@pytest.mark.parametrize(
    ("answer", "place"),
    [
        ("The key is D minor.", 3),
        ("A slow waltz in 3/4", 0),
        ("Common time", 2),
        ("C# minor", 2),
        ("The correct answer is: B", 1),
        ("a second option", 1),
        ("nothing of it", None),
        ("A and B", None),
    ],
)
def test_muchomusic_credits_the_only_letter_among_the_characters(answer: str, place: int | None) -> None:
    options = ("first", "second option", "third", "fourth")
    assert mucho_choice(answer, options) == (None if place is None else options[place])


def test_lmms_eval_draws_where_it_finds_no_letter() -> None:
    options = ("rock", "reggae", "jazz", "blues")
    assert lmms_choice("", options) == dict.fromkeys(options, 0.25)
    assert lmms_choice("jazz", options)["jazz"] == 0.25
    assert lmms_choice("A guitar plays", options)["rock"] == 1
    assert lmms_choice("(B) reggae", options)["reggae"] == 1
    assert lmms_choice("It is B or C here", options)["jazz"] == 1
    assert lmms_choice("So C.", options)["jazz"] == 1
    assert lmms_choice("Answer:D. Blues", options)["blues"] == 1
