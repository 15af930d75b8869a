"""What a comparison comes to, as `mudata compare --json` gives it."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from mudata.evaluation.kinds.kind_registry import EXACT_KINDS, kind_of
from mudata.evaluation.metrics.interval_notes import clips_and_clusters
from mudata.evaluation.metrics.scored import interval_text
from mudata.table import Table

WIDTH = 100
"""Of a line of text above a table, in characters."""
LEAST = 0.0001
"""Smaller p values are only told to be."""


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
    low: float | None
    high: float | None
    first: int
    last: int
    groups: str


@dataclass(frozen=True, kw_only=True)
class PairComparison:
    """How run a differs from run b: `difference` = a - b, with an interval that holds 95 % over all pairs at once.

    `p` is the test's, `p_holm` corrected over all pairs, and the verdict is by the latter: the interval has 0 in it if
    and only if `p_holm` is 0.05 or more. `n10` clips are better in a, `n01` in b (for accuracy: right in one and wrong
    in the other; `clips_10` and `clips_01` name them); `p_mcnemar` is what they would show if no two shared an artist
    (None but for accuracy), and no verdict is by it. `detectable` is the smallest difference that these clips would
    tell apart with 80 % power at 0.05 / pairs. `low`, `high` and `detectable` are None where nothing can be said;
    `interval` tells how the interval was found, or why there is none.
    """

    a: str
    b: str
    difference: float
    low: float | None
    high: float | None
    p: float
    p_holm: float
    p_mcnemar: float | None
    n10: int
    n01: int
    detectable: float | None
    verdict: str
    interval: str
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


@dataclass(frozen=True, repr=False)
class Comparison:
    """`n` clips in `independent` clusters, of which `clusters` tells more (see `interval_notes.clusters_of`).
    `no_verdict` tells why no two runs can be told apart on them, whatever they answer; None where they can. `editions`
    tells of runs of which it is not known to which edition of an exam their items belong."""

    kind: str
    n: int
    independent: int
    runs: tuple[ComparedRun, ...]
    metrics: tuple[MetricComparison, ...]
    no_verdict: str | None = None
    clusters: Mapping[str, int | str] | None = None
    editions: tuple[str, ...] = ()

    def title(self, metric: str) -> str:
        """A metric as the tables of scores call it."""
        measures = kind_of(self.kind).measures if self.kind in EXACT_KINDS else ()
        return next((measure.title for measure in measures if measure.name == metric), metric)

    def heading(self, of: MetricComparison) -> str:
        """What is compared, on how many clips, and by which recipe: a line for the intervals of
        values, of differences, and for p."""
        values, differences, *tests = of.recipe.split("; ")
        noun = "item" if self.kind in EXACT_KINDS else "clip"
        lines = [
            f"{self.title(of.metric)} on {clips_and_clusters(self.n, self.clusters, noun)}",
            values,
            differences,
            "; ".join(tests),
            *self.editions,
        ]
        if self.no_verdict:
            lines.append(f"no verdict: {self.no_verdict}")
        return "\n".join(textwrap.fill(line, WIDTH, subsequent_indent="  ") for line in lines)

    def ranks(self, of: MetricComparison) -> list[dict[str, object]]:
        """A row for each run, best first."""
        percent = " %" if in_points(of.metric) else ""
        return [
            {
                "rank": str(run.first) if run.first == run.last else f"{run.first}–{run.last}",
                "model": run.name,
                self.title(of.metric): f"{shown(of.metric, run.value)}{percent} {ends(of.metric, run.low, run.high)}",
                "tied": run.groups,
                "run": run.run,
            }
            for run in of.standings
        ]

    def differences(self, of: MetricComparison) -> list[dict[str, object]]:
        """A row for each pair of runs."""
        names = {run.run: run.name for run in self.runs}
        return [
            {
                "first": names[pair.a],
                "second": names[pair.b],
                "difference": f"{shown(of.metric, pair.difference)} {ends(of.metric, pair.low, pair.high)}",
                "p": chance(pair.p),
                **({f"p (Holm, {len(of.pairs)} pairs)": chance(pair.p_holm)} if len(of.pairs) > 1 else {}),
                "n10": pair.n10,
                "n01": pair.n01,
                "can tell": shown(of.metric, pair.detectable) if pair.detectable else "",
            }
            for pair in of.pairs
        ]

    def __repr__(self) -> str:
        return "\n\n".join(
            "\n".join(
                [
                    repr(Table(self.ranks(metric), title=self.heading(metric))),
                    "",
                    repr(Table(self.differences(metric))),
                    "",
                    *(pair.verdict for pair in metric.pairs),
                ]
            )
            for metric in self.metrics
        )


@cache
def in_points(metric: str) -> bool:
    """Whether a metric is a share of all clips or items, which tables show in per cent."""
    return metric in ("accuracy", "official") or any(
        measure.name == metric and measure.style == "percent"
        for kind in EXACT_KINDS
        for measure in kind_of(kind).measures
    )


def shown(metric: str, value: float) -> str:
    """A difference as text: points of a hundred for accuracies, else as it is.

    Example:
        >>> shown("octave_accuracy", 0.0833), shown("form_similarity", 0.0833)
        ('8.3', '0.083')
    """
    return f"{100 * value:.1f}" if in_points(metric) else f"{value:.3f}"


def ends(metric: str, low: float | None, high: float | None) -> str:
    """An interval of differences or values as text, or that there is none."""
    return interval_text(low, high, lambda end: shown(metric, end))


def chance(p: float) -> str:
    """A p value as text."""
    return f"{p:.4f}" if p >= LEAST else f"<{LEAST}"


def p_text(p_holm: float, pairs: int) -> str:
    """A corrected p value with what it is corrected for, as a verdict has it.

    Example:
        >>> p_text(0.0123, 1), p_text(0.0123, 28)
        ('p = 0.0123', 'p = 0.0123 (Holm over 28 pairs)')
    """
    return f"p {'' if p_holm < LEAST else '= '}{chance(p_holm)}{f' (Holm over {pairs} pairs)' if pairs > 1 else ''}"
