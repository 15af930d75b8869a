"""Samples that stand for the whole: every clip has the same chance, and labels keep their shares.

Half of the clips can be chosen with every label halved, as nearly as exchanges get it, and a coin then says which
half is taken: whatever the halving did, every clip was taken with probability 1/2. Any other probability is put
together from halves bit by bit, as Lovász, Spencer and Vesztergombi round vectors (Discrepancy of set-systems and
matrices, European Journal of Combinatorics 7, 1986): n of N clips are a half of 2 n of N clips, or what N - n of N
clips leave over. The error of each step is halved by the next, so that a sample that is right on average, but for
labels beyond the first of a clip only roughly even, serves as the beginning.
"""

from __future__ import annotations

import hashlib
import random
from typing import TYPE_CHECKING

import numpy as np

from mudata.catalog.splits.exchange import CLIP, exchange

if TYPE_CHECKING:
    from mudata.catalog.splits.label_counts import Integers, LabelCounts


def coins(table: LabelCounts) -> random.Random:
    """Chance that depends on nothing but the labels in their random order."""
    digest = hashlib.md5(usedforsecurity=False)
    for values in (table.starts, table.labels):
        digest.update(values.astype("<i8").tobytes())
    return random.Random(digest.digest())  # noqa: S311 - a seeded draw


def sample(table: LabelCounts, n: int, chance: random.Random, *, halvings: int = 8) -> Integers:
    """n of the clips in `table`, ascending, each with probability n / len(table).

    Of a single label per clip, each label has its share of n, rounded up or down at random.

    Args:
        table: labels of single clips, in random order.
        n: from 0 to len(table).
        chance: decides what rounding leaves open.
        halvings: each divides the error of the beginning, some dozens of clips of a common label, by two.

    Example:
        >>> from mudata.catalog.splits.label_counts import label_counts
        >>> table = label_counts(range(8), [[0]] * 4 + [[1]] * 4)
        >>> drawn = sample(table, 4, random.Random(0))
        >>> [int((drawn < 4).sum()), int((drawn >= 4).sum())]
        [2, 2]
    """
    total = len(table)
    steps = []
    for _ in range(halvings):
        if n in (0, total):
            break
        if complement := 2 * n > total:
            n = total - n
        n *= 2
        steps.append(complement)
    order = _by_label(table)
    drawn = np.zeros(total, bool)
    if total:
        # systematic sampling with a random start: of each run of the order, its share of n, rounded up or down
        drawn[order] = (np.arange(total) * n + chance.randrange(total)) % total < n
    for complement in reversed(steps):
        among = order[drawn[order]]
        part_of = np.zeros(total, np.int64)
        part_of[among[1::2]] = 1
        rows = np.flatnonzero(drawn)
        own = table.take(rows)
        wanted = np.broadcast_to(np.bincount(own.labels, minlength=table.width) * CLIP // 2, (2, table.width))
        halves = exchange(own, part_of[rows], wanted, np.zeros(table.width, bool))
        drawn[rows] = halves == chance.getrandbits(1)
        if complement:
            drawn = ~drawn
    return np.flatnonzero(drawn)


def _by_label(table: LabelCounts) -> Integers:
    """Rows sorted by their rarest label, then by the next; of equals in their random order.

    Labels of equal frequency come in the random order of their first clips.
    """
    width = max(table.width, 1)
    first = np.full(width, len(table))
    np.minimum.at(first, table.labels, table.owner)
    frequency = np.bincount(table.labels, minlength=width)
    rank = np.empty(width, np.int64)
    rank[np.lexsort((first, frequency))] = np.arange(width)
    owner, ranked = np.divmod(np.sort(table.owner * width + rank[table.labels]), width)
    bits = width.bit_length()
    place = np.arange(len(owner)) - table.starts[owner]
    key = np.zeros(len(table), np.int64)
    for nth in range(62 // bits):
        digit = np.full(len(table), width)  # no further label: last
        at = place == nth
        digit[owner[at]] = ranked[at]
        key = key << bits | digit
    return np.argsort(key, kind="stable")
