"""Huron's values, and his claim: the scales in use are the most consonant of their size."""

from __future__ import annotations

from itertools import combinations

import pytest

from mudata.catalog.symbolic.consonance import (
    aggregate_dyadic_consonance,
    interval_vector,
    mean_dyadic_consonance,
)

DIATONIC, PENTATONIC = (0, 2, 4, 5, 7, 9, 11), (0, 2, 4, 7, 9)

SETS = {
    "diatonic": (DIATONIC, 4.755),
    "major pentatonic": (PENTATONIC, 4.788),
    "harmonic minor": ((0, 2, 3, 5, 7, 8, 11), 2.538),
    "melodic minor": ((0, 2, 3, 5, 7, 9, 11), 2.208),
    "blues": ((0, 3, 5, 6, 7, 10), 2.459),
    "whole tone": ((0, 2, 4, 6, 8, 10), -2.535),
    "octatonic": ((0, 1, 3, 4, 6, 7, 9, 10), 1.404),
    "chromatic": (tuple(range(12)), -0.198),
    "major": ((0, 4, 7), 2.220),
    "minor": ((0, 3, 7), 2.220),
    "diminished": ((0, 3, 6), 0.735),
    "augmented": ((0, 4, 8), 1.158),
    "dominant seventh": ((0, 4, 7, 10), 1.779),
    "major seventh": ((0, 4, 7, 11), 2.418),
    "minor seventh": ((0, 3, 7, 10), 3.472),
    "diminished seventh": ((0, 3, 6, 9), 1.470),
}


@pytest.mark.parametrize(("pitches", "value"), SETS.values(), ids=SETS)
def test_sets(pitches: tuple[int, ...], value: float) -> None:
    assert aggregate_dyadic_consonance(pitches) == value
    assert aggregate_dyadic_consonance([60 + 7 - pitch for pitch in pitches]) == value  # turned and inverted
    assert aggregate_dyadic_consonance([*pitches, *(pitch + 24 for pitch in pitches)]) == value  # doubled


def test_each_pair() -> None:
    assert mean_dyadic_consonance(DIATONIC) == pytest.approx(0.2264, abs=5e-5)
    assert mean_dyadic_consonance(PENTATONIC) == 0.4788
    assert mean_dyadic_consonance([5]) == aggregate_dyadic_consonance([5]) == aggregate_dyadic_consonance([]) == 0


@pytest.mark.parametrize(("scale", "next_best"), [(DIATONIC, 3.055), (PENTATONIC, None)])
def test_the_scales_in_use_are_first_of_all_sets_of_their_size(scale: tuple[int, ...], next_best: float | None) -> None:
    ranked: dict[float, set[tuple[int, ...]]] = {}
    for pitches in combinations(range(12), len(scale)):
        ranked.setdefault(aggregate_dyadic_consonance(pitches), set()).add(pitches)
    values = sorted(ranked, reverse=True)
    transposed = {tuple(sorted((pitch + by) % 12 for pitch in scale)) for by in range(12)}
    assert ranked[values[0]] == transposed
    assert next_best in (None, values[1])


def test_interval_vectors_against_plain_counting() -> None:
    for pitches in combinations(range(12), 4):
        apart = [(a - b) % 12 for a in pitches for b in pitches]
        assert interval_vector(pitches) == tuple(apart.count(of) // (1 if of < 6 else 2) for of in range(1, 7))
