"""A dataset's card with little more than what a test is about."""

from __future__ import annotations

from typing import Any

from mudata.catalog.cards.schema import Card


def little_card(**sections: Any) -> Card:
    """The card `tiny`; `sections` are those of its YAML. Clips are *.wav by their stems unless they say otherwise."""
    said: dict[str, Any] = {
        "name": "tiny",
        "title": "Tiny",
        "summary": "few files",
        "tags": ["genre"],
        "format": "wav",
        "duration": {"min": 0, "max": 60},
        "licence": {"text": "none", "usage": "unknown", "redistributable": False},
        "citation": {"text": "none", "bibtex": "@misc{none}"},
        "homepage": "https://example.org",
        "availability": "open",
        "sources": {"audio": {"what": "files", "mirrors": [{"kind": "local", "how": "make them"}]}},
        "clips": [{"files": "{stem}.wav"}],
    }
    return Card.model_validate(said | sections)
