"""Values and names as SQL text, for the places where DuckDB takes no parameters."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from pathlib import Path


def quote(text: str) -> str:
    """A SQL string."""
    return "'" + text.replace("'", "''") + "'"


def identifier(name: str) -> str:
    """A quoted SQL name."""
    return '"' + name.replace('"', '""') + '"'


def pattern(path: Path) -> str:
    """The pattern that matches this path alone. DuckDB 2 takes every path for a pattern, also one that exists."""
    return re.sub(r"[*?\[]", r"[\g<0>]", str(path))


def paths_literal(paths: Sequence[Path]) -> str:
    """Paths as DuckDB's readers take them: one string, or a list."""
    return quote(pattern(paths[0])) if len(paths) == 1 else files_literal(paths)


def files_literal(files: Sequence[Path]) -> str:
    """Paths as a list of strings for DuckDB's readers."""
    return f"[{', '.join(quote(pattern(file)) for file in files)}]"


def allowed_literal(paths: Iterable[Path]) -> str:
    """A list of strings for `allowed_paths` and `allowed_directories`: DuckDB wants both the pattern that it is
    given and the path that it finds to be among them."""
    return f"[{', '.join(quote(text) for path in paths for text in dict.fromkeys((str(path), pattern(path))))}]"


def empty_select(columns: Iterable[tuple[str, str]]) -> str:
    """A SELECT without rows that has these columns, given as (name, DuckDB type)."""
    nulls = ", ".join(f"NULL::{type_} AS {identifier(name)}" for name, type_ in columns)
    return f"SELECT {nulls} WHERE false"
