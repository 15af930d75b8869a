"""raw/<dataset>/fetched.json:
what was got from where, so that a finished fetch is recognised by looking at files only.

A record is one job of a mirror (a file with all that came out of it, or the mirror as a whole): its
component, mirror, address, time, and size and mtime of every file. Written atomically after every job.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path

from mudata.errors import HomeError
from mudata.home import now, write_atomic
from mudata.json_files import as_type, read_object, reading
from mudata.object_store.local_cache import shared_file
from mudata.version import __version__

VERSION = 1

_HINT = "Delete it and run the same command again; files that are there are checked, not fetched again."

Stat = Callable[[str], tuple[int, int] | None]
"""Size and mtime_ns of a file below `files/`, by its relative path; None if there is none."""


@dataclass(frozen=True, kw_only=True)
class FetchRecord:
    """One job that was done; the fields are the keys of the file."""

    component: str
    mirror: str
    files: Mapping[str, tuple[int, int]]
    """Relative path below `files/` -> size, mtime_ns."""
    sums: Mapping[str, str] = field(default_factory=dict)
    """Checksums: remote path -> 'sha256:…' (or sha1, md5, as the card has it)."""
    failures: Mapping[str, str] = field(default_factory=dict)
    """Clip ids that could not be had, and why."""
    address: str | None = None
    """Where it came from, without keys; None: an older version did not keep it, or files are the user's own."""
    revision: str | None = None
    """Commit of a repository, version of a set; None: the host has none, or it is not known."""
    archives: Mapping[str, str] = field(default_factory=dict)
    """File -> the archive it came out of, where a job had several."""
    when: str = field(default_factory=now)
    version: str = __version__

    def unchanged(self, stat: Stat) -> bool:
        return all(stat(path) == tuple(seen) for path, seen in self.files.items())


class Ledger:
    """The records by the key of their job.
    Raises HomeError if the file is broken or of a newer version."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.records: dict[str, FetchRecord] = {}
        if not path.exists():
            return
        content = read_object(path, ("version", "records"), hint=_HINT, error=HomeError)
        with reading(path, _HINT, error=HomeError):
            if as_type(content["version"], int) > VERSION:
                raise HomeError(f"{path} was written by a newer mudata.", "Update mudata.")
            self.records = as_type(content["records"], dict[str, FetchRecord])

    def add(self, key: str, record: FetchRecord) -> None:
        self.records[key] = record
        records = {key: asdict(record) for key, record in self.records.items()}
        write_atomic(self._path, json.dumps({"version": VERSION, "records": records}, indent=1) + "\n")


def stat_below(files: Path) -> Stat:
    """Looks at the real files (through links); of what is in the store that machines share alone, at what it says."""

    def stat(path: str) -> tuple[int, int] | None:
        try:
            seen = (files / path).stat()
        except OSError:
            stored = shared_file(files / path)
            return (stored.size, stored.mtime_ns) if stored else None
        return seen.st_size, seen.st_mtime_ns

    return stat


def seen(paths: Iterable[Path], files: Path) -> dict[str, tuple[int, int]]:
    """Size and mtime_ns of files, by their relative paths."""
    stat = stat_below(files)
    relative = sorted({path.relative_to(files).as_posix() for path in paths})
    return {path: size_and_mtime for path in relative if (size_and_mtime := stat(path))}
