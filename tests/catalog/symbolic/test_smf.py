"""The reader of MIDI files against mido's, event by event, and its notes against symusic's."""

from __future__ import annotations

import io
import random
from collections import Counter

import mido
import pytest

from mudata.catalog.symbolic import smf
from mudata.catalog.symbolic.notes import MidiNotes, notes
from mudata.errors import AudioError

KINDS = ("note_on", "note_off", "polytouch", "control_change", "program_change", "aftertouch", "pitchwheel")


def made(seed: int, *, one_channel_a_track: bool = False) -> bytes:
    """A file of random events: mido writes running status where it can."""
    r = random.Random(seed)
    tracks = []
    for number in range(r.choice((1, 2, 5))):
        track = mido.MidiTrack()
        for _ in range(r.randrange(60, 200)):
            time = r.choice((0, 0, 1, 100, 127, 128, 16_383, 16_384, 2_097_152))
            kind = r.choice((*KINDS, "note_on", "note_off", "text", "sysex"))
            if kind == "text":
                track.append(mido.MetaMessage("text", text="x" * r.randrange(300), time=time))
            elif kind == "sysex":
                track.append(mido.Message("sysex", data=[1] * r.randrange(200), time=time))
            else:
                message = mido.Message(kind, channel=number if one_channel_a_track else r.randrange(16), time=time)
                if "note" in kind:
                    message.note = r.randrange(60, 63)
                if kind == "program_change":
                    message.program = r.randrange(128)
                track.append(message)
        tracks.append(track)
    written = io.BytesIO()
    mido.MidiFile(type=int(len(tracks) > 1), ticks_per_beat=480, tracks=tracks).save(file=written)
    return written.getvalue()


def rows(of: MidiNotes) -> list[tuple[int, ...]]:
    """Track, channel, program, pitch, start and end of every note."""
    columns = (of.track, of.channel, of.program, of.pitch, of.start, of.end)
    return list(zip(*(column.tolist() for column in columns), strict=True))


@pytest.mark.parametrize("seed", range(12))
def test_every_event_is_that_of_mido(seed: int) -> None:
    data = made(seed)
    wanted = []
    for number, track in enumerate(mido.MidiFile(file=io.BytesIO(data)).tracks):
        tick = 0
        for message in track:
            tick += message.time
            if not message.is_meta and message.type != "sysex":
                wanted.append((number, tick, *[*message.bytes(), 0][:3]))
    events = smf.read(data).events
    columns = (events.track, events.tick, events.status, events.first, events.second)
    assert list(zip(*(column.tolist() for column in columns), strict=True)) == wanted


@pytest.mark.parametrize("seed", range(12))
def test_notes_are_those_of_symusic_where_channels_keep_to_their_tracks(seed: int) -> None:
    symusic = pytest.importorskip("symusic")
    data = made(seed, one_channel_a_track=True)
    wanted = Counter(
        (track.program, track.is_drum, note.time, note.end, note.pitch)
        for track in symusic.Score.from_midi(data).tracks
        for note in track.notes
    )
    got = Counter((row[2], row[1] == 9, *row[4:], row[3]) for row in rows(notes(smf.read(data))))
    assert got == wanted
    assert got, "a file without notes would prove nothing"


@pytest.mark.parametrize("seed", range(12))
def test_programs_are_those_of_a_sequencer_that_plays_event_by_event(seed: int) -> None:
    file = smf.read(made(seed))
    events = file.events
    columns = (events.tick, events.track, range(len(events.tick)), events.status, events.first, events.second)
    played = list(zip(*(list(column) for column in columns), strict=True))
    programs: list[tuple[int, int, int, int, int]] = [
        (*row[:3], row[3] & 15, row[4]) for row in played if row[3] >> 4 == 12
    ]
    wanted: Counter[tuple[int, int, int]] = Counter()
    sounding: dict[tuple[int, int, int], list[tuple[int, int]]] = {}
    for tick, track, place, status, pitch, velocity in sorted(played, key=lambda row: row[2]):
        waiting = sounding.setdefault((int(track), int(status & 15), int(pitch)), [])
        if status >> 4 == 9 and velocity:
            before = [
                (at, of == track, where, program)
                for at, of, where, channel, program in programs
                if channel == status & 15 and (at < tick or (at == tick and (of != track or where < place)))
            ]
            waiting.append((int(tick), int(max(before)[3]) if before else 0))
        elif status >> 4 in (8, 9) and waiting:
            start, program = waiting.pop(0)
            wanted[(program, start, int(pitch))] += 1
    assert Counter((program, start, pitch) for _, _, program, pitch, start, _ in rows(notes(file))) == wanted


def test_a_file_of_many_tracks_or_programs_is_read_at_once() -> None:
    """What grows with the square of a file's size would stand still here."""
    track = b"MTrk\0\0\0\x0b\0\x90\x3c\x40\0\x80\x3c\x40\0\xc0\1"
    head = b"MThd\0\0\0\6\0\1\0\1\1\xe0"
    assert len(notes(smf.read(head + track * 500)).start) == 500
    events = b"\0\x90\x3c\x40\0\x80\x3c\x40\0\xc0\1" * 20_000
    chunk = b"MTrk" + len(events).to_bytes(4, "big") + events
    assert len(notes(smf.read(head + chunk)).start) == 20_000


def test_a_header_that_is_too_short_is_told_and_an_rmid_of_unknown_size_is_unwrapped() -> None:
    data = made(1)
    with pytest.raises(AudioError, match="a header of 4 bytes, expected 6"):
        smf.read(data[:7] + b"\4" + data[8:12] + data[14:])
    wrapped = b"RIFF\0\0\0\0RMIDdata\0\0\0\0" + data
    assert smf.unwrap(wrapped) == data
