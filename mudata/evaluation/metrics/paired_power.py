"""The power of the tests by which two runs on the same clips are told apart: McNemar's exact test, and the exchange of
whole clusters."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import lru_cache
from typing import TYPE_CHECKING

from mudata.evaluation.metrics.hypothesis_tests import SEED, by_cluster
from mudata.evaluation.metrics.intervals import ALPHA

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

POWER = 0.8
"""The chance of telling two runs apart that `detectable` differences and numbers of clips are for."""
_TAIL = 12
"""So many standard deviations of a number of discordant clips are summed over; beyond lies less than 1e-30."""
_ALL, _LARGEST = 10, 6
"""So many clusters' signs, or of more those of so many, are gone through one by one."""
_SIZES = math.sqrt(2 / 3)
"""By so much of their size squares of rests are made larger or smaller: sums of squares then vary as those of normal
rests do (variance 2 for each of variance 1, of which the fourth moment, 3, is what the data have)."""
_ROUNDING = 1e-9


def mcnemar_power(n: int, difference: float, discordance: float, alpha: float = ALPHA) -> float:
    """The chance that McNemar's exact test tells two runs apart.

    Assumes independent clips. Exact: summed over the number of discordant clips, and given it over that of those which
    the better run has right.

    Args:
        n: clips that both runs have.
        difference: of their accuracies, as a share, 0 to `discordance`.
        discordance: the share of clips that one has right and the other wrong.
        alpha: the test's p has to be below it.

    Source:
        S. W. Duffy, Asymptotic and exact power for the McNemar test and its analogue with R controls per case, 1984.

    Example:
        >>> round(mcnemar_power(168, 0.1, 0.2), 3), round(mcnemar_power(155, 0.1, 0.2), 3)
        (0.801, 0.762)
    """
    import numpy as np
    from scipy.special import bdtr, gammaln, xlog1py, xlogy

    if discordance <= 0:
        return 0.0
    middle, spread = n * discordance, _TAIL * math.sqrt(n * discordance * (1 - discordance)) + 1
    first, last = max(1, math.floor(middle - spread)), min(n, math.ceil(middle + spread))
    pairs, most = np.arange(first, last + 1), _most_of_the_rarer(first, last, alpha)
    likely = np.exp(
        gammaln(n + 1)
        - gammaln(pairs + 1)
        - gammaln(n - pairs + 1)
        + xlogy(pairs, discordance)
        + xlog1py(n - pairs, -discordance)
    )
    right = min(1.0, (discordance + difference) / (2 * discordance))
    told = bdtr(np.maximum(most, 0), pairs, right) + bdtr(np.maximum(most, 0), pairs, 1 - right)
    return float((likely * np.where(most >= 0, told, 0.0)).sum())


@lru_cache(maxsize=256)
def _most_of_the_rarer(first: int, last: int, alpha: float) -> NDArray[np.float64]:
    """How many discordant clips the worse run may have right at most if the two are told apart, by the number of
    discordant clips, from `first` to `last`; -1 where they never are."""
    import numpy as np
    from scipy.special import bdtr, ndtri

    def told(most: NDArray[np.float64]) -> NDArray[np.bool_]:
        return np.asarray((most < 0) | (2 * bdtr(np.maximum(most, 0), pairs, 0.5) < alpha))

    pairs = np.arange(first, last + 1)
    most = np.maximum(-1.0, np.floor((pairs + ndtri(alpha / 2) * np.sqrt(pairs)) / 2))
    while not (fits := told(most)).all():
        most -= ~fits
    while (more := told(most + 1)).any():
        most += more
    return np.asarray(most)


def mcnemar_clips(difference: float, discordance: float, alpha: float = ALPHA) -> int:
    """The fewest clips from which on McNemar's exact test tells two runs apart with 80 % power.

    The power of an exact test rises in a sawtooth: a few clips more can have less of it. From this number on there is
    none that has too little.

    Args:
        difference, discordance, alpha: as of `mcnemar_power`.

    Example:
        >>> mcnemar_clips(0.1, 0.2)
        168
    """

    def enough(n: int) -> bool:
        return mcnemar_power(n, difference, discordance, alpha) >= POWER

    found = fewest(enough)
    smooth = found * discordance * (1 - discordance) > 100  # so many numbers of pairs blur the teeth
    teeth = 10 if smooth else math.ceil(4 * math.sqrt(found)) + 20
    return max([found, *(n + 1 for n in range(found, found + teeth) if not enough(n))])


def mcnemar_detectable(n: int, discordance: Callable[[float], float], alpha: float = ALPHA) -> float | None:
    """The smallest difference of two accuracies on the same n independent clips that is told apart with 80 % power.

    Args:
        n: clips that both runs have.
        discordance: the share of discordant clips by difference; at least that.
        alpha: as of `mcnemar_power`.

    Returns:
        The difference as a share; None where n is too small for any.

    Example:
        >>> round(mcnemar_detectable(168, lambda difference: max(0.2, difference)), 3)
        0.1
    """
    return smallest(lambda difference: mcnemar_power(n, difference, discordance(difference), alpha) >= POWER)


def exchange_detectable(
    a: NDArray[np.float64],
    b: NDArray[np.float64],
    clusters: Sequence[str] | None,
    statistic: Callable[[NDArray[np.float64]], NDArray[np.float64]],
    alpha: float = ALPHA,
    *,
    lattice: float = 0.0,
) -> float | None:
    """The smallest difference that `exchange` would tell apart with 80 % power on clips such as these.

    What the exchange of a cluster changes is taken for a difference, shared out by clips, and a rest, which gets
    a random sign and varies in size; each draw has its own p. Assumes that the rest does not depend on the
    difference. Where it errs: where a difference between right and wrong answers is as large as their discordance
    (`mcnemar_detectable` knows better), and with so few clusters that their rests tell little of others.

    Args:
        a, b, clusters, statistic: as of `exchange`, with columns.
        alpha: the test's p has to be below it.
        lattice: half of the step between possible differences, 1 / n for right and wrong answers; 0 where any is
            possible.

    Returns:
        In the statistic's unit; None where no difference would be told apart, or where none is known to vary.

    Source:
        Random signs: C. F. J. Wu, Jackknife, bootstrap and other resampling methods in regression analysis, 1986.

    Example:
        >>> import numpy as np
        >>> a, b = np.random.default_rng(0).normal(size=(2, 50, 1))
        >>> found = exchange_detectable(a, b, None, lambda sums: sums[:, 0] / 50)
        >>> spread = (a - b).std() / np.sqrt(50)
        >>> round(float(found / spread), 1)
        3.0
    """
    import numpy as np
    from scipy.special import ndtri

    half, middle = by_cluster((a - b) / 2, clusters), (a + b).sum(0) / 2
    effects = statistic(middle + half) - statistic(middle - half)
    shares = by_cluster(np.full((len(a), 1), 1 / len(a)), clusters)[:, 0]
    k, level = len(shares), _attainable(len(shares), alpha)
    rests = effects - effects.sum() * shares
    rests *= math.sqrt((k - 1) / k) / np.maximum(1 - shares, 1 / k)  # the jackknife's (CV3)
    squares = rests**2
    if level <= 0 or squares.sum() < _ROUNDING**2:
        return None
    rests /= 1 - float(squares @ squares / squares.sum() ** 2) / 12  # that the root of their sum is right on average
    spread = float(np.sqrt((rests**2).sum()))
    sets = min(600, max(200, 100_000 // k))
    signs, sizes = 2.0 * np.random.default_rng(SEED).integers(0, 2, (2, sets, k)) - 1
    rest = rests * signs * np.sqrt(1 + sizes * _SIZES)
    sums = rest.sum(1)  # which vary as they should to the last digit, not by chance
    rest += ((sums - sums.mean()) * (spread / sums.std()) - sums)[:, None] * shares

    def told(difference: float) -> bool:
        return float((_exchange_p(difference * shares + rest, lattice) < level * (1 + _ROUNDING)).mean()) >= POWER

    usual = float(ndtri(1 - level / 2) + ndtri(POWER)) * spread  # were sums of clusters normal
    return smallest(told, most=2 * usual, steps=10) if told(2 * usual) else smallest(told, most=50 * spread, steps=14)


def _exchange_p(effects: NDArray[np.float64], lattice: float) -> NDArray[np.float64]:
    """The p of `exchange` of many sets of clusters at once: exact for few clusters, else for the largest of them,
    and by Edgeworth's expansion for the rest, whose third cumulant is 0.

    Args:
        effects: shape (sets, k): by how much each cluster's exchange changes the difference.

    Source:
        F. Y. Edgeworth, 1905, as in P. Hall, The Bootstrap and Edgeworth Expansion, 1992.
    """
    import numpy as np
    from scipy.special import ndtr

    k = effects.shape[1]
    m = k if k <= _ALL else _LARGEST
    sizes = np.partition(np.abs(effects), k - m, axis=1) if m < k else np.abs(effects)
    small, large = sizes[:, : k - m], sizes[:, k - m :]
    signs = 2.0 * ((np.arange(2**m)[:, None] >> np.arange(m)) & 1) - 1
    observed = np.maximum(0, np.abs(effects.sum(1)) - lattice)[:, None] * (1 - _ROUNDING)
    small *= small
    squares = small.sum(1, keepdims=True)
    scale = np.sqrt(squares) + 1e-12 * observed + 1e-300
    y = np.clip((observed - large @ signs.T) / scale, -38, 38)
    cumulant = -2 * (small * small).sum(1, keepdims=True) / (scale**4 + 1e-300)
    density = np.exp(-(y**2) / 2) / math.sqrt(2 * math.pi)
    tail = ndtr(-y) + cumulant / 24 * (y**3 - 3 * y) * density
    return np.asarray(2 * np.clip(tail.mean(1), 0, 0.5))


def _attainable(clusters: int, alpha: float) -> float:
    """The largest p below alpha that `exchange` can give; alpha itself where there are many."""
    if clusters > 30:
        return alpha
    step = 2.0 ** (1 - clusters)
    return step * (math.ceil(alpha / step - 1e-9) - 1)


def smallest(enough: Callable[[float], bool], most: float = 1.0, steps: int = 30) -> float | None:
    """The smallest number in [0, most] that is enough, of a condition that holds from some number on; None where it
    holds of none.

    Args:
        enough: the condition.
        most: where the search begins.
        steps: of bisection.

    Example:
        >>> round(smallest(lambda x: x * x >= 0.25), 6)
        0.5
    """
    if not enough(most):
        return None
    low, high = 0.0, most
    for _ in range(steps):
        middle = (low + high) / 2
        low, high = (low, middle) if enough(middle) else (middle, high)
    return high


def fewest(enough: Callable[[int], bool]) -> int:
    """The smallest number, 1 or more, that is enough, of a condition that holds from some number on.

    Example:
        >>> fewest(lambda n: n * n > 50)
        8
    """
    low, high = 0, 1
    while not enough(high):
        low, high = high, 2 * high
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if enough(middle) else (middle, high)
    return high
