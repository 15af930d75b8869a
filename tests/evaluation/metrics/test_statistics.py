"""Intervals against values known from elsewhere."""

from __future__ import annotations

import numpy as np
import pytest

from mudata.errors import EvaluationError
from mudata.evaluation.metrics import statistics


@pytest.mark.parametrize(
    ("k", "low", "high"),
    [(80, 71.1, 86.7), (61, 51.2, 70.0), (51, 41.3, 60.6), (45, 35.6, 54.8), (36, 27.3, 45.8), (7, 3.4, 13.7)],
)
def test_wilson_gives_the_intervals_published_for_a_hundred_clips(k: int, low: float, high: float) -> None:
    assert [round(100 * x, 1) for x in statistics.wilson(k, 100)] == [low, high]


@pytest.mark.parametrize(("k", "n"), [(0, 1), (1, 1), (0, 1000), (1000, 1000), (3, 7)])
def test_wilson_holds_the_value_and_stays_within_bounds(k: int, n: int) -> None:
    low, high = statistics.wilson(k, n)
    assert 0 <= low <= k / n <= high <= 1


def test_nothing_has_no_interval() -> None:
    with pytest.raises(EvaluationError, match="nothing to score"):
        statistics.wilson(0, 0)


def test_the_bootstrap_of_a_mean_is_as_wide_as_theory_says() -> None:
    values = np.random.default_rng(3).normal(5, 2, 900)
    found = statistics.mean("m", values, "mean")
    assert (found.value, found.n) == (pytest.approx(values.mean()), 900)
    half = 1.96 * values.std() / 30
    assert found.low == pytest.approx(found.value - half, abs=0.15 * half)
    assert found.high == pytest.approx(found.value + half, abs=0.15 * half)
    assert found.recipe == "mean; 95 % percentile bootstrap over clips, 1000 resamples, seed 0"
    assert found == statistics.mean("m", values, "mean")


def test_resamples_in_pieces_are_sums_of_as_many_clips_each() -> None:
    n = statistics.WEIGHTS_AT_ONCE // 3 + 7  # three resamples at a time
    sums = statistics.resampled(np.ones((n, 1)), resamples=7)
    assert sums.tolist() == [[n]] * 7


def test_copies_of_clips_in_one_group_add_no_certainty() -> None:
    random = np.random.default_rng(0)
    once, sizes = random.random(60), random.integers(1, 9, 60)
    many, groups = np.repeat(once, sizes), [str(i) for i in np.repeat(np.arange(60), sizes)]
    plain, grouped = statistics.mean("m", many, "r"), statistics.mean("m", many, "r", groups)
    assert plain.value == grouped.value
    assert grouped.high - grouped.low > 1.7 * (plain.high - plain.low)
    assert "over 60 groups of clips (artist, else track), 1000" in grouped.recipe


def test_few_groups_are_said_to_be_few() -> None:
    assert statistics.method(["a", "a", "b"]) == (
        "95 % percentile bootstrap over 2 groups of clips (artist, else track, so few that it is too narrow), "
        "1000 resamples, seed 0"
    )


@pytest.mark.parametrize("groups", [["x"] * 5, list("abcde"), None])
def test_clips_are_drawn_where_groups_say_nothing(groups: list[str] | None) -> None:
    values = np.array([0.0, 1, 2, 3, 4])
    assert statistics.group_count(groups) == 0
    assert statistics.mean("m", values, "r", groups) == statistics.mean("m", values, "r")
