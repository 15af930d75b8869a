"""A suite with one row per exam, metric and difficulty, beside what needs no listening: for suites whose exams are
scored each in its own way, so that no column says the same of all.

    exam   of             difficulty  metric              chance  best constant    random            classic
    Tempo  composed       all         accuracy            4.1 %   20.0 % ('116')   2.5 % [0.7, 8.7]  72.5 % [64, 80]

Exams that were composed anew from another seed have rows of their own: they confirm what the first ones show.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

from mudata.catalog.cards.card_task import LEVELS
from mudata.errors import number
from mudata.evaluation.kinds.kind_registry import EXACT_KINDS, kind_of
from mudata.evaluation.metrics.label_floors import constant_words
from mudata.evaluation.metrics.scored import decimals, headline_of, interval_text
from mudata.table import Table

if TYPE_CHECKING:
    from mudata.evaluation.suites.suite import Suite
    from mudata.evaluation.suites.suite_table import Result

ALL = "all"
"""Every difficulty together."""
BEST = "best constant"
"""Title of the floor's column: there is a model called constant, whose column stands beside it."""
_OF_TAGS = {"macro_f1": ("macro F1", "number"), "micro_f1": ("micro F1", "number")}

Style = Literal["percent", "number"]


@dataclass(frozen=True, kw_only=True)
class ExamValue:
    """What a model reached, with its 95 % interval (None where nothing can be said), of n items, in which run."""

    value: float
    low: float | None
    high: float | None
    n: int
    run: str

    def text(self, style: Style) -> str:
        return f"{_written(self.value, style)} {interval_text(self.low, self.high, lambda end: _end(end, style))}"


@dataclass(frozen=True, kw_only=True)
class ExamRow:
    """One metric of an exam, of one difficulty or all, on the items of one dataset.

    `chance` is what a uniform guess is worth, `constant` what the best constant answer is worth on these items, and
    `constant_answer` which one it is; None where nobody says. `headline`: the metric is the exam's first.
    """

    exam: str
    title: str
    dataset: str
    difficulty: str
    metric: str
    metric_title: str
    style: Style
    headline: bool
    chance: float | None
    constant: float | None
    constant_answer: str | None
    models: Mapping[str, ExamValue]


@dataclass(frozen=True)
class ExamTable:
    """The rows of a suite, in the order of its exams, and the models that they have."""

    title: str
    rows: tuple[ExamRow, ...]

    @property
    def models(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(model for row in self.rows for model in row.models))

    def table(self) -> Table:
        """As text: a line per row; what repeats the line above is left out."""
        lines, before = [], ("", "", "")
        for row in self.rows:
            place = (row.title, row.dataset, row.difficulty)
            shown = [text if place[: i + 1] != before[: i + 1] else "" for i, text in enumerate(place)]
            before = place
            constant = "" if row.constant is None else _written(row.constant, row.style)
            if constant and row.constant_answer is not None:
                constant += f" ({row.constant_answer!r})"
            line = dict(zip(("exam", "of", "difficulty"), shown, strict=True))
            line |= {
                "metric": row.metric_title,
                "chance": "" if row.chance is None else _written(row.chance, row.style),
                BEST: constant,
            }
            lines.append(line | {m: row.models[m].text(row.style) if m in row.models else "" for m in self.models})
        columns = ("exam", "of", "difficulty", "metric", "chance", BEST, *self.models)
        return Table(lines, columns, title=self.title, note=self.note)

    def __str__(self) -> str:
        return repr(self.table())

    @property
    def note(self) -> str:
        sizes = [value.n for row in self.rows for value in row.models.values()]
        of = f" of {min(sizes)} to {number(max(sizes), 'item')}" if sizes and min(sizes) < max(sizes) else ""
        of = f" of {number(sizes[0], 'item')}" if sizes and not of else of
        return (
            f"Values{of}, all of them, with 95 % intervals that count items of one piece together; chance: a uniform"
            " guess; best constant: the best constant answer to these items."
        )

    def markdown(self) -> str:
        """The same as a table of GitHub's Markdown."""
        table = self.table()
        lines = [table.columns, ["---"] * len(table.columns), *table.cells]
        text = [f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in line)} |" for line in lines]
        return "\n".join([f"**{self.title}**", "", *text, "", self.note, ""])


def exam_table(suite: Suite, results: Sequence[Result]) -> ExamTable:
    """The table of a suite.

    Args:
        suite: whose exams are the rows, in their order.
        results: of its exams; of equal exam, dataset and label the first counts.
    """
    rows: dict[tuple[str, str, str, str], ExamRow] = {}
    order = {name: place for place, name in enumerate(suite.exams)}
    for result in sorted(results, key=lambda result: order[result.exam]):
        for row in _rows(suite, result):
            key = (row.exam, row.dataset, row.difficulty, row.metric)
            if (have := rows.get(key)) is None:
                rows[key] = row
            else:
                rows[key] = replace(have, models={**row.models, **have.models})
    return ExamTable(suite.title, tuple(sorted(rows.values(), key=lambda row: _place(row, order, suite))))


def _place(row: ExamRow, order: Mapping[str, int], suite: Suite) -> tuple[Any, ...]:
    level = LEVELS.index(row.difficulty) if row.difficulty in LEVELS else len(LEVELS)
    own = row.dataset != suite.exams[row.exam].dataset
    return order[row.exam], own, row.dataset, row.difficulty != ALL, level, row.difficulty, not row.headline


def _rows(suite: Suite, result: Result) -> Iterator[ExamRow]:
    """The rows of one run: its measures over all items, and the headline by difficulty where there are several."""
    exam, scores, kind = suite.exams[result.exam], result.scores, str(result.scores["kind"])
    exact, floors = scores.get("exact") or {}, scores.get("floors") or {}
    metrics = {metric["metric"]: metric for metric in (*floors.get("metrics", ()), *scores["metrics"])}
    constants = exact.get("constants") or {of: constant_words(best) for of, best in floors.get("constants", {}).items()}
    wordings = {name: words for name, words in _wordings(kind).items() if name in metrics}
    headline = next(iter(wordings))
    groups = [row for row in exact.get("groups", ()) if row["by"] == "difficulty"]
    levels = list(dict.fromkeys(row["name"] for row in groups))
    shared = {"exam": result.exam, "title": exam.title, "dataset": _dataset(scores)}
    for name, (title, style) in wordings.items():
        tail = "" if name == headline_of(kind, metrics) else f"_{name}"
        beside = {what: found["value"] for what in ("chance", "constant") if (found := metrics.get(f"{what}{tail}"))}
        yield ExamRow(
            **shared,
            difficulty=levels[0] if len(levels) == 1 else ALL,
            metric=name,
            metric_title=title,
            style=style,
            headline=name == headline,
            chance=beside.get("chance"),
            constant=beside.get("constant"),
            constant_answer=constants.get(name),
            models={result.label: _value(metrics[name], scores)},
        )
    for group in groups if len(levels) > 1 else ():
        if group["metric"] == headline:
            title, style = wordings[headline]
            yield ExamRow(
                **shared,
                difficulty=group["name"],
                metric=headline,
                metric_title=title,
                style=style,
                headline=True,
                chance=group["chance"],
                constant=group["constant"],
                constant_answer=None,
                models={result.label: _value(group, scores)},
            )


def _value(metric: Mapping[str, Any], scores: Mapping[str, Any]) -> ExamValue:
    return ExamValue(
        value=metric["value"], low=metric["low"], high=metric["high"], n=metric["n"], run=str(scores["run"])
    )


def _wordings(kind: str) -> dict[str, tuple[str, Style]]:
    """Title and style of the metrics that rows are made of, the headline first."""
    if kind in EXACT_KINDS:
        return {measure.name: (measure.title, measure.style) for measure in kind_of(kind).measures}
    if kind == "tag":
        return {name: (title, "number") for name, (title, _) in _OF_TAGS.items()}
    headline = headline_of(kind, ())
    return {headline: (headline, "percent" if headline == "accuracy" else "number")}


def _dataset(scores: Mapping[str, Any]) -> str:
    return ", ".join(scores["datasets"])


def _written(value: float, style: Style) -> str:
    return f"{100 * value:.1f} %" if style == "percent" else decimals(value)


def _end(value: float, style: Style) -> str:
    return f"{100 * value:.1f}" if style == "percent" else decimals(value)
