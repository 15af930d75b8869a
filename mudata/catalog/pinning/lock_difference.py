"""What is not as a lock has it, and how grave that is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from mudata.table import Table

State = Literal["same", "differs", "gone"]


@dataclass(frozen=True, kw_only=True)
class LockDifference:
    """One thing that is not as it was locked.

    kind: gone (cannot be had), card, source (another mirror, commit or archive), clips (lost, changed or further ones),
        rows (what is told of clips), tools, split, faults
    severity: error (what is here is not what was locked), note (it did not matter)
    """

    what: str
    """Name of the dataset or split; empty: the whole home."""
    kind: str
    severity: Literal["error", "note"]
    text: str
    clip_ids: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{self.severity}: {self.what + ': ' if self.what else ''}{self.text}"


@dataclass(frozen=True, kw_only=True, repr=False)
class Reproduced:
    """What became of a lock."""

    states: Mapping[str, State]
    """By 'dataset NAME' and 'split NAME': same; differs; gone (it could not be had)."""
    clips: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    """By the same: clips that are as they were locked, of so many."""
    differences: Sequence[LockDifference] = ()

    @property
    def is_same(self) -> bool:
        """Whether everything is as it was locked, but for what did not matter."""
        return all(difference.severity == "note" for difference in self.differences)

    def table(self) -> Table:
        """A row for each dataset and split: kind, name, state, clips as locked, of how many."""
        rows: list[dict[str, Any]] = []
        for key, state in self.states.items():
            kind, _, name = key.partition(" ")
            same, of = self.clips.get(key, (0, 0))
            rows.append({"kind": kind, "name": name, "state": state, "clips": same, "of": of})
        return Table(rows, ("kind", "name", "state", "clips", "of"))

    def __repr__(self) -> str:
        return "\n".join([*self.table().lines(), *map(str, self.differences)])
