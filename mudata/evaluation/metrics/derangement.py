"""Another clip for each clip, so that nobody keeps their own: the wrong-clip control takes its references there."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Hashable, Sequence
from itertools import chain
from typing import TYPE_CHECKING

from mudata.evaluation.metrics import rouge
from mudata.evaluation.metrics.scored import SEED

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from mudata.evaluation.metrics.scored import ScoredAnswer

NONE = -1
"""In the place of another clip where a dataset has no derangement."""
ALL_PAIRS = 4096
"""Up to so many clips all pairs are looked at: 16 million, of one byte each."""
CANDIDATES = 128
"""Of more clips each has so many others to go to, drawn at random: many times the ln(n) that a random graph needs to
have a perfect matching (P. Erdős, A. Rényi, On random matrices, 1964)."""

MANY = 10_000
"""Of more clips, whom to exchange with is drawn: to look at all costs their square where one track has nearly half."""


def other_clips(scored: Sequence[ScoredAnswer]) -> NDArray[np.intp]:
    """For each clip another one of its dataset, by a seeded derangement: nobody keeps their own.

    Clips of one track, or with a caption in common, are not given to each other; captions count as ROUGE reads them, so
    that a full stop makes no difference. Where that is impossible (one track has more than half of a dataset), clips of
    one track may be; where even captions cannot be kept apart, the dataset's clips get none.

    Clips are put in random order and everyone takes the next one's; whoever has got kin exchanges it with the first one
    for whom that helps both. Where no exchange helps, a maximum matching finds what there is. So it is one derangement
    of a seed, and not drawn uniformly from all of them.

    Args:
        scored: n clips with their references.

    Returns:
        Places in `scored`, shape (n,), each at most once; NONE for the clips of a dataset without a derangement.

    Source:
        Matching: J. E. Hopcroft, R. M. Karp, An n^(5/2) algorithm for maximum matchings in bipartite graphs, 1973.

    Example:
        >>> from mudata.evaluation.metrics.scored import ScoredAnswer
        >>> scored = [ScoredAnswer(f"d/{text}", "d", (text,), None) for text in "abc"]
        >>> sorted(other_clips(scored).tolist()), any(other_clips(scored) == [0, 1, 2])
        ([0, 1, 2], False)
        >>> other_clips(scored[:1]).tolist()
        [-1]
    """
    import numpy as np

    other = np.full(len(scored), NONE, dtype=np.intp)
    captions = [frozenset[Hashable](" ".join(rouge.words(text)) for text in item.references) for item in scored]
    tracks = [captions[i] | {("track", item.track)} if item.track else captions[i] for i, item in enumerate(scored)]
    places: defaultdict[str, list[int]] = defaultdict(list)
    for i, item in enumerate(scored):
        places[item.dataset].append(i)
    for mine in places.values():
        order = np.array(mine)[np.random.default_rng(SEED).permutation(len(mine))]
        given = np.roll(order, -1)
        for shared in (tracks, captions):
            of = [shared[i] for i in order]
            if 2 * max(Counter(chain.from_iterable(of)).values(), default=0) > len(of):
                continue  # whoever has what more than half have finds too few without it
            rank = {i: k for k, i in enumerate(order.tolist())}
            found = _exchanged([rank[i] for i in given.tolist()], of)
            if found is None:
                found = _matched(of)
            if found is not None:
                other[order] = order[found]
                break
    return other


def _exchanged(given: list[int], shared: Sequence[frozenset[Hashable]]) -> list[int] | None:
    """`given` after exchanges until nobody has kin; None as soon as somebody has whom no exchange helps."""
    import numpy as np

    given = list(given)

    def kin(i: int, j: int) -> bool:
        return not shared[i].isdisjoint(shared[j])

    n = len(given)
    everybody, random = range(n), np.random.default_rng(SEED)
    for i in everybody:
        if kin(i, given[i]):
            # of very many, some at random first: the first ones have been exchanged already, one after the other
            tried = chain(random.integers(0, n, CANDIDATES).tolist() if n > MANY else (), everybody)
            j = next((j for j in tried if not (kin(i, given[j]) or kin(j, given[i]))), None)
            if j is None:
                return None
            given[i], given[j] = given[j], given[i]
    return given


def _matched(shared: Sequence[frozenset[Hashable]]) -> list[int] | None:
    """Everyone with somebody who is no kin, everybody once; None where that cannot be.

    Of more than ALL_PAIRS clips it may be missed, where it hangs on few pairs."""
    import numpy as np
    from scipy.sparse import csr_array
    from scipy.sparse.csgraph import maximum_bipartite_matching

    n = len(shared)
    if n <= ALL_PAIRS:
        members: defaultdict[Hashable, list[int]] = defaultdict(list)
        for i, own in enumerate(shared):
            for key in own:
                members[key].append(i)
        allowed = np.ones((n, n), dtype=np.int8)
        np.fill_diagonal(allowed, 0)
        for alike in members.values():
            allowed[np.ix_(alike, alike)] = 0
        graph = csr_array(allowed)
    else:
        drawn = np.random.default_rng(SEED).integers(0, n, (n, CANDIDATES))
        pairs = [(i, j) for i, row in enumerate(drawn.tolist()) for j in row if shared[i].isdisjoint(shared[j])]
        rows, columns = np.array(pairs, dtype=np.intp).reshape(-1, 2).T
        graph = csr_array((np.ones(len(pairs), dtype=np.int8), (rows, columns)), shape=(n, n))
    found: list[int] = maximum_bipartite_matching(graph, perm_type="column").tolist()
    return None if NONE in found else found
