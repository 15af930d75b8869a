"""Published tables with our values in them: as cells, as text and as Markdown."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal, Protocol

from mudata.evaluation.comparison.exam_editions import editions_of_scores
from mudata.evaluation.metrics.interval_notes import clips_and_clusters, methods
from mudata.evaluation.metrics.intervals import effective_clips, wilson
from mudata.evaluation.metrics.scored import interval_text
from mudata.evaluation.suites.headline_table import headline_tables
from mudata.evaluation.suites.suite import SHARES, interval
from mudata.table import Table

if TYPE_CHECKING:
    from mudata.evaluation.suites.published_table import PublishedColumn, PublishedTable
    from mudata.evaluation.suites.suite import Suite

Verdict = Literal["inside", "outside"]


class Estimate(Protocol):
    """A metric's value with its 95 % interval and number of clips, as metrics, cells and anchors have it;
    None where nothing gives one."""

    @property
    def metric(self) -> str: ...
    @property
    def n(self) -> int | None: ...
    @property
    def value(self) -> float: ...
    @property
    def low(self) -> float | None: ...
    @property
    def high(self) -> float | None: ...


@dataclass(frozen=True)
class Result:
    """One run's scores (as scores.json has them) for an exam.

    `label` is how a table calls the model,
    `model` by which name it is compared with published ones, `condition` which of the suite's it was asked under.
    """

    exam: str
    label: str
    model: str
    scores: Mapping[str, Any]
    condition: str | None = None


@dataclass(frozen=True)
class Cell:
    """A value with its 95 % interval (None where nothing gives one) and n;
    of ours, also the run and the verdict."""

    metric: str
    value: float
    low: float | None
    high: float | None
    n: int | None
    note: str | None = None
    run: str | None = None
    verdict: Verdict | None = None
    clusters: int | None = None
    """Those that the interval is over; None of what was published, where nobody tells."""
    interval: str = ""
    """How the interval was found, or why there is none."""

    def text(self, table_n: int | None) -> str:
        """As a table shows it; n is told where it is not the n of the table."""
        shown = f"{100 * self.value:.1f} %" if self.metric in SHARES else f"{self.value:.3f}"
        if self.low is not None or self.run is not None:  # of published values often nobody knows n
            written = (lambda end: f"{100 * end:.1f}") if self.metric in SHARES else "{:.3f}".format
            shown += f" {interval_text(self.low, self.high, written)}"
        marks = [" *" * bool(self.note), f" n={self.n}" * (self.n != table_n), f" {self.verdict}" * bool(self.verdict)]
        return shown + "".join(marks)


@dataclass(frozen=True)
class Row:
    """One model's cells, in the order of the columns, and whose they are: 'published' or 'here'."""

    model: str
    whose: Literal["published", "here"]
    cells: tuple[Cell | None, ...]


@dataclass(frozen=True)
class FilledTable:
    """A published table, each of its rows followed by ours of the same model;
    our other models come last."""

    title: str
    n: int | None
    columns: tuple[str, ...]
    rows: tuple[Row, ...]
    notes: tuple[str, ...]

    def lines(self) -> list[dict[str, str]]:
        """Ready text by column name."""
        return [
            {"model": row.model, "from": row.whose}
            | {name: cell.text(self.n) if cell else "" for name, cell in zip(self.columns, row.cells, strict=True)}
            for row in self.rows
        ]

    def remarks(self) -> list[str]:
        """What the asterisks mean, and what there is to know of the whole table."""
        marked = [
            f"* {row.model}, {name}: {cell.note}."
            for row in self.rows
            for name, cell in zip(self.columns, row.cells, strict=True)
            if cell and cell.note
        ]
        verdicts = any(cell and cell.verdict for row in self.rows for cell in row.cells)
        return [*marked, *self.notes, *([VERDICTS] if verdicts else [])]

    def __str__(self) -> str:
        """As it is printed: title, aligned rows, remarks; without a row, what it will show."""
        columns = ("model", "from", *self.columns)
        return "\n".join([self.heading, *Table(self.lines(), columns).lines(), *self.remarks()])

    @property
    def heading(self) -> str:
        """Its title, and of how many clips each cell is."""
        return self.title + (f", {self.n} clips" if self.n else "")

    def markdown(self) -> str:
        """The same as a table of GitHub's Markdown, with its remarks below."""
        lines = self.lines()
        names = list(lines[0]) if lines else ["model", "from", *self.columns]
        table = [names, ["---"] * len(names), *([line[name] for name in names] for line in lines)]
        text = [f"| {' | '.join(map(_escaped, cells))} |" for cells in table]
        remarks = [f"- {_escaped(remark)}" for remark in self.remarks()]
        return "\n".join([f"**{self.title}**", "", *text, "", *remarks, ""])


def _escaped(text: str) -> str:
    return text.replace("|", "\\|").replace("*", "\\*")


VERDICTS = (
    "inside: the published value agrees with ours as far as the clips can tell: the 95 % interval of the difference "
    "has 0 in it (Newcombe 1998, method 10: both intervals; of a share the published one is Wilson's, of anything else "
    "as wide as ours would be on as many clips; their clips are taken to be clustered like ours). Each cell is judged "
    "by itself, at 5 %, not adjusted for the number of cells: of 20 values that agree one is outside by chance. No "
    "verdict where nobody says on how many clips, or where ours has no interval."
)


PUBLISHED = "95 % Wilson at the published n"
"""How intervals of published shares are found."""


def fill(suite: Suite, results: Sequence[Result]) -> list[FilledTable]:
    """The suite's tables with the results in them, and one of all exams that they say nothing of."""
    tables = [filled(suite, table, results) for table in suite.tables]
    return tables + [filled(suite, table, results) for table in unpublished(suite, results)]


def unpublished(suite: Suite, results: Sequence[Result]) -> list[PublishedTable]:
    """The table, not filled, of all exams that no table of the suite shows."""
    scores: dict[str, list[Mapping[str, Any]]] = {}
    for result in results:
        scores.setdefault(result.exam, []).append(result.scores)
    return headline_tables(suite, scores)


def filled(suite: Suite, table: PublishedTable, results: Sequence[Result]) -> FilledTable:
    """One table of a suite with the results in it."""
    return FilledTable(
        table.title,
        table.n,
        tuple(column.title for column in table.columns),
        tuple(_rows(suite, table, results)),
        (
            *table.notes,
            *_exam_notes(suite, table),
            *_edition_notes(suite, table, results),
            *_interval_notes(suite, table, results),
        ),
    )


def elsewhere_lines(suite: Suite) -> list[dict[str, str]]:
    """What others published, as ready text by column name."""
    return [
        {
            "dataset": publication.dataset,
            "task": publication.task,
            "metric": publication.metric,
            "model": model,
            "value": _published(publication.metric, value, publication.n).text(publication.n),
            "n": str(publication.n or ""),
            "source": publication.source.text,
        }
        for publication in suite.elsewhere
        for model, value in publication.rows.items()
    ]


def _exam_notes(suite: Suite, table: PublishedTable) -> Iterator[str]:
    for name in dict.fromkeys(column.exam for column in table.columns):
        if note := suite.exams[name].note:
            yield f"{suite.exams[name].title}: {note}"


def _edition_notes(suite: Suite, table: PublishedTable, results: Sequence[Result]) -> Iterator[str]:
    """Which exams were asked here in another edition than the one that was published, or nobody knows in which."""
    for name in dict.fromkeys(column.exam for column in table.columns):
        found = [one for r in results if r.exam == name for one in editions_of_scores(r.scores).values()]
        for words in dict.fromkeys(one.words for one in found if one.is_other or one.version is None):
            yield f"{suite.exams[name].title}, here: {words}."


def _interval_notes(suite: Suite, table: PublishedTable, results: Sequence[Result]) -> Iterator[str]:
    """Of how many clips in how many clusters values are, and how intervals were found."""
    for name in dict.fromkeys(column.exam for column in table.columns):
        scores = [result.scores for result in results if result.exam == name]
        wanted = {column.metric for column in table.columns if column.exam == name}
        shown = [metric for one in scores for metric in one["metrics"] if metric["metric"] in wanted]
        if shown:
            basis = "; ".join(dict.fromkeys(clips_and_clusters(one["n"], one.get("clusters")) for one in scores))
            yield f"{suite.exams[name].title}, here: {basis}; intervals: {methods(shown)}."
    if any(
        value is not None and interval(column.metric, value, table.n)
        for values in table.rows.values()
        for column, value in zip(table.columns, values, strict=True)
    ):
        yield f"Published: intervals: {PUBLISHED}; of how many artists their clips are is not known."


def _rows(suite: Suite, table: PublishedTable, results: Sequence[Result]) -> Iterator[Row]:
    names = {result.label: result.model for result in results}
    others = {(r.exam, r.label) for r in results if any(e.is_other for e in editions_of_scores(r.scores).values())}
    ours = {label: [_ours(column, label, results) for column in table.columns] for label in names}
    ours = {label: cells for label, cells in ours.items() if any(cells)}
    for model, values in table.rows.items():
        theirs = [
            value if value is None else _published(column.metric, value, table.n, table.note(model, column.title))
            for column, value in zip(table.columns, values, strict=True)
        ]
        yield Row(model, "published", tuple(theirs))
        for label in [label for label in ours if suite.is_same(model, names[label])]:
            comparable = [
                None if (column.exam, label) in others else cell
                for column, cell in zip(table.columns, theirs, strict=True)
            ]
            cells = zip(ours.pop(label), comparable, strict=True)
            yield Row(label, "here", tuple(_judged(mine, other) for mine, other in cells))
    yield from (Row(label, "here", tuple(cells)) for label, cells in ours.items())


def _published(metric: str, value: float, n: int | None, note: str | None = None) -> Cell:
    low, high = interval(metric, value, n) or (None, None)
    return Cell(metric, value, low, high, n, note, interval="" if low is None else PUBLISHED)


def _ours(column: PublishedColumn, label: str, results: Sequence[Result]) -> Cell | None:
    for result in results:
        if (result.exam, result.label) == (column.exam, label):
            for metric in result.scores["metrics"]:
                if metric["metric"] == column.metric:
                    return Cell(
                        column.metric,
                        metric["value"],
                        metric["low"],
                        metric["high"],
                        metric["n"],
                        run=str(result.scores["run"]),
                        clusters=metric.get("clusters"),
                        interval=methods([metric]),
                    )
    return None


def _judged(mine: Cell | None, other: Cell | None) -> Cell | None:
    return replace(mine, verdict=verdict(mine, other)) if mine and other else mine


def verdict(ours: Estimate, published: Estimate) -> Verdict | None:
    """Whether a published value agrees with ours: see VERDICTS. None where nothing can be said."""
    ends = difference(ours, published)
    return None if ends is None else "inside" if ends[0] <= 0 <= ends[1] else "outside"


def difference(ours: Estimate, published: Estimate) -> tuple[float, float] | None:
    """95 % interval of our value minus the published one; None where ours has none, or nobody says on how many clips
    the other is.

    From both intervals (R. G. Newcombe, Interval estimation for the difference between independent proportions, 1998,
    method 10): 56 of 70 and 48 of 80 give 0.0524 to 0.3339. Published clips are taken to be other ones, clustered like
    ours: it errs to the safe side where they are the same, or less clustered.
    """
    if ours.low is None or ours.high is None or not ours.n or not published.n:
        return None
    their_low, their_high = _published_ends(ours, (ours.low, ours.high), published.value, (ours.n, published.n))
    apart = ours.value - published.value
    below = math.hypot(ours.value - ours.low, their_high - published.value)
    above = math.hypot(ours.high - ours.value, published.value - their_low)
    return apart - below, apart + above


def _published_ends(
    ours: Estimate, ends: tuple[float, float], value: float, clips: tuple[int, int]
) -> tuple[float, float]:
    """The interval of a published value, from ours and both numbers of clips; clustering costs (Kish's design effect,
    less 1) in proportion to the number of clips drawn from the same artists."""
    (low, high), (n, theirs) = ends, clips
    if ours.metric in SHARES:
        effect = n / max(1.0, min(float(n), effective_clips(ours.value, low, high)))
        worth = theirs / (1 + (effect - 1) * (theirs - 1) / max(1, n - 1))
        return wilson(value * worth, worth)
    scale = math.sqrt(n / theirs)
    return value - scale * (ours.value - low), value + scale * (high - ours.value)
