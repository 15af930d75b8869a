"""Options of a served model that are one or several: its addresses, and what each server has of its own."""

from __future__ import annotations

import re
from collections.abc import Sequence

from mudata.errors import ModelError


def addresses(base_url: object) -> list[str]:
    """A list, or a text with commas between addresses (a comma within one stays)."""
    given = base_url if isinstance(base_url, Sequence) and not isinstance(base_url, str) else [base_url]
    return [one for some in given for one in re.split(r"\s*,\s*(?=https?://)", str(some))]


def for_each(option: str, given: object, servers: int) -> list[object]:
    """A value for each server: the one that there is for all, or as many as there are servers, as a
    list or a text with commas. Raises ModelError for another number of them."""
    values = list(given) if isinstance(given, list | tuple) else [given]
    if isinstance(given, str) and "," in given:
        values = [part.strip() for part in given.split(",")]
    if len(values) == 1:
        return values * servers
    if len(values) != servers:
        raise ModelError(
            f"The option {option} has {len(values)} values, and there are {servers} servers.",
            f"Give one for all of them, or one for each in their order: -o {option}=...",
        )
    return values
