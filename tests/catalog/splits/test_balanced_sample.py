"""Samples: sizes, labels, and equal chances whatever the order of the clips."""

from __future__ import annotations

import random
from collections import Counter

import pytest
from scipy.stats import chi2

from mudata.catalog.splits.balanced_sample import coins, sample
from mudata.catalog.splits.label_counts import label_counts

UNLIKE = [[0], [0], [0, 1], [1, 2], [2], [2, 3], [3, 4, 5], [0, 5], [], [6], [0, 1, 2, 3], [0]]
"""No two of most of them are alike, so that only chance can make them equal."""


@pytest.mark.parametrize("n", range(13))
def test_samples_have_their_size(n: int) -> None:
    drawn = sample(label_counts(range(12), UNLIKE), n, random.Random(n)).tolist()
    assert len(set(drawn)) == len(drawn) == n
    assert drawn == sorted(drawn)


@pytest.mark.parametrize("n", [1, 5])
@pytest.mark.slow
def test_every_clip_has_the_same_chance_in_one_order_too(n: int) -> None:
    table, chance, times = label_counts(range(12), UNLIKE), random.Random(n), 200
    drawn = Counter(i for _ in range(times) for i in sample(table, n, chance).tolist())
    share = n / 12
    assert chi2.sf(sum((drawn[i] - times * share) ** 2 for i in range(12)) / (times * share * (1 - share)), 11) > 0.001


def test_the_coins_are_those_of_the_labels_in_their_order() -> None:
    one, same, other = (label_counts(range(12), labels) for labels in (UNLIKE, UNLIKE, UNLIKE[::-1]))
    assert coins(one).random() == coins(same).random() != coins(other).random()
