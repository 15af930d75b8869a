"""Folders in which queries keep what does not fit into memory, one a process."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mudata.home import Home

_SPILL = ".spill-"
"""How folders begin in which the process of that number keeps what does not fit into memory."""


def own(home: Home) -> Path:
    """That of this process."""
    return home.index / f"{_SPILL}{os.getpid()}"


def sweep(home: Home) -> None:
    """Remove what queries that were killed had put on the disk, for want of memory; also that of older versions."""
    for folder in (*home.index.glob(f"{_SPILL}*"), home.index / "spill"):
        if not _is_alive(folder.name.removeprefix(_SPILL)):
            shutil.rmtree(folder, ignore_errors=True)


def _is_alive(process: str) -> bool:
    try:
        number = int(process)
        if sys.platform != "win32":  # where that would be an interrupt
            os.kill(number, 0)
    except (ValueError, ProcessLookupError, OverflowError):
        return False
    except PermissionError:
        return True
    return True
