"""Exchanges between parts: as long as labels come nearer to what each part should have, two clips change places.

What falls is the number of labels that a part lacks, and then the sum over labels and parts of
((clips - wanted clips) / clips of the label)^2. Only units of one size change places, so that the sizes of the parts
stay what they are. Everything is counted in whole numbers, in an order that the arguments decide, so that every
machine makes the same exchanges.

Dealing clips out one by one leaves the last ones to take the room that is left, whatever their labels; exchanges
afterwards do for several labels what largest remainders do for one.
"""

from __future__ import annotations

from functools import cached_property
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from mudata.catalog.splits.label_counts import Integers, LabelCounts

CLIP = 1 << 10
"""One clip in the fixed-point numbers of `wanted`."""

_WEIGHT = 1 << 24
"""Weight of a label of one clip. That of a label of m clips is this / m^2, and 1 from 4,096 clips on."""

_ABSENCE = 1 << 40
"""What the absence of a label weighs where units are looked for, above all that shares do."""

_SEARCHES = ((1 << 11, 64, False), (1 << 13, 128, True))
"""Among how many units the best of each of two parts are looked for, how many of them are tried with each other, and
whether each has to have other labels than the others: first what is quick, then what finds more."""

_ROUNDS = 40
"""Rounds through all units in each search, at most; most end after two or three."""

Reals = npt.NDArray[np.float64]
"""Whole numbers below 2^53, which floating point adds and multiplies exactly, in any order."""


def exchange(table: LabelCounts, part_of: Integers, wanted: Integers, everywhere: npt.NDArray[np.bool_]) -> Integers:
    """The parts after all exchanges that bring labels nearer to what is wanted.

    Args:
        table: labels by unit, in random order.
        part_of: the part of each unit, numbered from 0; shape (units,).
        wanted: clips of each label that each part should have, times `CLIP`; shape (parts, labels).
        everywhere: labels whose absence from a part counts more than all shares; shape (labels,). Where no exchange
            brings one into a part, a unit moves there, and the sizes of parts give way.

    Example:
        >>> from mudata.catalog.splits.label_counts import label_counts
        >>> table = label_counts(range(4), [[0], [0], [1], [1]])
        >>> exchange(table, np.array([0, 0, 1, 1]), np.full((2, 2), CLIP), np.zeros(2, bool)).tolist()
        [1, 0, 0, 1]
    """
    made = _Parts(table, part_of, wanted, everywhere)
    made.even_out()
    if made.bring():
        made.even_out()
    return made.part_of


def weights(table: LabelCounts) -> Integers:
    """What a squared clip too much of each label weighs; shape (labels,)."""
    clips = np.bincount(table.labels, table.clips, table.width).astype(np.int64)
    made: Integers = np.maximum(1, _WEIGHT // np.maximum(1, clips) ** 2)
    return made


class _Parts:
    """Units in parts, and what each part has too much of each label."""

    def __init__(
        self, table: LabelCounts, part_of: Integers, wanted: Integers, everywhere: npt.NDArray[np.bool_]
    ) -> None:
        self.table, self.part_of, self.everywhere = table, part_of.copy(), everywhere
        clips = table.by_part(part_of, len(wanted))
        self.surplus = clips * CLIP - wanted
        self.units = table.by_part(part_of, len(wanted), of_units=True) if (table.clips > 1).any() else clips
        self.weight = weights(table)

    @cached_property
    def kind(self) -> npt.NDArray[np.uint64]:
        """A hash of each unit's labels and their clips."""
        return _kinds(self.table)

    def even_out(self) -> None:
        pairs = list(combinations(range(len(self.surplus)), 2))
        for chunk, number, distinct in _SEARCHES:
            for turn in range(_ROUNDS):  # every other one with other units together
                chunks = [(max(i, 0), i + chunk) for i in range(-(turn % 2) * chunk // 2, len(self.table), chunk)]
                made = [self._between(*pair, ends, number, distinct) for ends in chunks for pair in pairs]
                if not any(made):
                    break

    def bring(self) -> bool:
        """Move a unit into each part that lacks a label, out of one that keeps its labels; whether any moved."""
        moved = False
        for part, label in np.argwhere(self.everywhere & (self.units == 0)):
            options = []
            for unit in self.table.owner[self.table.labels == label].tolist():
                own = slice(*self.table.starts[[unit, unit + 1]])
                labels, clips = self.table.labels[own], self.table.clips[own]
                absent = self.absences(self.part_of[unit], part)[labels].sum()
                change = clips * (self.slope(part, self.part_of[unit])[labels] + self.weight[labels] * CLIP * clips)
                options.append((int(absent), int(change.sum()), unit))
            if min(options)[0] < 0:
                self.move(min(options)[-1], part)
                moved = True
        return moved

    def move(self, unit: int, part: int) -> None:
        own = slice(*self.table.starts[[unit, unit + 1]])
        labels, clips = self.table.labels[own], self.table.clips[own] * CLIP
        for at, sign in ((self.part_of[unit], -1), (part, 1)):
            self.surplus[at, labels] += sign * clips
            self.units[at, labels] += sign
        self.part_of[unit] = part

    def absences(self, part: int, other: int) -> Integers:
        """In how many more parts each label is absent when a unit that bears it goes from one part to another."""
        loses = self.everywhere & (self.units[part] == 1)
        wins = self.everywhere & (self.units[other] == 0)
        more: Integers = loses.astype(np.int64) - wins
        return more

    def slope(self, part: int, other: int) -> Integers:
        """By how much a clip of each label more in `part` and less in `other` adds to what is to fall, at first."""
        slope: Integers = self.weight * (self.surplus[part] - self.surplus[other])
        return slope

    def _between(self, a: int, b: int, chunk: tuple[int, int], number: int, distinct: bool) -> bool:
        """Exchange units between two parts, within a chunk; whether any were."""
        lacking = (self.everywhere & ((self.units[a] == 0) | (self.units[b] == 0))).any()
        if not lacking and (np.abs(self.surplus[a] - self.surplus[b]) <= CLIP).all():
            return False  # each label is within half a clip, and no exchange can do any good
        trial = _Trial(self, a, b, *(self._best(x, y, chunk, number, distinct) for x, y in ((a, b), (b, a))))
        made = False
        while trial.exchange():
            made = True
        return made

    def _best(self, part: int, other: int, chunk: tuple[int, int], number: int, distinct: bool) -> Integers:
        """Those units of a part that it is best to give to the other."""
        begin, end = chunk
        starts = self.table.starts[begin : end + 1]
        own = slice(starts[0], starts[-1])
        labels, clips = self.table.labels[own], self.table.clips[own]
        change = self.slope(other, part)[labels] + self.weight[labels] * CLIP * clips
        total = np.cumsum(clips * change + self.absences(part, other)[labels] * _ABSENCE)
        total = np.concatenate(([0], total))[starts - starts[0]]
        rows = np.flatnonzero(self.part_of[begin:end] == part)
        if distinct:
            rows = rows[np.sort(np.unique(self.kind[begin + rows], return_index=True)[1])]
        return begin + rows[_least(np.diff(total)[rows], number)]


class _Trial:
    """Units of two parts, each tried with each: dense rows of the labels that any of them has."""

    def __init__(self, parts: _Parts, a: int, b: int, leaving: Integers, coming: Integers) -> None:
        self.parts, self.a, self.b = parts, a, b
        self.units = leaving, coming
        own = parts.table.take(np.concatenate((leaving, coming)))
        self.used, column = np.unique(own.labels, return_inverse=True)
        dense = np.zeros((len(own), len(self.used)))
        dense[own.owner, column] = own.clips
        self.out, self.into = dense[: len(leaving)], dense[len(leaving) :]
        self.weight = parts.weight[self.used].astype(np.float64)
        self.own = self.out**2 @ self.weight, self.into**2 @ self.weight
        self.shared = _products(self.out * self.weight, self.into)
        self.unequal = own.sizes[: len(leaving), None] != own.sizes[None, len(leaving) :]

    def exchange(self) -> bool:
        """Let the pair change places whose exchange does most good; whether any does good."""
        if not self.shared.size:
            return False
        # of the sum of weight * (surplus of a + gain)^2 + weight * (surplus of b - gain)^2, gain = into - out
        slope = self.parts.slope(self.a, self.b)[self.used].astype(np.float64)
        leaves, comes = CLIP * self.own[0] - self.out @ slope, CLIP * self.own[1] + self.into @ slope
        change = leaves[:, None] + comes[None, :] - (2.0 * CLIP) * self.shared
        change[self.unequal] = np.inf
        absent = self._absent()
        if absent is not None:
            fewest = min(0, int(absent[~self.unequal].min(initial=0)))
            change[absent > fewest] = np.inf
        i, j = divmod(int(change.argmin()), change.shape[1])
        does_good = change[i, j] < 0 or (absent is not None and fewest < 0)
        if does_good:
            self._swap(i, j)
        return bool(does_good)

    def _absent(self) -> Reals | None:
        """Labels absent from a part after each exchange, more than before; None where it cannot matter."""
        ways = ((self.a, self.b), (self.b, self.a))
        leaves, comes = (self.parts.absences(*way)[self.used].astype(np.float64) for way in ways)
        told = np.flatnonzero((leaves != 0) | (comes != 0))
        if not len(told):
            return None
        leaves, comes = leaves[told], comes[told]
        out, into = (self.out[:, told] > 0).astype(np.float64), (self.into[:, told] > 0).astype(np.float64)
        absent: Reals = (out @ leaves)[:, None] + (into @ comes)[None, :] - _products(out * (leaves + comes), into)
        return absent

    def _swap(self, i: int, j: int) -> None:
        parts, (leaving, coming) = self.parts, self.units
        parts.move(int(leaving[i]), self.b)
        parts.move(int(coming[j]), self.a)
        leaving[i], coming[j] = coming[j], leaving[i]
        self.out[i], self.into[j] = self.into[j].copy(), self.out[i].copy()
        self.own[0][i], self.own[1][j] = self.own[1][j], self.own[0][i]
        self.shared[i] = self.into @ (self.out[i] * self.weight)
        self.shared[:, j] = self.out @ (self.into[j] * self.weight)


def _products(a: Reals, b: Reals) -> Reals:
    """The scalar product of each row of one with each of the other; too few to be worth the threads of a @ b.T."""
    made: Reals = np.einsum("ij,kj->ik", a, b)
    return made


def _least(values: Integers, number: int) -> Integers:
    """Positions of the least values, ascending; of equals the first."""
    near = np.arange(len(values))
    if len(values) > number:
        near = np.flatnonzero(values <= np.partition(values, number - 1)[number - 1])
    return near[np.argsort(values[near], kind="stable")[:number]]


def _kinds(table: LabelCounts) -> npt.NDArray[np.uint64]:
    """A hash of each unit's labels and their clips: splitmix64 of the labels, in sum."""
    mixed = np.arange(1, table.width + 1, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
        mixed = (mixed ^ (mixed >> np.uint64(shift))) * np.uint64(factor)
    mixed ^= mixed >> np.uint64(31)
    total = np.zeros(len(table.labels) + 1, np.uint64)
    np.cumsum(mixed[table.labels] * table.clips.astype(np.uint64), out=total[1:])
    return total[table.starts[1:]] - total[table.starts[:-1]]
