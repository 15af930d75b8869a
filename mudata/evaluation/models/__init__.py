"""Models: which there are, how one is made, and the architectures that are built in."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mudata.lazy import lazy_names

if TYPE_CHECKING:
    from mudata.evaluation.models.listing import Listing, names
    from mudata.evaluation.models.model_card import ModelCard
    from mudata.evaluation.models.model_identity import identity
    from mudata.evaluation.models.registry import (
        card_of,
        create,
        find,
        listings,
        options_of,
    )

__all__ = [
    "Listing",
    "ModelCard",
    "card_of",
    "create",
    "find",
    "identity",
    "listings",
    "names",
    "options_of",
]
__getattr__, __dir__ = lazy_names(
    __name__,
    {
        "Listing": "listing",
        "ModelCard": "model_card",
        "card_of": "registry",
        "create": "registry",
        "find": "registry",
        "identity": "model_identity",
        "listings": "registry",
        "names": "listing",
        "options_of": "registry",
    },
)
