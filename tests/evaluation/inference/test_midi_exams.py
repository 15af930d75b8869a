"""Exams of MIDI, the whole way: what is true is asked, of a window, transposed if that is the question; heard, read."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from midi_files import BEAT, Event, metre, midi_file, program, scale, tempo
from shell import typed

import mudata
from mudata.catalog.render import soundfonts
from mudata.catalog.symbolic import smf
from mudata.catalog.symbolic.notes import notes
from mudata.errors import MissingSoundfont
from mudata.evaluation.inference.runner import EvalRequest, evaluate
from mudata.evaluation.protocol import Answer, Clip, Failure, Item, ModelCapabilities
from mudata.evaluation.run import all_runs

if TYPE_CHECKING:
    from mudata.evaluation.run import Run
    from mudata.home import Home

pytestmark = pytest.mark.slow

CARD = """
name: songs
title: Songs
summary: Scores that tests read.
tags: [rhythm]
format: mid
duration: {min: 1, max: 30}
audio: "no"
audio_note: Only scores are published.
licence: {text: CC0 1.0 Universal, spdx: CC0-1.0, usage: unrestricted, redistributable: true}
citation: {text: Nobody., bibtex: "@misc{nobody}"}
homepage: https://example.org/songs
availability: open
sources: {all: {what: scores, mirrors: [{kind: local, how: Made by the tests.}]}}
clips: [{kind: midi, files: "**/{stem}.mid", window: {seconds: 20, at: 0.25}}]
labels:
  family: {kind: multi, attribute: clip_families, vocabulary: [Piano, Bass, Drums, Strings]}
tasks:
  tempo:
    {kind: number, attribute: clip_beat_bpm, noun: tempo, scale: {unit: bpm, tolerance: 0.04, low: 20, high: 400}}
  higher:
    kind: number
    attribute: clip_key_estimated
    noun: number of semitones
    scale: {unit: semitones, high: 12, integer: true}
    transposed: {semitones: [1, 2, 3, 4], seconds: 5}
  instruments: {kind: tag, namespace: family, noun: instrument families, sound: soundfont}
expected: {clips: {all: 6}}
"""
G_MAJOR = [55, 59, 62, 67, 60, 64, 67, 72, 62, 66, 69, 74, 55, 59, 62, 67]
TEMPI = {"a": 90, "b": 120, "c": 75, "d": 150, "e": 100}


def song(bpm: float, *more: Sequence[Event]) -> bytes:
    return midi_file([tempo(bpm), metre(4, 4)], [program(0), *scale(G_MAJOR * 10)], *more)


@pytest.fixture
def songs(home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Five songs; the last with a bass and drums. A sixth has neither tempo nor program."""
    raw, cards = tmp_path / "raw", tmp_path / "cards"
    raw.mkdir()
    cards.mkdir()
    (cards / "songs.yaml").write_text(CARD)
    monkeypatch.setenv("MUDATA_CARDS", str(cards))
    for name, bpm in TEMPI.items():
        more = ([program(33, 1), *scale([43, 38] * 80, channel=1)], scale([36] * 160, channel=9)) if name == "e" else ()
        (raw / f"{name}.mid").write_bytes(song(bpm, *more))
    (raw / "none.mid").write_bytes(midi_file(scale([60, 61] * 80)))
    for words in (
        ("fetch", "songs", "--from", raw, "--workers", 1),
        ("split", "all", "--dataset", "songs", "--parts", "test=1", "--no-group"),
    ):
        done = typed(*words)
        assert done.code == 0, done.err


class Ear:
    """Says what it hears: seconds of each clip."""

    capabilities = ModelCapabilities(sample_rate=22050, max_clips=2)
    heard: tuple[Item, ...] = ()

    def load(self) -> None: ...

    def answer(self, items: Sequence[Item]) -> list[Answer | Failure]:
        Ear.heard += tuple(items)
        return [Answer(self.say(item)) for item in items]

    def say(self, item: Item) -> str:
        return " ".join(f"{len(clip.audio) / clip.sample_rate:.1f}" for clip in item.clips)

    def describe(self) -> dict[str, object]:
        return {}


class OneEar(Ear):
    capabilities = ModelCapabilities(sample_rate=22050, max_seconds=30)


class Reader(Ear):
    """Says the pitches of the notes of each file, and its length in beats."""

    capabilities = ModelCapabilities(sample_rate=22050, takes_midi=True)

    def say(self, item: Item) -> str:
        return " / ".join(map(self.pitches, item.clips))

    def pitches(self, clip: Clip) -> str:
        assert clip.midi is not None
        found = notes(smf.read(clip.midi.read_bytes()))
        starts, pitches = (found.start / BEAT).tolist(), found.pitch.tolist()
        return " ".join(f"{start:g}:{pitch}" for start, pitch in sorted(zip(starts, pitches, strict=True)))


def ask(home: Home, model: str, task: str) -> Run:
    Ear.heard = ()
    return evaluate(home, EvalRequest(model=f"{__name__}:{model}", split="all", task=task))


def test_only_what_is_true_is_asked(songs: None, home: Home) -> None:
    rows = mudata.sql("SELECT task, item_id, truth, semitones, seconds, clips FROM items ORDER BY ALL").fetchall()
    assert {(item, truth) for task, item, truth, *_ in rows if task == "tempo"} == {
        (f"songs/{name}", str(bpm)) for name, bpm in TEMPI.items()
    }
    higher = [row for row in rows if row[0] == "higher"]
    assert len(higher) == 5
    for _, item, truth, semitones, seconds, clips in higher:
        clip = item.rpartition("+")[0]
        assert (item, semitones, seconds, clips) == (f"{clip}+{truth}", [0, int(truth)], 5, [clip, clip])
    labels = "SELECT clip_id, list(canonical ORDER BY canonical) FROM labels GROUP BY 1 ORDER BY 1"
    assert dict(mudata.sql(labels).fetchall()) == {f"songs/{name}": ["Piano"] for name in "abcd"} | {
        "songs/e": ["Bass", "Drums", "Piano"]
    }
    why = (
        "SELECT name, value FROM attributes WHERE clip_id = 'songs/none' AND name IN"
        " ('clip_tempo_bpm_unknown', 'clip_families_unknown') ORDER BY 1"
    )
    assert mudata.sql(why).fetchall() == [
        ("clip_families_unknown", "a channel plays before a program is set"),
        ("clip_tempo_bpm_unknown", "no tempo is set"),
    ]
    sources = mudata.sql("SELECT DISTINCT name, source FROM attributes WHERE clip_id = 'songs/a'").fetchall()
    assert {("clip_tempo_bpm", "event"), ("clip_key_estimated", "notes"), ("clip_parts", "notes")} <= set(sources)


def test_clips_are_windows_with_hashes_of_their_own(songs: None, home: Home) -> None:
    rows = mudata.sql(
        "SELECT clip_id, start_s, duration_s, source_duration_s, pcm_sha256 != source_sha256 FROM clips ORDER BY 1"
    ).fetchall()
    assert rows[1] == ("songs/b", 20.0, 20.0, 80.0, True)  # 160 beats at 120; a quarter is bar 10


def test_a_tempo_is_asked_of_the_sound_of_the_window(songs: None, home: Home) -> None:
    run = ask(home, "Ear", "tempo")
    assert {record.answer for record in run.answers().values()} == {"20.0"}
    by_clip = {item.item_id: item.clip.audio for item in Ear.heard}
    assert all(abs(audio).max() == pytest.approx(0.9, abs=0.01) for audio in by_clip.values())
    beat = 22050 // 2
    onsets = [int(abs(by_clip["songs/b"][n * beat : n * beat + 2000]).max() > 0.05) for n in range(38)]
    assert sum(onsets) == 38, "a note on every beat at 120 bpm"


def test_a_transposed_clip_is_heard_beside_itself(songs: None, home: Home) -> None:
    run = ask(home, "Ear", "higher")
    assert {record.answer for record in run.answers().values()} == {"5.0 5.0"}
    for item in Ear.heard:
        low, high = (abs(np.fft.rfft(clip.audio * np.hanning(len(clip.audio)))) for clip in item.clips)
        frequencies = np.fft.rfftfreq(len(item.clips[0].audio), 1 / 22050)
        centroids = [float((spectrum * frequencies).sum() / spectrum.sum()) for spectrum in (low, high)]
        assert centroids[1] > centroids[0] * 1.02
    questions = [json.loads(line) for line in (run.folder / "questions.jsonl").read_text().splitlines()]
    assert all(len({clip["pcm_sha256"] for clip in one["clips"]}) == 2 for one in questions)


def test_who_hears_one_clip_hears_both_in_one(songs: None, home: Home) -> None:
    run = ask(home, "OneEar", "higher")
    assert {(record.answer, record.joined) for record in run.answers().values()} == {("11.0", 1.0)}


def test_who_reads_notes_gets_the_window_and_both_in_one_file(songs: None, home: Home) -> None:
    read = ask(home, "Reader", "tempo").answers()["songs/b"].answer
    assert read is not None
    assert read.split() == [f"{n}:{G_MAJOR[(n + 40) % 16]}" for n in range(40)]
    for item_id, record in ask(home, "Reader", "higher").answers().items():
        assert record.answer is not None
        assert record.joined == 1.0
        if item_id.startswith("songs/e"):
            continue  # its drums stay where they are
        semitones, bpm = int(item_id.rpartition("+")[2]), TEMPI[item_id[len("songs/")]]
        told = [tuple(map(float, one.split(":"))) for one in record.answer.split()]
        first, second = told[: len(told) // 2], told[len(told) // 2 :]
        assert [pitch + semitones for _, pitch in first] == [pitch for _, pitch in second]
        later = 6 * bpm / 60
        assert [start + later for start, _ in first] == pytest.approx([start for start, _ in second], abs=2e-3)


def test_instruments_want_a_soundfont(songs: None, home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    def none(wanted: Path | None) -> None:
        raise MissingSoundfont("No soundfont is here.", "Run: apt-get install timgm6mb-soundfont")

    monkeypatch.setattr(soundfonts, "find", none)
    with pytest.raises(MissingSoundfont, match=r"soundfont"):
        ask(home, "Ear", "instruments")
    assert all_runs(home) == []
    assert len(ask(home, "Reader", "instruments").answers()) == 5
