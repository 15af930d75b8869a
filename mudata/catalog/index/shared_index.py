"""Generations that other machines published: copied into the home's own index, where everything finds them.

They are copied, and not read where they are: a generation never changes, so that it is copied once, and every query is
as fast as on one machine (`docs/object_store.md` has what was measured). What the store has is asked at most every
`EVERY_S` seconds.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from mudata.catalog.cards import card_files
from mudata.catalog.index import generations
from mudata.catalog.index.namesakes import CARD, is_another
from mudata.errors import telling_os_errors
from mudata.home import write_atomic
from mudata.object_store import location, shared_files
from mudata.object_store.shared_record import FILES, FOLDER, SharedRecord, dataset_of

if TYPE_CHECKING:
    from mudata.home import Home
    from mudata.object_store.connection import Connection

EVERY_S = 5.0
"""For how long a process takes the store to be as it saw it, seconds: one command asks once. Chosen here."""

LEDGER = "fetched.json"
"""Below `raw/<dataset>/`, what came from where: copied along, since locks and `mudata why` tell of it."""

_asked: dict[tuple[Path, str], float] = {}
_left_alone: set[str] = set()


@contextlib.contextmanager
def left_alone(dataset: str) -> Iterator[None]:
    """Copy nothing of a dataset in this process for as long as that lasts: it is being made here."""
    _left_alone.add(dataset)
    try:
        yield
    finally:
        _left_alone.discard(dataset)


def refresh(home: Home, *, now: bool = False) -> bool:
    """Copy what is new in the store, but for datasets that have the name of another one here; whether anything was.
    Raises StoreError, HomeError."""
    shared = shared_files.store()
    if shared is None:
        return False
    key = (home.root, shared.url)
    if not now and time.monotonic() - _asked.get(key, -EVERY_S) < EVERY_S:
        return False
    states = shared.states(FOLDER)
    _asked[key] = time.monotonic()
    changed = False
    for name, state in sorted(states.items()):
        dataset = dataset_of(name)
        if dataset is None or dataset in _left_alone:
            continue
        seen = shared_files.seen(home, dataset)
        if seen is None or seen.state != state or not seen.generation:
            record = shared_files.read_record(shared, dataset)
            if record is not None and not is_another(home, shared, record):
                changed |= adopt(home, shared, record, state)
    return changed


def adopt(home: Home, shared: Connection, record: SharedRecord, state: str) -> bool:
    """Make what a record names the newest generation of its dataset; False if it is that already."""
    dataset = record.dataset
    parts = home.make(home.index / "parts" / dataset)
    with telling_os_errors(), home.lock(f"parts-{dataset}"):
        files = shared_files.read_checked(shared, record, FILES)
        tables = [name for name in record.tables if name not in (FILES, CARD)]
        target = _same(parts, shared, record)
        is_new = target is None
        if target is None:
            generations.sweep(parts)
            draft = parts / f".{os.getpid()}-{time.time_ns()}"
            draft.mkdir()
            try:
                shared_files.side_by_side(lambda name: shared_files.fetch_checked(shared, record, name, draft), tables)
                for name in tables:
                    generations.flush(draft / name)
                target = generations.commit(draft)
            except BaseException:
                shutil.rmtree(draft, ignore_errors=True)
                raise
            generations.retire(parts)
        _take_ledger(home, dataset)
        _bring_card(home, shared, record)
        shared_files.keep(home, record, files=files, state=state, generation=target.name)
        _bring_ledger(home, dataset)
    return is_new


def _same(parts: Path, shared: Connection, record: SharedRecord) -> Path | None:
    """The newest generation here, if it is the very one that the record names."""
    newest = generations.newest(parts)
    if newest is None:
        return None
    with contextlib.suppress(OSError):
        if (newest.folder / generations.ABOUT).read_bytes() == shared_files.read_checked(
            shared, record, generations.ABOUT
        ):
            return newest.folder
    return None


def _bring_card(home: Home, shared: Connection, record: SharedRecord) -> None:
    """Put a card that does not come with mudata into the home, unless another of that name is known already."""
    if CARD not in record.tables:
        return
    known = card_files.files().get(record.dataset)
    path, seen = home.cards / f"{record.dataset}.yaml", shared_files.seen(home, record.dataset)
    if known is not None and not (known == path and seen and _sha256(path) == seen.record.tables.get(CARD, ("",))[0]):
        return
    write_atomic(home.make(home.cards) / path.name, shared_files.read_checked(shared, record, CARD))


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _ledger(home: Home, dataset: str) -> Path:
    return home.raw(dataset) / LEDGER


def _take_ledger(home: Home, dataset: str) -> None:
    """Remove the ledger that came with the record before, if nothing was fetched here since."""
    path = _ledger(home, dataset)
    seen = shared_files.seen(home, dataset)
    table = shared_files.files_of(home, dataset) if seen else None
    came = table.get(path.relative_to(home.root).as_posix()) if table else None
    with contextlib.suppress(OSError):
        status = path.stat()
        if came and (status.st_size, status.st_mtime_ns) == (came.size, came.mtime_ns):
            path.unlink()


def _bring_ledger(home: Home, dataset: str) -> None:
    from mudata.errors import AudioError
    from mudata.object_store.local_cache import localise, shared_file

    path = _ledger(home, dataset)
    if not path.exists() and location.url() and (stored := shared_file(path)):
        with contextlib.suppress(AudioError):  # it only tells where things are from
            localise(path, stored)


def present(home: Home, dataset: str) -> frozenset[str]:
    """The files of a dataset, by their paths in the home, that the store has with the size that it says. Raises
    StoreError."""
    shared = shared_files.store()
    table = shared_files.files_of(home, dataset) if shared else None
    if shared is None or table is None:
        return frozenset()
    there = objects(shared, dataset)
    return frozenset(file.path for file in table if there.get(file.sha256) == file.size)


def objects(shared: Connection, dataset: str) -> dict[str, int]:
    """Size by hash of the objects that the store has of a dataset. Raises StoreError."""
    found = shared.sizes(f"objects/{dataset}")
    return {key.rpartition("/")[2]: size for key, size in found.items()}
