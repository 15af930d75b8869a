"""What the texts of an exam's files mean: lists however they are written, options with or without labels, answers as
text, letter or place. Pure functions; everything here raises ValueError, whose text says what was expected.
"""

from __future__ import annotations

import ast
import io
import json
import re
import tokenize
from collections.abc import Mapping, Sequence
from itertools import pairwise
from string import ascii_uppercase
from typing import Any

from mudata.json_files import NotJson, parse

LETTERS = ascii_uppercase
"""Labels of options by their place."""

LONGEST = 100_000
"""Signs of a list in Python's spelling. Ours: lists of this field have some hundreds."""
DEEPEST = 20
"""Brackets within each other in a list of Python's spelling; beyond some hundreds its reader stops the program."""

_STYLES = (r"\({}\)", r"{}\)", r"{}\.", r"{}:", r"\[{}\]")
"""How labels are written: (A), A), A., A:, [A]."""


def text_list(text: str) -> list[str]:
    """A list of texts, as JSON or as Python writes it; elements that are none become JSON, null the empty text.

    Example:
        >>> text_list('["a", 2, null]'), text_list("['it''s', \\"b\\"]".replace("''", "\\\\'")), text_list("[]")
        (['a', '2', ''], ["it's", 'b'], [])
    """
    return [_plain(one) for one in _listed(text)]


def is_list(text: str | None) -> bool:
    """Whether a text is a list in one of these spellings."""
    try:
        if text is None or text.lstrip()[:1] not in ("[", "("):
            return False
        _listed(text)
    except ValueError:
        return False
    return True


def labels(text: str | None) -> list[str]:
    """The categories that a cell names: those of a list, else the text itself; none where it is blank.

    Example:
        >>> labels("Reasoning"), labels('["a", "b"]'), labels("['melody']"), labels(" "), labels(None)
        (['Reasoning'], ['a', 'b'], ['melody'], [], [])
    """
    if text is None:
        return []
    named = text_list(text) if is_list(text) else [text]
    return list(dict.fromkeys(name.strip() for name in named if name.strip()))


def _listed(text: str) -> list[Any]:
    try:
        value = parse(text)
    except NotJson:
        value = _python(text)
    if isinstance(value, str):  # a list as JSON within a text of JSON
        value = parse(value)
    if isinstance(value, list | tuple):
        return list(value)
    raise ValueError(f"{_short(text)} is no list")


def _python(text: str) -> object:
    """A literal of Python's; nothing in it is run. Two texts without a comma, which Python would make one of (arrays of
    NumPy are written so), are refused."""
    if len(text) > LONGEST or _depth(text) > DEEPEST:
        raise ValueError(f"{_short(text)} is longer or deeper than any list of options")
    try:
        value = ast.literal_eval(text.strip())
        kinds = [token.type for token in tokenize.generate_tokens(io.StringIO(text.strip()).readline)]
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError, tokenize.TokenError):
        raise ValueError(f"{_short(text)} is no list, neither as JSON nor as Python writes it") from None
    said = [kind for kind in kinds if kind not in (tokenize.NL, tokenize.NEWLINE)]
    if any(a == b == tokenize.STRING for a, b in pairwise(said)):
        raise ValueError(f"{_short(text)} has two texts without a comma between them")
    return value


def _depth(text: str) -> int:
    depth = deepest = 0
    for sign in text:
        depth += (sign in "[({") - (sign in "])}")
        deepest = max(deepest, depth)
    return deepest


def _plain(value: object) -> str:
    if isinstance(value, str):
        return value
    return "" if value is None else json.dumps(value, ensure_ascii=False, default=str)


def struct(text: str) -> dict[str, str]:
    """An object of options by key, in the order written.

    Example:
        >>> struct('{"A": "slow", "B": "fast"}')
        {'A': 'slow', 'B': 'fast'}
    """
    try:
        value = parse(text)
    except NotJson:
        value = _python(text)
    if isinstance(value, dict):
        return {str(key): _plain(option) for key, option in value.items()}
    raise ValueError(f"{_short(text)} is no object of options")


def split_options(text: str) -> list[str]:
    """Options that stand in one text, each behind its letter: letters within an option are none.

    Example:
        >>> split_options("(A) slow (B) a piece by F. Scott (C) fast"), split_options("A. one\\nB. two")
        (['slow', 'a piece by F. Scott', 'fast'], ['one', 'two'])
    """
    for style in _STYLES:
        if not (found := re.match(rf"\s*{style.format('A')}\s*", text)):
            continue
        options, at = [], found.end()
        for letter in LETTERS[1:]:
            following = re.compile(rf"(?<=\s){style.format(letter)}\s*").search(text, at + 1)
            if following is None:
                break
            options.append(text[at : following.start()].rstrip())
            at = following.end()
        return [*options, text[at:].rstrip()]
    raise ValueError(f"{_short(text)} has no options with letters, such as (A) slow (B) fast")


def without_labels(options: Sequence[str]) -> list[str]:
    """Options without the letter of their place, which all of them have.

    Example:
        >>> without_labels(["A. slow", "B. B:maj"]), without_labels(["(A) x", "(B) y"])
        (['slow', 'B:maj'], ['x', 'y'])
    """
    for style in _STYLES:
        found = [
            re.match(rf"\s*{style.format(letter)}\s*", option) for letter, option in zip(LETTERS, options, strict=False)
        ]
        if found and len(found) == len(options) and all(found):
            return [option[match.end() :] for option, match in zip(options, found, strict=True) if match]
    raise ValueError(f"not every option has its letter: {_short(' | '.join(options))}")


def unlabelled(text: str, options: Sequence[str]) -> str:
    """The option that a text is with its letter; the text itself where it is none.

    Example:
        >>> unlabelled("(B) fast", ["slow", "fast"]), unlabelled("(A) fast", ["slow", "fast"])
        ('fast', '(A) fast')
    """
    for letter, option in zip(LETTERS, options, strict=False):
        if any(re.fullmatch(rf"\s*{style.format(letter)}\s*{re.escape(option)}\s*", text) for style in _STYLES):
            return option
    return text


def in_order(options: Sequence[str], places: str | None) -> list[str]:
    """Options in the order of a list of places (from 0); as they stand where there is none.

    Example:
        >>> in_order(["a", "b", "c"], "[2, 0, 1]")
        ['c', 'a', 'b']
    """
    if places is None or not places.strip():
        return list(options)
    order = text_list(places)
    if sorted(order) != sorted(map(str, range(len(options)))):
        raise ValueError(f"{_short(places)} is no order of {len(options)} options, which are counted from 0")
    return [options[int(place)] for place in order]


def of_letter(text: str, options: Sequence[str], keys: Mapping[str, str]) -> str | None:
    """The option that a letter (B, (B), B., b) names: by the keys of an object of options, else by its place. None for
    a letter that none has.

    Example:
        >>> of_letter("(B)", ["x", "y"], {}), of_letter("D", ["x", "y"], {}), of_letter("b", [], {"a": "x", "b": "y"})
        ('y', None, 'y')
    """
    if text.strip() in keys:
        return keys[text.strip()]
    if not (found := re.fullmatch(r"[(\[]?([A-Za-z])[)\].:]?", text.strip())):
        raise ValueError(f"{_short(text)} is no letter of an option")
    place = LETTERS.index(found[1].upper())
    return options[place] if place < len(options) else None


def of_place(text: str, options: Sequence[str], first: int) -> str | None:
    """The option at a place that is counted from `first`; None for one that there is not.

    Example:
        >>> of_place("2", ["x", "y"], 1), of_place("2.0", ["x", "y"], 0)
        ('y', None)
    """
    if not re.fullmatch(r"\d{1,3}(\.0+)?", text.strip()):
        raise ValueError(f"{_short(text)} is no place of an option")
    place = int(text.strip().partition(".")[0]) - first
    return options[place] if 0 <= place < len(options) else None


def seconds(text: str | None) -> float | None:
    """A time in seconds, from text; None where there is none.

    Example:
        >>> seconds("30"), seconds(" "), seconds(None)
        (30.0, None, None)
    """
    if text is None or not text.strip():
        return None
    if not re.fullmatch(r"\d{1,7}(\.\d+)?", text.strip()):
        raise ValueError(f"{_short(text)} is no time in seconds")
    return float(text)


def _short(text: str) -> str:
    return repr(text if len(text) <= 80 else f"{text[:79]}…")
