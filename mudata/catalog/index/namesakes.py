"""Another dataset of the same name: one in the store, and one that a card of this machine describes.

Two cards are of one dataset, as written by several or at several times, if they have a title or a homepage in common.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from mudata import yaml_files
from mudata.catalog.cards import card_files
from mudata.errors import CardError
from mudata.object_store import shared_files
from mudata.object_store.location import StoreError

if TYPE_CHECKING:
    from mudata.home import Home
    from mudata.object_store.connection import Connection
    from mudata.object_store.shared_record import SharedRecord

CARD = "card.yaml"
"""Beside the tables, of a dataset whose card does not come with mudata."""


def is_another(home: Home, shared: Connection, record: SharedRecord) -> bool:
    """Whether the store's dataset is another one than that of the card here. Raises StoreError."""
    ours = card_files.files().get(record.dataset)
    if ours is None or ours.parent == home.cards or (ours.is_relative_to(card_files.BUILT_IN) and not _own(record)):
        return False
    here, there = _identity(ours), _theirs(shared, record)
    return bool(here and there) and not here & there


def require_same(home: Home, shared: Connection, record: SharedRecord) -> None:
    """Raise StoreError where the store has another dataset of this name."""
    if is_another(home, shared, record):
        name, ours = record.dataset, card_files.files()[record.dataset]
        raise StoreError(
            f"{shared.url} has another dataset that is named {name} ({_words(_theirs(shared, record))}; {ours} has"
            f" {_words(_identity(ours))}).",
            "Name yours otherwise: the file and `name` in it. Or take another prefix for it:"
            f" MUDATA_STORE={shared.url}/mine. They count as one if their cards have a title or a homepage in common.",
        )


def _own(record: SharedRecord) -> bool:
    return CARD in record.tables


def _theirs(shared: Connection, record: SharedRecord) -> frozenset[tuple[str, str]]:
    if not _own(record):
        built_in = (card_files.BUILT_IN / kind / f"{record.dataset}.yaml" for kind in ("datasets", "exams"))
        return next((_identity(path) for path in built_in if path.exists()), frozenset())
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / CARD
        path.write_bytes(shared_files.read_checked(shared, record, CARD))
        return _identity(path)


def _identity(path: Path) -> frozenset[tuple[str, str]]:
    """Title and homepage that a card has; nothing of one that is none."""
    try:
        said = yaml_files.read(path)
    except CardError:
        return frozenset()
    found = {key: said.get(key) for key in ("title", "homepage")} if isinstance(said, dict) else {}
    return frozenset((key, value.strip()) for key, value in found.items() if isinstance(value, str) and value.strip())


def _words(identity: frozenset[tuple[str, str]]) -> str:
    return ", ".join(repr(value) for _, value in sorted(identity, reverse=True))
