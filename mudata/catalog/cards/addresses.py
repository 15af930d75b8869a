"""The addresses of cards, of datasets and of parts of models: at which of them nothing can be asked, and why."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from mudata.web_address import fault_of, holds_login, shown

if TYPE_CHECKING:
    from mudata.catalog.cards.mirrors import AnyMirror
    from mudata.catalog.cards.schema import Card


def faults_of_card(card: Card) -> Iterator[str]:
    """What is wrong with the addresses of a dataset's card, each with its place."""
    for key, address in (("homepage", card.homepage), ("licence.url", card.licence.url)):
        if address and (fault := fault_of(address)):
            yield f"{key}: nothing can be asked at {shown(address)}: {fault}"
    for name, component in card.sources.items():
        for number, mirror in enumerate(component.mirrors):
            yield from (f"sources.{name}.mirrors.{number}: {fault}" for fault in faults_of_mirror(mirror))


def faults_of_mirror(mirror: AnyMirror) -> Iterator[str]:
    """What is wrong with the addresses of a mirror; a login in one would be read by all who get the card."""
    addresses: list[str] = []
    if mirror.kind == "http":
        addresses = [str(file.url) for file in mirror.files]
    elif mirror.kind == "http-clips" and not mirror.url.startswith("{"):
        addresses = [re.sub(r"\{[^{}]*\}", "1", mirror.url)]
    for address in addresses:
        if fault := fault_of(address):
            yield f"nothing can be asked at {shown(address)}: {fault}"
        elif holds_login(address):
            yield f"the address {shown(address)} holds a login, which all who get the card can read"
