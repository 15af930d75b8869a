"""A mark in the home, by which another machine knows that the home it sees is this one.

A path proves nothing: every machine may have a folder of that name. What a worker writes would then be lost, and a file
that is missing there would be told as missing here.
"""

from __future__ import annotations

import atexit
import contextlib
import secrets
import socket
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from mudata.errors import ClusterError
from mudata.home import PARTIAL, Home, held, sweep

if TYPE_CHECKING:
    from mudata.execution.executor import Executor


@dataclass(frozen=True)
class HomeMark:
    """A file with a word by chance in it."""

    root: str
    """The home."""
    path: str
    word: str


_marks = contextlib.ExitStack()
"""The marks of this process: held, so that nobody sweeps them, and gone with it; the next process sweeps those of one
that was killed."""

atexit.register(_marks.close)


@cache
def home_mark(home: Home) -> HomeMark:
    """The mark of this process in a home, made when it is first asked for. Raises HomeError where none can be made."""
    folder = home.make(home.root / "locks")
    sweep(folder)
    word = secrets.token_hex(16)
    path = folder / f".cluster-{word[:8]}{PARTIAL}"
    _marks.callback(path.unlink, missing_ok=True)
    file = _marks.enter_context(held(path))
    file.write(word.encode())
    file.flush()
    return HomeMark(str(home.root), str(path), word)


def require_shared(executor: Executor, path: Path) -> None:
    """After a worker did not find a file: raises ClusterError if it is here, and so no fault of the file."""
    if executor.name != "local" and path.exists():
        raise ClusterError(
            f"A machine of the cluster does not see {path}, which is here.",
            "Have all machines see it at the same path. What --from links lies elsewhere; --copy has it in the home.",
        )


@cache
def require_mark(mark: HomeMark) -> None:
    """On another machine, once for each process: raises ClusterError where the home is another one."""
    try:
        seen = Path(mark.path).read_text()
    except OSError:
        seen = ""
    if seen != mark.word:
        raise ClusterError(
            f"{socket.gethostname()}, a machine of the cluster, does not see {mark.root}, the home that is worked for.",
            "Put MUDATA_HOME on a file system that all machines mount at the same path.",
        )
