"""Things are removed from the home: told first, never through a link, and so that after a kill the same goes on.

What others ask goes first (the index before the clips, run.json before the answers), and a thing keeps its name until
the last of it is gone.
"""

from __future__ import annotations

import contextlib
import shlex
import shutil
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mudata.catalog.cards import loader
from mudata.catalog.index import database
from mudata.catalog.sharing.withdraw import withdraw
from mudata.errors import CardError, HomeError, UnknownName, some
from mudata.evaluation.models import model_card
from mudata.narration import SILENT, Progress
from mudata.object_store import location, shared_files
from mudata.storage import inventory
from mudata.storage.dependents import dependents, parts_of
from mudata.storage.disk_size import Scale
from mudata.storage.inventory import Kind, Stored

if TYPE_CHECKING:
    from mudata.home import Home
    from mudata.object_store.shared_files import SeenRecord

_ORDER: tuple[Kind, ...] = ("listening-test", "run", "shard", "split", "model", "part", "dataset")
"""What depends on others goes before them."""
_LOCKS: Mapping[Kind, str] = {
    "dataset": "fetch-",
    "part": "fetch-part-",
    "split": "split-",
    "run": "run-",
    "shard": "run-",
    "model": "model-",
    "listening-test": "listening-",
}
"""What the names of locks begin with, of those who write such things."""


@dataclass(frozen=True)
class Removal:
    """All that goes when some things are removed, in that order, and what does not go."""

    items: tuple[Stored, ...]
    shared: Mapping[str, list[str]]
    """Parts of removed models that stay, with the models that need them."""
    dependents: tuple[Stored, ...]
    """What stays and needs what goes."""
    published: tuple[SeenRecord, ...] = ()
    """What the store that machines share has of removed datasets."""
    everywhere: bool = False
    """Whether that goes, too."""

    def rows(self) -> list[dict[str, Any]]:
        """Every place that goes, with its size: bytes of its own files, links that are only unlinked."""
        scale = Scale()
        rows = []
        for item in self.items:
            for what, path in item.places.items():
                size = scale.weigh(path)
                facts = {"bytes": size.bytes, "files": size.files, "links": size.links}
                rows.append({"kind": item.kind, "name": item.name, "what": what, "path": str(path)} | facts)
        for seen in self.published if self.everywhere else ():
            record = seen.record
            facts = {"bytes": record.size, "files": record.files, "links": 0}
            where = {"what": "in the store", "path": f"{seen.url}/objects/{record.dataset}"}
            rows.append({"kind": "dataset", "name": record.dataset} | where | facts)
        return rows


def plan(home: Home, names: Iterable[str], kind: Kind | None = None, *, everywhere: bool = False) -> Removal:
    """What goes with the things of these names; `everywhere`, of datasets also what the store that machines share has.
    Nothing is changed.

    A model takes with it the parts that no other model needs. Raises UnknownName, ArgumentError (a name of several
    things), HomeError (a place that lies outside the home, by a link).
    """
    named = [_named(home, name, kind) for name in dict.fromkeys(names)]
    models = [item.name for item in named if item.kind == "model"]
    own, shared = parts_of(home, models)
    named += [part for part in inventory.stored(home, "part") if part.name in own and part not in named]
    items = sorted(named, key=lambda item: _ORDER.index(item.kind))
    for item in items:
        for path in item.places.values():
            _check_is_inside(home, path)
    needy = {str(other): other for item in items for other in dependents(home, item) if other not in items}
    seen = (shared_files.seen(home, item.name) for item in items if item.kind == "dataset")
    published = tuple(one for one in seen if one and location.url())
    return Removal(tuple(items), shared, tuple(needy.values()), published, everywhere)


def _named(home: Home, name: str, kind: Kind | None) -> Stored:
    """As `inventory.find`; also a dataset by an alias of its card, and a model of which only parts are here."""
    try:
        return inventory.find(home, name, kind)
    except UnknownName:
        if kind in (None, "dataset"):
            with contextlib.suppress(UnknownName, CardError):
                return inventory.find(home, loader.find(name).stem, "dataset")
        if kind in (None, "model") and name in model_card.files() and any(parts_of(home, [name])):
            return Stored("model", name, {})
        raise


def _check_is_inside(home: Home, path: Path) -> None:
    if not path.parent.resolve().is_relative_to(home.root.resolve()):
        raise HomeError(
            f"{path} lies outside the home, in {path.parent.resolve()}: nothing is removed through a link.",
            "Remove it there yourself, then run the same command again.",
        )


def remove(home: Home, removal: Removal, *, force: bool = False, progress: Progress = SILENT) -> None:
    """Remove what a plan says. Killed at any moment, a new plan of the same names goes on.

    `force`: although other things need it. Raises HomeError where they do, Busy where another process works on any of
    it, or asks about its clips.
    """
    if removal.dependents and not force:
        needy = some(map(str, removal.dependents), 5)
        raise HomeError(
            f"{some(map(str, removal.items), 3)}: needed by {needy}.",
            "Remove these with it, by naming them too, or leave them behind with --force:\n"
            f"  mudata rm {shlex.join(one.name for one in (*removal.items, *removal.dependents))}",
        )
    with contextlib.ExitStack() as locks:
        for item in (*removal.items, *(other for other in removal.dependents if other.kind in ("run", "shard"))):
            locks.enter_context(home.lock(_LOCKS[item.kind] + item.name, wait_s=0))
        for item in removal.items:
            with progress.bar(f"Removing {item}", unit=""):
                if removal.everywhere and item.kind == "dataset":
                    withdraw(item.name)
                for what, path in item.places.items():
                    if what == "index":
                        database.forget(home, item.name)
                    else:
                        _remove(path)
        if any(item.kind == "run" for item in removal.items) and home.index.is_dir():
            database.rebuild(home)  # its views of runs, of which there may be none now


def _remove(path: Path) -> None:
    """A file, a link (not what it leads to), or a folder: the file that makes it what it is first."""
    with contextlib.suppress(FileNotFoundError):
        if path.is_symlink() or path.is_file():
            path.unlink()
            return
        for head in ("run.json", "test.json"):
            (path / head).unlink(missing_ok=True)
        shutil.rmtree(path)
