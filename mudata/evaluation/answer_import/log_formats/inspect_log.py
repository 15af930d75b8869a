"""Logs of inspect (UKGovernmentBEIS/inspect_ai, PyPI inspect-ai; log version 2): `.eval`, a zip archive with a JSON
file for each sample, or `.json`, one object with a list of samples.

A sample has id, epoch (from 1), input, choices in the order shown, target (of choices their letters), messages, output,
metadata, and error where it failed. Choices are shown with letters ("A) ..."), also where messages were not kept.
Read in files that inspect-ai 0.3.285 wrote.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from mudata.errors import EvaluationError
from mudata.evaluation.answer_import.chat_messages import last_of, said
from mudata.evaluation.answer_import.file_answer import (
    Entry,
    FileAnswer,
    answer_parts,
    names_of,
    of_letters,
    options_of,
    reference_parts,
    text_of,
)
from mudata.evaluation.answer_import.json_rows import json_value, read_bytes
from mudata.evaluation.answer_import.zip_members import is_zip, members
from mudata.json_files import kind_of


def entries(path: Path) -> Iterator[Entry]:
    """Every sample, in the order of the file. Raises EvaluationError where it is no such log."""
    place = 0
    for place, (where, sample) in enumerate(_samples(path), 1):
        if not isinstance(sample, dict):
            raise _no_log(path, f"{where} is no object but {kind_of(sample)}")
        yield Entry(_answer(place, sample), sample)
    if not place:
        raise _no_log(path, "it has no samples")


def _samples(path: Path) -> Iterator[tuple[str, Any]]:
    if is_zip(path):
        for name, raw in members(path, "samples/", ".json"):
            yield name, json_value(path, raw, where=f" ({name})")
        return
    log = json_value(path, read_bytes(path))
    samples = log.get("samples") if isinstance(log, dict) else None
    if not isinstance(samples, list):
        raise _no_log(path, "it has no list of samples")
    yield from ((f"sample {number}", sample) for number, sample in enumerate(samples, 1))


def _answer(place: int, sample: Mapping[str, Any]) -> FileAnswer:
    attached = sample.get("attachments")
    attachments = attached if isinstance(attached, Mapping) else {}
    options = options_of(sample.get("choices"))
    parts = reference_parts(sample.get("target"))
    parts["references"] = of_letters(parts["references"], options)
    asked, heard = said(last_of(sample.get("messages"), "user") or sample.get("input"), attachments)
    question, named = said(sample.get("input"), attachments)
    epoch = sample.get("epoch")
    identity = text_of(sample.get("id"))
    ids = [*([identity] if identity else []), *names_of(sample.get("metadata")), *named, *heard]
    failure, output = _failure(sample.get("error")), _output(sample.get("output"), attachments)
    if failure and not output:
        parts |= {"answer": None, "error": failure, "odd": None}
    else:
        parts |= answer_parts(output)
    return FileAnswer(
        place,
        tuple(dict.fromkeys(ids)),
        **parts,
        prompt=asked,
        question=question,
        options=options,
        pass_number=epoch - 1 if isinstance(epoch, int) and epoch > 0 else None,
        lettered=bool(options) and not sample.get("messages"),
    )


def _output(output: Any, attachments: Mapping[str, Any]) -> str | None:
    """What the model said first; None where it did not come to that."""
    choices = output.get("choices") if isinstance(output, Mapping) else None
    if not isinstance(choices, list) or not choices or not isinstance(choices[0], Mapping):
        return None
    return said(choices[0].get("message"), attachments)[0]


def _failure(error: Any) -> str | None:
    told = error.get("message") if isinstance(error, Mapping) else error
    return f"failed-elsewhere: {told}" if isinstance(told, str) else "failed-elsewhere" if told else None


def _no_log(path: Path, why: str) -> EvaluationError:
    return EvaluationError(
        f"{path} is no log of inspect: {why}.", "Give a log as inspect wrote it (.eval or .json), with its samples."
    )
