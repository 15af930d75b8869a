"""Credits of clips as their licences ask for: who made them, what they are called, where they are from, on what terms,
and what was changed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mudata.lazy import lazy_names

if TYPE_CHECKING:
    from mudata.catalog.credits.credit_pages import Credits
    from mudata.catalog.credits.credit_search import credits_of, named_credits

__all__ = ["Credits", "credits_of", "named_credits"]
__getattr__, __dir__ = lazy_names(
    __name__, {"Credits": "credit_pages", "credits_of": "credit_search", "named_credits": "credit_search"}
)
