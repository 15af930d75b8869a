"""Near copies that were found, by content: `duplicates/near.parquet`, and what of it a split or a leak report asks.

Pairs are of hashes of samples, so that they stay true when a dataset is fetched again; a new search of some clips
replaces what was known of pairs among these.
"""

from __future__ import annotations

import io
import warnings
from collections.abc import Collection, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

import pyarrow as pa

from mudata.catalog import clusters
from mudata.catalog.duplicates import checked_parquet, fingerprint_store
from mudata.catalog.duplicates.fingerprint import RECIPE
from mudata.errors import UnreadableFileWarning
from mudata.home import write_atomic

if TYPE_CHECKING:
    from pathlib import Path

    import duckdb

    from mudata.home import Home

_SCHEMA = pa.schema(
    [
        ("first", pa.string()),
        ("second", pa.string()),
        ("score", pa.float64()),
        ("overlap_s", pa.float64()),
        ("offset_s", pa.float64()),
    ],
    metadata={"recipe": str(RECIPE)},
)


class NearContent(NamedTuple):
    """Two contents that agree, by their hashes, `first` < `second`."""

    first: str
    second: str
    score: float
    """Share of bits of the fingerprints that are equal, 1 at most."""
    overlap_s: float
    """Seconds that they have in common."""
    offset_s: float
    """Seconds by which the beginning of `second` lies behind that of `first`."""


@dataclass(frozen=True)
class NearCopies:
    """What is known of some clips."""

    group_of: Mapping[str, Hashable] = field(default_factory=dict)
    """By clip id, what near copies share; only clips of which there are other contents in the group."""
    fingerprinted: int = 0
    """Clips whose fingerprints can be compared: neither too short for that, nor silent, nor unchanging."""


def load(home: Home) -> list[NearContent]:
    """All pairs that are known; none where nothing was searched, or only in another way. Of a damaged file nothing is
    known, with an UnreadableFileWarning."""
    file = _file(home)
    if not file.exists():
        return []
    table = checked_parquet.read(file)
    try:
        if table is not None and (table.schema.metadata or {}).get(b"recipe") != str(RECIPE).encode():
            return []
        if table is not None:
            return [NearContent(**row) for row in table.select(_SCHEMA.names).cast(_SCHEMA).to_pylist()]
    except (pa.ArrowInvalid, KeyError, ValueError):
        pass
    text = f"{file} is damaged: nothing is known of near copies until `mudata duplicates` has found them again."
    warnings.warn(text, UnreadableFileWarning, stacklevel=2)
    return []


def save(home: Home, searched: Collection[str], found: Iterable[NearContent]) -> None:
    """Keep what a search of these contents found; pairs of which one was not searched stay as they were."""
    kept = [pair for pair in load(home) if not (pair.first in searched and pair.second in searched)]
    rows = sorted([*kept, *found])
    columns: list[Sequence[object]] = list(zip(*rows, strict=True)) or [()] * len(_SCHEMA)
    file = io.BytesIO()
    checked_parquet.write(pa.table(dict(zip(_SCHEMA.names, columns, strict=True)), schema=_SCHEMA), file)
    home.make(home.duplicates)
    write_atomic(_file(home), file.getvalue())


def contents_together(pairs: Iterable[NearContent]) -> dict[str, str]:
    """By content that has a near copy, the smallest hash of all that are tied to it, over several copies too."""
    known = list(pairs)
    hashes = sorted({name for pair in known for name in pair[:2]})
    number = {name: n for n, name in enumerate(hashes)}
    rows = [*range(len(hashes)), *(number[name] for pair in known for name in pair[:2])]
    ties = [None] * len(hashes) + [n for n in range(len(known)) for _ in (0, 1)]
    groups = clusters.union(len(rows), [rows, ties])
    smallest: dict[int, str] = {}
    for name, group in zip(hashes, groups, strict=False):
        smallest.setdefault(group, name)
    return {name: smallest[group] for name, group in zip(hashes, groups, strict=False)}


def of_clips(home: Home, con: duckdb.DuckDBPyConnection, clip_ids: Collection[str]) -> NearCopies:
    """What is known of these clips."""
    comparable = fingerprint_store.hashes(home, comparable=True)
    fingerprinted = sum(pcm in comparable for _, pcm in _contents(con, clip_ids)) if comparable else 0
    return NearCopies(_group_of(home, con, clip_ids) if fingerprinted else {}, fingerprinted)


def groups(home: Home, con: duckdb.DuckDBPyConnection, clip_ids: Collection[str]) -> tuple[tuple[str, ...], ...]:
    """The ids of those of these clips that are near copies of each other, sorted. Nothing is searched, and fingerprints
    are not read: where no pairs are known, this costs a look at whether there is a file."""
    members: dict[str, list[str]] = {}
    for clip_id, group in _group_of(home, con, clip_ids).items():
        members.setdefault(group, []).append(clip_id)
    return tuple(sorted(tuple(sorted(ids)) for ids in members.values()))


def _group_of(home: Home, con: duckdb.DuckDBPyConnection, clip_ids: Collection[str]) -> dict[str, str]:
    together = contents_together(load(home))
    if not together:
        return {}
    rows = _contents(con, clip_ids, list(together))
    contents: dict[str, set[str]] = {}
    for _, pcm in rows:
        contents.setdefault(together[pcm], set()).add(pcm)
    return {clip_id: together[pcm] for clip_id, pcm in rows if len(contents[together[pcm]]) > 1}


def _contents(
    con: duckdb.DuckDBPyConnection, clip_ids: Collection[str], among: Sequence[str] | None = None
) -> list[tuple[str, str]]:
    """(clip id, hash of its samples) of these clips [default: whatever the hash]."""
    known = "pcm_sha256 IS NOT NULL" if among is None else "pcm_sha256 IN (SELECT unnest($among::VARCHAR[]))"
    return con.sql(
        "SELECT clip_id, pcm_sha256 FROM clips SEMI JOIN (SELECT unnest($ids::VARCHAR[]) AS clip_id) USING (clip_id)"  # noqa: S608
        f" WHERE {known}",
        params={"ids": list(clip_ids)} | ({} if among is None else {"among": among}),
    ).fetchall()


def _file(home: Home) -> Path:
    return home.duplicates / "near.parquet"
