"""Publishing a dataset to the store.

Content first, then the tables, last the record that names them. Objects are named by their bytes: whoever publishes the
same meanwhile writes the same, a process that was killed left nothing that anybody sees, and the same command goes on
with what is lacking. Of two that publish different things about one dataset, the last one's record counts; what the
other's names stays readable.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from mudata import json_files
from mudata.catalog.audio import normalise
from mudata.catalog.cards import card_files
from mudata.catalog.index import database, generations, shared_index
from mudata.catalog.index.namesakes import CARD
from mudata.catalog.read.files import walk
from mudata.catalog.tables import INDEX_VERSION
from mudata.home import now, write_atomic
from mudata.narration import SILENT, Progress
from mudata.object_store import shared_files, shared_record
from mudata.object_store.file_table import StoredFile, packed
from mudata.object_store.local_cache import sha256_of
from mudata.object_store.location import StoreError
from mudata.object_store.shared_files import side_by_side
from mudata.object_store.shared_record import FILES, SharedRecord, index_key

if TYPE_CHECKING:
    from mudata.home import Home
    from mudata.object_store.connection import Connection

RECIPES = (normalise.VERSION, normalise.MIDI_VERSION, INDEX_VERSION)

MARK = "mudata-store.json"
"""What the store is, for people and for versions to come."""

_Known = Mapping[str, tuple[str | None, int | None, int | None]]
"""What the index says of files by their path in the home: hash, bytes and time of change of an original, None of a
copy."""


def require_writable() -> None:
    """Write the store's mark, so that a store that cannot be written is told before anything is downloaded for it.
    Raises StoreError, also for a store of a newer version."""
    shared = shared_files.store()
    if shared is None:
        return
    content = json.dumps({"mudata_store": shared_record.VERSION}) + "\n"
    try:
        found = json_files.parse(shared.read(MARK))
        if isinstance(found, dict) and int(found.get("mudata_store", 0)) > shared_record.VERSION:
            raise StoreError(f"{shared.url} was written by a newer mudata.", "Update mudata.")
    except (FileNotFoundError, ValueError, TypeError):
        pass
    shared.write(MARK, content.encode())


def publish(home: Home, dataset: str, *, damaged: Collection[str] = (), progress: Progress = SILENT) -> int:
    """Have the store say of a dataset what the home's index says; returns the bytes that had to be sent for it.
    Objects that are known to be damaged are sent anew.

    Wants the dataset's lock, as fetching it does. Raises StoreError, HomeError.
    """
    shared = shared_files.store()
    generation = generations.newest(home.index / "parts" / dataset)
    if shared is None or generation is None:
        return 0
    there = {sha256: size for sha256, size in shared_index.objects(shared, dataset).items() if sha256 not in damaged}
    table = shared_files.files_of(home, dataset) if shared_files.seen(home, dataset) else None
    before = {file.path: file for file in table or ()}
    known = _known(home, dataset)
    with progress.bar(f"{dataset}: hashing", unit=""):
        files = {file.path: file for file in _files(home, dataset, known, before)}
    for path, file in before.items():  # what this machine does not hold
        if path not in files and path in known and there.get(file.sha256) == file.size:
            files[path] = file
    todo = {file.sha256: file for file in files.values() if there.get(file.sha256) != file.size}
    with progress.bar(f"{dataset}: to the store", total=len(todo)) as advance:
        side_by_side(lambda file: _send(home, shared, file), todo.values(), advance)
    listing = shared_files.folder(home, dataset) / f"published-{FILES}"
    write_atomic(listing, packed(files.values()))
    record = _record(shared, generation, dataset, listing, list(files.values()))
    last = shared_files.read_record(shared, dataset)
    if last is None or replace(last, published=record.published) != record:
        shared.write(record.key, record.packed())
    state = shared.states(shared_record.FOLDER).get(record.key, "")
    shared_files.keep(home, record, files=listing.read_bytes(), state=state, generation=generation.folder.name)
    listing.unlink()
    sent = sum(file.size for file in todo.values())
    progress.say(f"{dataset}: published in {shared.url}, {sent / 1e6:,.1f} MB sent")
    return sent


def _known(home: Home, dataset: str) -> _Known:
    raw = f"{home.raw(dataset).relative_to(home.root).as_posix()}/files"
    with database.snapshot(home) as connection:
        rows = connection.execute(
            "SELECT source_path, any_value(source_sha256), any_value(source_size), any_value(source_mtime_ns),"
            " list(DISTINCT path) FROM clips"
            " WHERE dataset = ? AND source_path IS NOT NULL AND kind <> 'text' GROUP BY source_path",
            [dataset],
        ).fetchall()
    found: dict[str, tuple[str | None, int | None, int | None]] = {}
    for source, sha256, size, mtime_ns, paths in rows:
        found |= dict.fromkeys((path for path in paths if path), (None, None, None))
        found[f"{raw}/{source}"] = (sha256, size, mtime_ns)
    return found


def _files(home: Home, dataset: str, known: _Known, before: Mapping[str, StoredFile]) -> Iterator[StoredFile]:
    """The files of a dataset that are here: all raw files, the copies that the index names, ledger and journals.
    Hashed are those of which neither the index nor the last publication has the hash."""
    raw, clips = home.raw(dataset), home.root / "clips" / dataset
    paths = [raw / "files" / path for path, _ in walk(raw / "files") if not _is_hidden(path)]
    paths += [raw / shared_index.LEDGER, *sorted(clips.glob("*/journal.jsonl"))]
    paths += [home.root / path for path in known if path.startswith("clips/")]
    for path in paths:
        name = path.relative_to(home.root).as_posix()
        try:
            status = path.stat()
        except FileNotFoundError:
            continue
        state = status.st_size, status.st_mtime_ns
        sha256, *indexed = known.get(name, (None, None, None))
        last = before.get(name)
        if last and (last.size, last.mtime_ns) == state:
            sha256 = last.sha256
        elif sha256 is None or tuple(indexed) != state:
            sha256 = sha256_of(path)
        yield StoredFile(name, sha256, *state, name in known)


def _is_hidden(path: str) -> bool:
    return any(name.startswith(".") for name in path.split("/"))


def _send(home: Home, shared: Connection, file: StoredFile) -> None:
    """A file as an object, unless it is another file meanwhile."""
    path = home.root / file.path
    shared.send(path, file.key)
    status = path.stat()
    if (status.st_size, status.st_mtime_ns) != (file.size, file.mtime_ns):
        shared.remove(file.key)
        raise StoreError(f"{path} was changed while it was published.", "Run the same command again.")


def _record(
    shared: Connection, generation: generations.Generation, dataset: str, listing: Path, files: list[StoredFile]
) -> SharedRecord:
    """Write the tables of a generation, if they are not there; the record that names them."""
    contents = {f"{table}.parquet": generation.file(table) for table in generation.about["tables"]}
    contents |= {generations.ABOUT: generation.folder / generations.ABOUT, FILES: listing}
    card = card_files.files().get(dataset)
    if card and not card.is_relative_to(card_files.BUILT_IN):  # which other machines have not
        contents[CARD] = card
    tables = {name: (sha256_of(path), path.stat().st_size) for name, path in contents.items()}
    folder = index_key(dataset, tables)
    there = shared.sizes(folder)
    todo = [name for name, (_, size) in tables.items() if there.get(f"{folder}/{name}") != size]
    side_by_side(lambda name: shared.send(contents[name], f"{folder}/{name}"), todo)
    return SharedRecord(
        dataset=dataset,
        index=folder,
        tables=tables,
        recipes=RECIPES,
        files=len(files),
        size=sum(file.size for file in files),
        published=now(),
    )
