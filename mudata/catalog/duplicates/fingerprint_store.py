"""Fingerprints in the home, by the hash of the samples they are of: `fingerprints/<dataset>/*.parquet`.

A clip that is fetched again, or lies in another dataset too, is not listened to again. What was finished is in files
of its own, written at once; a process that is killed loses the last few seconds. Of another recipe nothing is used.
"""

from __future__ import annotations

import contextlib
import io
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from mudata.catalog.duplicates import checked_parquet
from mudata.catalog.duplicates.fingerprint import RECIPE
from mudata.home import PARTIAL, sweep, write_atomic

if TYPE_CHECKING:
    from mudata.home import Home

SCHEMA = pa.schema(
    [("pcm_sha256", pa.string()), ("words", pa.large_binary()), ("reason", pa.string())],
    metadata={"recipe": str(RECIPE)},
)
"""words: of `fingerprint`, little-endian; reason: why they match nothing (`fingerprint.Unheard`), else NULL."""

MOST_FILES = 16
"""Files of a dataset from which on they are made one."""


class StoredFingerprint(NamedTuple):
    pcm_sha256: str
    words: bytes
    reason: str | None


def folder(home: Home, dataset: str) -> Path:
    return home.fingerprints / dataset


def add(home: Home, dataset: str, rows: Sequence[StoredFingerprint]) -> None:
    """Keep some fingerprints: all of them, or none. Raises HomeError."""
    if rows:
        home.make(folder(home, dataset))
        write_atomic(folder(home, dataset) / f"{rows[0].pcm_sha256[:32]}.parquet", _bytes(rows))


def read(home: Home, datasets: Iterable[str] | None = None) -> pa.Table:
    """Fingerprints of this recipe, one for every hash, in the columns of SCHEMA.

    datasets: only those that were made for these [default: all]. A file that is damaged counts for nothing, and is
    removed: what it held is made again.
    """
    tables = [table for _, table in _tables(home, datasets)]
    whole = pa.concat_tables([SCHEMA.empty_table(), *tables])
    if whole.num_rows:
        first = pc.index_in(whole["pcm_sha256"], value_set=pc.unique(whole["pcm_sha256"].combine_chunks()))
        seen = pa.table({"value": first, "row": pa.array(range(whole.num_rows))})
        once = seen.group_by("value").aggregate([("row", "min")])["row_min"]
        if len(once) < whole.num_rows:
            whole = whole.take(once)
    return whole


def hashes(home: Home, *, comparable: bool = False) -> set[str]:
    """Of which samples there are fingerprints of this recipe; or of those alone that can be compared."""
    known: set[str] = set()
    for _, table in _tables(home, None, columns=["pcm_sha256", "reason"]):
        whole = table.filter(pc.is_null(table["reason"])) if comparable else table
        known.update(whole["pcm_sha256"].to_pylist())
    return known


def tidy(home: Home, dataset: str) -> None:
    """Make one file of many, so that reading stays quick. Killed at any moment, nothing is lost."""
    files = sorted(folder(home, dataset).glob("*.parquet"))
    if len(files) < MOST_FILES:
        return
    table = read(home, [dataset])
    target = folder(home, dataset) / f"all-{RECIPE}.parquet"
    temporary = target.with_name(f".{target.name}{PARTIAL}")
    checked_parquet.write(table.cast(SCHEMA).replace_schema_metadata(SCHEMA.metadata), temporary)
    temporary.replace(target)
    for file in files:
        if file != target:
            file.unlink(missing_ok=True)
    sweep(folder(home, dataset))


def _tables(
    home: Home, datasets: Iterable[str] | None, columns: list[str] | None = None
) -> Iterator[tuple[Path, pa.Table]]:
    wanted = "*" if datasets is None else None
    folders = sorted(home.fingerprints.glob(wanted)) if wanted else [folder(home, name) for name in datasets or ()]
    for own in folders:
        for file in sorted(own.glob("*.parquet")):
            whole = checked_parquet.read(file, columns)
            try:
                if whole is not None and (whole.schema.metadata or {}).get(b"recipe") == str(RECIPE).encode():
                    whole = whole.cast(pa.schema([SCHEMA.field(name) for name in columns or SCHEMA.names]))
                    yield file, whole
            except (pa.ArrowInvalid, pa.ArrowTypeError, ValueError):
                whole = None
            if whole is None:
                with contextlib.suppress(OSError):
                    file.unlink()


def _bytes(rows: Sequence[StoredFingerprint]) -> bytes:
    columns: dict[str, Any] = dict(zip(SCHEMA.names, zip(*rows, strict=True), strict=True))
    file = io.BytesIO()
    checked_parquet.write(pa.table(columns, schema=SCHEMA), file)
    return file.getvalue()
