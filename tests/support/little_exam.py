"""An exam's card with little more than what a test is about."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from little_card import little_card

if TYPE_CHECKING:
    from mudata.catalog.cards.schema import Card


def little_exam(file: dict[str, Any] | None = None, items: dict[str, Any] | None = None, **sections: Any) -> Card:
    """The card `tiny` with an exam of one file, `items.json`, whose items are asked by the task `exam`: columns id,
    question, options (a list), answer and audio (a path). `file` and `items` replace keys of these, None takes one
    away; `sections` are those of the card."""
    mapping = {
        "file": "questions",
        "task": "exam",
        "id": "id",
        "question": "question",
        "options": {"list": "options"},
        "answer": {"text": "answer"},
        "clips": [{"path": "**/{audio}"}],
    } | (items or {})
    said = {
        "clips": [],
        "tasks": {"exam": {"kind": "choose", "noun": "answer"}},
        "exam": {
            "version": "1",
            "files": {"questions": {"path": "items.json", "format": "json"} | (file or {})},
            "items": [{key: value for key, value in mapping.items() if value is not None}],
        },
    }
    return little_card(**said | sections)
