"""What a comparison comes to, as `mudata compare --json` gives it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class ComparedRun:
    """One run of a comparison. `why` tells who was not asked about the clips left out."""

    run: str
    name: str
    """The model, with the run's id where two runs have the same."""
    clips: int
    left_out: int
    why: str


@dataclass(frozen=True, kw_only=True)
class RankedRun:
    """One run's value on the common clips, with its 95 % interval.

    Its true rank lies from `first` to `last`: behind all runs that are told apart from it upwards,
    before all downwards. Runs with a letter of `groups` in common are tied.
    """

    run: str
    name: str
    value: float
    low: float
    high: float
    first: int
    last: int
    groups: str


@dataclass(frozen=True, kw_only=True)
class PairComparison:
    """How run a differs from run b: `difference` = a - b, with its 95 % interval.

    `n10` clips are better in a, `n01` in b (for accuracy: right in one and wrong in the other;
    `clips_10` and `clips_01` name them). `p` counts, `p_holm` is corrected. `detectable` is the
    smallest difference that these clips would tell apart with 80 % power.
    """

    a: str
    b: str
    difference: float
    low: float
    high: float
    p: float
    p_holm: float
    p_mcnemar: float | None
    p_bootstrap: float
    n10: int
    n01: int
    detectable: float | None
    verdict: str
    clips_10: tuple[str, ...] = ()
    clips_01: tuple[str, ...] = ()


@dataclass(frozen=True)
class MetricComparison:
    """One metric of all runs, best first, and of all pairs in that order.

    `groups` are maximal sets of runs (ids) of which no pair is told apart.
    """

    metric: str
    recipe: str
    standings: tuple[RankedRun, ...]
    groups: tuple[tuple[str, ...], ...]
    pairs: tuple[PairComparison, ...]


@dataclass(frozen=True)
class Comparison:
    """`n` clips, in `independent` groups of one artist or track."""

    kind: str
    n: int
    independent: int
    runs: tuple[ComparedRun, ...]
    metrics: tuple[MetricComparison, ...]
