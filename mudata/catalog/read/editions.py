"""Which edition of an exam an item file is: whether it is one that the card's mirrors name."""

from __future__ import annotations

import fnmatch
import hashlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from mudata.catalog.cards.schema import Card


def edition_of(card: Card, pattern: str, path: Path) -> tuple[str | None, bool]:
    """The edition in words, and whether it is another than the card's; None where the card names no sum of the file.

    Args:
        card: of an exam.
        pattern: of the item file, as the exam's `files` have it.
        path: the file.
    """
    name = pattern.rpartition("/")[2]
    known = {
        sha256
        for component in card.sources.values()
        for mirror in component.mirrors
        for file in getattr(mirror, "files", ())
        if file.sha256 and fnmatch.fnmatchcase(file.path.rpartition("/")[2], name)
        for sha256 in (file.sha256, *file.also)
    }
    if not known or card.exam is None:
        return None, False
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    if digest in known:
        return f"{card.exam.version} (sha256 {digest[:12]}, the file that the card names)", False
    return f"another one than the card's {card.exam.version}: sha256 {digest[:12]} in place of {min(known)[:12]}", True
