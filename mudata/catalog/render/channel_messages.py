"""Parts as messages on MIDI channels, for engines that play soundfonts."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal, NamedTuple

from mudata.catalog.symbolic.general_midi import DRUM_CHANNEL

if TYPE_CHECKING:
    from mudata.catalog.render.events import RenderedNote, RenderedPart

FULL_LEVEL = 16_384
"""Amplitude 1 in messages of level. Engines have curves of their own for controller 7: fluidsynth squares it, as
General MIDI 2 has it, TinySoundFont cubes it."""

_ORDER = {"off": 0, "program": 1, "pan": 2, "level": 3, "bend_range": 4, "bend": 5, "on": 6}
"""Of messages at one moment: notes end before they begin anew, and begin as they are to sound."""


class ChannelMessage(NamedTuple):
    at_s: float
    kind: Literal["off", "program", "pan", "level", "bend_range", "bend", "on"]
    channel: int
    first: int
    """Pitch, program, pan (0 to 127), level, semitones of the bend range, or bend (0 to 16,383, 8,192 is none)."""
    second: int = 0
    """Velocity of a note that begins."""


def groups(parts: Sequence[RenderedPart]) -> list[list[RenderedPart]]:
    """Parts that sixteen channels can play together: each has its own, and one of them is that of drums. What several
    groups sound is added up."""
    pitched = [part for part in parts if part.notes and not part.is_drum]
    drums = [part for part in parts if part.notes and part.is_drum]
    made = []
    while pitched or drums:
        made.append([*pitched[:15], *drums[:1]])
        pitched, drums = pitched[15:], drums[1:]
    return made


def messages(group: Sequence[RenderedPart], seconds: float) -> list[ChannelMessage]:
    """All messages of one group, sorted by time; notes that begin after `seconds` are left out, none hangs."""
    free = iter([channel for channel in range(16) if channel != DRUM_CHANNEL])
    found: list[ChannelMessage] = []
    for part in group:
        channel = DRUM_CHANNEL if part.is_drum else next(free)
        found += _settings(part, channel)
        for note in _apart(part.notes):
            if note.start_s < seconds:
                found.append(ChannelMessage(note.start_s, "on", channel, note.pitch, note.velocity))
                found.append(ChannelMessage(note.end_s, "off", channel, note.pitch))
    return sorted(found, key=lambda message: (message.at_s, _ORDER[message.kind]))


def _settings(part: RenderedPart, channel: int) -> list[ChannelMessage]:
    told = [
        ChannelMessage(0.0, "program", channel, part.program),
        ChannelMessage(0.0, "pan", channel, round(63.5 + 63.5 * part.pan)),
    ]
    levels = ((0.0, 1.0), *part.levels)
    told += [ChannelMessage(at, "level", channel, round(FULL_LEVEL * part.gain * value)) for at, value in levels]
    if part.bends:
        widest = max(2, math.ceil(max(abs(bend.value) for bend in part.bends)))
        told.append(ChannelMessage(0.0, "bend_range", channel, widest))
        for at, semitones in part.bends:
            told.append(ChannelMessage(at, "bend", channel, 8192 + round(semitones / widest * 8191)))
    return told


def _apart(notes: Sequence[RenderedNote]) -> list[RenderedNote]:
    """Notes of one channel: one that begins while the same pitch sounds ends it, or its end would end both."""
    later: dict[int, float] = {}
    apart = []
    for note in sorted(notes, key=lambda note: (note.start_s, note.end_s), reverse=True):
        end = min(note.end_s, later.get(note.pitch, math.inf))
        if end > note.start_s:
            apart.append(note._replace(end_s=end))
            later[note.pitch] = note.start_s
    return apart
