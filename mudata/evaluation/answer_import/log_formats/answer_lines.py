"""A line per clip or item, with clip_id or item_id and answer, or error, and pass_number where an item was asked more
than once: also the answers.jsonl of any run."""

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
        answer = FileAnswer(
            place,
            (*texts_of(row.get("item_id")), *texts_of(row.get("clip_id"))),
            **answer_parts(row.get("answer"), row.get("error")),
            **reference_parts(row.get("references", row.get("reference"))),
            prompt=text_of(row.get("prompt")),
            options=options_of(row.get("options")),
            pass_number=number if isinstance(number := row.get("pass_number"), int) else None,
        )
        yield Entry(answer, row)
