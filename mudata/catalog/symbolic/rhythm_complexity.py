"""How syncopated a rhythm is, by the measures of the literature, on a cyclic grid of any metre.

A rhythm is onsets on pulses. Its metre is how the cycle divides, from the bar down: (2, 2, 2, 2) is 4/4 in sixteenths,
(3, 2, 2) 3/4, (2, 3, 2) 6/8, (5, 2, 2) 5/4. Higher is always more complex, and no scale is shared by two measures: they
order rhythms, and they order rhythms of different metres or numbers of pulses badly.

Of Keith's measure it is Toussaint's counting, of Longuet-Higgins and Lee's the one of Fitch and Rosenfeld (the greatest
rest of each gap, ties and no syncopation count 0); SynPy adds every rest of at least the note's weight and counts -1
for none.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from math import gcd, prod


@dataclass(frozen=True)
class CyclicRhythm:
    """Onsets on the pulses of a cycle that repeats.

    Raises ValueError for onsets that do not rise or lie outside of the cycle, divisions that divide nothing, and beats
    that the cycle is no multiple of.
    """

    onsets: tuple[int, ...]
    """Pulses, from 0, in rising order."""
    divisions: tuple[int, ...]
    """Into how many parts the cycle divides, then each of these, down to the pulse."""
    beat: int
    """Pulses of a beat."""

    def __post_init__(self) -> None:
        if not self.divisions or min(self.divisions) < 2:
            raise ValueError(f"divisions {self.divisions}, expected numbers of at least 2")
        if self.beat < 1 or self.pulses % self.beat:
            raise ValueError(f"a beat of {self.beat} pulses, expected a divisor of {self.pulses}")
        if list(self.onsets) != sorted(set(self.onsets)):
            raise ValueError(f"onsets {self.onsets}, expected pulses in rising order, each once")
        if self.onsets and not (self.onsets[0] >= 0 and self.onsets[-1] < self.pulses):
            raise ValueError(f"onsets {self.onsets}, expected pulses from 0 to {self.pulses - 1}")

    @classmethod
    def from_pattern(cls, pattern: str, divisions: tuple[int, ...], beat: int) -> CyclicRhythm:
        """Of box notation: 'x' is an onset, '.' is none.

        >>> CyclicRhythm.from_pattern("x..x..x...x.x...", (2, 2, 2, 2), 4).onsets
        (0, 3, 6, 10, 12)
        """
        if set(pattern) - set("x.") or len(pattern) != prod(divisions):
            raise ValueError(f"pattern {pattern!r}, expected {prod(divisions)} signs that are 'x' or '.'")
        return cls(tuple(at for at, sign in enumerate(pattern) if sign == "x"), divisions, beat)

    @property
    def pulses(self) -> int:
        return prod(self.divisions)

    @property
    def ends(self) -> tuple[int, ...]:
        """Where each note ends, which is where the next begins: of the last note in the next cycle."""
        return (*self.onsets[1:], *(onset + self.pulses for onset in self.onsets[:1]))

    @property
    def weights(self) -> tuple[int, ...]:
        """The metrical weight of each pulse: 0 for the first, one less for every further level of division that it
        takes to reach it (Longuet-Higgins and Lee 1984, The rhythmic interpretation of monophonic music, Music
        Perception 1(4)).

        >>> CyclicRhythm((), (2, 3), 3).weights
        (0, -2, -2, -1, -2, -2)
        """
        weights = [-len(self.divisions)] * self.pulses
        for level in range(len(self.divisions), -1, -1):
            step = prod(self.divisions[level:])
            weights[::step] = [-level] * len(weights[::step])
        return tuple(weights)


def weighted_note_to_beat_distance(rhythm: CyclicRhythm, *, repeats: bool = True) -> Fraction:
    """The mean over the notes of D: 0 on a beat; else, with T the distance to the nearest beat in beats, 1/T, and 2/T
    for a note that ends behind the next beat and at or before the one after it (Gómez, Melvin, Rappaport, Toussaint
    2005, Mathematical measures of syncopation, Bridges, 73-84). AMADS asks that the note ends before the second beat.

    Where nothing `repeats` the last note has no end and adds nothing. Raises ValueError without notes.

    >>> weighted_note_to_beat_distance(CyclicRhythm((0, 3, 6, 10, 12), (2, 2, 2, 2), 4))
    Fraction(14, 5)
    """
    if not rhythm.onsets:
        raise ValueError("a rhythm without onsets has no mean distance, expected at least one")
    total = Fraction(0)
    ending = zip(rhythm.onsets, rhythm.ends, strict=True)
    for onset, end in ending if repeats else list(ending)[:-1]:
        if behind := onset % rhythm.beat:
            next_beat = onset - behind + rhythm.beat
            distance = Fraction(min(behind, rhythm.beat - behind), rhythm.beat)
            total += (2 if next_beat < end <= next_beat + rhythm.beat else 1) / distance
    return total / len(rhythm.onsets)


def longuet_higgins_lee(rhythm: CyclicRhythm) -> int:
    """The sum over the notes of how much heavier than the note the heaviest rest is that follows it (Longuet-Higgins
    and Lee 1984; Fitch and Rosenfeld 2007, Perception and production of syncopated rhythms, Music Perception 25(1)).

    >>> longuet_higgins_lee(CyclicRhythm((0, 3, 6, 10, 12), (2, 2, 2, 2), 4))
    4
    """
    weights = rhythm.weights
    gaps = (
        max((weights[rest % rhythm.pulses] for rest in range(onset + 1, end)), default=weights[onset]) - weights[onset]
        for onset, end in zip(rhythm.onsets, rhythm.ends, strict=True)
    )
    return sum(max(0, gap) for gap in gaps)


def metrical_complexity(rhythm: CyclicRhythm) -> int:
    """How far the metrical weights of the onsets stay below the most that as many onsets can have (Toussaint 2002, A
    mathematical analysis of African, Brazilian and Cuban clave rhythms, Bridges, 157-168). Weights are those of
    Longuet-Higgins and Lee, counted upwards: sums differ by the same.

    >>> metrical_complexity(CyclicRhythm((0, 3, 6, 10, 12), (2, 2, 2, 2), 4))
    4
    """
    weights = rhythm.weights
    most = sum(sorted(weights, reverse=True)[: len(rhythm.onsets)])
    return most - sum(weights[onset] for onset in rhythm.onsets)


def keith(rhythm: CyclicRhythm) -> int:
    """How many notes begin off the multiples of the greatest power of two that their length holds (Keith 1991, From
    polychords to Pólya, as Toussaint counts it: The Geometry of Musical Rhythm, 2013).

    Raises ValueError unless the cycle has a power of two pulses: elsewhere it is not defined.

    >>> keith(CyclicRhythm((0, 3, 6, 10, 12), (2, 2, 2, 2), 4))
    2
    """
    if rhythm.pulses & (rhythm.pulses - 1):
        raise ValueError(f"Keith's measure of {rhythm.pulses} pulses, expected a power of two")
    notes = zip(rhythm.onsets, rhythm.ends, strict=True)
    return sum(onset % (1 << ((end - onset).bit_length() - 1)) != 0 for onset, end in notes)


def off_beatness(rhythm: CyclicRhythm) -> int:
    """How many onsets lie on pulses that no even division of the cycle reaches, those that share no divisor with its
    length: the odd ones of 16, and 1, 5, 7, 11 of 12 (Toussaint 2005, The geometry of musical rhythm, LNCS 3742,
    198-212).

    >>> off_beatness(CyclicRhythm((0, 3, 6, 10, 12), (2, 2, 2, 2), 4))
    1
    """
    return sum(gcd(onset, rhythm.pulses) == 1 for onset in rhythm.onsets)
