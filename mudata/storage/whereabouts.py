"""Where everything lies: the folders of the home, or all places of what has a name."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mudata.catalog.cards import card_files, loader
from mudata.catalog.cards.fault_overlays import overlay_files
from mudata.catalog.index import database
from mudata.errors import CardError, UnknownName
from mudata.evaluation.models import listing
from mudata.object_store import location, shared_files
from mudata.storage import inventory
from mudata.storage.dependents import parts_of
from mudata.storage.disk_size import Scale, entries

if TYPE_CHECKING:
    from mudata.home import Home
    from mudata.object_store.shared_files import SeenRecord
    from mudata.storage.inventory import Kind, Stored

COLUMNS = ("kind", "name", "what", "size", "files", "kept", "path")


def where(home: Home, name: str | None = None, kind: Kind | None = None) -> list[dict[str, Any]]:
    """A row for each place: kind, name, what, path, bytes, files, kept ('linked', 'copied'), linked_to.

    Without a name the folders of the home and those that cards are looked for in. With one, the card's file and all
    that is there of it, of every kind that has the name; where nothing is, the card alone. `linked_to` is the folder
    that holds all files that are linked from elsewhere. Raises UnknownName.
    """
    if location.is_wanted():
        database.current_generations(home)  # with what other machines published since
    rows = list(_home(home) if name is None else _named(home, name, kind))
    scale = Scale()
    return [row | ({} if row["what"] in ("MUDATA_STORE", "in the store") else _size(row, scale)) for row in rows]


def _row(kind: str, name: str, what: str, path: Path) -> dict[str, Any]:
    return {"kind": kind, "name": name, "what": what, "path": str(path)}


def _shared(kind: str, name: str, what: str, place: str, seen: list[SeenRecord]) -> dict[str, Any]:
    """A place in the store that machines share, as large as it was when it was seen last."""
    size = {"bytes": sum(one.record.size for one in seen), "files": sum(one.record.files for one in seen)}
    return {"kind": kind, "name": name, "what": what, "path": place, **size, "kept": "", "linked_to": None}


def _home(home: Home) -> Iterator[dict[str, Any]]:
    folders = (
        *("raw", "clips", "index", "fingerprints", "duplicates", "faults", "splits", "runs", "shards", "models"),
        "listening",
    )
    yield _row("home", "", "MUDATA_HOME" if os.environ.get("MUDATA_HOME") else "default", home.root)
    for name in folders:
        yield _row("home", name, "folder", home.root / name)
    if shared := location.url():
        yield _shared("home", "", "MUDATA_STORE", shared, list(shared_files.all_seen(home).values()))
    told = {card_files.BUILT_IN: "built in", home.cards: "composed"}
    for folder in card_files.folders():
        yield _row("cards", "", told.get(folder, "MUDATA_CARDS"), folder)


def _named(home: Home, name: str, kind: Kind | None) -> Iterator[dict[str, Any]]:
    cards = dict(_cards(name, kind))
    found = inventory.matching(home, name, kind)
    if not found and (path := cards.get("dataset")):  # by an alias of its card
        found = inventory.matching(home, path.stem, "dataset")
    if not (cards or found):
        known = {each.name for each in inventory.stored(home)} | set(card_files.files()) | set(listing.names())
        raise UnknownName(kind or "dataset, split, run, model or listening test", name, known)
    for what, path in cards.items():
        yield _row(what, path.stem, "card", path)
    datasets = {item.name for item in found if item.kind == "dataset"} | {
        path.stem for what, path in cards.items() if what == "dataset"
    }
    for dataset, path in overlay_files(home).items():
        if dataset in datasets:
            yield _row("dataset", dataset, "own faults", path)
    for item in found:
        for what, path in _finer(item):
            yield _row(item.kind, item.name, what, path)
        if item.kind == "dataset" and (one := shared_files.seen(home, item.name)):
            yield _shared("dataset", item.name, "in the store", f"{one.url}/objects/{item.name}", [one])
    for model in {item.name for item in found if item.kind == "model"} | ({name} if "model" in cards else set()):
        own, shared = parts_of(home, [model])
        for part in inventory.stored(home, "part"):
            if part.name in (*own, *shared):
                yield _row("part", part.name, f"of {model}", part.places["files"])


def _cards(name: str, kind: Kind | None) -> Iterator[tuple[str, Path]]:
    if kind in (None, "dataset"):
        with contextlib.suppress(UnknownName, CardError):
            yield "dataset", loader.find(name)
    if kind in (None, "model") and name in (files := card_files.files("models")):
        yield "model", files[name]
    if kind is None and name in (files := card_files.files("suites")):
        yield "suite", files[name]


def _finer(item: Stored) -> Iterator[tuple[str, Path]]:
    """The places of a thing; of clips each audio format has one."""
    for what, path in item.places.items():
        if what == "clips" and path.is_dir():
            yield from ((f"clips {below.name}", below) for below in sorted(path.iterdir()))
        elif what not in ("card", "store"):  # which have their rows already
            yield what, path


def _size(row: dict[str, Any], scale: Scale) -> dict[str, Any]:
    path = Path(row["path"])
    if row["kind"] in ("home", "cards") and not row["name"]:  # its folders have rows of their own
        return {"bytes": None, "files": None, "kept": "" if path.exists() else "not there", "linked_to": None}
    size = scale.weigh(path)
    kept = ""
    if row["what"] == "raw" or row["kind"] in ("model", "part"):
        files = path / "files"  # beside it lie records and archives, of which none is linked
        kept = Scale().weigh(files if files.is_dir() else path).kept
    return {
        "bytes": size.bytes,
        "files": size.files + size.links,
        "kept": kept,
        "linked_to": _common(entries(path)) if size.links else None,
    }


def _common(paths: Iterable[Path]) -> str | None:
    """The folder above all files that links lead to."""
    targets = [str(path.parent / path.readlink()) for path in paths if path.is_symlink()]
    with contextlib.suppress(ValueError):  # of different drives
        return os.path.commonpath([os.path.normpath(Path(target).parent) for target in targets])
    return None
