"""JSON Lines that programs append to and a kill may cut short; every complaint has file and line.

Damage is told as EvaluationError, since most of these files are of runs; whoever keeps other files
says with `error` what it is to them.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any

from mudata.errors import EvaluationError, MudataError

_BLOCK = 65_536
"""Bytes that are read at once to find the end of the last whole line."""

_FOLDER = "It is damaged, or not of a run: remove its folder, and evaluate again."
LINE = "Remove that line, or put back a copy of the file; then run the same command again."


def digest(value: object) -> str:
    """SHA-256 of a value's canonical JSON."""
    text = json.dumps(value, sort_keys=True, ensure_ascii=False, default=str)
    return hashlib.sha256(text.encode()).hexdigest()


def numbered(
    path: Path,
    keys: Collection[str] = (),
    *,
    appended: bool = False,
    error: type[MudataError] = EvaluationError,
) -> Iterator[tuple[int, dict[str, Any]]]:
    """The objects of a JSON Lines file with their line numbers, from 1.

    Args:
        path: the file, in UTF-8.
        keys: what every object must have.
        appended: whether the file may be absent, and its last line be one that a kill cut short,
            which is passed over.
        error: the kind of error that damage is.

    Raises `error` with file and line for a line that is no object or lacks one of `keys`.
    """
    if appended and not path.exists():
        return
    with reading(path, error=error):
        raw = path.read_bytes()
    for number, line in enumerate((raw.rpartition(b"\n")[0] if appended else raw).splitlines(), 1):
        try:
            value = json.loads(line)
        except ValueError as wrong:
            raise damaged(path, f"line {number} is no JSON: {wrong}", LINE, error=error) from wrong
        if not isinstance(value, dict):
            raise damaged(path, f"line {number} is no JSON object", LINE, error=error)
        if missing := sorted(set(keys) - set(value)):
            raise damaged(path, f"line {number} lacks {missing[0]}", LINE, error=error)
        yield number, value


def mend(path: Path) -> None:
    """Cut off a last line that a kill cut short; a file that is not there stays so.

    To be called before anything is appended,
    else the first new line would be glued to the torn one.
    """
    with contextlib.suppress(FileNotFoundError), path.open("rb") as file:
        size = end = file.seek(0, os.SEEK_END)
        while end:
            start = max(0, end - _BLOCK)
            file.seek(start)
            end = start + file.read(end - start).rfind(b"\n") + 1
            if end > start:
                break
        if end < size:
            os.truncate(path, end)


@contextlib.contextmanager
def reading(
    path: Path,
    hint: str = _FOLDER,
    *,
    error: type[MudataError] = EvaluationError,
) -> Iterator[Path]:
    """Turn failures to read a file, or to find in it what it should hold, into `damaged`."""
    try:
        yield path
    except (OSError, ValueError, TypeError, KeyError) as wrong:
        raise damaged(path, f"{type(wrong).__name__}: {wrong}", hint, error=error) from wrong


def damaged(
    path: Path,
    what: str,
    hint: str = _FOLDER,
    *,
    error: type[MudataError] = EvaluationError,
) -> MudataError:
    """The error for a file that is not as it was written: what is wrong with it, and what to do."""
    return error(f"{path} cannot be read: {what}.", hint)
