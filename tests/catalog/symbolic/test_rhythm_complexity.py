"""Clave rhythms have the values of the literature, and every measure is what plain counting gives."""

from __future__ import annotations

from fractions import Fraction
from itertools import combinations

import pytest

from mudata.catalog.symbolic.rhythm_complexity import (
    CyclicRhythm,
    keith,
    longuet_higgins_lee,
    metrical_complexity,
    off_beatness,
    weighted_note_to_beat_distance,
)

COMMON = (2, 2, 2, 2)

TABLE = [  # WNBD, LHL, TMC, Keith, off-beat pulses
    ("shiko", "x...x.x...x.x...", "6/5", 2, 2, 1, 0),
    ("son", "x..x..x...x.x...", "14/5", 4, 4, 2, 1),
    ("rumba", "x..x...x..x.x...", "18/5", 5, 5, 2, 2),
    ("soukous", "x..x..x...xx....", "22/5", 6, 6, 3, 2),
    ("gahu", "x..x..x...x...x.", "18/5", 5, 5, 3, 1),
    ("bossa nova", "x..x..x...x..x..", "4", 6, 6, 3, 2),
    ("quarters", "x...x...x...x...", "0", 0, 0, 0, 0),
    ("off-beat eighths", "..x...x...x...x.", "4", 7, 7, 4, 0),
]


@pytest.mark.parametrize(("pattern", "wnbd", "lhl", "tmc", "of_keith", "off"), [row[1:] for row in TABLE])
def test_clave_rhythms(pattern: str, wnbd: str, lhl: int, tmc: int, of_keith: int, off: int) -> None:
    rhythm = CyclicRhythm.from_pattern(pattern, COMMON, 4)
    assert weighted_note_to_beat_distance(rhythm) == Fraction(wnbd)
    assert longuet_higgins_lee(rhythm) == lhl
    assert metrical_complexity(rhythm) == tmc
    assert keith(rhythm) == of_keith
    assert off_beatness(rhythm) == off


def test_what_does_not_repeat_has_no_end() -> None:
    hesitation = CyclicRhythm.from_pattern("x.x.x..x", (2, 2, 2), 4)
    assert weighted_note_to_beat_distance(hesitation, repeats=False) == Fraction(1, 2)
    assert weighted_note_to_beat_distance(hesitation) == Fraction(3, 2)


def test_metrical_weights() -> None:
    published = (0, -4, -3, -4, -2, -4, -3, -4, -1, -4, -3, -4, -2, -4, -3, -4)
    assert CyclicRhythm((), COMMON, 4).weights == published
    assert CyclicRhythm((), (3, 2), 2).weights == (0, -2, -1, -2, -1, -2)  # 3/4
    assert CyclicRhythm((), (2, 3), 3).weights == (0, -2, -2, -1, -2, -2)  # 6/8
    assert CyclicRhythm((), (5, 2), 2).weights == (0, -2, -1, -2, -1, -2, -1, -2, -1, -2)  # 5/4
    assert CyclicRhythm((), (7,), 1).weights == (0,) + (-1,) * 6  # 7/8


TOUSSAINT = (5, 1, 2, 1, 3, 1, 2, 1, 4, 1, 2, 1, 3, 1, 2, 1)


@pytest.mark.slow
def test_all_rhythms_of_five_onsets_against_plain_counting() -> None:
    for onsets in combinations(range(16), 5):
        rhythm = CyclicRhythm(onsets, COMMON, 4)
        most = 5 + 4 + 3 + 3 + 2
        assert metrical_complexity(rhythm) == most - sum(TOUSSAINT[onset] for onset in onsets)
        weights, syncopation, distance = rhythm.weights, 0, Fraction(0)
        for onset in onsets:
            rests, at = [], onset + 1
            while at % 16 not in onsets:
                rests.append(weights[at % 16])
                at += 1
            syncopation += max(0, max(rests, default=-9) - weights[onset])
            beats = [beat for beat in range(0, 33, 4) if beat > onset]
            if onset % 4:
                nearest = min(abs(onset - beat) for beat in range(0, 33, 4))
                distance += Fraction(8 if beats[0] < at <= beats[1] else 4, nearest)
        assert longuet_higgins_lee(rhythm) == syncopation
        assert weighted_note_to_beat_distance(rhythm) == distance / 5


def test_compound_and_odd_metres() -> None:
    on_the_beats = CyclicRhythm.from_pattern("x..x..", (2, 3), 3)
    between = CyclicRhythm.from_pattern("..x..x", (2, 3), 3)
    for measure in (weighted_note_to_beat_distance, longuet_higgins_lee, metrical_complexity):
        assert measure(on_the_beats) == 0 < measure(between)
    assert weighted_note_to_beat_distance(between) == 2 / Fraction(1, 3)
    assert off_beatness(CyclicRhythm((1, 5, 6, 9, 11), (4, 3), 3)) == 3
    five = CyclicRhythm((1, 3, 5, 7, 9), (5, 2), 2)
    assert longuet_higgins_lee(five) == 4 * 1 + 2
    with pytest.raises(ValueError, match="Keith's measure of 10 pulses, expected a power of two"):
        keith(five)


def test_no_onsets() -> None:
    empty = CyclicRhythm((), COMMON, 4)
    assert longuet_higgins_lee(empty) == metrical_complexity(empty) == keith(empty) == off_beatness(empty) == 0
    with pytest.raises(ValueError, match="expected at least one"):
        weighted_note_to_beat_distance(empty)


@pytest.mark.parametrize(
    ("onsets", "divisions", "beat", "told"),
    [
        ((0, 16), COMMON, 4, "expected pulses from 0 to 15"),
        ((-1,), COMMON, 4, "expected pulses from 0 to 15"),
        ((3, 2), COMMON, 4, "rising order"),
        ((2, 2), COMMON, 4, "each once"),
        ((), (), 1, "numbers of at least 2"),
        ((), (4, 1), 1, "numbers of at least 2"),
        ((), COMMON, 3, "a divisor of 16"),
        ((), COMMON, 0, "a divisor of 16"),
    ],
)
def test_what_is_no_rhythm(onsets: tuple[int, ...], divisions: tuple[int, ...], beat: int, told: str) -> None:
    with pytest.raises(ValueError, match=told):
        CyclicRhythm(onsets, divisions, beat)


@pytest.mark.parametrize("pattern", ["x...", "x...x...x...x..o"])
def test_what_is_no_box_notation(pattern: str) -> None:
    with pytest.raises(ValueError, match="expected 16 signs"):
        CyclicRhythm.from_pattern(pattern, COMMON, 4)
