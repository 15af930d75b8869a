"""What is already done: one JSON line per clip, appended at once, the last line of an id counts.

A line is `[id, request, row]`. A torn last line (the process was killed while it wrote) is cut off
on opening. Lines stay on disk and are read when asked for, so that memory holds ids and positions
only.
"""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any

from mudata.home import write_atomic
from mudata.json_files import parse
from mudata.jsonl import mend

if TYPE_CHECKING:
    from pathlib import Path

_decode = json.JSONDecoder().raw_decode


class Journal:
    """Open it as a context; one writer at a time."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._at: dict[str, int] = {}
        self._lines = 0

    def __enter__(self) -> Journal:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        mend(self._path)
        self._file = self._path.open("a+b")
        self._file.seek(0)
        position = 0
        for line in self._file:
            self._note(line, position)
            position += len(line)
        self._end = position
        return self

    def __exit__(self, *_: object) -> None:
        """Leave a journal that is on the disk, and that is at most half out of date."""
        with self._file:
            self._file.flush()
            os.fsync(self._file.fileno())
            if self._lines > 2 * len(self._at):
                write_atomic(self._path, b"".join(self._line(id_) for id_ in self._at))

    def get(self, id_: str) -> tuple[Any, dict[str, Any]]:
        """(request, row) as last written for a clip; (None, {}) if there is none."""
        try:
            _, request, row = parse(self._line(id_))
        except (KeyError, ValueError, TypeError):  # never written, or a hole that a power cut left
            return None, {}
        return (request, row) if isinstance(row, dict) else (None, {})

    def put(self, id_: str, request: Any, row: dict[str, Any]) -> None:
        line = json.dumps([id_, request, row]).encode() + b"\n"
        self._file.seek(self._end)
        self._file.write(line)
        self._file.flush()
        self._note(line, self._end)
        self._end += len(line)

    def _note(self, line: bytes, position: int) -> None:
        self._lines += 1
        try:
            id_, _ = _decode(line.decode(), 1)
        except (ValueError, RecursionError):
            return
        if isinstance(id_, str):
            self._at[id_] = position

    def _line(self, id_: str) -> bytes:
        self._file.seek(self._at[id_])
        return self._file.readline()
