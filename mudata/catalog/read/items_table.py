"""The table `items` of a dataset: those of its card and its exam, and those whose truth is an attribute of a clip."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc

from mudata.catalog.read import item_rows
from mudata.catalog.read.dataset_contents import Issue, ItemRow
from mudata.errors import number

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mudata.catalog.cards.schema import Card

_TEXTS = (
    "item_id",
    "dataset",
    "task",
    "kind",
    "clips",
    "question",
    "options",
    "truth",
    "category",
    "cluster",
    "difficulty",
)
_LISTS = ("clips", "options", "categories", "subsets")
_OF_PUBLISHED = ("categories", "language", "licence", "settings", "published", "subsets", "formats")
_TYPES = {"semitones": pa.list_(pa.int32()), "seconds": pa.float64(), "published": pa.bool_()} | dict.fromkeys(
    _LISTS, pa.list_(pa.string())
)
_SCHEMA = pa.schema(
    [(name, _TYPES.get(name, pa.string())) for name in (*_TEXTS, "semitones", "seconds", *_OF_PUBLISHED)]
)


def items_table(
    card: Card, declared: Sequence[ItemRow], *, attributes: pa.Table, clips: Mapping[str, float | None]
) -> tuple[pa.Table, list[Issue]]:
    """All items of a dataset by task and id, and what was left out.

    `attributes` has clip_id, name and value, of all clips that are indexed: `clips`, seconds by clip_id. Items of
    others are left out: their files are not here; and so are sections that begin behind their clip's end.
    """
    prefix = f"{card.name}/"
    asked = {task.attribute for task in card.tasks.values() if task.attribute}
    doubts = [doubt for name in asked for doubt in (f"{name}_unknown", *item_rows.doubts_of(name))]
    names = pa.array([*asked, *doubts, item_rows.HIGHEST], pa.string())
    told = attributes.filter(pc.is_in(attributes["name"], value_set=names))
    ids = [clip_id.removeprefix(prefix) for clip_id in told["clip_id"].to_pylist()]
    found = item_rows.of_attributes(card, zip(ids, told["name"].to_pylist(), told["value"].to_pylist(), strict=True))
    here = [row for row in declared if all(f"{prefix}{clip}" in clips for clip in row.clips)]
    items, issues = _within(card, [*here, *found.rows], clips)
    issues = [*found.issues, *issues]
    if absent := len(declared) - len(here):
        issues.append(Issue("not-asked", "items", f"{number(absent, 'item')} left out: a clip of theirs is not here"))
    given = zip(*items, strict=True) if items else ([] for _ in ItemRow._fields)
    columns: dict[str, Any] = dict(zip(ItemRow._fields, given, strict=True))
    columns["item_id"] = [f"{prefix}{id_}" for id_ in columns["id"]]
    columns["dataset"] = [card.name] * len(items)
    columns["clips"] = [[f"{prefix}{clip}" for clip in heard] for heard in columns["clips"]]
    return pa.table({field.name: pa.array(columns[field.name], field.type) for field in _SCHEMA}), issues


def _within(
    card: Card, rows: Sequence[ItemRow], clips: Mapping[str, float | None]
) -> tuple[list[ItemRow], list[Issue]]:
    """Items by task and id, without those whose sections do not lie within their clip."""
    kept: list[ItemRow] = []
    unfit: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for row in sorted(rows, key=lambda row: (row.task, row.id)):
        try:
            item_rows.check_within(row, card.tasks[str(row.task)], clips[f"{card.name}/{row.clips[0]}"])
        except item_rows.UnfitItemError as error:
            unfit[str(row.task)].append((str(row.id), str(error)))
        else:
            kept.append(row)
    return kept, [Issue("bad-item", f"items.{task}", item_rows.left_out(found)) for task, found in unfit.items()]
