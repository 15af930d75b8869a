"""What a MIDI file says counts for true by rule, and what does not says why; of all the music and of a window."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from midi_files import BEAT, Event, control, key, marker, metre, midi_file, note, program, scale, sysex, tempo

from mudata.catalog.symbolic.midi import facts

Facts = Callable[..., dict[str, str]]

G_MAJOR = [55, 59, 62, 67, 60, 64, 67, 72, 62, 66, 69, 74, 55, 59, 62, 67]
"""I, IV, V, I."""


@pytest.fixture
def told(tmp_path: Path) -> Facts:
    """Facts of tracks as a file, without the prefix; those of the whole music, or of a window."""

    def of(*tracks: list[Event], window: tuple[float, float] | None = None) -> dict[str, str]:
        (tmp_path / "x.mid").write_bytes(midi_file(*tracks))
        prefix = "clip_" if window else "file_"
        found = facts(tmp_path / "x.mid", window).attributes
        return {row.name.removeprefix(prefix): row.value for row in found if row.name.startswith(prefix)}

    return of


def music(beats: int = 32, channel: int = 0, of: int = 0) -> list[Event]:
    """A quarter note a beat in G major."""
    return [program(of, channel), *scale([G_MAJOR[n % 16] for n in range(beats)], channel=channel)]


def free(seed: int = 0, notes: int = 200) -> list[Event]:
    """Notes at times that know no beat."""
    rng = np.random.default_rng(seed)
    return [event for at in np.sort(rng.uniform(0, 60, notes)) for event in note(60, float(at), 0.1)]


# --------------------------------------------------------------------------------------------- tempo


def test_a_tempo_that_notes_follow_is_true(told: Facts) -> None:
    rows = told([tempo(96), metre(4, 4)], music())
    assert (rows["tempo_bpm"], rows["beat_bpm"]) == ("96", "96")


@pytest.mark.parametrize(
    ("beats", "unit", "bpm", "beat"),
    [
        (6, 8, 120, "80"),
        (12, 8, 90, "60"),
        (9, 8, 150, "100"),
        (2, 2, 120, "60"),
        (3, 2, 200, "100"),
        (3, 4, 120, "120"),
    ],
)
def test_the_beat_is_the_one_that_is_felt(told: Facts, beats: int, unit: int, bpm: int, beat: str) -> None:
    rows = told([tempo(bpm), metre(beats, unit)], music(64))
    assert (rows["tempo_bpm"], rows["beat_bpm"]) == (str(bpm), beat)


def test_without_a_metre_the_quarter_is_the_beat(told: Facts) -> None:
    assert told([tempo(77)], music())["beat_bpm"] == "77"


@pytest.mark.parametrize(
    ("events", "fact", "why"),
    [
        ([], "tempo_bpm", "no tempo is set"),
        ([tempo(100, BEAT * 4)], "tempo_bpm", "no tempo is set for the first 2 s"),
        ([tempo(100), tempo(102, BEAT * 8)], "tempo_bpm", "the tempo lies between 100 and 102 bpm"),
        ([tempo(39)], "tempo_bpm", "39 quarter notes a minute, not between 40 and 240"),
        ([tempo(241)], "tempo_bpm", "241 quarter notes a minute, not between 40 and 240"),
        ([tempo(70), metre(2, 2)], "beat_bpm", "35 beats a minute, not between 40 and 240"),
        ([tempo(100), metre(5, 8)], "beat_bpm", "what the beat of 5/8 is, is not certain"),
        ([tempo(100), metre(4, 4), metre(6, 8, BEAT * 8)], "beat_bpm", "the beat changes with the metre: 4/4, 6/8"),
        ([], "time_signature", "no time signature is set"),
        ([metre(4, 4), metre(3, 4, BEAT * 8)], "time_signature", "several time signatures: 3/4, 4/4"),
        ([metre(4, 4, BEAT * 8)], "time_signature", "several time signatures: 4/4, none"),
        ([metre(16, 16)], "time_signature", "16/16 fills up a bar and is no metre"),
        ([metre(2, 8)], "time_signature", "2/8 fills up a bar and is no metre"),
        ([metre(1, 4)], "time_signature", "1/4 fills up a bar and is no metre"),
        ([metre(5, 4)], "time_signature", "7 bars of 5/4, fewer than 8"),
        ([], "key", "no key signature is set"),
        ([key(0)], "key", "C major, which programs write when nobody sets a key"),
        ([key(1), key(2, 0, BEAT * 8)], "key", "several key signatures: D major, G major"),
        ([key(-3)], "key", "Eb major is written; of 3 key profiles 0 find it in the notes (G major)"),
    ],
)
def test_what_is_not_true_says_why(told: Facts, events: list[Event], fact: str, why: str) -> None:
    rows = told(events, music())
    assert rows[f"{fact}_unknown"] == why
    assert fact not in rows


def test_tempi_within_one_percent_are_one_and_the_longest_counts(told: Facts) -> None:
    assert told([tempo(100), tempo(100.5, BEAT * 4)], music())["tempo_bpm"] == "100.5"


def test_what_stands_before_the_music_and_after_it_does_not_count(told: Facts) -> None:
    late = [(tick + 8 * BEAT, data) for tick, data in music()]
    before = [tempo(60), metre(3, 4), key(-2), tempo(90, 4 * BEAT), metre(4, 4, 4 * BEAT), key(1, 0, 8 * BEAT)]
    after = [tempo(30, 40 * BEAT), metre(7, 8, 40 * BEAT), key(5, 0, 40 * BEAT)]
    rows = told([*before, *after], late)
    assert (rows["tempo_bpm"], rows["time_signature"], rows["key"]) == ("90", "4/4", "G major")


def test_notes_that_ignore_the_grid_make_a_tempo_unknown(told: Facts) -> None:
    why = told([tempo(120)], free())["tempo_bpm_unknown"]
    assert why.startswith("120 bpm default and notes ignore the grid: ")
    assert told([tempo(96)], free())["tempo_bpm_unknown"].startswith("notes ignore the grid: ")


def test_swing_and_playing_late_are_no_reason_to_doubt_a_tempo(told: Facts) -> None:
    late = [event for n in range(64) for event in note(60, n / 2 + 0.06, 0.25)]
    assert told([tempo(120)], late)["tempo_bpm"] == "120", "none lies on the grid, all are in phase"
    swing = [event for n in range(32) for at in (n, n + 2 / 3) for event in note(60, at, 0.25)]
    assert told([tempo(150)], swing)["tempo_bpm"] == "150"


def test_little_music_has_no_tempo(told: Facts) -> None:
    assert told([tempo(100)], music(7))["tempo_bpm_unknown"] == "7 quarter notes of music, fewer than 8"
    assert told([tempo(100)], music(8))["tempo_bpm"] == "100"


# ------------------------------------------------------------------------------------ metre and key


def test_four_four_is_told_apart(told: Facts) -> None:
    rows = told([metre(4, 4)], music())
    assert (rows["time_signature"], rows["time_signature_is_default"]) == ("4/4", "true")
    rows = told([metre(3, 4)], music())
    assert rows["time_signature"] == "3/4"
    assert "time_signature_is_default" not in rows


def test_a_written_key_that_is_heard_is_true(told: Facts) -> None:
    rows = told([key(1)], music())
    assert (rows["key"], rows["key_estimated"]) == ("G major", "G major")
    assert told([key(0)], music())["key_estimated"] == "G major"


def test_a_key_has_one_spelling(told: Facts) -> None:
    down = [
        (tick, bytes([data[0], data[1] - 1, *data[2:]]) if data[0] >> 4 in (8, 9) else data) for tick, data in music()
    ]
    for sharps in (6, -6):
        assert told([key(sharps)], down)["key"] == "F# major"
    assert told([key(6), key(-6, 0, BEAT * 8)], down)["key"] == "F# major", "two spellings of one key"


def test_drums_have_no_key(told: Facts) -> None:
    rows = told([key(1), tempo(100)], scale([36, 38] * 16, channel=9))
    assert rows["key_estimated_unknown"] == "no pitched notes that tell a key"
    assert rows["key_unknown"] == "G major is written; of 3 key profiles 0 find it in the notes (none)"
    assert (rows["tempo_bpm"], rows["families"], rows["parts"]) == ("100", "Drums", "1")


# --------------------------------------------------------------------------------- instruments, parts


def test_families_are_those_in_force_at_the_notes(told: Facts) -> None:
    first = [program(0), *scale([60] * 8), program(73, 0, 8 * BEAT), *scale([72] * 8, begin=8)]
    drums = scale([36] * 16, channel=9)
    assert told(first, [*drums, program(40, 9)])["families"] == "Drums, Piano, Pipe"


@pytest.mark.parametrize(
    ("track", "why"),
    [
        (scale([60] * 8), "a channel plays before a program is set"),
        ([*scale([60] * 8), program(5)], "a channel plays before a program is set"),
        ([program(5, 0, 2 * BEAT), *scale([60] * 8)], "a channel plays before a program is set"),
        ([program(5), control(0, 8), *scale([60] * 8)], "another bank is chosen on 1 channel"),
        ([program(5), control(32, 1), *scale([60] * 8)], "another bank is chosen on 1 channel"),
        ([sysex(b"\x41\x10\x42\x12\x40\x00\x7f\x00\x41"), *music()], "messages of Roland may choose other sounds"),
        ([sysex(b"\x43\x10\x4c\x00\x00\x7e\x00"), *music()], "messages of Yamaha may choose other sounds"),
        ([program(73), *note(60, 0, 1.9)], "Pipe: heard for 0.95 s, which is hardly at all"),
        (
            [program(73), *[e for n in range(8) for e in note(60, n, 1, 0, 1)]],
            "Pipe: heard for 0 s, which is hardly at all",
        ),
        ([program(73), control(7, 0), *scale([60] * 8)], "Pipe: heard for 0 s, which is hardly at all"),
        ([program(73), control(11, 0), *scale([60] * 8)], "Pipe: heard for 0 s, which is hardly at all"),
        ([program(98), *scale([60] * 8)], "no instrument is heard"),
    ],
)
def test_instruments_that_are_not_certain_say_why(told: Facts, track: list[Event], why: str) -> None:
    rows = told(track)
    assert rows["families_unknown"] == why
    assert "families" not in rows


def test_what_does_not_change_the_sound_is_no_reason_to_doubt(told: Facts) -> None:
    general_midi_on = sysex(b"\x7e\x7f\x09\x01")
    banks = [control(0, 0), control(32, 0), control(0, 8, 9)]
    quiet_at_first = [control(7, 0), control(7, 90)]
    assert told([general_midi_on, *banks, *quiet_at_first, *music()])["families"] == "Piano"


def test_effects_are_left_out(told: Facts) -> None:
    assert told(music(), [program(122, 1), *scale([60] * 8, channel=1)])["families"] == "Piano"


def test_a_short_part_of_a_family_that_is_heard_anyway_is_no_reason_to_doubt(told: Facts) -> None:
    assert told(music(), [program(1, 1), *note(60, 0, 0.5, 1)])["families"] == "Piano"


def test_volume_counts_on_its_own_channel_and_from_then_on(told: Facts) -> None:
    loud = [program(73), *scale([60] * 8), control(7, 0, 0, 4 * BEAT)]
    assert told(loud, [control(7, 0, 1)])["families"] == "Pipe", "4 beats of 8 are heard, 2 s"


def test_parts_that_double_others_do_not_count(told: Facts) -> None:
    melody = [program(0), *scale([60, 62, 64, 65] * 4)]
    octave = [program(48, 1), *scale([72, 74, 76, 77] * 4, channel=1)]
    bass = [program(33, 2), *scale([36, 43, 36, 43] * 4, channel=2)]
    assert told(melody)["parts"] == "1"
    assert told(melody, octave)["parts"] == "1"
    assert told(melody, bass)["parts"] == "2"
    assert told(melody, octave, bass, scale([36] * 16, channel=9), scale([42] * 16, channel=9))["parts"] == "3"


def test_a_part_doubles_another_from_four_fifths_on(told: Facts) -> None:
    melody = [program(0), *scale([60, 62, 64, 65, 67] * 4)]
    four_of_five = [program(1, 1), *scale([60, 62, 64, 65, 70] * 4, channel=1)]
    three_of_five = [program(1, 1), *scale([60, 62, 64, 66, 70] * 4, channel=1)]
    assert told(melody, four_of_five)["parts"] == "1"
    assert told(melody, three_of_five)["parts"] == "2"
    late = [(tick + 40, data) if data[0] >> 4 in (8, 9) else (tick, data) for tick, data in four_of_five]
    assert told(melody, late)["parts"] == "2", "a twelfth of a beat late is another cell"


def test_chords_sound_once(told: Facts) -> None:
    chord = [program(0), *(event for pitch in (60, 64, 67) for event in note(pitch, 0, 2))]
    assert told(chord)["parts_unknown"] == "no part sounds for 2 s", "three notes of 1 s at once"
    assert told([*chord, *note(60, 2, 2)])["parts"] == "1"


def test_more_than_six_parts_are_not_counted(told: Facts) -> None:
    """Each part plays a pitch class of its own."""
    parts = [[program(n * 8, n), *scale([60 + n] * 8, channel=n)] for n in range(8)]
    assert told(*parts[:6])["parts"] == "6"
    assert told(*parts[:7])["parts_unknown"] == "7 parts, more than 6"
    voices = [[program(0, n % 9), *scale([30 + n] * 8, channel=n % 9)] for n in range(65)]
    assert told(*voices)["parts_unknown"] == "65 parts, more than 6"


def test_a_stroke_of_a_drum_rings_whenever_its_note_ends(told: Facts) -> None:
    strokes = [event for n in range(16) for event in note(36, n, 0.01, 9)]
    assert (told(strokes)["families"], told(strokes)["parts"]) == ("Drums", "1")


# --------------------------------------------------------------------------------------------- sections


def test_sections_are_told_where_three_are_named(told: Facts) -> None:
    named = [marker("Intro"), marker("VERSE 1", 8 * BEAT), marker("Chorus", 16 * BEAT, 0x07)]
    assert told(named, music())["sections"] == "0.000 intro 4.000 verse 8.000 chorus"
    assert told(named[:2], music())["sections_unknown"] == "fewer than 3 sections are named"
    assert "sections" not in told([marker("universe"), marker("a"), marker("b", BEAT)], music())


# --------------------------------------------------------------------------------------------- windows


def test_a_window_has_facts_of_its_own(told: Facts) -> None:
    """60 beats at 60 bpm, then as many at 120 bpm in another key, with another instrument."""
    conductor = [tempo(60), metre(4, 4), key(1), tempo(120, 60 * BEAT)]
    up = [(tick + 60 * BEAT, data) for tick, data in scale([pitch + 4 for pitch in G_MAJOR] * 4, channel=1)]
    tracks = (conductor, music(60), [program(40, 1), *up])
    whole, part = told(*tracks), told(*tracks, window=(30, 0.25))
    assert whole["tempo_bpm_unknown"] == "the tempo lies between 60 and 120 bpm"
    assert (part["tempo_bpm"], part["key"], part["families"], part["parts"]) == ("60", "G major", "Piano", "1")
    assert whole["families"] == "Piano, Strings"


@pytest.mark.parametrize(
    ("seconds", "at", "begin", "length"),
    [
        (30, 0.25, 32.0, 30.0),  # a quarter of 124 s is 31 s; bars are of 4 s
        (30, 0.0, 0.0, 30.0),
        (30, 0.9, 92.0, 30.0),  # 30 s before the end is 94 s
        (124, 0.25, 0.0, 124.0),
        (500, 0.25, 0.0, 124.0),
        (10, 0.5, 60.0, 10.0),  # 62 s lies between two bar lines: the earlier one
    ],
)
def test_a_window_begins_at_a_bar_line(tmp_path: Path, seconds: float, at: float, begin: float, length: float) -> None:
    (tmp_path / "x.mid").write_bytes(midi_file([tempo(60), metre(4, 4)], music(124)))
    assert facts(tmp_path / "x.mid", (seconds, at)).clip == pytest.approx((begin, length))


def test_bars_are_those_of_the_metre_in_force(tmp_path: Path) -> None:
    conductor = [tempo(60), metre(4, 4), metre(3, 4, 10 * BEAT), metre(5, 4, 31 * BEAT)]
    (tmp_path / "x.mid").write_bytes(midi_file(conductor, music(120)))
    clips = {
        at: facts(tmp_path / "x.mid", (8, at)).clip for at in (5 / 120, 9.1 / 120, 20 / 120, 30.6 / 120, 39.4 / 120)
    }
    assert [round(start) for start, _ in clips.values() if start is not None] == [4, 10, 19, 31, 41]


def test_a_window_without_a_note_moves_to_the_next_one(tmp_path: Path) -> None:
    far = [(tick + 400 * BEAT, data) if data[0] >> 4 in (8, 9) else (tick, data) for tick, data in music()]
    (tmp_path / "x.mid").write_bytes(midi_file([tempo(60), metre(4, 4)], music(8), far))
    assert facts(tmp_path / "x.mid", (30, 0.25)).clip == pytest.approx((400, 30))


def test_a_window_that_is_shorter_than_a_tick_holds_the_last_note(tmp_path: Path) -> None:
    strokes = [(0, bytes([0x90, pitch, velocity])) for pitch in (60, 64, 67) for velocity in (80, 0)]
    (tmp_path / "x.mid").write_bytes(midi_file([tempo(5), metre(1, 4)], strokes, ticks_per_beat=1))
    assert facts(tmp_path / "x.mid", (5, 0.6)).clip == pytest.approx((0, 12))


def test_a_note_that_is_held_into_a_window_sounds_in_it(told: Facts) -> None:
    held = [program(48, 1), *note(60, 0, 200, 1)]
    assert told([tempo(60), metre(4, 4)], music(200), held, window=(30, 0.25))["families"] == "Ensemble, Piano"


def test_an_hour_of_music_and_files_without_any_fact(told: Facts, tmp_path: Path) -> None:
    rows = told([tempo(60), metre(4, 4), key(1)], music(3600), window=(30, 0.25))
    assert (rows["tempo_bpm"], rows["key"]) == ("60", "G major")
    rows = told(note(60, 0, 0))
    assert {name for name in rows if not name.endswith("_unknown")} == set()
    (tmp_path / "none.mid").write_bytes(midi_file([tempo(60)], []))
    found = facts(tmp_path / "none.mid", (30, 0.25))
    assert (found.notes, found.clip) == (0, None)
    assert not [row for row in found.attributes if row.name.startswith(("file_", "clip_"))]
