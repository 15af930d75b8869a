"""Choices, orders and structures in the manner of real models, and what a careful reader takes each to mean."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from mudata.evaluation.align.alignment import Alignment, Shown
from mudata.evaluation.readers.choice import read_choice
from mudata.evaluation.readers.order import read_order
from mudata.evaluation.readers.sections import read_structure

GOLDEN = Path(__file__).parents[2] / "golden" / "values"
KINDS = ("choice", "order", "structure")


@cache
def golden(kind: str) -> dict[str, Any]:
    read: dict[str, Any] = yaml.load(
        (GOLDEN / f"{kind}.yaml").read_bytes(), getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    )
    return read


def rows(*, not_yet: bool) -> list[tuple[str, str, str, str, str]]:
    """Kind, name of what was asked, answer, what it means, and why; `not_yet`: those that are still misread."""
    return [
        (kind, of, *row[:3])
        for kind in KINDS
        for of, answers in golden(kind)["answers"].items()
        for row in answers
        if (row[3:] == ["not yet"]) == not_yet
    ]


def read(kind: str, of: str, answer: str) -> Alignment:
    asked = golden(kind)["asked"][of]
    shown = Shown(
        asked.get("prompt", ""),
        tuple(asked.get("options", ())),
        letters=asked.get("letters", False),
        numbered=asked.get("numbered", False),
    )
    if kind == "choice":
        return read_choice(answer, shown)
    if kind == "order":
        return read_order(answer, shown, asked.get("count"))
    return read_structure(answer, shown, asked["asks"], asked.get("duration_s"))


def meaning(found: Alignment) -> str:
    """As the golden rows write it."""
    if found.label is not None:
        return found.label
    return f"{found.status}:{found.rule_id}" if found.rule_id in ("incomplete", "repeated", "gaps") else found.status


@pytest.mark.parametrize(("kind", "of", "answer", "meant", "why"), rows(not_yet=False))
def test_an_answer_means_what_a_careful_reader_takes_it_to_mean(
    kind: str, of: str, answer: str, meant: str, why: str
) -> None:
    found = read(kind, of, answer)
    assert meaning(found) == meant, f"{found}: {why}"
    assert all(0 <= span.start < span.end <= len(answer) for span in found.spans)
    assert found.rule, found.rule_id


@pytest.mark.parametrize("kind", KINDS)
def test_there_are_enough_golden_answers(kind: str) -> None:
    assert sum(row[0] == kind for row in rows(not_yet=False)) >= 150


def test_only_what_is_still_misread_is_listed_as_such_and_is_given_no_value() -> None:
    found = [(read(*row[:3]), row) for row in rows(not_yet=True)]
    assert [row for alignment, row in found if meaning(alignment) == row[3] or alignment.label is not None] == []
