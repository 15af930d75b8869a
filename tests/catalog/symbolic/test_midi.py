"""MIDI files say what they say: nothing that they leave out is made up."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import mido
import pytest

from mudata.catalog.symbolic.general_midi import FAMILIES, PROGRAMS
from mudata.catalog.symbolic.midi import attributes
from mudata.errors import AudioError

if TYPE_CHECKING:
    from mudata.catalog.symbolic.admission import Attribute


def save(path: Path, *tracks: list[mido.Message | mido.MetaMessage], type_: int = 1) -> Path:
    midi = mido.MidiFile(type=type_, ticks_per_beat=480)
    for messages in tracks:
        midi.tracks.append(mido.MidiTrack(messages))
    midi.save(path)
    return path


def note(pitch: int, ticks: int, channel: int = 0, after: int = 0) -> list[mido.Message]:
    return [
        mido.Message("note_on", note=pitch, channel=channel, velocity=64, time=after),
        mido.Message("note_off", note=pitch, channel=channel, time=ticks),
    ]


def program(number: int, channel: int = 0) -> mido.Message:
    return mido.Message("program_change", program=number, channel=channel)


def meta(kind: str, time: int = 0, **values: object) -> mido.MetaMessage:
    return mido.MetaMessage(kind, time=time, **values)


def as_dict(rows: list[Attribute]) -> dict[str, str]:
    return {name: value for name, value, _ in rows}


@pytest.fixture
def song(tmp_path: Path) -> Path:
    """Two beats at 60, two at 120 bpm; strings, a bass, drums; every kind of event once."""
    conductor = [
        meta("set_tempo", tempo=1_000_000),
        meta("time_signature", numerator=3, denominator=4),
        meta("key_signature", key="Ebm"),
        meta("lyrics", text="la"),
        meta("set_tempo", tempo=500_000, time=960),
        meta("marker", text="chorus"),
    ]
    strings = [program(48), *note(60, 960), *note(64, 960)]
    bass = [program(33, 1), *note(40, 1920, 1)]
    drums = [program(0, 9), *note(36, 240, 9), *note(100, 240, 9)]
    return save(tmp_path / "song.mid", conductor, strings, bass, drums)


def test_a_song_is_described_completely(song: Path) -> None:
    rows = attributes(song)
    assert [row for row in rows if not row.name.startswith("file_")] == [
        ("tempo_bpm", "60", "event"),
        ("tempo_bpm_mean", "80", "event"),
        ("time_signature", "3/4", "event"),
        ("key", "Eb minor", "event"),
        ("tempo_changes", "1", "event"),
        ("time_signature_changes", "0", "event"),
        ("key_changes", "0", "event"),
        ("has_drums", "true", "notes"),
        ("notes", "5", "notes"),
        ("polyphony", "3", "notes"),
        ("instruments", "Electric Bass (finger), String Ensemble 1", "event"),
        ("instrument_families", "Bass, Ensemble", "event"),
        ("pitch_min", "40", "notes"),
        ("pitch_max", "64", "notes"),
        ("lyrics", "1", "event"),
        ("markers", "1", "event"),
        ("parts", "3", "notes"),
        ("duration_s", "3.000", "notes"),
        ("midi_type", "1", "event"),
        ("parser", "mudata", None),
    ]
    assert [row for row in rows if row.name.startswith("file_")] == [
        ("file_tempo_bpm_unknown", "the tempo lies between 60 and 120 bpm", None),
        ("file_time_signature_unknown", "2 bars of 3/4, fewer than 8", None),
        (
            "file_key_unknown",
            "Eb minor is written; of 3 key profiles 0 find it in the notes (A minor, E minor)",
            None,
        ),
        ("file_key_estimated_unknown", "the key profiles find A minor, E minor", None),
        ("file_families", "Bass, Drums, Ensemble", "event"),
        ("file_parts", "2", "notes"),
        ("file_sections_unknown", "fewer than 3 sections are named", None),
    ]


def test_what_a_file_leaves_out_is_flagged_and_not_invented(tmp_path: Path) -> None:
    rows = as_dict(attributes(save(tmp_path / "bare.mid", note(60, 480))))
    assert {"tempo_bpm", "tempo_bpm_mean", "time_signature", "key"}.isdisjoint(rows)
    assert {name for name in rows if name.endswith("is_default")} == {
        "tempo_is_default",
        "time_signature_is_default",
        "key_is_default",
    }
    assert rows["duration_s"] == "0.500", "120 beats per minute is what players assume"


def test_an_explicit_c_major_is_kept_and_flagged(tmp_path: Path) -> None:
    rows = as_dict(attributes(save(tmp_path / "c.mid", [meta("key_signature", key="C"), *note(60, 480)])))
    assert (rows["key"], rows["key_is_default"]) == ("C major", "true")
    assert "key_is_default" not in as_dict(
        attributes(save(tmp_path / "a.mid", [meta("key_signature", key="Am"), *note(60, 480)]))
    )


def test_a_type_0_file_is_split_by_channel(tmp_path: Path) -> None:
    mixed = [program(0, 0), program(40, 1), *note(60, 100, 0), *note(67, 100, 1), *note(36, 100, 9)]
    rows = as_dict(attributes(save(tmp_path / "zero.mid", mixed, type_=0)))
    assert (rows["parts"], rows["midi_type"], rows["has_drums"]) == ("3", "0", "true")
    assert rows["instruments"] == "Acoustic Grand Piano, Violin"


def test_events_at_one_tick_count_once_and_repeats_are_no_change(tmp_path: Path) -> None:
    tempos = [meta("set_tempo", tempo=400_000), meta("set_tempo", tempo=500_000), meta("set_tempo", 480, tempo=500_000)]
    rows = as_dict(attributes(save(tmp_path / "t.mid", tempos, note(60, 960))))
    assert (rows["tempo_bpm"], rows["tempo_bpm_mean"], rows["tempo_changes"]) == ("120", "120", "0")


def test_notes_that_meet_do_not_sound_together(tmp_path: Path) -> None:
    rows = as_dict(attributes(save(tmp_path / "scale.mid", [*note(60, 480), *note(62, 480), *note(64, 480)])))
    assert (rows["polyphony"], rows["notes"]) == ("1", "3")


def test_a_file_of_drums_alone_has_no_pitch_and_no_instrument(tmp_path: Path) -> None:
    rows = as_dict(attributes(save(tmp_path / "drums.mid", note(36, 480, 9))))
    assert rows["has_drums"] == "true"
    assert {"instruments", "pitch_min", "pitch_max"}.isdisjoint(rows)


def test_general_midi_has_16_families_of_8_instruments() -> None:
    assert (len(PROGRAMS), len(set(PROGRAMS)), len(FAMILIES)) == (128, 128, 16)
    assert not any("," in name for name in PROGRAMS + FAMILIES), "instruments are listed with commas"


@pytest.mark.parametrize(
    ("raw", "what"),
    [
        (b"hello", "no MIDI header"),
        (b"RIFF" + bytes(40), "no MIDI header"),
        (b"RIFF\x0c\0\0\0RMIDLIST\0\0\0\0", "no MIDI header"),
        (bytes(128) + b"MThx" + bytes(20), "no MIDI header"),
        (b"MThd\0\0\0\6\0\2\0\0\1\xe0", "type 2"),
        (b"MThd\0\0\0\6\0\1\0\0\0\0", "time division 0"),
        (b"MThd\0\0\0\6\0\1\0\0\xff\xff", "time division -1"),
        (b"MThd\0\0\0\6\0\1\0\1\1\xe0MTrk\0\0\1\0\0\x90", "track 1 ends within an event"),
        (b"MThd\0\0\0\6\0\1\0\1\1\xe0MTrk\0\0\0\4\0\x3c\x40\0", "track 1 has data of no event, 0 bytes in"),
        (b"MThd\0\0\0\6\0\1\0\1\1\xe0MTrk\0\0\0\x06\x81\x81\x81\x81\x81\1", "more than four bytes"),
        (b"MThd\0\0\0\6\0\1\0\1\1\xe0", "before any track"),
        (b"MThd\0\0\0\6\0\3\0\1\1\xe0", "type 3; expected type 0 or 1"),
    ],
)
def test_what_cannot_be_parsed_says_why(tmp_path: Path, raw: bytes, what: str) -> None:
    (tmp_path / "x.mid").write_bytes(raw)
    with pytest.raises(AudioError, match=what) as caught:
        attributes(tmp_path / "x.mid")
    assert caught.value.reason == "parse_error"


def test_files_that_are_not_there_have_vanished(tmp_path: Path) -> None:
    with pytest.raises(AudioError, match="no such file") as caught:
        attributes(tmp_path / "gone.mid")
    assert caught.value.reason == "vanished"


@pytest.mark.parametrize(
    ("name", "known"),
    [
        ("empty", {"notes": "0", "parts": "0", "duration_s": "0.000"}),
        ("ticks-per-beat-480", {"notes": "0"}),
        ("multiple-copyrights", {"notes": "0"}),
        ("multichannel", {"parts": "4", "notes": "4", "polyphony": "4"}),
        ("multitrack", {"parts": "4", "notes": "4"}),
        ("single-track-single-channel", {"parts": "1", "notes": "4", "duration_s": "2.000"}),
        ("tempos", {"tempo_bpm": "100", "tempo_changes": "1", "duration_s": "4.400"}),
        ("time-signatures", {"time_signature": "2/2", "time_signature_changes": "10"}),
        ("key-signatures", {"key": "A major", "key_changes": "29"}),
        ("pitches", {"pitch_min": "0", "pitch_max": "127", "notes": "128"}),
        ("chords", {"polyphony": "3", "notes": "12"}),
        ("durations", {"notes": "11", "duration_s": "16.000"}),
        ("negative-ticks-per-beat", "time division -1"),
        ("zero-ticks-per-beat", "time division 0"),
        ("type2", "type 2"),
    ],
)
def test_odd_files_are_read_or_refused_as_known(shared: Path, name: str, known: dict[str, str] | str) -> None:
    path = shared / "data" / "malformed" / "midi" / f"{name}.mid"
    if isinstance(known, str):
        with pytest.raises(AudioError, match=known):
            attributes(path)
    else:
        assert known.items() <= as_dict(attributes(path)).items()
