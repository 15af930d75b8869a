"""Killed or interrupted anywhere, the same command goes on; several at once do each other no harm."""

from __future__ import annotations

import contextlib
import json
import random
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb
import pytest
import tiny_set
from misbehaving import Answer, Server
from shell import Done, ended, spawned, started, typed, wait_for
from small_corpus import Corpus
from stopper import files_of, stopping, watching
from tiny_set import CLIPS, archive, as_dict, built, http, zipped

if TYPE_CHECKING:
    from mudata.home import Home

pytestmark = pytest.mark.slow

STAGES = {
    "download": (" raw/tiny/downloads", " raw/tiny/files/.tiny.csv", " raw/tiny/files/tiny.csv"),
    "unpacking": (" raw/tiny/files/tiny/",),
    "ledger": (" raw/tiny/fetched.json", " raw/tiny/.fetched.json"),
    "normalising": (" clips/",),
    "publishing": (" index/",),
}


@dataclass(frozen=True)
class Course:
    """A dataset that is served, the moments of an undisturbed fetch, and what came out of it."""

    words: tuple[str, ...]
    folder: Path
    moments: tuple[str, ...]
    files: dict[str, str]
    index: Done

    def drawn(self, stage: str, seed: int) -> str:
        """A moment of a stage."""
        of = [moment for moment in self.moments if any(start in moment for start in STAGES[stage])]
        return random.Random(f"{stage} {seed}").choice(sorted(of))


QUERY = (
    "SELECT c.* EXCLUDE (peak, rms, source_mtime_ns), l.* FROM clips c JOIN labels l USING (clip_id) ORDER BY clip_id"
)


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Course]:
    folder = tmp_path_factory.mktemp("course")
    with Server() as server:
        path = tiny_set.write(built(as_dict(server)), folder)
        words = ("fetch", "--card", str(path), "--workers", "1")
        home, log = folder / "home", folder / "log"
        assert spawned(*words, env=watching(folder, home, log)).code == 0
        moments = tuple(log.read_text().splitlines())
        index = spawned("sql", QUERY, "--json", env={"MUDATA_HOME": str(home)})
        yield Course(words, folder, moments, files_of(home), index)


def goes_on(course: Course, home: Path) -> None:
    """The same command ends as if nothing had happened, and nothing unfinished is left."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MUDATA_HOME", str(home))
        done, index = typed(*course.words, "--json"), typed("sql", QUERY, "--json")
    assert done.code == 0, done.err
    assert json.loads(done.out)[0]["usable"] == 6
    assert files_of(home) == course.files
    assert index == course.index
    with duckdb.connect(str(home / "index" / "mudata.duckdb"), read_only=True) as shown:
        assert shown.sql("SELECT count(*) FROM clips WHERE status = 'ok'").fetchall() == [(6,)]


@pytest.mark.parametrize("seed", [0, 1])
@pytest.mark.parametrize("stage", STAGES)
def test_a_fetch_that_was_killed_goes_on(course: Course, tmp_path: Path, stage: str, seed: int) -> None:
    moment = course.drawn(stage, seed)
    killed = spawned(*course.words, env=stopping(course.folder, tmp_path / "home", signal.SIGKILL, moment))
    assert killed.code == -signal.SIGKILL, moment
    goes_on(course, tmp_path / "home")


@pytest.mark.parametrize("stage", ["normalising", "publishing"])
def test_a_change_of_store_that_was_killed_goes_on(course: Course, tmp_path: Path, stage: str) -> None:
    home, log = tmp_path / "home", tmp_path / "log"
    of_home = {"MUDATA_HOME": str(home)}
    refer, copy = (("--store", store) for store in ("reference", "flac"))
    for words, moments_from in ((refer, tmp_path / "one"), (copy, tmp_path / "other")):
        assert spawned(*course.words, env=of_home).code == 0
        shutil.copytree(home, moments_from, symlinks=True)
        assert spawned(*course.words, *words, env=watching(course.folder, moments_from, log)).code == 0
        moments = [line for line in log.read_text().splitlines() if any(start in line for start in STAGES[stage])]
        moment = random.Random(stage).choice(sorted(moments))
        killed = spawned(*course.words, *words, env=stopping(course.folder, home, signal.SIGKILL, moment))
        assert killed.code == -signal.SIGKILL, moment
        done = spawned(*course.words, *words, "--json", env=of_home)
        assert (done.code, json.loads(done.out)[0]["store"]) == (0, words[1]), done.err
        copies = list((home / "clips").rglob("*.flac"))
        assert (copies == []) == (words is refer)
        log.unlink()
    assert spawned("sql", QUERY, "--json", env=of_home) == course.index
    kept, first = ({name: of[name] for name in of if name.endswith(".flac")} for of in (files_of(home), course.files))
    assert kept == first


@pytest.mark.parametrize("stage", STAGES)
def test_a_fetch_that_was_interrupted_says_so_and_goes_on(course: Course, tmp_path: Path, stage: str) -> None:
    moment = course.drawn(stage, 2)
    stopped = spawned(*course.words, env=stopping(course.folder, tmp_path / "home", signal.SIGINT, moment))
    assert stopped.code == 130, (moment, stopped.err)
    assert stopped.err.endswith("Stopped. What was finished is kept; the same command goes on from here.\n")
    assert "Exception" not in stopped.err
    goes_on(course, tmp_path / "home")


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as running:
        yield running


def slow_card(server: Server, folder: Path, name: str = "tiny") -> tuple[Path, int]:
    """The dataset in an archive of 300 kB that takes half a second, and its size."""
    packed = zipped(CLIPS | {"tiny/ballast.bin": random.Random(0).randbytes(300_000)})
    made = as_dict(server) | {"name": name}
    mirror = http(archive(server, f"{name}.zip", packed, Answer(packed, etag='"1"', pace_s=0.025)))
    made["sources"]["audio"]["mirrors"] = [mirror]
    return tiny_set.write(built(made), folder), len(packed)


@pytest.mark.parametrize(("seed", "sent"), [(0, signal.SIGKILL), (1, signal.SIGINT), (2, signal.SIGKILL)])
def test_bytes_that_arrived_are_not_fetched_again(
    server: Server, home: Home, tmp_path: Path, seed: int, sent: signal.Signals
) -> None:
    path, size = slow_card(server, tmp_path)
    enough = random.Random(seed).randrange(20_000, size - 100_000)
    part = home.raw("tiny") / "downloads" / "audio" / ".tiny.zip.part"
    with started("fetch", "--card", path, "--workers", 1) as process:
        wait_for(lambda: part.exists() and part.stat().st_size >= enough, process)
        process.send_signal(sent)
        stopped = ended(process)
    assert stopped.code == (130 if sent == signal.SIGINT else -sent)
    assert ("the same command goes on from here" in stopped.err) == (sent == signal.SIGINT)
    kept = part.stat().st_size
    assert typed("fetch", "--card", path, "--workers", 1).code == 0
    first, second = server.asked("/tiny.zip")
    assert "range" not in first.headers
    assert second.headers["range"] == f"bytes={kept}-"
    assert not part.exists()
    assert sorted(path.stem for path in home.root.rglob("*.flac")) == sorted(tiny_set.IDS)


# -------------------------------------------------------------------------------- evaluation


SLOW = """
import time
from mudata.evaluation.protocol import Answer, ModelCapabilities
class Slow:
    capabilities = ModelCapabilities(batch=2)
    def __init__(self, seed): self.seed = seed
    def load(self): pass
    def answer(self, items):
        time.sleep(0.15)
        options = items[0].question.options
        return [Answer(options[len(item.clip.audio) % len(options)]) for item in items]
    def describe(self): return {"revision": "1"}
"""


@pytest.mark.parametrize("sent", [signal.SIGKILL, signal.SIGINT])
def test_an_evaluation_that_was_stopped_asks_only_what_is_open(
    home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sent: signal.Signals
) -> None:
    (tmp_path / "slow.py").write_text(SLOW)
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "cards").mkdir()
    corpus = Corpus(home, tmp_path / "cards", monkeypatch)
    corpus.split("all", {"test": corpus.publish()})
    words = ("eval", "--model", "slow:Slow", "--split", "all", "--task", "genre", "--json")
    whole = typed(*words)
    assert whole.code == 0, whole.err
    run = next(home.runs.iterdir())
    expected = answers(run)
    run.rename(tmp_path / "undisturbed")
    with started(*words, cwd=tmp_path) as process:
        wait_for(lambda: (run / "answers.jsonl").exists() and len(answers(run)) >= 4, process)
        process.send_signal(sent)
        stopped = ended(process)
    assert stopped.code == (130 if sent == signal.SIGINT else -sent), stopped.err
    before = answers(run)
    assert 4 <= len(before) < 12
    again = typed(*words)
    assert again.code == 0, again.err
    assert f"Going on: {12 - len(before)} of 12 clips are still open." in again.err
    assert answers(run) == expected
    assert len((run / "answers.jsonl").read_bytes().splitlines()) == 12
    assert json.loads(again.out)["metrics"] == json.loads(whole.out)["metrics"]
    assert not list(home.root.rglob("*.part"))


def answers(run: Path) -> list[tuple[str, str]]:
    """Clip and answer of the whole lines, in their order."""
    lines = (run / "answers.jsonl").read_bytes().rpartition(b"\n")[0].splitlines()
    return [(line["clip_id"], line["answer"]) for line in map(json.loads, lines)]


# ---------------------------------------------------------------------------- several at once


def test_two_fetches_of_one_dataset_share_the_work(server: Server, home: Home, tmp_path: Path) -> None:
    path, _ = slow_card(server, tmp_path)
    words = ("fetch", path.stem, "--card", path, "--workers", 1, "--json")  # the name beside it is no second dataset
    with started(*words) as first, started(*words) as second:
        one, other = ended(first), ended(second)
    assert (one.code, other.code) == (0, 0), one.err + other.err
    assert sorted(json.loads(done.out)[0]["unchanged"] for done in (one, other)) == [False, True]
    assert sum("tiny: waiting for another mudata process" in done.err for done in (one, other)) == 1
    assert len(server.asked("/tiny.zip")) == 1
    assert typed("verify", path, "--deep").code == 0


def test_two_datasets_can_be_fetched_at_once(server: Server, home: Home, tmp_path: Path) -> None:
    paths = [slow_card(server, tmp_path, name)[0] for name in ("one", "two")]
    with contextlib.ExitStack() as both:
        running = [both.enter_context(started("fetch", "--card", path, "--workers", 1)) for path in paths]
        done = [ended(process) for process in running]
    assert [one.code for one in done] == [0, 0], done
    assert "waiting" not in done[0].err + done[1].err
    rows = typed(
        "sql", "SELECT dataset, count(*) AS n FROM clips WHERE status = 'ok' GROUP BY ALL ORDER BY 1", "--json"
    )
    assert json.loads(rows.out) == [{"dataset": "one", "n": 6}, {"dataset": "two", "n": 6}]
    with duckdb.connect(str(home.index / "mudata.duckdb"), read_only=True) as index:
        assert index.sql("SELECT count(*) FROM labels").fetchall() == [(12,)]


READER = """
import contextlib, io, json, sys, time
from mudata.cli import main
answers = []
sys.argv = ["mudata", "sql", *sys.argv[1:]]
print("ready", flush=True)
for _ in range(25):  # and with pauses: readers that fill the cores would only make the fetch slow
    with contextlib.redirect_stdout(io.StringIO()) as out, contextlib.redirect_stderr(io.StringIO()) as err:
        try:
            main()
        except SystemExit as end:
            answers.append([end.code, out.getvalue(), err.getvalue()])
    time.sleep(0.1)
print(json.dumps(answers))
"""


def test_readers_never_fail_while_a_fetch_writes(server: Server, home: Home, tmp_path: Path) -> None:
    path = tiny_set.write(built(as_dict(server)), tmp_path)
    query = "SELECT (SELECT count(*) FROM clips) AS clips, (SELECT count(*) FROM labels) AS labels"
    command = [sys.executable, "-c", READER, query, "--json"]
    with contextlib.ExitStack() as both:
        readers = [both.enter_context(subprocess.Popen(command, stdout=subprocess.PIPE, text=True)) for _ in range(2)]
        outs = [reader.stdout for reader in readers]
        assert [out.readline() for out in outs if out] == ["ready\n"] * 2
        for limit in (2, 4, 6, 1):
            assert typed("fetch", "--card", path, "--workers", 1, "--limit", limit).code == 0
        seen = [Done(*answer) for out in outs if out for answer in json.loads(out.read())]
    assert len(seen) == 50
    assert {done.code for done in seen} == {0}, next(done.err for done in seen if done.code)
    counts = [json.loads(done.out)[0] for done in seen]
    assert all(row["clips"] == row["labels"] for row in counts)
    assert {row["clips"] for row in counts} <= {0, 1, 2, 4, 6}
    assert len({row["clips"] for row in counts}) >= 2
