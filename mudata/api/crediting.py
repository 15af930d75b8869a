"""Credits as a function: who made the clips of a split, and on what terms they may be used."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from mudata.api.arguments import checked
from mudata.deprecations import hide_deprecations
from mudata.home import Home

if TYPE_CHECKING:
    from mudata.catalog.credits.credit_pages import Credits

hide_deprecations()


@checked()
def credits(name: str | Path, *, part: str | None = None) -> Credits:  # noqa: A001 - as the command
    """What has to be said of clips that are shown or passed on: title, author, source, licence with its address, and
    what was changed, clip by clip; the citations of their datasets first.

    Args:
        name: a split, a manifest's path, or a dataset that is indexed.
        part: only this part of the split.

    Returns:
        Credits: `print` them, or take `markdown()`, `html()`, `csv()`, `json()`, `rows()`; `unknown` has of how many
        clips what is not known.

    Raises:
        UnknownName, SplitError.
    """
    from mudata.catalog.credits.credit_search import named_credits

    return named_credits(Home.default(), str(name), part)
