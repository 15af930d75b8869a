"""The home is deleted while a dataset is fetched: an error that says so, at whatever moment it happens."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import tiny_set
from misbehaving import Server
from tiny_set import CLIPS, TABLE

SCRIPT = """
import contextlib, io, json, os, shutil, sys, traceback
from mudata.cli import main

step, *words = sys.argv[1:]
home = os.environ["MUDATA_HOME"]
KINDS = {"open", "os.rename", "os.mkdir", "os.remove", "os.scandir", "os.listdir", "os.link", "os.symlink"}
seen, moment, deleting = 0, 0, False

def delete(event, args):
    global seen, deleting
    if event in KINDS and not deleting and any(home in str(arg) for arg in args[:2]):
        seen += 1
        if seen == moment:
            deleting = True
            shutil.rmtree(home, ignore_errors=True)
            deleting = False

def fetch(at):
    global seen, moment
    shutil.rmtree(home, ignore_errors=True)
    os.mkdir(home)
    seen, moment = 0, at
    sys.argv = ["mudata", "fetch", "tiny", "--workers", "1", *words]
    told = io.StringIO()
    with contextlib.redirect_stderr(told), contextlib.redirect_stdout(io.StringIO()):
        try:
            main()
        except SystemExit as end:
            return [end.code, told.getvalue()]
        except BaseException:
            return ["traceback", traceback.format_exc()]

sys.addaudithook(delete)
ends = [fetch(0)]
ends += [fetch(at) for at in range(1, seen + 1, max(1, seen // int(step)))]
print(json.dumps(ends))
"""


@pytest.mark.slow
@pytest.mark.parametrize(
    "words", [[], ["--from", "mine"], ["--from", "mine", "--copy"]], ids=["http", "links", "copies"]
)
def test_a_home_that_is_deleted_during_a_fetch_ends_in_an_error(words: list[str], tmp_path: Path) -> None:
    for name, data in (CLIPS | {"tiny.csv": TABLE}).items():
        (tmp_path / "mine" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "mine" / name).write_bytes(data)
    with Server() as server:
        tiny_set.write(tiny_set.card(server), tmp_path)
        done = subprocess.run(
            [sys.executable, "-c", SCRIPT, "8", *words],
            capture_output=True,
            check=True,
            cwd=tmp_path,
            env=os.environ | {"MUDATA_CARDS": str(tmp_path), "PYTHONPATH": os.pathsep.join(sys.path)},
        )
    whole, *deleted = json.loads(done.stdout)
    assert whole[0] == 0
    assert len(deleted) >= 8
    assert [told for code, told in deleted if code not in {0, 1, 2}] == []
    assert any("cannot be used: No such file or directory.\nIf its folder (MUDATA_HOME" in told for _, told in deleted)
