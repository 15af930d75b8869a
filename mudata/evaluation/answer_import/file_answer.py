"""One answer of a file that another program wrote, and how values of JSON become its parts.

An answer is text. A number is the text that says it, and of a list (choices, repeats) the first
entry counts. True, false, an object, null and NaN are no answers: the clip counts as one without,
with the reason. A list of references is that many references; entries that are no text or number
are none.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from string import ascii_uppercase
from typing import Any, NamedTuple

from mudata.json_files import is_number, kind_of

_SOME_ID = ("item_id", "clip_id", "audioid", "audio_id", "question_id", "id", "ytid", "track_id", "file", "filename",
            "file_name", "path", "audio_path", "audio", "context", "name")  # fmt: skip
"""Fields that may name a clip or an item in documents of other programs' tasks, the likelier first."""
_LONGEST_NAME = 1000
"""Characters of a name of a clip: a longer text is the sound itself, encoded."""
_LABELLED = re.compile(r"\s*(?:\(([A-Z])\)|([A-Z])[.):])\s+(?=\S)")


@dataclass(frozen=True)
class FileAnswer:
    """One answer of a file. `ids` are what may name its clip or item, the likelier first;

    `place` is its line or number, from 1, in `file` where several files are read at once.
    `answer` is None when there is none, and `error` says why.
    `references` are right alike; where there are none, `no_reference` is what stands there, if
    anything does. `odd` says what the answer is in the file if it is no text, and what was made of it.
    `prompt` is all that the model was asked and `question` the question alone; `options` are texts
    in the order shown, without letters. `clips` name the clips of an item in the order heard, and
    `pass_number` (from 0) tells apart the times that one item was asked. `lettered`: options were shown with letters,
    as that program does it, though the file has no prompt that shows them.
    """

    place: int
    ids: tuple[str, ...]
    answer: str | None
    error: str | None = None
    references: tuple[str, ...] = ()
    no_reference: str | None = None
    prompt: str | None = None
    odd: str | None = None
    question: str | None = None
    options: tuple[str, ...] = ()
    clips: tuple[str, ...] = ()
    pass_number: int | None = None
    lettered: bool = False
    file: str = ""

    @property
    def at(self) -> str:
        """Its place, as messages tell it."""
        return f"{self.file}:{self.place}" if self.file else str(self.place)


class Entry(NamedTuple):
    """An answer, and the object of the file that it was read from, for fields that a person names."""

    answer: FileAnswer
    row: Mapping[str, Any]


@dataclass(frozen=True)
class Fields:
    """Where id and answer are, as names joined by dots; None is the format's own place."""

    id: str | None = None
    answer: str | None = None


def field_of(row: Mapping[str, Any], name: str) -> Any:
    """A value by its name, or names of nested objects joined by dots."""
    if name in row:
        return row[name]
    head, dot, rest = name.partition(".")
    inner = row.get(head)
    return field_of(inner, rest) if dot and isinstance(inner, Mapping) else None


def answer_parts(value: Any, failure: Any = None) -> dict[str, Any]:
    """`answer`, `error` and `odd` of a FileAnswer; `failure` is what the file says went wrong."""
    first = _first(value)
    text = text_of(first)
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


def reference_parts(value: Any) -> dict[str, Any]:
    """`references` and `no_reference` of a FileAnswer."""
    texts = tuple(dict.fromkeys(_flat(value)))
    return {"references": texts, "no_reference": None if texts or value in (None, []) else _kind(value)}


def _flat(value: Any) -> Iterator[str]:
    """Every text and number in (nested) lists, as text."""
    if isinstance(value, list):
        for item in value:
            yield from _flat(item)
    elif (text := text_of(value)) is not None:
        yield text


def _first(value: Any) -> Any:
    """The first entry of (nested) lists; what is no list is that itself."""
    while isinstance(value, list):
        value = value[0] if value else None
    return value


def text_of(value: Any) -> str | None:
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


def texts_of(value: Any) -> tuple[str, ...]:
    texts = map(text_of, value if isinstance(value, list) else [value])
    return tuple(text for text in texts if text is not None and text.strip())


def names_of(row: Any) -> list[str]:
    """What may name a clip in an object, also one level down (an audio with its path)."""
    if not isinstance(row, Mapping):
        return []
    inner = [name for key in _SOME_ID if key in row for name in names_of(row[key])]
    return [name for key in _SOME_ID for name in texts_of(row.get(key))] + inner


def options_of(value: Any) -> tuple[str, ...]:
    """Options in the order shown, without the letters that may stand before all of them."""
    texts = [text_of(entry) for entry in value] if isinstance(value, list) else []
    if not texts or any(text is None for text in texts):
        return ()
    return without_letters([text or "" for text in texts])


def without_letters(options: Sequence[str]) -> tuple[str, ...]:
    """Options without their labels, if every one has the letter of its place before it.

    Example:
        >>> without_letters(["A. slow", "B. fast"]), without_letters(["A. Piazzolla", "C. Gardel"])
        (('slow', 'fast'), ('A. Piazzolla', 'C. Gardel'))
    """
    found = [_LABELLED.match(option) for option in options]
    places = [(match[1] or match[2]) if match else None for match in found]
    if places != list(ascii_uppercase[: len(options)]):
        return tuple(options)
    return tuple(option[match.end() :] for option, match in zip(options, found, strict=True) if match)


def of_letters(references: Sequence[str], options: Sequence[str]) -> tuple[str, ...]:
    """References with letters as the options that they stand for.

    Example:
        >>> of_letters(["B"], ["slow", "fast"]), of_letters(["(B) fast"], ["slow", "fast"])
        (('fast',), ('fast',))
    """
    by_letter = dict(zip(ascii_uppercase, options, strict=False))
    labelled = {f"{letter}{mark} {option}": option for letter, option in by_letter.items() for mark in ".):"}
    labelled |= {f"({letter}) {option}": option for letter, option in by_letter.items()}
    labelled |= {form: option for letter, option in by_letter.items() for form in (letter, f"({letter})", f"{letter}.")}
    return tuple(
        reference if reference in options else labelled.get(reference.strip(), reference) for reference in references
    )
