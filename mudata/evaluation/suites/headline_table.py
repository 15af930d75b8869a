"""The table that a suite has without publishing any: every exam by its headline metric.

A table that was published shows the columns that were published; what no column shows would be
asked and never be seen.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from mudata.catalog.cards import loader
from mudata.errors import CardError, UnknownName
from mudata.evaluation.metrics.scored import headline_of
from mudata.evaluation.suites.published_table import PublishedColumn, PublishedTable

if TYPE_CHECKING:
    from mudata.evaluation.suites.suite import Exam, Suite


Scores = Sequence[Mapping[str, Any]]
"""What scores.json says of each of several runs."""


def headline_tables(suite: Suite, scores: Mapping[str, Scores]) -> list[PublishedTable]:
    """One table of the exams that no table of the suite shows, with nothing published in it; none
    if there is no such exam.

    `scores` are those of the runs of each exam that has any.
    An exam is shown by a column of a metric that its runs have; where there is no run yet, by any
    column. One whose kind of task is not known (no run, and no card) has no headline.
    """
    columns = []
    for name, exam in suite.exams.items():
        of_exam = scores.get(name, ())
        if _is_shown(suite, name, of_exam):
            continue
        kind = _kind(exam, of_exam)
        if kind:
            metric = headline_of(kind, {metric["metric"] for run in of_exam for metric in run["metrics"]})
            columns.append(PublishedColumn(title=f"{name} ({metric})", exam=name, metric=metric))
    if not columns:
        return []
    sizes = {suite.exams[column.exam].split.n for column in columns}
    return [
        PublishedTable(
            title="Other exams" if suite.tables else suite.title,
            n=sizes.pop() if len(sizes) == 1 else None,
            columns=tuple(columns),
            rows={},
        )
    ]


def _is_shown(suite: Suite, exam: str, scores: Scores) -> bool:
    shown = {column.metric for table in suite.tables for column in table.columns if column.exam == exam}
    had = {metric["metric"] for run in scores for metric in run["metrics"]}
    return bool(shown & had if had else shown)


def _kind(exam: Exam, scores: Scores) -> str | None:
    """The kind of its questions, as the runs of an exam say, else as its dataset's card does."""
    if scores:
        return str(scores[0]["kind"])
    try:
        task = loader.load(exam.dataset).tasks.get(exam.task)
    except (CardError, UnknownName):  # who asks the exam is told
        return None
    return task.kind if task else None
