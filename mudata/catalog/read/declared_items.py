"""The items of a card's own SELECT: its columns, and which rows are about the clips that are read."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from mudata.catalog.read import item_rows
from mudata.catalog.read.dataset_contents import Issue, ItemRow
from mudata.catalog.read.item_rows import ItemsFound
from mudata.errors import number

if TYPE_CHECKING:
    from mudata.catalog.cards.schema import Card
    from mudata.catalog.read.card_sql import RawSql

WANTED = ("id", "task", "clips", "truth")
"""Columns that the SELECT gives."""
OPTIONAL = ("question", "options", "category", "cluster", "difficulty")
"""Columns that it may give."""

_NULL_ALONE = ('"NULL"', "INTEGER")
"""How DuckDB calls the type of a column that is written as NULL."""


def read(sql: RawSql, card: Card, *, whole: bool) -> ItemsFound:
    """The card's items whose clips are all chosen (`_chosen`, of `_every_clip`).

    Those about clips that are not chosen are nobody's business; those about clips that do not exist are told where the
    `whole` dataset is read. Raises CardError, ReadError.
    """
    if card.items is None:
        return ItemsFound([], [])
    sql.create("items", "_items", card.items.select, ", ".join(_columns(sql, card.items.select)))
    rows = [_item(row) for row in sql.fetch("FROM _items ORDER BY ALL").to_pylist()]
    about, issues = about_chosen(sql, rows, "items", whole=whole)
    found = item_rows.declared(card, about)
    return ItemsFound(found.rows, [*found.issues, *issues])


def about_chosen(sql: RawSql, rows: Sequence[ItemRow], where: str, *, whole: bool) -> ItemsFound:
    """Those of some items whose clips are all chosen, and, of the `whole` dataset, how many name a clip that there is
    not."""
    known = {str(id_) for (id_,) in sql.values("SELECT id FROM _every_clip")}
    chosen = {str(id_) for (id_,) in sql.values("SELECT id FROM _chosen")}
    lost = [(row.id, clip) for row in rows for clip in row.clips if clip is not None and clip not in known]
    issues = []
    if lost and whole:
        id_, clip = lost[0]
        count = number(len({id_ for id_, _ in lost}), "item")
        issues.append(Issue("bad-item", where, f"{count} left out, such as {id_}: there is no clip {clip!r}"))
    return ItemsFound([row for row in rows if chosen.issuperset(filter(None, row.clips))], issues)


def _item(row: dict[str, Any]) -> ItemRow:
    options = row["options"]
    given = {"clips": tuple(row["clips"] or ()), "options": None if options is None else tuple(options)}
    return ItemRow(kind=None, **row | given)


def _columns(sql: RawSql, select: str) -> Iterator[str]:
    """The columns of an item from those of the SELECT; texts that are blank are NULL."""
    types = sql.columns("items", select)
    if missing := [name for name in WANTED if name not in types]:
        given = ", ".join(types)
        raise sql.card_error("items", f"the SELECT gives no column {' and no '.join(missing)}; it gives {given}")
    if unknown := [name for name in types if name not in (*WANTED, *OPTIONAL)]:
        known = ", ".join((*WANTED, *OPTIONAL))
        raise sql.card_error("items", f"the SELECT gives a column {unknown[0]}; an item has {known}")
    for name in (*WANTED, *OPTIONAL):
        type_ = types.get(name, _NULL_ALONE[0])
        if name not in ("clips", "options"):
            yield (
                f"nullif(trim(CAST({name} AS VARCHAR)), '') AS {name}" if name in types else f"NULL::VARCHAR AS {name}"
            )
        elif type_.endswith("[]"):
            yield f"CAST({name} AS VARCHAR[]) AS {name}"
        elif type_ in _NULL_ALONE:
            yield f"NULL::VARCHAR[] AS {name}"
        elif name == "clips":
            yield "if(clips IS NULL, NULL, [CAST(clips AS VARCHAR)]) AS clips"
        else:
            raise sql.card_error("items", f"options is a list, such as ['slower', 'faster']; got {type_}")
