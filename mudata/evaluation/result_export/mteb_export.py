"""Results as MTEB keeps those of a task (`mteb.results.TaskResult`, mteb 2.26): one entry for each dataset."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

_LANGUAGE = "eng-Latn"
"""Of the prompts. Without one MTEB finds no score in a file."""

if TYPE_CHECKING:
    from mudata.evaluation.result_export.exported_run import ExportedRun


def mteb_results(exported: ExportedRun) -> str:
    """The task's JSON. Its revision is the hash of the indexed rows, or of the card where nothing was indexed."""
    settings = exported.settings
    tasks = {task.dataset: task for task in settings.tasks}
    revisions = [settings.index_sha256.get(dataset) or task.card_sha256 for dataset, task in tasks.items()]
    seconds = sum(float(session.wall_s) for session in settings.sessions)
    result = {
        "dataset_revision": "+".join(revisions),
        "task_name": mteb_task_name(exported),
        "mteb_version": None,
        "scores": {exported.part: [_entry(exported, dataset) for dataset in exported.scores["datasets"]]},
        "evaluation_time": round(seconds, 3) if settings.sessions else None,
        "kg_co2_emissions": None,
    }
    return json.dumps(result, ensure_ascii=False, indent=2) + "\n"


def mteb_task_name(exported: ExportedRun) -> str:
    """Datasets and task: of MTEB's own tasks none is called so."""
    return "-".join((*(task.dataset for task in exported.settings.tasks), exported.task))


def _entry(exported: ExportedRun, dataset: str) -> dict[str, Any]:
    metrics = exported.metrics(dataset)
    headline = next(iter(metrics))
    several = len(exported.scores["datasets"]) > 1
    return {
        **{name: metric["value"] for name, metric in metrics.items()},
        "main_score": metrics[headline]["value"],
        "main_metric": headline,
        "n": exported.scores["datasets"][dataset]["n"],
        "intervals": {name: [metric["low"], metric["high"]] for name, metric in metrics.items()},
        "hf_subset": dataset if several else "default",
        "languages": [_LANGUAGE],
        "run": exported.run.id,
        "model": exported.settings.model,
    }
