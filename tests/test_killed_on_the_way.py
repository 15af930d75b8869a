"""From one's own files to the report: killed at any moment, the same command goes on to what it would have made."""

from __future__ import annotations

import json
import random
import shutil
import signal
from collections.abc import Callable
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
"""How many moments of each step are tried."""
PASSING = {"created_at", "scored_at", "at", "seconds", "sittings", "overrides_sha256", "alignments_sha256"}
"""Keys of files whose values tell when and how fast, and hashes of such."""


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


@pytest.mark.parametrize(("name", "seed"), [(name, seed) for name, count in KILLS.items() for seed in range(count)])
def test_a_command_that_was_killed_goes_on_to_the_same_end(
    way: Way, name: str, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    step = way.steps[name]
    moment = random.Random(f"{name} {seed}").choice(step.moments)
    shutil.rmtree(way.home)
    shutil.copytree(step.before, way.home, symlinks=True)
    monkeypatch.setenv("MUDATA_CARDS", str(way.folder))
    killed = spawned(*step.words, "--json", env=stopping(way.folder, way.home, signal.SIGKILL, moment))
    assert killed.code == -signal.SIGKILL, moment
    monkeypatch.setenv("MUDATA_HOME", str(way.home))
    done = typed(*step.words, "--json")
    assert done.code == 0, (moment, done.err)
    assert said(done) == step.out
    assert left(way.home) == step.left, moment
