"""What the channels of a MIDI file are told: volume, expression, pan, bend, pedal, silence."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from mudata.catalog.render.events import Change

if TYPE_CHECKING:
    from mudata.catalog.symbolic.smf import MidiFile
    from mudata.catalog.symbolic.timeline import Timeline

_DEFAULT_VOLUME = 100
"""Of a channel that is told none (General MIDI 1)."""


@dataclass
class ChannelStates:
    """What a channel is told, in the order of time, in seconds; levels are factors of amplitude, bends semitones."""

    levels: list[Change] = field(default_factory=lambda: [Change(0.0, (_DEFAULT_VOLUME / 127) ** 2)])
    pans: list[Change] = field(default_factory=lambda: [Change(0.0, 0.0)])
    bends: list[Change] = field(default_factory=list)
    pedal: list[Change] = field(default_factory=list)
    """1 is down, 0 is up; it ends up."""
    volume: int = _DEFAULT_VOLUME
    expression: int = 127
    bend: int = 0
    parameter: tuple[int, int] = (127, 127)
    bend_range: int = 2


def channel_states(file: MidiFile, timeline: Timeline) -> dict[int, ChannelStates]:
    """By channel, 0 to 15 and 16 more for every further port; channels that are told nothing are made when asked for.

    Controllers are those of MIDI 1.0 and General MIDI 1: 6 with 100 and 101 (the range of bends), 7 (volume), 10 (pan),
    11 (expression), 64 (sustain), 120 and 123 (silence, which lets go of the pedal), 121 (reset; of that what RP-015
    says of these). That silence ends notes, `symbolic.notes` knows.
    """
    events = file.events
    kind = events.status >> 4
    chosen = np.flatnonzero((kind == 0xB) | (kind == 0xE))
    chosen = chosen[np.argsort(events.tick[chosen], kind="stable")]
    last = int(events.tick.max(initial=0))
    told: dict[int, ChannelStates] = defaultdict(ChannelStates)
    columns = (file.channels(chosen), kind[chosen], events.first[chosen], events.second[chosen])
    times = timeline.seconds(events.tick[chosen]).tolist()
    for of, what, first, second, at in zip(*(column.tolist() for column in columns), times, strict=True):
        if what == 0xE:
            told[of].bend = (second << 7 | first) - 8192
            _bend(told[of], at)
        else:
            _control(told[of], first, second, at)
    end = timeline.second(last)
    for state in told.values():
        state.pedal.append(Change(end, 0.0))
    return told


def _bend(state: ChannelStates, at: float) -> None:
    state.bends.append(Change(at, state.bend / 8192 * state.bend_range))


def _control(state: ChannelStates, controller: int, value: int, at: float) -> None:
    match controller:
        case 7 | 11:
            if controller == 7:
                state.volume = value
            else:
                state.expression = value
            state.levels.append(Change(at, (state.volume * state.expression / 127**2) ** 2))
        case 10:
            state.pans.append(Change(at, max(-1.0, (value - 64) / 63)))
        case 64:
            state.pedal.append(Change(at, float(value >= 64)))
        case 101:
            state.parameter = (value, state.parameter[1])
        case 100:
            state.parameter = (state.parameter[0], value)
        case 6 if state.parameter == (0, 0):
            state.bend_range = min(value, 127)
            _bend(state, at)
        case 120 | 123:
            state.pedal.append(Change(at, 0.0))
        case 121:
            state.expression, state.bend = 127, 0
            state.levels.append(Change(at, (state.volume / 127) ** 2))
            state.pedal.append(Change(at, 0.0))
            _bend(state, at)
