"""A stretch of a MIDI file is a file that sounds as the stretch does: what was set before is set, and no note hangs."""

from __future__ import annotations

import io
import random
from collections.abc import Sequence
from pathlib import Path

import mido
import pytest
from midi_files import BEAT, Event, control, key, marker, metre, midi_file, note, program, scale, tempo

from mudata.catalog.symbolic import smf
from mudata.catalog.symbolic.excerpt import excerpt
from mudata.catalog.symbolic.midi import facts
from mudata.catalog.symbolic.notes import notes
from mudata.errors import AudioError


def bend(value: int, channel: int = 0, tick: int = 0) -> Event:
    return tick, bytes([0xE0 | channel, value & 0x7F, value >> 7])


def played(data: bytes) -> list[tuple[int, int, int, int, int]]:
    """Start and end in ticks, channel, program and pitch of each note."""
    found = notes(smf.read(data))
    columns = (found.start, found.end, found.channel, found.program, found.pitch)
    return sorted(zip(*(column.tolist() for column in columns), strict=True))


def messages(data: bytes, of: int) -> list[tuple[int, mido.Message]]:
    """Absolute ticks and messages of a track, as mido reads them."""
    at, found = 0, []
    for message in mido.MidiFile(file=io.BytesIO(data)).tracks[of]:
        at += message.time
        found.append((at, message))
    return found


def at_start(data: bytes, of: int = 1) -> list[Sequence[int]]:
    """Bytes of what a track sets before its first note."""
    found = messages(data, of)
    first = next(n for n, (_, message) in enumerate(found) if message.type == "note_on")
    assert {at for at, _ in found[:first]} <= {0}
    return [message.bytes() for _, message in found[:first]]


def test_strokesare_those_that_sound_cut_to_the_stretch() -> None:
    """At 120 bpm a beat is half a second."""
    held = [program(48), *note(50, 0, 100)]
    data = midi_file([tempo(120)], [program(5, 1), *scale(range(60, 80), channel=1)], held)
    assert played(excerpt(data, 2.0, 1.5)) == [
        (0, BEAT, 1, 5, 64),
        (0, 3 * BEAT, 0, 48, 50),
        (BEAT, 2 * BEAT, 1, 5, 65),
        (2 * BEAT, 3 * BEAT, 1, 5, 66),
    ]
    assert played(excerpt(data, 1.9, 0.2))[0] == (0, 96, 1, 5, 63)


@pytest.mark.parametrize("semitones", [-5, 0, 3, 12])
def test_all_but_drums_are_transposed_with_the_key(semitones: int) -> None:
    data = midi_file([key(1)], scale([60, 62]), scale([36, 38], channel=9))
    moved = played(excerpt(data, 0, 5, semitones))
    assert [pitch for _, _, channel, _, pitch in moved if channel == 9] == [36, 38]
    assert [pitch for _, _, channel, _, pitch in moved if channel == 0] == [60 + semitones, 62 + semitones]
    (sign,) = (message for _, message in messages(excerpt(data, 0, 5, semitones), 0) if message.type == "key_signature")
    assert sign.key == {-5: "D", 0: "G", 3: "Bb", 12: "G"}[semitones]


def test_pitches_that_midi_has_not_are_refused() -> None:
    data = midi_file(scale([60, 120]))
    with pytest.raises(AudioError, match="\\+8 semitones take pitches to 68 to 128") as caught:
        excerpt(data, 0, 5, 8)
    assert caught.value.reason == "out_of_range"
    assert played(excerpt(data, 0, 5, 7))[1][4] == 127


def test_silence_is_refused() -> None:
    data = midi_file(scale([60]))
    with pytest.raises(AudioError, match=r"No note sounds from 2\.000 s to 3\.000 s") as caught:
        excerpt(data, 2, 1)
    assert caught.value.reason == "no_notes"


def test_what_is_in_force_is_set_first() -> None:
    early = [
        control(0, 8), control(32, 3), program(19), control(0, 1), control(7, 90), control(7, 100), control(64, 127),
        control(101, 0), control(100, 0), control(6, 12), control(38, 0), control(101, 127), control(100, 127),
        control(6, 99), bend(9000), bend(8300),
    ]  # fmt: skip
    data = midi_file([tempo(60), metre(3, 4), key(-2, 1)], [*early, *scale([60] * 12)])
    part = excerpt(data, 6, 3)
    assert at_start(part) == [
        [0xB0, 0, 8],
        [0xB0, 32, 3],
        [0xC0, 19],
        [0xB0, 0, 1],
        [0xB0, 32, 3],
        [0xB0, 7, 100],
        [0xB0, 64, 127],
        [0xB0, 101, 0],
        [0xB0, 100, 0],
        [0xB0, 6, 12],
        [0xB0, 38, 0],
        [0xE0, *divmod(8300, 128)[::-1]],
    ]
    conductor = [message for at, message in messages(part, 0) if at == 0]
    assert (conductor[0].tempo, conductor[1].numerator, conductor[2].key) == (1_000_000, 3, "Gm")


def test_a_reset_and_programs_of_other_tracks_count() -> None:
    other = [program(40), control(11, 30), control(7, 80), bend(100), control(121, 0, 0, 10)]
    part = excerpt(midi_file(other, scale([60] * 8)), 2, 1)
    assert at_start(part) == [[0xC0, 40], [0xB0, 7, 80]]


def test_changes_within_the_stretch_stay_where_they_are() -> None:
    conductor = [tempo(60), tempo(120, 6 * BEAT), metre(2, 4, 6 * BEAT), key(3, 0, 6 * BEAT)]
    part = excerpt(midi_file(conductor, [*scale([60] * 12), control(7, 5, 0, 5 * BEAT)]), 4, 4)
    told = [(at, message.type) for at, message in messages(part, 0) if at and message.type != "end_of_track"]
    assert told == [(2 * BEAT, "set_tempo"), (2 * BEAT, "time_signature"), (2 * BEAT, "key_signature")]
    assert (BEAT, [0xB0, 7, 5]) in [(at, message.bytes()) for at, message in messages(part, 1)]
    assert max(end for _, end, *_ in played(part)) == 6 * BEAT, "2 s at 60 bpm, 2 s at 120"


def test_texts_are_left_out() -> None:
    names = [marker("Queen", kind=0x03), marker("chorus"), marker("la", kind=0x05), marker("(c)", kind=0x02)]
    part = excerpt(midi_file(names, [*names, *scale([60])]), 0, 1)
    assert not {message.type for track in (0, 1) for _, message in messages(part, track)} & {
        "track_name",
        "marker",
        "lyrics",
        "copyright",
    }


@pytest.mark.parametrize(
    ("hanging", "ends"),
    [
        ([*scale([64, 65]), (BEAT, bytes([0x90, 60, 80]))], 2 * BEAT),  # with the last note
        ([*scale([64, 65]), (2 * BEAT, bytes([0x90, 60, 80])), marker("end", 3 * BEAT)], 3 * BEAT),  # with its track
        ([*scale([64, 65]), (2 * BEAT, bytes([0x90, 60, 80])), marker("end", 99 * BEAT)], 6 * BEAT),  # after a bar
        (
            [*scale([64, 65]), *((at, bytes([0x90, 60, 80])) for at in (BEAT, BEAT + 240))],
            BEAT + 240,
        ),  # when struck again
        ([*scale([64, 65]), (BEAT, bytes([0x90, 60, 80])), control(123, 0, 0, BEAT + 90)], BEAT + 90),  # silenced
    ],
)
def test_notes_that_hang_are_closed_where_they_are_in_the_whole_file(hanging: list[Event], ends: float) -> None:
    whole = midi_file([tempo(120)], hanging)
    part = played(excerpt(whole, 0.5, 60))
    hung = next(row for row in played(whole) if row[4] == 60)
    assert hung[1] == ends
    assert next(row for row in part if row[4] == 60)[:2] == (hung[0] - BEAT, hung[1] - BEAT)
    events = messages(excerpt(whole, 0.5, 60), 1)
    off = [at for at, message in events if message.type == "note_off" and message.note == 60]
    assert off[0] == ends - BEAT, "any reader sees it end"


def test_a_last_note_that_hangs_is_closed_at_the_end_of_the_excerpt() -> None:
    data = midi_file([tempo(120)], [*scale([64]), (BEAT, bytes([0x90, 60, 80])), marker("end", 40 * BEAT)])
    assert played(excerpt(data, 0, 1))[-1] == (BEAT, 2 * BEAT, 0, 0, 60)


def test_drums_that_are_struck_and_never_let_go_do_not_sound_on() -> None:
    """Of a kit that nobody lets go of an excerpt would else begin with a stroke of everything at once."""
    kit = [(n * BEAT // 2, bytes([0x99, 36 + n % 2, 80])) for n in range(16)]
    data = midi_file([tempo(120)], [(0, bytes([0x99, 49, 80])), *kit], [*scale([60] * 20)])
    assert [row[4] for row in played(excerpt(data, 2, 1)) if row[2] == 9 and row[0] == 0] == [36]


def test_ports_stay_apart() -> None:
    second = [(0, bytes([0xFF, 0x21, 1, 1])), program(40), *scale([50] * 4)]
    part = excerpt(midi_file([program(7), *scale([60] * 4)], second), 1, 1)
    assert {(channel, program, pitch) for _, _, channel, program, pitch in played(part)} == {(0, 7, 60), (16, 40, 50)}


def test_an_excerpt_of_a_window_has_the_facts_of_the_clip(tmp_path: Path) -> None:
    song = [
        [tempo(96), metre(3, 4), key(1)],
        [program(0), *scale([55, 59, 62, 67, 60, 64, 67, 72, 62, 66, 69, 74] * 20)],
    ]
    (tmp_path / "song.mid").write_bytes(midi_file(*song, [program(33, 1), *scale([43, 36, 38] * 80, channel=1)]))
    found = facts(tmp_path / "song.mid", (30, 0.25))
    assert found.clip is not None
    (tmp_path / "part.mid").write_bytes(excerpt((tmp_path / "song.mid").read_bytes(), *found.clip))
    clip = [(row.name.removeprefix("clip_"), row.value) for row in found.attributes if row.name.startswith("clip_")]
    part = facts(tmp_path / "part.mid").attributes
    assert clip == [(row.name.removeprefix("file_"), row.value) for row in part if row.name.startswith("file_")]
    assert ("key", "G major") in clip
    (tmp_path / "higher.mid").write_bytes(excerpt((tmp_path / "song.mid").read_bytes(), *found.clip, semitones=4))
    assert ("file_key", "B major", "event") in facts(tmp_path / "higher.mid").attributes


def test_a_note_without_length_sounds_where_it_begins() -> None:
    strokes = [
        (tick * BEAT, bytes([0x90, pitch, velocity])) for tick, pitch in ((4, 60), (5, 62)) for velocity in (80, 0)
    ]
    data = midi_file([tempo(120)], [program(3), *strokes])
    assert played(excerpt(data, 2, 0.5)) == [(0, 1, 0, 3, 60)]


@pytest.mark.parametrize("seed", range(40))
def test_whatever_a_file_holds_every_window_of_it_is_an_excerpt_with_facts(tmp_path: Path, seed: int) -> None:
    """Notes that hang, have no length, or end twice; programs, banks, tempi and metres anywhere."""
    rng = random.Random(seed)
    tracks = []
    for _ in range(rng.choice([1, 3, 40])):
        events: list[Event] = []
        for _ in range(rng.randint(0, 20)):
            channel, tick, kind = rng.choice([0, 1, 9]), rng.randint(0, 12) * 120, rng.random()
            if kind < 0.7:
                pitch = rng.randint(50, 55)
                events.append((tick, bytes([0x90 | channel, pitch, rng.choice([1, 64])])))
                off = bytes([rng.choice([0x80, 0x90]) | channel, rng.choice([pitch, pitch, 50]), 0])
                events.append((tick + rng.choice([0, 60, 240, 2000]), off))
            else:
                events.append(
                    rng.choice(
                        [
                            program(rng.randint(0, 127), channel, tick),
                            control(rng.choice([0, 7, 11, 64]), rng.choice([0, 99]), channel, tick),
                            tempo(rng.choice([60, 100, 120]), tick),
                            metre(rng.choice([3, 4, 5]), 4, tick),
                        ]
                    )
                )
        tracks.append(events)
    (tmp_path / "x.mid").write_bytes(midi_file(*tracks))
    for window in ((1.0, 0.25), (0.3, 0.99), (100.0, 0.0)):
        found = facts(tmp_path / "x.mid", window)
        assert (found.clip is None) == (found.notes == 0)
        if found.clip:
            (tmp_path / "part.mid").write_bytes(excerpt((tmp_path / "x.mid").read_bytes(), *found.clip))
            part = facts(tmp_path / "part.mid")
            assert 0 < part.notes <= found.notes
            assert part.duration_s <= found.clip[1] + 0.01
