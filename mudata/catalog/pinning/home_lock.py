"""mudata.lock.json: all that decides what a home holds, in one file that can be given to others.

Of each dataset the hash of its card, what was selected, in which form, where files came from with their sums, the hash
of the index and of every clip's samples; the manifests of splits, whole; the user's own faults; versions of what
decodes and counts. Times and versions say where a lock is from, and decide nothing.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, ClassVar, Literal

from mudata.catalog.splits.manifest import Manifest  # noqa: TC001 - what is read is checked against it
from mudata.errors import HomeError, number
from mudata.home import now, write_atomic, writing_to
from mudata.json_files import as_type, read_object, reading
from mudata.version import __version__

FILE = "mudata.lock.json"
VERSION = 1
HASH_DIGITS = 16
"""Hexadecimal digits of a clip's hash that are kept: of 16 million clips two agree by chance with 7e-6
(n**2 / 2 / 16**digits), and only whether one clip is still itself is asked."""

_HINT = "Get the file again from where it came, or make one: mudata lock"


@dataclass(frozen=True, kw_only=True)
class LockedSource:
    """Where files of a component came from."""

    mirror: str
    address: str | None = None
    revision: str | None = None
    sums: Mapping[str, str] = field(default_factory=dict)
    """File or archive -> 'sha256:…' (or sha1, md5, git)."""


@dataclass(frozen=True, kw_only=True)
class LockedDataset:
    """A dataset as it was indexed."""

    card_sha256: str
    card: str | None = None
    """The text of a card that does not come with mudata: a user's own, or of a composed exam, with its seed."""
    selection: Mapping[str, Any] = field(default_factory=dict)
    """subset, where, limit, usage, partial: as the index has it."""
    rate: int | None = None
    """Hz of the clips; None: each its own."""
    store: Literal["flac", "reference"] = "flac"
    """Whether clips were kept as copies; what they sound like is the same."""
    index_sha256: str
    mudata_version: str
    clips: Mapping[str, str] = field(default_factory=dict)
    """Id of each usable clip -> the beginning of the hash of its samples (of MIDI, of its file)."""
    rows: Mapping[str, str] = field(default_factory=dict)
    """Hash of what is told of clips, by table."""
    item_files: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """SHA-256 of the files that an exam's items are from."""
    sources: Mapping[str, tuple[LockedSource, ...]] = field(default_factory=dict)
    """By component of the card."""


@dataclass(frozen=True, kw_only=True, repr=False)
class HomeLock:
    """What the file says."""

    __pydantic_config__: ClassVar[Mapping[str, str]] = {"extra": "forbid"}

    datasets: Mapping[str, LockedDataset]
    splits: Mapping[str, Manifest] = field(default_factory=dict)
    faults: Mapping[str, str] = field(default_factory=dict)
    """The user's own files of faults, as text, by dataset."""
    tools: Mapping[str, str] = field(default_factory=dict)
    mudata_lock: int = VERSION
    mudata_version: str = __version__
    created_at: str = field(default_factory=now)

    @property
    def by_sums_alone(self) -> dict[str, tuple[str, ...]]:
        """Addresses on the web that have no versions one could ask for, by dataset: Kaggle's sets whose card names no
        version, plain addresses. What they gave is known by its sums; nobody can ask them for it again."""
        found = {}
        for name, one in self.datasets.items():
            sources = (source for of in one.sources.values() for source in of if not source.revision)
            addresses = {source.address for source in sources if source.address}
            if web := sorted(address for address in addresses if address.startswith(("http://", "https://"))):
                found[name] = tuple(web)
        return found

    def __repr__(self) -> str:
        clips = sum(len(one.clips) for one in self.datasets.values())
        datasets, splits = number(len(self.datasets), "dataset"), number(len(self.splits), "split")
        return f"Lock of {datasets} ({number(clips, 'clip')}), {splits} ({self.created_at})"

    def to_json(self) -> str:
        plain = asdict(self) | {"splits": {name: json.loads(split.to_json()) for name, split in self.splits.items()}}
        first = ("mudata_lock", "mudata_version", "created_at", "tools")
        return json.dumps({key: plain[key] for key in (*first, *(k for k in plain if k not in first))}, indent=1) + "\n"

    def write(self, path: Path) -> Path:
        with writing_to(path.parent):
            write_atomic(path, self.to_json())
        return path


def read_lock(path: Path) -> HomeLock:
    """Raises HomeError for a file that is none, or is of a newer version."""
    said = read_object(path, ("mudata_lock", "datasets"), hint=_HINT, error=HomeError)
    with reading(path, _HINT, error=HomeError):
        if as_type(said["mudata_lock"], int) > VERSION:
            raise HomeError(f"{path} was written by a newer mudata.", "Update mudata.")
        lock = as_type(said, HomeLock)
    names = (*lock.datasets, *lock.splits, *lock.faults, *(split.name for split in lock.splits.values()))
    for name in names:  # each becomes that of a file in the home
        if not name or name.startswith(".") or any(sign in name for sign in "/\\\0"):
            raise HomeError(f"{path} cannot be read: {name!r} is no name of a dataset or split.", _HINT)
    return lock
