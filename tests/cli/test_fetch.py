from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb
import pytest
import tiny_set
from misbehaving import Answer, Server
from tiny_set import CLIPS, TABLE, archive, as_dict, built, clipwise, http, plain, zipped

from mudata.catalog import ingest
from mudata.catalog.audio.clip import AudioFormat
from mudata.catalog.fetch.request import FetchRequest
from mudata.cli import main
from mudata.execution.local_processes import LocalProcesses

if TYPE_CHECKING:
    from mudata.home import Home

pytestmark = pytest.mark.slow

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as running:
        yield running


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs `mudata ...`: exit code, stdout, stderr."""

    def run(*arguments: object) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["mudata", *map(str, arguments)])
        with pytest.raises(SystemExit) as stopped:
            main()
        told = capsys.readouterr()
        return int(stopped.value.code or 0), told.out, told.err

    return run


@pytest.fixture
def shelf(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of cards that mudata finds."""
    folder = tmp_path / "cards"
    folder.mkdir()
    monkeypatch.setenv("MUDATA_CARDS", str(folder))
    return folder


def put(made: dict[str, Any], shelf: Path) -> Path:
    return tiny_set.write(built(made), shelf)


def test_a_dataset_by_name_ends_in_the_index(server: Server, home: Home, shelf: Path, run: Run) -> None:
    put(as_dict(server), shelf)
    code, out, err = run("fetch", "tiny", "--workers", 1)
    assert code == 0, err
    assert [line.split() for line in out.splitlines()[::2]] == [
        ["dataset", "declared", "fetched", "usable", "quarantined", "missing", "flavour"],
        ["tiny", "6", "6", "6", "0", "0", "native"],
    ]
    assert "Tiny Set: CC BY 4.0 (use: unrestricted)" in err
    assert "Next: mudata split tiny-exam --dataset tiny --stratify genre --group artist" in err
    with duckdb.connect(str(home.index / "mudata.duckdb"), read_only=True) as index:
        assert index.sql("SELECT count(*) FROM clips WHERE status = 'ok'").fetchall() == [(6,)]
        assert index.sql("SELECT canonical, count(*) FROM labels GROUP BY 1 ORDER BY 1").fetchall() == [
            ("jazz", 3),
            ("rock", 3),
        ]
    asked = len(server.seen)
    code, out, _ = run("fetch", "tiny", "--json", "--quiet", "--workers", 1)
    assert code == 0
    assert json.loads(out)[0] == {
        "dataset": "tiny",
        "declared": 6,
        "fetched": 6,
        "usable": 6,
        "quarantined": {},
        "missing": {},
        "issues": [],
        "flavour": "native",
        "unchanged": True,
        "lacking": 0,
        "partial": False,
        "store": "flac",
        "freed_bytes": 0,
    }
    assert len(server.seen) == asked
    code, out, err = run("fetch", "tiny", "--json", "--store", "reference", "--workers", 1)
    assert (code, json.loads(out)[0]["store"], json.loads(out)[0]["unchanged"]) == (0, "reference", False)
    assert "clips are decoded from them when they are heard" in err
    assert f"copies of clips went from {home.clips('tiny', 'native')}" in err
    assert list(home.clips("tiny", "native").rglob("*.flac")) == []


def test_a_card_file_will_do(server: Server, home: Home, tmp_path: Path, run: Run) -> None:
    path = put(as_dict(server), tmp_path)
    assert run("fetch", "--card", path, "--quiet", "--workers", 1)[0] == 0
    assert run("fetch", path, "--quiet", "--workers", 1)[0] == 0
    code, _, err = run("fetch", "--card", tmp_path / "none.yaml")
    assert code == 2
    assert "none.yaml" in err


def test_without_a_name_the_usage_is_told(run: Run) -> None:
    code, _, err = run("fetch")
    assert code == 2
    assert "Name a dataset (see `mudata list`), or give --card FILE." in err


def test_restricted_terms_are_shown_and_accepted_once(server: Server, home: Home, shelf: Path, run: Run) -> None:
    licence = {"text": "CC BY-NC 4.0", "usage": "noncommercial", "redistributable": False}
    put(as_dict(server) | {"licence": licence}, shelf)
    code, _, err = run("fetch", "tiny")
    assert code == 2
    assert "CC BY-NC 4.0" in err
    assert "mudata fetch tiny --accept-licence" in err
    assert server.seen == []
    assert run("fetch", "tiny", "--accept-licence", "--workers", 1)[0] == 0
    assert run("fetch", "tiny", "--workers", 1)[0] == 0
    assert json.loads(home.licences.read_text())["tiny"]["usage"] == "noncommercial"


def test_clips_that_cannot_be_had_or_used_make_the_exit_code_one(
    server: Server, home: Home, shelf: Path, run: Run
) -> None:
    made = as_dict(server)
    made["sources"]["audio"]["mirrors"] = [clipwise(server, "jazz.00001")]
    server.serve("/clips/rock.00002.wav", Answer(b"no sound at all"))
    put(made, shelf)
    code, out, err = run("fetch", "tiny", "--workers", 1)
    assert code == 1
    assert out.splitlines()[-1].split() == ["tiny", "6", "5", "4", "1", "1", "native"]
    assert "tiny: 1 clip is quarantined:\n  rock.00002: undecodable" in err
    assert "tiny: 1 clip is missing:\n  jazz.00001: not_fetched: " in err
    assert "404 Not Found" in err
    query = next(line for line in err.splitlines() if line.startswith("All of them: "))
    with duckdb.connect(str(home.index / "mudata.duckdb"), read_only=True) as index:
        assert {row[0] for row in index.sql(shlex.split(query)[-1]).fetchall()} == {
            "tiny/jazz.00001",
            "tiny/rock.00002",
        }


def test_fewer_clips_than_the_card_promises_is_told(
    server: Server, home: Home, shelf: Path, tmp_path: Path, run: Run
) -> None:
    put(as_dict(server), shelf)
    own = tmp_path / "own" / "tiny"
    own.mkdir(parents=True)
    for path, data in list(CLIPS.items())[:4]:
        (own / Path(path).name).write_bytes(data)
    code, _, err = run("fetch", "tiny", "--from", own.parent, "--workers", 1)
    assert code == 1
    assert "tiny: 4 of 6 clips are here. If that is on purpose" in err


def test_a_part_that_was_asked_for_and_came_is_fine(server: Server, home: Home, shelf: Path, run: Run) -> None:
    made = as_dict(server)
    made["sources"]["audio"]["mirrors"].append(clipwise(server))
    put(made, shelf)
    code, out, _ = run("fetch", "tiny", "--limit", 2, "--where", "list_contains(genre, 'rock')", "--workers", 1)
    assert code == 0
    assert out.splitlines()[-1].split()[:4] == ["tiny", "6", "2", "2"]
    assert len([seen for seen in server.seen if seen.path.startswith("/clips/")]) == 2
    assert run("fetch", "tiny", "--limit", 0)[0] == 2


def test_another_rate_is_another_audio_format(server: Server, home: Home, shelf: Path, run: Run) -> None:
    put(as_dict(server), shelf)
    code, out, _ = run("fetch", "tiny", "--rate", 4000, "--quiet", "--workers", 1)
    assert code == 0
    assert out.split()[-1] == "4000"
    assert len(list(home.clips("tiny", "4000").rglob("*.flac"))) == 6


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["tiny", "--subset", "x"], "tiny has no subsets"),
        (["tin"], "Did you mean 'tiny'"),
        (["tiny", "--from", "/nowhere/at/all"], "Path '/nowhere/at/all' does not exist"),
        (["tiny", "--offline"], "the network is forbidden"),
    ],
)
def test_wrong_use_is_explained(
    server: Server, home: Home, shelf: Path, run: Run, arguments: list[str], expected: str
) -> None:
    put(as_dict(server), shelf)
    code, out, err = run("fetch", *arguments)
    assert code in (1, 2)
    assert out == ""
    assert expected in err
    assert "Traceback" not in err
    assert server.seen == []


def test_of_several_datasets_one_that_fails_does_not_stop_the_others(
    server: Server, home: Home, shelf: Path, run: Run
) -> None:
    put(as_dict(server), shelf)
    bad = as_dict(server) | {"name": "bad"}
    bad["sources"] = {"audio": {"what": "x", "mirrors": [{"kind": "local", "how": "Ask the authors."}]}}
    put(bad, shelf)
    code, out, err = run("fetch", "bad", "tiny", "--json", "--workers", 1)
    assert code == 1
    assert [row["dataset"] for row in json.loads(out)] == ["tiny"]
    assert "Error: bad: audio (x) could not be had:\n  local: Ask the authors." in err


def test_notes_and_bars_stay_off_stdout_and_quiet_is_quiet(server: Server, home: Home, shelf: Path, run: Run) -> None:
    put(as_dict(server), shelf)
    code, out, err = run("fetch", "tiny", "--quiet", "--json", "--workers", 1)
    assert (code, err) == (0, "")
    assert json.loads(out)


def test_help_is_quick(home: Home) -> None:
    heavy = ("torch", "transformers", "librosa", "datasets", "kaggle", "duckdb", "pyarrow", "httpx2", "numpy")
    script = f"""
import sys
from mudata.cli import cli
cli.main(["fetch", "--help"], standalone_mode=False)
print([m for m in {heavy!r} if m in sys.modules], file=sys.stderr)
"""
    ran = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert ran.stderr.strip() == "[]"


# ------------------------------------------------------------------------------ two processes


COMMAND = [sys.executable, "-m", "mudata", "fetch", "--workers", "1"]


def test_two_processes_share_the_work_without_harm(server: Server, home: Home, tmp_path: Path) -> None:
    made = as_dict(server)
    packed = zipped(CLIPS | {f"tiny/ballast{n}.bin": os.urandom(100_000) for n in range(10)})
    made["sources"]["audio"]["mirrors"] = [http(archive(server, "slow.zip", packed, Answer(packed, pace_s=0.02)))]
    command = [*COMMAND, "--card", str(put(made, tmp_path))]
    first = subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    until = time.monotonic() + 30
    while not server.asked("/slow.zip") and time.monotonic() < until:
        time.sleep(0.01)
    second = subprocess.run(command, capture_output=True, text=True, check=False)
    _, err = first.communicate()
    assert (first.returncode, second.returncode) == (0, 0), err + second.stderr
    assert "tiny: waiting for another mudata process" in second.stderr
    assert "waiting" not in err
    assert len(server.asked("/slow.zip")) == 1


def test_the_lock_of_a_process_that_died_is_free(server: Server, home: Home, tmp_path: Path) -> None:
    made = as_dict(server)
    slow = plain(server, "tiny.csv", TABLE, Answer(TABLE, delay_s=5), Answer(TABLE))
    made["sources"]["metadata"]["mirrors"] = [http(slow)]
    command = [*COMMAND, "--card", str(put(made, tmp_path))]
    with subprocess.Popen(command, stderr=subprocess.DEVNULL) as process:
        until = time.monotonic() + 30
        while not server.asked("/tiny.csv") and time.monotonic() < until:
            time.sleep(0.01)
        process.kill()
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
    assert "waiting" not in ran.stderr


def test_an_interrupt_says_how_to_go_on(server: Server, home: Home, tmp_path: Path) -> None:
    import signal

    made = as_dict(server)
    packed = zipped()
    parts = [archive(server, f"{n}.zip", packed, Answer(packed, delay_s=0.3, pace_s=2)) for n in range(3)]
    made["sources"]["audio"]["mirrors"] = [http(*parts)]
    command = [*COMMAND, "--card", str(put(made, tmp_path))]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, stdout=subprocess.DEVNULL) as process:
        until = time.monotonic() + 30
        while len(server.seen) < 4 and time.monotonic() < until:
            time.sleep(0.01)
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=20)
    assert process.returncode == 130
    assert "the same command goes on from here" in err
    assert "Traceback" not in err


def test_the_api_does_the_same(server: Server, home: Home, tmp_path: Path) -> None:
    got = ingest.get(built(as_dict(server)), home, FetchRequest(executor=LocalProcesses(1)), audio_format=AudioFormat())
    assert (got.declared, got.fetched, got.usable) == (6, 6, 6)
