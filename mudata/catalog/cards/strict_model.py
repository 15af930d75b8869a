"""What all cards are made of: frozen models, names, lists of one, path patterns."""

from __future__ import annotations

import re
import string
from typing import Annotated, Any, ClassVar, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    SerializerFunctionWrapHandler,
    StringConstraints,
    model_serializer,
)

from mudata.catalog.cards.patterns import Pattern
from mudata.errors import CardError

Name = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_]*$", max_length=64)]
PartName = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_.-]*$", max_length=64)]
Select = Annotated[str, StringConstraints(strip_whitespace=True, min_length=8)]
Usage = Literal["unrestricted", "noncommercial", "research", "unknown"]


_LONGEST_NAME = 255
"""Bytes of a file's name on the file systems in use."""


def _as_tuple(value: Any) -> Any:
    return (value,) if isinstance(value, str) else value


Texts = Annotated[tuple[str, ...], BeforeValidator(_as_tuple)]


def _pattern(text: str) -> str:
    try:
        Pattern(text)
    except CardError as error:
        raise ValueError(f"{error.what} {error.hint}") from error
    if not _NOWHERE.isdisjoint(text.split("/")):
        raise ValueError(
            "a pattern of paths within the folder is expected, such as **/{stem}.wav; no file matches this"
        )
    return text


_NOWHERE = {"", ".", ".."}
"""Parts of a path that lead to no file below a folder, or out of it."""

PathPattern = Annotated[str, AfterValidator(_pattern)]
PathPatterns = Annotated[tuple[PathPattern, ...], BeforeValidator(_as_tuple)]


def _relative(path: str) -> str:
    """A path that stays in its folder and names something in it, also as a glob."""
    if "\\" in path or re.match("[A-Za-z]:", path) or not _NOWHERE.isdisjoint(path.split("/")):
        raise ValueError("a path within the folder is expected, such as audio/one.zip, with forward slashes")
    if any(len(part.encode()) > _LONGEST_NAME for part in path.split("/")):
        raise ValueError(f"no file can have a name of more than {_LONGEST_NAME} bytes")
    return path


def _template(text: str, width: str = "") -> str:
    """Text with names in braces, each with no more than a `width` (a regular expression)."""
    try:
        fields = [field for _, *field in string.Formatter().parse(text) if field[0] is not None]
    except ValueError as error:
        raise ValueError(f"braces have to be closed, and hold a name: {error}") from error
    for name, given, conversion in fields:
        if not str(name).isidentifier() or conversion or not re.fullmatch(width, given or ""):
            raise ValueError(f"braces hold a name{', or name:04d for a number of four digits' if width else ''}")
    return text


RelativePath = Annotated[str, AfterValidator(_relative)]
Template = Annotated[str, AfterValidator(_template)]
"""Text with the names of columns or of parts of a pattern in braces."""
PathTemplate = Annotated[str, AfterValidator(_relative), AfterValidator(lambda text: _template(text, r"0?\d{0,2}d?"))]
"""A relative path with names in braces; numbers may have a width: {row:04d}."""


class Strict(BaseModel):
    """Frozen; no key that is not declared, and no number that is not finite."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False, defer_build=True)


class Extended(Strict):
    """A part of cards that has more fields than when cards were first hashed. Those named in `LATER` are written only
    where they say something, so that the hashes of cards that do not use them stay."""

    LATER: ClassVar[frozenset[str]] = frozenset()

    @model_serializer(mode="wrap")
    def _as_before(self, serialise: SerializerFunctionWrapHandler) -> dict[str, Any]:
        fields: dict[str, Any] = serialise(self)
        known = type(self).model_fields
        unsaid = {
            name for name in self.LATER if getattr(self, name) == known[name].get_default(call_default_factory=True)
        }
        return {name: value for name, value in fields.items() if name not in unsaid}
