"""A dataset's card in words."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mudata.catalog.cards.schema import Card


def facts(card: Card) -> list[tuple[str, str | list[str]]]:
    """Title and text, or lines of text, of everything that a person wants to know of a dataset."""
    licence = card.licence
    survey = card.survey
    return [
        ("name", card.name),
        ("title", card.title),
        ("about", card.summary),
        ("tags", ", ".join(card.tags)),
        ("audio", card.audio + (f": {card.audio_note}" if card.audio_note else "")),
        ("format", ", ".join(card.format)),
        ("duration", str(card.duration)),
        ("licence", f"{licence.spdx or licence.text} ({licence.usage}{', per clip' if licence.per_clip else ''})"),
        ("availability", card.availability),
        ("homepage", card.homepage),
        ("subsets", [f"{k}: {s.title}{f' ({s.size})' if s.size else ''}" for k, s in card.subsets.items()]),
        ("sources", [f"{k}: {c.what} ({', '.join(m.kind for m in c.mirrors)})" for k, c in card.sources.items()]),
        ("labels", [f"{k}: {len(s.vocabulary) or 'open'} ({s.kind})" for k, s in card.labels.items()]),
        ("groups", ", ".join(card.grouped_by) or (card.leakage_risk and f"none. {card.leakage_risk}") or "none"),
        ("splits", [f"{k}: {s.title}" for k, s in card.splits.items()]),
        ("tasks", [f"{k}: {t.kind}" for k, t in card.tasks.items()]),
        ("faults", f"{sum(len(f.ids) for f in card.faults)} clips with known faults" if card.faults else ""),
        ("survey", f"row {survey.row}: {survey.tag}; {survey.format}; {survey.duration}" if survey else ""),
        ("but", list(survey.differences) if survey else ""),
        ("notes", list(card.notes)),
    ]


def lines(card: Card) -> Iterator[str]:
    """The facts as lines, titles in a column of their own."""
    for title, value in facts(card):
        if value:
            first, *rest = value if isinstance(value, list) else [value]
            yield f"{title + ':':14}{first}"
            yield from (" " * 14 + line for line in rest)
