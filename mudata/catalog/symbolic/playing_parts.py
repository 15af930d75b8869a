"""Which parts play in a stretch of a MIDI file, how long they sound, and which of them only double others."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mudata.catalog.symbolic.general_midi import DRUM_CHANNEL

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from mudata.catalog.symbolic.notes import MidiNotes
    from mudata.catalog.symbolic.timeline import Timeline

CELLS = 8
"""Cells of a quarter note within which onsets count as the same: a 32nd note."""

DOUBLED = 0.8
"""Share of a part's notes that another part has at the same time in any octave, from which on it doubles that part: so
were 197 parts of 196 real files."""

STROKE_S = 0.25
"""Seconds that a stroke of a drum sounds at least: when its note ends says nothing, and in many files that is at once.
Ours."""

_SPREAD = 256
"""A table of parts by cells with more places than this for each note is not made; the cells that occur are counted
first."""


@dataclass(frozen=True)
class Parts:
    """The parts of a file, and the part of each of its notes. A part is notes of one track, channel and program."""

    of: npt.NDArray[np.intp]
    """Of each note, the place of its part below."""
    channel: npt.NDArray[np.int64]
    program: npt.NDArray[np.int64]
    is_drum: npt.NDArray[np.bool_]


def parts_of(played: MidiNotes) -> Parts:
    """Parts in the order of their tracks, channels and programs."""
    import numpy as np

    code = (played.track << 12 | played.channel) << 7 | played.program
    starts = np.flatnonzero(np.diff(code, prepend=-1))  # notes of one part mostly stand together
    distinct, place = np.unique(code[starts], return_inverse=True)
    of = np.repeat(place, np.diff(np.append(starts, len(code))))
    channel = distinct >> 7 & 0xFFF
    return Parts(of, channel, distinct & 0x7F, channel & 0xF == DRUM_CHANNEL)


def sounding_seconds(
    part: npt.NDArray[np.intp],
    start: npt.NDArray[np.int64],
    end: npt.NDArray[np.int64],
    timeline: Timeline,
    *,
    parts: int,
    stroke: int,
) -> npt.NDArray[np.float64]:
    """How long each part sounds, chords counted once, shape (parts,).

    `part`, `start` and `end` (ticks) are those of each note; a note of part -1 is left out. Notes of the part `stroke`
    ring for STROKE_S at least, whenever they end.
    """
    import numpy as np

    order = np.lexsort((start, part))
    order = order[np.searchsorted(part[order], 0) :]
    of, begins, ends = part[order], timeline.seconds(start[order]), timeline.seconds(end[order])
    if not len(of):
        return np.zeros(parts)
    ends = np.where(of == stroke, np.maximum(ends, begins + STROKE_S), ends)
    # parts are moved apart in time, so that one running maximum of ends serves all
    apart = of * (ends.max() + 1.0)
    latest = np.maximum.accumulate(ends + apart)
    alone = ends + apart - np.maximum(begins + apart, np.concatenate([[-1.0], latest[:-1]]))
    return np.bincount(of, np.maximum(alone, 0), parts).astype(np.float64)


def doubled(
    part: npt.NDArray[np.intp], cell: npt.NDArray[np.int64], pitch: npt.NDArray[np.uint8], parts: int
) -> set[int]:
    """The parts that only double others: at least DOUBLED of their notes begin in the same cell as a note of the same
    pitch class of a part with as many notes or more. Of two that double each other the later one does.

    `part`, `cell` (of the onset) and `pitch` are those of each note.
    """
    import numpy as np

    if not len(part):
        return set()
    place = (cell - cell.min()) * 12 + pitch % 12
    if parts * place.max() > _SPREAD * len(place):
        place = np.unique(place, return_inverse=True)[1]
    table = np.zeros((parts, int(place.max()) + 1), np.bool_)
    table[part, place] = True
    sets = [int.from_bytes(row.tobytes(), "big") for row in np.packbits(table, axis=1)]
    sizes = [one.bit_count() for one in sets]
    kept: list[int] = []
    gone = set()
    for of in sorted((of for of in range(parts) if sizes[of]), key=lambda of: (-sizes[of], of)):
        if any((sets[of] & sets[other]).bit_count() >= DOUBLED * sizes[of] for other in kept):
            gone.add(of)
        else:
            kept.append(of)
    return gone
