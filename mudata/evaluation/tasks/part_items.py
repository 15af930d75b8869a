"""Items of a part of a split, of tasks whose items have a truth of their own.

An item belongs to the part that has all of its clips. One with some clips elsewhere is torn: it
would ask in one part about what another one may learn from.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from mudata.evaluation.tasks.option_order import pass_id, passes
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


def samples_of(
    row: IndexedItem, task: Task, clips: IndexedClips, part: Mapping[str, str], seed: int | None
) -> Iterator[Sample]:
    """An item as it is asked, once for each order of its options, or for each format of its answer. `part` has the hash
    of each clip when the split was drawn, `seed` draws orders (None: as it is written, once). Raises EvaluationError as
    `passes` does."""
    asked = sample_of(row, task, clips, part)
    if row.formats and seed is not None:
        yield from map(asked.in_format, range(len(row.formats)))
        return
    order = "stored" if seed is None else task.order_of(asked.options)
    for number, options in passes(asked.options, row.item_id, row.truth, order, seed or 0):
        of = None if number is None else row.item_id
        yield replace(asked, options=options, item_id=pass_id(row.item_id, number), of=of, pass_number=number)


def sample_of(row: IndexedItem, task: Task, clips: IndexedClips, part: Mapping[str, str]) -> Sample:
    """An item as it is written."""
    return Sample(
        item_id=row.item_id,
        dataset=row.dataset,
        references=(row.truth,),
        clips=tuple(
            clips.clip(clip_id, part[clip_id]).heard_as(semitones, row.seconds)
            for clip_id, semitones in zip(row.clips, row.semitones or (0,) * len(row.clips), strict=True)
        ),
        question=row.question,
        options=row.options or task.kind_options,
        category=row.category,
        cluster=row.cluster,
        difficulty=row.difficulty,
        categories=row.categories,
        settings=row.settings,
        formats=row.formats,
    )
