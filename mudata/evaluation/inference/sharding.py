"""Shards: a run asked by several commands that know nothing of each other, such as the jobs of a batch system.

Shard i of n asks every n-th item in the order of the plan, from the i-th on; all passes of an item are in one shard.
What decides answers (controls, what is learned from, the keys of answers) is that of the whole run, so that each answer
is the one that the whole run would have got. A shard is a run of its own under `shards/` in the home, where no table of
runs counts it; `merging` joins all of them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from mudata.errors import EvaluationError

if TYPE_CHECKING:
    from mudata.evaluation.tasks.samples import Sample

T = TypeVar("T")


@dataclass(frozen=True, order=True)
class Shard:
    """Number `number` (from 1) of `of` shards."""

    number: int
    of: int

    @classmethod
    def parse(cls, text: str) -> Shard:
        """A shard as it is written: '2/8'.

        Raises:
            EvaluationError: it is no such text, or has a number below 1 or above the count.

        Example:
            >>> Shard.parse("2/8")
            Shard(number=2, of=8)
        """
        found = re.fullmatch(r"0*([1-9][0-9]{0,8})/0*([1-9][0-9]{0,8})", text.strip(), re.ASCII)
        if not found or int(found[1]) > int(found[2]):
            raise EvaluationError(f"{text!r} is no shard.", "Write i/n, with i from 1 to n: 1/8 is the first of eight.")
        return cls(int(found[1]), int(found[2]))

    def __str__(self) -> str:
        return f"{self.number}/{self.of}"

    def id_of(self, run_id: str) -> str:
        """The id of this shard of a run."""
        return f"{run_id}-{self.number}of{self.of}"

    def share(self, items: Sequence[Sample]) -> tuple[Sample, ...]:
        """Its items of all. Raises EvaluationError where there are fewer items than shards."""
        groups = by_item(items, lambda item: item.of or item.item_id)
        if self.of > len(groups):
            raise EvaluationError(
                f"{len(groups)} items cannot be asked in {self.of} shards: some would have nothing to ask.",
                f"Ask them in {len(groups)} shards at most, all of them with the same count.",
            )
        return tuple(item for group in groups[self.number - 1 :: self.of] for item in group)


def by_item(lines: Iterable[T], item_of: Callable[[T], str]) -> list[list[T]]:
    """Passes of one item together, items in the order of their first pass."""
    groups: dict[str, list[T]] = {}
    for line in lines:
        groups.setdefault(item_of(line), []).append(line)
    return list(groups.values())
