"""Where files come from: one module a kind of host,
each with `fetch(mirror, target, progress) -> FetchResult`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mudata.lazy import lazy_names

if TYPE_CHECKING:
    from mudata.catalog.fetch.sources.source import FetchResult, Target

__all__ = ["FetchResult", "Target"]
__getattr__, __dir__ = lazy_names(__name__, {"FetchResult": "source", "Target": "source"})
