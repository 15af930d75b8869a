"""Which views of the index a query is about: to make one, DuckDB reads the end of each of its files, which is the
longer the more rows there are."""

from __future__ import annotations

import re
from collections.abc import Mapping

_OF_ALL = re.compile(
    r"\b(show|desc|describe|summarize|pragma\w*|information_schema|duckdb_\w+|pg_\w+|sqlite_\w+|query_table)\b",
    re.IGNORECASE,
)
"""What asks for the views that there are, or makes their names."""


def named_in(sql: str, views: Mapping[str, str]) -> dict[str, str]:
    """Those of the views (their SELECTs by name) that SQL names, and those that they are made of; in their order.

    Example:
        >>> sorted(named_in('SELECT * FROM "Good"', {"clips": "FROM x", "good": "FROM clips", "labels": "FROM y"}))
        ['clips', 'good']
    """
    if _OF_ALL.search(sql):
        return dict(views)
    named: set[str] = set()
    texts = [sql]
    while texts:
        words = set(re.findall(r"\w+", texts.pop().lower()))
        more = {name for name in views if name.lower() in words} - named
        named |= more
        texts += [views[name] for name in more]
    return {name: select for name, select in views.items() if name in named}
