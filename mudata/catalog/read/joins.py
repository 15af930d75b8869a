"""What a card joins to its clips: rows that name no clip, and clips that no row names."""

# ruff: noqa: S608 - names are ours
from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from mudata.errors import number, some

if TYPE_CHECKING:
    from mudata.catalog.read.card_sql import RawSql

_SHOWN = 3


class JoinedRows(NamedTuple):
    """Rows about clips, from one SELECT of a card."""

    where: str
    """The SELECT's place in the card."""
    thing: str
    """What a row is, in the singular: label, caption, lyrics, attribute, split."""
    rows: int
    lost: int
    """Rows that name no clip of any subset."""
    examples: tuple[str, ...]
    """Some of the ids that are lost."""


def joined(sql: RawSql, where: str, thing: str, table: str) -> JoinedRows:
    """Count the rows of a table (id, ...) against `_every_clip`."""
    ((rows, lost),) = sql.values(
        f"SELECT count(*), count(*) FILTER (WHERE id IS NULL OR id NOT IN (SELECT id FROM _every_clip)) FROM {table}"
    )
    if not lost:
        return JoinedRows(where, thing, int(str(rows)), 0, ())
    names = sql.values(
        f"SELECT DISTINCT coalesce(id, 'NULL') AS id FROM {table} ANTI JOIN _every_clip USING (id) ORDER BY id LIMIT 50"
    )
    return JoinedRows(where, thing, int(str(rows)), int(str(lost)), tuple(str(name) for (name,) in names))


def without(sql: RawSql, named: str) -> list[str]:
    """The chosen clips whose ids a query of ids does not give."""
    return [str(id_) for (id_,) in sql.values(f"SELECT id FROM _chosen ANTI JOIN ({named}) USING (id) ORDER BY id")]


def sentence(of: JoinedRows, clips: list[str], *, whole: bool) -> str | None:
    """What a person is told; None if all rows name a clip and `clips`, which have none, are none.

    Unless all clips that the files have are `whole`, rows may well name clips that are not here.
    """
    if not of.rows:
        return None
    told = []
    if of.lost and whole:
        names = "names" if of.lost == 1 else "name"
        rows = f"{of.lost:,} of {number(of.rows, f'{of.thing} row')}"
        told.append(f"{rows} {names} no clip: {some(of.examples, _SHOWN, counted=False)}")
    if clips and of.thing != "split":  # a split may well be of some clips only, as MusicCaps's balanced one is
        lack = f"{'has' if len(clips) == 1 else 'have'} no {of.thing}"
        told.append(f"{number(len(clips), 'clip')} {lack}: {some(clips, _SHOWN, counted=False)}")
    return "; ".join(told) or None
