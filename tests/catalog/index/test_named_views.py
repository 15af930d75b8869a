"""Only the views that a query is about are made, and no query tells the difference."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from shelf import shelve

from mudata.catalog.index import database, query
from mudata.errors import QueryError

if TYPE_CHECKING:
    from mudata.home import Home


def _views(home: Home, asked: str | None) -> set[str]:
    with database.connect(home, asked) as connection:
        rows = connection.execute("SELECT view_name FROM duckdb_views() WHERE NOT internal").fetchall()
    return {row[0] for row in rows}


@pytest.mark.parametrize(
    ("asked", "made"),
    [
        ("select 1", set()),
        ("FROM labels", {"labels"}),
        ('FROM "LABELS"', {"labels"}),
        ("FROM dataset_toy", {"dataset_toy", "clips", "labels"}),
    ],
)
def test_a_query_has_the_views_that_it_names_and_what_they_are_made_of(home: Home, asked: str, made: set[str]) -> None:
    shelve(home, clips=[{"id": "a"}], labels=[{"id": "a", "label": "x"}])
    assert _views(home, asked) == made


@pytest.mark.parametrize("asked", ["SHOW TABLES", "select * from duckdb_views()", "from information_schema.tables"])
def test_who_asks_what_there_is_sees_all(home: Home, asked: str) -> None:
    shelve(home, clips=[{"id": "a"}])
    assert _views(home, asked) == _views(home, None) >= {"clips", "labels", "dataset_toy"}


def test_a_slip_is_told_with_the_names_of_tables(home: Home) -> None:
    shelve(home, clips=[{"id": "a"}])
    with pytest.raises(QueryError, match=r"Did you mean \"?clips"):
        query.run(home, "FROM clpis")
