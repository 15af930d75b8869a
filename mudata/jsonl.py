"""JSON Lines that programs append to and a kill may cut short; every complaint has file and line.

Lines are read, and damage is told, as `json_files` does.
"""

from __future__ import annotations

import codecs
import contextlib
import hashlib
import json
import os
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Any, TypeVar

from mudata.errors import EvaluationError, MudataError
from mudata.json_files import NotJson, damaged, kind_of, parse, reading, type_check
from mudata.safe_text import masked, safe_values

T = TypeVar("T")

_BLOCK = 65_536
"""Bytes that are read at once to find the end of the last whole line."""

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
    wanted = frozenset(keys)
    with reading(path, error=error):
        raw = path.read_bytes()
    for number, line in enumerate(_lines(raw.rpartition(b"\n")[0] if appended else raw), 1):
        try:
            value = parse(line, line=number)
        except NotJson as wrong:
            raise damaged(path, str(wrong), LINE, error=error) from wrong
        if not isinstance(value, dict):
            raise damaged(path, f"line {number} is no JSON object but {kind_of(value)}", LINE, error=error)
        if not wanted <= value.keys():
            raise damaged(path, f"line {number} lacks {min(wanted - value.keys())}", LINE, error=error)
        yield number, value


def records(path: Path, kind: type[T], keys: Collection[str] = (), *, appended: bool = False) -> Iterator[T]:
    """The lines of a JSON Lines file as any type that pydantic knows, such as a dataclass;
    keys that the type does not have are passed over. `keys` are as for `numbered`.

    Raises EvaluationError with file and line, as `numbered` does.
    """
    checked = type_check(kind)
    for number, line in numbered(path, keys, appended=appended):
        try:
            yield checked(line)
        except ValueError as wrong:
            raise damaged(path, f"line {number}: {wrong}", LINE) from wrong


def _lines(raw: bytes) -> list[bytes]:
    """The lines of a file, which is UTF-16 where its mark says so."""
    utf16 = raw.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    return (raw.decode("utf-16", "replace").encode() if utf16 else raw).splitlines()


def as_line(value: Mapping[str, Any]) -> str:
    """An object as one line of a file, with its end; text in it is safe to keep and to show
    (see `safe_text`), whoever wrote it."""
    text = json.dumps(value, ensure_ascii=False)
    if not (text.isprintable() and "\\u" not in text and masked(text) == text):  # seldom, and slow
        text = json.dumps(safe_values(value), ensure_ascii=False)
    return text + "\n"


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
