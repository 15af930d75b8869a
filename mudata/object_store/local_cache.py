"""The home as a cache of the store: files come when they are needed, and the longest unused go where they are too many.

A file is brought beside its place, checked by size and hash, and moved there with the time of change that it had where
it was published. Whoever reads it holds it locked, so that nobody who makes room takes it away; when it was used last
is its time of access, which is set here (file systems themselves often do not).
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, NamedTuple

from mudata.errors import AudioError, Busy, telling_os_errors
from mudata.home import Home, replacing, sweep
from mudata.object_store import location, shared_files
from mudata.object_store.shared_files import store

if TYPE_CHECKING:
    from mudata.object_store.connection import Connection
    from mudata.object_store.file_table import StoredFile

FULL_AGAIN = 0.9
"""Of the size that is allowed, so much is left when room was made: it is not made for every clip anew. Chosen here."""

_STEP = 0.02
"""How much of the allowed size may come before it is looked whether room has to be made. Chosen here."""

_TOUCH_S = 60.0
"""How old a time of access may be before it is set anew, seconds. Chosen here."""

_TRIES = 5
"""How often a file may go between its coming and its being opened. Chosen here: it has just been used."""

_swept: set[Path] = set()
"""Folders in which this process looked for what killed ones left half-made."""

_came: dict[Path, int] = {}
"""Bytes that came into each home since this process last looked whether room has to be made."""


@contextlib.contextmanager
def at_hand(path: Path) -> Iterator[Path]:
    """A raw file or a clip of the home for as long as it is read: brought from the store where it is not here.

    Without a store, and for paths that the store does not have, nothing is done. Raises AudioError where the store has
    lost it, or alone has it and is done without (`vanished`), or has other bytes (`damaged`), StoreError, HomeError
    (the disk is full).
    """
    if not location.is_wanted():
        yield path
        return
    with _held(path):
        yield path


def bring(path: Path) -> bool:
    """Have a file of the home here, and whether it is. Raises as `at_hand`."""
    with at_hand(path):
        return path.is_file()


def is_here_or_shared(path: Path) -> bool:
    """Whether a file is here, or the store says that it has it."""
    return path.is_file() or shared_file(path) is not None


def shared_file(path: Path) -> StoredFile | None:
    """What the store has for a path of the home, as this machine knows; None for nothing, and without a store."""
    if not location.is_wanted() or location.url() is None:
        return None
    found = _place(path)
    if found is None:
        return None
    home, relative = found
    table = shared_files.files_of(home, relative.split("/", 2)[1])
    return table.get(relative) if table else None


def _place(path: Path) -> tuple[Home, str] | None:
    """The home that a path is in, and where in it; None unless raw files or clips lie there."""
    home = Home.default()
    with contextlib.suppress(ValueError):
        relative = path.relative_to(home.root).as_posix()
        folders = relative.split("/")
        if len(folders) > 2 and folders[0] in ("raw", "clips") and ".." not in folders:
            return home, relative
    return None


@contextlib.contextmanager
def _held(path: Path) -> Iterator[None]:
    file = _opened(path)
    if file is None:
        yield  # whoever reads it says that it is not there
        return
    with file:
        yield


def _opened(path: Path) -> BinaryIO | None:
    """The file, locked against being taken away; None where neither the home nor the store has it."""
    for _ in range(_TRIES):
        with contextlib.suppress(FileNotFoundError, NotADirectoryError):
            file = _locked(path)
            if file is not None:
                return file
            continue
        if (stored := shared_file(path)) is None:
            _require_not_left_alone(path)
            return None
        localise(path, stored)
    return None


def _require_not_left_alone(path: Path) -> None:
    """Raise AudioError `vanished` for a file that is not here, and that a store has which is done without."""
    url, found = location.left_alone(), _place(path)
    if url is None or found is None:
        return
    home, relative = found
    table = shared_files.left_alone(home, relative.split("/", 2)[1])
    if table is not None and table.get(relative):
        raise AudioError(
            "vanished",
            f"{path}: no such file here; {url} has it, and is not asked (MUDATA_OFFLINE, --offline).",
            "Run the same command without MUDATA_OFFLINE and --offline: it comes when it is heard.",
        )


def _locked(path: Path) -> BinaryIO | None:
    """The file, opened and locked; None where it went meanwhile. Raises FileNotFoundError; what else is wrong with a
    file says whoever reads it."""
    try:
        file = path.open("rb")
    except FileNotFoundError:
        raise
    except OSError:
        return open(os.devnull, "rb")  # noqa: PTH123 - the caller closes it
    try:
        status = os.fstat(file.fileno())
        _flock(file, exclusive=False)
        if not os.path.samestat(status, path.stat()):
            file.close()
            return None
        if time.time() - status.st_atime > _TOUCH_S:
            with contextlib.suppress(OSError):
                os.utime(path, ns=(time.time_ns(), status.st_mtime_ns))
    except BaseException:
        file.close()
        raise
    return file


def _flock(file: BinaryIO, *, exclusive: bool) -> bool:
    """Lock a file, shared (as long as that takes) or exclusively (or not at all); whether it is locked."""
    if sys.platform == "win32":  # which deletes no file that is open
        return True
    import fcntl

    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB if exclusive else fcntl.LOCK_SH)
    except OSError:
        return False
    return True


def localise(path: Path, stored: StoredFile) -> None:
    """Bring a file from the store to its place. Two who do so at once both have it.

    Raises AudioError `vanished` or `damaged`, StoreError, HomeError.
    """
    shared = store()
    if shared is None:
        return
    with telling_os_errors():
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.parent not in _swept:
            sweep(path.parent)
            _swept.add(path.parent)
        with replacing(path, shared=True) as file:
            _fetch(shared, stored, Path(file.name), path)
    make_room(Home.default(), stored.size, stays=path)


def _fetch(shared: Connection, stored: StoredFile, beside: Path, path: Path) -> None:
    try:
        shared.fetch(stored.key, beside)
    except FileNotFoundError as error:
        raise AudioError(
            "vanished",
            f"{path} is not here, and {shared.url}/{stored.key} is gone.",
            f"Run `mudata fetch {stored.dataset}`: what the store lacks is fetched and published again.",
        ) from error
    if beside.stat().st_size != stored.size or sha256_of(beside) != stored.sha256:
        raise AudioError(
            "damaged",
            f"{shared.url}/{stored.key} has other bytes than its name says ({path}).",
            f"Remove that object, then run `mudata fetch {stored.dataset}`: it is published again.",
        )
    os.utime(beside, ns=(time.time_ns(), stored.mtime_ns))


def sha256_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


# ------------------------------------------------------------------------------------- making room


class _Cached(NamedTuple):
    used: float
    size: int
    path: Path
    stored: StoredFile


def make_room(home: Home, came: int | None = None, *, stays: Path | None = None) -> int:
    """Take away the files that were not used for longest, if more are here than MUDATA_CACHE_GB allows; bytes freed.

    Only files of sound and notes go that the store has, as they are here; never one that is read or just being fetched,
    and none of what is not published. `came`: bytes that have come since the last call (None: look in any case);
    `stays`: what has just come.
    """
    most = location.cache_bytes()
    if most is None:
        return 0
    before = _came.get(home.root)
    _came[home.root] = (before or 0) + (came or 0)
    if came is not None and before is not None and _came[home.root] < _STEP * most:
        return 0
    _came[home.root] = 0
    with contextlib.suppress(Busy), home.lock("store-cache", wait_s=0):
        cached = _cached(home)
        excess = sum(one.size for one in cached) - most
        cached = [one for one in cached if one.path != stays]
        return 0 if excess <= 0 else _evict(home, cached, excess + round((1 - FULL_AGAIN) * most))
    return 0


def _cached(home: Home) -> list[_Cached]:
    """The files that may go: here, and in the store with the same size and time of change."""
    found = []
    for dataset in shared_files.all_seen(home):
        table = shared_files.files_of(home, dataset)
        for stored in table or ():
            path = home.root / stored.path
            with contextlib.suppress(OSError):
                status = path.lstat()
                same = (status.st_size, status.st_mtime_ns) == (stored.size, stored.mtime_ns)
                if stored.is_sound and same and not path.is_symlink():
                    found.append(_Cached(status.st_atime, status.st_size, path, stored))
    return found


def _evict(home: Home, cached: list[_Cached], wanted: int) -> int:
    shared = store()
    freed = 0
    with contextlib.ExitStack() as locks:
        free: dict[str, bool] = {}
        for one in sorted(cached):
            if freed >= wanted or shared is None:
                break
            dataset = one.stored.dataset
            if dataset not in free:
                try:
                    locks.enter_context(home.lock(f"fetch-{dataset}", wait_s=0))
                    free[dataset] = True
                except Busy:  # somebody fetches it, and needs its files
                    free[dataset] = False
            # the store may have lost it since: then this is the last of it
            if free[dataset] and shared.size(one.stored.key) == one.size and _remove(one.path):
                freed += one.size
    return freed


def _remove(path: Path) -> bool:
    """Whether a file was taken away: not if somebody reads it."""
    with contextlib.suppress(OSError), path.open("rb") as file:
        if _flock(file, exclusive=True):
            path.unlink()
            return True
    return False
