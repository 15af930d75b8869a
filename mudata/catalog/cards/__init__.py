"""What a dataset is, as data:
the grammar of cards, their labels and licences, and how they are loaded."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mudata.lazy import lazy_names

if TYPE_CHECKING:
    from mudata.catalog.cards.licences import usage_of
    from mudata.catalog.cards.loader import load, load_all
    from mudata.catalog.cards.schema import Card

__all__ = ["Card", "load", "load_all", "usage_of"]
__getattr__, __dir__ = lazy_names(
    __name__,
    {"Card": "schema", "load": "loader", "load_all": "loader", "usage_of": "licences"},
)
