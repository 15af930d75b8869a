"""The section of the page about listening tests: what people said of the runs that the report is of.

From results.json as `mudata listen results` wrote it; nothing is computed here.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from mudata.errors import EvaluationError
from mudata.evaluation.listening import listening_test, results_tables
from mudata.evaluation.listening.results_files import RESULTS, read_results
from mudata.evaluation.report import style as ink
from mudata.evaluation.report.choice_chart import choice_chart
from mudata.evaluation.report.dot_chart import Dot, DotChart, DotPanel
from mudata.narration import SILENT, Progress

if TYPE_CHECKING:
    from collections.abc import Callable

    from matplotlib.figure import Figure

    from mudata.evaluation.listening.crossed_intervals import CrossedEstimate
    from mudata.evaluation.listening.listening_results import ListeningResults
    from mudata.evaluation.report.data import Report
    from mudata.home import Home
    from mudata.table import Table

_KINDS = {
    "mos": "marks of texts about clips",
    "texts": "choices between two texts about a clip",
    "pairwise": "choices between two clips for a text",
}


@dataclass(frozen=True)
class ListeningFigure:
    """Wide and narrow SVG, and what is said below."""

    pair: tuple[str, str]
    caption: str


@dataclass(frozen=True)
class ListeningSection:
    """One test as the page shows it: `about` it in a sentence, `shown` tables, and `more` behind a click."""

    heading: str
    about: str
    warnings: tuple[str, ...]
    figures: tuple[ListeningFigure, ...]
    shown: tuple[Table, ...]
    more: tuple[Table, ...]


def listening_sections(home: Home, report: Report, progress: Progress = SILENT) -> tuple[ListeningSection, ...]:
    """Of every test with results that has a run of the report; those that cannot be read are told and passed over."""
    return tuple(_section(results) for results in _results(home, {run.id for run in report.runs}, progress))


def _results(home: Home, runs: set[str], progress: Progress) -> Iterator[ListeningResults]:
    for name in listening_test.names(home):
        folder = listening_test.folder_of(home, name)
        if not (folder / RESULTS).is_file():
            continue
        try:
            results = read_results(folder)
        except EvaluationError as error:
            progress.say(f"Left out: {error.what} Run: mudata listen results {name}")
            continue
        if runs & set(results.runs.values()):
            yield results


def _section(results: ListeningResults) -> ListeningSection:
    counted = sum(not rater.excluded for rater in results.raters)
    people = f"{counted} rater{'s' * (counted != 1)}"
    shown = results_tables.tables(results)
    more = [table for one in results.aspects for table in results_tables.tables(results, (one.aspect,))]
    titles = {table.title for table in shown}
    pairs = [table for table in shown if table.title.endswith(results_tables.PAIRS)]
    return ListeningSection(
        results.test,
        f"{results.counted:,} ratings of {people}: {_KINDS[results.kind]}.",
        results.warnings,
        tuple(_figures(results)),
        tuple(table for table in shown if table not in pairs),
        (*pairs, *(table for table in more if table.title not in titles)),
    )


def _figures(results: ListeningResults) -> Iterator[ListeningFigure]:
    scored = [one for one in results.aspects if one.scores]
    if scored:
        yield _figure(results, "scores", _scores(results).drawn, _SCORES[results.kind])
    if results.shares:
        best_first = sorted(results.shares, key=lambda one: -one.preferred.value)
        caption = f"{results_tables.ABOUT_SHARES[results.kind]} Letters stand in the bars."
        yield _figure(results, "choices", partial(choice_chart, best_first), caption)
    if chart := _correlations(results):
        yield _figure(results, "correlations", chart.drawn, _CORRELATIONS)


_AXES = {"mos": "mark", "texts": "strength", "pairwise": "share found"}
_MOST_TICKS = 6
"""Marks between the ends of a scale up to which each has a tick."""
_SCORES = {
    "mos": "Dots: mean opinion scores; lines: 95 % intervals over raters and clips. Diamonds: what people wrote about"
    " the clip (reference), or about another one (wrong clip).",
    "texts": "Dots: strengths, the log of the odds of being preferred to an average system; lines: 95 % intervals over"
    " raters and clips. Diamonds: what people wrote.",
    "pairwise": "Dots: how often the clip is found by its text; lines: 95 % intervals over raters and clips; dashed:"
    " chance. Diamonds: what people wrote about the clip (reference), or about another one (wrong clip).",
}
_CORRELATIONS = (
    "Spearman's rank correlation of each automatic score with people's ratings; lines: 95 % intervals over clips."
    " Between texts: within systems. Where there is no dot, there is too little to say."
)


def _figure(results: ListeningResults, what: str, draw: Callable[[float], Figure], caption: str) -> ListeningFigure:
    title = f"{results.test}: {what}"
    wide, narrow = (ink.svg(draw, width, title, f"listening-{results.test}-{what}") for width in (ink.WIDE, ink.NARROW))
    return ListeningFigure((wide, narrow), caption)


def _scores(results: ListeningResults) -> DotChart:
    scored = [one for one in results.aspects if one.scores]
    ends, line, ticks = _axis(results, [score.score for one in scored for score in one.scores])
    panels = [
        DotPanel(
            title=one.aspect,
            dots=[
                Dot(name=s.system, value=s.score.value, low=s.score.low, high=s.score.high, marked=s.role != "model")
                for s in one.scores
            ],
            ends=ends,
            line=line,
        )
        for one in scored
    ]
    best_first = dict.fromkeys(score.system for one in reversed(scored) for score in one.scores)
    return DotChart(names=tuple(best_first), panels=panels, scale=_AXES[results.kind], ticks=ticks)


def _axis(
    results: ListeningResults, scores: Sequence[CrossedEstimate]
) -> tuple[tuple[float, float], float | None, tuple[float, ...]]:
    """The ends of the axis, a value with a line across all rows, and ticks where they are not left to matplotlib."""
    if results.scale:
        low, high = results.scale
        return _around(low, high), None, tuple(range(low, high + 1)) if high - low <= _MOST_TICKS else ()
    if results.kind == "pairwise":
        return _around(0.0, 1.0), 0.5, (0.0, 0.25, 0.5, 0.75, 1.0)
    reached = max(abs(end or 0.0) for one in scores for end in (one.low, one.value, one.high))
    return _around(-reached, reached), 0.0, ()


def _correlations(results: ListeningResults) -> DotChart | None:
    """Of the last aspect (over all, where there are several), at each level where anything can be said."""
    if not results.correlations:
        return None
    aspect = results.correlations[-1].aspect
    told = [
        one
        for one in results.correlations
        if one.aspect == aspect and one.statistic == "spearman" and one.coefficient is not None
    ]
    levels = list(dict.fromkeys(one.level for one in told))
    if not told:
        return None
    panels = [
        DotPanel(
            title=f"between {level}",
            dots=[
                Dot(name=one.score, value=one.coefficient or 0.0, low=one.low, high=one.high)
                for one in told
                if one.level == level
            ],
            ends=_around(-1.0, 1.0),
            line=0.0,
        )
        for level in levels
    ]
    return DotChart(
        names=list(dict.fromkeys(one.score for one in told)),
        panels=panels,
        scale="correlation",
        ticks=(-1, -0.5, 0, 0.5, 1),
    )


def _around(low: float, high: float) -> tuple[float, float]:
    """With a little room on both sides."""
    room = 0.04 * (high - low)
    return low - room, high + room
