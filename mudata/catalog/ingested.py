"""What a fetch left in the index, in numbers and reasons."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mudata.catalog.index import database
from mudata.catalog.read.reader import NO_TABLE, Issue

if TYPE_CHECKING:
    from mudata.catalog.audio.stores import Store
    from mudata.catalog.fetch.request import FetchRequest
    from mudata.catalog.index.generations import Generation
    from mudata.home import Home

Reasons = tuple[tuple[str, str], ...]
"""(id, reason) of clips, by id."""


@dataclass(frozen=True, kw_only=True, repr=False)
class Ingested:
    """What is in the index now. Ids are without the dataset's name."""

    dataset: str
    declared: int
    """Clips the card expects of the subset; where it does not say, clips that were read."""
    fetched: int
    """Clips whose raw file is there."""
    usable: int
    """Clips with status ok."""
    quarantined: Reasons
    missing: Reasons
    issues: tuple[Issue, ...]
    """What in the raw files was left out or could not be understood."""
    generation: Path
    audio_format: str
    unchanged: bool
    """Whether the index said exactly this before; then nothing was written."""
    lacking: int = 0
    """Clips that the card promises, were asked for, and are neither here nor accounted for."""
    partial: bool = False
    """Whether that is so on purpose: see `FetchRequest.partial`."""
    store: Store = "flac"
    """How sound is kept: flac, normalised copies, or reference, none."""
    freed_bytes: int = 0
    """Of copies that went, since the dataset is kept by reference now."""

    @property
    def flavour(self) -> str:
        """The audio format, as version 0.1.0 called it."""
        return self.audio_format

    @property
    def is_incomplete(self) -> bool:
        """Whether clips, or tables that tell of them, are not here."""
        return self.lacking > 0 or any(issue.kind == NO_TABLE for issue in self.issues)

    @property
    def at_fault(self) -> bool:
        """Whether anything is not as it should be: a clip is unusable, or something is not here
        that was asked for, and not left out on purpose."""
        return bool(self.quarantined) or (not self.partial and (bool(self.missing) or self.is_incomplete))

    @property
    def extent(self) -> str:
        """How much is here, in words."""
        tables = [issue.where for issue in self.issues if issue.kind == NO_TABLE]
        without = f", without {', '.join(tables)}" if tables else ""
        return f"{self.declared - self.lacking:,} of {self.declared:,} clips are here{without}"

    def __repr__(self) -> str:
        counts = f"{self.usable:,} usable of {self.fetched:,} fetched of {self.declared:,} declared clips"
        others = f", {len(self.quarantined):,} quarantined, {len(self.missing):,} missing"
        others += ", partial on purpose" if self.partial else ""
        return f"{self.dataset}: {counts}{others} ({self.audio_format})"


def reasons(clips: Sequence[Mapping[str, Any]], status: str) -> Reasons:
    """Of the clips of a status (rows with clip_id, status, reason)."""
    return tuple((c["clip_id"].partition("/")[2], c["reason"]) for c in clips if c["status"] == status)


def lacking_of(declared: int, request: FetchRequest, clips: int) -> int:
    """Clips that are lacking: of those that the card promises and that were asked for, neither here nor accounted
    for."""
    if request.where is not None or request.usage is not None:
        return 0
    return max(0, (declared if request.limit is None else min(request.limit, declared)) - clips)


def of_index(home: Home, dataset: str, generation: Generation, request: FetchRequest) -> Ingested:
    """What the index says of a dataset as it is, as the fetch that made it said. Raises HomeError."""
    with database.snapshot(home) as connection:
        told = connection.execute(
            "SELECT flavour, declared, fetched, usable FROM datasets WHERE dataset = ?", [dataset]
        ).fetchone()
        found = connection.execute(
            "SELECT clip_id, status, reason FROM clips WHERE dataset = ? ORDER BY ALL", [dataset]
        ).fetchall()
    clips = [dict(zip(("clip_id", "status", "reason"), row, strict=True)) for row in found]
    counts = Counter(clip["status"] for clip in clips)
    flavour, declared, fetched, usable = told or ("native", len(clips), len(clips) - counts["missing"], counts["ok"])
    return Ingested(
        dataset=dataset,
        declared=declared,
        fetched=fetched,
        usable=usable,
        quarantined=reasons(clips, "quarantined"),
        missing=reasons(clips, "missing"),
        issues=tuple(Issue(**issue) for issue in generation.about.get("issues", ())),
        generation=generation.folder,
        audio_format=flavour,
        unchanged=True,
        lacking=lacking_of(declared, request, len(clips)),
        partial=bool(generation.about["selection"].get("partial")),
        store=generation.about.get("store", "flac"),
    )
