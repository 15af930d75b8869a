"""How many clips of each label a clip, or a group of clips that stays together, holds: a sparse table.

Compressed sparse rows, as scipy.sparse has them; only what dealing needs, in whole numbers.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain

import numpy as np
import numpy.typing as npt

Integers = npt.NDArray[np.int64]


@dataclass(frozen=True)
class LabelCounts:
    """A row per unit (a clip, or a group of clips), a column per label."""

    starts: Integers
    """Where each row begins in `labels` and `clips`, and where the last one ends; shape (units + 1,)."""
    labels: Integers
    """The labels of each row, ascending; shape (entries,)."""
    clips: Integers
    """Clips of the unit that bear the label, from 1; shape (entries,)."""
    sizes: Integers
    """Clips of each unit; shape (units,)."""
    width: int
    """Number of labels."""

    def __len__(self) -> int:
        return len(self.sizes)

    @property
    def owner(self) -> Integers:
        """The unit of each entry; shape (entries,)."""
        return np.repeat(np.arange(len(self)), np.diff(self.starts))

    def take(self, rows: Integers) -> LabelCounts:
        """These rows, in this order."""
        lengths = np.diff(self.starts)[rows]
        starts = _starts(lengths)
        entries = np.arange(starts[-1]) + np.repeat(self.starts[rows] - starts[:-1], lengths)
        return LabelCounts(starts, self.labels[entries], self.clips[entries], self.sizes[rows], self.width)

    def by_part(self, part_of: Integers, parts: int, *, of_units: bool = False) -> Integers:
        """Clips (or units) of each label in each part; shape (parts, labels)."""
        cells = part_of[self.owner] * self.width + self.labels
        weights = None if of_units else self.clips
        counted = np.bincount(cells, weights, minlength=parts * self.width)  # exact: whole numbers below 2^53
        return counted.astype(np.int64).reshape(parts, self.width)


def label_counts(groups: Sequence[int], labels: Sequence[Sequence[int]]) -> LabelCounts:
    """The table of clips in groups.

    Args:
        groups: the group of each clip, numbered from 0 without gaps.
        labels: the labels of each clip, numbered from 0, none twice.

    Example:
        >>> made = label_counts([0, 1, 0], [[2], [0, 2], [2]])
        >>> made.starts.tolist(), made.labels.tolist(), made.clips.tolist(), made.sizes.tolist()
        ([0, 1, 3], [2, 0, 2], [2, 1, 1], [2, 1])
    """
    of = np.asarray(groups, dtype=np.int64)
    lengths = np.fromiter(map(len, labels), np.int64, len(labels))
    borne = np.fromiter(chain.from_iterable(labels), np.int64, int(lengths.sum()))
    width = int(borne.max(initial=-1)) + 1
    sizes = np.bincount(of).astype(np.int64)
    cells, clips = np.unique(np.repeat(of, lengths) * max(width, 1) + borne, return_counts=True)
    owner, label = np.divmod(cells, max(width, 1))
    starts = _starts(np.bincount(owner, minlength=len(sizes)))
    return LabelCounts(starts, label, clips.astype(np.int64), sizes, width)


def _starts(lengths: Integers) -> Integers:
    return np.concatenate(([0], np.cumsum(lengths, dtype=np.int64)))
