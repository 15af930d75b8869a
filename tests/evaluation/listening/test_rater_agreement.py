"""Krippendorff's alpha: his own examples, and nltk's numbers."""

from __future__ import annotations

import numpy as np
import pytest
from nltk.metrics.agreement import AnnotationTask

from mudata.evaluation.listening.rater_agreement import krippendorff
from mudata.evaluation.metrics.jackknife import ClusteredClips

# K. Krippendorff, Computing Krippendorff's alpha-reliability, 2011: example D, four observers, twelve units
KRIPPENDORFF = """
1 2 3 3 2 1 4 1 2 . . .
1 2 3 3 2 2 4 1 2 5 . 3
. 3 3 3 2 3 4 2 2 5 1 .
1 2 3 3 2 4 4 1 2 5 1 .
"""
# the same, examples A and B: two observers, ten units, two and five categories
TWO = "0 1 0 0 0 0 0 0 1 0\n1 1 1 0 0 1 0 0 0 0"
# a letter is a category: a b c d e are 1 to 5
FIVE = "1 1 2 2 4 3 3 3 5 4 4 1\n2 1 2 2 2 3 3 3 5 4 4 4"


def table(text: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    lines = [line.split() for line in text.strip().splitlines()]
    found = [(r, u, float(mark)) for r, line in enumerate(lines) for u, mark in enumerate(line) if mark != "."]
    raters, units, marks = zip(*found, strict=True)
    return np.array(raters), np.array(units), np.array(marks)


@pytest.mark.parametrize(
    ("text", "level", "alpha"),
    [
        (KRIPPENDORFF, "nominal", 0.743),
        (KRIPPENDORFF, "ordinal", 0.815),
        (KRIPPENDORFF, "interval", 0.849),
        (TWO, "nominal", 0.095),
        (FIVE, "nominal", 0.692),
    ],
)
def test_his_own_examples(text: str, level, alpha: float) -> None:
    raters, units, marks = table(text)
    found = krippendorff(raters, units, marks, ClusteredClips(units, 12), level)
    assert found.alpha == pytest.approx(alpha, abs=5e-4)


@pytest.mark.parametrize("level", ["nominal", "ordinal", "interval"])
def test_it_is_that_of_nltk_where_much_is_missing(level) -> None:
    random = np.random.default_rng(7)
    raters, units = (axis.ravel() for axis in np.meshgrid(np.arange(6), np.arange(15), indexing="ij"))
    marks = np.clip(np.round(3 + random.normal(size=15)[units] + random.normal(size=90)), 1, 5)
    there = random.random(90) < 0.4
    raters, units, marks = raters[there], units[there], marks[there]
    paired = np.isin(units, [unit for unit in range(15) if (units == unit).sum() > 1])
    names, counts = np.unique(marks[paired], return_counts=True)
    middle = dict(zip(names, np.cumsum(counts) - counts / 2, strict=True))
    distance = {
        "nominal": lambda a, b: float(a != b),
        "ordinal": lambda a, b: (middle[a] - middle[b]) ** 2,
        "interval": lambda a, b: (a - b) ** 2,
    }[level]
    rows = [(f"{r}", f"{u}", m) for r, u, m in zip(raters[paired], units[paired], marks[paired], strict=True)]
    found = krippendorff(raters, units, marks, ClusteredClips(units, 15), level)
    assert found.alpha == pytest.approx(AnnotationTask(rows, distance=distance).alpha(), abs=1e-12)
    assert found.ratings == paired.sum()
    assert found.low < found.alpha < found.high


def test_nothing_is_made_up() -> None:
    alone = krippendorff(np.arange(5), np.arange(5), np.ones(5), ClusteredClips(np.arange(5), 5))
    assert (alone.alpha, alone.how) == (None, "none: nothing was rated by two raters")
    units = np.repeat(np.arange(9), 2)
    alike = krippendorff(np.tile([0, 1], 9), units, np.ones(18), ClusteredClips(units, 9))
    assert (alike.alpha, alike.how) == (None, "none: all marks are the same")
    few = krippendorff(*table("1 2 3\n1 2 2"), ClusteredClips(np.tile(np.arange(3), 2), 3))
    assert few.alpha is not None
    assert (few.low, few.how) == (None, "none: 3 clips are too few")


@pytest.mark.slow
def test_the_interval_holds_the_alpha_of_many_clips() -> None:
    random, raters, held = np.random.default_rng(0), 10, 0

    def drawn(clips: int):
        units = np.repeat(np.arange(clips), raters)
        marks = np.clip(np.round(3 + random.normal(size=clips)[units] + random.normal(size=clips * raters)), 1, 5)
        return krippendorff(np.tile(np.arange(raters), clips), units, marks, ClusteredClips(units, clips), draws=200)

    truth = drawn(20_000).alpha
    for _ in range(100):
        found = drawn(40)
        held += found.low <= truth <= found.high
    assert held >= 88
