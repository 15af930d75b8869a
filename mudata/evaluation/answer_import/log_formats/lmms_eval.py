"""Samples that lmms-eval logs since 0.2 (EvolvingLMMs-Lab/lmms-eval, `--log_samples`; as in
lmms_eval/loggers/evaluation_tracker.py at 4eadb30 and 0716c69, and files of 2026 at 2d300ba).

A line has doc_id, target, filtered_resps (a text or a list), input, and resps only where they differ. The document is
left out (some forks keep it as doc), so a clip is named by input_media, by doc, or by a field of the task's own;
doc_id, its place in a table that is elsewhere, names none. What mudata exports has the number of a pass in doc.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from mudata.evaluation.answer_import.file_answer import (
    Entry,
    FileAnswer,
    answer_parts,
    names_of,
    options_of,
    reference_parts,
    text_of,
    texts_of,
)
from mudata.evaluation.answer_import.json_rows import rows


def entries(path: Path) -> Iterator[Entry]:
    for place, row in rows(path):
        doc = row.get("doc")
        asked = doc if isinstance(doc, Mapping) else {}
        number = asked.get("pass")
        answer = FileAnswer(
            place,
            tuple(dict.fromkeys([*texts_of(row.get("input_media")), *names_of(doc), *_of_task(row)])),
            **answer_parts(row.get("resps", row.get("filtered_resps"))),
            **reference_parts(row.get("target")),
            prompt=text_of(row.get("input", row.get("arguments"))),
            question=text_of(asked.get("question")),
            options=options_of(asked.get("choices")),
            pass_number=number if type(number) is int and number >= 0 else None,
        )
        yield Entry(answer, row)


def _of_task(row: Mapping[str, Any]) -> list[str]:
    """What may name a clip in the results that a task logs beside its score."""
    ours = {"doc", "token_counts", "arguments", "input"}
    return [name for key, value in row.items() if key not in ours for name in names_of(value)]
