"""Arguments of the functions that people call: one or many, text or path, and a plain answer to wrong ones."""

from __future__ import annotations

import difflib
import functools
import inspect
import math
import reprlib
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, ParamSpec, TypeVar, cast

from mudata.api.argument_types import fits, hints_of, meaning, plain
from mudata.errors import ArgumentError, UnknownName, telling_machine_errors

P = ParamSpec("P")
R = TypeVar("R")
Item = TypeVar("Item", str, Path)


def checked(**former: str) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Have a function answer wrong arguments with an ArgumentError that names the right ones.

    Names and types are looked at, as the signature has them; None also passes where the default is ().

    former: old name of an argument -> its name now; the old one still works.
    """

    def decorate(function: Callable[P, R]) -> Callable[P, R]:
        signature = inspect.signature(function)
        name = f"mudata.{function.__name__}"
        hints = functools.cache(lambda: hints_of(function))

        @functools.wraps(function)
        def call(*args: P.args, **kwargs: P.kwargs) -> R:
            named: dict[str, Any] = dict(kwargs)
            renamed = {former.get(key, key) if former.get(key) not in named else key: named[key] for key in named}
            try:
                bound = signature.bind(*args, **renamed)
            except TypeError as error:
                raise _wrong(name, signature, len(args), renamed, error) from None
            for key, value in bound.arguments.items():
                parameter = signature.parameters[key]
                many_given = parameter.kind is parameter.VAR_POSITIONAL
                for one in value if many_given else (value,):
                    if not (fits(one, hints()[key]) or (one is None and parameter.default == ())):
                        raise _unfit(function, parameter, one)
                    if "Path" in str(parameter.annotation) and _has_null(one):
                        raise ArgumentError(f"{name}: {key} holds a null character.", "No path can have one.")
                bound.arguments[key] = () if value is None and parameter.default == () else plain(value)
            with telling_machine_errors():
                return cast("Callable[..., R]", function)(*bound.args, **bound.kwargs)

        return call

    return decorate


def _has_null(value: object) -> bool:
    """Whether a text or path, or one of several, holds a null character."""
    if isinstance(value, list | tuple):
        return any(map(_has_null, value))
    return isinstance(value, str | Path) and "\0" in str(value)


def _unfit(function: Callable[..., object], parameter: inspect.Parameter, value: object) -> ArgumentError:
    told = meaning(function, parameter.name)
    return ArgumentError(
        f"mudata.{function.__name__}: {parameter.name} is {reprlib.repr(value)} ({type(value).__name__}).",
        f"It takes {parameter.annotation}{': ' if told else ''}{told or '.'}",
    )


def _wrong(
    name: str, signature: inspect.Signature, given: int, named: Mapping[str, object], error: TypeError
) -> ArgumentError:
    known = list(signature.parameters)
    hint = f"Its arguments: {', '.join(known)}. See help({name})."
    for key in named:
        if key not in known:
            near = difflib.get_close_matches(key, known, n=2, cutoff=0.55)
            guess = " Did you mean " + " or ".join(map(repr, near)) + "?" if near else ""
            return ArgumentError(f"{name} has no argument {key!r}.{guess}", hint)
    first = [p.name for p in signature.parameters.values() if p.kind is p.POSITIONAL_OR_KEYWORD]
    if given > len(first):
        takes = ", ".join(first) or "none"
        return ArgumentError(
            f"{name} takes its first {len(first)} arguments ({takes}) without a name; got {given}.", hint
        )
    return ArgumentError(f"{name}: {error}.", hint)


def many(given: Item | Iterable[Item] | None) -> tuple[Item, ...]:
    """One text or path, or several, as a tuple; None is none."""
    if given is None:
        return ()
    return (given,) if isinstance(given, str | Path) else tuple(given)


def paths(given: str | Path | Iterable[str | Path] | None) -> tuple[Path, ...]:
    """One path or several, `~` resolved."""
    if given is None:
        return ()
    return tuple(Path(one).expanduser() for one in ((given,) if isinstance(given, str | Path) else given))


def one_of(name: str, value: str, known: Iterable[str]) -> None:
    """Raises UnknownName for a value that is none of those known."""
    if value not in set(known):
        raise UnknownName(name, value, known)


def within(least: int, most: int | None = None, **given: float | None) -> None:
    """Raises ArgumentError for a number below `least` or above `most`; None passes."""
    for name, value in given.items():
        if value is not None and not least <= value <= (math.inf if most is None else most):  # NaN is neither
            ends = f"from {least:,}" + (" upwards" if most is None else f" to {most:,}")
            raise ArgumentError(f"{name} is {value}.", f"Give a number {ends}.")
