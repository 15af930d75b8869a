"""Results in the Hub's `.eval_results/*.yaml`: the format is that of huggingface_hub (`EvalResultEntry`), values are
percentages as in the examples of its documentation (huggingface.co/docs/hub/eval-results) and in what mteb writes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import yaml

from mudata.catalog.cards.mirrors import HubMirror
from mudata.errors import EvaluationError
from mudata.version import __version__

if TYPE_CHECKING:
    from mudata.evaluation.result_export.exported_run import ExportedRun

_DIGITS = 4


def hub_results(exported: ExportedRun, hub_dataset: str | None, hub_task: str) -> str:
    """The YAML: an entry for each dataset of the run.

    Args:
        exported: the run.
        hub_dataset: the benchmark's repository [default: where the card has the dataset from].
        hub_task: the benchmark's name for the task, as its eval.yaml has it.

    Raises EvaluationError where nothing says which repository it is.
    """
    from huggingface_hub import EvalResultEntry, eval_result_entries_to_yaml

    entries = []
    for dataset in exported.scores["datasets"]:
        repo, revision = (hub_dataset, None) if hub_dataset else _repository(exported, dataset)
        metrics = exported.metrics(dataset)
        name = "official" if "official" in metrics else next(iter(metrics))  # what an exam's authors count is compared
        metric = metrics[name]
        entries.append(
            EvalResultEntry(
                dataset_id=repo,
                task_id=hub_task,
                value=round(100 * metric["value"], _DIGITS),
                dataset_revision=revision,
                date=_date(exported),
                notes=_notes(exported, name, metric),
            )
        )
    return yaml.safe_dump(eval_result_entries_to_yaml(entries), sort_keys=False, allow_unicode=True, width=1000)


def _repository(exported: ExportedRun, dataset: str) -> tuple[str, str | None]:
    card = exported.cards[dataset]
    for component in card.sources.values() if card else ():
        for mirror in component.mirrors:
            if isinstance(mirror, HubMirror) and mirror.repo_type == "dataset":
                return mirror.repo, mirror.revision
    raise EvaluationError(
        f"The card of {dataset} names no dataset of the Hub, which results are kept under.",
        "Say which benchmark it is: --hub-dataset OWNER/NAME",
    )


def _date(exported: ExportedRun) -> str:
    """When the last answer was given, as far as it is known."""
    started = [session.started_at for session in exported.settings.sessions if session.started_at]
    return max(started, default=exported.settings.created_at)


def _notes(exported: ExportedRun, name: str, metric: dict[str, object]) -> str:
    settings = exported.settings
    low, high = metric["low"], metric["high"]
    interval = f" [{100 * low:.1f}, {100 * high:.1f}]" if isinstance(low, float) and isinstance(high, float) else ""
    made = [
        f"{name}{interval} of {metric['n']} answers",
        f"task {settings.task}, split {settings.split}, part {exported.part}",
        f"options {settings.options_order}" if any(answer.options for answer in exported.answers) else None,
        f"{exported.passes} passes" if exported.passes > 1 else None,
        f"control: {settings.control}" if settings.control else None,
        f"answers from {settings.imported.format}" if settings.imported else None,
        f"mudata {settings.mudata_version or __version__}, run {exported.run.id}",
    ]
    return "; ".join(filter(None, made))
