"""SQL of users and of cards that does more than read, though it is one SELECT.

DuckDB 2 has no switch against it: whatever file a connection may read, COPY may write. It stands in a WITH clause; in
a statement that has a PIVOT within it, which DuckDB takes for several; and in SQL that a function runs from a text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import duckdb

_MODIFYING = frozenset({"copy", "insert", "update", "delete", "merge", "truncate"})
"""Statements that a WITH clause may hold beside SELECT, and TRUNCATE."""
_RUNNING = frozenset({"query", "json_execute_serialized_sql"})
"""Table functions that run SQL from a text, which may be put together only when it runs."""

_WORD = re.compile(rb'"(?:[^"]|"")*"|[^\W]+', re.ASCII)


def more_than_reading(sql: str) -> str | None:
    """What is in a SELECT that may write, as the subject of a sentence; None if nothing is."""
    words = [*_words(sql), "", ""]
    for first, second, third in zip(words, words[1:], words[2:], strict=False):
        if first == "(" and second in _MODIFYING and (third == "(" or third[:1].isalpha() or third[:1] in "\"'"):
            return f"{second.upper()} within a SELECT"
        if first.strip('"') in _RUNNING and second == "(":
            name = first.strip('"')
            return f"the function {name}, which runs SQL from a text,"
    return None


def refuse_more_than_reading(condition: str) -> None:
    """Raises duckdb.PermissionException for a condition that may write."""
    if more := more_than_reading(condition):
        raise duckdb.PermissionException(f"{more} is refused")


def is_one_query(connection: duckdb.DuckDBPyConnection, sql: str) -> bool:
    """Whether a statement that DuckDB takes for several (a PIVOT) can follow FROM, as no other than a query can."""
    raw = sql.encode()
    ends = [offset for offset, kind in duckdb.tokenize(sql) if kind != duckdb.token_type.comment]
    text = raw[: ends[-1]].decode() if ends and raw[ends[-1] : ends[-1] + 1] == b";" else sql
    try:
        return len(connection.extract_statements(f"FROM (\n{text}\n)")) == 1
    except duckdb.Error:
        return False


def _words(sql: str) -> Iterator[str]:
    """The tokens of a text without comments: names and keywords in lower case (names in quotes with these), signs,
    and ' for a text."""
    raw = sql.encode()
    for offset, kind in duckdb.tokenize(sql):
        if kind in (duckdb.token_type.identifier, duckdb.token_type.keyword):
            found = _WORD.match(raw, offset)
            yield found[0].decode(errors="replace").lower() if found else "?"
        elif kind == duckdb.token_type.string_const:
            yield "'"
        elif kind != duckdb.token_type.comment:
            yield raw[offset : offset + 1].decode(errors="replace")
