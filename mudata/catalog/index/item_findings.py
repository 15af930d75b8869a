"""Whether the items of the index are those that the card asks, and can be heard: part of `mudata verify`."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import TYPE_CHECKING

from mudata.catalog.index.finding import Finding
from mudata.catalog.read.dataset_contents import ItemRow
from mudata.catalog.read.item_rows import UnfitItemError, check_within, checked
from mudata.errors import number, some

if TYPE_CHECKING:
    import duckdb

    from mudata.catalog.cards.schema import Card

_SHOWN = 5

_ITEMS = """
SELECT item_id AS id, task, kind, clips, question, options, truth, category, cluster, difficulty, published,
  duration_s
FROM items LEFT JOIN (SELECT clip_id, duration_s FROM clips WHERE status = 'ok') ON clip_id = clips[1]
ORDER BY task, item_id
"""

_UNHEARD = """
SELECT task, list(DISTINCT item_id ORDER BY item_id) FROM (SELECT task, item_id, unnest(clips) AS clip_id FROM items)
JOIN clips USING (clip_id) WHERE status <> 'ok' GROUP BY task ORDER BY task
"""


def findings(card: Card, connection: duckdb.DuckDBPyConnection) -> Iterator[Finding]:
    """Of items that are none, each fault once a task with the items that have it; of those whose clip is missing or
    quarantined, one finding a task."""
    unfit: dict[tuple[str, str], list[tuple[str, str]]] = defaultdict(list)
    for row in connection.sql(_ITEMS).to_arrow_table().to_pylist():
        options, duration_s = row["options"], row.pop("duration_s")
        item = ItemRow(**row | {"clips": tuple(row["clips"]), "options": None if options is None else tuple(options)})
        try:
            _compare(card, item, duration_s)
        except UnfitItemError as error:
            unfit[row["task"], error.rule].append((row["id"], str(error)))
    for (task, _), found in unfit.items():
        ids, (why, *_) = [id_ for id_, _ in found], [why for _, why in found]
        yield Finding(
            "item", some(ids, _SHOWN, counted=False), f"an item of {task!r}", f"{_items(ids)}: {why}", "error"
        )
    for task, ids in connection.execute(_UNHEARD).fetchall():
        where = some(ids, _SHOWN, counted=False)
        yield Finding("item-clips", where, "clips that can be heard", f"{_items(ids)} of {task!r} without", "warning")


def _compare(card: Card, item: ItemRow, duration_s: float | None) -> None:
    """Raises UnfitItemError for an item that the card would not make; `duration_s` is the length of its first clip,
    None where it cannot be heard."""
    task = card.tasks.get(str(item.task))
    if task is None:
        raise UnfitItemError("task", f"the card has no task {item.task!r}")
    if item.kind != task.kind:
        raise UnfitItemError("kind", f"it is of kind {item.kind}, its task of kind {task.kind}")
    if (right := checked(item, task).truth) != item.truth:
        raise UnfitItemError("spelling", f"the truth {item.truth!r} is spelled {right!r}")
    check_within(item, task, duration_s)


def _items(ids: list[str]) -> str:
    return number(len(ids), "item")
