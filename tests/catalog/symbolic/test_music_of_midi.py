"""Which of several tempos, metres, keys and programs counts; what is none is told, and the file is kept."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from mudata.catalog.symbolic.midi import attributes
from mudata.errors import AudioError

BEAT = 480

Said = Callable[[bytes], dict[str, str]]


def number(value: int) -> bytes:
    """A number of variable length."""
    data = [value & 0x7F]
    while value := value >> 7:
        data.append(0x80 | value & 0x7F)
    return bytes(reversed(data))


def meta(kind: int, data: bytes, after: int = 0) -> bytes:
    return number(after) + bytes([0xFF, kind]) + number(len(data)) + data


def tempo(bpm: float, after: int = 0) -> bytes:
    return meta(0x51, round(60e6 / bpm).to_bytes(3, "big"), after)


def metre(beats: int, power: int, after: int = 0) -> bytes:
    return meta(0x58, bytes([beats, power, 24, 8]), after)


def key(sharps: int, mode: int = 0, after: int = 0) -> bytes:
    return meta(0x59, bytes([sharps % 256, mode]), after)


def program(of: int, channel: int = 0, after: int = 0) -> bytes:
    return number(after) + bytes([0xC0 | channel, of])


def note(beats: float = 1, channel: int = 0, pitch: int = 60, after: int = 0) -> bytes:
    length = number(round(beats * BEAT))
    return number(after) + bytes([0x90 | channel, pitch, 64]) + length + bytes([0x80 | channel, pitch, 64])


def file(*tracks: bytes, end: bytes = b"\0\xff\x2f\0") -> bytes:
    chunks = [b"MTrk" + (len(track) + len(end)).to_bytes(4, "big") + track + end for track in tracks]
    return b"MThd\0\0\0\6\0\1" + len(tracks).to_bytes(2, "big") + BEAT.to_bytes(2, "big") + b"".join(chunks)


@pytest.fixture
def said(tmp_path: Path) -> Said:
    def of(data: bytes) -> dict[str, str]:
        (tmp_path / "x.mid").write_bytes(data)
        return {name: value for name, value, _ in attributes(tmp_path / "x.mid")}

    return of


# ------------------------------------------------------------------------ values that are none


def test_a_key_signature_of_more_than_seven_is_no_key(said: Said) -> None:
    for sharps in (s for s in range(-128, 128) if abs(s) > 7):
        rows = said(file(key(sharps) + note()))
        assert "key" not in rows
        what = f"{abs(sharps)} {'sharps' if sharps > 0 else 'flats'}"
        assert rows["key_reason"] == f"at 0 s a key signature of {what}, expected at most 7"
        assert (rows["key_is_default"], rows["notes"]) == ("true", "1")


@pytest.mark.parametrize(
    ("sharps", "major", "minor"),
    [(-7, "Cb", "Ab"), (-1, "F", "D"), (0, "C", "A"), (6, "F#", "D#"), (7, "C#", "A#")],
)
def test_the_fifteen_key_signatures_are_keys(said: Said, sharps: int, major: str, minor: str) -> None:
    assert said(file(key(sharps) + note()))["key"] == f"{major} major"
    rows = said(file(key(sharps, 1) + note()))
    assert (rows["key"], "key_reason" in rows) == (f"{minor} minor", False)


@pytest.mark.parametrize(
    ("event", "name", "reason"),
    [
        (meta(0x59, b""), "key", "a key signature of 0 bytes, expected 2"),
        (meta(0x59, b"\3"), "key", "a key signature of 1 byte, expected 2"),
        (meta(0x59, b"\3\0\0"), "key", "a key signature of 3 bytes, expected 2"),
        (key(2, 2), "key", "a key signature of mode 2, expected 0 (major) or 1 (minor)"),
        (key(-2, 255), "key", "a key signature of mode 255, expected 0 (major) or 1 (minor)"),
        (metre(0, 2), "time_signature", "a time signature of 0/4"),
        (metre(0, 0), "time_signature", "a time signature of 0/1"),
        (metre(4, 11), "time_signature", "a time signature of 4/2^11: no note is shorter than 1/1024"),
        (metre(4, 255), "time_signature", "a time signature of 4/2^255: no note is shorter than 1/1024"),
        (meta(0x58, b"\4\2"), "time_signature", "a time signature of 2 bytes, expected 4"),
        (meta(0x58, b""), "time_signature", "a time signature of 0 bytes, expected 4"),
        (meta(0x51, b"\0\0\0"), "tempo", "a tempo of 0 microseconds per quarter note"),
        (meta(0x51, b"\7\xa1"), "tempo", "a tempo of 2 bytes, expected 3"),
        (meta(0x51, b""), "tempo", "a tempo of 0 bytes, expected 3"),
        (meta(0x51, b"\0\7\xa1\x20"), "tempo", "a tempo of 4 bytes, expected 3"),
    ],
)
def test_a_value_that_is_none_is_told_and_the_file_is_kept(said: Said, event: bytes, name: str, reason: str) -> None:
    rows = said(file(event + note()))
    assert {name, f"{name}_bpm", f"{name}_bpm_mean"}.isdisjoint(rows)
    assert (rows[f"{name}_reason"], rows[f"{name}_is_default"]) == (f"at 0 s {reason}", "true")
    assert (rows["notes"], rows["duration_s"]) == ("1", "0.500")


@pytest.mark.parametrize(("power", "metre_"), [(0, "4/1"), (3, "4/8"), (8, "4/256"), (10, "4/1024")])
def test_a_metre_counts_any_note_that_there_is(said: Said, power: int, metre_: str) -> None:
    rows = said(file(metre(4, power) + note()))
    assert (rows["time_signature"], "time_signature_reason" in rows) == (metre_, False)


def test_a_value_that_is_none_does_not_end_the_one_in_force(said: Said) -> None:
    rows = said(file(key(1) + tempo(60) + key(-9, after=BEAT) + meta(0x51, b"\0\0\0"), note(4)))
    assert (rows["key"], rows["key_changes"]) == ("G major", "0")
    assert rows["key_reason"] == "at 1 s a key signature of 9 flats, expected at most 7"
    assert (rows["tempo_bpm"], rows["duration_s"]) == ("60", "4.000")


def test_many_values_that_are_none_are_counted(said: Said) -> None:
    reason = said(file(key(8) + key(9) + key(-8) + key(-100) + note()))["key_reason"]
    assert reason.endswith("9 sharps, expected at most 7 and 2 more")


# ------------------------------------------------------------------------ which of several


@pytest.mark.parametrize(
    ("conductor", "music", "tempo_bpm", "mean", "changes"),
    [
        (tempo(60) + tempo(120, 1 * BEAT), note(9), "120", "108", "1"),  # 1 s, then 4 s
        (tempo(240) + tempo(60, 4 * BEAT), note(6), "60", "120", "1"),  # four beats in 1 s, two in 2 s
        (tempo(60) + tempo(120, 8 * BEAT), note(8), "60", "60", "0"),  # with the end of the last note
        (tempo(60) + tempo(120, 9 * BEAT), note(8), "60", "60", "0"),  # after it
        (tempo(200) + tempo(100, 4 * BEAT), note(4, after=4 * BEAT), "100", "100", "0"),  # a count-in
        (tempo(90) + tempo(60, BEAT) + tempo(90, BEAT) + tempo(60, BEAT), note(5), "60", "69.2308", "3"),
        (tempo(90, after=BEAT), note(9), "90", "92.5714", "0"),  # 120 before it
    ],
)
def test_the_tempo_is_the_one_in_force_longest_between_first_and_last_note(
    said: Said, conductor: bytes, music: bytes, tempo_bpm: str, mean: str, changes: str
) -> None:
    rows = said(file(conductor, music))
    assert (rows["tempo_bpm"], rows["tempo_bpm_mean"], rows["tempo_changes"]) == (tempo_bpm, mean, changes)


def test_metre_and_key_are_those_in_force_longest(said: Said) -> None:
    conductor = metre(1, 2) + key(0) + metre(3, 2, BEAT) + key(-3, 1) + key(2, after=9 * BEAT)
    rows = said(file(conductor, note(10)))
    assert (rows["time_signature"], rows["time_signature_changes"]) == ("3/4", "1")
    assert (rows["key"], rows["key_changes"]) == ("C minor", "1"), "what is set when the last note ends does not count"


@pytest.mark.parametrize("event", [tempo(90, 2 * BEAT), metre(3, 2, 2 * BEAT), key(3, after=2 * BEAT)])
def test_what_is_set_after_the_last_note_does_not_count(said: Said, event: bytes) -> None:
    rows = said(file(note() + event))
    assert {"tempo_bpm", "time_signature", "key"}.isdisjoint(rows)
    assert not any(name.endswith("_reason") for name in rows)


def test_a_value_that_is_set_late_is_not_that_of_the_music_before(said: Said) -> None:
    rows = said(file(tempo(60) + tempo(120, 9 * BEAT) + key(1), note(10)))
    assert "key" not in rows
    assert rows["key_reason"] == "none is set for the first 9 s of 9.5 s of music"


def test_of_equals_the_first_counts(said: Said) -> None:
    assert said(file(metre(2, 2) + metre(3, 2, 2 * BEAT), note(4)))["time_signature"] == "2/4"


# ------------------------------------------------------------------------ programs


@pytest.mark.parametrize(
    ("tracks", "instruments"),
    [
        ((program(40), note()), "Violin"),
        ((note(), program(40)), "Violin"),  # at one tick what another track sets comes first
        ((program(40), note(), program(56, 1), note(channel=1)), "Trumpet, Violin"),
        ((program(40), note(channel=1)), "Acoustic Grand Piano"),
        ((program(40) + program(56, after=2 * BEAT), note() + note(after=BEAT)), "Trumpet, Violin"),
        ((program(40) + program(56, after=BEAT), note(2)), "Violin"),  # a note keeps what it began with
        ((program(56, after=BEAT), note() + program(40) + note()), "Acoustic Grand Piano, Violin"),
        ((program(40), program(56) + note()), "Trumpet"),  # at one tick its own track comes last
        ((note() + program(40),), "Acoustic Grand Piano"),
        ((note(after=BEAT), program(40) + program(56, after=BEAT)), "Trumpet"),
        ((meta(0x21, b"\0") + program(40), meta(0x21, b"\1") + note()), "Acoustic Grand Piano"),  # two ports
        ((meta(0x21, b"\1") + program(40), meta(0x21, b"\1") + note()), "Violin"),
        ((b"\0\xb0\0\x7f\0\xb0\x20\0" + program(40), note()), "Violin"),  # a bank select
        ((b"\0\xc0\x28\0\x38", note()), "Trumpet"),  # running status
        ((program(40) + b"\0\xc0\xc8", note()), "Violin"),  # a program that is none
    ],
)
def test_a_program_holds_for_the_channel_across_tracks_and_in_time(
    said: Said, tracks: tuple[bytes, ...], instruments: str
) -> None:
    assert said(file(*tracks))["instruments"] == instruments


def test_one_track_and_channel_with_two_programs_are_two_parts(said: Said) -> None:
    rows = said(file(program(40) + program(56, after=2 * BEAT), note() + note() + note() + note()))
    assert (rows["parts"], rows["notes"]) == ("2", "4")


# ------------------------------------------------------------------------ files as they are found


def riff(data: bytes, *chunks: tuple[bytes, bytes]) -> bytes:
    body = b"RMID"
    for name, content in (*chunks, (b"data", data)):
        body += name + len(content).to_bytes(4, "little") + content + bytes(len(content) % 2)
    return b"RIFF" + len(body).to_bytes(4, "little") + body


SONG = file(program(40) + key(2), note())


@pytest.mark.parametrize(
    "found",
    [
        riff(SONG),
        riff(SONG, (b"DISP", b"odd"), (b"LIST", bytes(10))),
        b"\0\4song" + bytes(122) + SONG + bytes(128 - len(SONG) % 128),  # MacBinary
        SONG + b"\r\n\x1a and so on",
        SONG + bytes(64),
        SONG + b"MTr",
        SONG + SONG,  # two files in one: the first
        SONG[:14] + b"XFIH\0\0\0\4abcd" + SONG[14:],  # a chunk of Yamaha's
        SONG[:14] + bytes(5) + SONG[14:],  # junk between the chunks
        SONG[:4] + b"\0\0\0\x0a" + SONG[8:14] + bytes(4) + SONG[14:],  # a longer header
        SONG[:10] + b"\0\1" + SONG[12:],  # a wrong number of tracks
        SONG[:10] + b"\0\x09" + SONG[12:],
        SONG[:39] + b"\0\0\1\0" + SONG[43:],  # the last track claims more than there is, and ends
        file(program(40) + key(2), note(), end=b""),  # no event says that a track ends
    ],
)
def test_a_file_is_read_as_players_read_it(said: Said, found: bytes) -> None:
    rows = said(found)
    assert (rows["key"], rows["instruments"], rows["notes"], rows["midi_type"]) == ("D major", "Violin", "1", "1")


def test_a_file_that_is_cut_short_is_refused(tmp_path: Path) -> None:
    path, between = tmp_path / "x.mid", SONG.rindex(b"MTrk")
    for size in set(range(14, len(SONG) - 4)) - {between}:
        path.write_bytes(SONG[:size])
        with pytest.raises(AudioError, match=r"cut short|before any track"):
            attributes(path)
    path.write_bytes(SONG[:between])  # as if the header counted wrongly, which is common
    assert ("notes", "0", "notes") in attributes(path)
