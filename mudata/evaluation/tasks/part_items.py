"""Items of a part of a split, of tasks whose items have a truth of their own.

An item belongs to the part that has all of its clips. One with some clips elsewhere is torn: it
would ask in one part about what another one may learn from.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mudata.evaluation.tasks.samples import Sample

if TYPE_CHECKING:
    from mudata.evaluation.tasks.indexed_clips import IndexedClips, IndexedItem
    from mudata.evaluation.tasks.task import Task


@dataclass(frozen=True, kw_only=True)
class PartItems:
    """`whole` lie in the part, `torn` is how many do in part only, and `unasked` how many clips of
    the part no item is about."""

    whole: tuple[IndexedItem, ...]
    torn: int
    unasked: int

    @classmethod
    def of(cls, rows: Sequence[IndexedItem], part: Mapping[str, str]) -> PartItems:
        """Sort items by whether their clips are in `part` (hash by clip id)."""
        inside = [sum(clip_id in part for clip_id in row.clips) for row in rows]
        whole = tuple(row for row, clips in zip(rows, inside, strict=True) if clips == len(row.clips))
        torn = sum(0 < clips < len(row.clips) for row, clips in zip(rows, inside, strict=True))
        heard = {clip_id for row in rows for clip_id in row.clips}
        return cls(whole=whole, torn=torn, unasked=sum(clip_id not in heard for clip_id in part))


def sample_of(row: IndexedItem, task: Task, clips: IndexedClips, part: Mapping[str, str], seed: int | None) -> Sample:
    """An item as it is asked. `part` has the hash of each clip when the split was drawn, `seed`
    draws the order in which options are shown (None: as they are written)."""
    return Sample(
        item_id=row.item_id,
        dataset=row.dataset,
        references=(row.truth,),
        clips=tuple(
            clips.clip(clip_id, part[clip_id]).heard_as(semitones, row.seconds)
            for clip_id, semitones in zip(row.clips, row.semitones or (0,) * len(row.clips), strict=True)
        ),
        question=row.question,
        options=_options(row, task, seed),
        category=row.category,
        cluster=row.cluster,
        difficulty=row.difficulty,
    )


def _options(row: IndexedItem, task: Task, seed: int | None) -> tuple[str, ...]:
    """Those of an order stay as they are written, since its truth counts them, and so do those of
    the kind ('first', 'second')."""
    if not row.options or row.options == task.kind_options:
        return task.kind_options
    return row.options if task.kind == "order" or seed is None else shown(row.options, row.item_id, seed)


def shown(options: Sequence[str], item_id: str, seed: int) -> tuple[str, ...]:
    """Options in the order in which they are shown: drawn by the seed for each item anew, the same
    on every machine.

    Example:
        >>> shown(("C major", "F major", "G major"), "d/1", 0), shown(("C major", "F major", "G major"), "d/2", 0)
        (('G major', 'F major', 'C major'), ('G major', 'C major', 'F major'))
    """
    return tuple(sorted(options, key=lambda option: hashlib.sha256(f"{seed}\0{item_id}\0{option}".encode()).digest()))
