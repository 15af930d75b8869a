"""Which parts play in a stretch of a MIDI file, how long they sound, and which of them only double others."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mudata.catalog.symbolic.general_midi import DRUM_CHANNEL

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from mudata.catalog.symbolic.notes import MidiNotes

CELLS = 8
"""Cells of a quarter note within which onsets count as the same: a 32nd note."""

DOUBLED = 0.8
"""Share of a part's notes that another part has at the same time in any octave, from which on it doubles that part: so
were 197 parts of 196 real files."""


@dataclass(frozen=True)
class Parts:
    """The parts of a file, and the part of each of its notes. A part is notes of one track, channel and program."""

    of: npt.NDArray[np.intp]
    """Of each note, the place of its part below; it never falls."""
    channel: npt.NDArray[np.int64]
    program: npt.NDArray[np.int64]
    is_drum: npt.NDArray[np.bool_]
    kits: list[int]
    """The parts that are drums."""


def parts_of(played: MidiNotes) -> Parts:
    """Parts in the order of their tracks, channels and programs."""
    import numpy as np

    code = played.part
    first = np.ones(len(code), np.bool_)
    np.not_equal(code[1:], code[:-1], out=first[1:])  # notes of one part stand together
    begins = np.flatnonzero(first)
    distinct = code[begins]
    of = np.repeat(np.arange(len(begins)), np.diff(begins, append=len(code)))
    channel = distinct >> 7 & 0xFFF
    is_drum = channel & 0xF == DRUM_CHANNEL
    return Parts(of, channel, distinct & 0x7F, is_drum, np.flatnonzero(is_drum).tolist())


def sounding_seconds(
    part: npt.NDArray[np.intp], begins: npt.NDArray[np.float64], ends: npt.NDArray[np.float64], parts: int
) -> npt.NDArray[np.float64]:
    """How long each part sounds, chords counted once, shape (parts,).

    `part`, `begins` and `ends` (seconds) are those of each note, sorted by part and then by begin.
    """
    import numpy as np

    if not len(part):
        return np.zeros(parts)
    # parts are moved apart in time, so that one running maximum of ends serves all
    apart = part * (ends.max() + 1.0)
    begins, ends = begins + apart, ends + apart
    latest = ends if (ends[1:] >= ends[:-1]).all() else np.maximum.accumulate(ends)
    begins[1:] = np.maximum(begins[1:], latest[:-1])
    return np.bincount(part, np.maximum(ends - begins, 0), parts).astype(np.float64)


def doubled(
    part: npt.NDArray[np.intp], cell: npt.NDArray[np.int64], pitch: npt.NDArray[np.uint8], parts: int
) -> set[int]:
    """The parts that only double others: at least DOUBLED of their notes begin in the same cell as a note of the same
    pitch class of a part with as many notes or more. Of two that double each other the later one does.

    `part` (from `parts` on: left out), `cell` (of the onset) and `pitch` are those of each note. Notes of a part in one
    cell and pitch class count once.
    """
    import numpy as np

    bits = parts.bit_length()
    key = (cell * 12 + pitch % 12) << bits | np.minimum(part, parts)
    key = key.astype(np.int32) if key.max(initial=0) < 1 << 31 else key  # short numbers are sorted faster
    key.sort()
    once = np.ones(len(key), np.bool_)
    np.not_equal(key[1:], key[:-1], out=once[1:])
    key = key[once]
    place, part = key >> bits, key & (1 << bits) - 1
    sizes = np.bincount(part, minlength=parts + 1)[:parts]
    together = np.count_nonzero(place[1:] == place[:-1])
    if together < DOUBLED * sizes.min(where=sizes > 0, initial=len(key)):
        return set()  # no two parts can have so many notes in common
    shared = np.zeros((parts + 1) ** 2, np.int64)
    for apart in range(1, parts):  # notes of one place stand together, sorted by part
        same = np.flatnonzero(place[apart:] == place[:-apart])
        if not len(same):
            break
        shared += np.bincount(part[same] * (parts + 1) + part[same + apart], minlength=len(shared))
    pairs = shared.reshape(parts + 1, -1)[:parts, :parts]
    of_lower, of_higher = np.nonzero(pairs >= DOUBLED * np.minimum.outer(sizes, sizes))
    alike = {(low, high) for low, high in zip(of_lower.tolist(), of_higher.tolist(), strict=True) if low < high}
    gone: set[int] = set()
    if alike:
        kept: list[int] = []
        for of in np.lexsort((np.arange(parts), -sizes)).tolist():
            if sizes[of] and any((min(of, other), max(of, other)) in alike for other in kept):
                gone.add(of)
            else:
                kept.append(of)
    return gone
