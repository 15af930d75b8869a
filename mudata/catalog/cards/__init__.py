"""What a dataset is, as data:
the grammar of cards, their labels and licences, and how they are loaded."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mudata.lazy import lazy_names

if TYPE_CHECKING:
    from mudata.catalog.cards.licence_terms import LicenceTerms, terms_of, usage_of
    from mudata.catalog.cards.loader import load, load_all
    from mudata.catalog.cards.schema import Card

__all__ = ["Card", "LicenceTerms", "load", "load_all", "terms_of", "usage_of"]
__getattr__, __dir__ = lazy_names(
    __name__,
    {
        "Card": "schema",
        "LicenceTerms": "licence_terms",
        "load": "loader",
        "load_all": "loader",
        "terms_of": "licence_terms",
        "usage_of": "licence_terms",
    },
)
