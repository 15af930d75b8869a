"""All pairs of runs by one metric, on the clips that all of them have: differences, tests, and what the tests can
tell.

The verdict is the test's (`metrics.hypothesis_tests`), after Holm's correction over all pairs. Intervals are
simultaneous (each at 1 - 0.05 / pairs) and say of 0 what the test says: where the exchange of clusters and an interval
by t part, or Holm's correction tells more than Bonferroni's, the end at fault is moved to 0 and no farther.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from itertools import combinations
from typing import TYPE_CHECKING, Any, NamedTuple

from mudata.catalog.clusters import counted, kind_of
from mudata.evaluation.comparison.comparison_result import (
    ComparedRun,
    PairComparison,
    ends,
    in_points,
    p_text,
    shown,
)
from mudata.evaluation.metrics.differences import difference
from mudata.evaluation.metrics.hypothesis_tests import draws_for, exchange, holm, mcnemar, too_few
from mudata.evaluation.metrics.intervals import ALPHA
from mudata.evaluation.metrics.jackknife import ClusteredClips
from mudata.evaluation.metrics.paired_power import exchange_detectable, mcnemar_detectable

if TYPE_CHECKING:
    from mudata.evaluation.metrics.per_clip import PerClipMetric

_BESIDE_ZERO = sys.float_info.min
"""Where an interval ends that has to leave 0 out, and would not."""


class _Shared(NamedTuple):
    """The clips that all runs have, their clusters, how many pairs are tested, and why none can be told apart."""

    clips: Sequence[str]
    clusters: Sequence[str]
    pairs: int
    refused: str | None


def compare_pairs(
    metric: str,
    runs: Sequence[ComparedRun],
    measured: Sequence[PerClipMetric],
    clips: Sequence[str],
    clusters: Sequence[str],
) -> tuple[PairComparison, ...]:
    """Every two of several runs.

    Args:
        metric: by which they are compared.
        runs: best first.
        measured: of each run, its values on n clips.
        clips: their ids.
        clusters: the cluster of each of them.

    Returns:
        A comparison for each pair, in the order of `combinations`.
    """
    places = list(combinations(range(len(runs)), 2))
    refused = no_verdict(clusters, len(places))
    shared = _Shared(clips, clusters, len(places), refused)
    found = [_pair(metric, measured[i], measured[j], shared) for i, j in places]
    pairs = []
    for (i, j), pair, p_holm in zip(places, found, holm([pair["p"] for pair in found]), strict=True):
        pair["p_holm"] = p_holm
        pair["low"], pair["high"] = agreeing(pair["low"], pair["high"], pair["difference"], told=p_holm < ALPHA)
        verdict = _verdict(metric, (runs[i].name, runs[j].name), pair, shared)
        pairs.append(PairComparison(a=runs[i].run, b=runs[j].run, verdict=verdict, **pair))
    return tuple(pairs)


def no_verdict(clusters: Sequence[str], pairs: int) -> str | None:
    """Why no two runs can be told apart, whatever they answer; None where they can.

    Example:
        >>> no_verdict(["artist:ann", "artist:bob", "artist:bob"], 1)
        '2 artists: the smallest p that can be is 0.5'
        >>> no_verdict(["clip:d/1"], 1)
        '1 clip: the smallest p that can be is 1'
    """
    count = len(set(clusters))
    if not (why := too_few(count, pairs)):
        return None
    mixed = len({kind_of(cluster) == "clip" for cluster in clusters}) > 1
    return f"{f'{count} clusters' if mixed else counted(clusters)}: {why}"


def agreeing(
    low: float | None, high: float | None, difference: float, *, told: bool
) -> tuple[float | None, float | None]:
    """An interval that has 0 in it if and only if two runs are not told apart.

    To take 0 in only widens it. To leave it out is where intervals end that go with Holm's correction.

    Args:
        low, high: as they are found without the test.
        difference: of the two.
        told: whether the test tells them apart.

    Source:
        O. Guilbaud, Simultaneous confidence regions corresponding to Holm's step-down procedure and other
        closed-testing procedures, 2008.

    Example:
        >>> agreeing(0.01, 0.3, 0.15, told=False), agreeing(0.01, 0.3, 0.15, told=True)
        ((0.0, 0.3), (0.01, 0.3))
    """
    if low is None or high is None:
        return None, None
    if not told:
        return min(low, 0.0), max(high, 0.0)
    return (max(low, _BESIDE_ZERO), high) if difference > 0 else (low, min(high, -_BESIDE_ZERO))


def pair_p(a: PerClipMetric, b: PerClipMetric, clusters: Sequence[str], pairs: int = 1) -> float:
    """The p of two runs being as good as each other, not corrected. See `hypothesis_tests.exchange`.

    Args:
        a, b: of n clips.
        clusters: the cluster of each of them.
        pairs: over which it will be corrected.
    """
    if a.is_mean and b.is_mean:
        return exchange(a.over, b.over, clusters, draws=draws_for(pairs))
    return exchange(a.columns, b.columns, clusters, a.statistic, draws=draws_for(pairs))


def pair_detectable(a: PerClipMetric, b: PerClipMetric, clusters: Sequence[str], pairs: int = 1) -> float | None:
    """The smallest difference that would be told apart with 80 % power, at 0.05 / pairs; None where none would be.

    Runs that differ more are taken to vary around their difference as these do: of right and wrong answers the
    discordance, which is the variance and the squared difference, grows with it. Of those it is also no smaller than if
    clips shared no artist: a difference cannot be larger than the discordance, which `paired_power.mcnemar_detectable`
    knows and `exchange_detectable` does not.

    Args:
        a, b, clusters, pairs: as of `pair_p`.
    """
    needed, alpha = [], ALPHA / pairs
    shares = a.is_share and b.is_share
    if shares:
        variance = float((a.over - b.over).var())
        needed.append(mcnemar_detectable(len(a.over), lambda apart: max(apart, min(1.0, variance + apart**2)), alpha))
    if not shares or len(set(clusters)) < len(clusters):
        step = 1 / len(a.over) if shares else 0.0
        needed.append(exchange_detectable(a.columns, b.columns, clusters, a.statistic, alpha, lattice=step))
    most = max((one for one in needed if one is not None), default=None)
    return None if None in needed or most is None or most > 1 else most


def _pair(metric: str, a: PerClipMetric, b: PerClipMetric, shared: _Shared) -> dict[str, Any]:
    """What `PairComparison` has, but for names, correction and verdict."""
    (clips, clusters, pairs, _), alpha = shared, ALPHA / shared.pairs
    better, worse = a.values > b.values, a.values < b.values
    n10, n01 = int(better.sum()), int(worse.sum())
    pair: dict[str, Any] = {"difference": a.value - b.value, "n10": n10, "n01": n01}
    if shared.refused:
        pair |= {"low": None, "high": None, "interval": "none: no verdict"}
    elif a.under.any() and b.under.any():
        found = difference((a.over, a.under), (b.over, b.under), ClusteredClips.named(clusters), alpha)
        pair |= {"low": found.low, "high": found.high, "interval": found.how}
    else:
        pair |= {"low": None, "high": None, "interval": "none: no label"}
    pair["p"] = pair_p(a, b, clusters, pairs)
    pair["detectable"] = None if shared.refused else pair_detectable(a, b, clusters, pairs)
    pair["p_mcnemar"] = mcnemar(n10, n01) if metric == "accuracy" else None
    if metric == "accuracy":
        for key, which in (("clips_10", better), ("clips_01", worse)):
            pair[key] = tuple(clip for clip, flipped in zip(clips, which, strict=True) if flipped)
    return pair


def _verdict(metric: str, names: tuple[str, str], pair: dict[str, Any], shared: _Shared) -> str:
    a, b = names
    points = " points" if in_points(metric) else ""
    size = f"{shown(metric, pair['difference'])}{points}"
    if shared.refused:
        return f"No verdict on {a} and {b}: {size}; {shared.refused}."
    numbers = f"{size} {ends(metric, pair['low'], pair['high'])}, {p_text(pair['p_holm'], shared.pairs)}"
    if pair["p_holm"] < ALPHA:
        return f"{a} is ahead of {b}: {numbers}."
    needed = pair["detectable"]
    hint = f"; these {len(shared.clips)} clips can tell apart about {shown(metric, needed)}{points}" if needed else ""
    return f"{a} and {b} are not told apart: {numbers}{hint}."
