"""Ratings of listening tests as tables of the index: `ratings` and `raters`, over the lines that results are made of.

They are there from the first `mudata listen results` of a test on, and as new as its last. `mudata/__init__.py`
registers VIEWS with the index.
"""

# ruff: noqa: S608 - names come from RATING_TABLES
from __future__ import annotations

from functools import partial

from mudata.catalog.index.registered_views import RegisteredView
from mudata.catalog.read.sql_literals import identifier, quote
from mudata.catalog.tables import Column

RATING_TABLES: dict[str, tuple[Column, ...]] = {
    "ratings": (
        Column("test", "VARCHAR", "listening test: the folder under listening/"),
        Column("rater", "VARCHAR", "pseudonym, as in raters"),
        Column("trial", "VARCHAR", "what one screen asked of this rater"),
        Column("role", "VARCHAR", "practice, rated or check"),
        Column("counted", "BOOLEAN", "whether results count it: rated, by a rater who is not left out"),
        Column("item_id", "VARCHAR", "item that was rated; a clip's id where it is one clip alone"),
        Column("clips", "VARCHAR[]", "the clips heard, in the order shown"),
        Column("cluster", "VARCHAR", "what makes items depend on each other: artist, album, track, copies"),
        Column("aspect", "VARCHAR", "what was rated: an aspect of the test, or preference"),
        Column(
            "described", "BIGINT", "place (0 or 1) of the clip that the text is about; NULL where one clip was heard"
        ),
        Column("value", "VARCHAR", "the mark, or the choice A to E"),
        Column("number", "DOUBLE", "the mark; of a choice by how much the first is preferred, -2 to 2"),
        Column("heard_s", "DOUBLE", "seconds that were played before; NULL where that is not known"),
        Column("rated_at", "TIMESTAMPTZ", "when; NULL where that is not known"),
        Column("system", "VARCHAR", "whose text was rated, or of two texts the first"),
        Column("system_2", "VARCHAR", "whose the second text was; NULL where there was one"),
    ),
    "raters": (
        Column("test", "VARCHAR", "as in ratings"),
        Column("rater", "VARCHAR", "pseudonym"),
        Column("language", "VARCHAR", "of the page that they rated on"),
        Column("source", "VARCHAR", "served, or the file that their ratings came in"),
        Column("finished", "BOOLEAN", "whether they came to the end"),
        Column("planned", "BIGINT", "trials that were planned for them, without practice and checks"),
        Column("rated", "BIGINT", "how many of these they rated in all aspects"),
        Column("checks", "BIGINT", "checks that they answered"),
        Column("failed_checks", "BIGINT", "how many of these they failed"),
        Column("excluded", "VARCHAR", "why their ratings do not count; NULL where they do"),
        Column("counted", "BOOLEAN", "whether their ratings count"),
    ),
}


def _select(table: str, files: str) -> str:
    columns = RATING_TABLES[table]
    types = ", ".join(f"{identifier(column.name)}: {quote(column.type)}" for column in columns)
    names = ", ".join(identifier(column.name) for column in columns)
    return f"SELECT {names} FROM read_json({files}, format = 'newline_delimited', columns = {{{types}}})"


VIEWS = {
    table: RegisteredView(columns=columns, files=f"listening/*/{table}.jsonl", select=partial(_select, table))
    for table, columns in RATING_TABLES.items()
}
"""The views over all tests of a home."""
