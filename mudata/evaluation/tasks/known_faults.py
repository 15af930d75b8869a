"""What becomes of a split's clips with known faults when it is asked: kept, left out, or repaired."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, TypeVar

from mudata.catalog.cards.fault_overlays import overlays_sha256
from mudata.catalog.index import database

if TYPE_CHECKING:
    from mudata.catalog.splits.manifest import Manifest
    from mudata.home import Home

T = TypeVar("T")
FaultTreatment = Literal["drop", "keep", "repair"]


@dataclass(frozen=True, kw_only=True)
class TreatedFaults:
    """keep: clips as published, whatever is known of them. drop: without those that a fault says to drop. repair: with
    the labels, names and crops that are known to be right, and without what cannot be repaired."""

    how: FaultTreatment = "keep"
    own_sha256: Mapping[str, str] = field(default_factory=dict)
    """Hashes of the user's own faults, by dataset."""
    left_out: frozenset[str] = frozenset()
    """Clips that are not asked, by id."""

    @property
    def decides(self) -> list[object]:
        """What of it enters the id of a run: nothing where all is as published, as in runs of older versions."""
        return [] if self.how == "keep" else [{"faults": self.how, "own": dict(self.own_sha256)}]

    def without(self, clips: Mapping[str, T]) -> dict[str, T]:
        """Clips by id, but for those that are left out."""
        return {clip_id: value for clip_id, value in clips.items() if clip_id not in self.left_out}


AS_PUBLISHED = TreatedFaults()


def treat(home: Home, split: Manifest, datasets: Collection[str], asked: FaultTreatment | None) -> TreatedFaults:
    """What was asked for; None: as the split was drawn, that is repaired if it was, else as published.

    Raises CardError for faults of the user's own that cannot be read.
    """
    how = asked or ("repair" if split.is_repaired else "keep")
    if how == "keep":
        return AS_PUBLISHED
    own = overlays_sha256(home, sorted(datasets))
    query = "SELECT clip_id FROM faults WHERE action = 'drop'"
    if how == "repair":
        query = "SELECT clip_id FROM clips ANTI JOIN repaired_clips USING (clip_id)"
    with database.snapshot(home) as connection:
        rows = connection.execute(f"FROM ({query}) WHERE list_contains(?, split_part(clip_id, '/', 1))", [[*datasets]])
        return TreatedFaults(how=how, own_sha256=own, left_out=frozenset(row[0] for row in rows.fetchall()))
