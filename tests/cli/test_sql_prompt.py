"""`mudata sql` on a terminal: a real one where keys count, else the same prompt fed with lines."""

from __future__ import annotations

import contextlib
import json
import os
import pty
import re
import select
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from shelf import shelve
from shell import typed

from mudata.cli import sql_prompt, sql_reader

if TYPE_CHECKING:
    from mudata.home import Home


@pytest.fixture
def toy(home: Home) -> Home:
    shelve(home, clips=[{"id": f"{n:03}", "duration_s": 10.0} for n in range(60)])
    return home


@pytest.fixture
def say(toy: Home, capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[str, str]]:
    """stdout and stderr of the prompt, given these inputs; an exception is raised where a line would be."""

    def run(*inputs: str | BaseException, limit: int = 50) -> tuple[str, str]:
        lines = iter([*inputs, EOFError()])

        def read(begun: str) -> str:
            line = next(lines)
            if isinstance(line, BaseException):
                raise line
            return begun + line

        sql_prompt.run(toy, limit, read)
        return capsys.readouterr()

    return run


def test_queries_are_answered_until_the_end(say: Callable[..., tuple[str, str]]) -> None:
    out, _ = say("SELECT count(*) AS n FROM clips;", "", ";", "SELECT 7 AS seven;", "\\q", "SELECT 8 AS eight;")
    assert out.split() == ["n", "--", "60", "seven", "-----", "7"]


def test_an_error_ends_nothing(say: Callable[..., tuple[str, str]]) -> None:
    out, err = say("SELECT nope FROM clips;", KeyboardInterrupt(), "SELECT 1; SELECT 2;", "SELECT 7 AS x;")
    assert out.split()[-1] == "7"
    assert "nope" in err
    assert "One statement is expected; got 2." in err


@pytest.mark.parametrize(
    "sql", ["CREATE TABLE t AS SELECT 1;", "COPY (SELECT 1) TO '/tmp/x.csv';", "ATTACH 'x.duckdb';", "SET threads = 1;"]
)
def test_the_prompt_is_locked_down_as_the_command_is(say: Callable[..., tuple[str, str]], sql: str) -> None:
    assert "read-only" in say(sql)[1]
    assert "is refused" in say(sql)[1]


def test_a_file_outside_the_index_cannot_be_read(say: Callable[..., tuple[str, str]], tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_text("a\n1\n")
    out, err = say(f"SELECT * FROM read_csv('{tmp_path}/x.csv');")
    assert out == ""
    assert "can read no other file" in err


def test_rows_are_limited_and_the_others_counted(say: Callable[..., tuple[str, str]]) -> None:
    out, err = say("SELECT clip_id FROM clips;", limit=5)
    assert len(out.splitlines()) == 7
    assert "… 55 more rows" in err


def test_d_tells_tables_and_columns_with_their_meaning(say: Callable[..., tuple[str, str]]) -> None:
    out, err = say("\\d", "\\d clips;", "\\d clip", "\\x", "\\?")
    assert re.search(r"^dataset_toy +those of clips", out, re.MULTILINE)
    assert re.search(r"^clips +clip_id, dataset, ", out, re.MULTILINE)
    assert re.search(r"^duration_s +DOUBLE +\S+", out, re.MULTILINE)
    assert "Did you mean 'clips'" in err
    assert "No command \\x" in err
    assert sql_prompt.HELP in out


def test_e_takes_the_last_query_to_an_editor(
    say: Callable[..., tuple[str, str]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    editor = tmp_path / "editor"
    editor.write_text(f"#!{sys.executable}\nimport sys, pathlib\np = pathlib.Path(sys.argv[1])\n"
                      "p.write_text(p.read_text().replace('1', '7') + '\\n')\n")  # fmt: skip
    editor.chmod(0o755)
    monkeypatch.setenv("EDITOR", str(editor))
    monkeypatch.delenv("VISUAL", raising=False)
    assert say("SELECT 1 AS x;", "\\e", "")[0].split() == ["x", "-", "1", "x", "-", "7"]


def test_an_editor_that_is_not_there_is_told(
    say: Callable[..., tuple[str, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EDITOR", "/no/such/editor")
    monkeypatch.delenv("VISUAL", raising=False)
    out, err = say("SELECT 3 AS x;", "\\e", "")
    assert "EDITOR is /no/such/editor" in err
    assert out.split() == ["x", "-", "3", "x", "-", "3"]


@pytest.mark.parametrize(
    ("text", "whole"),
    [
        ("", True),
        ("SELECT 1", False),
        ("SELECT 1;", True),
        ("SELECT 1 ; \n", True),
        ("SELECT ';", False),
        ("SELECT 'it''s;'", False),
        ("SELECT 'it''s;';", True),
        ('SELECT 1 AS "a;', False),
        ("SELECT 1 -- not yet;", False),
        ("SELECT 1; -- done", True),
        ("SELECT 1 /* ; */", False),
        ("SELECT 1 /* ;", False),
        ("SELECT $$;$$", False),
        ("SELECT 1\nFROM clips;", True),
        ("\\d clips", True),
        ("exit", True),
    ],
)
def test_a_query_goes_on_to_its_semicolon(text: str, whole: bool) -> None:
    assert sql_reader.is_whole(text) is whole


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("SELECT 1;", True),
        (" SELECT 1;", False),
        ("CREATE SECRET (TYPE s3, KEY_ID 'a');", False),
        ("SELECT 'Bearer abc';", False),
        ("", False),
    ],
)
def test_history_keeps_no_secrets(text: str, kept: bool) -> None:
    assert sql_reader.is_kept(text) is kept


@pytest.mark.parametrize(
    ("before", "expected"),
    [
        ("SELECT * FROM cli", "clips"),
        ("SELECT dur", "duration_s"),
        ("sel", "SELECT"),
        ("\\d lab", "labels"),
        ("FROM dataset_", "dataset_toy"),
        ("\\", "\\d"),
        ("SELECT list_con", "list_contains("),
    ],
)
def test_tables_columns_and_words_are_completed(toy: Home, before: str, expected: str) -> None:
    assert expected in sql_reader.candidates(toy, before)[1]
    assert sql_reader.candidates(toy, "\\d dur")[1] == []


class Screen:
    """A program on a terminal of its own."""

    def __init__(self, handle: int) -> None:
        self.handle, self.text = handle, ""

    def type(self, keys: str) -> None:
        os.write(self.handle, keys.encode())

    def shows(self, pattern: str, timeout_s: float = 30) -> bool:
        """Read until this is shown, and be done with all up to there; False when the time is over."""
        end = time.monotonic() + timeout_s
        while not (found := re.search(pattern, self.text)):
            if time.monotonic() > end:
                return False
            if select.select([self.handle], [], [], 0.1)[0]:
                with contextlib.suppress(OSError):  # the program has ended
                    self.text += re.sub(r"\x1b\[[0-9;?]*[A-Za-z]|\r", "", os.read(self.handle, 65_536).decode())
        self.text = self.text[found.end() :]
        return True


PROGRAM = """
import fcntl, os, sys, termios
os.setsid()
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
if sys.argv[1] == "plain":
    sys.modules["prompt_toolkit"] = None
sys.argv = ["mudata", "sql"]
from mudata.cli import main
main()
"""


@pytest.fixture(params=["toolkit", "plain"])
def screen(toy: Home, request: pytest.FixtureRequest) -> Iterator[Screen]:
    """`mudata sql` on a terminal, with prompt_toolkit and as where that is not installed."""
    leader, follower = pty.openpty()
    env = {**os.environ, "TERM": "xterm", "PROMPT_TOOLKIT_NO_CPR": "1", "COLUMNS": "200", "LINES": "50"}
    command = [sys.executable, "-c", PROGRAM, request.param]
    with subprocess.Popen(command, stdin=follower, stdout=follower, stderr=follower, env=env) as process:
        os.close(follower)
        yield Screen(leader)
        process.kill()
    os.close(leader)


@pytest.mark.slow
def test_on_a_real_terminal(screen: Screen, toy: Home) -> None:
    assert screen.shows("mudata>")
    screen.type("SELECT 40 + 2\r")
    assert screen.shows(r"\.\.\.>")
    screen.type("AS answer;\r")
    assert screen.shows(r"answer\s+\S+\s+42")
    assert screen.shows("mudata>")
    screen.type("SELECT count(*) FROM range(1000000000000) AS t(i) WHERE i % 7 = 3;\r")
    tries = 0
    while not screen.shows("Stopped", 1) and (tries := tries + 1) < 60:
        screen.type("\x03")  # Ctrl-C; at the prompt it only begins anew
    assert tries < 60
    screen.type("\x15SELECT 6 * 7 AS again, 'token';\r")
    assert screen.shows(r"again[^;]*42")
    assert screen.shows("mudata>")
    screen.type("\x1b[A\x1b[A")  # up: what was asked before
    assert screen.shows(r"range|SELECT 40")
    screen.type("\x15\\q\r")
    kept = (toy.root / sql_reader.HISTORY).read_text()
    assert "1000000000000" in kept
    assert "token" not in kept
    assert stat.S_IMODE((toy.root / sql_reader.HISTORY).stat().st_mode) == 0o600


@pytest.mark.slow
def test_tab_completes_on_a_real_terminal(screen: Screen) -> None:
    assert screen.shows("mudata>")
    screen.type("SELECT count(*) + 7000 FROM vocab\t")
    assert screen.shows("vocab.*ulary")
    screen.type(";\r")
    assert screen.shows(r"7000 *\n")
    screen.type("\x04")  # Ctrl-D
    assert not screen.shows("Traceback", 0.3)


@pytest.mark.usefixtures("toy")
def test_without_a_terminal_the_query_is_read_from_stdin() -> None:
    assert json.loads(typed("sql", "--json", stdin=b"SELECT count(*) AS n FROM clips;").out) == [{"n": 60}]
