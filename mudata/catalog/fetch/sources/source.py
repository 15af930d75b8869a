"""What a source is given and what it gives.
Each module here has `fetch(mirror, target, progress) -> FetchResult` for one kind of mirror.

The table that names them is `MIRRORS` in `mudata.catalog.fetch.engine`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from mudata.execution.local_processes import LOCAL

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    import pyarrow as pa

    from mudata.execution.executor import Executor


@dataclass(frozen=True, kw_only=True)
class Target:
    """Where a source puts what it gets, and how much of it is wanted."""

    dataset: str
    files: Path
    """The tree that the card's patterns and SQL see."""
    downloads: Path
    """Archives, shards and everything unfinished."""
    subset: str | None
    """The subset asked for; None if the card has none."""
    wanted: Callable[[str], bool]
    """Is this path, relative to `files`, one that is worth having?"""
    limit: int | None
    """So many clips are enough; None: all."""
    clips: pa.Table | None
    """The clips asked for, with the columns of the card's SELECT;
    None where they are not known beforehand."""
    offline: bool
    """The network must not be touched: what is missing raises Offline."""
    jobs: int
    """Downloads at a time."""
    executor: Executor = LOCAL
    """Where it is composed."""
    pins: Mapping[str, str] = field(default_factory=dict)
    """Repository -> commit that is fetched in place of the card's revision."""


@dataclass(frozen=True)
class FetchResult:
    """What a source put into `files`."""

    files: tuple[Path, ...]
    """Files now present that came from here, absolute, below `Target.files`."""
    bytes: int
    """Bytes that went over the network."""
    failures: dict[str, str] = field(default_factory=dict)
    """Clip ids that could not be had, and why."""
    notes: tuple[str, ...] = ()
    checksums: dict[str, str] = field(default_factory=dict)
    """Remote path -> 'sha256:…' (or sha1, md5), where one is known."""
    revision: str | None = None
    """Commit that was fetched, where the card names a branch."""
    archives: dict[str, str] = field(default_factory=dict)
    """File, relative to `Target.files` -> the archive it came out of, where there were several."""
