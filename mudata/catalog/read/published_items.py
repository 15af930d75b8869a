"""An exam's items as they were published: rows of its files, through the card's mapping of columns.

What is odd about an item (an option twice, empty, or with blanks around it; an answer that is no option) stays and is
told; a row that cannot be asked is left out and told.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mudata.catalog.read import declared_items, item_rows
from mudata.catalog.read.dataset_contents import Issue, ItemRow
from mudata.catalog.read.item_mapping import ItemMapping
from mudata.catalog.read.item_rows import ItemsFound, UnfitItemError
from mudata.catalog.read.published_clips import ClipKey, PublishedClips
from mudata.catalog.read.sql_literals import identifier
from mudata.errors import ReadError, number

if TYPE_CHECKING:
    import pyarrow as pa

    from mudata.catalog.cards.schema import Card
    from mudata.catalog.read.card_sql import RawSql

Told = defaultdict[tuple[str, str], list[tuple[str, str]]]
"""Ids and reasons by task and rule."""


@dataclass(frozen=True, kw_only=True)
class Published:
    """`clips` are those that items name by path, and of items that are words alone."""

    rows: tuple[ItemRow, ...]
    clips: pa.Table
    issues: tuple[Issue, ...]


def read(sql: RawSql, card: Card, entries: Iterable[str]) -> Published:
    """All items of the card's exam, if it has one; `entries` are the paths of the files that are there.

    Raises CardError for columns and SQL that are wrong, ReadError for what SQL cannot read, and where rows make no item
    at all.
    """
    clips = PublishedClips(entries)
    unfit: Told = defaultdict(list)
    twice: Told = defaultdict(list)
    made: list[tuple[ItemRow, tuple[ClipKey | str, ...]]] = []
    issues: list[Issue] = []
    taken: Counter[tuple[str, str | None]] = Counter()
    for position, items in enumerate(card.exam.items if card.exam else ()):
        mapping = ItemMapping(sql, card, items, f"exam.items.{position}")
        rows = mapping.rows()
        if items.n is not None and len(rows) not in (0, items.n):
            what = f"{number(items.n, 'item')} of {items.task!r} expected, the file has {len(rows):,}"
            issues.append(Issue("exam-item", mapping.where, what))
        for values in rows:
            id_ = mapping.id(values)
            taken[items.task, id_] += 1
            again = f"#{taken[items.task, id_]}" if id_ and taken[items.task, id_] > 1 else ""
            try:
                row, named = mapping.item(values, f"{id_}{again}" if id_ else None)
                for key in named:
                    if isinstance(key, ClipKey):
                        clips.add(key, mapping.facts(values), row.subsets)
                    elif not items.clips:
                        clips.add_text(key, "\0".join([row.question or "", *(row.options or ())]), row.subsets)
            except (UnfitItemError, ValueError) as error:
                rule = error.rule if isinstance(error, UnfitItemError) else "value"
                unfit[items.task, rule].append((id_ or f"row {values.get('_row') or '?'}", str(error)))
                continue
            made.append((row, named))
            if again:
                twice[items.task, "id"].append((str(row.id), f"the id {id_!r} comes more than once"))
    ids = clips.ids()
    issues += [Issue("bad-item", f"exam.{task}", item_rows.left_out(f)) for (task, _), f in sorted(unfit.items())]
    issues += _kept(twice)
    if card.exam and not made and any(_has_rows(sql, items.file) for items in card.exam.items):
        why = "; ".join(issue.what for issue in issues) or "`where` keeps no row"
        raise ReadError(
            f"{sql.name}: not one row is an item (for exam.items): {why}.",
            "Correct `answer`, `options`, `clips` or `where` in the card; or the file is not the one it is for.",
        )
    return Published(
        rows=tuple(
            row._replace(clips=tuple(ids[key] if isinstance(key, ClipKey) else key for key in named))
            for row, named in made
        ),
        clips=clips.table(),
        issues=tuple(issues),
    )


def _has_rows(sql: RawSql, file: str) -> bool:
    return bool(sql.values(f"SELECT 1 FROM {identifier(file)} LIMIT 1"))  # noqa: S608 - a name of the card's


def about_chosen(sql: RawSql, published: Published, subsets: Sequence[str], *, whole: bool) -> ItemsFound:
    """The items of these subsets whose clips are all chosen (`_chosen`), what was left out, and what is odd about the
    items; of the `whole` dataset also which ones name clips that there are not."""
    wanted = [
        row for row in published.rows if not subsets or row.subsets is None or not set(subsets).isdisjoint(row.subsets)
    ]
    found = declared_items.about_chosen(sql, wanted, "exam", whole=whole)
    odd: Told = defaultdict(list)
    for row in found.rows:
        for rule, why in item_rows.oddities(row):
            odd[str(row.task), rule].append((str(row.id), why))
    return ItemsFound(found.rows, [*published.issues, *found.issues, *_kept(odd)])


def _kept(told: Told) -> list[Issue]:
    return [Issue("exam-item", f"exam.{task}", item_rows.kept(found)) for (task, _), found in sorted(told.items())]
