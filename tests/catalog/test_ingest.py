"""From files on disk to rows of the index."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import mido
import pytest
import soundfile
from tones_on_disk import Tone, card, lay, take

from mudata.catalog.audio.clip import load
from mudata.catalog.cards import loader
from mudata.catalog.index import database
from mudata.catalog.index.generations import ABOUT
from mudata.catalog.index.verify import verify
from mudata.errors import ReadError

if TYPE_CHECKING:
    from mudata.home import Home

ROWS = {
    "a": {"genre": "low", "artist": "Ann", "licence": "CC BY-NC 4.0", "text": "deep", "part": "train"},
    "b": {"genre": "middle", "artist": "Bob", "text": "so so", "part": "test"},
    "c": {"genre": "shrill", "artist": "Ann", "licence": "all rights reserved", "text": "", "part": "train"},
}


def ask(home: Home, sql: str) -> list[tuple[Any, ...]]:
    with database.connect(home) as connection:
        return connection.execute(sql).fetchall()


@pytest.mark.slow
def test_everything_that_was_read_and_measured_is_in_the_index(home: Home, tone: Tone, tmp_path: Path) -> None:
    lay(home, tone, ROWS)
    fault = "faults: [{ids: [a], kind: disputed, action: warn, note: is it low?, source: a test}]\n"
    of = card(tmp_path, fault + "expected: {clips: {all: 5}}\n")
    made = take(of, home)
    assert (made.declared, made.fetched, made.usable, made.quarantined, made.missing) == (5, 3, 3, (), ())
    assert (made.dataset, made.audio_format, made.unchanged) == ("tones", "native", False)
    assert {issue.kind for issue in made.issues} == {"unknown-label", "unmatched"}
    assert made.generation == database.current_generation(home, "tones")
    assert ask(
        home, "SELECT clip_id, source_path, duration_s, sample_rate, source_format, artist, status FROM clips"
    ) == [
        ("tones/a", "audio/low/a.wav", 0.5, 8000, "WAV/PCM_16", "Ann", "ok"),
        ("tones/b", "audio/middle/b.wav", 0.5, 8000, "WAV/PCM_16", "Bob", "ok"),
        ("tones/c", "audio/shrill/c.wav", 0.5, 8000, "WAV/PCM_16", "Ann", "ok"),
    ]
    for path, peak in ask(home, "SELECT path, peak FROM clips"):
        assert abs(load(home.root / path)).max() == pytest.approx(peak, abs=1e-4)
    assert ask(home, "SELECT clip_id, namespace, label, canonical FROM labels") == [
        ("tones/a", "genre", "low", "low"), ("tones/b", "genre", "middle", "mid"), ("tones/c", "genre", "shrill", None)
    ]  # fmt: skip
    assert ask(home, "SELECT * FROM captions") == [
        ("tones/a", "tones", "caption", "deep"), ("tones/b", "tones", "caption", "so so")
    ]  # fmt: skip
    assert ask(home, "SELECT clip_id, name, value FROM attributes") == [
        ("tones/a", "length", "4"),
        ("tones/b", "length", "5"),
    ]
    assert ask(home, "SELECT clip_id, split, part FROM splits WHERE part = 'test'") == [("tones/b", "classic", "test")]
    assert ask(home, "FROM faults") == [
        ("tones/a", "tones", "disputed", "warn", "is it low?", "a test", None, "published")
    ]
    assert ask(home, "SELECT ordinal, label, name, aliases FROM vocabulary") == [
        (0, "low", "low", []), (1, "mid", "in-between", ["middle"]), (2, "high", "high", [])
    ]  # fmt: skip
    about = ("tones", "Tones on disk", ["genre", "caption"], "CC-BY-4.0", "unrestricted", loader.sha256(of), "native")
    assert ask(home, "SELECT * EXCLUDE (indexed_at, mudata_version) FROM datasets") == [(*about, None, 5, 3, 3)]


@pytest.mark.slow
def test_clips_of_files_that_state_no_length_are_told_as_such(home: Home, tone: Tone, tmp_path: Path) -> None:
    lay(home, tone, ROWS)
    path = home.raw("tones") / "files" / "audio" / "low" / "a.wav"
    samples, rate = soundfile.read(path)
    soundfile.write(path, samples, rate, format="IRCAM", subtype="PCM_16")
    of = card(tmp_path)
    what = "1 clip, such as a: length not stated by the file (IRCAM); one that was cut between two frames cannot"
    (told,) = [issue for issue in take(of, home).issues if issue.kind == "no-length"]
    assert (told.where, told.what.startswith(what)) == ("clips", True)
    (found,) = [finding for finding in verify(of, home) if finding.check == "no-length"]
    assert (found.where, found.severity, found.got) == ("clips", "note", told.what)


@pytest.mark.slow
def test_a_clips_own_licence_counts_and_else_the_datasets(home: Home, tone: Tone, tmp_path: Path) -> None:
    lay(home, tone, ROWS)
    take(card(tmp_path), home)
    assert ask(home, "SELECT licence, usage FROM clips ORDER BY clip_id") == [
        ("CC BY-NC 4.0", "noncommercial"), ("CC-BY-4.0", "unrestricted"), ("all rights reserved", "unknown")
    ]  # fmt: skip


# ------------------------------------------------------------------------ what is not there


@pytest.mark.slow
def test_an_absent_clip_is_left_out_unless_it_was_asked_for(home: Home, tone: Tone, tmp_path: Path) -> None:
    lay(home, tone, ROWS, absent=("b",))
    of = card(tmp_path)
    assert take(of, home).missing == ()
    assert ask(home, "SELECT clip_id FROM labels UNION SELECT clip_id FROM clips ORDER BY 1") == [
        ("tones/a",),
        ("tones/c",),
    ]
    for request in ({"limit": 3}, {"where": "artist = 'Bob'"}):
        assert take(of, home, **request).missing == (("b", "absent: the file is not there"),)
    assert ask(home, "SELECT status, path, source_path, source_sha256, usage FROM clips") == [
        ("missing", None, "audio/middle/b.wav", None, "unrestricted")
    ]
    assert ask(home, "SELECT fetched, usable FROM datasets") == [(0, 0)]


@pytest.mark.parametrize(
    ("why", "reason"),
    [("unavailable: private video", "unavailable: private video"), ("HTTP 404", "not_fetched: HTTP 404")],
)
@pytest.mark.slow
def test_a_clip_that_could_not_be_had_is_missing_with_the_hosts_reason(
    home: Home, tone: Tone, tmp_path: Path, why: str, reason: str
) -> None:
    lay(home, tone, ROWS, absent=("b", "c"))
    made = take(card(tmp_path), home, failures={"b": why, "a": "an older failure", "nobody": "?"})
    assert (made.missing, made.fetched, made.usable) == ((("b", reason),), 1, 1)
    assert ask(home, "SELECT clip_id, label FROM labels") == [("tones/a", "low"), ("tones/b", "middle")]


@pytest.mark.slow
def test_files_without_the_declared_shape_leave_the_index_as_it_was(home: Home, tone: Tone, tmp_path: Path) -> None:
    files = lay(home, tone, ROWS)
    take(card(tmp_path), home)
    (files / "about.csv").write_text("id,path\na,audio/low/a.wav\n")
    with pytest.raises(ReadError, match=r"about\.csv: no column 'artist'"):
        take(card(tmp_path), home)
    assert ask(home, "SELECT count(*) FROM clips") == [(3,)]


# --------------------------------------------------------------------------- what is unusable


@pytest.mark.slow
def test_unusable_clips_are_quarantined_with_their_reason_and_the_rest_goes_on(
    home: Home, tone: Tone, tmp_path: Path
) -> None:
    files = lay(home, tone, ROWS | {"d": {"seconds": 1.5}})
    (files / "audio" / "low" / "a.wav").write_bytes(b"RIFF and nothing behind it")
    made = take(card(tmp_path, "expected: {duration: [0.4, 1]}\n"), home)
    assert [(id_, reason.partition(":")[0]) for id_, reason in made.quarantined] == [
        ("a", "undecodable"), ("d", "wrong_duration")
    ]  # fmt: skip
    assert (made.fetched, made.usable) == (4, 2)
    assert ask(home, "SELECT path, source_size FROM clips WHERE clip_id = 'tones/a'") == [(None, 26)]


def test_a_file_that_is_not_the_expected_one_is_quarantined(home: Home, tone: Tone, tmp_path: Path) -> None:
    lay(home, tone, ROWS)
    of = card(tmp_path, **{"SELECT id, path, artist, licence": "SELECT id, path, 'md5:' || repeat('0', 32) AS hash"})
    assert {reason.partition(":")[0] for _, reason in take(of, home).quarantined} == {"checksum"}


# ------------------------------------------------------------------------------- doing nothing


def _everything(home: Home) -> dict[str, int]:
    paths = [path for path in home.root.rglob("*") if path.is_file() and "locks" not in path.parts]
    return {str(path): path.stat().st_mtime_ns for path in paths if path.name != "journal.jsonl"}


@pytest.mark.slow
def test_a_second_run_finds_nothing_to_do(home: Home, tone: Tone, tmp_path: Path) -> None:
    lay(home, tone, ROWS)
    first = take(card(tmp_path), home)
    before = _everything(home)
    again = take(card(tmp_path), home)
    assert (again.unchanged, again.generation, again.usable) == (True, first.generation, 3)
    assert _everything(home) == before


@pytest.mark.slow
def test_whatever_changes_makes_a_new_generation(home: Home, tone: Tone, tmp_path: Path) -> None:
    files = lay(home, tone, ROWS)
    of = card(tmp_path)
    seen = {take(of, home).generation}
    changes: list[Any] = [
        lambda: take(card(tmp_path, "notes: one more\n"), home),
        lambda: take(of, home, limit=3),
        lambda: take(of, home, rate=4000),
        lambda: (tone(files / "audio/low/a.wav", 0.5, 8000, 1, 333.0), take(of, home))[1],
        lambda: (lay(home, tone, ROWS | {"new": {}}), take(of, home))[1],
    ]
    for change in changes:
        made = change()
        assert not made.unchanged
        assert made.generation not in seen
        seen.add(made.generation)


@pytest.mark.slow
def test_the_selection_is_kept_with_the_rows(home: Home, tone: Tone, tmp_path: Path) -> None:
    lay(home, tone, ROWS)
    made = take(card(tmp_path), home, limit=2, where="genre = ['low'] OR artist = 'Bob'")
    assert (made.usable, made.declared) == (2, 2)
    about = json.loads((made.generation / ABOUT).read_text())
    assert about["selection"] == {"limit": 2, "where": "genre = ['low'] OR artist = 'Bob'"}


# ------------------------------------------------------------------------- subsets, crops, MIDI


@pytest.mark.slow
def test_the_default_subset_is_named_and_declared(home: Home, tone: Tone, tmp_path: Path) -> None:
    lay(home, tone, ROWS)
    subsets = "subsets: {small: {title: s}, large: {title: l}}\ndefault_subset: small\n"
    of = card(
        tmp_path,
        subsets + "expected: {clips: {small: 1, large: 3}}\n",
        **{"artist, licence FROM about": "if(id = 'a', 'small,large', 'large') AS subset FROM about"},
    )
    assert (take(of, home).usable, ask(home, "SELECT subset, declared FROM datasets")) == (1, [("small", 1)])
    assert (take(of, home, subset="large").usable, ask(home, "SELECT subset, declared FROM datasets")) == (
        3,
        [("large", 3)],
    )


@pytest.mark.slow
def test_the_cards_crop_is_taken(home: Home, tone: Tone, tmp_path: Path) -> None:
    lay(home, tone, {"a": {"seconds": 1.0}})
    take(
        card(tmp_path, **{"    select: SELECT id, path": "    crop: {centre: 0.5}\n    select: SELECT id, path"}), home
    )
    assert ask(home, "SELECT start_s, duration_s, source_duration_s FROM clips") == [(0.25, 0.5, 1.0)]


@pytest.mark.slow
def test_times_of_a_clip_in_its_file_are_taken(home: Home, tone: Tone, tmp_path: Path) -> None:
    lay(home, tone, {"a": {"seconds": 1.0}})
    take(card(tmp_path, **{"artist, licence FROM": "0.25 AS start_s, 0.5 AS end_s FROM"}), home)
    assert ask(home, "SELECT start_s, duration_s, source_duration_s FROM clips") == [(0.25, 0.25, 1.0)]


@pytest.mark.slow
def test_another_audio_format_is_another_folder(home: Home, tone: Tone, tmp_path: Path) -> None:
    lay(home, tone, ROWS)
    assert take(card(tmp_path), home, rate=4000).audio_format == "4000"
    ((path, rate, source_rate, audio_format),) = ask(
        home, "SELECT path, sample_rate, source_rate, clips.flavour FROM clips JOIN datasets USING (flavour) LIMIT 1"
    )
    assert (rate, source_rate, audio_format) == (4000, 8000, "4000")
    assert path.startswith("clips/tones/4000/")
    assert len(load(home.root / path)) == 2000


@pytest.mark.slow
def test_midi_stays_where_it_is_and_says_what_it_knows_of_itself(home: Home, tone: Tone, tmp_path: Path) -> None:
    files = lay(home, tone, {})
    song = mido.MidiFile(ticks_per_beat=480)
    song.tracks.append(
        mido.MidiTrack(
            [
                mido.MetaMessage("set_tempo", tempo=500_000),
                mido.Message("note_on", note=60, velocity=64),
                mido.Message("note_off", note=60, time=960),
                mido.MetaMessage("end_of_track"),
            ]
        )
    )
    song.save(files / "song.mid")
    (files / "broken.mid").write_bytes(b"MThd")
    midi = '{kind: midi, files: ["{stem}.mid"]}'
    made = take(card(tmp_path, "expected: {duration: [100, 200]}\n", **{"clips:\n": f"clips:\n  - {midi}\n"}), home)
    assert [(id_, reason.partition(":")[0]) for id_, reason in made.quarantined] == [("broken", "parse_error")]
    assert ask(home, "SELECT path, duration_s, kind FROM clips WHERE status = 'ok'") == [
        ("raw/tones/files/song.mid", 1.0, "midi")
    ]
    assert ("tempo_bpm", "120") in ask(home, "SELECT name, value FROM attributes WHERE clip_id = 'tones/song'")
