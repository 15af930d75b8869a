"""What an answer holds that looks like data: JSON or Python literals, read and never run."""

from __future__ import annotations

import ast
import json
import re
import warnings

from mudata.errors import EvaluationError

_LONGEST_JSON = 200_000
_LONGEST_LITERAL = 10_000
_DEEPEST = 40
_UNREADABLE = (ValueError, SyntaxError, TypeError, MemoryError, RecursionError)
_FLAT_OBJECT = re.compile(r"\{[^{}]*\}")
_RUN_OF_SIGNS = re.compile(r"[-+~]{20}")


def literal(text: str) -> object:
    """An answer as the Python literal that it is, without a fence of code around it; else the text as it stands.

    >>> literal("```json[1, 2]```"), literal("'a'"), literal("a"), literal("2 + __import__('os').getpid()")
    ([1, 2], 'a', 'a', "2 + __import__('os').getpid()")
    """
    bare = unfenced(text)
    if len(bare) > _LONGEST_LITERAL or _depth(bare) > _DEEPEST or _RUN_OF_SIGNS.search(bare):
        return text
    try:
        with warnings.catch_warnings(action="ignore"):  # of literals that look odd
            return ast.literal_eval(bare)
    except _UNREADABLE:
        return text


def unfenced(text: str) -> str:
    return text.removeprefix("```json").removesuffix("```").strip()


def mended(text: str) -> object:
    """The JSON that an answer is or holds, mended as far as models break it: in a fence, behind words, with single
    quotes, cut off at its end, or objects without a list around them. None where there is none.

    >>> mended('Here: [{"start": 0, "end": 5}, {"start": 5, "en')
    [{'start': 0, 'end': 5}]
    >>> mended("{'start': 0, 'end': '0:05'}"), mended("[]"), mended("no data")
    ({'start': 0, 'end': '0:05'}, [], None)
    """
    bare = unfenced(text.strip())
    if len(bare) > _LONGEST_JSON or _depth(bare) > _DEEPEST:
        return None
    for piece in (bare, _between(bare, "[", "]")):
        try:
            return json.loads(piece)
        except _UNREADABLE:
            if isinstance(found := literal(piece), list | dict):
                return found
    found = [literal(piece) if (loaded := _loaded(piece)) is None else loaded for piece in _FLAT_OBJECT.findall(bare)]
    return [piece for piece in found if isinstance(piece, dict)] or None


def truth_list(gold: str) -> list[object]:
    """A truth that is a list, written as JSON. Raises EvaluationError."""
    found = _loaded(gold)
    if not isinstance(found, list):
        raise EvaluationError(
            f"The truth {gold[:60]!r} is no list, which the rule compares answers with.",
            "Write it as a JSON list in the exam's items, such as [60, 64, 67].",
        )
    return found


def _loaded(text: str) -> object:
    try:
        return json.loads(text)
    except _UNREADABLE:
        return None


def _between(text: str, opening: str, closing: str) -> str:
    start, end = text.find(opening), text.rfind(closing)
    return text[start : end + 1] if 0 <= start < end else ""


def _depth(text: str) -> int:
    depth = deepest = 0
    for sign in text:
        if sign in "[{(":
            depth += 1
            deepest = max(deepest, depth)
        elif sign in "]})":
            depth -= 1
    return deepest
