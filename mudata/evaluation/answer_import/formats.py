"""Files with answers that were made elsewhere, as the programs that make them write them.

    cmi-bench   CMI-Bench (nicolaus625/CMI-bench 4c15f41, files model/results/*/*.jsonl): one JSON list whatever the
                file's name; question, response, correct_answer,
                audioid (a path, of which only the tail says anything)
    lmms-eval   samples that lmms-eval logs since 0.2 (EvolvingLMMs-Lab/lmms-eval, `--log_samples`; as in
                lmms_eval/loggers/evaluation_tracker.py at 4eadb30 and 0716c69, and files of 2026 at
                2d300ba): a line has doc_id, target, filtered_resps (a text or a list), input, and
                resps only where they differ. The document is left out (some forks keep it as doc),
                so a clip is named by input_media, by doc, or by a field of the task's own; doc_id,
                its place in a table that is elsewhere, names none
    jsonl       a line per clip or item with clip_id or item_id and answer, or error: also the answers.jsonl of any run

A list may stand for lines in all of them, and lines for a list.

An answer is text. A number is the text that says it, and of a list (choices, repeats) the first
entry counts. True, false, an object, null and NaN are no answers: the clip counts as one without,
with the reason. A list of references is that many references; entries that are no text or number
are none.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from mudata.errors import EvaluationError, UnknownName, is_of_machine
from mudata.json_files import NotJson, decoded, is_number, kind_of, parse

_SOME_ID = ("item_id", "clip_id", "audioid", "audio_id", "question_id", "id", "ytid", "track_id", "file", "filename",
            "file_name", "path", "audio_path", "audio", "context", "name")  # fmt: skip
"""Fields that may name a clip or an item in documents of lmms-eval's tasks, the likelier first."""


@dataclass(frozen=True)
class FileAnswer:
    """One answer of a file. `ids` are what may name its clip or item, the likelier first;

    `place` is its line or number, from 1.
    `answer` is None when there is none, and `error` says why.
    `references` are right alike; where there are none, `no_reference` is what stands there, if
    anything does. `odd` says what the answer is in the file if it is no text, and what was made of it.
    """

    place: int
    ids: tuple[str, ...]
    answer: str | None
    error: str | None = None
    references: tuple[str, ...] = ()
    no_reference: str | None = None
    prompt: str | None = None
    odd: str | None = None


@dataclass(frozen=True)
class Fields:
    """Where id and answer are, as names joined by dots; None is the format's own place."""

    id: str | None = None
    answer: str | None = None


def read(path: Path, format: str, fields: Fields = Fields()) -> list[FileAnswer]:  # noqa: A002 - the option's name
    """Every answer of a file.

    Raises UnknownName (format), EvaluationError with the line where it is not of that format.
    """
    if format not in FORMATS:
        raise UnknownName("format", format, FORMATS)
    reader = FORMATS[format]
    answers = []
    for place, row in _objects(path):
        answer = reader(place, row)
        if fields.id:
            answer = replace(answer, ids=_texts(_field(row, fields.id)))
        if fields.answer:
            answer = replace(answer, **_answer(_field(row, fields.answer)))
        answers.append(answer)
    if not answers:
        raise EvaluationError(f"{path} has no answers.", "Give a file with one answer per clip.")
    if not any(given_answer.ids for given_answer in answers):
        known = f" Its fields are {', '.join(next(_objects(path))[1])}."
        raise EvaluationError(
            f"No line of {path} names a clip where {format} has it.{known}", "Say where it is with --id-field."
        )
    if all(given_answer.answer is None for given_answer in answers):
        raise EvaluationError(
            f"No line of {path} has an answer where {format} has it.", "Say where it is with --answer-field."
        )
    return answers


def _cmi(place: int, row: Mapping[str, Any]) -> FileAnswer:
    return FileAnswer(
        place,
        _texts(row.get("audioid")),
        **_answer(row.get("response")),
        **_references(row.get("correct_answer")),
        prompt=_text(row.get("question")),
    )


def _lmms(place: int, row: Mapping[str, Any]) -> FileAnswer:
    return FileAnswer(
        place,
        tuple(dict.fromkeys([*_texts(row.get("input_media")), *_named(row.get("doc")), *_of_task(row)])),
        **_answer(row.get("resps", row.get("filtered_resps"))),
        **_references(row.get("target")),
        prompt=_text(row.get("input", row.get("arguments"))),
    )


def _plain(place: int, row: Mapping[str, Any]) -> FileAnswer:
    return FileAnswer(
        place,
        (*_texts(row.get("item_id")), *_texts(row.get("clip_id"))),
        **_answer(row.get("answer"), row.get("error")),
        **_references(row.get("references", row.get("reference"))),
        prompt=_text(row.get("prompt")),
    )


FORMATS: dict[str, Callable[[int, Mapping[str, Any]], FileAnswer]] = {
    "cmi-bench": _cmi,
    "lmms-eval": _lmms,
    "jsonl": _plain,
}


def _objects(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """The objects of a JSON list or of JSON Lines, with their number or line."""
    try:
        text = decoded(path.read_bytes())
        if text.lstrip().startswith("["):
            rows: Iterator[tuple[int, Any]] = enumerate(parse(text), 1)
        else:
            lines = enumerate(text.split("\n"), 1)
            rows = ((number, parse(line, line=number)) for number, line in lines if line.strip())
        for place, row in rows:
            if not isinstance(row, dict):
                raise EvaluationError(
                    f"{path}: answer {place} is no JSON object but {kind_of(row)}.", "Choose another --format."
                )
            yield place, row
    except NotJson as error:
        if error.problem.startswith("not UTF-8"):
            raise EvaluationError(f"{path} is {error.problem}, line {error.line}.", "Save it as UTF-8.") from error
        raise EvaluationError(
            f"{path}, line {error.line}: no JSON: {error.problem} (column {error.column}).",
            "Correct that line, or remove it.",
        ) from error
    except OSError as error:
        if is_of_machine(error):
            raise
        raise EvaluationError(f"{path} cannot be read: {error.strerror}.", "Give a file that is there.") from error


def _field(row: Mapping[str, Any], name: str) -> Any:
    """A value by its name, or names of nested objects joined by dots."""
    if name in row:
        return row[name]
    head, dot, rest = name.partition(".")
    inner = row.get(head)
    return _field(inner, rest) if dot and isinstance(inner, Mapping) else None


def _answer(value: Any, failure: Any = None) -> dict[str, Any]:
    """`answer`, `error` and `odd` of a FileAnswer; `failure` is what the file says went wrong."""
    first = _first(value)
    text = _text(first)
    odd = None
    if text is not None and len(list(_flat(value))) > 1:
        odd = "a list, of which the first entry counts"
    elif text is not None and not isinstance(first, str):
        odd = f"{_kind(first)}, taken as text"
    elif text is None and first is not None:
        odd = f"{_kind(first)}, which is no answer"
    reason = failure if isinstance(failure, str) else None if failure in (None, False) else json.dumps(failure)
    if failure is not None and _is_nan(failure):
        reason = None
    error = reason or (f"no-answer: {_kind(first)} is no text" if odd else "no-answer: the file has none for it")
    return {"answer": text, "error": error if text is None else None, "odd": odd}


def _references(value: Any) -> dict[str, Any]:
    """`references` and `no_reference` of a FileAnswer."""
    texts = tuple(dict.fromkeys(_flat(value)))
    return {"references": texts, "no_reference": None if texts or value in (None, []) else _kind(value)}


def _flat(value: Any) -> Iterator[str]:
    """Every text and number in (nested) lists, as text."""
    if isinstance(value, list):
        for item in value:
            yield from _flat(item)
    elif (text := _text(value)) is not None:
        yield text


def _first(value: Any) -> Any:
    """The first entry of (nested) lists; what is no list is that itself."""
    while isinstance(value, list):
        value = value[0] if value else None
    return value


def _text(value: Any) -> str | None:
    """A text, the first of a list of them, or a number as text; None for whatever else."""
    value = _first(value)
    if isinstance(value, float) and is_number(value) and value.is_integer():
        value = int(value)  # columns of whole numbers with gaps become floats
    return value if isinstance(value, str) else str(value) if is_number(value) else None


def _kind(value: Any) -> str:
    if isinstance(value, float) and not is_number(value):
        return "NaN" if _is_nan(value) else "Infinity"
    return f"the number {value}" if is_number(value) else kind_of(value)


def _is_nan(value: Any) -> bool:
    return isinstance(value, float) and value != value  # noqa: PLR0124 - what NaN is


def _texts(value: Any) -> tuple[str, ...]:
    texts = map(_text, value if isinstance(value, list) else [value])
    return tuple(text for text in texts if text is not None and text.strip())


def _named(row: Any) -> list[str]:
    """What may name a clip in an object, also one level down (an audio with its path)."""
    if not isinstance(row, Mapping):
        return []
    inner = [name for key in _SOME_ID if key in row for name in _named(row[key])]
    return [name for key in _SOME_ID for name in _texts(row.get(key))] + inner


def _of_task(row: Mapping[str, Any]) -> list[str]:
    """What may name a clip in the results that a task logs beside its score."""
    ours = {"doc", "token_counts", "arguments", "input"}
    return [name for key, value in row.items() if key not in ours for name in _named(value)]
