"""How much of each dataset is here, and whether it was meant to be so: what lists show beside the
cards. Asks no SQL.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mudata.object_store.location import is_wanted

if TYPE_CHECKING:
    from mudata.home import Home


@dataclass(frozen=True)
class Holding:
    """What is indexed of a dataset.

    `usable` clips of `declared` (that the card expects); None where an older version wrote the
    index. `selection`: what was asked for, by `subset`, `where`, `limit`, `usage`; `partial`: True if it is
    partial on purpose.
    """

    dataset: str
    usable: int | None
    declared: int | None
    selection: dict[str, Any]

    @property
    def state(self) -> str:
        """partial (on purpose), selected (by where, limit or usage), incomplete, or whole."""
        if self.selection.get("partial"):
            return "partial"
        if {"where", "limit", "usage"} & set(self.selection):
            return "selected"
        return "incomplete" if (self.usable or 0) < (self.declared or 0) else "whole"

    def __str__(self) -> str:
        counts = "indexed" if self.usable is None else f"{self.usable:,}"
        if self.state in ("partial", "incomplete") and self.declared:
            counts += f" of {self.declared:,}"
        return counts if self.state == "whole" else f"{counts}, {self.state}"


def holdings(home: Home) -> dict[str, Holding]:
    """What is indexed, by dataset. Raises HomeError for an index of a newer version."""
    if not ((home.index / "parts").is_dir() or is_wanted()):  # then nothing has to be imported
        return {}
    from mudata.catalog.index import database

    held = {}
    for name, generation in database.current_generations(home).items():
        counts = generation.about.get("counts") or {}
        held[name] = Holding(name, counts.get("usable"), counts.get("declared"), dict(generation.about["selection"]))
    return held
