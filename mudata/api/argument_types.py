"""Does a value fit the annotation of the argument it is given for? Wrong ones are refused before anything is done."""

from __future__ import annotations

import inspect
import numbers
import types
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

_NUMBERS = {int: numbers.Integral, float: numbers.Real}
"""What passes for each kind of number; those of NumPy do, too."""


def hints_of(function: Callable[..., object]) -> dict[str, Any]:
    """What each argument takes; the type of the answer may be unknown at run time and is left out."""
    written = {name: text for name, text in inspect.get_annotations(function).items() if name != "return"}
    return get_type_hints(types.SimpleNamespace(__annotations__=written), globalns=function.__globals__)


def fits(value: object, hint: Any) -> bool:
    """Whether a value is what a hint says; of what can be gone through only once, the items are not looked at.

    >>> fits("20", int | None), fits(20, int | None), fits(True, int), fits(2, float)
    (False, True, False, True)
    >>> fits(["genre", 3], str | Iterable[str]), fits("genre", Iterable[str])
    (False, False)
    >>> fits(["a waltz", "a tango"], Sequence[str]), fits("a waltz", Sequence[str]), fits([1], Sequence[str])
    (True, False, False)
    >>> fits(print, Callable[[str], None]), fits("print", Callable[[str], None])
    (True, False)
    """
    origin, inner = get_origin(hint), get_args(hint)
    if origin in (types.UnionType, Union):
        return any(fits(value, one) for one in inner)
    if origin is Literal:
        return any(type(value) is type(one) and value == one for one in inner)
    if origin in (Mapping, Iterable, Sequence):
        return _holds(value, origin, inner)
    if origin is Callable:
        return callable(value)
    if hint in _NUMBERS:
        return isinstance(value, _NUMBERS[hint]) and not isinstance(value, bool)
    return hint in (Any, object) or isinstance(value, hint)


def _holds(value: object, kind: type, inner: tuple[Any, ...]) -> bool:
    """Whether a value is a mapping or an iterable, text excepted, of what the inner hints say."""
    if isinstance(value, str | bytes) or not isinstance(value, kind):
        return False
    if isinstance(value, Mapping) and kind is Mapping:
        return all(fits(key, inner[0]) and fits(item, inner[1]) for key, item in value.items())
    return not isinstance(value, list | tuple | set) or all(fits(one, inner[0]) for one in value)


def plain(value: object) -> object:
    """A number of NumPy as Python's own, which JSON can hold; in a mapping, too. Anything else as it is."""
    if isinstance(value, Mapping):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, numbers.Number) and not isinstance(value, int | float) and hasattr(value, "item"):
        return value.item()
    return value


def meaning(function: Callable[..., object], parameter: str) -> str:
    """What the docstring says of an argument, in one line; empty where it says nothing."""
    lines = iter((inspect.getdoc(function) or "").splitlines())
    found = next((line for line in lines if line.strip().startswith(f"{parameter}: ")), None)
    if found is None:
        return ""
    told = [found.strip().removeprefix(f"{parameter}: ")]
    for line in lines:
        if not line.startswith(" " * 8):
            break
        told.append(line.strip())
    return " ".join(told)
