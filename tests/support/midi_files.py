"""MIDI files as tests write them: events in ticks, bytes out."""

from __future__ import annotations

from collections.abc import Sequence

BEAT = 480
"""Ticks per quarter note."""

Event = tuple[int, bytes]
"""Tick and bytes of an event."""


def number(value: int) -> bytes:
    """A number of variable length."""
    data = [value & 0x7F]
    while value := value >> 7:
        data.append(0x80 | value & 0x7F)
    return bytes(reversed(data))


def meta(kind: int, data: bytes, tick: int = 0) -> Event:
    return tick, bytes([0xFF, kind]) + number(len(data)) + data


def tempo(bpm: float, tick: int = 0) -> Event:
    return meta(0x51, round(60e6 / bpm).to_bytes(3, "big"), tick)


def metre(beats: int, unit: int, tick: int = 0) -> Event:
    return meta(0x58, bytes([beats, unit.bit_length() - 1, 24, 8]), tick)


def key(sharps: int, mode: int = 0, tick: int = 0) -> Event:
    return meta(0x59, bytes([sharps % 256, mode]), tick)


def marker(text: str, tick: int = 0, kind: int = 0x06) -> Event:
    return meta(kind, text.encode(), tick)


def program(of: int, channel: int = 0, tick: int = 0) -> Event:
    return tick, bytes([0xC0 | channel, of])


def control(controller: int, value: int, channel: int = 0, tick: int = 0) -> Event:
    return tick, bytes([0xB0 | channel, controller, value])


def sysex(data: bytes, tick: int = 0) -> Event:
    return tick, b"\xf0" + number(len(data) + 1) + data + b"\xf7"


def note(pitch: int, begin: float, beats: float = 1, channel: int = 0, velocity: int = 80) -> list[Event]:
    """`begin` and `beats` are in quarter notes."""
    start, end = round(begin * BEAT), round((begin + beats) * BEAT)
    return [(start, bytes([0x90 | channel, pitch, velocity])), (end, bytes([0x80 | channel, pitch, 64]))]


def scale(pitches: Sequence[int], beats: float = 1, channel: int = 0, begin: float = 0) -> list[Event]:
    """Notes one after another."""
    return [event for n, pitch in enumerate(pitches) for event in note(pitch, begin + n * beats, beats, channel)]


def midi_file(*tracks: Sequence[Event], ticks_per_beat: int = BEAT) -> bytes:
    """A file of type 1. At one tick events stand as they were given, the ends of notes first."""
    chunks = []
    for track in tracks:
        data, last = b"", 0
        for tick, event in sorted(track, key=lambda of: (of[0], of[1][0] >> 4 != 8)):
            data += number(tick - last) + event
            last = tick
        data += b"\0\xff\x2f\0"
        chunks.append(b"MTrk" + len(data).to_bytes(4, "big") + data)
    head = b"MThd\0\0\0\6\0\1" + len(tracks).to_bytes(2, "big") + ticks_per_beat.to_bytes(2, "big")
    return head + b"".join(chunks)
