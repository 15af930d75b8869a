"""Where things live, and the two ways to write there safely: atomically, and under a lock.

MUDATA_HOME/
    raw/<dataset>/                    what the sources gave: downloads/ and files/
    clips/<dataset>/<audio format>/   normalised audio
    index/                            Parquet parts (the truth) and mudata.duckdb (views)
    fingerprints/<dataset>/           what clips sound like, by content
    duplicates/                       which of them are copies of each other
    splits/  runs/  models/           manifests, evaluations, checkpoints
    listening/<test>/                 listening tests: their design, what is played, ratings
    shards/                           runs asked in shards, until they are merged
    cards/                            cards of exams that were composed here
    faults/                           known faults that the user adds to the cards'
    store/<dataset>/                  what MUDATA_STORE has of it, as it was seen last
    licences.json                     which terms were accepted, and when
    sql_history                       what was asked at the prompt of `mudata sql`
    locks/
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

from mudata.errors import FORBIDDEN, FULL, Busy, HomeError

PARTIAL = ".part"
"""How names of unfinished files end; they begin with a dot."""

_ON_WINDOWS = sys.platform == "win32"
_TRUE = {"1", "true", "yes", "on"}


def flag(variable: str) -> bool:
    """Whether an environment variable is switched on (1, true, yes, on)."""
    return os.environ.get(variable, "").strip().casefold() in _TRUE


def now() -> str:
    """The time as all files of the home have it: ISO 8601, UTC, to the second."""
    return datetime.now(UTC).isoformat(timespec="seconds")


@dataclass(frozen=True)
class Home:
    """The folder that holds everything mudata keeps."""

    root: Path

    @classmethod
    def default(cls) -> Home:
        """MUDATA_HOME, else the platform's folder for user data.
        Raises HomeError if it lies in or is a file."""
        if chosen := os.environ.get("MUDATA_HOME"):
            root = Path(chosen).expanduser().absolute()
            if not is_text(str(root)):
                raise HomeError(
                    f"MUDATA_HOME is {os.fsencode(root)!r}, which is no UTF-8: DuckDB and Parquet cannot name it.",
                    "Set MUDATA_HOME to a folder whose name is UTF-8.",
                )
            there = next(path for path in (root, *root.parents) if path.exists())
            if not there.is_dir():
                raise HomeError(
                    f"MUDATA_HOME is {root}, but {there} is not a folder.",
                    "Set MUDATA_HOME to a folder that you may write to.",
                )
            return cls(root)
        import platformdirs  # only when nobody chose: the base of the path differs per system

        return cls(Path(platformdirs.user_data_dir("mudata", appauthor=False)))

    def raw(self, dataset: str) -> Path:
        return self.root / "raw" / dataset

    def clips(self, dataset: str, audio_format: str) -> Path:
        return self.root / "clips" / dataset / audio_format

    @property
    def index(self) -> Path:
        return self.root / "index"

    @property
    def fingerprints(self) -> Path:
        return self.root / "fingerprints"

    @property
    def duplicates(self) -> Path:
        return self.root / "duplicates"

    @property
    def splits(self) -> Path:
        return self.root / "splits"

    @property
    def runs(self) -> Path:
        return self.root / "runs"

    @property
    def listening(self) -> Path:
        return self.root / "listening"

    @property
    def cards(self) -> Path:
        return self.root / "cards"

    @property
    def faults(self) -> Path:
        return self.root / "faults"

    @property
    def shards(self) -> Path:
        return self.root / "shards"

    @property
    def models(self) -> Path:
        return self.root / "models"

    @property
    def licences(self) -> Path:
        return self.root / "licences.json"

    def make(self, folder: Path) -> Path:
        """Create a folder inside the home; HomeError if the home cannot be written."""
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise HomeError(
                f"Cannot write to {folder}: {error.strerror or error}.",
                "Set MUDATA_HOME to a folder that you may write to.",
            ) from error
        return folder

    @contextlib.contextmanager
    def lock(self, name: str, *, wait_s: float = -1) -> Iterator[None]:
        """Hold the named lock across processes; the system frees it when its holder dies.

        `wait_s` < 0 waits for ever. Raises Busy when the time is over.
        """
        import filelock

        lock = filelock.FileLock(self.make(self.root / "locks") / f"{name}.lock")
        try:
            lock.acquire(timeout=wait_s)
        except filelock.Timeout as error:
            raise Busy(
                f"Another mudata process is working on {name!r}.",
                "Wait for it to finish, then run the same command again.",
            ) from error
        try:
            yield
        finally:
            lock.release()


def is_text(path: str) -> bool:
    """Whether a path is UTF-8, and no bytes that merely were decoded somehow."""
    return not any("\ud800" <= sign <= "\udfff" for sign in path)


def is_file(path: Path) -> bool:
    """Whether there is such a file; a text that no path can have (too long, with a null) names none."""
    try:
        return path.is_file()
    except (OSError, ValueError):
        return False


def write_atomic(path: Path, data: bytes | str, *, shared: bool = False) -> None:
    """Write beside `path`, flush to disk, move into place: readers see the old file or the new one.

    What a killed writer left beside it, the next one overwrites;
    `shared` is for those who hold no lock and may meet: they sweep the folder (see `sweep`).
    """
    raw = data.encode() if isinstance(data, str) else data
    path.parent.mkdir(parents=True, exist_ok=True)
    if shared:
        sweep(path.parent)
    with replacing(path, shared=shared) as file:
        file.write(raw)


@contextlib.contextmanager
def replacing(path: Path, *, shared: bool = False) -> Iterator[BinaryIO]:
    """A file beside `path`, by its name to be written by others, too; flushed and moved into place at the end, or
    deleted where that fails. As `write_atomic`, whose folder is there."""
    name = path.name if len(os.fsencode(path.name)) <= 200 else hashlib.sha256(os.fsencode(path.name)).hexdigest()
    own = f".{os.getpid()}-{threading.get_ident()}" if shared else ""
    temporary = path.with_name(f".{name}{own}{PARTIAL}")
    try:
        with held(temporary) as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
            if not _ON_WINDOWS:
                temporary.replace(path)
        if _ON_WINDOWS:  # moves no file that is open, and deletes none, so that it needs no lock
            temporary.replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            temporary.unlink()
        raise


@contextlib.contextmanager
def writing_to(place: Path) -> Iterator[None]:
    """What goes into a folder that a person named: a full disk, or a folder that may not be written, is told of this
    one and not of the home. Raises HomeError; all other errors pass through."""
    try:
        yield
    except OSError as error:
        named = error.filename if isinstance(error.filename, str | bytes | os.PathLike) else None
        is_there = named is None or Path(os.fsdecode(named)).absolute().is_relative_to(place.absolute())
        if is_there and error.errno in FULL:
            what, hint = f"The disk of {place} is full. What was finished is kept.", "Free some space there"
        elif is_there and error.errno in FORBIDDEN:
            what, hint = f"{place} may not be written: {error.strerror}.", "Correct its permissions"
        else:
            raise
        raise HomeError(what, f"{hint}, or give another folder; then run the same command again.") from error


def sweep(folder: Path) -> None:
    """Delete the unfinished files in a folder whose writers were killed: those that no living process holds locked."""
    for leftover in folder.glob(f".*{PARTIAL}"):
        with contextlib.suppress(OSError), leftover.open("rb") as file:
            if _lock(file, wait=False):
                leftover.unlink()


@contextlib.contextmanager
def held(path: Path) -> Iterator[BinaryIO]:
    """A new file that is held locked while it is written."""
    while True:
        with path.open("wb") as file:
            _lock(file, wait=True)
            try:
                ours = os.path.samestat(os.fstat(file.fileno()), path.stat())
            except FileNotFoundError:
                ours = False
            if ours:  # nobody swept it between the making and the locking
                yield file
                return


def _lock(file: BinaryIO, *, wait: bool) -> bool:
    """Lock a file for this process; whether that could be done."""
    if sys.platform == "win32":
        return True
    import fcntl

    try:
        fcntl.flock(file, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
    except OSError:  # held by another, or a file system without locks
        return False
    return True
