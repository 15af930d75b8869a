"""Which files a dataset has in the store: a table, sorted by path, in which one is found without reading the rest."""

from __future__ import annotations

import bisect
import io
from collections.abc import Iterable, Iterator
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from mudata.errors import is_of_machine
from mudata.object_store.location import StoreError

if TYPE_CHECKING:
    import pyarrow as pa


_MEND = "Remove the dataset from the store with `mudata rm --everywhere`, and publish it again with `mudata fetch`."


class StoredFile(NamedTuple):
    """A file: its path relative to the home, its bytes, when it was changed, and whether it is nothing but sound or
    notes, which come and go as clips are heard."""

    path: str
    sha256: str
    size: int
    mtime_ns: int
    is_sound: bool

    @property
    def dataset(self) -> str:
        return self.path.split("/", 2)[1]

    @property
    def key(self) -> str:
        """Of the object that holds the bytes."""
        return f"objects/{self.dataset}/{self.sha256[:2]}/{self.sha256}"


class FileTable:
    """The files of a dataset by path."""

    def __init__(self, table: pa.Table) -> None:
        self._paths = table["path"].combine_chunks()
        self._table = table.combine_chunks()

    def __len__(self) -> int:
        return len(self._paths)

    def __iter__(self) -> Iterator[StoredFile]:
        """All files, sorted. Raises StoreError for a path that leads out of the dataset's own folders: a store is
        written by others."""
        for batch in self._table.to_batches(4096):
            for row in zip(*(batch.column(name).to_pylist() for name in StoredFile._fields), strict=True):
                file = StoredFile(*row)
                folders = file.path.split("/")
                if folders[0] not in ("raw", "clips") or len(folders) < 3 or {"", ".", ".."} & set(folders):
                    raise StoreError(f"The store names a file {file.path!r}, which is none of a dataset.", _MEND)
                yield file

    def get(self, path: str) -> StoredFile | None:
        """The file of that path; UTF-8 sorts as its code points do, so that Python's order is the table's."""
        n = bisect.bisect_left(range(len(self)), path, key=lambda i: self._paths[i].as_py())
        if n == len(self) or self._paths[n].as_py() != path:
            return None
        return StoredFile(*(self._table[name][n].as_py() for name in StoredFile._fields))


def packed(files: Iterable[StoredFile]) -> bytes:
    """The table as Parquet."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    rows = sorted(files)
    columns = [[row[n] for row in rows] for n in range(len(StoredFile._fields))]
    types = [pa.string(), pa.string(), pa.int64(), pa.int64(), pa.bool_()]
    arrays = [pa.array(column, type_) for column, type_ in zip(columns, types, strict=True)]
    buffer = io.BytesIO()
    pq.write_table(pa.table(arrays, names=list(StoredFile._fields)), buffer, compression="zstd")
    return buffer.getvalue()


def read(path: Path) -> FileTable | None:
    """The table in a file, kept in memory until the file is another one; None where there is no file.
    Raises StoreError for one that is damaged."""
    try:
        status = path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return None
    return _read(path, status.st_mtime_ns, status.st_size, status.st_ino)


@lru_cache(maxsize=64)
def _read(path: Path, mtime_ns: int, size: int, inode: int) -> FileTable:  # noqa: ARG001 - of which state
    import pyarrow.parquet as pq

    try:
        return FileTable(pq.read_table(path, columns=list(StoredFile._fields)))
    except Exception as error:
        if is_of_machine(error):
            raise
        raise StoreError(f"{path} is damaged.", f"Remove {path.parent}: it is made again from the store.") from error
