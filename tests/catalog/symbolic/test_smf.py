"""The reader of MIDI files against mido's, event by event, and its notes against symusic's."""

from __future__ import annotations

import io
import random
from collections import Counter
from collections.abc import Iterator

import mido
import pytest
from midi_files import number as variable_length

from mudata.catalog.symbolic import smf
from mudata.catalog.symbolic.notes import MidiNotes, notes
from mudata.errors import AudioError

KINDS = ("note_on", "note_off", "polytouch", "control_change", "program_change", "aftertouch", "pitchwheel")


def made(seed: int, *, one_channel_a_track: bool = False, with_silence: bool = False) -> bytes:
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
                if kind == "control_change":
                    message.control = r.choice((7, 64, 120, 123)) if with_silence else 7
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


def odd_track(r: random.Random) -> bytes:
    """Events of all lengths with and without their status, numbers that begin with zeros, and in most tracks damage."""
    data, running = bytearray(), 0
    for _ in range(r.randrange(60)):
        time = r.choice((0, 1, 127, 128, 9000, 300_000, 2_097_152))
        data += b"\x80" * (r.choice((0, 0, 0, 1, 4)) if time < 128 else 0) + variable_length(time)
        kind = r.choice((0x80, 0x90, 0x90, 0x90, 0xA0, 0xB0, 0xC0, 0xD0, 0xE0, 0xF0, 0xFF))
        if kind < 0xF0:
            status = kind | r.choice((0, 0, 9))
            data += b"" if status == running else bytes([status])
            data += bytes(r.choice((0, 7, 60, 127)) for _ in range(1 + (status >> 5 != 6)))
            running = status
        else:
            data += r.choice(
                (b"\xff\1\3\xc0\x90\xff", b"\xff\x51\x81\0" + bytes(128), b"\xf0\2\x41\xf7", b"\xf8", b"\xf2\1\2")
            )
    for _ in range(r.choice((0, 1, 2, 6)) if data else 0):
        data[r.randrange(len(data))] = r.choice((0x80, 0x90, 0xC5, 0xE1, 0xF7, 0xFF, 0x3C, 0))
    return bytes(data) + b"\0\xff\x2f\0"


def event_by_event(track: bytes) -> Iterator[tuple[int, int, int, int]]:
    """Tick, status and data of the channel events of a track; of meta events 255, type and length. Raises IndexError or
    ValueError where it cannot be read."""
    at = tick = running = 0

    def value() -> int:
        nonlocal at
        found = 0
        while not found >> 28:
            found, at = found << 7 | track[at] & 0x7F, at + 1
            if track[at - 1] < 0x80:
                return found
        raise ValueError

    while at < len(track):
        tick += value()
        if track[at] > 0x7F:
            status, at = track[at], at + 1
        else:
            status = running
        if status == 0xFF:
            kind, at = track[at], at + 1
            size = value()
            yield tick, status, kind, size
            at += size
            if kind == smf.END_OF_TRACK:
                break
        elif status >= 0xF0:
            size = value() if status in (0xF0, 0xF7) else {0xF1: 1, 0xF2: 2, 0xF3: 1}.get(status, 0)
            at += size
        elif not status:
            raise ValueError
        else:
            first, second = track[at], 0
            if status >> 5 != 6:
                second, at = min(track[at + 1], 0x7F), at + 1
            at, running = at + 1, status
            if first < 0x80:
                yield tick, status, first, second
    if at > len(track):
        raise IndexError


def test_odd_and_damaged_tracks_are_read_as_event_by_event() -> None:
    read = refused = above = 0
    for seed in range(600):
        r = random.Random(seed)
        tracks = [odd_track(r) for _ in range(r.choice((1, 1, 3)))]
        chunks = b"".join(b"MTrk" + len(track).to_bytes(4, "big") + track for track in tracks)
        data = b"MThd\0\0\0\6\0\1" + len(tracks).to_bytes(2, "big") + b"\1\xe0" + chunks
        try:
            wanted = [(of, *event) for of, track in enumerate(tracks) for event in event_by_event(track)]
        except (IndexError, ValueError):
            refused += 1
            with pytest.raises(AudioError, match=r"^parse_error|ends within an event|data of no event|more than four"):
                smf.read(data)
            continue
        file = smf.read(data)
        events = file.events
        columns = (events.track, events.tick, events.status, events.first, events.second)
        assert list(zip(*(column.tolist() for column in columns), strict=True)) == [w for w in wanted if w[2] < 0xFF]
        assert [(of.track, of.tick, 0xFF, of.kind, len(of.data)) for of in file.meta] == [
            w for w in wanted if w[2] == 0xFF
        ]
        read, above = read + 1, above + any(event[4] == 0x7F for event in wanted)
    assert min(read, refused, above) > 50


@pytest.mark.parametrize("seed", range(12))
def test_notes_that_end_are_those_of_symusic_where_channels_keep_to_their_tracks(seed: int) -> None:
    """Which leaves out what hangs, and plays on through silence."""
    symusic = pytest.importorskip("symusic")
    data = made(seed, one_channel_a_track=True)
    wanted = Counter(
        (track.program, track.is_drum, note.time, note.end, note.pitch)
        for track in symusic.Score.from_midi(data).tracks
        for note in track.notes
    )
    file = smf.read(data)
    hang = Counter(
        (row[2], row[1] == 9, row[3], row[4]) for row, ends in zip(*sequenced(file), strict=True) if not ends
    )
    got = Counter((row[2], row[1] == 9, *row[4:], row[3]) for row in rows(notes(file)))
    left = Counter((program, is_drum, pitch, start) for program, is_drum, start, _, pitch in (got - wanted).elements())
    assert not wanted - got
    assert left == hang
    assert wanted, "a file without notes would prove nothing"


Row = tuple[int, int, int, int, int, int]


def sequenced(file: smf.MidiFile) -> tuple[list[Row], list[bool]]:
    """Notes as `rows` has them, and whether a note off ends each, found by walking from event to event."""
    events = file.events
    columns = (events.track, events.tick, events.status, events.first, events.second)
    played = list(zip(*(column.tolist() for column in columns), strict=True))
    programs = [(tick, of, at, s & 15, first) for at, (of, tick, s, first, _) in enumerate(played) if s >> 4 == 12]
    silences = [(tick, s & 15) for _, tick, s, first, _ in played if s >> 4 == 11 and first in (120, 123)]
    last = max((tick for _, tick, s, _, _ in played if s >> 4 in (8, 9)), default=0)
    ends = {event.track: event.tick for event in file.meta if event.kind == smf.END_OF_TRACK}
    beat = file.ticks_per_beat
    found, closed = [], []
    for at, (track, tick, s, pitch, velocity) in enumerate(played):
        if s >> 4 != 9 or not velocity:
            continue
        channel = s & 15
        wanted = (track, channel, pitch)
        key = [(n, e) for n, e in enumerate(played) if (e[0], e[2] & 15, e[3]) == wanted and e[2] >> 5 == 4]
        waiting: list[int] = []
        end, is_closed = None, False
        for n, (_, when, status, _, struck) in key:
            if status >> 4 == 9 and struck:
                waiting.append(n)
            elif waiting and waiting.pop(0) == at:
                end, is_closed = when, True
        if end is None:
            after = [e[1] for n, e in key if n > at]
            end = after[0] if after else max(last, tick + min(max(ends[track] - tick, beat), 4 * beat))
            end = min(end, tick + beat // 4) if channel == 9 else end
        end = min([end, *(when for when, of in silences if of == channel and when > tick)])
        before = [
            (when, of == track, n, program)
            for when, of, n, told, program in programs
            if told == channel and (when < tick or (when == tick and (of != track or n < at)))
        ]
        found.append((track, channel, max(before)[3] if before else 0, pitch, tick, end))
        closed.append(is_closed)
    return found, closed


@pytest.mark.parametrize("seed", range(24))
def test_notes_are_those_of_a_sequencer_that_goes_from_event_to_event(seed: int) -> None:
    file = smf.read(made(seed, with_silence=seed % 2 == 0))
    found, _ = sequenced(file)
    assert Counter(rows(notes(file))) == Counter(found)
    assert found


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
