"""In which order clips are taken into a listening test: by the seed, different ones first."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np


def clip_order(
    items: Sequence[str], clusters: Mapping[str, str], strata: Mapping[str, str], random: np.random.Generator
) -> list[str]:
    """Items in a random order in which nobody's second clip comes before everybody's first, and in which the strata
    take turns: however many are taken from the front, they are of as many artists, and as evenly of all labels, as can
    be.

    Args:
        items: that may be taken.
        clusters: of each (see `mudata.catalog.clusters`).
        strata: of each, such as its first label.
        random: draws the order.

    Example:
        >>> import numpy as np
        >>> items = ["a1", "a2", "b1", "c1"]
        >>> clusters, strata = {item: item[0] for item in items}, dict.fromkeys(items, "")
        >>> sorted(item[0] for item in clip_order(items, clusters, strata, np.random.default_rng(0))[:3])
        ['a', 'b', 'c']
    """
    shuffled = [items[i] for i in random.permutation(len(items)).tolist()]
    of_cluster, of_stratum = Counter[str](), Counter[tuple[int, str]]()
    places = {}
    for item in shuffled:
        turn = of_cluster[clusters[item]]
        of_cluster[clusters[item]] += 1
        stratum = (turn, strata[item])
        places[item] = (turn, of_stratum[stratum])
        of_stratum[stratum] += 1
    return sorted(shuffled, key=places.__getitem__)
