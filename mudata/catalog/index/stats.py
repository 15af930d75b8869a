"""What the index holds of a dataset, in numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mudata.catalog.cards import loader
from mudata.catalog.cards.licences import fetch_command
from mudata.catalog.index import database, stats_text
from mudata.catalog.index.holdings import holdings
from mudata.errors import HomeError
from mudata.safe_text import printable

if TYPE_CHECKING:
    import duckdb

    from mudata.home import Home

Row = dict[str, Any]


class Stats(dict[str, Any]):
    """Numbers and tables of a dataset by name (see `stats`), shown as `mudata stats` prints them."""

    def __repr__(self) -> str:
        return printable("\n".join(stats_text.lines(self)))


_OVERVIEW = """
SELECT dataset, declared, fetched, usable, coalesce(hours, 0) AS hours, coalesce(quarantined, 0) AS quarantined,
    coalesce(missing, 0) AS missing, coalesce(labels, 0) AS labels, usage, subset, flavour
FROM datasets
LEFT JOIN (
    SELECT dataset, sum(duration_s) FILTER (status = 'ok') / 3600 AS hours,
        count(*) FILTER (status = 'quarantined') AS quarantined, count(*) FILTER (status = 'missing') AS missing
    FROM clips GROUP BY dataset) USING (dataset)
LEFT JOIN (SELECT dataset, count(*) AS labels FROM labels GROUP BY dataset) USING (dataset)
ORDER BY dataset
"""

_DATASET = """
SELECT title, licence, usage, tags, subset, flavour, declared, fetched, usable,
    strftime(indexed_at, '%Y-%m-%dT%H:%M:%SZ') AS indexed_at FROM datasets
"""

_AUDIO = """
SELECT coalesce(sum(duration_s), 0) / 3600 AS hours, min(duration_s) AS shortest_s, median(duration_s) AS median_s,
    max(duration_s) AS longest_s, string_agg(DISTINCT store, ', ' ORDER BY store) AS store
FROM clips WHERE status = 'ok'
"""

_GROUPS = """
SELECT count(DISTINCT artist) AS artists, count(DISTINCT album) AS albums, count(DISTINCT track) AS tracks,
    count(*) FILTER (artist IS NULL) AS clips_without_artist
FROM clips
"""

_TABLES = {
    "status": """
        SELECT status, split_part(reason, ':', 1) AS reason, count(*) AS clips FROM clips GROUP BY ALL
        ORDER BY clips DESC, 1, 2
    """,
    "sources": """
        SELECT source_format AS format, source_rate AS sample_rate, source_channels AS channels, count(*) AS clips
        FROM clips WHERE status = 'ok' GROUP BY ALL ORDER BY clips DESC, 1, 2, 3
    """,
    "licences": """
        SELECT licence, usage, count(*) AS clips FROM clips GROUP BY ALL ORDER BY clips DESC, licence
    """,
    "splits": """
        SELECT split, part, count(*) AS clips FROM official_splits GROUP BY ALL ORDER BY split, clips DESC, part
    """,
    "texts": """
        SELECT kind, count(*) AS texts, count(DISTINCT clip_id) AS clips FROM captions GROUP BY ALL ORDER BY kind
    """,
    "attributes": """
        SELECT name, count(DISTINCT value) AS "values", count(DISTINCT clip_id) AS clips
        FROM attributes GROUP BY ALL ORDER BY name
    """,
    "items": """
        SELECT task, kind, count(DISTINCT item_id) AS items, count(DISTINCT clip) AS clips,
            count(DISTINCT truth) AS answers
        FROM (SELECT task, kind, item_id, truth, unnest(clips) AS clip FROM items) GROUP BY ALL ORDER BY task
    """,
    "faults": """
        SELECT kind, action, count(DISTINCT clip_id) AS clips FROM faults GROUP BY ALL ORDER BY clips DESC, 1, 2
    """,
}

_LABELS = """
SELECT coalesce(namespace, '?') AS namespace, coalesce(canonical, label, '?') AS label,
    canonical IS NOT NULL AS known, count(DISTINCT clip_id) AS clips,
    clips / (SELECT count(*) FROM clips) AS share
FROM labels GROUP BY ALL ORDER BY namespace, clips DESC, label
"""


def overview(home: Home) -> list[Row]:
    """One row per indexed dataset:
    clips declared, fetched, usable, quarantined, missing; hours; labels; usage; state (whole,
    incomplete, partial on purpose, selected by where or limit)."""
    held = holdings(home)
    with database.snapshot(home) as connection:
        rows = _rows(connection, _OVERVIEW)
    return [row | {"state": held[row["dataset"]].state if row["dataset"] in held else None} for row in rows]


def stats(home: Home, name: str) -> Stats:
    """All numbers of one dataset, by its name or an alias.

    Keys: dataset, state (as in `overview`), title, licence, usage, tags, subset, flavour, declared, fetched, usable,
    indexed_at, hours, shortest_s, median_s, longest_s, store (how sound is kept; None of what has none), artists,
    albums, tracks, clips_without_artist; and tables as lists of rows: status, sources, licences, splits, texts,
    attributes, items (by task: how many, about how many clips, with how many different answers), faults, labels
    (namespace, label, known, clips, share of all clips). Hours and
    durations are those of usable clips.

    Raises UnknownName, or HomeError if the dataset is not indexed.
    """
    dataset = name if name in database.current_generations(home) else loader.load(name).name
    if database.current_generation(home, dataset) is None:
        raise HomeError(f"{dataset!r} is not in the index.", f"Run: {fetch_command(dataset, home)}")
    with database.snapshot(home) as connection:
        tables = ("datasets", "clips", "labels", "captions", "attributes", "items", "official_splits", "faults")
        for table in tables:
            connection.execute(f'CREATE TEMP TABLE "{table}" AS FROM main.{table} WHERE dataset = ?', [dataset])
        numbers: Row = {"dataset": dataset, "state": holdings(home)[dataset].state}
        if not _rows(connection, _DATASET):
            raise HomeError(
                f"The index of {dataset!r} is damaged: its table `datasets` has no row.",
                f"Run: {fetch_command(dataset, home)}",
            )
        for query in (_DATASET, _AUDIO, _GROUPS):
            numbers |= next(iter(_rows(connection, query)), {})
        counted = {key: _rows(connection, query) for key, query in _TABLES.items()}
        return Stats(numbers | counted | {"labels": _rows(connection, _LABELS)})


def _rows(connection: duckdb.DuckDBPyConnection, query: str) -> list[Row]:
    result = connection.execute(query)
    names = [column[0] for column in result.description]
    return [dict(zip(names, row, strict=True)) for row in result.fetchall()]
