"""What a dataset is, how it gets onto this disk and into DuckDB,
and which splits are drawn from it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mudata.lazy import lazy_names

if TYPE_CHECKING:
    from mudata.catalog.fetch.request import FetchRequest
    from mudata.catalog.ingest import get
    from mudata.catalog.ingested import Ingested

__all__ = ["FetchRequest", "Ingested", "get"]
__getattr__, __dir__ = lazy_names(
    __name__,
    {"FetchRequest": "fetch.request", "Ingested": "ingested", "get": "ingest"},
)
