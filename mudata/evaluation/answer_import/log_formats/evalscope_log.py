"""Files of evalscope (modelscope/evalscope, PyPI evalscope): `predictions/MODEL/*.jsonl` and `reviews/MODEL/*.jsonl`.

A line has index, messages (what was asked, and the answer), and metadata of the benchmark's own. Reviews have them in
sample_score, beside generation_index, by which repeats of a sample are told apart; and they have the target. A sample
that failed is in neither file. Read in files that evalscope 1.14.1 wrote.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from mudata.evaluation.answer_import.chat_messages import last_of, said
from mudata.evaluation.answer_import.file_answer import (
    Entry,
    FileAnswer,
    answer_parts,
    names_of,
    options_of,
    reference_parts,
    text_of,
)
from mudata.evaluation.answer_import.json_rows import rows


def entries(path: Path) -> Iterator[Entry]:
    before: Counter[object] = Counter()
    for place, row in rows(path):
        scored = _object(row.get("sample_score"))
        metadata = _object(row.get("metadata", scored.get("sample_metadata")))
        asked, heard = said(last_of(row.get("messages"), "user") or row.get("input"))
        of = scored.get("group_id", asked) if isinstance(scored.get("group_id", asked), str | int) else asked
        generation = scored.get("generation_index", before[of])
        before[of] += 1
        answer = FileAnswer(
            place,
            tuple(dict.fromkeys([*names_of(metadata), *heard])),
            **_answer(row, scored),
            **reference_parts(row.get("target")),
            prompt=asked,
            question=text_of(metadata.get("question")),
            options=options_of(row.get("choices", metadata.get("choices"))),
            pass_number=generation if isinstance(generation, int) and generation >= 0 else None,
        )
        yield Entry(answer, row)


def _answer(row: Mapping[str, Any], scored: Mapping[str, Any]) -> dict[str, Any]:
    output = _object(row.get("model_output"))
    failed = output.get("error")
    reason = f"failed-elsewhere: {text_of(failed) or failed}" if failed else None
    text = said(last_of(row.get("messages"), "assistant"))[0]
    if text is None:
        choices = output.get("choices")
        first = _object(choices[0]) if isinstance(choices, list) and choices else {}
        text = said(first.get("message"))[0] or text_of(_object(scored.get("score")).get("prediction"))
    return answer_parts(None if reason and not text else text, reason)


def _object(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
