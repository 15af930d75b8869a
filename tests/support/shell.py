"""mudata as a user types it: in this process where that will do, else in one of its own.

Every exit code comes with what was printed, and whatever is typed, nobody may see a traceback.
"""

from __future__ import annotations

import contextlib
import io
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from mudata.cli import main

COMMAND = (sys.executable, "-m", "mudata")


@dataclass(frozen=True)
class Done:
    code: int
    out: str
    err: str

    def __post_init__(self) -> None:
        assert "Traceback" not in self.err, self.err


def typed(*words: object, stdin: bytes = b"") -> Done:
    """`mudata WORDS` in this process, with `stdin` in a pipe."""
    out, err = (io.TextIOWrapper(io.BytesIO(), "utf-8") for _ in range(2))
    argv, sys.argv = sys.argv, ["mudata", *map(str, words)]
    former, sys.stdin = sys.stdin, io.TextIOWrapper(io.BytesIO(stdin))  # nobody types
    try:
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            main()
    except SystemExit as stop:
        code = int(stop.code or 0)
    finally:
        sys.argv, sys.stdin = argv, former
    return Done(code, *(_text(stream) for stream in (out, err)))


def _text(stream: io.TextIOWrapper) -> str:
    stream.seek(0)
    return stream.read()


def spawned(*words: object, env: Mapping[str, str] | None = None, **options: Any) -> Done:
    """`mudata WORDS` in a process of its own, to its end."""
    with started(*words, env=env, **options) as process:
        return ended(process)


@contextlib.contextmanager
def started(*words: object, env: Mapping[str, str] | None = None, **options: Any) -> Iterator[subprocess.Popen[str]]:
    """`mudata WORDS` in a process of its own, which does not outlive the context."""
    process = subprocess.Popen(
        [*COMMAND, *map(str, words)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, **(env or {})},
        **options,
    )
    with process:
        try:
            yield process
        finally:
            process.kill()


def ended(process: subprocess.Popen[str], timeout_s: float = 60) -> Done:
    out, err = process.communicate(timeout=timeout_s)
    return Done(process.returncode, out, err)


def wait_for(what: Callable[[], bool], process: subprocess.Popen[str], timeout_s: float = 30) -> None:
    """Wait until something is so, while a process works on it."""
    until = time.monotonic() + timeout_s
    while not what():
        assert process.poll() is None, "the process ended before it came to that"
        assert time.monotonic() < until, "it never came to that"
        time.sleep(0.002)
