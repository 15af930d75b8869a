"""The composed dataset: repeatable, as its table says, and eight styles that differ to the ear."""

from __future__ import annotations

import csv
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import soundfile

from mudata.catalog.cards import loader
from mudata.catalog.demo import composition, synth
from mudata.catalog.demo import dataset as demo
from mudata.catalog.demo.styles import CHORDS, SCALES, STYLES
from mudata.catalog.read.items_table import items_table
from mudata.catalog.read.reader import read


@pytest.fixture(scope="module")
def composed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    files = tmp_path_factory.mktemp("files")
    demo.compose(files)
    return files


def rows(files: Path) -> list[dict[str, str]]:
    with (files / "demo" / "clips.csv").open() as table:
        return list(csv.DictReader(table))


@pytest.mark.slow
def test_the_card_reads_what_the_composer_writes(composed: Path) -> None:
    card = loader.load("demo")
    reading = read(card, composed)
    assert reading.clips.num_rows == card.expected.clips["all"] == len(STYLES) * composition.CLIPS_PER_STYLE
    assert reading.issues == ()
    counts = reading.labels.group_by(["namespace"]).aggregate([("id", "count")]).to_pylist()
    by_namespace = {row["namespace"]: row["id_count"] for row in counts}
    assert by_namespace["genre"] == by_namespace["mood"] == 96
    assert by_namespace["instrument"] == sum(r["instruments"].count(";") + 1 for r in rows(composed))
    assert set(reading.captions["kind"].to_pylist()) == {"caption"}


@pytest.mark.slow
def test_tempo_key_and_metre_are_asked_of_every_clip_as_it_was_composed(composed: Path) -> None:
    card = loader.load("demo")
    attributes = read(card, composed).attributes
    assert set(attributes["source"].to_pylist()) == {"construction"}
    clips = [f"demo/{id_}" for id_ in attributes["id"].to_pylist()]
    told = attributes.append_column("clip_id", [clips]).select(["clip_id", "name", "value"])
    items, issues = items_table(card, (), attributes=told, clips=dict.fromkeys(clips, 10.0))
    assert issues == []
    pieces = [composition.plan(style, n) for style in range(len(STYLES)) for n in range(composition.CLIPS_PER_STYLE)]
    truth = {
        "tempo": {piece.id: str(piece.tempo) for piece in pieces},
        "key": {piece.id: piece.key for piece in pieces},
        "metre": {piece.id: f"{piece.style.beats}/4" for piece in pieces},
    }
    for task, of in truth.items():
        found = {row["clips"][0]: row["truth"] for row in items.to_pylist() if row["task"] == task}
        assert found == {f"demo/{id_}": value for id_, value in of.items()}


@pytest.mark.slow
def test_clips_last_ten_seconds_and_are_neither_silent_nor_clipped(composed: Path) -> None:
    for row in rows(composed)[::5]:
        sound, rate = soundfile.read(composed / row["file"], always_2d=True)
        assert (len(sound), rate, sound.shape[1]) == (10 * synth.RATE, synth.RATE, 2)
        assert 0.8 < np.abs(sound).max() < 0.95
        bars = np.abs(sound).mean(1).reshape(20, -1).mean(1)
        assert bars[:-1].min() > 0.01, "half a second of silence"


@pytest.mark.slow
def test_the_same_seed_gives_the_same_bytes(composed: Path, tmp_path: Path) -> None:
    piece = composition.plan(5, 4)
    soundfile.write(tmp_path / "again.flac", composition.render(piece), synth.RATE, subtype="PCM_16")
    again, _ = soundfile.read(tmp_path / "again.flac", dtype="int16")
    first, _ = soundfile.read(composed / "demo" / "audio" / "metal" / "metal.04.flac", dtype="int16")
    assert np.array_equal(first, again)


@pytest.mark.slow
def test_composing_again_writes_no_clip_twice(composed: Path) -> None:
    before = {p: p.stat().st_mtime_ns for p in composed.rglob("*.flac")}
    assert demo.compose(composed) == [composed / "demo" / "clips.csv"]
    assert before == {p: p.stat().st_mtime_ns for p in composed.rglob("*.flac")}


@pytest.mark.slow
def test_ensembles_play_three_pieces_on_the_same_instruments(composed: Path) -> None:
    bands: dict[str, set[str]] = {}
    for row in rows(composed):
        bands.setdefault(row["ensemble"], set()).add(row["instruments"])
    assert len(bands) == 32
    assert all(len(instruments) == 1 for instruments in bands.values())


@pytest.mark.slow
def test_captions_say_what_is_heard(composed: Path) -> None:
    for row in rows(composed):
        assert row["mood"] in row["caption"].casefold()
        assert all(i.replace("_", " ") in row["caption"] for i in row["instruments"].split(";"))


@pytest.mark.slow
def test_the_declared_tempo_is_the_tempo_that_sounds(composed: Path) -> None:
    """The onset envelope repeats with the period of the declared beat (or a small multiple of it)."""
    right = 0
    chosen = rows(composed)[::6]
    for row in chosen:
        sound, rate = soundfile.read(composed / row["file"])
        hop = 256
        frames = np.lib.stride_tricks.sliding_window_view(sound.mean(1), 1024)[::hop] * np.hanning(1024)
        flux = np.maximum(np.diff(np.log1p(100 * np.abs(np.fft.rfft(frames, axis=1))), axis=0), 0).sum(1)
        flux = flux - flux.mean()
        correlation = np.correlate(flux, flux, "full")[len(flux) - 1 :]
        beat = 60 / float(row["tempo_bpm"]) * rate / hop
        metre = int(row["time_signature"][0])
        on = max(correlation[round(beat * m) + d] for m in (metre, 2 * metre) for d in (-1, 0, 1))
        off = np.median(correlation[int(beat * 0.9) : int(beat * 2 * metre + 2)])
        right += on > off + 0.1 * correlation[0]
    assert right >= 0.9 * len(chosen)


@pytest.mark.slow
def test_a_few_simple_numbers_tell_the_styles_apart(composed: Path) -> None:
    """Nearest neighbour on band energies, with the piece's own ensemble left out, is far above chance (1 in 8)."""
    vectors, genres, bands = [], [], []
    for row in rows(composed):
        sound, _ = soundfile.read(composed / row["file"])
        frames = sound.mean(1)[: len(sound) // 1024 * 1024].reshape(-1, 1024)
        power = np.log1p(1e3 * np.abs(np.fft.rfft(frames * np.hanning(1024), axis=1)) ** 2)
        edges = np.geomspace(1, 512, 17).astype(int)
        energies = np.stack([power[:, a : b + 1].mean(1) for a, b in pairwise(edges)], 1)
        vectors.append(np.concatenate([energies.mean(0), energies.std(0)]))
        genres.append(row["genre"])
        bands.append(row["ensemble"])
    x = (np.array(vectors) - np.mean(vectors, 0)) / np.std(vectors, 0)
    distance = ((x[:, None] - x[None]) ** 2).sum(-1)
    distance[np.array(bands)[:, None] == np.array(bands)[None]] = np.inf
    hits = np.mean([genres[i] == genres[j] for i, j in enumerate(distance.argmin(1))])
    assert hits > 0.6


def test_the_styles_use_only_what_exists() -> None:
    for style in STYLES:
        voices = {style.bass_voice, *style.comp_voices, *style.lead_voices, *style.drums}
        assert all(callable(getattr(synth, voice)) for voice in voices)
        assert {c for ps in style.progressions.values() for p in ps for c in p} <= set(CHORDS)
        assert set(style.scales.values()) <= set(SCALES)
        assert set(style.progressions) == set(style.moods) == set(style.scales)
