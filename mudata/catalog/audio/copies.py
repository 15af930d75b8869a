"""Normalised copies that nobody needs any more, since their dataset is kept by reference."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import NamedTuple


class Freed(NamedTuple):
    """How many copies went, and their bytes."""

    copies: int
    bytes: int


def free(target: Path) -> Freed:
    """Remove every copy below the folder of a dataset's clips (see `normalise.clip_path`); what is measured of them
    stays, in the journal. Stopped at any moment, the next call goes on. Raises OSError."""
    copies = size = 0
    for path in target.glob("[0-9a-f][0-9a-f]/*.flac"):
        size += path.lstat().st_size
        path.unlink()
        copies += 1
    for folder in target.glob("[0-9a-f][0-9a-f]"):
        with contextlib.suppress(OSError):  # what is not ours stays
            folder.rmdir()
    return Freed(copies, size)
