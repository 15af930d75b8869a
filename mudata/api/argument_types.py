"""Whether a value is of the type that a function's signature says, for errors that name what was expected.

Signatures are taken at their word as far as they say something about values: text, paths, numbers, runs, and lists
and mappings of them. True and false are not looked at (everything has a truth), nor what an iterator gives, which
can be taken once only.
"""

from __future__ import annotations

import collections.abc
import numbers
import types
from collections.abc import Callable, Collection, Mapping
from functools import cache
from inspect import signature
from typing import Any, Literal, Union, get_args, get_origin

_WORDS = {str: "text", int: "a whole number", float: "a number", type(None): "None"}
_NUMBERS = {int: numbers.Integral, float: numbers.Real}
"""What passes for each kind of number; those of NumPy do, too."""


@cache
def parameter_types(function: Callable[..., object]) -> dict[str, Any]:
    """The types of a function's parameters; those that only type checkers can look up are left out."""
    known: dict[str, Any] = {}
    for name, parameter in signature(function).parameters.items():
        try:
            known[name] = eval(parameter.annotation, function.__globals__)  # noqa: S307 - our own signatures
        except NameError:
            continue
    return known


def fits(value: object, wanted: Any) -> bool:
    """Whether a value is of a type as a signature writes it."""
    origin, inner = get_origin(wanted), get_args(wanted)
    if origin in (Union, types.UnionType):
        return any(fits(value, one) for one in inner)
    if origin is Literal:
        return any(fits(value, type(one)) for one in inner)
    if origin is collections.abc.Mapping:
        key, item = inner
        return isinstance(value, Mapping) and all(fits(k, key) and fits(v, item) for k, v in value.items())
    if origin is collections.abc.Iterable:
        several = isinstance(value, collections.abc.Iterable) and not isinstance(value, str | bytes)
        return several and (not isinstance(value, Collection) or all(fits(one, inner[0]) for one in value))
    if wanted in _NUMBERS:
        return isinstance(value, _NUMBERS[wanted]) and not isinstance(value, bool)
    return wanted in (Any, object, bool) or isinstance(value, type(None) if wanted is None else wanted)


def plain(value: object) -> object:
    """A number of NumPy as Python's own, which JSON can hold; in a mapping, too. Anything else as it is."""
    if isinstance(value, Mapping):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, numbers.Number) and not isinstance(value, int | float) and hasattr(value, "item"):
        return value.item()
    return value


def in_words(wanted: Any) -> str:
    """A type as a user would say it: 'text, a path or None'."""
    origin, inner = get_origin(wanted), get_args(wanted)
    if origin in (Union, types.UnionType):
        words = list(dict.fromkeys(in_words(one) for one in inner))
        return " or ".join([", ".join(words[:-1]), words[-1]]) if len(words) > 1 else words[0]
    if origin is Literal:
        return " or ".join(map(repr, inner))
    if origin is collections.abc.Mapping:
        return f"a dict with {in_words(inner[1])} by {in_words(inner[0])}"
    if origin is collections.abc.Iterable:
        return f"a list of {in_words(inner[0])}"
    return _WORDS.get(wanted, "None" if wanted is None else f"a {wanted.__name__}")
