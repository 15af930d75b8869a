"""Answers in the manner of real models, and what a careful reader takes each to mean.

`golden/<card>-<namespace>.yaml` goes through a label set, `golden/kinds` through the ways of answering and
`golden/languages` through the languages; rows of these two say which label set they are read by (`of`).
`golden/values` are answers that are no labels (tests/evaluation/readers).
`golden/not_yet.yaml` lists answers that are still read wrongly: a row leaves it as soon as it is read right.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from mudata.catalog.cards import loader
from mudata.evaluation.align.aligner import align
from mudata.evaluation.align.alignment import Alignment, Shown
from mudata.evaluation.align.label_set import LabelSet, resolve
from mudata.evaluation.tasks.task import bind

GOLDEN = Path(__file__).parents[2] / "golden"


def _rows_of(path: Path) -> list[dict[str, Any]]:
    return yaml.load(path.read_bytes(), getattr(yaml, "CSafeLoader", yaml.SafeLoader)) or []


NOT_YET = {(row["of"], row["answer"]) for row in _rows_of(GOLDEN / "not_yet.yaml")}
ROWS = [
    (row.get("of", path.stem), row)
    for path in sorted(GOLDEN.rglob("*.yaml"))
    if path.name != "not_yet.yaml" and path.parent.name != "values"
    for row in _rows_of(path)
]


@cache
def read_by(name: str) -> tuple[LabelSet, str]:
    """A card's label set, and the prompt of the task that asks for it."""
    dataset, namespace = name.split("-")
    card = loader.load(dataset)
    tasks = [task for task, said in card.tasks.items() if said.namespace == namespace and not said.labels]
    prompt = bind(card, tasks[0]).question.prompt if tasks else ""
    return resolve(card.labels[namespace]), prompt


def read(name: str, row: dict[str, Any]) -> Alignment:
    label_set, prompt = read_by(name)
    return align(row["answer"], label_set, Shown(row.get("prompt", prompt), letters=row.get("letters", False)))


def is_as_judged(found: Alignment, row: dict[str, Any]) -> bool:
    meant = (found.status, set(found.labels)) == (row["status"], set(row.get("labels", ())))
    return meant and set(row.get("flags", ())) <= set(found.flags)


READ = [(name, row) for name, row in ROWS if (name, row["answer"]) not in NOT_YET]


@pytest.mark.parametrize(("name", "row"), READ, ids=[f"{name}: {row['answer'][:40]!r}" for name, row in READ])
def test_an_answer_means_what_a_careful_reader_takes_it_to_mean(name: str, row: dict[str, Any]) -> None:
    assert is_as_judged(found := read(name, row), row), f"{found}: {row['why']}"


def test_only_what_is_still_misread_is_listed_as_such() -> None:
    listed = [(name, row) for name, row in ROWS if (name, row["answer"]) in NOT_YET]
    assert len(listed) == len(NOT_YET)
    assert [row["answer"] for name, row in listed if is_as_judged(read(name, row), row)] == []


def test_every_label_set_of_every_card_has_golden_answers() -> None:
    closed = {
        f"{card.name}-{name}" for card in loader.load_all() for name, space in card.labels.items() if not space.open
    }
    assert {name for name, _ in ROWS} == closed
    assert len(ROWS) > 1000


@pytest.mark.slow
def test_a_golden_row_names_labels_that_exist_and_says_why() -> None:
    for name, row in ROWS:
        assert set(row) <= {"of", "answer", "status", "labels", "flags", "letters", "prompt", "why"}, row
        assert set(row.get("labels", ())) <= set(read_by(name)[0].ids), row
        assert row["why"]


def test_no_answer_is_judged_twice() -> None:
    asked = [(name, row["answer"], row.get("letters", False)) for name, row in ROWS]
    assert len(asked) == len(set(asked))
