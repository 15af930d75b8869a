"""Records of OpenAI's evals (openai/evals, PyPI evals; class LocalRecorder): a line with the spec of the run, one with
its report, and events: run_id, sample_id, type, data.

A sample has an event `sampling` (prompt, a text or a chat, and what was sampled) and, in the evals that match answers,
`match` (expected, sampled); `error` says why there is no answer. sample_id is a place in a table that is elsewhere: an
answer is joined by the question that its prompt holds. Read in files that evals 3.0.1.post1 wrote.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from mudata.errors import EvaluationError
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
    """Every sample, in the order in which the file first speaks of it. Raises EvaluationError without events."""
    samples: dict[str, tuple[int, dict[str, Any]]] = {}
    for line, row in rows(path):
        name, data, kind = text_of(row.get("sample_id")), row.get("data"), row.get("type")
        if name is None or not isinstance(data, Mapping):
            continue
        place, sample = samples.setdefault(name, (line, {"sample_id": name}))
        if kind == "sampling" and "sampled" in sample:
            continue  # whoever judges answers is asked within the same sample, after the model
        if kind in ("sampling", "match", "error", "raw_sample", "pick_option", "extra"):
            samples[name] = place, sample | ({"error": data} if kind == "error" else {**data, **sample})
    if not samples:
        raise EvaluationError(
            f"{path} has no events of samples, as OpenAI's evals record them.", "Choose another --format."
        )
    for place, sample in samples.values():
        yield Entry(_answer(place, sample), sample)


def _answer(place: int, sample: Mapping[str, Any]) -> FileAnswer:
    failed = sample.get("error")
    reason = f"failed-elsewhere: {text_of(failed.get('message'))}" if isinstance(failed, Mapping) else None
    sampled = sample.get("sampled", sample.get("picked"))
    return FileAnswer(
        place,
        (*names_of(sample), str(sample["sample_id"])),
        **answer_parts(None if reason and not text_of(sampled) else sampled, reason),
        **reference_parts(sample.get("expected", sample.get("ideal"))),
        prompt=_prompt(sample.get("prompt")),
        options=options_of(sample.get("choices")),
    )


def _prompt(value: Any) -> str | None:
    """A text, or what the user said last in a chat."""
    if not isinstance(value, list):
        return text_of(value)
    said = [turn for turn in value if isinstance(turn, Mapping) and turn.get("role", "user") == "user"]
    content = said[-1].get("content") if said else None
    if not isinstance(content, list):
        return text_of(content)
    texts = [text_of(part.get("text")) for part in content if isinstance(part, Mapping)]
    return "\n".join(text for text in texts if text)
