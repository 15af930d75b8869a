"""Does a model choose places instead of options? Which places it chose beside those where the right option stood, and a
test of whether chance makes such a difference.

What is compared with depends on how options were ordered, since that says what would be without any bias:

    rotations      every option stands at every place once: an item's choices, moved on by any number of places, would
                   be as likely. Passes of an item are one draw.
    shuffled,      the order of every pass was drawn: each place is as likely as another. Passes are draws of their own.
    leave-one-out
    stored         the exam's authors placed the right options, so right answers say nothing: of wrong ones, every
                   wrong place is as likely.

The statistic is Wald's: the counts' distance from what is expected, in the metric of their exact covariance under those
moves; it is chi-square with as many degrees of freedom as that has dimensions (for one choice each of k places it is
Pearson's). Where fewer than five choices are expected at a place, its p is found by drawing the moves.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from string import ascii_uppercase
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from mudata.evaluation.metrics.intervals import wilson
from mudata.evaluation.metrics.scored import SEED

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

PassOrder = Literal["stored", "shuffled", "rotations", "leave-one-out"]
_EXPECTED = 5.0
"""W. G. Cochran, Some methods for strengthening the common chi-square tests, 1954."""
_DRAWS = 9_999


class PlacedChoice(NamedTuple):
    """One pass. Places count from 0; None: no option was chosen, or it stands at several places."""

    item: str
    options: int
    chosen: int | None
    gold: int | None


@dataclass(frozen=True)
class BiasTest:
    """`p` None where there is nothing to test. `n` choices are compared with `expected` at each place of the longest
    item, whether it has a choice that counts or not."""

    statistic: float
    df: int
    p: float | None
    n: int
    counts: tuple[int, ...]
    expected: tuple[float, ...]
    recipe: str


def position_panel(passes: Sequence[PlacedChoice], order: PassOrder) -> dict[str, Any] | None:
    """Choices by place, for scores.json; None where no pass has options.

    Returns:
        chosen, gold: how often each place was chosen and had the right option (of passes where that is one place).
        by_place: of the passes whose right option stood there, n and the share that chose it, with Wilson's interval.
        test: see BiasTest.
    """
    most = max((one.options for one in passes), default=0)
    if not most:
        return None
    chosen, gold, right = [0] * most, [0] * most, [0] * most
    for _, _, place, truth in passes:
        if place is not None:
            chosen[place] += 1
        if truth is not None:
            gold[truth] += 1
            right[truth] += place == truth
    rows = []
    for letter, n, k in zip(place_names(most), gold, right, strict=True):
        low, high = wilson(k, n) if n else (None, None)
        rows.append({"place": letter, "n": n, "value": k / n if n else None, "low": low, "high": high})
    test = bias_test(passes, order)
    return {
        "order": order,
        "places": place_names(most),
        "chosen": chosen,
        "gold": gold,
        "by_place": rows,
        "test": {
            "statistic": test.statistic,
            "df": test.df,
            "p": test.p,
            "n": test.n,
            "counts": list(test.counts),
            "expected": list(test.expected),
            "recipe": test.recipe,
        },
    }


def place_names(count: int) -> list[str]:
    """A, B, ... of the first places, numbers from 27 on."""
    return [ascii_uppercase[i] if i < len(ascii_uppercase) else str(i + 1) for i in range(count)]


def bias_test(passes: Sequence[PlacedChoice], order: PassOrder) -> BiasTest:
    """Whether places are chosen more unequally than chance would have it.

    Example:
        >>> fair = [PlacedChoice(str(i), 4, i % 4, 0) for i in range(80)]
        >>> found = bias_test(fair, "shuffled")
        >>> round(found.statistic, 6), found.df, round(found.p, 6), found.n
        (0.0, 3, 1.0, 80)
        >>> always = [PlacedChoice(str(i), 4, 1, 0) for i in range(80)]
        >>> bias_test(always, "shuffled").statistic
        240.0
    """
    import numpy as np
    from scipy.special import chdtrc

    groups = _groups(passes, order)
    most = max((one.options for one in passes), default=0)
    observed, expected, covariance = np.zeros(most), np.zeros(most), np.zeros((most, most))
    by_kind: defaultdict[tuple[int, int | None], list[Sequence[float]]] = defaultdict(list)
    for counts, barred in groups:
        by_kind[len(counts), barred].append(counts)
    for (k, barred), some in by_kind.items():
        rows = np.array(some, dtype=np.float64)
        mean, cov = _moved(rows, barred)
        observed[:k] += rows.sum(0)
        expected[:k] += mean
        covariance[:k, :k] += cov
    n = int(observed.sum())
    statistic, df = _wald(observed - expected, covariance)
    how, p = "chi-square", None
    if df:
        p = float(chdtrc(df, statistic))
        if expected[expected > 0].min() < _EXPECTED:
            how, p = f"{_DRAWS} seeded draws", _drawn(groups, expected, covariance, statistic)
    return BiasTest(
        statistic, df, p, n, tuple(map(int, observed)), tuple(map(float, expected)), f"{_RECIPES[order]}; {how}"
    )


_RECIPES: dict[PassOrder, str] = {
    "rotations": "places chosen, against an item's choices moved on by any number of places alike",
    "shuffled": "places chosen, against every place alike",
    "leave-one-out": "places chosen, against every place alike",
    "stored": "places of wrong choices, against every wrong place alike",
}


def _groups(passes: Iterable[PlacedChoice], order: PassOrder) -> list[tuple[Sequence[float], int | None]]:
    """What is moved together: counts of places, k of them, and a place where none of them can go."""
    found: list[tuple[Sequence[float], int | None]] = []
    items: dict[tuple[str, int], list[float]] = {}
    for item, options, chosen, gold in passes:
        if chosen is None:
            continue
        if order == "rotations":
            if (counts := items.get((item, options))) is None:
                counts = items[item, options] = [0.0] * options
            counts[chosen] += 1
        elif order != "stored":
            found.append((_alone(options, chosen), None))
        elif gold is not None and chosen != gold:
            found.append((_alone(options, chosen), gold))
    return [*found, *((counts, None) for counts in items.values())]


@cache
def _alone(options: int, place: int) -> tuple[float, ...]:
    """One choice, as counts of places."""
    return tuple(float(i == place) for i in range(options))


def _moved(rows: Floats, barred: int | None) -> tuple[Floats, Floats]:
    """Mean and covariance of the sum of rows, shape (n, k), if each is moved on by any number of places alike; a choice
    that cannot stand at `barred` stands at any other alike."""
    import numpy as np

    n, k = rows.shape
    if barred is not None:
        share = np.full(k, 1 / (k - 1))
        share[barred] = 0.0
        return n * share, n * (np.diag(share) - np.outer(share, share))
    totals = rows.sum(1)
    along = np.array([(rows * np.roll(rows, -step, axis=1)).sum() for step in range(k)]) / k
    places = np.arange(k)
    return np.full(k, totals.sum() / k), along[(places[None] - places[:, None]) % k] - (totals**2).sum() / k**2


def _wald(difference: Floats, covariance: Floats) -> tuple[float, int]:
    """The statistic, and its degrees of freedom: 0 where nothing can vary."""
    import numpy as np

    if not len(difference):
        return 0.0, 0
    values, vectors = np.linalg.eigh(covariance)
    kept = values > max(1e-9, 1e-9 * float(values.max(initial=0.0)))
    along = vectors[:, kept].T @ difference
    return float(np.round((along**2 / values[kept]).sum(), 12)), int(kept.sum())


def _drawn(
    groups: Sequence[tuple[Sequence[float], int | None]], expected: Floats, covariance: Floats, statistic: float
) -> float:
    """p of the statistic among drawn moves of each group."""
    import numpy as np

    random = np.random.default_rng(SEED)
    observed = np.zeros((_DRAWS, len(expected)))
    for counts, barred in groups:
        k = len(counts)
        free = [place for place in range(k) if place != barred]
        orbit = np.stack([np.roll(counts, step) for step in range(k)]) if barred is None else np.eye(k)[np.array(free)]
        observed[:, :k] += orbit[random.integers(len(orbit), size=_DRAWS)]
    values, vectors = np.linalg.eigh(covariance)
    kept = values > max(1e-9, 1e-9 * float(values.max(initial=0.0)))
    along = (observed - expected) @ vectors[:, kept]
    drawn = (along**2 / values[kept]).sum(1)
    return float((1 + (drawn >= statistic - 1e-9).sum()) / (1 + _DRAWS))
