"""The index: DuckDB views over the Parquet parts of all datasets,
and registered ones over files of others.

The parts (see `generations`) are the truth. `index/mudata.duckdb` holds the same views for other
programs, such as the stock `duckdb` command line; it can be deleted at any time and is rebuilt from
the parts. mudata itself never opens it: the views are made anew in memory, so that nothing locks
anything, and any number of readers work while writers publish: by `snapshot` for statements of
mudata's own, by `connect`, which takes four times as long, for SQL of users.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import duckdb

from mudata.catalog.index import composed_views, generations, spill_folders
from mudata.catalog.index.concept_views import concept_views
from mudata.catalog.index.fault_views import fault_views, own_faults
from mudata.catalog.index.named_views import named_in
from mudata.catalog.index.registered_views import RegisteredView, registered
from mudata.catalog.read.scratch_database import new_instance, scratch_database
from mudata.catalog.read.sql_literals import allowed_literal, empty_select, files_literal, pattern, quote
from mudata.catalog.tables import TABLES
from mudata.errors import HomeError, is_of_machine
from mudata.object_store.location import is_wanted

if TYPE_CHECKING:
    from mudata.catalog.read.dataset_contents import ItemFiles
    from mudata.home import Home

DATABASE = "mudata.duckdb"


def publish(
    home: Home,
    dataset: str,
    tables: Mapping[str, generations.GivenTable],
    *,
    selection: Mapping[str, Any] | None = None,
    issues: Sequence[Mapping[str, str]] = (),
    item_files: ItemFiles | None = None,
) -> Path:
    """Replace all rows of a dataset; the folder of the generation that now counts.

    `tables` are some of `tables.TABLES`, with their columns (those left out get no rows): in memory, or, where rows are
    many, in a Parquet file each. Of many rows, few are in memory at any time but those that were given so.
    `selection` says which clips were asked for (subset, where, limit, usage), `issues` what in the raw
    files was left out (kind, where, what), `item_files` which files an exam's items are from; all are kept with them.
    If nothing but the time differs from the current generation, nothing is written.

    Raises ReadError for tables that do not have the declared shape,
    HomeError if the home cannot be written or is of a newer version.
    """
    folder = home.make(home.index / "parts" / dataset)
    draft = generations.GenerationDraft(dataset, tables, selection, issues, item_files, spill=spill_folders.own(home))
    try:
        with home.lock(f"parts-{dataset}"):
            generations.sweep(folder)
            spill_folders.sweep(home)
            current = generations.newest(folder)
            if current and current.about["identity_sha256"] == draft.identity_sha256:
                if _outdated(home, current) or _leftovers(home):
                    rebuild(home)
                return current.folder
            temporary = draft.write(folder)
            with home.lock("index"):
                target = generations.commit(temporary)
                _rebuild(home)
                generations.retire(folder)
            return target
    except (duckdb.IOException, duckdb.TransactionException) as error:
        if is_of_machine(error):
            raise
        raise HomeError(
            f"The index cannot be written: {' '.join(str(error).split())}",
            "Free some space, or set MUDATA_HOME to another folder; then run the same command again.",
        ) from error
    finally:
        draft.close()


def _outdated(home: Home, current: generations.Generation) -> bool:
    """Whether mudata.duckdb is not there,
    or older than a generation whose writer was stopped before it came to it."""
    try:
        return (home.index / DATABASE).stat().st_mtime_ns < current.file("clips").stat().st_mtime_ns
    except FileNotFoundError:
        return True


def _leftovers(home: Home) -> list[Path]:
    """What writers of mudata.duckdb left that were killed, if the lock of the index is held or free."""
    return list(home.index.glob(f".*.{DATABASE}*"))


def connect(home: Home, asked: str | None = None) -> duckdb.DuckDBPyConnection:
    """A snapshot of the index as it is now: a DuckDB in memory with a view for each of its tables.

    It can read the files of this snapshot and no other, whatever the SQL; no setting can be
    changed. Tables and views that are made in it are its own and vanish with it. Times are in UTC.
    Where nothing is indexed the views are empty. With `asked`, the SQL of a query, only those views
    are made that it names. Raises HomeError for an index that is damaged or of a newer version.
    """
    connection = new_instance()
    views, allowed = _current_views(home)
    views |= concept_views() | composed_views.dataset_views(namespaces(home))
    _make_views(home, connection, views if asked is None else named_in(asked, views))
    for setting in (
        "TimeZone = 'UTC'",
        "python_enable_replacements = false",  # else SQL would see the variables of Python frames
        "autoinstall_known_extensions = false",
        "autoload_known_extensions = false",
        f"temp_directory = {quote(str(spill_folders.own(home)))}",
        f"allowed_paths = {allowed_literal(allowed)}",
        "enable_external_access = false",
        "lock_configuration = true",
    ):
        connection.execute(f"SET {setting}")
    return connection


@contextlib.contextmanager
def snapshot(home: Home) -> Iterator[duckdb.DuckDBPyConnection]:
    """As `connect`, for statements of mudata's own: nothing keeps them from other files. A view is made when a
    statement names it, which raises HomeError for an index that is damaged."""
    views, _ = _current_views(home)
    with scratch_database() as connection:
        yield cast("duckdb.DuckDBPyConnection", _WithViews(home, connection, views))


class _WithViews:
    """A session that makes views when they are named: all of them take longer than most statements."""

    def __init__(self, home: Home, connection: duckdb.DuckDBPyConnection, views: dict[str, str]) -> None:
        self._home, self._connection, self._left = home, connection, views

    def execute(self, query: str, parameters: object = None) -> duckdb.DuckDBPyConnection:
        self._make(query)
        return self._connection.execute(query, parameters)

    def sql(self, query: str, **options: Any) -> duckdb.DuckDBPyRelation:
        self._make(query)
        return self._connection.sql(query, **options)

    def _make(self, query: str) -> None:
        named = named_in(query, self._left)
        _make_views(self._home, self._connection, named)
        for name in named:
            del self._left[name]

    def __getattr__(self, name: str) -> Any:
        return getattr(self._connection, name)


def _current_views(home: Home) -> tuple[dict[str, str], list[Path]]:
    """A SELECT for each view of the index as it is now, and the files that all read. Raises HomeError as `connect`
    does."""
    current = current_generations(home)
    others = {name: (view, sorted(home.root.glob(view.files))) for name, view in registered().items()}
    manifests = sorted(home.root.glob(composed_views.MANIFESTS))
    views = _table_views(home, current, files_literal(manifests) if manifests else None) | {
        name: _view(view, files_literal(files) if files else None) for name, (view, files) in others.items()
    }
    files = [generation.file(table) for generation in current.values() for table in TABLES if generation.has(table)]
    return views, files + manifests + [file for _, own in others.values() for file in own]


def _make_views(home: Home, connection: duckdb.DuckDBPyConnection, views: Mapping[str, str]) -> None:
    try:
        for name, query in views.items():
            connection.execute(f"CREATE VIEW {name} AS {query}")
    except duckdb.Error as error:
        if is_of_machine(error):
            raise
        raise HomeError(
            f"The index in {home.index} cannot be read: {error}",
            "Remove the folder that is named, and run `mudata fetch` for its dataset again.",
        ) from error


def namespaces(home: Home) -> dict[str, list[str]]:
    """The label namespaces of each indexed dataset."""
    return _namespaces(current_generations(home))


def _namespaces(current: Mapping[str, generations.Generation]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for name, generation in current.items():
        known = generation.about.get("namespaces")
        if known is None:  # written by an older version
            with scratch_database() as connection:
                labels = generations.select("labels", [generation.file("labels")])
                rows = connection.execute(f"SELECT DISTINCT namespace FROM ({labels}) ORDER BY 1").fetchall()  # noqa: S608
                known = [row[0] for row in rows]
        found[name] = list(known)
    return found


def current_generations(home: Home) -> dict[str, generations.Generation]:
    """What is indexed: the current generation by dataset, sorted.
    What machines that share a store published since is among it. Raises HomeError for those of a newer version,
    StoreError."""
    _see_store(home)
    return _current(home)


def _see_store(home: Home) -> None:
    if is_wanted():
        from mudata.catalog.index import shared_index

        if shared_index.refresh(home):
            rebuild(home)


def _current(home: Home) -> dict[str, generations.Generation]:
    """As `current_generations`, without a look at the store: who holds a lock of the index may not wait for another."""
    newest = {folder.name: generations.newest(folder) for folder in _parts(home)}
    return {name: generation for name, generation in newest.items() if generation}


def _newest(home: Home, dataset: str) -> generations.Generation | None:
    _see_store(home)
    return generations.newest(home.index / "parts" / dataset)


def damaged(home: Home) -> list[str]:
    """Datasets whose tables are there and not as they were written, so that no table has them."""
    return [folder.name for folder in _parts(home) if generations.is_damaged(folder)]


def _parts(home: Home) -> list[Path]:
    """The folders of datasets that are or were indexed, sorted."""
    try:
        return sorted(Path(entry.path) for entry in os.scandir(home.index / "parts") if entry.is_dir())
    except FileNotFoundError:
        return []


def current_generation(home: Home, dataset: str) -> Path | None:
    """The folder of the generation of a dataset that counts; None if it is not indexed."""
    newest = _newest(home, dataset)
    return newest.folder if newest else None


def index_sha256(home: Home, dataset: str) -> str:
    """A hash of a dataset's rows (all but those of `datasets`),
    whatever their order and when they were written.

    Raises HomeError if the dataset is not indexed.
    """
    newest = _newest(home, dataset)
    if newest is None:
        from mudata.catalog.cards.licences import fetch_command

        raise HomeError(f"{dataset!r} is not in the index.", f"Run: {fetch_command(dataset, home)}")
    return str(newest.about["content_sha256"])


def item_files(home: Home, dataset: str) -> ItemFiles:
    """Which files the items of an indexed exam are from; none where that is not known (no exam, an older version's
    generation, or not indexed)."""
    newest = _newest(home, dataset)
    return dict(newest.about.get("item_files") or {}) if newest else {}


def rebuild(home: Home) -> Path:
    """Write index/mudata.duckdb anew from the parts and the registered views; its path."""
    home.make(home.index)
    with home.lock("index"):
        return _rebuild(home)


def forget(home: Home, dataset: str) -> None:
    """Take a dataset out of the index. Stopped at any moment, the same call goes on; its folder goes last.

    Raises Busy where another process publishes it.
    """
    folder = home.index / "parts" / dataset
    with home.lock(f"parts-{dataset}", wait_s=0), home.lock("index"):
        if folder.is_symlink():  # what lies elsewhere stays
            folder.unlink()
        else:
            generations.discard(folder)
        _rebuild(home)
        if folder.is_dir():
            shutil.rmtree(folder)


def _rebuild(home: Home) -> Path:
    """As `rebuild`, by the holder of the lock."""
    for leftover in _leftovers(home):
        leftover.unlink()

    def over(files: str) -> str | None:
        """A pattern, so that files of tomorrow are seen; DuckDB refuses one that matches nothing or has a backslash."""
        there = sorted(home.root.glob(files))
        tomorrow = quote(f"{pattern(home.root)}/{files}")
        return (files_literal(there) if "\\" in str(home.root) else tomorrow) if there else None

    current = _current(home)
    views = _table_views(home, current, over(composed_views.MANIFESTS))
    views |= {name: _view(view, over(view.files)) for name, view in registered().items()}
    views |= concept_views() | composed_views.dataset_views(_namespaces(current))
    target = home.index / DATABASE
    temporary = home.index / f".{os.getpid()}-{time.time_ns()}.{DATABASE}"
    if re.search(r"[?\\]", str(home.index)):  # where DuckDB 2 can open files and make none
        with tempfile.TemporaryDirectory() as folder:
            _write(Path(folder) / DATABASE, views)
            shutil.copyfile(Path(folder) / DATABASE, temporary)
    else:
        _write(temporary, views)
    Path(f"{target}.wal").unlink(missing_ok=True)  # of somebody who wrote into the file that is replaced
    temporary.replace(target)
    return target


def _write(file: Path, views: Mapping[str, str]) -> None:
    with scratch_database(file) as connection:
        connection.execute("BEGIN")  # in one go: every commit waits for the disk
        for name, query in views.items():
            connection.execute(f"CREATE VIEW {name} AS {query}")
        connection.execute("COMMIT")


def _table_views(home: Home, current: Mapping[str, generations.Generation], manifests: str | None) -> dict[str, str]:
    """A SELECT for each of TABLES over the current generation of every dataset, and for the views that COMPOSED and
    FAULT_VIEWS have."""
    views = {
        table: generations.select(table, [g.file(table) for g in current.values() if g.has(table)]) for table in TABLES
    }
    faults = fault_views(views.pop("faults"), own_faults(home))
    composed = composed_views.split_views(views["splits"], manifests) | composed_views.permitted_view()
    return views | composed | faults


def _view(view: RegisteredView, files: str | None) -> str:
    """The SELECT of a registered view over its files, as DuckDB's readers take them; None for
    none."""
    if files is None:
        return empty_select((column.name, column.type) for column in view.columns)
    return view.select(files)
