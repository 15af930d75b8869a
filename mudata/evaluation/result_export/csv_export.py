"""A table with a row for each answer; lists are JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from mudata.csv_lines import csv_line

if TYPE_CHECKING:
    from mudata.evaluation.result_export.exported_run import ExportedAnswer, ExportedRun

_COLUMNS = ("run", "model", "item_id", "of", "pass", "dataset", "task", "clips", "category", "difficulty", "question",
            "options", "gold", "answer", "error", "status", "rule", "chosen", "value", "measures")  # fmt: skip


def csv_table(exported: ExportedRun) -> str:
    return csv_line(_COLUMNS) + "".join(csv_line(_row(exported, answer)) for answer in exported.answers)


def _row(exported: ExportedRun, answer: ExportedAnswer) -> Iterator[Any]:
    yield from (exported.run.id, exported.settings.model, answer.item_id, answer.of, answer.pass_number)
    yield from (answer.dataset, exported.task, _list(answer.clips), answer.category, answer.difficulty)
    yield from (answer.question, _list(answer.options), _list(answer.gold), answer.answer, answer.error)
    yield from (answer.status, answer.rule, _list(answer.chosen), answer.value, json.dumps(dict(answer.worth)))


def _list(texts: tuple[str, ...]) -> str:
    return json.dumps(list(texts), ensure_ascii=False)
