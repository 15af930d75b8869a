"""A composed exam is a dataset like any other: indexed, split, verified, removed; and a kill is survived."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
import soundfile
from click.testing import CliRunner

import mudata
from mudata.catalog.cards import card_files, loader
from mudata.catalog.cards.schema import Card
from mudata.catalog.compose.exam_card import exam_card
from mudata.catalog.compose.exam_files import compose
from mudata.catalog.compose.exam_plan import ComposedExam, ExamRequest
from mudata.catalog.compose.exams import EXAMS
from mudata.catalog.compose.playing import engine_here
from mudata.catalog.compose.structure_exam import FORMS
from mudata.catalog.fetch.request import FetchRequest
from mudata.cli import cli
from mudata.errors import ArgumentError, FetchError, MissingSoundfont
from mudata.execution import local_processes
from mudata.execution.local_processes import scattered
from mudata.home import Home

REQUEST = {"exam": "parts", "version": 1, "seed": 3, "n": 10, "difficulty": "standard"}


@pytest.fixture(scope="module")
def composed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with all that REQUEST writes; not to be changed."""
    folder = tmp_path_factory.mktemp("composed")
    assert len(compose(folder / "files", **REQUEST)) == REQUEST["n"] + 3
    return folder


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    monkeypatch.setenv("MUDATA_HOME", str(tmp_path / "home"))
    return Home.default()


@pytest.mark.slow
def test_a_composed_exam_is_a_dataset_like_any_other(home: Home) -> None:
    made = mudata.compose("structure", seed=4, n=8, progress=False)
    assert made.dataset == "composed_structure_4_8"
    assert made.ingested.usable == 8
    assert made.commands()[0] == "mudata eval --model MODEL --split composed_structure_4_8-exam --task form"
    assert repr(made).splitlines() == [
        f"{made.dataset}: {made.ingested.usable} clips, {made.items} items, played by embedded 1",
        f"mudata.evaluate(MODEL, '{made.dataset}-exam', task='form')",
        f"mudata.evaluate(MODEL, '{made.dataset}-exam', task='boundaries')",
    ]
    [(clips, source)] = mudata.sql(
        "SELECT count(*), any_value(a.source) FROM clips JOIN attributes a USING (clip_id) WHERE a.name = 'form'"
    ).fetchall()
    assert (clips, source) == (8, "construction")
    rows = mudata.sql("SELECT task, truth, clips, cluster, difficulty FROM items ORDER BY item_id").fetchall()
    assert len(rows) == made.items == 16
    assert {row[0] for row in rows} == {"form", "boundaries"}
    assert sorted(row[1] for row in rows if row[0] == "form") == sorted(FORMS)
    assert mudata.verify(made.dataset, deep=True, progress=False) == []
    mudata.evaluate("random", made.split.name, task="form", progress=False)
    shown = repr(mudata.show(f"{made.dataset}/structure.0001.form"))
    [(path,)] = mudata.sql("SELECT path FROM clips WHERE clip_id LIKE '%structure.0001'").fetchall()
    assert f"listen:     {home.root / path}" in shown
    assert "Listen to the music." in shown  # the prompt, however long the ids before it
    again = mudata.compose("structure", seed=4, n=8, progress=False)
    assert again.ingested.unchanged
    assert again.split.sha256 == made.split.sha256
    assert mudata.info(made.dataset).tasks["boundaries"].asks == "boundaries"
    removed = CliRunner().invoke(cli, ["rm", made.dataset, "--yes", "--force"])
    assert removed.exit_code == 0, removed.output
    assert made.dataset not in card_files.files()
    assert not home.raw(made.dataset).exists()


def test_what_is_there_is_kept_and_what_is_torn_is_made_again(composed: Path, tmp_path: Path) -> None:
    files = shutil.copytree(composed, tmp_path / "own") / "files"
    sounds = sorted(files.rglob("*.wav"))
    assert len(sounds) == 10
    before = {path: (path.stat().st_mtime_ns, hashlib.sha256(path.read_bytes()).digest()) for path in sounds}
    sounds[3].write_bytes(sounds[3].read_bytes()[:1000])
    sounds[4].unlink()
    compose(files, **REQUEST)
    after = {path: (path.stat().st_mtime_ns, hashlib.sha256(path.read_bytes()).digest()) for path in sounds}
    assert {path: h for path, (_, h) in before.items()} == {path: h for path, (_, h) in after.items()}
    assert [path for path in sounds if before[path] != after[path]] == sounds[3:5]


@pytest.mark.slow
def test_no_more_processes_play_than_workers_are_allowed(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    counts = []

    def counted(function: Any, values: Any, count: int) -> Any:
        counts.append(count)
        return scattered(function, values, count)

    monkeypatch.setattr(local_processes, "scattered", counted)
    monkeypatch.setattr(local_processes, "available", lambda: 2)
    monkeypatch.setattr(local_processes, "most_processes", lambda: None)
    mudata.compose("parts", seed=1, n=20, workers=1, progress=False)
    mudata.compose("parts", seed=2, n=20, progress=False)
    assert counts == [1, 1, 2, 2]  # pieces are played, clips are normalised


def test_pieces_sound_at_one_level_and_to_their_end(composed: Path) -> None:
    sounds = sorted(composed.rglob("*.wav"))
    assert len(sounds) == REQUEST["n"]
    for path in sounds:
        samples, rate = soundfile.read(path)
        assert (rate, samples.ndim) == (22_050, 1)
        assert abs(samples).max() == pytest.approx(0.9, abs=0.001)
        assert (samples[-3 * rate // 2 : -rate] ** 2).mean() > 1e-7  # the closing chord


@pytest.mark.slow
def test_killed_on_the_way_the_same_command_goes_on_and_ends_with_the_same_files(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "mudata", "compose", "modulation", "--seed", "2", "--n", "24"]
    homes = []
    for name, delays in (("whole", ()), ("killed", (1.5, 2.5))):
        home = tmp_path / name
        env = os.environ | {"MUDATA_HOME": str(home)}
        for delay in delays:
            process = subprocess.Popen(command, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            time.sleep(delay)
            process.send_signal(signal.SIGKILL)
            process.wait()
        done = subprocess.run(command, env=env, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        homes.append(home)
    contents = [
        {
            str(path.relative_to(home)): hashlib.sha256(path.read_bytes()).hexdigest()
            for part in ("raw", "clips", "splits", "cards")
            for path in sorted((home / part).rglob("*"))
            if path.suffix in (".wav", ".csv", ".flac", ".yaml")
        }
        for home in homes
    ]
    assert contents[0] == contents[1]
    assert len(contents[0]) == 2 * 24 + 3 + 1


def test_an_exam_of_another_version_is_not_passed_off_as_this_one(tmp_path: Path) -> None:
    with pytest.raises(FetchError, match="version 99 of this exam is asked for; this mudata composes version 1"):
        compose(tmp_path / "files", **REQUEST | {"version": 99})


@pytest.mark.parametrize("exam", EXAMS.values(), ids=list(EXAMS))
def test_every_exam_has_a_card_that_the_grammar_takes(exam: ComposedExam) -> None:
    request = ExamRequest(exam=exam.name, seed=1, n=exam.multiple("standard"))
    card = Card.model_validate(exam_card(request.dataset, exam.title, "Of one seed.", [request]))
    assert set(card.tasks) == set(exam.tasks)


def test_the_standard_edition_is_what_its_card_says() -> None:
    """mudata/cards/datasets/composed.yaml is written by `python -m mudata.catalog.compose.standard_edition`."""
    from mudata.catalog.compose.standard_edition import text

    assert (card_files.BUILT_IN / "datasets" / "composed.yaml").read_text("utf-8") == text()
    card = loader.load("composed")
    assert set(card.subsets) == {"all", *(name for name, exam in EXAMS.items() if not exam.needs_soundfont)}


@pytest.mark.slow
def test_one_exam_of_the_standard_edition_is_fetched_alone(home: Home) -> None:
    from mudata.catalog.audio.clip import AudioFormat
    from mudata.catalog.ingest import get

    card = exam_card(
        "small", "Small", "Two exams.", [ExamRequest(exam=e, seed=1, n=5) for e in ("metre", "parts")], subsets=True
    )
    small = Card.model_validate(card)
    got = get(small, home, FetchRequest(subset="parts"), audio_format=AudioFormat())
    assert (got.declared, got.usable) == (5, 5)
    assert not (home.raw("small") / "files" / "metre").exists()
    assert get(small, home, FetchRequest(), audio_format=AudioFormat()).usable == 10


def test_the_command_line_lists_refuses_and_says_what_to_do(home: Home) -> None:
    listed = CliRunner().invoke(cli, ["compose"])
    assert all(name in listed.stdout for name in EXAMS)
    tempo = json.loads(CliRunner().invoke(cli, ["compose", "--json"]).stdout)[0]
    assert (tempo["exam"], tempo["tasks"], tempo["n"], tempo["unit"]) == ("tempo", ["tempo"], 120, "pieces")
    assert (tempo["multiple_of"], tempo["needs_soundfont"]) == (EXAMS["tempo"].multiple("standard"), False)
    nameless = CliRunner().invoke(cli, ["compose", "--seed", "3"])
    assert (nameless.exit_code, "go with an EXAM" in nameless.stderr) == (2, True)
    with pytest.raises(ArgumentError, match="a multiple of 24"):
        CliRunner().invoke(cli, ["compose", "key", "--n", "25"], catch_exceptions=False)
    assert not home.cards.exists()


@pytest.fixture
def no_soundfont(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("MUDATA_SOUNDFONT", str(tmp_path / "none.sf2"))


def test_a_soundfont_that_is_none_is_wrong_use(home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (none := tmp_path / "none.sf2").write_bytes(b"no soundfont at all")
    monkeypatch.setenv("MUDATA_SOUNDFONT", str(none))
    with pytest.raises(ArgumentError, match=r"none\.sf2 is no soundfont") as told:
        mudata.compose("timbre", progress=False)
    assert (told.value.exit_code, told.value.hint) == (2, "Give a file in the format SF2 or SF3.")
    assert not home.cards.exists()


@pytest.mark.usefixtures("no_soundfont")
@pytest.mark.parametrize("exam", ["timbre", "instrumentation"])
def test_without_a_soundfont_an_exam_of_instruments_is_skipped_with_the_command_that_installs_one(
    home: Home, exam: str
) -> None:
    with pytest.raises(MissingSoundfont, match=f"{exam}: skipped: no soundfont") as told:
        mudata.compose(exam, progress=False)
    assert "apt-get install timgm6mb-soundfont" in str(told.value.hint)
    assert not home.cards.exists()


@pytest.mark.usefixtures("no_soundfont")
def test_other_exams_need_none(tmp_path: Path) -> None:
    assert compose(tmp_path / "files", **REQUEST | {"n": 5})


def test_the_embedded_engine_has_no_recorded_instruments(home: Home) -> None:
    with pytest.raises(ArgumentError, match="timbre asks about recorded instruments"):
        mudata.compose("timbre", engine="embedded", progress=False)


@pytest.mark.slow
def test_timbre_is_asked_of_what_was_measured(home: Home) -> None:
    try:
        engine_here("soundfont")
    except MissingSoundfont as error:
        pytest.skip(str(error))
    made = mudata.compose("timbre", seed=5, n=8, progress=False)
    assert made.engine.soundfont_sha256[:8] in made.dataset
    rows = mudata.sql(
        """
        SELECT task, truth, first.value::DOUBLE AS a, second.value::DOUBLE AS b FROM items
        JOIN attributes first ON first.clip_id = clips[1] JOIN attributes second ON second.clip_id = clips[2]
        WHERE first.name = second.name
        AND first.name = CASE task WHEN 'brighter' THEN 'centroid_hz' WHEN 'louder' THEN 'rms' ELSE 'attack_s' END
        """
    ).fetchall()
    assert len(rows) == made.items > 12
    for _, truth, first, second in rows:
        assert (first >= 1.19 * second) if truth == "first" else (second >= 1.19 * first)
    for clip, value in mudata.sql(
        "SELECT path, value::DOUBLE FROM clips JOIN attributes USING (clip_id) WHERE name = 'rms'"
    ).fetchall():
        samples, _ = soundfile.read(home.root / clip)
        assert (samples**2).mean() ** 0.5 == pytest.approx(value, rel=0.01)


def test_another_soundfont_than_the_card_was_made_with_is_told(tmp_path: Path) -> None:
    try:
        engine_here("soundfont")
    except MissingSoundfont as error:
        pytest.skip(str(error))
    with pytest.raises(FetchError, match="composed with the soundfont 00000"):
        compose(tmp_path / "files", **REQUEST, engine=engine_here("soundfont").name, soundfont_sha256="0" * 64)
