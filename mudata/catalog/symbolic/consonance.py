"""How consonant a set of pitch classes is, by Huron's aggregate dyadic consonance.

Huron 1994, Interval-class content in equally tempered pitch-class sets: common scales exhibit optimum tonal consonance,
Music Perception 11(3), 289-305. Of all sets of seven pitch classes the diatonic is the most consonant, of all of five
the pentatonic. Higher is more consonant. An inversion has the same value, so major and minor are not told apart.
"""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

_THOUSANDTHS = (-1428, -582, 594, 386, 1240, -453)
"""Of each interval class 1 to 6, in thousandths (Huron 1994, the standardised mean of three sets of judgements): whole
numbers, so that sums are exact and two sets of one value tie."""


def interval_vector(pitch_classes: Iterable[int]) -> tuple[int, ...]:
    """How many pairs lie 1 to 6 semitones apart, the shorter way round the octave (Forte 1973, The Structure of Atonal
    Music). Octaves and doublings do not count.

    >>> interval_vector([60, 64, 67, 72])
    (0, 0, 1, 1, 1, 0)
    """
    counts = [0] * 6
    for low, high in combinations(sorted({pitch % 12 for pitch in pitch_classes}), 2):
        counts[min(high - low, 12 - high + low) - 1] += 1
    return tuple(counts)


def aggregate_dyadic_consonance(pitch_classes: Iterable[int]) -> float:
    """The sum over all pairs of pitch classes of the consonance of their interval class; of fewer than two 0.

    >>> aggregate_dyadic_consonance([0, 4, 7])
    2.22
    """
    vector = interval_vector(pitch_classes)
    return sum(pairs * value for pairs, value in zip(vector, _THOUSANDTHS, strict=True)) / 1000


def mean_dyadic_consonance(pitch_classes: Iterable[int]) -> float:
    """The same for each pair, so that sets of different sizes can be set side by side; of fewer than two pitch classes
    0.

    >>> mean_dyadic_consonance([0, 2, 4, 7, 9])
    0.4788
    """
    vector = interval_vector(pitch_classes)
    total = sum(pairs * value for pairs, value in zip(vector, _THOUSANDTHS, strict=True))
    return total / 1000 / sum(vector) if any(vector) else 0.0
