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


def paths_literal(paths: Sequence[Path]) -> str:
    """Paths as DuckDB's readers take them: one string, or a list.

    Signs that mean something in a glob stand for themselves.
    """
    quoted = [quote(re.sub(r"[*?\[]", r"[\g<0>]", str(path))) for path in paths]
    return quoted[0] if len(quoted) == 1 else f"[{', '.join(quoted)}]"


def files_literal(files: Sequence[Path]) -> str:
    """Existing files as a list of strings: DuckDB never takes a path that exists for a pattern."""
    return f"[{', '.join(quote(str(file)) for file in files)}]"


def empty_select(columns: Iterable[tuple[str, str]]) -> str:
    """A SELECT without rows that has these columns, given as (name, DuckDB type)."""
    nulls = ", ".join(f"NULL::{type_} AS {identifier(name)}" for name, type_ in columns)
    return f"SELECT {nulls} WHERE false"
