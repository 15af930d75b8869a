"""What docs/readers.md says of its examples is how they are read."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from mudata.evaluation.align.alignment import Shown
from mudata.evaluation.readers.reading import read

PAGE = Path(__file__).parents[3] / "docs/readers.md"
SECTIONS = {"Keys": "key", "Tempi": "tempo", "Metres": "metre", "Counts": "number"}
NO_VALUE = ("none", "no key", "UNPARSED", "OUTSIDE", "counts only")


def examples() -> list[tuple[str, str, str]]:
    """Kind, answer and what it is read as, of every example in the sections of kinds."""
    found = []
    for section in PAGE.read_text("utf-8").split("\n## ")[1:]:
        title, _, body = section.partition("\n")
        for row in body.split("\n")[3:] if title in SECTIONS else ():
            cells = [cell.strip() for cell in row.strip("|").split(" | ")]
            if len(cells) == 3:
                answers, verdicts = (
                    re.findall(r"`([^`]+)`", cells[1]),
                    cells[2].strip("| ").replace("`", "").split(", "),
                )
                whole = len(verdicts) != len(answers)
                found += [(SECTIONS[title], said, cells[2] if whole else verdicts[i]) for i, said in enumerate(answers)]
    return found


@pytest.mark.parametrize(("kind", "answer", "verdict"), examples(), ids=lambda said: str(said)[:30])
def test_an_example_is_read_as_the_page_says(kind: str, answer: str, verdict: str) -> None:
    label = read(kind, answer, Shown()).label
    if verdict.startswith("counts only"):
        return
    assert label == (None if verdict.startswith(NO_VALUE) else verdict.strip("| "))


def test_the_page_has_examples_of_every_kind() -> None:
    found = examples()
    assert len(found) > 50
    assert {kind for kind, _, _ in found} == set(SECTIONS.values())
