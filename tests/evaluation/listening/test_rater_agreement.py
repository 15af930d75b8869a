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
    assert (few.low, few.how) == (None, "none: 3 clusters of clips are too few")


def test_a_rater_who_is_asked_again_agrees_with_nobody_by_that() -> None:
    raters, units, marks = table(KRIPPENDORFF)
    again = [np.concatenate([one, one[:9]]) for one in (raters, units, 6 - marks)]  # the first observer, otherwise
    again[2][: len(marks)] = marks
    found = krippendorff(*again, ClusteredClips(again[1], 12))
    assert found == krippendorff(raters, units, marks, ClusteredClips(units, 12))
    alone = krippendorff(np.zeros(18, int), np.arange(18) % 9, np.arange(18.0), ClusteredClips(np.arange(18) % 9, 9))
    assert (alone.alpha, alone.how) == (None, "none: nothing was rated by two raters")


def test_a_slider_of_thousands_of_marks_fits_into_memory() -> None:
    random = np.random.default_rng(1)
    units, raters = np.repeat(np.arange(400), 10), np.tile(np.arange(10), 400)
    marks = random.uniform(0, 100, 4000)  # all differ: a table of marks by marks for each clip would take 50 GB
    found = krippendorff(raters, units, marks, ClusteredClips(units, 400))
    assert found.low < 0.02
    assert abs(found.alpha) < 0.05


@pytest.mark.slow
def test_the_interval_holds_the_alpha_of_many_clips() -> None:
    random, raters, held = np.random.default_rng(0), 10, 0

    def drawn(clips: int):
        units = np.repeat(np.arange(clips), raters)
        marks = np.clip(np.round(3 + random.normal(size=clips)[units] + random.normal(size=clips * raters)), 1, 5)
        return krippendorff(np.tile(np.arange(raters), clips), units, marks, ClusteredClips(units, clips))

    truth = drawn(20_000).alpha
    for _ in range(100):
        found = drawn(40)
        held += found.low <= truth <= found.high
    assert 90 <= held <= 99


def test_where_no_clip_moves_it_there_is_no_interval() -> None:
    units, raters = np.repeat(np.arange(12), 3), np.tile(np.arange(3), 12)
    agreed = krippendorff(raters, units, np.repeat(np.arange(12) % 4 + 1.0, 3), ClusteredClips(units, 12))
    assert (agreed.alpha, agreed.low, agreed.how) == (1.0, None, "none: no clip differs from another")
    odd = krippendorff(raters, units, np.r_[np.ones(35), 2.0], ClusteredClips(units, 12))
    assert (odd.low, odd.how) == (None, "none: without one clip all marks are the same")
