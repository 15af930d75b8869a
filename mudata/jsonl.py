"""JSON and JSON Lines that programs append to and a kill may cut short, read with file and line in every complaint."""

from __future__ import annotations

import contextlib
import hashlib
import json
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any

from mudata.errors import EvaluationError


def digest(value: object) -> str:
    """SHA-256 of a value's canonical JSON."""
    return hashlib.sha256(json.dumps(value, sort_keys=True, ensure_ascii=False, default=str).encode()).hexdigest()


def numbered(path: Path, keys: Collection[str] = (), *, appended: bool = False) -> Iterator[tuple[int, dict[str, Any]]]:
    """The objects of a JSON Lines file with their line numbers, from 1.

    appended: the file may be absent, and its last line may be one that a kill cut short, which is passed over.
    Raises EvaluationError with file and line for a line that is no object or lacks one of `keys`.
    """
    if appended and not path.exists():
        return
    with reading(path):
        raw = path.read_bytes()
    for number, line in enumerate((raw.rpartition(b"\n")[0] if appended else raw).splitlines(), 1):
        try:
            said = json.loads(line)
        except ValueError as error:
            raise damaged(path, f"line {number} is no JSON: {error}", _LINE) from error
        if not isinstance(said, dict) or (missing := sorted(set(keys) - set(said))):
            lacks = f"lacks {missing[0]}" if isinstance(said, dict) else "is no JSON object"
            raise damaged(path, f"line {number} {lacks}", _LINE)
        yield number, said


@contextlib.contextmanager
def reading(path: Path) -> Iterator[Path]:
    try:
        yield path
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise damaged(path, f"{type(error).__name__}: {error}") from error


_FOLDER = "It is damaged, or not of a run: remove its folder, and evaluate again."
_LINE = "Remove that line, or put back a copy of the file; then run the same command again."


def damaged(path: Path, what: str, hint: str = _FOLDER) -> EvaluationError:
    return EvaluationError(f"{path} cannot be read: {what}.", hint)
