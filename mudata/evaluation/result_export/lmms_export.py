"""Samples and results as lmms-eval logs them (`--log_samples`; what 0.7.3 takes as a baseline of another run)."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mudata.evaluation.result_export.exported_run import ExportedAnswer, ExportedRun


def lmms_samples(exported: ExportedRun) -> str:
    """A line for each answer; of an item asked several times, one for each pass."""
    return "".join(
        json.dumps(_line(number, answer), ensure_ascii=False) + "\n" for number, answer in enumerate(exported.answers)
    )


def lmms_results(exported: ExportedRun) -> str:
    """The numbers, as `*_results.json` has them."""
    values = {f"{name},none": metric["value"] for name, metric in exported.metrics().items()}
    results = {
        "results": {exported.task: {"alias": exported.task, **values}},
        "versions": {exported.task: exported.settings.mudata_version},
        "n-samples": {exported.task: {"original": len(exported.answers), "effective": len(exported.answers)}},
        "model_name": exported.settings.model,
        "date": exported.settings.created_at,
    }
    return json.dumps(results, ensure_ascii=False, indent=2) + "\n"


def _line(number: int, answer: ExportedAnswer) -> dict[str, Any]:
    doc = {
        "item_id": answer.of,
        "pass": answer.pass_number,
        "question": answer.question,
        "choices": list(answer.options),
        "category": answer.category,
        "clips": list(answer.clips),
    }
    return {
        "doc_id": number,
        "doc": doc,
        "target": answer.gold_letter or (list(answer.gold) if len(answer.gold) > 1 else "".join(answer.gold)),
        "filtered_resps": answer.answer,
        "doc_hash": hashlib.sha256(json.dumps(doc, indent=2, ensure_ascii=False).encode()).hexdigest(),
        "score": answer.value,
        "mudata": {
            "status": answer.status,
            "chosen": answer.chosen_letter or list(answer.chosen),
            "error": answer.error,
        },
        "input": answer.question,
    }
