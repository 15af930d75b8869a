"""What raters said, in SQLite: written at once, nothing lost when the server is killed.

Nothing is ever changed: a rating that is given again is a further row, and the last one counts. WAL mode lets results
be read while raters rate; synchronous = FULL puts every answer on the disk before the rater sees the next page.
"""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Self

from mudata.errors import EvaluationError
from mudata.home import now

if TYPE_CHECKING:
    from types import TracebackType

_SCHEMA = """
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
    """One mark: `value` is a number of the scale, or one of CHOICES. `heard_s`: seconds of sound that were played
    before it was given, where that is known."""

    rater: str
    trial: str
    aspect: str
    value: str
    heard_s: float | None = None
    rated_at: str = ""


class RatingStore:
    """The ratings of one test. One per thread; close it, or use it in a `with`.

    Raises EvaluationError where the file is no database of ratings.
    """

    def __init__(self, folder: Path) -> None:
        self.path = folder / "ratings.sqlite"
        try:
            self._database = sqlite3.connect(self.path, timeout=30, isolation_level=None)
            self._database.execute("PRAGMA journal_mode = WAL")
            self._database.execute("PRAGMA synchronous = FULL")
            self._database.executescript(_SCHEMA)
        except sqlite3.DatabaseError as error:
            raise EvaluationError(
                f"{self.path} cannot be used as a database of ratings ({error}).",
                "Bring back a copy of it, with its -wal file if there is one.",
            ) from error

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        self._database.close()

    def meet(self, rater: RaterRecord) -> None:
        """Add a rater, or what is newly known of one; what is None stays as it was."""
        with self._writing():
            self._database.execute(
                "INSERT INTO raters VALUES (?, ?, ?, ?, ?) ON CONFLICT (rater) DO UPDATE SET"
                " language = coalesce(excluded.language, language),"
                " consented_at = coalesce(consented_at, excluded.consented_at),"
                " finished_at = coalesce(finished_at, excluded.finished_at)",
                (rater.rater, rater.language, rater.consented_at, rater.finished_at, rater.source),
            )

    def add(self, ratings: Sequence[Rating]) -> None:
        """Add ratings, all or none; on the disk when this returns."""
        with self._writing():
            self._database.executemany(
                "INSERT INTO ratings (rater, trial, aspect, value, heard_s, rated_at) VALUES (?, ?, ?, ?, ?, ?)",
                [(r.rater, r.trial, r.aspect, r.value, r.heard_s, r.rated_at or now()) for r in ratings],
            )

    def ratings(self, rater: str | None = None) -> list[Rating]:
        """What counts, of all raters or of one: the last rating of each (rater, trial, aspect), in the order given."""
        rows = self._database.execute(
            "SELECT rater, trial, aspect, value, heard_s, rated_at FROM ratings WHERE id IN"
            " (SELECT max(id) FROM ratings WHERE ? IS NULL OR rater = ? GROUP BY rater, trial, aspect) ORDER BY id",
            (rater, rater),
        )
        names = ("rater", "trial", "aspect", "value", "heard_s", "rated_at")
        return [Rating(**dict(zip(names, row, strict=True))) for row in rows]

    def raters(self) -> list[RaterRecord]:
        """Everybody who came, by name."""
        rows = self._database.execute(
            "SELECT rater, language, consented_at, finished_at, source FROM raters ORDER BY rater"
        )
        names = ("rater", "language", "consented_at", "finished_at", "source")
        return [RaterRecord(**dict(zip(names, row, strict=True))) for row in rows]

    @contextlib.contextmanager
    def _writing(self) -> Iterator[None]:
        self._database.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._database.execute("ROLLBACK")
            raise
        self._database.execute("COMMIT")
