"""A log that inspect opens (`inspect view`, `inspect_ai.log.read_eval_log`): version 2, as inspect-ai 0.3.285 has it.

An item is a sample, its passes are epochs. A failure is an error; it is scored all the same, since it counts here.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from mudata.jsonl import digest

if TYPE_CHECKING:
    from mudata.evaluation.result_export.exported_run import ExportedAnswer, ExportedRun

_SCORER = "mudata"


def inspect_log_name(exported: ExportedRun) -> str:
    """A name by which inspect knows a file as a log: date, task, id."""
    date = re.sub(r"[:+]", "-", exported.settings.created_at)
    task = re.sub(r"[^\w.-]+", "-", exported.task)
    return f"{date}_{task}_{_identity(exported, 'task')}.json"


def inspect_log(exported: ExportedRun) -> str:
    """The whole log as JSON."""
    settings = exported.settings
    answered = sum(answer.answer is not None for answer in exported.answers)
    log = {
        "version": 2,
        "status": "success",
        "eval": {
            "eval_id": _identity(exported, "eval"),
            "run_id": _identity(exported, "run"),
            "created": settings.created_at,
            "task": exported.task,
            "task_id": _identity(exported, "task"),
            "task_version": 0,
            "task_args": {"split": settings.split, "part": exported.part, "control": settings.control},
            "dataset": {
                "name": settings.split,
                "samples": len({answer.of for answer in exported.answers}),
                "sample_ids": list(dict.fromkeys(answer.of for answer in exported.answers)),
                "shuffled": False,
            },
            "model": settings.model,
            "config": {"epochs": exported.passes},
            "packages": {"mudata": settings.mudata_version or ""},
            "metadata": {"run": exported.run.id, "answers_in_clear": exported.with_answers},
            "scorers": [{"name": _SCORER, "options": {}, "metrics": [], "metadata": {}}],
        },
        "plan": {"name": "plan", "steps": [], "config": {}},
        "results": {
            "total_samples": len(exported.answers),
            "completed_samples": answered,
            "scores": [
                {
                    "name": _SCORER,
                    "scorer": _SCORER,
                    "params": {},
                    "scored_samples": len(exported.answers),
                    "unscored_samples": 0,
                    "metrics": {name: _metric(exported, name, metric) for name, metric in exported.metrics().items()},
                }
            ],
        },
        "stats": {"started_at": settings.created_at, "completed_at": settings.created_at, "model_usage": {}},
        "samples": [_sample(exported, answer) for answer in exported.answers],
    }
    return json.dumps(log, ensure_ascii=False, indent=1) + "\n"


def _metric(exported: ExportedRun, name: str, metric: dict[str, Any]) -> dict[str, Any]:
    """A recipe may quote a gold."""
    told = ("recipe",) if all(map(exported.is_open, exported.cards)) else ()
    more = {key: metric.get(key) for key in ("low", "high", "n", "clusters", "interval", *told)}
    return {"name": name, "value": metric["value"], "params": {}, "metadata": more}


def _sample(exported: ExportedRun, answer: ExportedAnswer) -> dict[str, Any]:
    model = exported.settings.model
    said = {"role": "assistant", "content": answer.answer or "", "source": "generate", "model": model}
    failed = answer.answer is None
    choices = [] if failed else [{"message": said, "stop_reason": "stop"}]
    sample: dict[str, Any] = {
        "id": answer.of,
        "epoch": answer.pass_number + 1,
        "input": answer.question,
        "choices": list(answer.options) or None,
        "target": answer.gold_letter or (list(answer.gold) if len(answer.gold) > 1 else "".join(answer.gold)),
        "messages": [{"role": "user", "content": answer.question, "source": "input"}, *([] if failed else [said])],
        "output": {"model": model, "choices": choices, "completion": answer.answer or ""},
        "scores": {} if answer.value is None else {_SCORER: _score(answer, answer.value)},
        "metadata": {
            "dataset": answer.dataset,
            "clips": list(answer.clips),
            "category": answer.category,
            "difficulty": answer.difficulty,
            "status": answer.status,
        },
        "store": {},
        "events": [],
        "model_usage": {},
        "attachments": {},
    }
    if failed:
        sample["error"] = {"message": answer.error or "", "traceback": "", "traceback_ansi": ""}
    return sample


def _score(answer: ExportedAnswer, value: float) -> dict[str, Any]:
    """C and I for right and wrong, else the number."""
    return {
        "value": {1.0: "C", 0.0: "I"}.get(value, value),
        "answer": answer.chosen_letter or ", ".join(answer.chosen),
        "explanation": f"{answer.status}: {answer.rule}" if answer.rule else answer.status,
        "metadata": dict(answer.worth),
    }


def _identity(exported: ExportedRun, what: str) -> str:
    return digest([what, exported.run.id])[:22]
