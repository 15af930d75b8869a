"""JSON and text that people or programs may have damaged:
one reader, whose complaints say where, what was expected, and what to do.

What other programs do write is taken: a byte order mark, UTF-16 that says so by one, NaN and
Infinity (whoever needs a number asks `is_number`), halves of surrogate pairs, which no file can
hold and which become question marks. What would stop a program is refused: text that is cut short,
nesting deeper than DEEPEST, numbers of more digits than Python reads.

Damage is told as EvaluationError, since most files of the home are of runs;
whoever keeps other files says with `error` and `hint` what it is to them.
"""

from __future__ import annotations

import codecs
import contextlib
import json
import re
import reprlib
import sys
from collections.abc import Callable, Collection, Hashable, Iterator
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, cast

from mudata.errors import EvaluationError, MudataError, is_of_machine

if TYPE_CHECKING:
    from pydantic import TypeAdapter, ValidationError

T = TypeVar("T")

DEEPEST = 100
"""Levels of lists and objects within each other. Ours: files of this field have up to about ten,
and Python's own functions stop at some hundreds."""

HINT = "It is damaged, or not of a run: remove its folder, and evaluate again."

WRONG_SHAPE = (ValueError, TypeError, LookupError, AttributeError, ArithmeticError, RecursionError)
"""What code raises that reads a document of another shape than it expects."""

_EXPECTED = {
    **dict.fromkeys(("list_type", "tuple_type", "set_type", "iterable_type"), "a list"),
    **dict.fromkeys(
        ("dict_type", "mapping_type", "model_type", "dataclass_type", "model_attributes_type"), "an object"
    ),
    **dict.fromkeys(("int_type", "int_parsing", "int_from_float"), "a whole number"),
    **dict.fromkeys(("float_type", "float_parsing", "finite_number"), "a finite number"),
    **dict.fromkeys(("bool_type", "bool_parsing"), "true or false"),
    "string_type": "a text",
    "none_required": "null",
}
"""What pydantic expects, by its type of error, in the words of JSON."""

_decode = json.JSONDecoder().raw_decode
_PIECES = re.compile(r'"(?:[^"\\]|\\.)*"?|[\[{]|[\]}]|-?\d+', re.DOTALL)
_SURROGATE = re.compile(r"\\u[dD][89abAB]")
_SPACE = " \t\n\r"


class NotJson(ValueError):
    """A text that cannot be read as JSON: `problem` at `line` and `column`, both from 1."""

    def __init__(self, problem: str, line: int = 1, column: int = 1) -> None:
        super().__init__(f"line {line} is no JSON: {problem} (column {column})")
        self.problem, self.line, self.column = problem, line, column


def parse(raw: bytes | str, *, line: int = 1) -> Any:
    """The value that a JSON text says. `line` is the number of its first line.

    Raises NotJson.
    """
    whole = raw.encode("utf-8", "replace").decode() if isinstance(raw, str) else decoded(raw, line=line)
    text = whole.strip(_SPACE)
    try:
        value, end = _decode(text)
    except (ValueError, RecursionError):
        end = -1
    if end != len(text) or (text.count("[") + text.count("{") > DEEPEST and _is_deep(value)):
        raise _problem(whole, line)
    return _without_surrogates(value) if "\\u" in text and _SURROGATE.search(text) else value


def decoded(raw: bytes, *, line: int = 1) -> str:
    """The text of bytes in UTF-8, or in UTF-16 with its mark; a mark is no part of it.

    Raises NotJson with the line of what is no text.
    """
    utf16 = raw.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    try:
        return raw.decode("utf-16") if utf16 else raw.removeprefix(codecs.BOM_UTF8).decode()
    except UnicodeDecodeError as error:
        before = raw[: error.start]
        start = before.rfind(b"\n") + 1
        problem = f"not UTF-8 text ({error.reason}: byte 0x{raw[error.start]:02x})"
        raise NotJson(problem, line + before.count(b"\n"), error.start - start + 1) from error


def _is_deep(value: Any) -> bool:
    level = [value]
    for _ in range(DEEPEST):
        inner = (item for one in level for item in (one.values() if isinstance(one, dict) else one))
        level = [item for item in inner if isinstance(item, dict | list)]
        if not level:
            return False
    return True


def _problem(text: str, line: int) -> NotJson:
    """What is wrong with a text that could not be read, and where."""
    problem, at = "it cannot be read", 0
    try:
        json.loads(text)
    except json.JSONDecodeError as error:
        problem, at = error.msg, error.pos
        if at >= len(text.rstrip(_SPACE)) or error.msg.startswith("Unterminated string"):
            problem = "it is cut short" if text.strip(_SPACE) else "it is empty"
        elif text[at] == "\0":
            problem = "zero bytes, as a power cut leaves them"
    except (ValueError, RecursionError):
        pass
    depth, most = 0, sys.get_int_max_str_digits()
    for piece in _PIECES.finditer(text):
        sign = piece[0][0]
        depth += (sign in "[{") - (sign in "]}")
        if depth > DEEPEST:
            problem, at = f"lists and objects are nested more than {DEEPEST} deep", piece.start()
            break
        if most and sign in "-0123456789" and len(piece[0]) > most:
            problem, at = f"a number of {len(piece[0]):,} digits", piece.start()
            break
    start = text.rfind("\n", 0, at) + 1
    return NotJson(problem, line + text.count("\n", 0, at), at - start + 1)


def _without_surrogates(value: Any) -> Any:
    """The value with halves of surrogate pairs as question marks."""
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode()
    if isinstance(value, list):
        return [_without_surrogates(item) for item in value]
    if isinstance(value, dict):
        return {_without_surrogates(key): _without_surrogates(item) for key, item in value.items()}
    return value


def is_number(value: object) -> bool:
    """Whether this is a finite number that a float can hold; True and False are none."""
    most = sys.float_info.max
    return isinstance(value, int | float) and not isinstance(value, bool) and -most <= value <= most


def read_object(
    path: Path,
    keys: Collection[str] = (),
    *,
    missing_ok: bool = False,
    hint: str = HINT,
    error: type[MudataError] = EvaluationError,
) -> dict[str, Any]:
    """The JSON object that a file holds.

    Args:
        path: the file.
        keys: what the object must have.
        missing_ok: whether a file that is not there is an object without keys.
        hint: what to do about damage.
        error: the kind of error that damage is.

    Raises `error` with the line for a file that cannot be read or holds no such object.
    """
    if missing_ok and not path.exists():
        return {}
    with reading(path, hint, error=error):
        value = parse(path.read_bytes())
    if not isinstance(value, dict):
        raise damaged(path, f"it is no JSON object but {kind_of(value)}", hint, error=error)
    if missing := [key for key in keys if key not in value]:
        raise damaged(path, f"it has no {missing[0]}", hint, error=error)
    return value


def read_as(path: Path, kind: type[T], *, hint: str = HINT, error: type[MudataError] = EvaluationError) -> T:
    """What a JSON file holds, as any type that pydantic knows (such as dict[str, int], or a dataclass).

    Raises `error` with the place for what is not of that type, as `read_object` does.
    """
    with reading(path, hint, error=error):
        value = parse(path.read_bytes())
    with reading(path, hint, error=error):
        return as_type(value, kind)


def as_type(value: object, kind: type[T]) -> T:
    """A value of JSON as any type that pydantic knows. Raises ValueError that says where it is not."""
    return type_check(kind)(value)


def type_check(kind: type[T]) -> Callable[[object], T]:
    """`as_type` for many values of one type."""
    from pydantic import ValidationError

    validate = _adapter(cast("Hashable", kind)).validator.validate_python

    def checked(value: object) -> T:
        try:
            found: T = validate(value)
        except ValidationError as error:
            raise ValueError(first_problem(error)) from error
        return found

    return checked


@lru_cache(maxsize=64)
def _adapter(kind: Any) -> TypeAdapter[Any]:
    from pydantic import TypeAdapter

    return TypeAdapter(kind)


def first_problem(error: ValidationError) -> str:
    """The first thing that pydantic has to say, with the place in the document."""
    first = error.errors(include_url=False)[0]
    where, kind = ".".join(map(str, first["loc"])), first["type"]
    if kind == "missing":
        return f"it has no {where}"
    if expected := _EXPECTED.get(kind):
        return f"{where or 'it'}: {expected} is expected, not {reprlib.repr(first['input'])}"
    return f"{where or 'it'}: {first['msg'].removeprefix('Value error, ')}"


def read_text(path: Path, what: str, *, error: type[MudataError] = EvaluationError) -> str:
    """The text of a file that a person wrote, without space around it.

    `what` names the file in complaints, as in 'The prompt file'.
    Raises `error` where it cannot be read or is no text.
    """
    try:
        return decoded(path.read_bytes()).strip()
    except NotJson as wrong:
        raise error(f"{what} {path} is {wrong.problem}, line {wrong.line}.", "Save it as UTF-8.") from wrong
    except (OSError, ValueError) as wrong:  # the latter for a name with a null in it
        if is_of_machine(wrong):
            raise
        reason = getattr(wrong, "strerror", None) or wrong
        raise error(f"{what} {path} cannot be read: {reason}.", "Give a text file that is there.") from wrong


def kind_of(value: object) -> str:
    """What a value of JSON is, in the words of JSON."""
    kinds = {type(None): "null", bool: str(value).lower(), str: "a text", list: "a list", dict: "an object"}
    return kinds.get(type(value), "a number")


@contextlib.contextmanager
def reading(path: Path, hint: str = HINT, *, error: type[MudataError] = EvaluationError) -> Iterator[Path]:
    """Turn failures to read a file, or to find in it what it should hold, into `damaged`."""
    try:
        yield path
    except NotJson as wrong:
        raise damaged(path, str(wrong), hint, error=error) from wrong
    except OSError as wrong:
        if is_of_machine(wrong):
            raise
        raise damaged(path, wrong.strerror or str(wrong), hint, error=error) from wrong
    except WRONG_SHAPE as wrong:
        told = str(wrong) if isinstance(wrong, ValueError) else f"{type(wrong).__name__}: {wrong}"
        raise damaged(path, told, hint, error=error) from wrong


def damaged(path: Path, what: str, hint: str = HINT, *, error: type[MudataError] = EvaluationError) -> MudataError:
    """The error for a file that is not as it was written: what is wrong with it, and what to do."""
    return error(f"{path} cannot be read: {what}.", hint)
