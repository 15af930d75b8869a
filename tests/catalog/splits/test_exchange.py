"""Exchanges between parts: what stays, what falls, and where they end, beside all exchanges tried by hand."""

from __future__ import annotations

import random
from itertools import product

import numpy as np
import pytest

from mudata.catalog.splits.exchange import CLIP, exchange, weights
from mudata.catalog.splits.label_counts import LabelCounts, label_counts


def _some(seed: int, *, grouped: bool) -> tuple[LabelCounts, np.ndarray, np.ndarray]:
    """Clips with labels, in three parts at random, and what each part should have."""
    chance = random.Random(seed)
    clips, names = 40, 6
    labels = [sorted(chance.sample(range(names), chance.randint(1, 3))) for _ in range(clips)]
    groups = sorted(chance.choices(range(15), k=clips)) if grouped else range(clips)
    number = {group: i for i, group in enumerate(dict.fromkeys(groups))}
    table = label_counts([number[group] for group in groups], labels)
    part_of = np.array(chance.choices(range(3), (6, 2, 2), k=len(table)))
    total = np.bincount(table.labels, table.clips, names).astype(np.int64)
    return table, part_of, np.array([[6], [2], [2]]) * total * CLIP // 10


def _far(table: LabelCounts, part_of: np.ndarray, wanted: np.ndarray) -> int:
    return int(((table.by_part(part_of, 3) * CLIP - wanted) ** 2 * weights(table)).sum())


@pytest.mark.parametrize("grouped", [False, True])
def test_it_ends_where_no_exchange_of_two_does_good(grouped: bool) -> None:
    for seed in range(5):
        table, before, wanted = _some(seed, grouped=grouped)
        after = exchange(table, before, wanted, np.zeros(table.width, bool))
        clips = [np.bincount(part_of, table.sizes, 3).tolist() for part_of in (before, after)]
        assert clips[0] == clips[1]
        reached = _far(table, after, wanted)
        assert reached < _far(table, before, wanted) or (grouped and (after == before).all())
        for i, j in product(range(len(table)), repeat=2):
            if table.sizes[i] == table.sizes[j]:
                other = after.copy()
                other[[i, j]] = after[[j, i]]
                assert _far(table, other, wanted) >= reached


def test_a_label_absent_from_a_part_counts_more_than_shares() -> None:
    labels = [[0, 1], [0, 1], [1], [1], [1], [1]]
    table = label_counts(range(6), labels)
    before, wanted = np.array([0, 0, 1, 1, 1, 0]), np.array([[2, 3], [0, 3]]) * CLIP
    assert exchange(table, before, wanted, np.array([False, False])).tolist() == before.tolist()
    after = exchange(table, before, wanted, np.array([True, False]))
    assert sorted(after[:2].tolist()) == [0, 1]
    assert np.bincount(after).tolist() == [3, 3]


def test_a_unit_moves_where_no_exchange_brings_a_label() -> None:
    table = label_counts(range(3), [[0], [0], [0]])
    after = exchange(table, np.zeros(3, np.int64), np.array([[2], [1]]) * CLIP, np.array([True]))
    assert np.bincount(after).tolist() == [2, 1]
