"""CMI-Bench (nicolaus625/CMI-bench 4c15f41, files model/results/*/*.jsonl).

One JSON list whatever the file's name; question, response, correct_answer, audioid (a path, of which only the tail
says anything).
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from mudata.evaluation.answer_import.file_answer import (
    Entry,
    FileAnswer,
    answer_parts,
    reference_parts,
    text_of,
    texts_of,
)
from mudata.evaluation.answer_import.json_rows import rows


def entries(path: Path) -> Iterator[Entry]:
    for place, row in rows(path):
        answer = FileAnswer(
            place,
            texts_of(row.get("audioid")),
            **answer_parts(row.get("response")),
            **reference_parts(row.get("correct_answer")),
            prompt=text_of(row.get("question")),
        )
        yield Entry(answer, row)
