"""Rhythm and pitches of melodies: motives of bars, on the grid of sixteenths."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mudata.catalog.compose.metres import STEP, Metre
from mudata.catalog.compose.progressions import Mode, nearest_tone, scale_pitch

if TYPE_CHECKING:
    from mudata.catalog.compose.draws import Draws

_QUARTER_CELLS = (
    ("x...", "x...", "x.x.", "x.x.", "...."),
    ("x...", "x.x.", "x..x", "..x.", "x.xx"),
    ("..x.", "x..x", ".x.x", "...x", "..xx", ".x.."),
)
_DOTTED_CELLS = (
    ("x.....", "x...x.", "x.x.x.", "x.x.x.", "......"),
    ("x...x.", "x..x..", "..x.x.", "x.x.x.", "x.xx.."),
    ("..x.x.", "...x..", ".x..x.", "....x.", "x..x.x"),
)
"""Cells of a beat by level of syncopation."""

Onset = int
"""Ticks from the bar line."""
MelodyNote = tuple[Onset, int]
"""(onset, scale degree): 0 is the tonic, 7 its octave."""


def rhythm(metre: Metre, level: int, draws: Draws) -> list[Onset]:
    """Onsets of a bar. The downbeat has one unless the level is 2."""
    onsets = []
    for number, (start, length) in enumerate(zip(metre.starts, metre.beats, strict=True)):
        cells = (_DOTTED_CELLS if length > 4 * STEP else _QUARTER_CELLS)[level]
        cell = draws.choice(cells)
        if number == 0 and level < 2:
            cell = "x" + cell[1:]
        onsets += [start + STEP * step for step, mark in enumerate(cell) if mark == "x"]
    return onsets or [0]


def walk(onsets: list[Onset], degree: int, draws: Draws, *, low: int, high: int) -> list[MelodyNote]:
    """A line through scale degrees, by steps mostly, which turns at its bounds."""
    line = []
    for onset in onsets:
        line.append((onset, degree))
        move = draws.choice((-2, -1, -1, -1, 1, 1, 1, 2, 3, -3))
        if not low <= degree + move <= high:
            move = -move
        degree += move
    return line


def pitches(
    line: list[MelodyNote], mode: Mode, chords: list[tuple[Onset, str]], metre: Metre
) -> list[tuple[Onset, int]]:
    """(onset, semitones above the tonic): on beats a tone of the chord in force, elsewhere of the scale."""
    sounding = []
    for onset, degree in line:
        chord = [name for start, name in chords if start <= onset][-1]
        pitch = scale_pitch(mode, degree, chord)
        sounding.append((onset, nearest_tone(pitch, chord) if onset in metre.starts else pitch))
    return sounding
