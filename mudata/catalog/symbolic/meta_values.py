"""What meta events of MIDI files are worth: tempi, metres, keys, or none and why.

Formats are those of Standard MIDI Files 1.0. Tempi are microseconds per quarter note; metres are '6/8'; keys are 'F#
minor', spelled as the signature writes them.
"""

from __future__ import annotations

from mudata.errors import number

DEFAULT_TEMPO = 500_000
"""Microseconds per quarter note of a file that sets none: 120 bpm (Standard MIDI Files 1.0, "Set Tempo")."""

SHORTEST_NOTE = 10
"""A metre counts notes down to 2 to the -10, the 1024th: the shortest that notation has a sign for (MusicXML 4.0)."""

_MAJOR = ("Cb", "Gb", "Db", "Ab", "Eb", "Bb", "F", "C", "G", "D", "A", "E", "B", "F#", "C#")
_MINOR = ("Ab", "Eb", "Bb", "F", "C", "G", "D", "A", "E", "B", "F#", "C#", "G#", "D#", "A#")


class NoValueError(ValueError):
    """A meta event whose value is none; the text says why."""


def tempo_of(data: bytes) -> int:
    """Microseconds per quarter note. Raises NoValueError."""
    if len(data) != 3:
        raise NoValueError(f"a tempo of {number(len(data), 'byte')}, expected 3")
    if not any(data):
        raise NoValueError("a tempo of 0 microseconds per quarter note")
    return int.from_bytes(data, "big")


def metre_of(data: bytes) -> str:
    """A metre such as '6/8'. Raises NoValueError."""
    if len(data) != 4:
        raise NoValueError(f"a time signature of {number(len(data), 'byte')}, expected 4")
    if data[1] > SHORTEST_NOTE:
        raise NoValueError(f"a time signature of {data[0]}/2^{data[1]}: no note is shorter than 1/{2**SHORTEST_NOTE}")
    if not data[0]:
        raise NoValueError(f"a time signature of 0/{2 ** data[1]}")
    return f"{data[0]}/{2 ** data[1]}"


def key_of(data: bytes) -> str:
    """A key such as 'F# minor'. Raises NoValueError."""
    if len(data) != 2:
        raise NoValueError(f"a key signature of {number(len(data), 'byte')}, expected 2")
    sharps = int.from_bytes(data[:1], "big", signed=True)
    if abs(sharps) > 7:
        what = "sharps" if sharps > 0 else "flats"
        raise NoValueError(f"a key signature of {abs(sharps)} {what}, expected at most 7")
    if data[1] > 1:
        raise NoValueError(f"a key signature of mode {data[1]}, expected 0 (major) or 1 (minor)")
    return f"{_MINOR[sharps + 7]} minor" if data[1] else f"{_MAJOR[sharps + 7]} major"


def key_data(name: str, semitones: int = 0) -> bytes:
    """The event data of a key so many semitones higher, written with the fewest accidentals, six sharps rather than six
    flats.

    >>> key_data("G major", 3).hex(), key_data("F# minor").hex()
    ('fe00', '0301')
    """
    tonic, mode = name.split()
    names = _MINOR if mode == "minor" else _MAJOR
    sharps = names.index(tonic) - 7
    if semitones % 12:
        sharps = (sharps + 7 * semitones + 5) % 12 - 5
    return bytes([sharps % 256, mode == "minor"])
