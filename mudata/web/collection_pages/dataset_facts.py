"""What the page of a dataset tells: its card, its clips in numbers, and what is known to be wrong."""

# ruff: noqa: S608 - numbers of ours; values are parameters
from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mudata.catalog.cards.loader import card_of
from mudata.errors import UnknownName

if TYPE_CHECKING:
    from mudata.catalog.cards.schema import Card
    from mudata.web.collection_pages.live_index import LiveIndex, Row

SHOWN_LABELS = 60
"""Labels of a namespace that a page shows; all are found by the filter of clips. Chosen here."""

SHOWN_FAULTS = 50
SHOWN_GROUPS = 20
BINS = 40
"""Bars of the histogram of durations. Chosen here."""

_LABELS = """
SELECT namespace, label, known, clips, of_all FROM (
    SELECT *, row_number() OVER (PARTITION BY namespace ORDER BY clips DESC, label) AS place,
        count(*) OVER (PARTITION BY namespace) AS of_all
    FROM (SELECT coalesce(namespace, '?') AS namespace, coalesce(canonical, label, '?') AS label,
              bool_or(canonical IS NOT NULL) AS known, count(DISTINCT clip_id) AS clips
          FROM labels WHERE dataset = ? GROUP BY 1, 2))
WHERE place <= ? ORDER BY namespace, place
"""

_TABLES = {
    "status": "SELECT status, split_part(reason, ':', 1) AS reason, count(*) AS clips FROM clips WHERE dataset = ?"
    " GROUP BY ALL ORDER BY clips DESC, 1, 2",
    "formats": "SELECT source_format AS format, source_rate AS rate, source_channels AS channels, store,"
    " count(*) AS clips FROM clips WHERE dataset = ? AND status = 'ok' GROUP BY ALL ORDER BY clips DESC, 1, 2, 3, 4"
    " LIMIT 20",
    "licences": "SELECT licence, usage, count(*) AS clips FROM clips WHERE dataset = ? GROUP BY ALL"
    " ORDER BY clips DESC, licence LIMIT 30",
    "published": "SELECT split, part, count(*) AS clips FROM official_splits WHERE dataset = ? GROUP BY ALL"
    " ORDER BY split, clips DESC, part LIMIT 60",
    "texts": "SELECT kind, count(*) AS texts, count(DISTINCT clip_id) AS clips FROM captions WHERE dataset = ?"
    " GROUP BY ALL ORDER BY kind",
    "items": "SELECT task, kind, count(*) AS items, count(DISTINCT truth) AS answers FROM items WHERE dataset = ?"
    " GROUP BY ALL ORDER BY task",
    "fault_kinds": "SELECT kind, action, count(DISTINCT clip_id) AS clips FROM faults WHERE dataset = ?"
    " GROUP BY ALL ORDER BY clips DESC, 1, 2",
    "copies": "SELECT kind, count(DISTINCT group_id) AS groups, count(*) AS clips FROM duplicates WHERE dataset = ?"
    " GROUP BY ALL ORDER BY kind",
}

_FAULTS = f"SELECT clip_id, kind, action, note, source FROM faults WHERE dataset = ? ORDER BY ALL LIMIT {SHOWN_FAULTS}"
_GROUPS = f"""
SELECT group_id, count(*) AS clips, list(clip_id ORDER BY clip_id)[:4] AS members, min(score) AS score,
    any_value(conflicts) AS conflicts
FROM duplicates WHERE group_id IN (SELECT group_id FROM duplicates WHERE dataset = ?)
GROUP BY group_id ORDER BY len(any_value(conflicts)) DESC, clips DESC, group_id LIMIT {SHOWN_GROUPS}
"""

_NUMBERS = """
SELECT count(*) AS clips, count(*) FILTER (status = 'ok') AS ok, count(DISTINCT artist) AS artists,
    count(DISTINCT track) AS tracks, sum(duration_s) FILTER (status = 'ok') / 3600 AS hours,
    min(duration_s) AS shortest_s, median(duration_s) AS median_s, max(duration_s) AS longest_s
FROM clips WHERE dataset = ?
"""


@dataclass(frozen=True, kw_only=True)
class DatasetFacts:
    """A dataset as its page has it; `card` is None where there is none that can be read."""

    name: str
    row: Row
    numbers: Row
    card: Card | None
    labels: dict[str, list[Row]]
    """By namespace, the most frequent first; `of_all` is how many there are."""
    tables: dict[str, list[Row]]
    faults: list[Row]
    groups: list[Row]


def dataset_facts(index: LiveIndex, name: str) -> DatasetFacts:
    """Raises UnknownName where the index has no such dataset."""

    def make() -> DatasetFacts:
        rows = index.rows("SELECT * FROM datasets WHERE dataset = ?", [name])
        if not rows:
            raise UnknownName(
                "indexed dataset", name, {r["dataset"] for r in index.rows("SELECT dataset FROM datasets")}
            )
        labels: dict[str, list[Row]] = {}
        for row in index.rows(_LABELS, [name, SHOWN_LABELS]):
            labels.setdefault(row["namespace"], []).append(row)
        return DatasetFacts(
            name=name,
            row=rows[0],
            numbers=index.rows(_NUMBERS, [name])[0],
            card=card_of(name),
            labels=labels,
            tables={table: index.rows(query, [name]) for table, query in _TABLES.items()},
            faults=index.rows(_FAULTS, [name]),
            groups=index.rows(_GROUPS, [name]),
        )

    return index.kept(("dataset", name), make)


def durations(index: LiveIndex, name: str) -> tuple[list[int], float, float]:
    """Usable clips by duration: counts of bars of equal width, and the shortest and longest in seconds."""

    def make() -> tuple[list[int], float, float]:
        own = "FROM clips WHERE dataset = ? AND status = 'ok' AND duration_s IS NOT NULL"
        low, high = index.rows(f"SELECT min(duration_s) AS low, max(duration_s) AS high {own}", [name])[0].values()
        if low is None:
            return [], 0.0, 0.0
        width = (high - low) / BINS or 1.0
        rows = index.rows(
            f"SELECT least(floor((duration_s - ?) / ?), ?)::INTEGER AS bar, count(*) AS n {own} GROUP BY bar",
            [low, width, BINS - 1, name],
        )
        counts = [0] * BINS
        for row in rows:
            counts[row["bar"]] = row["n"]
        return counts, low, high

    return index.kept(("durations", name), make)
