"""A section that comes again, played otherwise: the same chords, bass and theme, as players who repeat a verse do."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

from mudata.catalog.compose.idioms import DRUM_PITCHES
from mudata.catalog.compose.metres import APART, STEP

if TYPE_CHECKING:
    from mudata.catalog.compose.draws import Draws
    from mudata.catalog.compose.metres import Metre
    from mudata.catalog.compose.piece import Role
    from mudata.catalog.compose.written_note import WrittenNote

_FILLS = {24: ((0, 12, 24), (12, 24, 36), (0, 24, 36), (0, 36)), 36: ((0, 12, 24, 36), (0, 24, 48, 60), (24, 48))}
"""Ticks from the last beat on, by half of that beat (a quarter, a dotted quarter); none is what is played at first."""

_SPLIT, _LEFT_OUT = 45, 25
"""Of a hundred notes of a melody that may be."""


def varied(
    role: Role, notes: list[WrittenNote], metre: Metre, draws: Draws, variant: int, *, fills: bool
) -> list[WrittenNote]:
    """A bar of a role as it is played the `variant`-th time after the first; `fills`: its last beat has a fill.

    Drums have another fill, chords another inversion, melodies ornaments; bass, counter and pad stay.
    """
    match role:
        case "drums" if fills:
            return _another_fill(notes, metre, draws)
        case "chords":
            return _inverted(notes, up=variant % 2 == 1)
        case "melody":
            return _ornamented(notes, metre, draws)
        case _:
            return notes


def _another_fill(notes: list[WrittenNote], metre: Metre, draws: Draws) -> list[WrittenNote]:
    snare, last = DRUM_PITCHES["snare"], metre.starts[-1]
    kept = [note for note in notes if note.pitch != snare or note.start < last]
    [stroke, *_] = [note for note in notes if note not in kept]
    ticks = draws.choice(_FILLS[metre.beats[-1] // 2])
    return kept + [stroke._replace(start=last + tick, end=last + tick + STEP) for tick in ticks]


def _inverted(notes: list[WrittenNote], *, up: bool) -> list[WrittenNote]:
    """The lowest note of every chord an octave higher, or the highest an octave lower."""
    moved = []
    for _, together in groupby(sorted(notes), key=lambda note: note.start):
        chord = sorted(together, key=lambda note: note.pitch)
        at, by = (0, 12) if up else (-1, -12)
        chord[at] = chord[at]._replace(pitch=chord[at].pitch + by)
        moved += chord
    return moved


def _ornamented(notes: list[WrittenNote], metre: Metre, draws: Draws) -> list[WrittenNote]:
    """Long notes come to the next one before its time, or are struck again; some off the beat are left out. What lies
    on beats, which is the theme, stays."""
    played: list[WrittenNote] = []
    for note, following in zip(notes, [*notes[1:], None], strict=True):
        off_the_beat = note.start not in metre.starts
        if off_the_beat and played and draws.chance(_LEFT_OUT):
            continue
        middle = note.start + (note.end - note.start) // (2 * STEP) * STEP
        if middle > note.start and draws.chance(_SPLIT):
            pitch = following.pitch if following else note.pitch
            played += [note._replace(end=middle - APART), note._replace(start=middle, pitch=pitch)]
        else:
            played.append(note)
    return played
