"""Which subsets of a dataset a request means."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mudata.errors import UnknownName

if TYPE_CHECKING:
    from mudata.catalog.cards.schema import Card


def subsets_of(card: Card, asked: str | None) -> tuple[str, ...]:
    """The subsets that a request names, commas between them; None: the card's default, if any.

    Raises UnknownName for a subset that the card does not have.
    """
    chosen = asked or card.default_subset
    names = tuple(name.strip() for name in chosen.split(",")) if chosen else ()
    for name in names:
        if name not in card.subsets:
            hint = None if card.subsets else f"{card.name} has no subsets."
            raise UnknownName("subset", name, card.subsets, hint)
    return names
