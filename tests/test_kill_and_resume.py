"""Killed or interrupted anywhere, the same command goes on; several at once do each other no harm."""

from __future__ import annotations

import hashlib
import json
import random
import signal
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pytest
import tiny_set
from misbehaving import Server
from shell import Done, spawned
from tiny_set import as_dict, built

STOPPER = """
import itertools, os, sys
from pathlib import Path
home, log, signal, role, number = os.environ["STOPPER"].split("|")
here = "worker" if sys.argv[1:2] and "serve()" in " ".join(sys.orig_argv) else "main"
count = itertools.count(1)
changes = {"open": 0, "os.rename": 1, "os.mkdir": 0, "os.remove": 0, "os.symlink": 1, "os.rmdir": 0}
def watch(event, arguments):
    if event not in changes:
        return
    try:
        path = os.fsdecode(arguments[changes[event]])
    except TypeError:  # a file descriptor
        return
    reads = event == "open" and not (arguments[2] & (os.O_WRONLY | os.O_RDWR))
    if reads or not path.startswith(home) or path.startswith(home + "/locks"):
        return
    here_and_now = next(count)
    if log:
        with os.fdopen(os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT), "w") as file:
            print(here, here_and_now, event, path[len(home) + 1 :], sep="|", file=file)
    elif (here, here_and_now) == (role, int(number)):
        os.kill(os.getpid() if here == "main" else os.getppid(), int(signal))
sys.addaudithook(watch)
"""
"""A sitecustomize that counts every change that Python makes below the home, in mudata and in its workers. It notes
them in a log, or sends a signal to mudata when it comes to the one with the number."""

STAGES = {
    "download": ("raw/tiny/downloads", "raw/tiny/files/.tiny.csv", "raw/tiny/files/tiny.csv"),
    "unpacking": ("raw/tiny/files/tiny",),
    "ledger": ("raw/tiny/",),
    "normalising": ("clips/",),
    "publishing": ("index/",),
}


@dataclass(frozen=True)
class Moment:
    role: str
    number: str
    what: str

    @property
    def stage(self) -> str:
        path = self.what.partition("|")[2]
        return next((stage for stage, starts in STAGES.items() if path.startswith(starts)), "")


@dataclass(frozen=True)
class Course:
    """A dataset that is served, the moments of an undisturbed fetch, and what came out of it."""

    words: tuple[str, ...]
    folder: Path
    moments: tuple[Moment, ...]
    files: dict[str, str]
    index: Done

    def stopper(self, home: Path, sent: signal.Signals, moment: Moment) -> dict[str, str]:
        at = f"{home}||{sent.value}|{moment.role}|{moment.number}"
        return {"PYTHONPATH": str(self.folder), "STOPPER": at, "MUDATA_HOME": str(home)}


QUERY = "SELECT c.* EXCLUDE (peak, rms), l.* FROM clips c JOIN labels l USING (clip_id) ORDER BY clip_id"


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Course]:
    folder = tmp_path_factory.mktemp("course")
    (folder / "sitecustomize.py").write_text(STOPPER)
    with Server() as server:
        path = tiny_set.write(built(as_dict(server)), folder)
        words = ("fetch", "--card", str(path), "--workers", "1")
        home, log = folder / "home", folder / "log"
        at = f"{home}|{log}|0||0"
        env = {"PYTHONPATH": str(folder), "STOPPER": at, "MUDATA_HOME": str(home)}
        assert spawned(*words, env=env).code == 0
        moments = tuple(Moment(*line.split("|", 2)) for line in log.read_text().splitlines())
        index = spawned("sql", QUERY, "--json", env={"MUDATA_HOME": str(home)})
        yield Course(words, folder, moments, files_of(home), index)


def files_of(home: Path) -> dict[str, str]:
    """Every file below a home, with the hash of its content where that is always the same."""
    found = {}
    for path in sorted(home.rglob("*")):
        name = path.relative_to(home).as_posix()
        if path.is_file() and not name.startswith("locks/"):
            same = path.suffix in (".flac", ".wav", ".csv")
            found[name] = hashlib.sha256(path.read_bytes()).hexdigest() if same else ""
    return found


def drawn(course: Course, stage: str, seed: int) -> Moment:
    return random.Random(f"{stage} {seed}").choice([moment for moment in course.moments if moment.stage == stage])


def goes_on(course: Course, home: Path) -> None:
    """The same command ends as if nothing had happened, and nothing unfinished is left."""
    env = {"MUDATA_HOME": str(home)}
    done = spawned(*course.words, "--json", env=env)
    assert done.code == 0, done.err
    assert json.loads(done.out)[0]["usable"] == 6
    assert files_of(home) == course.files
    assert spawned("sql", QUERY, "--json", env=env) == course.index
    with duckdb.connect(str(home / "index" / "mudata.duckdb"), read_only=True) as index:
        assert index.sql("SELECT count(*) FROM clips WHERE status = 'ok'").fetchall() == [(6,)]


@pytest.mark.parametrize("seed", [0, 1])
@pytest.mark.parametrize("stage", STAGES)
def test_a_fetch_that_was_killed_goes_on(course: Course, tmp_path: Path, stage: str, seed: int) -> None:
    moment = drawn(course, stage, seed)
    killed = spawned(*course.words, env=course.stopper(tmp_path / "home", signal.SIGKILL, moment))
    assert killed.code == -signal.SIGKILL, moment
    goes_on(course, tmp_path / "home")


@pytest.mark.parametrize("stage", STAGES)
def test_a_fetch_that_was_interrupted_says_so_and_goes_on(course: Course, tmp_path: Path, stage: str) -> None:
    moment = drawn(course, stage, 2)
    stopped = spawned(*course.words, env=course.stopper(tmp_path / "home", signal.SIGINT, moment))
    assert stopped.code == 130, (moment, stopped.err)
    assert stopped.err.endswith("Stopped. What was finished is kept; the same command goes on from here.\n")
    assert "Exception" not in stopped.err
    goes_on(course, tmp_path / "home")
