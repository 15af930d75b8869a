"""From one's own files to the report: killed at any moment, the same command goes on to what it would have made."""

from __future__ import annotations

import contextlib
import json
import random
import shutil
import signal
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import tiny_set
from misbehaving import Server
from shell import Done, spawned, typed
from stopper import files_of, stopping, watching
from tiny_set import CLIPS, TABLE

pytestmark = pytest.mark.slow

KILLS = {"fetch": 3, "rate": 2, "split": 2, "eval": 3, "override": 2, "score": 3, "report": 2, "import": 3, "export": 2}
KILLS |= {"pack": 3, "copy": 3}
INTERRUPTS = {"eval": 3, "score": 2, "import": 2}
"""How many moments of each step are tried; of Ctrl-C too."""
PASSING = {"created_at", "scored_at", "at", "seconds", "sittings", "overrides_sha256", "alignments_sha256"}
"""Keys of files whose values tell when and how fast, and hashes of such."""


def seeds(of: dict[str, int]) -> list[tuple[str, int]]:
    return [(name, seed) for name, count in of.items() for seed in range(count)]


@dataclass(frozen=True)
class Step:
    """A command, the home before it, its moments, and what it leaves and says when nobody disturbs it."""

    words: tuple[str, ...]
    before: Path
    moments: tuple[str, ...]
    left: dict[str, Any]
    out: Any


@dataclass(frozen=True)
class Way:
    folder: Path
    home: Path
    steps: dict[str, Step]


@pytest.fixture(scope="module")
def way(new_folder: Callable[[str], Path]) -> Way:
    folder = new_folder("way")
    home, mine = folder / "home", folder / "mine"
    with Server() as server:  # which is never asked
        card = tiny_set.write(tiny_set.card(server), folder)
    for name, data in (CLIPS | {"tiny.csv": TABLE}).items():
        (mine / name).parent.mkdir(parents=True, exist_ok=True)
        (mine / name).write_bytes(data)
    fetch = ("fetch", "--card", str(card), "--from", str(mine), "--workers", "1")
    run = "random"  # the beginning of its id
    answers = folder / "answers.jsonl"
    answers.write_text("".join(json.dumps({"clip_id": f"tiny/{id_}", "answer": "rock"}) + "\n" for id_ in tiny_set.IDS))
    commands = {
        "fetch": fetch,
        "rate": (*fetch, "--rate", "4000"),
        "split": ("split", "s", "--dataset", "tiny", "--parts", "test=1"),
        "eval": ("eval", "--model", "random", "--split", "s", "--task", "genre"),
        "override": ("override", run, "tiny/rock.00000", "jazz", "--author", "me", "--reason", "heard"),
        "score": ("score",),
        "report": ("report", "-o", str(home / "page.html"), "--markdown", str(home / "page.md"), "--no-waveforms"),
        "import": (
            "import-answers",
            str(answers),
            "--format",
            "jsonl",
            "--split",
            "s",
            "--task",
            "genre",
            "--model",
            "them",
        ),
        "export": ("export-run", "them", "--to", "lmms-eval", "-o", str(home / "exported")),
        "pack": ("export", "s", "--to", "webdataset", "-o", str(home / "packed")),
        "copy": ("export", "s", "--to", "jsonl", "--copy", "-o", str(home / "copied")),
    }
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MUDATA_CARDS", str(folder))
        steps: dict[str, Step] = {}
        for name, words in commands.items():
            before, log = folder / f"before-{name}", folder / f"{name}.log"
            home.mkdir(exist_ok=True)
            if name == "score":
                next(home.glob("runs/*/scores.json")).unlink()
            shutil.copytree(home, before, symlinks=True)
            done = spawned(*words, "--json", env=watching(folder, home, log))
            assert done.code == 0, done.err
            steps[name] = Step(words, before, tuple(log.read_text().splitlines()), left(home), said(done))
    return Way(folder, home, steps)


def left(home: Path) -> dict[str, Any]:
    """Every file of a home, with what in it is the same each time: of splits and runs all but the times."""
    found: dict[str, Any] = dict(files_of(home))
    for path in (*home.glob("splits/*.json"), *home.glob("runs/*/*.json*")):
        lines = path.read_bytes().splitlines() if path.suffix == ".jsonl" else [path.read_bytes()]
        found[path.relative_to(home).as_posix()] = [lasting(json.loads(line)) for line in lines]
    return found


def lasting(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: lasting(item) for key, item in value.items() if key not in PASSING}
    return [lasting(item) for item in value] if isinstance(value, list) else value


def said(done: Done) -> Any:
    return lasting(json.loads(done.out))


@pytest.mark.parametrize(("name", "seed"), seeds(KILLS))
def test_a_command_that_was_killed_goes_on_to_the_same_end(
    way: Way, name: str, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    moment = random.Random(f"{name} {seed}").choice(way.steps[name].moments)
    killed = stopped(way, name, signal.SIGKILL, moment, monkeypatch)
    assert killed.code == -signal.SIGKILL, moment
    goes_on(way, name, moment, monkeypatch)


@pytest.mark.parametrize(
    ("name", "seed"), [(name, seed) for name, count in INTERRUPTS.items() for seed in range(count)]
)
def test_a_command_that_was_interrupted_says_so_and_goes_on_to_the_same_end(
    way: Way, name: str, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    moment = random.Random(f"{name} {seed}, interrupted").choice(way.steps[name].moments)
    done = stopped(way, name, signal.SIGINT, moment, monkeypatch)
    assert (done.code, "Traceback" in done.err) == (130, False), (moment, done.err)
    assert "Stopped. What was finished is kept" in done.err
    goes_on(way, name, moment, monkeypatch)


def stopped(way: Way, name: str, sent: signal.Signals, moment: str, monkeypatch: pytest.MonkeyPatch) -> Done:
    step = way.steps[name]
    shutil.rmtree(way.home)
    shutil.copytree(step.before, way.home, symlinks=True)
    monkeypatch.setenv("MUDATA_CARDS", str(way.folder))
    return spawned(*step.words, "--json", env=stopping(way.folder, way.home, sent, moment))


def goes_on(way: Way, name: str, moment: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same command ends as if nobody had disturbed it."""
    step = way.steps[name]
    monkeypatch.setenv("MUDATA_HOME", str(way.home))
    done = typed(*step.words, "--json")
    assert done.code == 0, (moment, done.err)
    assert said(done) == step.out
    assert left(way.home) == step.left, moment


@pytest.mark.parametrize("name", ["eval", "score", "import"])
def test_a_disk_that_fills_up_on_the_way_is_told_and_the_command_goes_on_when_there_is_room(
    way: Way, name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    step, small = way.steps[name], tmp_path / "small"
    small.mkdir()
    monkeypatch.setenv("MUDATA_CARDS", str(way.folder))
    monkeypatch.setenv("MUDATA_HOME", str(small))
    own = [path for path in step.before.rglob("*") if path.is_file() and not path.is_symlink()]
    pages = sum(-(-path.stat().st_size // 4096) for path in own)
    told = []
    for free in (0, 8):  # pages of 4 KiB beside what is there
        with mounted(small, f"size={4096 * (pages + free)}"):
            shutil.copytree(step.before, small, symlinks=True, dirs_exist_ok=True)
            done = spawned(*step.words, "--json", env={"MUDATA_HOME": str(small)})
            if done.code:
                assert (done.code, "Free some space" in done.err) == (2, True), (free, done.err)
                told.append(free)
            subprocess.run(["mount", "-o", "remount,size=64m", str(small)], check=True)
            done = typed(*step.words, "--json")
            assert done.code == 0, (free, done.err)
            assert said(done) == step.out
            assert left(small) == step.left, free
    assert 0 in told


@contextlib.contextmanager
def mounted(folder: Path, options: str) -> Iterator[None]:
    """A disk of its own, where this machine lets one be made."""
    command = ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(folder)]
    if subprocess.run(command, check=False, capture_output=True).returncode:
        pytest.skip("no disk can be mounted here")
    try:
        yield
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)
