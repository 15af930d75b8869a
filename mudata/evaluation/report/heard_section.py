"""The section of the page about suites that ask exams blind as well: verdicts, pictures, tables."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from mudata.catalog.cards import loader
from mudata.evaluation.report import style as ink
from mudata.evaluation.report.heard_chart import heard_chart
from mudata.evaluation.suites import suite as suites
from mudata.evaluation.suites.heard_report import HeardReport, HeardRow, heard_report
from mudata.evaluation.suites.heard_table import heading, tables
from mudata.narration import SILENT, Progress

if TYPE_CHECKING:
    from mudata.evaluation.report.data import Report
    from mudata.home import Home
    from mudata.table import Table


@dataclass(frozen=True)
class HeardExam:
    """One exam as the page shows it: `figure` wide and narrow, the table of verdicts, and `more` tables."""

    heading: str
    warnings: tuple[str, ...]
    rows: tuple[HeardRow, ...]
    figure: tuple[str, str]
    verdicts: Table
    more: tuple[Table, ...]


def heard_exams(home: Home, report: Report, progress: Progress = SILENT) -> tuple[HeardExam, ...]:
    """Of the runs of a report those that belong to suites with blind conditions, exam by exam; none where there are
    none. Raises EvaluationError as `heard_report` does."""
    return tuple(exam for found in _reports(home, report, progress) for exam in _exams(found))


def _reports(home: Home, report: Report, progress: Progress) -> Iterator[HeardReport]:
    splits = {run.settings.split for run in report.runs}
    models = [run.settings.model for run in report.runs]
    for name, path in suites.files().items():
        if not any(split.startswith(f"{name}-") for split in splits):
            continue
        with loader.passing_over(path):
            suite = suites.load(str(path))
            exams = [exam for exam in suite.exams if suite.split_of(exam) in splits]
            if suite.rows == "heard" and exams:
                yield heard_report(home, suite, progress, exams=exams, models=list(dict.fromkeys(models)))


def _exams(report: HeardReport) -> Iterator[HeardExam]:
    for exam in dict.fromkeys(row.exam for row in report.rows):
        rows = [row for row in report.rows if row.exam == exam]
        title, draw = f"{rows[0].title}: scores beside blind floors", partial(heard_chart, rows)
        verdicts, *more = tables(report, rows)
        yield HeardExam(
            heading(exam, rows),
            tuple(report.warnings.get(exam, ())),
            tuple(rows),
            (ink.svg(draw, ink.WIDE, title, f"heard-{exam}"), ink.svg(draw, ink.NARROW, title, f"heard-{exam}")),
            verdicts,
            tuple(more),
        )
