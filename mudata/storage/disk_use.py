"""How much of the disk everything takes, name by name."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mudata.catalog.index import database
from mudata.object_store import location, shared_files
from mudata.storage import inventory
from mudata.storage.disk_size import DiskSize, Scale
from mudata.storage.inventory import KINDS, Stored

if TYPE_CHECKING:
    from mudata.home import Home

COLUMNS = ("kind", "name", "total", "raw", "clips", "index", "store", "linked")
"""Columns for people. `linked`: files elsewhere that links lead to; `store`: what the store that machines share has of
originals and clips. Neither is in a total."""


def disk_use(home: Home) -> list[dict[str, Any]]:
    """A row for everything that has a name, by kind and the largest first, then one for all else in the home.

    kind, name, bytes (each file once, however many names it has), files, links, linked_bytes, raw, clips, index, store
    (bytes, of datasets). A model's own row has what no part of it has; its parts have rows, since models share them.
    """
    if location.is_wanted():
        database.current_generations(home)  # with what other machines published since
    scale, items = Scale(), list(inventory.stored(home))
    shared = shared_files.all_seen(home)
    rows = [
        _row(item, {what: scale.weigh(path) for what, path in item.places.items()})
        | {"store": shared[item.name].record.size if item.kind == "dataset" and item.name in shared else None}
        for item in items
    ]
    rows.sort(key=lambda row: (KINDS.index(row["kind"]), -row["bytes"], row["name"]))
    rest = sum((scale.weigh(path) for path in _rest(home.root, items)), DiskSize())
    if rest.files:
        other = _row(Stored("dataset", "cache, locks, left over", {}), {"other": rest})
        rows.append(other | {"kind": "other", "store": None})
    return rows


def _row(item: Stored, sizes: dict[str, DiskSize]) -> dict[str, Any]:
    whole = sum(sizes.values(), DiskSize())
    parts = {what: sizes[what].bytes if what in sizes else None for what in ("raw", "clips", "index")}
    counted = {"bytes": whole.bytes, "files": whole.files, "links": whole.links, "linked_bytes": whole.linked_bytes}
    return {"kind": item.kind, "name": item.name, **counted, **parts}


def _rest(root: Path, items: Iterable[Stored]) -> list[Path]:
    """Everything below the home that is not one of the items: whole folders where none lies in them."""
    taken = {path for item in items for path in item.places.values()}
    above = Counter(parent for path in taken for parent in path.parents)
    found, folders = [], [root]
    while folders:
        folder = folders.pop()
        for path in folder.iterdir() if folder.is_dir() else ():
            if path in above:
                folders.append(path)
            elif path not in taken:
                found.append(path)
    return found
