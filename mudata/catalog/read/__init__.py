"""Raw files as a card declares them: tables, clips, labels, captions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mudata.lazy import lazy_names

if TYPE_CHECKING:
    from mudata.catalog.read.reader import DatasetContents, Issue, read

__all__ = ["DatasetContents", "Issue", "read"]
__getattr__, __dir__ = lazy_names(
    __name__,
    {"DatasetContents": "reader", "Issue": "reader", "read": "reader"},
)
