"""Files with answers that were made elsewhere, as the programs that make them write them.

    cmi-bench     CMI-Bench's results
    evalscope     evalscope's predictions and reviews
    inspect       inspect's logs, .eval or .json
    jsonl         a line per clip or item, with clip_id or item_id and answer, or error: also a run's answers.jsonl
    lmms-eval     samples that lmms-eval logs
    mmau          MMAU's and MMAR's item files with a model's answers in them
    muse          logs of MUSE's runners
    openai-evals  events that OpenAI's evals record

Each is a module of `log_formats`, which says what the file is like. A list may stand for lines in all that are lines,
and lines for a list.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from mudata.errors import EvaluationError, UnknownName
from mudata.evaluation.answer_import.file_answer import (
    Entry,
    Fields,
    FileAnswer,
    answer_parts,
    field_of,
    texts_of,
)
from mudata.evaluation.answer_import.log_formats import (
    answer_lines,
    cmi_bench,
    evalscope_log,
    inspect_log,
    lmms_eval,
    mmau_answers,
    muse_log,
    openai_evals,
)
from mudata.safe_text import without_keys_of_others

_FORMATS_OWN = Fields()
_HASH = re.compile(r"sha256:[0-9a-f]{64}")
"""An answer as exports have it (`result_export.exported_run.hashed`)."""
__all__ = ["FORMATS", "Fields", "FileAnswer", "read"]

FORMATS: dict[str, Callable[[Path], Iterator[Entry]]] = {
    "cmi-bench": cmi_bench.entries,
    "evalscope": evalscope_log.entries,
    "inspect": inspect_log.entries,
    "jsonl": answer_lines.entries,
    "lmms-eval": lmms_eval.entries,
    "mmau": mmau_answers.entries,
    "muse": muse_log.entries,
    "openai-evals": openai_evals.entries,
}


def _without_keys(found: FileAnswer) -> FileAnswer:
    """The answer as it may be kept and told: of keys that the program sent nothing is left, wherever it echoes them."""
    texts = (found.answer, found.error, found.prompt, found.question)
    answer, error, prompt, question = (text and without_keys_of_others(text) for text in texts)
    ids = tuple(map(without_keys_of_others, found.ids))
    return replace(found, ids=ids, answer=answer, error=error, prompt=prompt, question=question)


def read(
    path: Path | Sequence[Path],
    format: str,  # noqa: A002 - the option's name
    fields: Fields = _FORMATS_OWN,
    *,
    by_question: bool = False,
) -> list[FileAnswer]:
    """Every answer of a file, or of several. `by_question`: what was asked tells as well what an answer is about.

    Raises UnknownName (format), EvaluationError with the line where it is not of that format.
    """
    if format not in FORMATS:
        raise UnknownName("format", format, FORMATS)
    paths = [path] if isinstance(path, Path) else list(path)
    answers, known = [], ""
    for one in paths:
        for answer, row in FORMATS[format](one):
            known = known or f" Its fields are {', '.join(row)}."
            found = answer
            if fields.id:
                found = replace(found, ids=texts_of(field_of(row, fields.id)), clips=())
            if fields.answer:
                found = replace(found, **answer_parts(field_of(row, fields.answer)))
            found = _without_keys(found)
            answers.append(replace(found, file=one.name) if len(paths) > 1 else found)
    what = str(paths[0]) if len(paths) == 1 else f"the {len(paths)} files"
    if not answers:
        raise EvaluationError(
            f"{what} {'has' if len(paths) == 1 else 'have'} no answers.", "Give a file with one answer per clip."
        )
    if not any(given.ids or given.clips or (by_question and (given.prompt or given.question)) for given in answers):
        raise EvaluationError(
            f"No line of {what} names a clip where {format} has it.{known}", "Say where it is with --id-field."
        )
    said = [given.answer for given in answers if given.answer]
    if not any(given.answer is not None for given in answers):
        raise EvaluationError(
            f"No line of {what} has an answer where {format} has it.", "Say where it is with --answer-field."
        )
    if said and all(map(_HASH.fullmatch, said)):
        raise EvaluationError(
            f"The answers in {what} are hashes, of which nothing can be read.",
            "Export the run again with --with-answers.",
        )
    return answers
