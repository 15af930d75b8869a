"""MMAU's own file with a model's answers in it (Sakshi113/MMAU@110127f evaluation.py; MMAR's is the same).

A JSON list of the published items, each with model_output (model_prediction until 2025-01-29), or both.

Where both are there, model_output is the answer as the model gave it; some keep model_prediction for what was left
when they had taken words off its beginning (`--answer-field model_prediction`).
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from mudata.evaluation.answer_import.file_answer import (
    Entry,
    FileAnswer,
    answer_parts,
    options_of,
    reference_parts,
    text_of,
    texts_of,
)
from mudata.evaluation.answer_import.json_rows import rows


def entries(path: Path) -> Iterator[Entry]:
    for place, row in rows(path):
        named = [name for key in ("id", "audio_id", "audio_path") for name in texts_of(row.get(key))]
        answer = FileAnswer(
            place,
            tuple(dict.fromkeys(named)),
            **answer_parts(row.get("model_output", row.get("model_prediction"))),
            **reference_parts(row.get("answer")),
            question=text_of(row.get("question")),
            options=options_of(row.get("choices")),
        )
        yield Entry(answer, row)
