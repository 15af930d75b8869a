"""What a process leaves that is killed: swept by the next one that writes there, never while its writer lives."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import tiny_set
from misbehaving import Answer, Server
from shelf import shelve
from tiny_set import CLIPS, TABLE, as_dict, built, http, plain

from mudata.catalog.fetch.fetcher import fetch
from mudata.catalog.fetch.request import FetchRequest
from mudata.home import sweep, write_atomic

if TYPE_CHECKING:
    from mudata.home import Home

HANGING = """
import os, sys
from pathlib import Path
from mudata.home import write_atomic

def hang(handle):
    print("written", flush=True)
    sys.stdin.read()

os.fsync = hang
write_atomic(Path(sys.argv[1]), "half", shared=True)
"""

DYING = """
import os, signal, sys

kind, path = sys.argv[1:3]

def die(event, args):
    if event == kind and path in str(args[0]):
        os.kill(os.getpid(), signal.SIGKILL)

sys.addaudithook(die)
sys.argv = ["mudata", *sys.argv[3:]]
from mudata.cli import main
main()
"""


@contextmanager
def writing(path: Path) -> Iterator[subprocess.Popen[str]]:
    """A process that has written beside `path` and waits before it moves the file there."""
    command = [sys.executable, "-c", HANGING, str(path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        assert process.stdout.readline() == "written\n"
        yield process


def hidden(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.rglob(".*") if path.is_file())


def test_a_killed_writers_file_is_swept_by_the_next_and_a_living_ones_is_not(tmp_path: Path) -> None:
    with writing(tmp_path / "scores.json") as living, writing(tmp_path / "scores.json") as killed:
        assert len(hidden(tmp_path)) == 2
        killed.send_signal(signal.SIGKILL)
        killed.wait()
        write_atomic(tmp_path / "other.json", "{}", shared=True)
        assert [name.partition(".part")[0].rpartition("-")[0] for name in hidden(tmp_path)] == [
            f".scores.json.{living.pid}"
        ]
        living.communicate("")
    assert hidden(tmp_path) == []
    assert (tmp_path / "scores.json").read_text() == "half"


def test_sweeping_leaves_all_else(tmp_path: Path) -> None:
    for name in ("a.part", ".hidden", ".a.part.json", "b.json"):
        (tmp_path / name).touch()
    (tmp_path / ".left.part").touch()
    sweep(tmp_path)
    sweep(tmp_path / "nowhere")
    assert sorted(path.name for path in tmp_path.iterdir()) == [".a.part.json", ".hidden", "a.part", "b.json"]


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as running:
        yield running


def killed(event: str, path: str, *words: object) -> None:
    """Run a command that is killed at the first such event about such a path."""
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run(
        [sys.executable, "-c", DYING, event, path, *map(str, words)], capture_output=True, check=False, env=environment
    )
    assert done.returncode == -signal.SIGKILL, done.stderr.decode()


def test_what_a_killed_fetch_left_is_swept_by_another_that_takes_other_ways(
    server: Server, home: Home, tmp_path: Path
) -> None:
    card = tiny_set.write(tiny_set.card(server), tmp_path)
    killed("os.rename", ".part", "fetch", "--card", card)
    killed("os.rename", "files/tiny/.", "fetch", "--card", card)
    files = home.raw("tiny") / "files"
    left = hidden(files)
    assert any(name.endswith(".part") for name in left)
    mine = tmp_path / "mine"
    for name, data in (CLIPS | {"tiny.csv": TABLE}).items():
        (mine / name).parent.mkdir(parents=True, exist_ok=True)
        (mine / name).write_bytes(data)
    assert fetch(tiny_set.card(server), home, FetchRequest(origin=(mine,))).files == 7
    assert hidden(files) == []


def test_an_unfinished_download_stays_until_another_mirror_gives_all(server: Server, home: Home) -> None:
    made = as_dict(server)
    cut = Answer(b"x" * 5000, cut=1000, etag='"1"')
    broken = http(plain(server, "readme.txt", b"x" * 5000, cut, Answer(status=404)))
    made["sources"]["extra"] = {"what": "a text", "optional": True, "mirrors": [broken]}
    files = home.raw("tiny") / "files"
    assert fetch(built(made), home, FetchRequest()).files == 7
    assert hidden(files) == [".readme.txt.part", ".readme.txt.part.json"]
    made["sources"]["extra"]["mirrors"] = [http(plain(server, "other.txt", b"y"))]
    assert fetch(built(made), home, FetchRequest()).files == 8
    assert hidden(files) == []


def test_what_killed_writers_of_the_index_left_is_swept_though_nothing_is_new(home: Home) -> None:
    shelve(home, clips=[{"id": "a"}])
    left = [home.index / f".1-2.mudata.duckdb{end}" for end in ("", ".wal")]
    left.append(home.index / "parts" / "toy" / ".1-2" / "clips.parquet")
    for path in left:
        path.parent.mkdir(exist_ok=True)
        path.touch()
    shelve(home, clips=[{"id": "a"}])
    assert not any(path.exists() for path in left)
