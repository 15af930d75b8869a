"""What the store has and no record names any more: replaced files and tables, and what killed writers left.

Of a dataset that was published within the last day nothing is taken, since whoever works with what it was before still
reads that; nor what is younger than a day, which a writer may be about to name.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from mudata.errors import number
from mudata.narration import SILENT, Progress
from mudata.object_store import file_table, shared_files
from mudata.object_store.location import StoreError
from mudata.object_store.shared_files import side_by_side
from mudata.object_store.shared_record import FILES

if TYPE_CHECKING:
    from mudata.object_store.connection import Connection, StoredObject

AGE = timedelta(days=1)
"""How old what goes is at least, and the publication that no longer names it. Chosen here: longer than a fetch or an
evaluation usually takes, and than clocks differ."""


@dataclass(frozen=True)
class Unnamed:
    """Objects of a dataset that no record names, by key."""

    dataset: str
    objects: Mapping[str, StoredObject]

    @property
    def size(self) -> int:
        """Bytes together."""
        return sum(one.size for one in self.objects.values())


def unnamed(progress: Progress = SILENT) -> list[Unnamed]:
    """What may go, by dataset. A dataset whose record is damaged is told and left alone. Raises StoreError where there
    is no store, or it cannot be read."""
    shared = _store()
    there: dict[str, dict[str, StoredObject]] = {}
    for prefix in ("objects", "index"):
        for key, one in shared.objects(prefix).items():
            there.setdefault(key.split("/")[1], {})[key] = one
    found, now = [], datetime.now(UTC)
    for dataset, objects in sorted(there.items()):
        try:  # the record after the listing: what was named meanwhile stays
            kept = _kept(shared, dataset, now)
        except StoreError as error:
            progress.say(f"{dataset} is left alone: {error.what}")
            continue
        old = {
            key: one
            for key, one in objects.items()
            if kept is not None and not kept(key) and one.modified is not None and now - one.modified > AGE
        }
        if old:
            found.append(Unnamed(dataset, old))
    return found


def sweep(found: list[Unnamed], progress: Progress = SILENT) -> int:
    """Remove what was found; bytes that are free. What a record names by now stays. Raises StoreError."""
    shared, freed = _store(), 0
    for one in found:
        kept = _kept(shared, one.dataset, datetime.now(UTC))
        keys = [key for key in one.objects if kept is not None and not kept(key)]
        with progress.bar(f"{one.dataset}: sweeping", total=len(keys)) as advance:
            side_by_side(shared.remove, keys, advance)
        freed += sum(one.objects[key].size for key in keys)
        progress.say(f"{one.dataset}: removed {number(len(keys), 'object')} from {shared.url}")
    return freed


def _store() -> Connection:
    if (shared := shared_files.store()) is None:
        raise StoreError("There is no store to sweep.", "MUDATA_STORE says where it is, such as s3://bucket/prefix.")
    return shared


def _kept(shared: Connection, dataset: str, now: datetime) -> Callable[[str], bool] | None:
    """What tells whether a key is named by the dataset's record; None where all is left alone, since that record is
    young. Raises StoreError."""
    record = shared_files.read_record(shared, dataset)
    if record is None:
        return lambda _: False
    if now - datetime.fromisoformat(record.published) < AGE:
        return None
    with TemporaryDirectory() as folder:
        path = Path(folder) / FILES
        path.write_bytes(shared_files.read_checked(shared, record, FILES))
        named = {file.key for file in file_table.read(path) or ()}
    tables = f"{record.index}/"
    return lambda key: key in named or key.startswith(tables)
