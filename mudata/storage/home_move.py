"""The whole home goes to another place: on the same disk by one rename, to another by a copy.

Nothing in the home says where it lies but index/mudata.duckdb, which is written anew, and links to files of the user's
own, which stay true (those that are relative and lead out of the home are made absolute first).
"""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from mudata.catalog.fetch.engine import check_room
from mudata.catalog.index import database
from mudata.errors import HomeError
from mudata.home import Home
from mudata.narration import SILENT, Progress
from mudata.storage.disk_size import Scale, entries

_MARK = ".moved-from"
"""In a home that was copied, until the old one is gone: where that was."""


def move_home(home: Home, place: Path, *, link: bool = False, progress: Progress = SILENT) -> Home:
    """Move everything to `place`, which must be free; the home there. Killed at any moment, the same call goes on.

    Args:
        link: leave a link at the old place, by which the home is still found there. A home that is reached by a link
            always keeps it.

    Raises HomeError where it cannot be, Busy where another process is at work in the home.
    """
    link = link or home.root.is_symlink()
    old, new = home.root.resolve(), place.expanduser().absolute()
    if old.is_dir() and not _is_copy_of(old, new):
        _check_places(old, new)
        with _alone(Home(old)):
            for path in _leading_out(old):
                _make_absolute(path)
            _bring(old, new, progress)
    elif not new.is_dir():
        raise HomeError(f"There is no home in {old}.", "Set MUDATA_HOME to the folder that is to be moved.")
    if (new / _MARK).exists():
        _clear(old)
        (new / _MARK).unlink()
    if link and home.root.resolve() != new:
        home.root.unlink(missing_ok=True)
        home.root.symlink_to(new)
    if Home(new).index.is_dir():
        database.rebuild(Home(new))
    return Home(new)


def _is_copy_of(old: Path, new: Path) -> bool:
    try:
        return (new / _MARK).read_text("utf-8") == str(old)
    except OSError:
        return False


def _check_places(old: Path, new: Path) -> None:
    if old.is_relative_to(new.resolve()) or new.resolve().is_relative_to(old):
        raise HomeError(f"{new} and the home {old} lie in one another.", "Name a folder beside it, or elsewhere.")
    if new.is_symlink() or new.is_file() or (new.is_dir() and any(new.iterdir())):
        raise HomeError(f"{new} is there already.", "Name a folder that is empty, or not there yet.")


@contextlib.contextmanager
def _alone(home: Home) -> Iterator[None]:
    """Hold every lock that anybody ever took here. Raises Busy where one is held."""
    with contextlib.ExitStack() as locks:
        for path in sorted((home.root / "locks").glob("*.lock")):
            locks.enter_context(home.lock(path.stem, wait_s=0))
        yield


def _leading_out(home: Path) -> Iterator[Path]:
    """Relative links to what lies outside the home."""
    for path in entries(home):
        if path.is_symlink() and not path.readlink().is_absolute():
            target = Path(os.path.normpath(path.parent / path.readlink()))
            if not target.is_relative_to(home):
                yield path


def _make_absolute(link: Path) -> None:
    beside = link.with_name(f".{link.name}.link")
    beside.unlink(missing_ok=True)
    beside.symlink_to(os.path.normpath(link.parent / link.readlink()))
    beside.replace(link)


def _bring(old: Path, new: Path, progress: Progress) -> None:
    new.parent.mkdir(parents=True, exist_ok=True)
    try:
        old.rename(new)
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
        _copy(old, new, progress)


def _copy(old: Path, new: Path, progress: Progress) -> None:
    """The home on another disk: whole, and down to the disk, before it has its name."""
    draft = _beside(new)
    files = list(entries(old))
    size = Scale().weigh(old).bytes
    check_room("The home", size - Scale().weigh(draft).bytes, new.parent)
    with progress.bar("moving the home", size, "bytes") as advance:
        for path in files:
            target = draft / path.relative_to(old)
            target.parent.mkdir(parents=True, exist_ok=True)
            _copy_file(path, target)
            advance(0 if path.is_symlink() else path.stat().st_size)
    for path in entries(draft):  # of an earlier attempt, and removed since
        if not os.path.lexists(old / path.relative_to(draft)):
            path.unlink()
    (draft / _MARK).write_text(str(old), "utf-8")
    if hasattr(os, "sync"):
        os.sync()
    draft.rename(new)


def _copy_file(path: Path, target: Path) -> None:
    """A copy with its times; one that is there from an earlier attempt stays."""
    if path.is_symlink():
        target.unlink(missing_ok=True)
        target.symlink_to(path.readlink())
    elif not (target.is_file() and _mark(target) == _mark(path)):
        shutil.copy2(path, target)


def _mark(path: Path) -> tuple[int, int]:
    stat = path.stat()
    return stat.st_size, stat.st_mtime_ns


def _clear(old: Path) -> None:
    """Remove the home that was copied: at once from where it was looked for, then file by file."""
    gone = _beside(old)
    if old.is_dir():
        old.rename(gone)
    if gone.is_dir():
        shutil.rmtree(gone)


def _beside(folder: Path) -> Path:
    return folder.with_name(f".{folder.name}.moving")
