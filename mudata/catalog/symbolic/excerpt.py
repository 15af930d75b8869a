"""A stretch of a MIDI file as a file of its own, which begins where the stretch does: to be rendered, or read as
notes."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from mudata.catalog.symbolic import smf
from mudata.catalog.symbolic.channel_state import ChannelState
from mudata.catalog.symbolic.general_midi import DRUM_CHANNEL
from mudata.catalog.symbolic.meta_values import key_data
from mudata.catalog.symbolic.notes import notes
from mudata.catalog.symbolic.timeline import TickSpan, Timeline
from mudata.errors import AudioError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_Event = tuple[int, int, bytes]
"""Tick, place among the events of that tick, bytes."""

_META, _STATE, _END, _CHANGE, _BEGIN = range(5)


def excerpt(data: bytes, start_s: float, duration_s: float, semitones: int = 0) -> bytes:
    """`duration_s` seconds of a MIDI file from `start_s` on, all but the drums `semitones` higher: a file of type 1.

    What is in force at the start (tempo, metre, key, programs, controllers, bends) is set first. Notes that sound at
    the start begin there, notes that sound at the end stop there, and so none hangs. Texts and system exclusive
    messages are left out. The key signature is transposed.

    Raises AudioError: as `smf.read`; `no_notes` where none sounds; `out_of_range` where a transposed pitch is none.
    """
    return excerpts(data, start_s, duration_s, (semitones,), 0.0)


def excerpts(data: bytes, start_s: float, duration_s: float, semitones: Sequence[int], gap_s: float) -> bytes:
    """The same stretch several times, each so many semitones higher, with `gap_s` seconds of silence between. Raises as
    `excerpt` does."""
    file = smf.read(data)
    timeline = Timeline(file)
    span = TickSpan(timeline.tick(start_s), timeline.tick(start_s + duration_s))
    each = timeline.tick(start_s + duration_s + gap_s) - span.begin
    conductor: list[_Event] = []
    tracks: defaultdict[int, list[_Event]] = defaultdict(list)
    for number, higher in enumerate(semitones):
        played = _note_events(file, span, higher)
        if not played:
            raise AudioError("no_notes", f"No note sounds from {start_s:.3f} s to {start_s + duration_s:.3f} s.")
        _add_channel_events(played, file, span)
        for track, events in played.items():
            tracks[track] += _later(events, number * each)
        conductor += _later(_conductor(timeline, span, higher), number * each)
    ports = file.ports
    written = [_track(conductor)]
    for track, events in sorted(tracks.items()):
        port = [(0, _META, _meta(smf.PORT, bytes([ports[track]])))] if ports[track] else []
        written.append(_track([*port, *events]))
    head = b"MThd\0\0\0\6\0\1" + len(written).to_bytes(2, "big") + file.ticks_per_beat.to_bytes(2, "big")
    return head + b"".join(written)


def _later(events: Iterable[_Event], ticks: int) -> list[_Event]:
    return [(tick + ticks, place, event) for tick, place, event in events]


def _note_events(file: smf.MidiFile, span: TickSpan, semitones: int) -> defaultdict[int, list[_Event]]:
    """The notes of each track."""
    import numpy as np

    played = notes(file)
    which = np.flatnonzero(played.sounding(span.begin, span.end))
    channel = played.channel[which] & 0xF
    pitch = played.pitch[which].astype(np.int64) + np.where(channel == DRUM_CHANNEL, 0, semitones)
    if len(pitch) and not 0 <= pitch.min() <= pitch.max() <= 127:
        raise AudioError(
            "out_of_range",
            f"{semitones:+d} semitones take pitches to {pitch.min()} to {pitch.max()}, and MIDI has 0 to 127.",
        )
    start = np.maximum(played.start[which], span.begin) - span.begin
    end = np.maximum(np.minimum(played.end[which], span.end) - span.begin, start + 1)
    columns = (played.track[which], channel, pitch, played.velocity[which], start, end)
    tracks: defaultdict[int, list[_Event]] = defaultdict(list)
    for track, of, key, velocity, on, off in zip(*(column.tolist() for column in columns), strict=True):
        tracks[track].append((on, _BEGIN, bytes([0x90 | of, key, velocity])))
        tracks[track].append((off, _END, bytes([0x80 | of, key, 64])))
    return tracks


def _add_channel_events(tracks: defaultdict[int, list[_Event]], file: smf.MidiFile, span: TickSpan) -> None:
    """What else happens on the channels: their state at the start, in every track that has notes on them, and all
    changes."""
    import numpy as np

    events, ports = file.events, file.ports
    kind = events.status >> 4
    others = np.flatnonzero((kind > 0x9) & (kind < 0xF) & (events.tick < span.end))
    others = others[np.argsort(events.tick[others], kind="stable")]
    columns = (events.track, events.tick, events.status, events.first, events.second)
    states: defaultdict[tuple[int, int], ChannelState] = defaultdict(ChannelState)
    playing = {(track, event[0] & 0xF) for track, of in tracks.items() for _, _, event in of}
    for track, tick, status, first, second in zip(*(column[others].tolist() for column in columns), strict=True):
        if tick <= span.begin:
            states[ports[track], status & 0xF].take(status >> 4, first, second)
        else:
            data = bytes([status, first] if status >> 4 in (0xC, 0xD) else [status, first, second])
            tracks[track].append((tick - span.begin, _CHANGE, data))
    for track, channel in playing:
        state = states[ports[track], channel]
        tracks[track] += [(0, _STATE, data) for data in state.events(channel)]


def _conductor(timeline: Timeline, span: TickSpan, semitones: int) -> list[_Event]:
    """Tempo, metre and key."""
    told: list[tuple[int, int, bytes]] = []
    for tick, tempo in timeline.tempo.within(span).items():
        if tempo is not None:
            told.append((tick, smf.SET_TEMPO, tempo.to_bytes(3, "big")))
    for tick, metre in timeline.metre.within(span).items():
        if metre is not None:
            beats, unit = map(int, metre.split("/"))
            told.append((tick, smf.TIME_SIGNATURE, bytes([beats, unit.bit_length() - 1, 24, 8])))
    for tick, key in timeline.key.within(span).items():
        if key is not None:
            told.append((tick, smf.KEY_SIGNATURE, key_data(key, semitones)))
    return [(tick - span.begin, _META, _meta(kind, data)) for tick, kind, data in told]


def _track(events: Iterable[_Event]) -> bytes:
    data, last = bytearray(), 0
    for tick, _, event in sorted(events, key=lambda event: event[:2]):  # stable: in one place they stay as they were
        data += _number(tick - last) + event
        last = tick
    data += b"\0" + _meta(smf.END_OF_TRACK, b"")
    return b"MTrk" + len(data).to_bytes(4, "big") + bytes(data)


def _meta(kind: int, data: bytes) -> bytes:
    return bytes([0xFF, kind, len(data)]) + data


def _number(value: int) -> bytes:
    """A number of variable length."""
    data = [value & 0x7F]
    while value := value >> 7:
        data.append(0x80 | value & 0x7F)
    return bytes(reversed(data))
