"""What all cards are made of: frozen models, names, lists of one, path patterns."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, StringConstraints

from mudata.catalog.cards.patterns import Pattern
from mudata.errors import CardError

Name = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_]*$", max_length=64)]
PartName = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_.-]*$", max_length=64)]
Select = Annotated[str, StringConstraints(strip_whitespace=True, min_length=8)]
Usage = Literal["unrestricted", "noncommercial", "research", "unknown"]


def _as_tuple(value: Any) -> Any:
    return (value,) if isinstance(value, str) else value


Texts = Annotated[tuple[str, ...], BeforeValidator(_as_tuple)]


def _pattern(text: str) -> str:
    try:
        Pattern(text)
    except CardError as error:
        raise ValueError(f"{error.what} {error.hint}") from error
    return text


PathPattern = Annotated[str, AfterValidator(_pattern)]
PathPatterns = Annotated[tuple[PathPattern, ...], BeforeValidator(_as_tuple)]


class Strict(BaseModel):
    """Frozen; no key that is not declared, and no number that is not finite."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False, defer_build=True)
