"""The truth of the index: per dataset,
generations of Parquet files that are never changed once they are there.

    index/parts/<dataset>/<generation>/<table>.parquet     all tables of `tables.TABLES`
    index/parts/<dataset>/<generation>/about.json          sizes, hashes, versions, what was selected and left out,
                                                           which item files an exam's items are from, with which tools

A generation is written to a folder whose name begins with a dot, and renamed: the rename is the
commit. The newest complete one counts. A generation that was replaced is kept for those who read
it: the one before the current always, older ones for `GRACE_S`.
"""

# ruff: noqa: S608 - names come from `tables.TABLES`, values go through `quote`
from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shutil
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice, pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import duckdb

from mudata.catalog.index import row_checks, stored_columns
from mudata.catalog.index.tool_versions import tool_versions
from mudata.catalog.read.scratch_database import MANY_ROWS, scratch_database, spilling_database
from mudata.catalog.read.sql_literals import empty_select, files_literal, identifier, quote
from mudata.catalog.tables import ADDED, ADDED_TABLES, INDEX_VERSION, TABLES, Column
from mudata.errors import HomeError, ReadError, is_of_machine
from mudata.json_files import read_object
from mudata.version import __version__

if TYPE_CHECKING:
    import pyarrow as pa

    from mudata.catalog.read.dataset_contents import ItemFiles

GivenTable: TypeAlias = "pa.Table | Path"
"""Rows of a table of the index: in memory, or in a Parquet file, which is read several times, never as a whole."""

GRACE_S = 3600.0
"""How long after it was replaced a generation can still be read, seconds.
Chosen here: longer than any query."""

ABOUT = "about.json"

_KEYS = ("index_version", "mudata_version", "selection", "content_sha256", "identity_sha256", "tables")
"""What about.json has in every version."""

_OPTIONS = {"clips": "", "*": ", ROW_GROUP_SIZE 40960, DICTIONARY_SIZE_LIMIT 20000"}
"""How Parquet is written. Where clip_id comes as a dictionary of at most 20,000 values (DuckDB's
own limit), a function of it is computed once per clip and not once per row: a draw by hash, at 4.64
labels per clip, takes a third."""

_MEASURED = {"peak", "rms", "clipped", "decoder", "store", "mix", "source_mtime_ns"}
"""Left out of the content's hash: the last bits of a sum of floats are the processor's own, decoders the machine's, and
so is how the sound is kept. What `mix` decides is in the hash of the samples."""

_UNDATED = {"indexed_at"}
"""Left out when a generation is compared with what it would be replaced by."""

_INTEGERS = {"BIGINT", "INTEGER", "SMALLINT", "TINYINT", "UINTEGER", "USMALLINT", "UTINYINT"}

_FITS = {
    "BIGINT": _INTEGERS,
    "INTEGER": _INTEGERS,
    "DOUBLE": {"FLOAT"},
    "TIMESTAMPTZ": {"TIMESTAMP WITH TIME ZONE"},
}
"""Types that are taken for the declared one; a number that is too large is refused."""


@dataclass(frozen=True)
class Generation:
    """One complete set of tables. `about` is what its about.json says."""

    folder: Path
    about: Mapping[str, Any]

    def file(self, table: str) -> Path:
        return self.folder / f"{table}.parquet"

    def has(self, table: str) -> bool:
        """Whether it has a file of this table: older versions wrote fewer."""
        return table in self.about["tables"]


def newest(folder: Path) -> Generation | None:
    """The newest complete generation in a dataset's folder.
    Raises HomeError if a newer mudata wrote it."""
    current = next(_complete(folder), None)
    if current is not None and current.about["index_version"] > INDEX_VERSION:
        raise HomeError(
            f"The index of {folder.name!r} was written by mudata {current.about['mudata_version']}"
            f" (index version {current.about['index_version']}); this one reads up to version {INDEX_VERSION}.",
            "Update mudata, or set MUDATA_HOME to another folder.",
        )
    return current


def is_damaged(folder: Path) -> bool:
    """Whether a dataset's folder has generations, and no table of it can be read as it was written."""
    return bool(_numbers(folder)) and next(_complete(folder), None) is None


def _complete(folder: Path) -> Iterator[Generation]:
    """Complete generations, newest first."""
    for number in sorted(_numbers(folder), reverse=True):
        path = folder / f"{number:06d}"
        try:
            about = read_object(path / ABOUT, _KEYS, error=HomeError)
            sizes = {table: facts["bytes"] for table, facts in about["tables"].items()}
            is_whole = (
                about["index_version"] > 0
                and isinstance(about["selection"], dict)
                and all((path / f"{table}.parquet").stat().st_size == size for table, size in sizes.items())
            )
        except (HomeError, OSError, ValueError, LookupError, TypeError, AttributeError) as error:
            if is_of_machine(error):  # else an older generation would count
                raise
            continue
        if is_whole:
            yield Generation(path, about)


def _numbers(folder: Path) -> list[int]:
    try:
        return [int(path.name) for path in folder.iterdir() if path.name.isdecimal()]
    except (FileNotFoundError, NotADirectoryError):
        return []


def select(table: str, files: Sequence[Path]) -> str:
    """A SELECT of a table in the shape that is declared, from its Parquet files;
    empty if there are none."""
    if not files:
        return empty_select((c.name, c.type) for c in TABLES[table])
    shown = [stored_columns.shown(table, c.name) for c in TABLES[table]]
    columns = [f"{how} AS {identifier(c.name)}" for how, c in zip(shown, TABLES[table], strict=True)]
    options = "hive_partitioning = false"
    source = f"read_parquet({files_literal(files)}, {options})"
    if table in ADDED:
        types = {c.name: c.type for c in TABLES[table]}
        absent = ", ".join(f"NULL::{types[name]} AS {identifier(name)}" for name in ADDED[table])
        files_of_any_version = f"FROM read_parquet({files_literal(files)}, {options}, union_by_name = true)"
        source = f"(SELECT {absent} WHERE false UNION ALL BY NAME {files_of_any_version})"
    return f"SELECT {', '.join(columns)} FROM {source}"


class GenerationDraft:
    """The tables of a generation before it is written: checked, and with their hashes."""

    def __init__(
        self,
        dataset: str,
        tables: Mapping[str, GivenTable],
        selection: Mapping[str, Any] | None,
        issues: Sequence[Mapping[str, str]] = (),
        item_files: ItemFiles | None = None,
        *,
        spill: Path,
    ) -> None:
        """`spill` is a folder for what does not fit into memory; where there is need of it, it is made and removed.
        Raises ReadError for tables that do not have the declared shape."""
        if unknown := sorted(set(tables) - set(TABLES)):
            raise ReadError(f"No table of the index is named {unknown[0]!r}.", f"They are: {', '.join(TABLES)}.")
        self.dataset = dataset
        self.selection = dict(selection or {})
        self.issues = [dict(issue) for issue in issues]
        self.item_files = {key: dict(files) for key, files in (item_files or {}).items()}
        self._open = contextlib.ExitStack()
        is_large = any(isinstance(table, Path) or table.num_rows >= MANY_ROWS for table in tables.values())
        opened = spilling_database(spill) if is_large else scratch_database()
        self._connection = self._open.enter_context(opened)
        for name, columns in TABLES.items():
            self._view(name, columns, tables.get(name))
        try:
            row_checks.refuse_unfit(self._connection, dataset)
            content = [self._digest(name, _MEASURED | self._unused(name)) for name in TABLES if self._counts_for(name)]
            about = self._digest("datasets", _UNDATED)
        except duckdb.ConversionException as error:
            raise ReadError(f"{dataset}: {error}", "The shapes are printed by `mudata sql --schema`.") from error
        self.content_sha256 = _sha256(content)
        self._refers = references = self._references()
        told = [kept for kept in (self.issues, self.item_files, references) if kept]  # what older versions did not keep
        self.identity_sha256 = _sha256([*content, about, self.selection, *told])

    def write(self, folder: Path) -> Path:
        """Write everything into a new hidden folder in `folder`, down to the disk; its path."""
        temporary = folder / f".{os.getpid()}-{time.time_ns()}"
        temporary.mkdir()
        sizes = {}
        for name, columns in TABLES.items():
            target = temporary / f"{name}.parquet"
            stored = [stored_columns.stored(name, c.name) for c in columns]
            given = ", ".join(f"{how} AS {identifier(c.name)}" for how, c in zip(stored, columns, strict=True))
            options = f"FORMAT parquet, COMPRESSION zstd, PARQUET_VERSION v2{_OPTIONS.get(name, _OPTIONS['*'])}"
            copy = f"COPY (SELECT {given} FROM {name}) TO {quote(str(target))} ({options})"
            rows = self._connection.execute(copy).fetchall()[0][0]
            flush(target)
            sizes[name] = {"rows": rows, "bytes": target.stat().st_size}
        about = {
            "index_version": INDEX_VERSION,
            "mudata_version": __version__,
            "dataset": self.dataset,
            "selection": self.selection,
            "counts": self._counts(),
            "namespaces": self._namespaces(),
            "issues": self.issues,
            **({"item_files": self.item_files} if self.item_files else {}),
            "tools": tool_versions(),
            **({"store": "reference"} if self._refers else {}),
            "content_sha256": self.content_sha256,
            "identity_sha256": self.identity_sha256,
            "tables": sizes,
        }
        (temporary / ABOUT).write_text(json.dumps(about, indent=1) + "\n")
        flush(temporary / ABOUT)
        flush(temporary)
        return temporary

    def _counts(self) -> dict[str, int]:
        """What `datasets` says of its clips, for whoever lists datasets without SQL."""
        row = self._connection.execute("SELECT declared, usable FROM datasets").fetchone()
        return dict(zip(("declared", "usable"), row, strict=True)) if row else {}

    def _namespaces(self) -> list[str]:
        rows = self._connection.execute("SELECT DISTINCT namespace FROM labels ORDER BY 1").fetchall()
        return [row[0] for row in rows]

    def _view(self, name: str, columns: Sequence[Column], table: GivenTable | None) -> None:
        if table is None:
            self._connection.execute(f"CREATE VIEW {name} AS {select(name, ())}")
            return
        if isinstance(table, Path):
            given = f"read_parquet({files_literal([table])}, hive_partitioning = false)"
        else:
            self._connection.register(f"given {name}", table)
            given = identifier(f"given {name}")
        types = {str(row[0]): str(row[1]) for row in self._connection.execute(f"DESCRIBE FROM {given}").fetchall()}
        for column in columns:
            got = types.pop(column.name, None)
            if got not in {column.type, '"NULL"', *_FITS.get(column.type, ())}:
                raise ReadError(
                    f"{self.dataset}: column {column.name!r} of the table {name!r}: expected {column.type},"
                    f" got {got or 'no such column'}.",
                    "The shapes are printed by `mudata sql --schema`.",
                )
        if types:
            raise ReadError(
                f"{self.dataset}: the table {name!r} has no column {next(iter(types))!r}.",
                "The shapes are printed by `mudata sql --schema`.",
            )
        casts = ", ".join(f"CAST({identifier(c.name)} AS {c.type}) AS {identifier(c.name)}" for c in columns)
        self._connection.execute(f"CREATE VIEW {name} AS SELECT {casts} FROM {given}")

    def _digest(self, name: str, without: set[str]) -> list[str]:
        """A hash of a table's rows, whatever their order:
        their number, and the sums of both halves of their MD5."""
        columns = [identifier(c.name) for c in TABLES[name] if c.name not in without]
        # control characters that no text holds keep neighbours apart, and NULL from ''
        row = f"concat_ws(chr(31), {', '.join(f'coalesce({c}::VARCHAR, chr(30))' for c in columns)})"
        halves = ("md5 >> 64", f"md5 & {2**64 - 1}")
        sums = ", ".join(f"coalesce(sum(({half})::HUGEINT), 0)" for half in halves)
        query = f"SELECT count(*), {sums} FROM (SELECT md5_number({row}) AS md5 FROM {name})"
        return [name, *map(str, self._connection.execute(query).fetchall()[0])]

    def _counts_for(self, name: str) -> bool:
        """Whether a table is part of the content's hash: a new one only where it has rows, so that hashes stay."""
        return name != "datasets" and (name not in ADDED_TABLES or self._has_any(name, "true"))

    def _references(self) -> list[str]:
        """What makes an index of clips without copies another one: which they are, and the sources' state."""
        told = {"clip_id", "store", "source_mtime_ns"}
        others = {column.name for column in TABLES["clips"]} - told
        return self._digest("clips", others) if self._has_any("clips", "store = 'reference'") else []

    def _unused(self, name: str) -> set[str]:
        """Columns that older versions did not have and that say nothing here."""
        added = set(ADDED.get(name, ())) - _MEASURED
        return {column for column in added if not self._has_any(name, f"{identifier(column)} IS NOT NULL")}

    def _has_any(self, name: str, condition: str) -> bool:
        return bool(self._connection.execute(f"SELECT 1 FROM {name} WHERE {condition} LIMIT 1").fetchall())

    def close(self) -> None:
        self._open.close()


def commit(temporary: Path) -> Path:
    """Rename a written draft to the next generation of the folder that it lies in; its new path."""
    folder = temporary.parent
    while True:
        target = folder / f"{max(_numbers(folder), default=0) + 1:06d}"
        try:
            temporary.rename(target)
        except OSError:
            if target.exists():  # another machine was faster
                continue
            raise
        flush(folder)
        return target


def sweep(folder: Path) -> None:
    """Remove what killed writers left; only while no other can write into this folder."""
    for leftover in folder.glob(".*"):
        shutil.rmtree(leftover, ignore_errors=True)


def retire(folder: Path) -> None:
    """Remove generations that nobody can be reading any more."""
    numbers = sorted(_numbers(folder), reverse=True)
    kept = {generation.folder.name for generation in islice(_complete(folder), 2)}
    for successor, number in pairwise(numbers):
        old = folder / f"{number:06d}"
        with contextlib.suppress(OSError):
            if old.name not in kept and time.time() - (folder / f"{successor:06d}").stat().st_mtime > GRACE_S:
                shutil.rmtree(old, ignore_errors=True)


def discard(folder: Path) -> None:
    """Remove all generations of a dataset, the oldest first: none of them comes to count again, wherever this stops."""
    sweep(folder)
    for number in sorted(_numbers(folder)):
        old = folder / f"{number:06d}"
        (old / ABOUT).unlink(missing_ok=True)
        shutil.rmtree(old)


def _sha256(value: object) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()


def flush(path: Path) -> None:
    """Down to the disk, so that a rename never comes before the content.
    Folders too, where the system can."""
    with contextlib.suppress(PermissionError):  # Windows opens no folders
        handle = os.open(path, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
