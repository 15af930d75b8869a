"""What raters said, in SQLite: written at once, nothing lost when the server is killed.

No answer is ever changed: a rating that is given again is a further row, and the last one counts. WAL mode lets results
be read while raters rate; synchronous = FULL puts every answer on the disk before the rater sees the next page.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Self

from mudata.errors import EvaluationError
from mudata.home import now

if TYPE_CHECKING:
    from types import TracebackType

SCHEMA = 1
"""Rises when an older mudata could not read the tables (`PRAGMA user_version`)."""
_TABLES = """
CREATE TABLE IF NOT EXISTS raters (
    rater TEXT PRIMARY KEY, language TEXT, consented_at TEXT, finished_at TEXT, source TEXT NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS ratings (
    id INTEGER PRIMARY KEY, rater TEXT NOT NULL, trial TEXT NOT NULL, aspect TEXT NOT NULL, value TEXT NOT NULL,
    heard_s REAL, rated_at TEXT NOT NULL) STRICT;
CREATE INDEX IF NOT EXISTS ratings_of ON ratings (rater, trial, aspect, id);
"""


@dataclass(frozen=True, kw_only=True)
class RaterRecord:
    """A rater as a pseudonym; `source` is 'served', or the file that the ratings came in."""

    rater: str
    language: str | None = None
    consented_at: str | None = None
    finished_at: str | None = None
    source: str = "served"


@dataclass(frozen=True, kw_only=True)
class Rating:
    """One mark: `value` is a number of the scale, or one of CHOICES. `heard_s`: seconds of different sound that were
    played before it was given, as the page said, where that is known."""

    rater: str
    trial: str
    aspect: str
    value: str
    heard_s: float | None = None
    rated_at: str = ""


class NotKept(EvaluationError):
    """An answer could not be written, and nothing of it was: the disk is full, another program writes, or the file is
    gone."""


class AnsweredMeanwhile(EvaluationError):
    """A trial was rated after the form was shown that is sent now: in another window, or by the same form before."""


class RatingStore:
    """The ratings of one test. Threads may share one; close it, or use it in a `with`.

    Args:
        folder: of the test; its database is made where there is none.
        wait_s: how long another program that is writing is waited for.

    Raises:
        EvaluationError: the file is no database of ratings, is damaged or of a newer mudata, or another program
            holds it.
    """

    def __init__(self, folder: Path, wait_s: float = 10) -> None:
        self.path = folder / "ratings.sqlite"
        self._turn = threading.RLock()  # one connection: what SQLite writes at once is one transaction
        with self._telling("opened"):
            self._database = sqlite3.connect(self.path, timeout=wait_s, isolation_level=None, check_same_thread=False)
        try:
            with self._telling("opened"):
                self._prepare()
            self._file = self.path.stat()
        except BaseException:
            self._database.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        with self._turn:
            self._database.close()

    def meet(self, rater: RaterRecord) -> None:
        """Add a rater, or what is newly known of one; what is None stays as it was. Raises NotKept."""
        with self._writing():
            self._meet(rater)

    def add(self, ratings: Sequence[Rating], *, after: int | None = None, finished_at: str | None = None) -> None:
        """Add ratings, all or none; on the disk when this returns.

        Args:
            ratings: of one trial, or of many from elsewhere.
            after: the `revision` of the one trial that its form was shown with; None: whatever was said before.
            finished_at: when the rater was done, where these are the last that were asked for.

        Raises:
            AnsweredMeanwhile: the trial has another revision than `after`.
            NotKept.
        """
        with self._writing():
            if after is not None and any(self._revision(r.rater, r.trial) != after for r in ratings[:1]):
                raise AnsweredMeanwhile("This trial was rated in another window meanwhile.", "Show what counts now.")
            self._database.executemany(
                "INSERT INTO ratings (rater, trial, aspect, value, heard_s, rated_at) VALUES (?, ?, ?, ?, ?, ?)",
                [(r.rater, r.trial, r.aspect, r.value, r.heard_s, r.rated_at or now()) for r in ratings],
            )
            if finished_at is not None:
                for rater in dict.fromkeys(r.rater for r in ratings):
                    self._meet(RaterRecord(rater=rater, finished_at=finished_at))

    def forget(self, rater: str) -> int:
        """Delete all that a rater said, who takes back the consent; how many answers that were. Raises NotKept."""
        with self._writing():
            gone = self._database.execute("DELETE FROM ratings WHERE rater = ?", (rater,)).rowcount
            self._database.execute("DELETE FROM raters WHERE rater = ?", (rater,))
        with contextlib.suppress(sqlite3.Error):  # held by a reader: it is overwritten later
            self._database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        return int(gone)

    def revision(self, rater: str, trial: str) -> int:
        """A number that changes when a trial is rated again; 0 before it is."""
        with self._reading():
            return self._revision(rater, trial)

    def ratings(self, rater: str | None = None) -> list[Rating]:
        """What counts, of all raters or of one: the last rating of each (rater, trial, aspect), in the order given."""
        names = ("rater", "trial", "aspect", "value", "heard_s", "rated_at")
        with self._reading():
            rows = self._database.execute(
                "SELECT rater, trial, aspect, value, heard_s, rated_at FROM ratings WHERE id IN"
                " (SELECT max(id) FROM ratings WHERE ? IS NULL OR rater = ? GROUP BY rater, trial, aspect) ORDER BY id",
                (rater, rater),
            )
            return [Rating(**dict(zip(names, row, strict=True))) for row in rows]

    def raters(self) -> list[RaterRecord]:
        """Everybody who came, by name."""
        names = ("rater", "language", "consented_at", "finished_at", "source")
        with self._reading():
            rows = self._database.execute(f"SELECT {', '.join(names)} FROM raters ORDER BY rater")  # noqa: S608
            return [RaterRecord(**dict(zip(names, row, strict=True))) for row in rows]

    def _prepare(self) -> None:
        version = self._database.execute("PRAGMA user_version").fetchone()[0]
        if version > SCHEMA:
            raise EvaluationError(
                f"{self.path} was written by a newer mudata (schema {version}; this one knows {SCHEMA}).",
                "Update mudata: pip install -U mudata-music",
            )
        if (found := self._database.execute("PRAGMA quick_check(1)").fetchone()[0]) != "ok":
            raise sqlite3.DatabaseError(" ".join(found.split()))
        self._database.execute("PRAGMA journal_mode = WAL")
        self._database.execute("PRAGMA synchronous = FULL")
        self._database.execute("PRAGMA secure_delete = ON")  # what `forget` deletes is overwritten
        self._database.executescript(f"BEGIN IMMEDIATE; {_TABLES} PRAGMA user_version = {SCHEMA}; COMMIT")

    def _is_there(self) -> bool:
        try:
            return os.path.samestat(self.path.stat(), self._file)
        except OSError:
            return False

    def _meet(self, rater: RaterRecord) -> None:
        self._database.execute(
            "INSERT INTO raters VALUES (?, ?, ?, ?, ?) ON CONFLICT (rater) DO UPDATE SET"
            " language = coalesce(excluded.language, language),"
            " consented_at = coalesce(consented_at, excluded.consented_at),"
            " finished_at = coalesce(finished_at, excluded.finished_at)",
            (rater.rater, rater.language, rater.consented_at, rater.finished_at, rater.source),
        )

    def _revision(self, rater: str, trial: str) -> int:
        row = self._database.execute("SELECT max(id) FROM ratings WHERE rater = ? AND trial = ?", (rater, trial))
        return int(row.fetchone()[0] or 0)

    @contextlib.contextmanager
    def _reading(self) -> Iterator[None]:
        with self._turn, self._telling("read"):
            yield

    @contextlib.contextmanager
    def _writing(self) -> Iterator[None]:
        """One transaction; where anything of it fails, nothing of it was done, and the next one can begin."""
        with self._turn:
            if not self._is_there():  # SQLite would go on writing to a file that nobody can find
                raise NotKept(f"{self.path} was moved or deleted.", "Bring it back, and open it again.")
            try:
                self._database.execute("BEGIN IMMEDIATE")
                yield
                self._database.execute("COMMIT")
            except BaseException as error:
                with contextlib.suppress(sqlite3.Error):  # of a full disk SQLite has rolled back by itself
                    if self._database.in_transaction:
                        self._database.execute("ROLLBACK")
                if isinstance(error, sqlite3.Error):
                    raise NotKept(
                        f"{self.path}: an answer could not be written ({error}).",
                        "Free some space, or end what else holds the database; then send the answer again.",
                    ) from error
                raise

    def _of_disk(self, error: sqlite3.OperationalError) -> str:
        """What to do where the disk is what is wrong, and not the file; empty where it is not."""
        code = getattr(error, "sqlite_errorcode", 0) & 0xFF  # the lowest byte is the kind, without what follows of it
        if code in (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR):
            return "Free some space there, or look whether the disk is sound; then run the same command again."
        if code in (sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM):
            return f"{self.path.parent} has to be writable: correct its permissions."
        return ""

    @contextlib.contextmanager
    def _telling(self, what: str) -> Iterator[None]:
        """Errors of SQLite as those of a reader who is no programmer."""
        try:
            yield
        except sqlite3.Error as error:
            if isinstance(error, sqlite3.OperationalError) and "locked" in str(error):
                raise EvaluationError(
                    f"{self.path} cannot be {what}: another program holds it.", "End that program, and try again."
                ) from error
            if isinstance(error, sqlite3.OperationalError) and (hint := self._of_disk(error)):
                raise EvaluationError(f"{self.path} cannot be {what} ({error}).", hint) from error
            raise EvaluationError(
                f"{self.path} cannot be {what} as a database of ratings ({error}).",
                "Bring back a copy of it, with its -wal file if there is one.",
            ) from error
