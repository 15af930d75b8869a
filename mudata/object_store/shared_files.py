"""What this machine knows of the files that the store has: one small folder a dataset in the home, `store/<dataset>/`.

`seen.json` is the record as it was last read, with the state of the object that it is; `files.parquet` lists the files.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from mudata import json_files
from mudata.errors import HomeError
from mudata.home import write_atomic
from mudata.object_store import file_table, location, shared_record
from mudata.object_store.connection import Connection, connect
from mudata.object_store.location import StoreError
from mudata.object_store.shared_record import FILES, SharedRecord

if TYPE_CHECKING:
    from mudata.home import Home
    from mudata.object_store.file_table import FileTable

T = TypeVar("T")

AT_A_TIME = 16
"""Objects that travel at once: enough to fill a line of 1 Gbit/s with clips of 1 MB at 50 ms each. Chosen here."""

SEEN = "seen.json"


@dataclass(frozen=True, kw_only=True)
class SeenRecord:
    """The record of a dataset as this machine read it last."""

    url: str
    state: str
    """Of the object, as `Connection.states` has it."""
    generation: str
    """The generation of the home's index that was made of it, or that it was made of."""
    record: SharedRecord


def store() -> Connection | None:
    """The store; None where there is none. Raises what `location.url` and `connect` raise."""
    url = location.url()
    if url is None:
        return None
    settings = hash(frozenset(item for item in os.environ.items() if item[0].startswith("AWS_")))
    return _connected(url, os.getpid(), settings)


@lru_cache(maxsize=4)
def _connected(url: str, process: int, settings: int) -> Connection:  # noqa: ARG001 - of which process, with which keys
    return connect(url)


def folder(home: Home, dataset: str) -> Path:
    return home.root / "store" / dataset


def seen(home: Home, dataset: str) -> SeenRecord | None:
    """What was seen of a dataset in this store; None if nothing was, or what is kept of it is damaged."""
    return _seen_in(location.url(), home, dataset)


def left_alone(home: Home, dataset: str) -> FileTable | None:
    """The files of a store that is done without now (`location.left_alone`), as this home knows; None for none."""
    url = location.left_alone()
    return file_table.read(folder(home, dataset) / FILES) if url and _seen_in(url, home, dataset) else None


def _seen_in(url: str | None, home: Home, dataset: str) -> SeenRecord | None:
    path = folder(home, dataset) / SEEN
    try:
        status = path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return None
    found = _seen(path, status.st_mtime_ns, status.st_size, status.st_ino)
    return found if found and found.url == url else None


@lru_cache(maxsize=256)
def _seen(path: Path, mtime_ns: int, size: int, inode: int) -> SeenRecord | None:  # noqa: ARG001 - of which state
    try:
        return json_files.read_as(path, SeenRecord, error=HomeError)
    except (HomeError, FileNotFoundError):
        return None


def all_seen(home: Home) -> dict[str, SeenRecord]:
    """By dataset, sorted."""
    try:
        names = sorted(entry.name for entry in os.scandir(home.root / "store") if entry.is_dir())
    except FileNotFoundError:
        return {}
    found = {name: seen(home, name) for name in names}
    return {name: one for name, one in found.items() if one}


def keep(home: Home, record: SharedRecord, *, files: bytes, state: str, generation: str) -> None:
    """Keep what was read or written. Stopped in between, it is read again."""
    own = folder(home, record.dataset)
    write_atomic(own / FILES, files, shared=True)
    one = SeenRecord(url=location.url() or "", state=state, generation=generation, record=record)
    write_atomic(own / SEEN, json.dumps(asdict(one), indent=1) + "\n", shared=True)


def files_of(home: Home, dataset: str) -> FileTable | None:
    """The files that the store has of a dataset, as this home knows, else as the store says; None for none of it, and
    where the home has a dataset of that name that it neither took from the store nor published.

    Raises StoreError.
    """
    own = folder(home, dataset)
    if seen(home, dataset) and (table := file_table.read(own / FILES)) is not None:
        return table
    shared = store()
    if shared is None or (home.index / "parts" / dataset).exists():
        return None
    record = read_record(shared, dataset)
    if record is None:
        return None
    # without a generation: whoever asks for the index makes one of it
    keep(home, record, files=read_checked(shared, record, FILES), state="", generation="")
    return file_table.read(own / FILES)


def read_record(shared: Connection, dataset: str) -> SharedRecord | None:
    """The record of a dataset; None if the store has none. Raises StoreError."""
    key = shared_record.key_of(dataset)
    try:
        data = shared.read(key)
    except FileNotFoundError:
        return None
    return shared_record.unpacked(data, dataset, f"{shared.url}/{key}")


def read_checked(shared: Connection, record: SharedRecord, name: str) -> bytes:
    """A small file of the record's index. Raises StoreError where it is gone or damaged."""
    try:
        data = shared.read(f"{record.index}/{name}")
    except FileNotFoundError as error:
        raise _broken(shared, record, name, "is gone, which the store's own record names") from error
    if hashlib.sha256(data).hexdigest() != record.tables[name][0]:
        raise _broken(shared, record, name, "is damaged: its hash is another")
    return data


def fetch_checked(shared: Connection, record: SharedRecord, name: str, target: Path) -> None:
    """A file of the record's index into a folder. Raises StoreError as `read_checked` does, HomeError."""
    try:
        shared.fetch(f"{record.index}/{name}", target / name)
    except FileNotFoundError as error:
        raise _broken(shared, record, name, "is gone, which the store's own record names") from error
    with (target / name).open("rb") as file:
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    if sha256 != record.tables[name][0]:
        raise _broken(shared, record, name, "is damaged: its hash is another")


def _broken(shared: Connection, record: SharedRecord, name: str, how: str) -> StoreError:
    return StoreError(
        f"{shared.url}/{record.index}/{name} {how}.",
        f"Remove {shared.url}/{record.key}, and run `mudata fetch {record.dataset}` on a machine that has the dataset:"
        " it is published again. MUDATA_OFFLINE=1 works with what is here.",
    )


def side_by_side(work: Callable[[T], None], things: Iterable[T], done: Callable[[int], None] = lambda _: None) -> None:
    """Do something with each of many, several at a time. The first failure stops the rest, and is raised."""
    with ThreadPoolExecutor(AT_A_TIME) as pool:
        futures = [pool.submit(work, thing) for thing in things]
        try:
            for future in futures:
                future.result()
                done(1)
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise
