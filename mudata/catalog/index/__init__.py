"""The index in DuckDB over generations of Parquet files: written, asked, counted, verified."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mudata.lazy import lazy_names

if TYPE_CHECKING:
    from mudata.catalog.index.database import connect, publish, rebuild
    from mudata.catalog.index.finding import Finding
    from mudata.catalog.index.query import Relation

__all__ = ["Finding", "Relation", "connect", "publish", "rebuild"]
__getattr__, __dir__ = lazy_names(
    __name__,
    {"Finding": "finding", "Relation": "query", "connect": "database", "publish": "database", "rebuild": "database"},
)
