"""Values and names as SQL text, for the places where DuckDB takes no parameters."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path


def quote(text: str) -> str:
    """A SQL string."""
    return "'" + text.replace("'", "''") + "'"


def identifier(name: str) -> str:
    """A quoted SQL name."""
    return '"' + name.replace('"', '""') + '"'


def paths_literal(paths: Sequence[Path]) -> str:
    """Paths as DuckDB's readers take them: one string, or a list; signs that mean something in a glob are literal."""
    quoted = [quote(re.sub(r"[*?\[]", r"[\g<0>]", str(path))) for path in paths]
    return quoted[0] if len(quoted) == 1 else f"[{', '.join(quoted)}]"
