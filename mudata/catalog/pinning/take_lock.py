"""A home read into a lock."""

# ruff: noqa: S608 - names are our own
from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from mudata.catalog.cards import card_files, loader
from mudata.catalog.cards.fault_overlays import load_overlay, overlay_files
from mudata.catalog.fetch.ledger import Ledger, stat_below
from mudata.catalog.index import database
from mudata.catalog.index.tool_versions import tool_versions
from mudata.catalog.pinning.home_lock import HASH_DIGITS, HomeLock, LockedDataset, LockedSource
from mudata.catalog.splits import manifest
from mudata.errors import HomeError, MudataError, UnknownName

if TYPE_CHECKING:
    from collections.abc import Sequence

    import duckdb

    from mudata.catalog.index.generations import Generation
    from mudata.home import Home

_FIRST = "Run `mudata fetch NAME` first (`mudata list` has the names), or set MUDATA_HOME to the home that you mean."

TOLD = {
    "clips": "clip_id, kind, status, start_s, artist, album, track, title, licence",
    "labels": "clip_id, namespace, label, canonical",
    "captions": "clip_id, kind, text",
    "attributes": "clip_id, name, value",
    "official_splits": "clip_id, split, part",
    "published_faults": "clip_id, kind, action, note",
    "items": "item_id, task, clips, question, options, truth",
}
"""What is told of clips, by table: enough to say in which of them two homes differ."""


def take_lock(home: Home, names: Sequence[str] = ()) -> HomeLock:
    """Lock datasets and splits by name, with the datasets of these splits; without names everything in the home.

    Raises UnknownName; HomeError where there is nothing; what cannot be read is an error of its own.
    """
    indexed = database.current_generations(home)
    splits = {name: manifest.load(home, name) for name in manifest.names(home) if not names or name in names}
    wanted = {*indexed} if not names else {_dataset(name, indexed) for name in names if name not in splits}
    if unknown := sorted(wanted - set(indexed)):
        raise UnknownName("indexed dataset or split", unknown[0], {*indexed, *manifest.names(home)})
    if not (wanted or splits):
        raise HomeError(f"Nothing is indexed in {home.root}, and there is no split: nothing to lock.", _FIRST)
    wanted |= {dataset for split in splits.values() for dataset in split.datasets if dataset in indexed}
    overlays = {name: path for name, path in overlay_files(home).items() if name in wanted}
    for path in overlays.values():
        load_overlay(path)
    with database.snapshot(home) as connection:
        return HomeLock(
            datasets={name: _locked(home, connection, name, indexed[name]) for name in sorted(wanted)},
            splits=splits,
            faults={name: path.read_text("utf-8") for name, path in overlays.items()},
            tools=tool_versions(),
        )


def _dataset(name: str, indexed: dict[str, Generation]) -> str:
    """A dataset by its name or an alias."""
    if name not in indexed:
        with contextlib.suppress(MudataError):
            return loader.load(name).name
    return name


def _locked(home: Home, connection: duckdb.DuckDBPyConnection, name: str, generation: Generation) -> LockedDataset:
    row = connection.execute(
        "SELECT card_sha256, flavour, mudata_version FROM datasets WHERE dataset = ?", [name]
    ).fetchone()
    card_sha256, flavour, version = row or ("", "native", "")
    stores = connection.execute("SELECT DISTINCT store FROM clips WHERE dataset = ?", [name]).fetchall()
    return LockedDataset(
        card_sha256=str(card_sha256),
        card=own_card(name),
        selection=dict(generation.about["selection"]),
        rate=int(flavour) if str(flavour).isdecimal() else None,
        store="reference" if ("reference",) in stores else "flac",
        index_sha256=str(generation.about["content_sha256"]),
        mudata_version=str(version),
        clips=clip_hashes(connection, name),
        rows=told_hashes(connection, name),
        item_files=dict(generation.about.get("item_files") or {}),
        sources=sources_of(home, name),
    )


def own_card(name: str) -> str | None:
    """The text of a dataset's card, unless mudata brings it along."""
    path = card_files.files().get(name)
    if path is None or path.is_relative_to(card_files.BUILT_IN):
        return None
    return path.read_text("utf-8")


def clip_hashes(connection: duckdb.DuckDBPyConnection, dataset: str) -> dict[str, str]:
    """The beginning of the hash of each usable clip, by id, sorted."""
    rows = connection.execute(
        "SELECT substr(clip_id, length(dataset) + 2), left(coalesce(pcm_sha256, source_sha256, ''), ?) FROM clips"
        " WHERE dataset = ? AND status = 'ok' ORDER BY clip_id",
        [HASH_DIGITS, dataset],
    ).fetchall()
    return dict(rows)


def told_hashes(connection: duckdb.DuckDBPyConnection, dataset: str) -> dict[str, str]:
    """A hash of the rows of each table of TOLD, whatever their order."""
    found = {}
    for table, columns in TOLD.items():
        values = ", ".join(f"coalesce({column}::VARCHAR, chr(30))" for column in columns.split(", "))
        rows = f"SELECT md5_number(concat_ws(chr(31), {values})) AS one FROM {table} WHERE dataset = ?"
        query = f"SELECT count(*), coalesce(sum((one >> 64)::HUGEINT), 0) FROM ({rows})"
        count, total = connection.execute(query, [dataset]).fetchone() or (0, 0)
        found[table] = f"{count}:{int(total):x}"
    return found


def sources_of(home: Home, dataset: str) -> dict[str, tuple[LockedSource, ...]]:
    """Where the raw files that are here came from, by component."""
    raw = home.raw(dataset)
    found: dict[str, dict[tuple[str | None, ...], dict[str, str]]] = {}
    stat = stat_below(raw / "files")
    for record in Ledger(raw / "fetched.json").records.values():
        if record.unchanged(stat):
            key = (record.mirror, record.address, record.revision)
            found.setdefault(record.component, {}).setdefault(key, {}).update(record.sums)
    return {
        component: tuple(
            LockedSource(mirror=str(mirror), address=address, revision=revision, sums=dict(sorted(sums.items())))
            for (mirror, address, revision), sums in of.items()
        )
        for component, of in sorted(found.items())
    }
