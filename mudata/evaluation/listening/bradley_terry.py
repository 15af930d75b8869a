"""Strengths of systems from preferences between two: Bradley and Terry's model, fitted by choix.

The chance that i is preferred to j is 1 / (1 + exp(strength of j - strength of i)); strengths sum to 0. A preference
for none counts as half a preference for each. Intervals know raters and clips (`crossed_intervals`): how far strengths
move without one rater, one clip or one pair of both, is found by one step of Newton's method from the fit, as
MacKinnon, Nielsen and Webb (2023) do for logits.

Sources: R. A. Bradley, M. E. Terry, Rank analysis of incomplete block designs, 1952. L. R. Ford, Solution of a ranking
problem from binary comparisons, 1957 (when there are finite strengths). L. Maystre, choix, 2015-.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING

from mudata.errors import MissingExtra, listed
from mudata.evaluation.listening.crossed_intervals import CrossedEstimate, Crossing, of_moves

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

    from mudata.evaluation.metrics.jackknife import ClusteredClips

    Floats = NDArray[np.float64]
    Places = NDArray[np.intp]


@dataclass(frozen=True, kw_only=True)
class Strengths:
    """Of k systems: each strength (their sum is 0), and for every pair (i, j) with i < j the difference of strengths.
    Empty where there is no finite fit: `why` says so."""

    strengths: tuple[CrossedEstimate, ...] = ()
    differences: tuple[CrossedEstimate, ...] = ()
    why: str = ""


def bradley_terry(first: Places, second: Places, wins: Floats, names: Sequence[str], crossing: Crossing) -> Strengths:
    """Fit strengths to preferences.

    Args:
        first, second: which systems were compared, shape (n,), numbers of `names`.
        wins: 1 where the first was preferred, 0 where the second was, .5 for none; shape (n,).
        names: of the k systems.
        crossing: raters and clips of those n preferences.

    Returns:
        Nothing but a reason where some systems were always preferred to all others, or never compared with them: then
        there are no finite strengths (Ford 1957).

    Raises:
        MissingExtra: choix is not installed.
    """
    import numpy as np

    counts = np.zeros((len(names), len(names)))
    np.add.at(counts, (first, second), wins)
    np.add.at(counts, (second, first), 1 - wins)
    if why := no_fit(counts, names):
        return Strengths(why=why)
    strengths = fit(counts)
    chance = 1 / (1 + np.exp(strengths[second] - strengths[first]))
    sign = np.eye(len(names))[first] - np.eye(len(names))[second]
    scores = sign * (wins - chance)[:, None]
    weights = chance * (1 - chance)
    moves = [_moves(scores, sign, weights, of) for of in (crossing.raters, crossing.clips, crossing.pairs)]
    told = [of_moves(float(strengths[i]), [one[:, i] for one in moves], crossing) for i in range(len(names))]
    apart = [
        of_moves(float(strengths[i] - strengths[j]), [one[:, i] - one[:, j] for one in moves], crossing)
        for i, j in combinations(range(len(names)), 2)
    ]
    return Strengths(strengths=tuple(told), differences=tuple(apart))


def fit(counts: Floats) -> Floats:
    """Strengths of most likelihood, which sum to 0, shape (k,).

    Args:
        counts: how often i was preferred to j, shape (k, k), in halves where there were ties.

    Raises:
        MissingExtra: choix is not installed.

    Example:
        >>> import numpy as np
        >>> fit(np.array([[0.0, 3.0], [1.0, 0.0]])).round(3).tolist()  # half of log 3
        [0.549, -0.549]
    """
    import numpy as np

    try:
        import choix
    except ImportError as error:
        raise MissingExtra("Strengths of systems", "choix", "listen") from error
    strengths = np.asarray(choix.ilsr_pairwise_dense(counts, max_iter=1000, tol=1e-10), dtype=np.float64)
    return np.asarray(strengths - strengths.mean())


def no_fit(counts: Floats, names: Sequence[str]) -> str:
    """Why there are no finite strengths, where there are none; else nothing.

    Example:
        >>> import numpy as np
        >>> no_fit(np.array([[0.0, 4.0], [0.0, 0.0]]), ["a", "b"])
        'b was never preferred to a'
    """
    import numpy as np
    from scipy.sparse.csgraph import connected_components

    compared = counts + counts.T > 0
    count, of = connected_components(compared, directed=False)
    if count > 1:
        groups = [
            ", ".join(name for name, one in zip(names, of, strict=True) if one == group) for group in range(count)
        ]
        return f"nothing compares {groups[0]} with {groups[1]}"
    count, of = connected_components(counts > 0, directed=True, connection="strong")
    if count == 1:
        return ""
    for group in range(count):
        inside = of == group
        if not (counts[np.ix_(inside, ~inside)] > 0).any():
            losers = [name for name, one in zip(names, inside, strict=True) if one]
            others = [name for name in names if name not in losers]
            verb = "was" if len(losers) == 1 else "were"
            return f"{listed(losers)} {verb} never preferred to {listed(others, 'or')}"
    return "some systems were never preferred to the others"


def _moves(scores: Floats, sign: Floats, weights: Floats, clusters: ClusteredClips) -> Floats:
    """How far strengths move without each cluster, shape (clusters, k): one Newton step, with the others' curvature."""
    import numpy as np

    k = scores.shape[1]
    curvature = np.zeros((clusters.count, k, k))
    np.add.at(curvature, clusters.of, sign[:, :, None] * sign[:, None, :] * weights[:, None, None])
    gradient = np.stack([clusters.sums(column) for column in scores.T], axis=1)
    rest = curvature.sum(0) - curvature + np.ones((k, k)) / k  # the last: strengths sum to 0
    try:
        steps = np.linalg.solve(rest, gradient[:, :, None])[:, :, 0]
    except np.linalg.LinAlgError:  # without one rater or clip nothing compares all systems
        return np.full_like(gradient, np.nan)
    return -steps
