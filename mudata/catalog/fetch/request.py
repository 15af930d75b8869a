"""What is asked of a fetch, and what it tells."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from mudata.execution.local_processes import LOCAL

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mudata.catalog.audio.stores import Store
    from mudata.catalog.cards.licence_terms import Purpose
    from mudata.execution.executor import Executor


@dataclass(frozen=True, kw_only=True)
class FetchRequest:
    """What is asked for."""

    subset: str | None = None
    """One of the card's subsets, or several with commas between; None: its default."""
    where: str | None = None
    """SQL condition that chooses clips, see `read.reader.read`."""
    limit: int | None = None
    """So many clips."""
    usage: Purpose | None = None
    """Only clips that may be used for this purpose; None: whatever their licence."""
    offline: bool = False
    origin: tuple[Path, ...] = ()
    """Folders, archives or shards of the user that are used in place of downloads."""
    copy: bool = False
    """Copy files of `origin`; else they are linked."""
    accept_licence: bool = False
    jobs: int = 4
    """Downloads at a time."""
    executor: Executor = LOCAL
    """Where it is composed and decoded."""
    pins: Mapping[str, str] = field(default_factory=dict)
    """Repository -> commit that is fetched in place of the card's revision."""
    partial: bool | None = None
    """Whether the copy is partial on purpose: that it lacks clips or tables is then a state and no
    fault. It is kept with the dataset; None: as it was, False takes it back."""
    store: Store | None = None
    """How sound is kept; None: as it was, at first DEFAULT_STORE."""


@dataclass(frozen=True, kw_only=True)
class Fetched:
    """What is there now."""

    dataset: str
    mirrors: dict[str, str]
    """Component -> where it came from."""
    files: int
    bytes: int
    """That went over the network this time."""
    failures: dict[str, str]
    """Clip ids that could not be had, and why."""
    notes: tuple[str, ...]
