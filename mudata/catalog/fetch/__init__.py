"""Getting a dataset's files onto this disk:
what to get is planned, then transferred, verified and unpacked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mudata.lazy import lazy_names

if TYPE_CHECKING:
    from mudata.catalog.fetch.fetcher import fetch
    from mudata.catalog.fetch.request import Fetched, FetchRequest

__all__ = ["FetchRequest", "Fetched", "fetch"]
__getattr__, __dir__ = lazy_names(__name__, {"FetchRequest": "request", "Fetched": "request", "fetch": "fetcher"})
