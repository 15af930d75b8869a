"""CMI-Bench's beats, lyrics and ratings, by hand."""

from __future__ import annotations

import pytest

from mudata.errors import EvaluationError
from mudata.evaluation.official_rules.cmi_sequences import (
    CMI_BEATS,
    CMI_CER,
    CMI_WER,
    plain_lyrics,
    rating_r2,
    said_rating,
    without_lead,
)
from mudata.evaluation.official_rules.number_names import number_name
from mudata.evaluation.official_rules.official_rule import JudgedItem

BEATS = "0.5s, 1.0s, 1.5s, 2.0s"


@pytest.mark.parametrize(
    ("answer", "credit"),
    [
        (BEATS, 1.0),
        ("0.5, 1.0, 1.5, 2.0", 1.0),
        ("2.0, 1.5, 1.0, 0.5", 1.0),
        ("0:0.5, 0:1.0, 0:1.5, 0:2.0", 1.0),
        ("0.55, 1.05, 1.55, 2.05", 1.0),
        ("0.75, 1.25, 1.75", 0.0),
        ("0.5, 1.5", 2 * 1 * 0.5 / 1.5),
        ("beats at 0.5, 1.0, 1.5, 2.0", 2 * 1 * 0.75 / 1.75),
        ("0.5.1, 1.0", 0.0),
        ("none", 0.0),
        ("", 0.0),
        ("0.5s,1.0s,1.5s,2.0s", 1.0),
        ("0.5 s, 1.0 s, 1.5 s, 2.0 s", 1.0),
        ("0.5s, 1.0s, 1.5s, 2.0s, and so on", 1.0),
        ("0.5s, 1.0s, 1.5s, 2.0s.", 0.0),
        ("0.5s 1.0s 1.5s 2.0s", 0.0),
        ("0.43, 0.93, 1.43, 1.93", 1.0),
        ("0.42, 0.92, 1.42, 1.92", 0.0),
        ("0.5, 1.0", 2 * 1 * 0.5 / 1.5),
        ("0.5, 0.5, 1.0, 1.0, 1.5, 1.5, 2.0, 2.0", 2 * 0.5 * 1 / 1.5),
        ("0:, 0.5, 1.0, 1.5, 2.0", 1.0),
        ("00:00.5, 00:01.0, 00:01.5, 00:02.0", 1.0),
        ("-0.5, 1.0, 1.5, 2.0", 2 * 1 * 0.75 / 1.75),
        ("[0.5, 1.0, 1.5, 2.0]", 0.0),
        ("120 BPM", 0.0),
    ],
)
def test_beats(answer: str, credit: float) -> None:
    assert CMI_BEATS.judge(answer, JudgedItem(gold=BEATS)).credit == pytest.approx(credit)


def test_continuity_and_unknown_measures() -> None:
    gold = ", ".join(f"{0.5 * i}s" for i in range(1, 20))
    for measure in ("cmlt", "amlt"):
        item = JudgedItem(gold=gold, settings={"measure": measure})
        assert CMI_BEATS.judge(gold, item).credit == pytest.approx(1)
    half = ", ".join(f"{i}" for i in range(1, 10))
    assert CMI_BEATS.judge(half, JudgedItem(gold=gold, settings={"measure": "cmlt"})).credit == 0
    assert (CMI_BEATS.judge(half, JudgedItem(gold=gold, settings={"measure": "amlt"})).credit or 0) > 0.9
    with pytest.raises(EvaluationError, match="cmlt"):
        CMI_BEATS.judge("1", JudgedItem(gold=gold, settings={"measure": "tempo"}))


@pytest.mark.parametrize(
    ("answer", "rate"),
    [
        ("99 red balloons", 0.0),
        ("Ninety-nine red balloons", 1 / 3),  # the hyphen goes: ninetynine
        ("99 Red, Balloons!", 0.0),
        ("The lyrics are: 99 red balloons", 0.0),
        ("Lyrics: 99 red balloons", 1 / 3),
        ("The transcription of it is as follows: 99 red balloons", 0.0),
        ("<s>99 red balloons</s>", 0.0),
        ("red balloons", 1 / 3),
        ("99 RED BALLOONS", 0.0),
        ("99\nred\nballoons", 0.0),
        ("ninety-nine red balloons.", 1 / 3),
        ("98 red balloons", 1 / 3),
        ("balloons red 99", 2 / 3),
        ("99 red balloons!!! (x2)", 1 / 3),
        ("The content of it is: 99 red balloons", 0.0),
        ("In text form it is: 99 red balloons", 0.0),
        ("The lyrics go: 99 red balloons", 1.0),
        ("Well, the lyrics of it are: 99 red balloons. The lyrics end as they are: so", 1.0),
        ("99 red balloons </s>", 0.0),
        ("99 red  balloons", 0.0),
        ("99 'red' balloons", 1 / 3),
        ("I cannot hear any lyrics.", 5 / 3),
        ("nothing", 1.0),
        ("", 1.0),
        ("99 red balloons 99 red balloons", 1.0),
    ],
)
def test_words(answer: str, rate: float) -> None:
    item = JudgedItem(gold="99 red balloons")
    assert CMI_WER.judge(answer, item).credit == pytest.approx(1 / (1 + rate))


def test_characters() -> None:
    assert CMI_CER.judge("o no", JudgedItem(gold="oh no")).credit == pytest.approx(1 / 1.2)
    assert plain_lyrics("Don't\nstop, 7!") == "don't stop seven"
    assert without_lead("a lyrics are: b: c") == "b: c"
    assert [number_name(n) for n in (0, 13, 40, 115, 1000, 2024, 12_000_340)] == [
        "zero",
        "thirteen",
        "forty",
        "one hundred and fifteen",
        "one thousand",
        "two thousand and twenty-four",
        "twelve million, three hundred and forty",
    ]


@pytest.mark.parametrize(
    ("answer", "rating"),
    [
        ("7", 7),
        ("7.", 7),
        ("I'd say 7 out of 9", 7),
        ("7/9", 7),
        ("5.2", 5.2),
        ("around 8 and 9", 8),
        ("10", None),
        ("120 bpm, so 6", 6),
        ("0", None),
        ("on a 9-point scale, 4", 4),
        ("a 3/4 time signature; 5", 5),
        ("in 3/4 beat", None),
        ("Example 3", None),
        ("from 1 to 9: 2", 2),
        ("1-9 scale", None),
        ("", None),
        ("high", None),
        ("9" * 30, None),
        ("5 5", 5),
    ],
)
def test_ratings(answer: str, rating: float | None) -> None:
    assert said_rating(answer) == rating


def test_ratings_as_a_whole() -> None:
    assert rating_r2([1, 3], [-1.0, 1.0]) == pytest.approx(1)
    assert rating_r2([3, 1], [-1.0, 1.0]) == pytest.approx(-3)
    assert rating_r2([1, 3, None], [-1.0, 1.0, 0.0]) == pytest.approx(1)
    with pytest.raises(EvaluationError, match="All ratings are the same"):
        rating_r2([5, 5, None], [0.0, 1.0, 2.0])
