"""A MIDI file, or a stretch of one, as parts to be played.

What was set before the stretch holds in it: programs, volumes, pans, bends and the pedal of every channel; and what
sounds already when it begins is played from where it was struck, and cut. Notes are those of `symbolic.notes`, so none
hangs. The sustain pedal (controller 64) makes notes longer, as not every engine knows it.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

import numpy as np

from mudata.catalog.read.source_file import reading
from mudata.catalog.render.events import Change, RenderedNote, RenderedPart
from mudata.catalog.render.midi_channels import ChannelStates, channel_states
from mudata.catalog.render.renderer import EngineChoice, Rendering, render
from mudata.catalog.symbolic import smf
from mudata.catalog.symbolic.general_midi import DRUM_CHANNEL
from mudata.catalog.symbolic.notes import notes
from mudata.catalog.symbolic.timeline import Timeline
from mudata.errors import AudioError

LEAD_S = 8.0
"""Seconds before a stretch that are played, and cut off, so that notes held into it do not begin anew."""


def render_midi(
    path: Path,
    *,
    start_s: float = 0.0,
    seconds: float | None = None,
    semitones: int = 0,
    engine: EngineChoice = "embedded",
    soundfont: Path | None = None,
    channels: Literal[1, 2] = 1,
) -> Rendering:
    """Play a file from `start_s` on, for `seconds` or to its end, all but the drums `semitones` higher.

    Raises AudioError: as `smf.read` and `renderer.render` do; `no_notes`, the file has none; `silent`, none sounds in
    that stretch; MissingSoundfont.
    """
    with reading(path):
        data = path.read_bytes()
    parts, lead = midi_parts(smf.read(data), start_s, seconds, semitones)
    length = None if seconds is None else seconds + lead
    return render(parts, seconds=length, skip_s=lead, engine=engine, soundfont=soundfont, channels=channels)


def midi_parts(
    file: smf.MidiFile, start_s: float = 0.0, seconds: float | None = None, semitones: int = 0
) -> tuple[list[RenderedPart], float]:
    """The parts that sound in a stretch, and how many seconds of what they play lie before it.

    Raises AudioError: `no_notes`, `silent`.
    """
    timeline = Timeline(file)
    told = channel_states(file, timeline)
    held = notes(file)
    if not len(held.start):
        raise AudioError("no_notes", "The MIDI file has no notes.")
    begins, ends = timeline.seconds(held.start), timeline.seconds(held.end)
    keys = zip(held.channel.tolist(), ends.tolist(), strict=True)
    ends = np.array([_pedalled(told[channel].pedal, end) for channel, end in keys])
    stop = np.inf if seconds is None else start_s + seconds
    heard = (ends > start_s) & (begins < stop) & (ends > begins)
    if not heard.any():
        raise AudioError("silent", f"No note sounds from {start_s:g} s to {stop:g} s.", "Choose another stretch.")
    zero = max(min(float(begins[heard].min()), start_s), start_s - LEAD_S, 0.0)
    by_part: dict[tuple[int, int], list[RenderedNote]] = defaultdict(list)
    for i in np.flatnonzero(heard).tolist():
        of = int(held.channel[i]), int(held.program[i])
        start, end = max(float(begins[i]) - zero, 0.0), float(ends[i]) - zero
        pitch = int(held.pitch[i]) + (0 if of[0] & 0xF == DRUM_CHANNEL else semitones)
        by_part[of].append(RenderedNote(start, end, pitch, int(held.velocity[i])))
    parts = [_part(told[channel], channel, program, played, zero) for (channel, program), played in by_part.items()]
    return parts, start_s - zero


def _part(told: ChannelStates, channel: int, program: int, played: Sequence[RenderedNote], zero: float) -> RenderedPart:
    first = min(note.start_s for note in played)
    return RenderedPart(
        program,
        tuple(played),
        is_drum=channel & 0xF == DRUM_CHANNEL,
        pan=_from(told.pans, zero + first)[0].value,
        levels=tuple(_from(told.levels, zero)),
        bends=tuple(_from(told.bends, zero)),
    )


def _from(changes: Sequence[Change], zero: float) -> list[Change]:
    """Changes from a moment on, which is then 0, with what holds at it."""
    following = bisect_right([change.at_s for change in changes], zero)
    held = [Change(0.0, changes[following - 1].value)] if following else []
    return held + [Change(change.at_s - zero, change.value) for change in changes[following:]]


def _pedalled(pedal: Sequence[Change], end: float) -> float:
    """When a note ends whose key is let go at `end`: as soon as the pedal is up."""
    following = bisect_right([change.at_s for change in pedal], end)
    if following and pedal[following - 1].value:
        return next((change.at_s for change in pedal[following:] if not change.value), pedal[-1].at_s)
    return end
