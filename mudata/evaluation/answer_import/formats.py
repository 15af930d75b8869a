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
    jsonl       a line per clip with clip_id and answer, or error: also the answers.jsonl of any run

A list may stand for lines in all of them, and lines for a list.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mudata.errors import EvaluationError, UnknownName

_SOME_ID = ("clip_id", "audioid", "audio_id", "question_id", "id", "ytid", "track_id", "file", "filename", "file_name",
            "path", "audio_path", "audio", "context", "name")  # fmt: skip
"""Fields that may name a clip in documents of lmms-eval's tasks, the likelier first."""


@dataclass(frozen=True)
class FileAnswer:
    """One answer of a file. `ids` are what may name its clip, the likelier first;

    `place` is its line or number, from 1.
    `answer` is None when there is none, and `error` says why.
    """

    place: int
    ids: tuple[str, ...]
    answer: str | None
    error: str | None = None
    reference: str | None = None
    prompt: str | None = None


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
        ids = _texts(_field(row, fields.id)) if fields.id else None
        given = _field(row, fields.answer) if fields.answer else None
        given_answer = reader(place, row)
        answer, error = (_answer(given), None) if fields.answer else (given_answer.answer, given_answer.error)
        error = (error or "no-answer: the file has none for it") if answer is None else None
        answers.append(
            FileAnswer(
                place,
                ids if ids is not None else given_answer.ids,
                answer,
                error,
                given_answer.reference,
                given_answer.prompt,
            )
        )
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
        _answer(row.get("response")),
        reference=_answer(row.get("correct_answer")),
        prompt=_answer(row.get("question")),
    )


def _lmms(place: int, row: Mapping[str, Any]) -> FileAnswer:
    return FileAnswer(
        place,
        tuple(dict.fromkeys([*_texts(row.get("input_media")), *_named(row.get("doc")), *_of_task(row)])),
        _answer(row.get("resps", row.get("filtered_resps"))),
        reference=_answer(row.get("target")),
        prompt=_answer(row.get("input", row.get("arguments"))),
    )


def _plain(place: int, row: Mapping[str, Any]) -> FileAnswer:
    error = row.get("error")
    return FileAnswer(
        place,
        _texts(row.get("clip_id")),
        _answer(row.get("answer")),
        str(error) if error is not None else None,
        _answer(row.get("reference")),
        _answer(row.get("prompt")),
    )


FORMATS: dict[str, Callable[[int, Mapping[str, Any]], FileAnswer]] = {
    "cmi-bench": _cmi,
    "lmms-eval": _lmms,
    "jsonl": _plain,
}


def _objects(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """The objects of a JSON list or of JSON Lines, with their number or line."""
    try:
        text = path.read_text("utf-8-sig")
    except OSError as error:
        raise EvaluationError(
            f"{path} cannot be read: {error.strerror or error}.", "Give a file that is there."
        ) from error
    except UnicodeDecodeError as error:
        raise EvaluationError(f"{path} is not UTF-8 text: {error}.", "Save it as UTF-8.") from error
    if text.lstrip().startswith("["):
        rows: Iterator[tuple[int, Any]] = enumerate(_json(path, text, 0), 1)
    else:
        lines = enumerate(text.split("\n"), 1)
        rows = ((number, _json(path, line, number - 1)) for number, line in lines if line.strip())
    for place, row in rows:
        if not isinstance(row, dict):
            raise EvaluationError(f"{path}: answer {place} is no JSON object.", "Choose another --format.")
        yield place, row


def _json(path: Path, text: str, lines_before: int) -> Any:
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        raise EvaluationError(
            f"{path}, line {lines_before + error.lineno}: no JSON: {error.msg}.", "Correct that line, or remove it."
        ) from error


def _field(row: Mapping[str, Any], name: str) -> Any:
    """A value by its name, or names of nested objects joined by dots."""
    if name in row:
        return row[name]
    head, dot, rest = name.partition(".")
    inner = row.get(head)
    return _field(inner, rest) if dot and isinstance(inner, Mapping) else None


def _answer(value: Any) -> str | None:
    """A text, or the first of (nested) lists of them; numbers as text."""
    while isinstance(value, list | tuple):
        value = value[0] if value else None
    return None if value is None or isinstance(value, dict) else _writable(str(value))


def _texts(value: Any) -> tuple[str, ...]:
    texts = value if isinstance(value, list | tuple) else [value]
    return tuple(_writable(str(text)) for text in texts if isinstance(text, str | int) and str(text).strip())


def _writable(text: str) -> str:
    """Halves of surrogate pairs, which JSON can hold and no file, become question marks."""
    return text.encode("utf-8", "replace").decode()


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
