"""The objects of a JSON list or of JSON Lines, with their places; complaints have file and line."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from mudata.errors import EvaluationError, is_of_machine
from mudata.json_files import NotJson, decoded, kind_of, parse

LARGEST = 4 << 30
"""Bytes of a file of answers. Ours: ten thousand long answers with all that was asked are some hundred MB."""


def read_bytes(path: Path) -> bytes:
    """What a file holds. Raises EvaluationError where it cannot be read, or is larger than LARGEST."""
    try:
        if (size := path.stat().st_size) > LARGEST:
            raise EvaluationError(
                f"{path} has {size:,} bytes, more than a file of answers may have ({LARGEST:,}).",
                "Split it into several files, and give them all.",
            )
        return path.read_bytes()
    except OSError as error:
        if is_of_machine(error):
            raise
        raise EvaluationError(f"{path} cannot be read: {error.strerror}.", "Give a file that is there.") from error


def json_value(path: Path, raw: bytes | str, *, line: int = 1, where: str = "") -> Any:
    """The value of a JSON text that is in a file (`where` in it). Raises EvaluationError with the line."""
    try:
        return parse(raw, line=line)
    except NotJson as error:
        raise _complaint(path, error, where) from error


def rows(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """The objects of a JSON list or of JSON Lines, with their number or line."""
    try:
        text = decoded(read_bytes(path))
        if text.lstrip().startswith("["):
            found: Iterator[tuple[int, Any]] = enumerate(parse(text), 1)
        else:
            lines = enumerate(text.split("\n"), 1)
            found = ((number, parse(line, line=number)) for number, line in lines if line.strip())
        for place, row in found:
            if not isinstance(row, dict):
                raise EvaluationError(
                    f"{path}: answer {place} is no JSON object but {kind_of(row)}.", "Choose another --format."
                )
            yield place, row
    except NotJson as error:
        raise _complaint(path, error) from error


def text(path: Path) -> str:
    """The text of a file. Raises EvaluationError with the line of what is no text."""
    try:
        return decoded(read_bytes(path))
    except NotJson as error:
        raise _complaint(path, error) from error


def _complaint(path: Path, error: NotJson, where: str = "") -> EvaluationError:
    if error.problem.startswith("not UTF-8"):
        return EvaluationError(f"{path}{where} is {error.problem}, line {error.line}.", "Save it as UTF-8.")
    return EvaluationError(
        f"{path}{where}, line {error.line}: no JSON: {error.problem} (column {error.column}).",
        "Correct that line, or remove it.",
    )
