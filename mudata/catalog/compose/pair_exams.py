"""Exams that ask which of two pieces is the more complex, where two measures of the literature agree, with a gap."""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from mudata.catalog.cards.card_task import PAIR_OPTIONS
from mudata.catalog.compose.arrangement import arrange
from mudata.catalog.compose.draws import evenly
from mudata.catalog.compose.exam_plan import ComposedExam, ComposedItem, ExamPlan, same
from mudata.catalog.compose.metres import METRES
from mudata.catalog.compose.piece import PHRASE, ComposedPiece, bars_near, phrased
from mudata.catalog.compose.progressions import pitch_classes
from mudata.catalog.compose.traits import SECONDS, Series
from mudata.catalog.symbolic.consonance import mean_dyadic_consonance
from mudata.catalog.symbolic.rhythm_complexity import (
    CyclicRhythm,
    longuet_higgins_lee,
    weighted_note_to_beat_distance,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from mudata.catalog.cards.card_task import Level
    from mudata.catalog.compose.draws import Draws

FIRST, SECOND = PAIR_OPTIONS
PULSES = 16


@dataclass(frozen=True)
class _Pair:
    simple: ComposedPiece
    complex: ComposedPiece


def _exam(series: Series, task: str, question: str, make: Callable[[ComposedPiece, Draws], _Pair]) -> ExamPlan:
    """Pairs of pieces in one idiom, key and tempo; the more complex one is the first as often as the second."""
    n, name = series.n, series.exam
    answers = series.draws("answers").rounds((FIRST, SECOND), n)
    tempi = series.draws("order").shuffled(evenly(84, 132, n, series.draws("tempi")))
    pieces: list[ComposedPiece] = []
    items = []
    for number in range(n):
        plain = series.piece(
            number,
            metre="4/4",
            tempo=tempi[number],
            sections=phrased(bars_near(SECONDS // 2, METRES["4/4"], tempi[number], PHRASE)),
        )
        pair = make(plain, series.draws("pair", number))
        order = (pair.complex, pair.simple) if answers[number] == FIRST else (pair.simple, pair.complex)
        both = tuple(replace(piece, id=series.clip(2 * number + i)) for i, piece in enumerate(order))
        pieces += both
        items.append(
            ComposedItem(
                id=f"{name}.{number + 1:04d}.{task}",
                task=task,
                clips=tuple(piece.id for piece in both),
                truth=answers[number],
                cluster=plain.source,
                question=question,
                options=(FIRST, SECOND),
            )
        )
    return ExamPlan(tuple(pieces), tuple(items))


_RHYTHM_GAPS: dict[str, tuple[Fraction, int]] = {
    "easy": (Fraction(2), 4),
    "standard": (Fraction(1), 2),
    "hard": (Fraction(1, 2), 1),
}
"""By how much the two differ at least: WNBD, LHL. Chosen here: one of WNBD is the distance from son to bossa nova."""


def rhythm_of(steps: tuple[int, ...]) -> CyclicRhythm:
    """A rhythm of a bar of 4/4 in sixteenths."""
    return CyclicRhythm(steps, (2, 2, 2, 2), 4)


def rhythmic_complexity(seed: int, n: int, level: Level) -> ExamPlan:
    """Both melodies have the same chords, drums, bass and number of notes in a bar, which is repeated."""
    wide, high = _RHYTHM_GAPS[level]

    def make(plain: ComposedPiece, draws: Draws) -> _Pair:
        while True:
            count = 4 + draws.below(4)
            first, second = (tuple(sorted(draws.shuffled(range(PULSES))[:count])) for _ in range(2))
            wnbd = weighted_note_to_beat_distance(rhythm_of(second)) - weighted_note_to_beat_distance(rhythm_of(first))
            lhl = longuet_higgins_lee(rhythm_of(second)) - longuet_higgins_lee(rhythm_of(first))
            if wnbd >= wide and lhl >= high:
                steady = replace(plain, beat="steady")
                return _Pair(replace(steady, rhythm=first), replace(steady, rhythm=second))

    question = "In which of the two clips is the rhythm of the melody more syncopated?"
    return _exam(Series(seed, "rhythmic_complexity", n), "more_syncopated", question, make)


_HARMONY: dict[str, tuple[dict[str, Any], dict[str, Any], float, float]] = {
    "easy": ({"sevenths": False}, {"sevenths": True, "chords_per_bar": 4, "inserted": 60}, 0.2, 1.5),
    "standard": ({"sevenths": False}, {"sevenths": True, "chords_per_bar": 2, "inserted": 45}, 0.15, 0.75),
    "hard": (
        {"sevenths": False, "chords_per_bar": 2},
        {"sevenths": True, "chords_per_bar": 4, "inserted": 20},
        0.1,
        0.25,
    ),
}
"""The simpler piece, the more complex one, and by how much they differ at least: consonance of a pair of notes,
distinct chords in a bar."""


def harmony(piece: ComposedPiece) -> tuple[Fraction, Fraction]:
    """(mean dyadic consonance of the chords, by how long they last; mean number of distinct chords in a bar).

    The closing chord is left out.
    """
    chords, bar = arrange(piece).chords, piece.measure.bar
    ends = [start for start, _, _ in chords[1:]]
    heard = [(start, end - start, name) for (start, name, _), end in zip(chords[:-1], ends, strict=True)]
    consonance = sum(
        (Fraction(str(mean_dyadic_consonance(pitch_classes(name)))) * length for _, length, name in heard), Fraction(0)
    )
    distinct = len({(start // bar, name) for start, _, name in heard})
    return consonance / (bar * piece.bars), Fraction(distinct, piece.bars)


def harmonic_complexity(seed: int, n: int, level: Level) -> ExamPlan:
    """One piece has fewer and plainer chords: more consonant ones, and fewer distinct ones in a bar."""
    plainer, richer, consonance, distinct = _HARMONY[level]

    def make(plain: ComposedPiece, draws: Draws) -> _Pair:
        source = plain.source
        while True:
            tried = replace(plain, source=f"{source}/{draws.below(10**9)}", roles=("drums", "bass", "chords", "pad"))
            pair = _Pair(replace(tried, **plainer), replace(tried, **richer))
            (sweet, few), (sour, many) = harmony(pair.simple), harmony(pair.complex)
            if sweet - sour >= consonance and many - few >= distinct:
                return pair

    question = "Which of the two clips has the more complex harmony: more different chords, and more dissonant ones?"
    return _exam(Series(seed, "harmonic_complexity", n), "more_complex_harmony", question, make)


PAIR_EXAMS = (
    ComposedExam(
        name="rhythmic_complexity", title="Rhythmic complexity: which of two melodies is more syncopated", version=1,
        plan=rhythmic_complexity, balanced=same({"answers": 2}), unit="pairs", standard=60,
        tags=("rhythm",), tasks={"more_syncopated": {"kind": "pair", "noun": "more syncopated clip"}},
    ),
    ComposedExam(
        name="harmonic_complexity", title="Harmonic complexity: which of two pieces has the more complex harmony",
        version=1, plan=harmonic_complexity, balanced=same({"answers": 2}), unit="pairs", standard=60,
        tags=("keys",), tasks={"more_complex_harmony": {"kind": "pair", "noun": "clip with the more complex harmony"}},
    ),
)  # fmt: skip
