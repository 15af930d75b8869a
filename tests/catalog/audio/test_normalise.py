"""A run makes every clip once, alone, and picks up after whatever stopped it."""

from __future__ import annotations

import contextlib
import hashlib
import importlib
import json
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import mido
import numpy as np
import pyarrow as pa
import pytest
import soundfile

from mudata.catalog.audio import normalise
from mudata.catalog.audio.clip import AudioFormat
from mudata.catalog.audio.journal import Journal
from mudata.catalog.audio.normalise import COLUMNS, Job, clip_path, run
from mudata.catalog.tables import TABLES
from mudata.execution.local_processes import LocalProcesses
from mudata.narration import Advance, Progress

Tone = Callable[..., Path]


class Counting(Progress):
    """Remembers what its bars were told."""

    def __init__(self) -> None:
        self.bars: list[list[float]] = []

    @contextlib.contextmanager
    def bar(self, title: str, total: float | None = None, unit: str = "clips") -> Iterator[Advance]:
        done = [total or 0.0, 0.0]
        self.bars.append(done)

        def advance(step: float) -> None:
            done[1] += step

        yield advance


@pytest.fixture
def files(tmp_path: Path) -> Path:
    """Six clips: four tones, a text named .wav, and a MIDI file."""
    folder = tmp_path / "files"
    (folder / "rock").mkdir(parents=True)
    for n in range(4):
        samples = 0.4 * np.sin(np.arange(16_000) * (0.05 + n / 100))
        soundfile.write(folder / "rock" / f"{n}.wav", samples, 8000)
    (folder / "bad.wav").write_text("not found")
    midi = mido.MidiFile()
    midi.tracks.append(mido.MidiTrack([mido.Message("note_on", note=60), mido.Message("note_off", note=60, time=480)]))
    midi.save(folder / "song.mid")
    return folder


def jobs() -> list[Job]:
    tones = [Job(f"rock.{n}", "audio", f"rock/{n}.wav", bounds=(1.9, 2.1)) for n in range(4)]
    return [*tones, Job("bad", "audio", "bad.wav"), Job("gone", "audio", "gone.wav"), Job("song", "midi", "song.mid")]


def again(
    files: Path, wanted: Sequence[Job] | None = None, rate: int | None = None, workers: int = 1
) -> tuple[dict[str, dict[str, Any]], int]:
    """Rows by id, and how many clips the run had to make. One worker: starting a second takes longer than its work."""
    progress, audio_format = Counting(), AudioFormat(rate)
    target = files.parent / "clips" / audio_format.name
    wanted = jobs() if wanted is None else wanted
    table = run(
        wanted,
        files=files,
        target=target,
        audio_format=audio_format,
        executor=LocalProcesses(workers),
        progress=progress,
    )
    assert all(total == done for total, done in progress.bars)
    return {row["id"]: row for row in table.to_pylist()}, int(sum(total for total, _ in progress.bars))


@pytest.mark.slow
def test_one_row_per_job_in_their_order_with_the_columns_of_the_index(files: Path) -> None:
    table = run(jobs(), files=files, target=files.parent / "clips", audio_format=AudioFormat())
    assert table.column_names == [*COLUMNS, "attributes"]
    types = {"VARCHAR": pa.string(), "BIGINT": pa.int64(), "INTEGER": pa.int32(), "DOUBLE": pa.float64()}
    declared = {column.name: types[column.type] for column in TABLES["clips"]}
    assert {name: table.schema.field(name).type for name in COLUMNS if name != "id"}.items() <= declared.items()
    assert table["id"].to_pylist() == [job.id for job in jobs()]
    assert table["status"].to_pylist() == ["ok"] * 4 + ["quarantined", "missing", "ok"]


def test_rows_tell_what_was_made_and_what_went_wrong(files: Path) -> None:
    rows, made = again(files, workers=2)
    assert made == 7
    clip = rows["rock.2"]
    raw = (files / "rock/2.wav").read_bytes()
    decoded, _ = soundfile.read(files / "rock/2.wav", dtype="float32")
    assert clip["path"] == f"{hashlib.md5(b'rock.2').hexdigest()[:2]}/rock.2.flac"
    assert (files.parent / "clips/native" / clip["path"]).is_file()
    assert clip["source_sha256"] == hashlib.sha256(raw).hexdigest()
    assert clip["pcm_sha256"] == hashlib.sha256(decoded.tobytes()).hexdigest()
    assert (clip["duration_s"], clip["sample_rate"], clip["source_format"]) == (2.0, 8000, "WAV/PCM_16")
    assert (clip["flavour"], clip["reason"], clip["attributes"]) == ("native", None, None)
    assert clip["source_mtime_ns"] == (files / "rock/2.wav").stat().st_mtime_ns

    assert rows["bad"]["reason"] == "undecodable: Format not recognised"
    assert rows["bad"]["source_sha256"] == hashlib.sha256(b"not found").hexdigest()
    assert (rows["bad"]["path"], rows["bad"]["source_size"], rows["bad"]["source_path"]) == (None, 9, "bad.wav")
    assert rows["gone"]["reason"] == "vanished: no such file"

    song = rows["song"]
    assert (song["kind"], song["path"], song["duration_s"], song["source_format"]) == ("midi", None, 0.5, "MIDI/1")
    assert {"name": "notes", "value": "1", "source": "notes"} in song["attributes"]


def test_a_midi_file_without_notes_or_out_of_bounds_is_quarantined(files: Path) -> None:
    mido.MidiFile().save(files / "none.mid")
    wanted = [Job("none", "midi", "none.mid"), Job("song", "midi", "song.mid", bounds=(10, 900))]
    rows, _ = again(files, wanted)
    assert rows["none"]["reason"] == "empty: no notes"
    assert rows["song"]["reason"] == "wrong_duration: 0.5 s, expected 10 to 900 s"


@pytest.mark.slow
def test_a_repeated_run_touches_nothing(files: Path) -> None:
    first, _ = again(files)
    clips = files.parent / "clips"
    before = {path: path.stat().st_mtime_ns for path in clips.rglob("*")}
    second, made = again(files)
    assert (second, made) == (first, 0)
    assert before == {path: path.stat().st_mtime_ns for path in clips.rglob("*")}


@pytest.mark.parametrize(
    "change",
    [
        lambda files, clip: (files / "rock/1.wav").touch(),
        lambda files, clip: clip.unlink(),
        lambda files, clip: clip.write_bytes(clip.read_bytes()[:-100]),
        lambda files, clip: clip.write_bytes(b""),
    ],
    ids=["source touched", "clip removed", "clip torn", "clip empty"],
)
@pytest.mark.slow
def test_only_what_changed_is_made_again(files: Path, change: Callable[[Path, Path], object]) -> None:
    first, _ = again(files)
    clip = files.parent / "clips/native" / first["rock.1"]["path"]
    bytes_before = clip.read_bytes()
    change(files, clip)
    first["rock.1"]["source_mtime_ns"] = (files / "rock/1.wav").stat().st_mtime_ns
    assert again(files) == (first, 1)
    assert clip.read_bytes() == bytes_before


@pytest.mark.slow
def test_another_request_for_the_same_source_is_another_clip(files: Path) -> None:
    base = Job("x", "audio", "rock/0.wav")
    for variant, seconds in [
        (base, 2.0),
        (Job("x", "audio", "rock/0.wav", crop=("centre", 1)), 1.0),
        (Job("x", "audio", "rock/0.wav", segment=(0, 0.5)), 0.5),
        (Job("x", "audio", "rock/1.wav"), 2.0),
    ]:
        rows, made = again(files, [variant])
        assert (rows["x"]["duration_s"], made) == (seconds, 1)
        assert again(files, [variant]) == (rows, 0)


@pytest.mark.slow
def test_audio_formats_live_side_by_side(files: Path) -> None:
    native, _ = again(files)
    low, made = again(files, rate=4000)
    assert (made, low["rock.0"]["sample_rate"], low["rock.0"]["flavour"]) == (7, 4000, "4000")
    assert low["rock.0"]["pcm_sha256"] == native["rock.0"]["pcm_sha256"]
    assert again(files) == (native, 0)


@pytest.mark.slow
def test_a_smaller_run_forgets_nothing_of_a_larger_one(files: Path) -> None:
    everything, _ = again(files)
    assert again(files, jobs()[:2])[1] == 0
    assert again(files) == (everything, 0)


@pytest.mark.parametrize("algorithm", ["md5", "sha1", "sha256"])
def test_sources_that_are_not_the_expected_ones_are_quarantined(files: Path, algorithm: str) -> None:
    right = hashlib.new(algorithm, (files / "rock/0.wav").read_bytes()).hexdigest()
    wanted = [
        Job("right", "audio", "rock/0.wav", expected_hash=f"{algorithm}:{right.upper()}"),
        Job("wrong", "audio", "rock/0.wav", expected_hash=f"{algorithm}:{right[::-1]}"),
    ]
    rows, _ = again(files, wanted)
    assert rows["right"]["status"] == "ok"
    assert rows["wrong"]["reason"] == f"checksum: {algorithm} {right}, expected {right[::-1]}"


IDS = [
    "plain",
    "AC/DC",
    "../../up",
    "/root",
    "-dash",
    ".hidden",
    "~home",
    "a b",
    "mélodie 🎵",
    "%41",
    "x" * 300,
    "é" * 120,
]


@pytest.mark.parametrize("id_", IDS)
def test_paths_of_clips_are_safe(id_: str) -> None:
    folder, name = clip_path(id_).split("/")
    assert len(folder) == 2
    assert name.isascii()
    assert name[0] not in ".-~"
    assert len(name) < 200
    assert not set(name) & set('/\\:*?"<>| \n')


def test_paths_of_clips_differ() -> None:
    assert len({clip_path(id_) for id_ in IDS}) == len(IDS)
    assert clip_path("blues.00000").endswith("/blues.00000.flac"), "ordinary names stay readable"
    assert clip_path("\udcff").endswith("/%FF.flac"), "names that are not UTF-8 too"


@pytest.mark.slow
def test_clips_with_any_id_stay_below_the_target(files: Path) -> None:
    rows, _ = again(files, [Job(id_, "audio", "rock/0.wav") for id_ in IDS])
    assert [row["status"] for row in rows.values()] == ["ok"] * len(IDS)
    made = {path.relative_to(files.parent / "clips/native").as_posix() for path in files.parent.rglob("*.flac")}
    assert made == {row["path"] for row in rows.values()}


@pytest.mark.slow
def test_a_missing_extra_is_asked_for_again_once_it_is_there(files: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    soundfile.write(files / "odd.wav", np.full(65_537, 0.1), 65_537)
    wanted = [Job("odd", "audio", "odd.wav")]
    rows, _ = again(files, wanted)
    assert rows["odd"]["reason"].startswith("unsupported: FLAC cannot hold 65537 Hz. Fetch with --rate")
    assert again(files, wanted)[1] == 1
    assert again(files)[1] == 7
    assert again(files)[1] == 0


# ---------------------------------------------------------------------------------- accidents

CRASHING = """
import os, signal
from mudata.catalog.audio.normalise import perform as honest
def perform(task):
    if task[3]["id"] == "rock.1": os.kill(os.getpid(), signal.SIGSEGV)
    return honest(task)
"""


@pytest.mark.slow
def test_a_decoder_that_crashes_costs_its_own_clip_only(
    files: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "crashing.py").write_text(CRASHING)
    monkeypatch.syspath_prepend(tmp_path)
    with monkeypatch.context() as patch:
        patch.setattr(normalise, "perform", importlib.import_module("crashing").perform)
        rows, _ = again(files, workers=2)
    assert (rows["rock.1"]["status"], rows["rock.1"]["reason"]) == (
        "quarantined",
        "crashed: the process was ended by SIGSEGV",
    )
    assert [rows[id_]["status"] for id_ in ("rock.0", "rock.2", "rock.3", "song")] == ["ok"] * 4
    rows, made = again(files)
    assert (rows["rock.1"]["status"], made) == ("ok", 1)  # it may have been memory that was short


@pytest.mark.slow
def test_an_unexpected_error_costs_its_own_clip_only(files: Path) -> None:
    rows, _ = again(files, [Job("odd", "audio", "rock/0.wav", crop=("sideways", 1)), *jobs()])
    assert rows["odd"]["reason"].startswith("crashed: ValueError: crop is ('centre', seconds)")
    assert rows["rock.0"]["status"] == "ok"


@pytest.mark.parametrize("tail", [b'["rock.3", [1, "nat', b"\0" * 40, b"[\n", b"\xff\xfe\n"])
@pytest.mark.slow
def test_a_torn_journal_loses_only_what_was_torn(files: Path, tail: bytes) -> None:
    first, _ = again(files)
    journal = files.parent / "clips/native/journal.jsonl"
    lines = journal.read_bytes().splitlines(keepends=True)
    journal.write_bytes(b"".join(line for line in lines if b'"rock.3"' not in line[:12]) + tail)
    assert again(files) == (first, 1)
    assert again(files) == (first, 0)


@pytest.mark.slow
def test_a_row_of_the_journal_with_values_of_other_kinds_is_made_anew(files: Path) -> None:
    first, _ = again(files)
    journal = files.parent / "clips/native/journal.jsonl"
    lines = journal.read_bytes().splitlines(keepends=True)
    damage: list[tuple[str, Any]] = [
        ("decoder", [1]),
        ("duration_s", "long"),
        ("sample_rate", 10**12),
        ("status", None),
    ]
    damage += [("clip_size", "x"), ("attributes", [1]), ("attributes", 3), ("peak", True), ("source_size", 1.5)]
    for key, value in damage:
        id_, request, row = json.loads(lines[0])
        journal.write_bytes(b"".join(lines) + json.dumps([id_, request, row | {key: value}]).encode() + b"\n")
        assert again(files) == (first, 1), key


RUN = """
import sys, json
from pathlib import Path
from mudata.catalog.audio.normalise import Job, run
from mudata.catalog.audio.clip import AudioFormat
from mudata.execution.local_processes import LocalProcesses
files, target = map(Path, sys.argv[1:3])
jobs = [Job(str(n), "audio", f"{n}.wav") for n in range(int(sys.argv[3]))]
run(jobs, files=files, target=target, audio_format=AudioFormat(8000), executor=LocalProcesses(2))
"""


@pytest.mark.slow
def test_a_run_killed_anywhere_is_finished_by_the_next(tmp_path: Path) -> None:
    files = tmp_path / "files"
    files.mkdir()
    count = 60
    noise = np.random.default_rng(5).standard_normal(300_000) * 0.1
    soundfile.write(files / "0.wav", noise, 22050)
    for n in range(1, count):
        shutil.copy(files / "0.wav", files / f"{n}.wav")
    wanted = [Job(str(n), "audio", f"{n}.wav") for n in range(count)]
    undisturbed = run(wanted, files=files, target=tmp_path / "undisturbed", audio_format=AudioFormat(8000))

    target = tmp_path / "killed"
    journal = target / "journal.jsonl"
    seen = 0
    for _ in range(4):
        with subprocess.Popen([sys.executable, "-c", RUN, files, target, str(count)]) as process:
            while process.poll() is None and (not journal.exists() or journal.read_bytes().count(b"\n") < seen + 7):
                time.sleep(0.005)
            process.send_signal(signal.SIGKILL)
        now = journal.read_bytes().count(b"\n")
        assert now >= seen + 7, "what was finished before is not made again"
        seen = now
    assert seen < count
    (target / "00").mkdir(exist_ok=True)
    (target / "00" / ".1-x.flac.part").touch()
    progress = Counting()
    finished = run(wanted, files=files, target=target, audio_format=AudioFormat(8000), progress=progress)
    assert finished.equals(undisturbed)
    assert progress.bars == [[count - seen, count - seen]]
    time.sleep(0.5)  # processes of the killed run end with their clip
    assert not list(target.rglob("*.part"))
    made = {path.relative_to(target): path.read_bytes() for path in target.rglob("*.flac")}
    expected = tmp_path / "undisturbed"
    assert made == {path.relative_to(expected): path.read_bytes() for path in expected.rglob("*.flac")}


MOUNTED = """
mount -t tmpfs -o "$4" none "$2" || exit 77
"$0" -c "$3" "$1" "$2" 40; code=$?
ls "$2"/*/*.flac | wc -l; wc -l < "$2"/journal.jsonl; exit $code
"""


def run_on_a_mount(tmp_path: Path, options: str) -> subprocess.CompletedProcess[str]:
    """Normalise 40 clips into a file system of its own; skips where that is not allowed."""
    if not shutil.which("unshare"):
        pytest.skip("private mounts need unshare")
    files, mount = tmp_path / "files", tmp_path / "mount"
    files.mkdir()
    mount.mkdir()
    noise = np.random.default_rng(5).standard_normal(30_000) * 0.1
    for n in range(40):
        soundfile.write(files / f"{n}.wav", noise, 8000)
    inside = ["sh", "-c", MOUNTED, sys.executable, files, mount, RUN, options]
    done = subprocess.run(["unshare", "-rm", *inside], capture_output=True, text=True, check=False)
    if done.returncode == 77 or "unshare failed" in done.stderr:
        pytest.skip("private mounts are not allowed here")
    return done


@pytest.mark.slow
def test_a_full_disk_stops_the_run_and_keeps_what_was_finished(tmp_path: Path) -> None:
    done = run_on_a_mount(tmp_path, "size=400k")
    assert "HomeError: The disk is full" in done.stderr
    assert "What was finished is kept." in done.stderr
    clips, lines = map(int, done.stdout.split())
    assert 0 < lines <= clips < 40


def test_a_target_that_cannot_be_written_is_an_error_of_the_home(tmp_path: Path) -> None:
    done = run_on_a_mount(tmp_path, "ro")
    assert "HomeError: Permission denied" in done.stderr


def test_a_journal_stays_small_however_often_clips_change(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    for round_ in range(10):
        with Journal(path) as journal:
            for n in range(20):
                journal.put(f"clip {n}", round_, {"n": n})
    lines = [json.loads(line) for line in path.read_bytes().splitlines()]
    assert len(lines) <= 3 * 20
    with Journal(path) as journal:
        assert [journal.get(f"clip {n}") for n in range(20)] == [(9, {"n": n}) for n in range(20)]
        assert journal.get("never") == (None, {})
