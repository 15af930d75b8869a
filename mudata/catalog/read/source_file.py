"""One raw file of a dataset, and what is wrong with it when it cannot be read."""

from __future__ import annotations

import contextlib
import stat
from collections.abc import Iterator
from pathlib import Path

from mudata.errors import AudioError, is_of_machine


@contextlib.contextmanager
def reading(path: Path) -> Iterator[None]:
    """Turn failures to read the source into AudioError: `vanished`, `empty` or `undecodable`."""
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):
            raise AudioError("undecodable", "not a regular file")
        if status.st_size == 0:
            raise AudioError("empty", "the file has zero bytes")
        yield
    except FileNotFoundError as error:
        raise AudioError("vanished", "no such file") from error
    except OSError as error:
        if is_of_machine(error):
            raise
        raise AudioError("undecodable", f"cannot be read ({error.strerror or error})") from error
