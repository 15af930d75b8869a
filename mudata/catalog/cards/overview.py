"""The list of datasets without reading every card:
a card's line lies ready, keyed by the hash of its file.

`overview.json` beside the cards has the line of each built-in card. It is made of them (`make
docs`) and never trusted further than the hash goes: a card that was changed since, or is a user's
own, is read.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mudata.catalog.cards.card_files import BUILT_IN, files
from mudata.errors import CardError
from mudata.json_files import read_object

if TYPE_CHECKING:
    from mudata.catalog.cards.schema import Card

FILE = BUILT_IN / "datasets" / "overview.json"


def rows() -> list[dict[str, Any]]:
    """A line for each dataset that has a card, by name: name, title, tags, format, duration, clips
    (of the default subset; None where the card does not say), items (all of an exam; None of others),
    audio, usage, per_clip (clips have licences of their own), availability, licence, homepage. A card that cannot be
    read is passed over.
    """
    ready = read_object(FILE, missing_ok=True, hint="Install mudata again.", error=CardError)
    lines = []
    for path in files().values():
        line = ready.get(_sha256(path)) if path.is_file() else None
        if line is None:
            from mudata.catalog.cards.loader import passing_over

            with passing_over(path):
                line = _read(path)
        lines.append(line)
    return [line for line in lines if line]


def made() -> str:
    """What `overview.json` should say."""
    paths = sorted(path for folder in ("datasets", "exams") for path in (BUILT_IN / folder).glob("*.yaml"))
    return json.dumps({_sha256(path): _read(path) for path in paths}, indent=1, ensure_ascii=False) + "\n"


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _read(path: Path) -> dict[str, Any]:
    from mudata.catalog.cards import loader

    return _row(loader.load(path))


def _row(card: Card) -> dict[str, Any]:
    counts = card.expected.clips
    clips = counts.get(card.default_subset or "all")
    return {
        "name": card.name,
        "title": card.title,
        "tags": list(card.tags),
        "format": list(card.format),
        "duration": str(card.duration),
        "clips": clips,
        "items": (sum(items.n or 0 for items in card.exam.items) or None) if card.exam else None,
        "audio": card.audio,
        "usage": card.licence.usage,
        "per_clip": card.licence.per_clip,
        "availability": card.availability,
        "licence": card.licence.spdx or card.licence.text,
        "homepage": card.homepage,
    }
