"""Answers in the manner of real models, label set by label set, and what a careful reader takes each to mean."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from mudata.catalog.cards import loader
from mudata.evaluation.align.aligner import align
from mudata.evaluation.align.alignment import Shown
from mudata.evaluation.align.label_set import LabelSet, resolve
from mudata.evaluation.tasks.task import bind

GOLDEN = Path(__file__).parents[2] / "golden"
ROWS = [(path.stem, row) for path in sorted(GOLDEN.glob("*.yaml")) for row in yaml.safe_load(path.read_text("utf-8"))]


@cache
def read_by(name: str) -> tuple[LabelSet, str]:
    """A card's label set, and the prompt of the task that asks for it."""
    dataset, namespace = name.split("-")
    card = loader.load(dataset)
    tasks = [task for task, said in card.tasks.items() if said.namespace == namespace and not said.labels]
    prompt = bind(card, tasks[0]).question.prompt if tasks else ""
    return resolve(card.labels[namespace]), prompt


@pytest.mark.parametrize(("name", "row"), ROWS, ids=[f"{name}: {row['answer'][:40]!r}" for name, row in ROWS])
def test_an_answer_means_what_a_careful_reader_takes_it_to_mean(name: str, row: dict[str, Any]) -> None:
    label_set, prompt = read_by(name)
    found = align(row["answer"], label_set, Shown(prompt, letters=row.get("letters", False)))
    assert (found.status, set(found.labels)) == (row["status"], set(row.get("labels", ()))), row["why"]


def test_every_label_set_of_every_card_has_golden_answers() -> None:
    closed = {
        f"{card.name}-{name}" for card in loader.load_all() for name, space in card.labels.items() if not space.open
    }
    assert {name for name, _ in ROWS} == closed
    assert len(ROWS) > 100


@pytest.mark.slow
def test_a_golden_row_names_labels_that_exist_and_says_why() -> None:
    for name, row in ROWS:
        assert set(row) <= {"answer", "status", "labels", "letters", "why"}, row
        assert set(row.get("labels", ())) <= set(read_by(name)[0].ids), row
        assert row["why"]


def test_no_answer_is_judged_twice() -> None:
    asked = [(name, row["answer"], row.get("letters", False)) for name, row in ROWS]
    assert len(asked) == len(set(asked))
