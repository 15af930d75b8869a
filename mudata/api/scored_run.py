"""A run with its numbers at hand."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from mudata.errors import EvaluationError, UnknownName
from mudata.evaluation.metrics.scored import Metric
from mudata.evaluation.run import Run, find
from mudata.home import Home
from mudata.table import Table

Runs = str | Path | Run
"""A run as a user names it:
its id, the beginning of it, its folder, or a run that a function gave back."""


class ScoredRun(Run):
    """A run that was scored: `.accuracy`, `.metric(name)`,
    `.table()`, and all of scores.json as `.scores`.

    `.id`, `.folder`, `.settings`, `.answers()` and `.questions()` tell how it came about.
    """

    @property
    def metrics(self) -> dict[str, Metric]:
        """Every metric over all clips by name,
        with its 95 % interval over clusters of clips, n and recipe. Raises EvaluationError."""
        return {metric["metric"]: Metric(**metric) for metric in self.scores["metrics"]}

    def metric(self, name: str) -> Metric:
        """One metric, such as 'macro_f1' or 'rougeL_f': `.value`, `.low`, `.high` (None where so few
        clips or artists tell nothing), `.n`, `.clusters`, `.interval` (how it was found), `.recipe`.

        Raises:
            UnknownName: the run has no such metric; those it has are named.
        """
        metrics = self.metrics
        if name not in metrics:
            raise UnknownName(f"metric of {self.id}", name, metrics)
        return metrics[name]

    @property
    def accuracy(self) -> float:
        """Share of all clips asked whose answer is exactly right, from 0 to 1;
        failures count as wrong.

        Raises:
            UnknownName: the run's task has no accuracy (tags, captions).
        """
        return self.metric("accuracy").value

    @property
    def exam(self) -> dict[str, Any]:
        """Of an exam, or of a task with an official rule: our reading (`ours`) and the rule (`official`) beside each
        other, how their verdicts `differ`, `passes`, `groups`, `faults`, `floors`: the part `exam` of scores.json
        (docs/exams.md).

        Raises:
            EvaluationError: the run is of no such task, or of several, each of which has its own in
                `scores["datasets"]`.
        """
        if found := self.scores.get("exam"):
            return dict(found)
        raise EvaluationError(
            f"{self.id} is no run of one exam.", "Exams are listed by `mudata list`; of several: scores['datasets']."
        )

    def table(self) -> Table:
        """What `mudata score` prints: a row for each dataset."""
        return ScoredRuns([self]).tables()[0]

    def __repr__(self) -> str:
        try:
            return f"Run {self.id}\n{self.table()!r}"
        except EvaluationError as error:
            return f"Run {self.id}: {error.what.removeprefix(f'{self.id} ')}"

    def _repr_html_(self) -> str:
        return self.table()._repr_html_()


class ScoredRuns(list[ScoredRun]):
    """Runs, shown as the tables that `mudata score` prints of them, one for each kind of task."""

    def tables(self) -> list[Table]:
        """Accuracy, tags, captions: a table for each that the runs have."""
        from mudata.evaluation.comparison.score_table import tables

        return [Table(table.rows, table.columns, note=table.note) for table in tables([run.scores for run in self])]

    def __repr__(self) -> str:
        return "\n\n".join(map(repr, self.tables())) or "(no runs)"

    def _repr_html_(self) -> str:
        return "".join(table._repr_html_() for table in self.tables()) or "<p>(no runs)</p>"


def named_runs(named: Runs | Iterable[Runs]) -> list[ScoredRun]:
    """Runs as they are named. Raises UnknownName."""
    each = (named,) if isinstance(named, str | Path | Run) else named
    return [ScoredRun(run.folder if isinstance(run, Run) else find(Home.default(), str(run)).folder) for run in each]
