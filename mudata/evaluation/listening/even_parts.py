"""Division that is even in every group at once: what listening tests are balanced by.

Elements (trials) lie in groups of two sides (of raters; of clips), on each side groups within groups. They are divided
into parts (systems) so that every group of either side gets of each part the same number of elements, give or take one.
That this can always be done is a theorem on colouring the edges of bipartite graphs; it is done by flows, part by part.

Source:
    D. de Werra, Equitable colorations of graphs, 1971: equitable edge colourings of bipartite multigraphs. That
    groups within groups may be demanded on both sides is the integrality of flows (L. R. Ford, D. R. Fulkerson, Flows
    in Networks, 1962, on circulations with lower bounds): one part in q of everything is a flow, so there is one of
    whole numbers within its bounds.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

Levels = Sequence[Sequence[Hashable]]
"""A side: from coarse to fine, the group of every element; each level divides the groups of the one before."""


def even_parts(left: Levels, right: Levels, parts: int, random: np.random.Generator) -> NDArray[np.intp]:
    """Divide elements into parts, evenly in every group.

    Args:
        left, right: the groups of either side, levels of n groups each. A group counts within those above it, so that
            names may be used again in another one.
        parts: how many parts, at least 1.
        random: which of the even divisions is taken hangs on it; it is not drawn uniformly from all of them.

    Returns:
        The part of each element, shape (n,), in [0, parts). Of a group of m elements every part has floor(m / parts) or
        ceil(m / parts), and so it is of all elements.

    Example:
        >>> import numpy as np
        >>> raters, clips = [0, 0, 1, 1], ["a", "b", "a", "b"]
        >>> found = even_parts([raters], [clips], 2, np.random.default_rng(0)).tolist()
        >>> found in ([0, 1, 1, 0], [1, 0, 0, 1])
        True
    """
    import numpy as np

    n = len(left[0])
    sides = [_paths(left), _paths(right)]
    found, names = np.empty(n, dtype=np.intp), random.permutation(parts)
    rest = random.permutation(n)
    for left_over in range(parts, 1, -1):
        taken = _one_part([[side[i] for i in rest] for side in sides], left_over)
        found[rest[taken]] = names[left_over - 1]
        rest = random.permutation(rest[~taken])
    found[rest] = names[0]
    return found


def _paths(levels: Levels) -> list[list[tuple[Hashable, ...]]]:
    """Of each element the groups that it is in, from that of all elements on."""
    return [[tuple(names[:depth]) for depth in range(len(levels) + 1)] for names in zip(*levels, strict=True)]


def _one_part(sides: Sequence[Sequence[Sequence[Hashable]]], parts: int) -> NDArray[np.bool_]:
    """Which elements are one of so many parts: a circulation from all elements by the groups of the left side, through
    the elements, by the groups of the right side, and back."""
    import numpy as np
    from scipy.sparse import csr_array
    from scipy.sparse.csgraph import maximum_flow

    n = len(sides[0])
    numbers: dict[tuple[int, Hashable], int] = {}
    tails, heads, lows, highs = [], [], [], []

    def arc(tail: int, head: int, low: int, high: int) -> None:
        tails.append(tail)
        heads.append(head)
        lows.append(low)
        highs.append(high)

    for forward, paths in ((True, sides[0]), (False, sides[1])):
        side = int(forward)
        sizes = Counter(group for path in paths for group in path)
        for group in sizes:
            numbers[side, group] = n + len(numbers)
        for group, size in sizes.items():
            above = numbers[side, group[:-1]] if group else None  # type: ignore[index]
            if above is not None:
                here = numbers[side, group]
                tail, head = (above, here) if forward else (here, above)
                arc(tail, head, size // parts, -(-size // parts))
        for element, path in enumerate(paths):
            leaf = numbers[side, path[-1]]
            tail, head = (leaf, element) if forward else (element, leaf)
            arc(tail, head, 0, 1)
    arc(numbers[0, ()], numbers[1, ()], n // parts, -(-n // parts))

    # lower bounds become what has to flow from a source of its own, and to a sink
    source, sink = n + len(numbers), n + len(numbers) + 1
    owed = np.zeros(sink + 1, dtype=np.int64)
    np.add.at(owed, heads, lows)
    np.subtract.at(owed, tails, lows)
    capacities = [high - low for low, high in zip(lows, highs, strict=True)]
    for node in np.flatnonzero(owed).tolist():
        tail, head = (source, node) if owed[node] > 0 else (node, sink)
        tails.append(tail)
        heads.append(head)
        capacities.append(abs(int(owed[node])))
    graph = csr_array((np.array(capacities, dtype=np.int32), (tails, heads)), shape=(sink + 1, sink + 1))
    flow = maximum_flow(graph, source, sink)
    if flow.flow_value != owed[owed > 0].sum():
        raise AssertionError("a part of everything is a flow, so that there is one in whole numbers")
    matrix = flow.flow.tocsr()
    chosen = np.zeros(n, dtype=bool)
    for element in range(n):  # an element has one way out
        row = matrix.data[matrix.indptr[element] : matrix.indptr[element + 1]]
        chosen[element] = bool((row > 0).any())
    return chosen
