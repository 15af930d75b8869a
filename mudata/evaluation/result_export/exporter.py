"""A run on its way to files of other programs, each written whole or not at all."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal, get_args

from mudata.errors import UnknownName
from mudata.evaluation.result_export.csv_export import csv_table
from mudata.evaluation.result_export.exported_run import ExportedRun
from mudata.evaluation.result_export.hub_eval_results import hub_results
from mudata.evaluation.result_export.inspect_export import inspect_log, inspect_log_name
from mudata.evaluation.result_export.lmms_export import lmms_results, lmms_samples
from mudata.evaluation.result_export.mteb_export import mteb_results, mteb_task_name
from mudata.home import write_atomic, writing_to

if TYPE_CHECKING:
    from mudata.evaluation.run import Run

ExportFormat = Literal["hf-eval-results", "inspect", "lmms-eval", "mteb", "csv"]


@dataclass(frozen=True, kw_only=True)
class ExportRequest:
    """What `mudata export-run` was asked for.

    folder: where files go, under the names that their programs know. with_answers: answers are in clear, not as
    hashes. hub_dataset, hub_task: under which the Hub keeps results.
    """

    to: ExportFormat
    folder: Path
    with_answers: bool = False
    hub_dataset: str | None = None
    hub_task: str = "default"


def export_run(run: Run, request: ExportRequest) -> list[Path]:
    """Write a scored run's files, and say which.

    Raises UnknownName (format), EvaluationError where the run has not been scored.
    """
    if request.to not in get_args(ExportFormat):
        raise UnknownName("format", request.to, get_args(ExportFormat))
    exported = ExportedRun(run, with_answers=request.with_answers)
    files = _files(exported, request)
    with writing_to(request.folder):
        for name, text in files.items():
            write_atomic(request.folder / name, text)
    return [request.folder / name for name in files]


def _files(exported: ExportedRun, request: ExportRequest) -> dict[str, str]:
    """The text of each file, by name."""
    run, task = _safe(exported.run.id), _safe(mteb_task_name(exported))
    match request.to:
        case "hf-eval-results":
            text = hub_results(exported, request.hub_dataset, request.hub_task)
            return {f".eval_results/{task}-{run[-10:]}.yaml": text}
        case "inspect":
            return {inspect_log_name(exported): inspect_log(exported)}
        case "lmms-eval":
            samples = f"{run}_samples_{_safe(exported.task)}.jsonl"
            return {samples: lmms_samples(exported), f"{run}_results.json": lmms_results(exported)}
        case "mteb":
            return {f"{_safe(exported.settings.model)}/{run[-10:]}/{task}.json": mteb_results(exported)}
        case "csv":
            return {f"{run}.csv": csv_table(exported)}


def _safe(name: str) -> str:
    """A name as part of a file's name: model names can be anything."""
    return re.sub(r"[^\w.-]+", "-", name).lstrip(".-") or "run"
