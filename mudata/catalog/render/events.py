"""Notes to be played: parts with an instrument each, in seconds, whoever wrote them and whoever plays them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from mudata.errors import AudioError, number

LONGEST_S = 900.0
"""Seconds that are rendered at most: what is asked about is a clip, and a longer piece is cut into windows first."""

MOST_NOTES = 200_000
"""Notes that are rendered at most; a MIDI file of more is a picture drawn with notes ("black MIDI"), no music."""

MOST_PARTS = 256
"""Parts that are rendered at most: one for each channel of sixteen ports."""

MOST_AT_ONCE = 1024
"""Notes that may sound at once: as many full-scale tones as the integers of the synthesiser can add up."""


class RenderedNote(NamedTuple):
    """One note. It begins and ends: nothing that is rendered hangs."""

    start_s: float
    end_s: float
    pitch: int
    """MIDI note number, 0 to 127, 69 = A4 = 440 Hz; of drums the instrument (General MIDI 1, percussion key map)."""
    velocity: int
    """1 to 127."""


class Change(NamedTuple):
    """A value that holds from a moment on."""

    at_s: float
    value: float


@dataclass(frozen=True)
class RenderedPart:
    """What one instrument plays.

    `program` is a General MIDI program, 0 to 127, or the number of a kit where `is_drum`. `pan` goes from -1 (left)
    to 1 (right). `gain` is a factor of amplitude, 0 to 1; `levels` are further factors in the course of the part,
    `bends` how many semitones it sounds off from then on: both sorted by time, as a MIDI channel's controllers say.
    """

    program: int
    notes: tuple[RenderedNote, ...]
    is_drum: bool = False
    pan: float = 0.0
    gain: float = 1.0
    levels: tuple[Change, ...] = ()
    bends: tuple[Change, ...] = ()


def check(parts: Sequence[RenderedPart]) -> float:
    """Seconds from 0 to the end of the last note.

    Raises AudioError: `no_notes`; `too_long`, `too_many_notes`, `too_many_parts`, beyond the limits above; `bad_notes`,
    values that are out of range, are no numbers, or end before they begin.
    """
    notes = [note for part in parts for note in part.notes]
    if not notes:
        raise AudioError("no_notes", "There is not one note to render.", "Give parts with notes.")
    if len(parts) > MOST_PARTS:
        raise AudioError("too_many_parts", f"{len(parts):,} parts; at most {MOST_PARTS} are rendered.")
    for part in parts:
        _check_part(part)
    for note in notes:
        if not (0 <= note.start_s < note.end_s < math.inf and 0 <= note.pitch <= 127 and 1 <= note.velocity <= 127):
            raise AudioError(
                "bad_notes",
                f"{note} cannot be played.",
                "A note begins at 0 s or later and ends after that; pitches are 0 to 127, velocities 1 to 127.",
            )
    if (end := max(note.end_s for note in notes)) > LONGEST_S:
        raise AudioError("too_long", f"{end:.0f} s of music; at most {LONGEST_S:.0f} s are rendered.", "Cut it first.")
    if len(notes) > MOST_NOTES:
        raise AudioError("too_many_notes", f"{number(len(notes), 'note')}; at most {MOST_NOTES:,} are rendered.")
    if (most := _at_once(notes)) > MOST_AT_ONCE:
        raise AudioError("too_many_notes", f"{most:,} notes sound at once; at most {MOST_AT_ONCE:,} can be rendered.")
    return end


def _check_part(part: RenderedPart) -> None:
    fine = 0 <= part.program <= 127 and -1 <= part.pan <= 1 and 0 <= part.gain <= 1
    changes = all(0 <= change.value <= 1 for change in part.levels) and all(abs(x.value) <= 127 for x in part.bends)
    if not (fine and changes):
        raise AudioError(
            "bad_notes",
            f"A part of program {part.program}, pan {part.pan}, gain {part.gain} cannot be played.",
            "Programs are 0 to 127, pan is -1 to 1, gain and levels are 0 to 1, bends at most 127 semitones.",
        )


def _at_once(notes: Sequence[RenderedNote]) -> int:
    """Most notes that sound at one moment; one that ends where another begins does not sound with it."""
    steps = sorted([(note.start_s, 1) for note in notes] + [(note.end_s, -1) for note in notes])
    sounding = most = 0
    for _, step in steps:
        sounding += step
        most = max(most, sounding)
    return most
