"""A page of clips: found, counted, and with what a list shows of each."""

# ruff: noqa: S608 - see clip_search

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from mudata.web.collection_pages.clip_search import PAGE, ClipSearch

if TYPE_CHECKING:
    from mudata.web.collection_pages.live_index import LiveIndex, Row

SHOWN = "clip_id, dataset, kind, title, artist, duration_s, status, reason"

FACETS = 400
"""Labels that can be chosen from a list, the most frequent ones. Chosen here: longer lists are no help."""


@dataclass(frozen=True, kw_only=True)
class ClipPage:
    """Clips in their order, each with `labels`: pairs of namespace and label."""

    search: ClipSearch
    clips: list[Row]
    total: int
    newer: ClipSearch | None
    """The page before this one."""
    older: ClipSearch | None
    """The page after it."""


def clip_page(index: LiveIndex, search: ClipSearch) -> ClipPage:
    """The clips that a search finds, from its place on. Raises as `LiveIndex.rows`."""
    total, found = _found(index, search)
    more, found = len(found) > PAGE, found[:PAGE]
    back = bool(search.before) and not search.after
    if back:
        found.reverse()
    first = replace(search, after="", before="")
    newer = replace(first, before=search.cursor_of(found[0])) if found and (more if back else search.after) else None
    older = replace(first, after=search.cursor_of(found[-1])) if found and (back or more) else None
    return ClipPage(search=search, clips=_shown(index, found), total=total, newer=newer, older=older)


def _found(index: LiveIndex, search: ClipSearch) -> tuple[int, list[Row]]:
    """How many clips a search finds, and the ids and keys of a page and one more: all other columns are read of these.
    Clips are gone through once for both, and not at all for a count that is known."""
    where, values = search.where()
    place, at, order = search.place()
    key = ("count", search.only())
    total = index.known(key)
    if total is None and not search.conditions():
        total = int(index.rows("SELECT count(*) AS n FROM clips")[0]["n"])
        index.kept(key, lambda: total)
    page = f"WHERE {place} {order} LIMIT {PAGE + 1}"
    if total is not None:
        page = page.replace("WHERE", f"WHERE {where} AND", 1)
        return total, index.rows(f"SELECT clip_id, {search.key} AS key FROM clips {page}", [*values, *at])
    columns = {"clip_id", "title", "artist", "duration_s"}
    needed = ", ".join(sorted(name for name in columns if name == "clip_id" or name in search.key))
    row = index.rows(
        f"WITH found AS MATERIALIZED (SELECT {needed} FROM clips WHERE {where}),"
        f" page AS (SELECT clip_id, {search.key} AS key FROM found {page})"
        " SELECT (SELECT count(*) FROM found) AS total,"
        " (SELECT list({'clip_id': clip_id, 'key': key}) FROM page) AS page",
        [*values, *at],
    )[0]
    total = index.kept(key, lambda: int(row["total"]))
    return total, search.in_order(row["page"] or [])


def _shown(index: LiveIndex, found: list[Row]) -> list[Row]:
    ids = [row["clip_id"] for row in found]
    if not ids:
        return []
    marks = ", ".join("?" * len(ids))
    bounds = [min(ids), max(ids)]  # by which Parquet's statistics leave most row groups out
    among = f"clip_id BETWEEN ? AND ? AND clip_id IN ({marks})"
    rows = index.rows(f"SELECT {SHOWN} FROM clips WHERE {among}", [*bounds, *ids])
    labels: dict[str, list[tuple[str, str]]] = {clip_id: [] for clip_id in ids}
    for row in index.rows(
        "SELECT DISTINCT clip_id, namespace, coalesce(canonical, label) AS label FROM labels"
        f" WHERE {among} ORDER BY ALL",
        [*bounds, *ids],
    ):
        if row["namespace"] is not None and row["label"] is not None:
            labels[row["clip_id"]].append((row["namespace"], row["label"]))
    by_id: dict[str, Any] = {row["clip_id"]: row | {"labels": labels[row["clip_id"]]} for row in rows}
    return [by_id[clip_id] for clip_id in ids if clip_id in by_id]


def facets(index: LiveIndex, dataset: str) -> list[Row]:
    """The most frequent labels of a dataset ('': of all): namespace, label, clips; sorted by namespace and label."""

    def make() -> list[Row]:
        of, values = ("WHERE dataset = ?", [dataset]) if dataset else ("", [])
        rows = index.rows(
            "SELECT namespace, coalesce(canonical, label) AS label, count(*) AS clips FROM labels"
            f" {of} GROUP BY ALL HAVING namespace IS NOT NULL AND label IS NOT NULL ORDER BY clips DESC, 1, 2"
            f" LIMIT {FACETS}",
            values,
        )
        return sorted(rows, key=lambda row: (row["namespace"], row["label"]))

    return index.kept(("facets", dataset), make)


def dataset_names(index: LiveIndex) -> list[str]:
    return index.kept("names", lambda: [r["dataset"] for r in index.rows("SELECT dataset FROM datasets ORDER BY 1")])
