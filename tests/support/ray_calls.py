"""Functions that executors run in tests; found by workers since their path has this folder."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path
from typing import Any


def double(x: int) -> dict[str, int]:
    return {"twice": 2 * x}


def deadly(x: int) -> int:
    """Dies of 3 and of 9, in two ways."""
    if x == 3:
        os.kill(os.getpid(), signal.SIGSEGV)
    if x == 9:
        raise ValueError("unexpected")
    return x


def kills_its_worker(folder_and_x: list[Any]) -> int:
    """Takes Ray's process along: of 1 once, of 2 each time."""
    folder, x = folder_and_x
    seen = Path(folder) / str(x)
    if x == 2 or (x == 1 and not seen.exists()):
        seen.touch()
        os.kill(os.getppid(), signal.SIGKILL)
        time.sleep(60)  # until Ray ends what its worker started
    return int(x)


def variable(name: str) -> str | None:
    return os.environ.get(name)


def hangs(path: str) -> None:
    Path(path).write_text(f"{os.getpid()} {os.getppid()}")
    time.sleep(600)
