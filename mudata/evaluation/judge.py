"""Scoring: a run's files in, scores.json out. Offline, repeatable, and the same bytes every time."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from mudata.errors import EvaluationError
from mudata.evaluation import scores
from mudata.evaluation.align import ALIGNER, align
from mudata.home import write_atomic

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mudata.evaluation.run import Run
    from mudata.evaluation.scores import Judged, Metric


def judge(run: Run) -> list[Judged]:
    """Every question of a run with its references and what the answer means, in the order of questions.jsonl.

    Raises EvaluationError while answers are outstanding.
    """
    tasks, answers, questions = run.tasks, run.answers(), run.questions()
    if open_ := sum(question["clip_id"] not in answers for question in questions):
        raise EvaluationError(
            f"{run.id} is not finished: {open_} of {len(questions)} clips have not been asked yet.",
            f"Go on with: {(run.settings['sittings'] or [run.settings])[-1].get('command') or 'the same mudata eval'}",
        )
    judged = []
    for question in questions:
        answer = answers[question["clip_id"]].answer
        space = tasks[question["dataset"]].space
        alignment = align(answer, space) if space else None
        gold = tuple(question["gold"])
        judged.append(scores.Judged(question["clip_id"], question["dataset"], gold, answer, alignment))
    return judged


def score(run: Run) -> dict[str, Any]:
    """Judge a run, write scores.json, and return it.

    `metrics` are over all clips, `datasets` has the same for each dataset; `per_label`, `confusion` and
    `outcomes` say where the answers went.
    """
    settings, items = run.settings, judge(run)
    tasks = run.tasks
    labels = {dataset: tuple(task.written) for dataset, task in tasks.items()}
    parts = {dataset: [item for item in items if item.dataset == dataset] for dataset in tasks}
    found = {
        "run": run.id,
        "model": settings["model"],
        "split": settings["split"],
        "task": settings["task"],
        "kind": settings["kind"],
        "n": len(items),
        "aligner": ALIGNER if any(labels.values()) else None,
        "labels_sha256": {dataset: task.labels_sha256 for dataset, task in tasks.items()},
        "forced_choice": settings["forced_choice"],
        "outcomes": scores.outcomes(items),
        "metrics": [asdict(metric) for metric in _metrics(settings, items, labels)],
        "datasets": {
            dataset: {
                "n": len(part),
                "outcomes": scores.outcomes(part),
                "metrics": [asdict(metric) for metric in _metrics(settings, part, {dataset: labels[dataset]})],
            }
            for dataset, part in parts.items()
        },
        "per_label": scores.per_label(items, labels),
        "confusion": scores.confusion(items) if settings["kind"] == "classify" else [],
    }
    write_atomic(run.folder / "scores.json", json.dumps(found, indent=2, ensure_ascii=False) + "\n", shared=True)
    return found


def _metrics(settings: dict[str, Any], items: Sequence[Judged], labels: scores.Labels) -> list[Metric]:
    majority = {said["dataset"]: said["majority"] for said in settings["tasks"]}
    sources = sorted({said["majority_source"] for said in settings["tasks"] if said["dataset"] in labels})
    match settings["kind"]:
        case "classify":
            return scores.classify(items, labels, majority, " or ".join(sources))
        case "tag":
            return scores.tag(items, labels, majority, " or ".join(sources))
        case _:
            return scores.caption(items)
