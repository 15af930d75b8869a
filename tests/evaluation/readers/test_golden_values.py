"""Answers of one value in the manner of real models, and what a careful reader takes each to mean.

A verdict is the value itself (ALIGNED), or a status with the values said: 'MULTI C major; A minor'.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import yaml

from mudata.evaluation.align.alignment import RULES, Alignment, Shown
from mudata.evaluation.align.value_rules import VALUE_RULES
from mudata.evaluation.readers.reading import read

FOLDER = Path(__file__).parents[2] / "golden/values"
KINDS = ("key", "tempo", "metre", "number")
_STATUS = re.compile(r"([A-Z_]{4,})(?: (tonic ))?(.*)")


class Row(NamedTuple):
    kind: str
    answer: str
    verdict: str
    prompt: str
    why: str

    def read(self) -> Alignment:
        return read(self.kind, self.answer, Shown(self.prompt))

    def is_read_so(self) -> bool:
        found = self.read()
        judged = _STATUS.fullmatch(self.verdict)
        if judged is None:
            return (found.status, found.labels) == ("ALIGNED", (self.verdict,))
        status, tonic, values = judged.groups()
        said = tuple(filter(None, values.strip().split("; ")))
        if tonic:
            return (found.status, found.positives, found.flags) == (status, said, ("half",))
        return found.status == status and set(found.labels) == set(said)


def rows_of(kind: str) -> list[Row]:
    groups: list[dict[str, Any]] = yaml.safe_load((FOLDER / f"{kind}.yaml").read_text("utf-8"))
    return [
        Row(kind, answer, str(verdict), group.get("prompt", ""), group["why"])
        for group in groups
        for answer, verdict in group["rows"].items()
    ]


ROWS = [row for kind in KINDS for row in rows_of(kind)]


@pytest.mark.parametrize("row", ROWS, ids=[f"{row.kind}: {row.answer[:40]!r}" for row in ROWS])
def test_an_answer_means_what_a_careful_reader_takes_it_to_mean(row: Row) -> None:
    assert row.is_read_so(), f"{row.read()} {row.read().flags}, not {row.verdict}: {row.why}"


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_has_many_rows_and_no_answer_twice(kind: str) -> None:
    text = (FOLDER / f"{kind}.yaml").read_text("utf-8")
    rows = rows_of(kind)
    assert len(rows) >= 150
    assert len(rows) == sum(line.startswith("    ") for line in text.splitlines())
    assert len({(row.answer, row.prompt) for row in rows}) == len(rows)


def test_spans_lie_in_the_answer_and_rules_are_told() -> None:
    for row in ROWS:
        found = row.read()
        assert found.rule_id in RULES | VALUE_RULES
        assert all(0 <= span.start < span.end <= len(row.answer) for span in found.spans), row
        if found.status == "ALIGNED":
            assert any(span.role == "positive" and span.label == found.label for span in found.spans), row


def test_only_what_is_still_misread_is_listed_as_such_and_is_given_no_value() -> None:
    rows = yaml.safe_load((FOLDER / "not_yet.yaml").read_text("utf-8"))
    found = [(row["meant"], read(row["kind"], row["answer"], Shown()).label) for row in rows]
    assert [(meant, label) for meant, label in found if label is not None] == []
