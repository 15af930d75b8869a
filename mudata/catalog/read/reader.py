"""From raw files to clips, labels, captions, groups,
official splits and faults, as a card declares them.

Everything happens in a DuckDB that can read the dataset's `files/` folder only (see `card_sql`). A
card's SQL sees its own `tables`, `files` (the files that match the clip rule at hand; after the
clip rules, those of all rules), and, except in the clip rules themselves, `clips` with all columns
that the rules give.
"""

# ruff: noqa: S608 - names and values go through `identifier` and `quote`, a card's SQL through `RawSql`
from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

from mudata.catalog.cards.fault import rows as fault_rows
from mudata.catalog.cards.subsets import subsets_of
from mudata.catalog.cards.vocabulary import canonical
from mudata.catalog.read import clip_rules, declared_items, item_files, joins, published_items, raw_tables
from mudata.catalog.read.card_sql import RawSql
from mudata.catalog.read.chosen_clips import Choice, choose
from mudata.catalog.read.dataset_contents import DatasetContents, Issue
from mudata.catalog.read.editions import file_sums, other_editions
from mudata.catalog.read.files import clip_patterns, look_through, match_all, table_files
from mudata.catalog.read.sql_literals import identifier, quote
from mudata.errors import CardError, number

if TYPE_CHECKING:
    from mudata.catalog.cards.labels import LabelSpace
    from mudata.catalog.cards.licence_terms import Purpose
    from mudata.catalog.cards.schema import Card

__all__ = ["DatasetContents", "Issue", "canonical", "read"]

_RESERVED = ("files", "clips")  # all else of ours begins with _, which no name of a card does
_TEXT = pa.string()

SOURCES = ("event", "notes", "construction")
"""What the value of an attribute may rest on: an event in the file, its notes, or that the music was made so."""

NO_TABLE = "no-table"
"""The kind of issue that a table is not there without which clips have no labels."""


def read(
    card: Card,
    files: Path,
    *,
    subset: str | None = None,
    where: str | None = None,
    limit: int | None = None,
    usage: Purpose | None = None,
    loose: bool = False,
) -> DatasetContents:
    """Read a dataset's raw files as its card says.

    `subset` is one of the card's subsets, or several with commas between (default: the card's
    default). `where` is an SQL condition over the columns of `clips` and one list column of
    canonical labels per namespace, such as "list_contains(genre, 'rock')". `limit` keeps the clips
    that come first by the MD5 of their id: always the same ones, and no genre before another.
    `usage` keeps those that may be used for this purpose, by their own licence or the dataset's.
    `loose`: where a table that the card wants is not there, files that its clips come from are
    clips all the same, without what the table would tell; else that is a ReadError.

    Raises ReadError (files without the declared shape), CardError (SQL that is wrong or wants more
    than its folder), QueryError (`where`, `limit`), UnknownName (`subset`).
    """
    wanted = subsets_of(card, subset)
    root = files.resolve()
    found = look_through(root)
    entries = found.files
    tables = {
        name: [root / path for path, _, _ in match_all(entries, (table.path,))]
        for name, table in table_files(card).items()
    }
    sql = RawSql(
        card.name,
        files,
        [p for paths in tables.values() for p in paths if not p.resolve().is_relative_to(files.resolve())],
    )
    is_loose = loose and any(True for rule in card.clips for _ in match_all(entries, rule.files, rule.ignore))
    try:
        reader = _Reader(card, sql, is_loose=is_loose)
        reader.issues += [Issue("not-read", path, why) for why, paths in found.left_out.items() for path in paths]
        return reader.read(entries, tables, wanted, Choice(where, limit, usage))
    finally:
        sql.close()


class _Reader:
    """One reading: the locked connection, and what is found to be odd on the way."""

    def __init__(self, card: Card, sql: RawSql, *, is_loose: bool) -> None:
        self.card = card
        self.sql = sql
        self.is_loose = is_loose
        self.issues: list[Issue] = []
        self.joined: dict[str, joins.JoinedRows] = {}

    def read(
        self,
        entries: Sequence[tuple[str, int]],
        tables: dict[str, list[Path]],
        subsets: Sequence[str],
        choice: Choice,
    ) -> DatasetContents:
        absent = 0
        if taken := next((name for name in tables if name in _RESERVED), None):
            raise CardError(f"Card {self.card.name}: tables.{taken}: this name is taken.", "Choose another name.")
        for name, table in self.card.tables.items():
            if self.is_loose and not (table.optional or tables[name]):
                self._issue(NO_TABLE, table.path, "is not there; what it tells of clips (labels, texts) is not known")
                self._bad(raw_tables.load(self.sql, name, table.model_copy(update={"optional": True}), ()))
                absent += 1
            else:
                self._bad(raw_tables.load(self.sql, name, table, tables[name]))
        for name, file in self.card.exam.files.items() if self.card.exam else ():
            self._bad(item_files.load(self.sql, name, file, tables[name]))
        edition = file_sums(self.card, self.sql.files.resolve(), tables)
        self.issues += other_editions(self.card, edition)
        self._bad(raw_tables.rejected(self.sql))
        item_files.refuse_empty(self.sql, self.card.exam.files if self.card.exam else {}, self.issues)
        published = published_items.read(self.sql, self.card, (path for path, _ in entries))
        left_out = clip_rules.load(
            self.sql, self.card, entries, tables, subsets, loose=absent > 0, published=published.clips
        )
        for kind, at, what in left_out:
            self._issue(kind, at, what)
        if not self.sql.values("SELECT id FROM clips LIMIT 1"):
            patterns = clip_patterns(self.card)
            self._issue("no-clips", str(self.sql.files), f"nothing matches {', '.join(patterns) or 'the clip rules'}")
        self._labels()
        self.issues += choose(self.sql, self.card, choice)
        contents, whole = self._contents(), choice.is_whole
        self._unmatched(whole=whole)
        items = declared_items.read(self.sql, self.card, whole=whole)
        asked = published_items.about_chosen(self.sql, published, subsets, whole=whole)
        told = (*self.issues, *items.issues, *asked.issues)
        return replace(contents, items=(*items.rows, *asked.rows), issues=told, item_files=edition)

    def _contents(self) -> DatasetContents:
        return DatasetContents(
            clips=self.sql.fetch("SELECT * FROM clips SEMI JOIN _chosen USING (id) ORDER BY id"),
            labels=self._known_labels(),
            captions=self._captions(),
            attributes=self._attributes(),
            splits=self._splits(),
            faults=self._faults(),
            vocabulary=_vocabulary(self.card),
            items=(),
            issues=(),
        )

    def _unmatched(self, *, whole: bool) -> None:
        """Rows that name no clip, and clips that no row names; where there is no clip at all, that is told."""
        if not self.sql.values("SELECT id FROM _every_clip LIMIT 1"):
            return
        for namespace in self.card.labels:
            if rows := self.joined.get(f"labels.{namespace}"):
                named = f"SELECT id FROM _labels WHERE namespace = {quote(namespace)}"
                self._tell(rows, joins.without(self.sql, named), whole=whole)
        for where, rows in self.joined.items():
            if rows.thing != "label":
                self._tell(rows, joins.without(self.sql, f"SELECT id FROM {identifier(f'_rows {where}')}"), whole=whole)

    def _tell(self, rows: joins.JoinedRows, clips: list[str], *, whole: bool) -> None:
        if what := joins.sentence(rows, clips, whole=whole):
            self._issue("unmatched", rows.where, what)

    def _bad(self, records: Iterable[raw_tables.BadRecord]) -> None:
        told = {issue.where for issue in self.issues if ":" in issue.where}
        for bad in records:
            if f"{bad.file}:{bad.line}" not in told:
                where = bad.file if bad.line is None else f"{bad.file}:{bad.line}"
                self._issue("bad-record", where, bad.problem)

    def _issue(self, kind: str, where: str, what: str) -> None:
        self.issues.append(Issue(kind, where, what))

    def _labels(self) -> None:
        self.sql.run("CREATE TEMP TABLE _labels (id VARCHAR, namespace VARCHAR, label VARCHAR, canonical VARCHAR)")
        for namespace, space in self.card.labels.items():
            if space.attribute:
                continue  # known when clips are measured: `attribute_labels`
            where = f"labels.{namespace}"
            self.sql.create(
                where,
                "_given",
                space.select or f"SELECT id, {identifier(str(space.part))} AS label FROM clips",
                "CAST(id AS VARCHAR) AS id, trim(CAST(label AS VARCHAR)) AS label",
            )
            self.sql.run("DELETE FROM _given WHERE label IS NULL OR label = ''")
            if space.select:
                self.joined[where] = joins.joined(self.sql, where, "label", "_given")
            self.sql.run("DELETE FROM _given WHERE id IS NULL OR id NOT IN (SELECT id FROM clips)")
            self.sql.register("_spellings", self._spellings(space))
            self.sql.run(
                f"INSERT INTO _labels SELECT DISTINCT id, {quote(namespace)}, label, canonical"
                " FROM _given JOIN _spellings USING (label)"
            )

    def _spellings(self, space: LabelSpace) -> pa.Table:
        labels = [str(row[0]) for row in self.sql.values("SELECT DISTINCT label FROM _given")]
        return pa.table({"label": pa.array(labels, _TEXT), "canonical": pa.array(map(canonical(space), labels), _TEXT)})

    def _known_labels(self) -> pa.Table:
        unknown = self.sql.values(
            "SELECT namespace, label, count(DISTINCT id) FROM _labels SEMI JOIN _chosen USING (id)"
            " WHERE canonical IS NULL GROUP BY ALL ORDER BY ALL"
        )
        for namespace, label, clips in unknown:
            self._issue("unknown-label", f"labels.{namespace}", f"{label!r} is not in the vocabulary ({_clips(clips)})")
        single = [namespace for namespace, space in self.card.labels.items() if space.kind == "single"]
        several = self.sql.values(
            "SELECT namespace, count(*), min(id) FROM (SELECT id, namespace FROM _labels SEMI JOIN _chosen USING (id)"
            f" WHERE list_contains([{', '.join(map(quote, single))}]::VARCHAR[], namespace)"
            " GROUP BY ALL HAVING count(DISTINCT coalesce(canonical, label)) > 1) GROUP BY namespace ORDER BY namespace"
        )
        for namespace, clips, example in several:
            what = f"{_clips(clips)} {'has' if clips == 1 else 'have'} more than one, such as {example}"
            self._issue("several-labels", f"labels.{namespace}", what)
        return self.sql.fetch("SELECT * FROM _labels SEMI JOIN _chosen USING (id) ORDER BY id, namespace, label")

    def _rows(self, where: str, thing: str, select: str, names: Sequence[str], more: str = "") -> pa.Table:
        """The rows of a card's SELECT about the chosen clips, as text; those with anything empty are left out.
        `thing` is what a row is."""
        table = f"_rows {where}"
        self.sql.create(where, table, select, ", ".join(f"CAST({name} AS VARCHAR) AS {name}" for name in names))
        filled = " AND ".join(f"trim({name}) != ''" for name in names if name not in ("id", "source"))
        self.sql.run(f"DELETE FROM {identifier(table)} WHERE NOT coalesce({filled}, false)")
        self.joined[where] = joins.joined(self.sql, where, thing, identifier(table))
        return self.sql.fetch(
            f"SELECT DISTINCT id, {more} * EXCLUDE (id) FROM {identifier(table)} SEMI JOIN _chosen USING (id)"
            " WHERE trim(id) != '' ORDER BY ALL"
        )

    def _captions(self) -> pa.Table:
        schema = pa.schema([("id", _TEXT), ("kind", _TEXT), ("text", _TEXT)])
        prose = (("captions", "caption", self.card.captions), ("lyrics", "lyrics", self.card.lyrics))
        texts = [
            self._rows(where, kind, declared.select, ("id", "text"), f"{quote(kind)} AS kind,")
            for where, kind, declared in prose
            if declared
        ]
        return pa.concat_tables([schema.empty_table(), *texts]).sort_by([("id", "ascending"), ("kind", "ascending")])

    def _attributes(self) -> pa.Table:
        if self.card.attributes is None:
            return pa.schema([(name, _TEXT) for name in ("id", "name", "value", "source")]).empty_table()
        select = self.card.attributes.select
        told = "source" in self.sql.columns("attributes", select)
        names = ("id", "name", "value", *(("source",) if told else ()))
        rows = self._rows("attributes", "attribute", select, names, "" if told else "NULL::VARCHAR AS source,")
        source = rows["source"].combine_chunks()
        known = pc.is_in(source, value_set=pa.array(SOURCES))
        for unknown in sorted({*source.filter(pc.invert(known)).to_pylist()} - {None}):
            what = f"{unknown!r} is no source of a value, which is {', '.join(SOURCES)}; it is taken for unknown"
            self._issue("bad-record", "attributes", what)
        rows = rows.set_column(rows.schema.get_field_index("source"), "source", pc.if_else(known, source, None))
        return rows.select(["id", "name", "value", "source"])

    def _splits(self) -> pa.Table:
        tables = [pa.schema([("id", _TEXT), ("split", _TEXT), ("part", _TEXT)]).empty_table()]
        for name, split in self.card.splits.items():
            where = f"splits.{name}"
            self.sql.register(
                "_rows", self._rows(where, "split", split.select, ("id", "part"), f"{quote(name)} AS split,")
            )
            declared = ", ".join(map(quote, split.parts))
            unknown = f"SELECT part, count(*) FROM _rows WHERE part NOT IN ({declared}) GROUP BY part ORDER BY part"
            for part, clips in self.sql.values(unknown):
                self._issue("unknown-part", where, f"{part!r} is none of the split's parts ({_clips(clips)})")
            several = "SELECT id, list(part ORDER BY part) FROM _rows GROUP BY id HAVING count(*) > 1 ORDER BY id"
            for id_, parts in self.sql.values(several):
                self._issue("two-parts", where, f"{id_} is in {' and '.join(parts)}; left out")  # type: ignore[arg-type]
            tables.append(
                self.sql.fetch(
                    f"FROM _rows WHERE part IN ({declared}) QUALIFY count(*) OVER (PARTITION BY id) = 1 ORDER BY id"
                )
            )
        return pa.concat_tables(tables).sort_by([("id", "ascending"), ("split", "ascending")])

    def _faults(self) -> pa.Table:
        rows = fault_rows(self.card.faults, self.card.labels) if self.card.faults else []
        schema = pa.schema([(name, _TEXT) for name in ("id", "kind", "action", "note", "source", "repair")])
        self.sql.register("_faults", pa.Table.from_pylist(rows, schema))
        return self.sql.fetch("FROM _faults SEMI JOIN _chosen USING (id) ORDER BY ALL")


def _clips(count: object) -> str:
    return number(int(str(count)), "clip")


def _vocabulary(card: Card) -> pa.Table:
    rows = [
        {
            "namespace": namespace,
            "ordinal": ordinal,
            "label": label.id,
            "name": label.name or label.id,
            "parent": label.parent,
            "aliases": list(label.aliases),
        }
        for namespace, space in card.labels.items()
        for ordinal, label in enumerate(space.vocabulary)
    ]
    schema = pa.schema(
        [
            ("namespace", _TEXT),
            ("ordinal", pa.int32()),
            ("label", _TEXT),
            ("name", _TEXT),
            ("parent", _TEXT),
            ("aliases", pa.list_(_TEXT)),
        ]
    )
    return pa.Table.from_pylist(rows, schema)
