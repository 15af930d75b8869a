"""The index as pages ask it: one read-only snapshot for all who look, opened anew when the index changes; no statement
runs for long, and few at a time."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeVar, cast

from mudata.catalog.index import database
from mudata.catalog.index.registered_views import registered
from mudata.errors import HomeError, QueryError, is_of_machine
from mudata.object_store.location import is_wanted

if TYPE_CHECKING:
    import duckdb

    from mudata.home import Home

T = TypeVar("T")
Row = dict[str, Any]

LIMIT_S = 20.0
"""Seconds after which a statement is stopped. Chosen here: who waits longer has gone."""

AT_ONCE = 4
"""Statements that run at a time; each takes all cores. Chosen here."""

LOOK_S = 1.0
"""How often it is looked whether the index has changed, seconds. Chosen here: a look costs some milliseconds."""

STORE_LOOK_S = 30.0
"""The same where machines share a store, which is asked over the network, seconds. Chosen here."""

_ENDING_S = 5.0
"""Seconds in which what runs has to end when all does. Chosen here."""

_KEPT = 256
"""Results kept for as long as the index stays what it is: counts and lists of labels, none larger than a page."""

_VIEWS = (
    "datasets clips labels captions attributes items official_splits faults duplicates vocabulary harmonised_labels"
    " questions runs split_members repaired_clips"
)


class TooSlow(QueryError):
    """A statement was stopped, or none could begin."""


class _Snapshot:
    def __init__(self, connection: duckdb.DuckDBPyConnection, mark: object) -> None:
        self.connection, self.mark = connection, mark
        self.kept: OrderedDict[object, Any] = OrderedDict()
        self.lock = threading.Lock()


class LiveIndex:
    """Statements of any number of threads over the index of a home as it is now."""

    def __init__(self, home: Home, limit_s: float = LIMIT_S) -> None:
        self.home, self._limit_s = home, limit_s
        self._opening = threading.Lock()
        self._room = threading.Semaphore(AT_ONCE)
        self._running: set[duckdb.DuckDBPyConnection] = set()
        self._is_closed = False
        self._now: _Snapshot | None = None
        self._looked = -LOOK_S

    def rows(self, query: str, values: Sequence[object] = ()) -> list[Row]:
        """The rows of a SELECT, values by column. A snapshot whose files went meanwhile is opened anew, once.

        Raises TooSlow, HomeError (the index is damaged, or of a newer version).
        """
        import duckdb

        for again in (False, True):
            try:
                with self._cursor() as cursor:
                    result = cursor.execute(query, list(values))
                    names = [column[0] for column in result.description or ()]
                    return [dict(zip(names, row, strict=True)) for row in result.fetchall()]
            except duckdb.InterruptException as error:
                raise TooSlow(
                    f"This took more than {self._limit_s:g} seconds and was stopped.",
                    "Ask for less: one dataset, or fewer words at a time.",
                ) from error
            except duckdb.Error as error:
                if again or is_of_machine(error):
                    raise HomeError(
                        f"The index in {self.home.index} cannot be read: {' '.join(str(error).split())}",
                        "Remove the folder that is named, and run `mudata fetch` for its dataset again.",
                    ) from error
                with self._opening:
                    self._now = None
        raise AssertionError  # the second round has left

    def kept(self, key: object, make: Callable[[], T]) -> T:
        """What `make` gives, made once for as long as the index stays the same."""
        snapshot = self._current()
        with snapshot.lock:
            if key in snapshot.kept:
                snapshot.kept.move_to_end(key)
                return cast("T", snapshot.kept[key])
        made = make()
        with snapshot.lock:
            snapshot.kept[key] = made
            while len(snapshot.kept) > _KEPT:
                snapshot.kept.popitem(last=False)
        return made

    def known(self, key: object) -> Any:
        """What `kept` has under a key; None for nothing."""
        snapshot = self._current()
        with snapshot.lock:
            return snapshot.kept.get(key)

    def generation_of(self, clip_or_dataset: str) -> object:
        """What changes when a dataset, or that of a clip, does."""
        parts = cast("tuple[dict[str, str], object, object]", self._current().mark)[0]
        return parts.get(clip_or_dataset.partition("/")[0])

    @property
    def is_busy(self) -> bool:
        """Whether a statement is running."""
        return bool(self._running)

    def close(self) -> None:
        """Stop what runs, and let nothing begin: a process that ends while DuckDB is at work in a thread aborts."""
        self._is_closed = True
        left, until = AT_ONCE, time.monotonic() + _ENDING_S
        while left and time.monotonic() < until:
            for cursor in list(self._running):  # again and again: one that was about to begin is not stopped by it
                cursor.interrupt()
            left -= self._room.acquire(timeout=0.05)

    @contextmanager
    def _cursor(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """A session in the snapshot that is stopped when its time is over."""
        if self._is_closed or not self._room.acquire(timeout=self._limit_s):
            if self._is_closed:
                raise TooSlow("The server is ending.")
            raise TooSlow("Too many pages are being made at this moment.", "Try again in a few seconds.")
        try:
            with self._current().connection.cursor() as cursor:
                self._running.add(cursor)
                timer = threading.Timer(self._limit_s, cursor.interrupt)
                timer.daemon = True
                timer.start()
                try:
                    yield cursor
                finally:
                    timer.cancel()
                    self._running.discard(cursor)
        finally:
            self._room.release()

    def _current(self) -> _Snapshot:
        with self._opening:
            if self._now is not None and time.monotonic() - self._looked < (STORE_LOOK_S if is_wanted() else LOOK_S):
                return self._now
            mark = self._mark()
            if self._now is None or self._now.mark != mark:
                self._now = _Snapshot(database.connect(self.home, _VIEWS), mark)
            self._looked = time.monotonic()
            return self._now

    def _mark(self) -> object:
        """What changes when the index does. Of runs the names of their files alone: while a model answers, their files
        grow by the second, and statements read them as they are."""
        parts = {name: one.folder.name for name, one in database.current_generations(self.home).items()}
        root = self.home.root
        dated = [*root.glob("splits/*.json"), *root.glob("duplicates/*.parquet"), *root.glob("faults/*.yaml")]
        times = sorted((str(path), path.stat().st_mtime_ns) for path in dated if path.exists())
        return parts, times, [sorted(root.glob(view.files)) for view in registered().values()]
