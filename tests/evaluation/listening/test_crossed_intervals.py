"""Intervals that know raters and clips: against a slow bootstrap, and against truth."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
from scipy.special import stdtrit
from scipy.stats import t as student
from simulated_ratings import (
    QUALITIES,
    SCALE,
    Clips,
    Raters,
    marks,
    mos_design,
    opinions,
    true_mos,
)

from mudata.evaluation.listening.crossed_intervals import CrossedEstimate, Crossing, combined
from mudata.evaluation.listening.mean_opinions import difference, mean, reach, system_pairs

K = len(QUALITIES)


@cache
def design(raters: int, clips: int, number: int):
    return mos_design(raters, clips, np.random.default_rng(number))


def rated(raters: int, clips: int, seed: int):
    """Marks, whose text each is of, raters and clips, and their plain codes."""
    random = np.random.default_rng(seed)
    rater, clip, system = design(raters, clips, seed % 5)
    people, pieces = Raters.drawn(raters, K, random), Clips.drawn(clips, K, random)
    values = marks(opinions(people, pieces, rater, clip, system, random))
    return values, system, Crossing.of(rater, clip), [rater, clip, [*zip(rater, clip, strict=True)]]


def drawn_again(groups, of, draws, random):
    """The variance of a number when whole groups are drawn again, one by one, with nothing clever about it."""
    members = {}
    for place, group in enumerate(groups):
        members.setdefault(group, []).append(place)
    names, found = list(members), []
    while len(found) < draws:
        chosen = random.integers(len(names), size=len(names))
        places = np.concatenate([members[names[i]] for i in chosen])
        found.append(of(places))
    count = len(names)
    return np.var(found) * count / (count - 1), count


@pytest.mark.slow
@pytest.mark.parametrize("what", ["mean", "difference"])
def test_an_interval_is_that_of_a_slow_bootstrap(what: str) -> None:
    values, system, crossing, codes = rated(20, 40, seed=3)
    if what == "mean":
        fast = mean(values, system == 1, crossing, SCALE)
        rows = np.flatnonzero(system == 1)

        def of(places):
            return values[rows][places].mean()
    else:
        fast = difference(values, system == 4, system == 1, crossing)
        rows = np.flatnonzero((system == 4) | (system == 1))

        def of(places):
            chosen = rows[places]
            return values[chosen[system[chosen] == 4]].mean() - values[chosen[system[chosen] == 1]].mean()

    random = np.random.default_rng(0)
    parts = [drawn_again([groups[row] for row in rows], of, 2000, random) for groups in codes]
    (by_rater, raters), (by_clip, clips), (by_pair, pairs) = parts
    over = [(part, count) for part, count in ((by_rater, raters), (by_clip, clips)) if part > by_pair]
    variance = by_pair + sum(part - by_pair for part, _ in over)
    freedom = variance**2 / sum(part**2 / (count - 1) for part, count in [*over, (by_pair, pairs)])
    half = student.ppf(0.975, freedom) * variance**0.5
    assert fast.value == pytest.approx(of(np.arange(len(rows))))
    assert (fast.high - fast.low) / 2 == pytest.approx(half, rel=0.07)


def test_one_way_is_the_usual_t() -> None:
    """Where everybody rates every clip and raters alone differ, the interval is Student's of their means."""
    means = np.array([1.0, 2.0, 2.5, 3.0, 3.0, 3.5, 4.0, 4.5, 5.0, 2.0])
    values = np.repeat(means, 10)
    crossing = Crossing.of(np.repeat(np.arange(10), 10), np.tile(np.arange(10), 10))
    found = mean(values, np.ones(100, dtype=bool), crossing)
    # 10 marks of each rater are alike: pairs add 1/10 of what raters do, once in V_r and once in V_rc
    assert found.value == pytest.approx(means.mean())
    assert found.error**2 == pytest.approx(means.var(ddof=1) / 10, rel=1e-6)
    assert 8.9 < found.freedom <= 9.2


@pytest.mark.parametrize(
    ("raters", "clips", "how"),
    [
        (7, 40, "7 raters are too few"),
        (20, 7, "7 clusters of clips are too few"),
        (1, 3, "1 rater and 3 clusters of clips are too few"),
    ],
)
def test_of_few_raters_or_clips_nothing_is_said(raters: int, clips: int, how: str) -> None:
    values, system, crossing, _ = rated(raters, clips, seed=0)
    found = mean(values, np.ones(len(system), dtype=bool), crossing)
    assert (found.low, found.high, found.how) == (None, None, f"none: {how}")
    assert found.p(1.0) == 1.0


def test_what_one_rater_alone_rated_and_what_is_all_alike_has_no_interval() -> None:
    raters, clips = np.repeat(np.arange(10), 10), np.tile(np.arange(10), 10)
    crossing = Crossing.of(raters, clips)
    alike = mean(np.full(100, 3.0), np.ones(100, dtype=bool), crossing)
    assert (alike.value, alike.how) == (3.0, "none: no rating differs from another")
    alone = difference(np.arange(100.0), raters == 0, raters > 0, crossing)
    assert (alone.low, alone.how) == (None, "none: without one rater or clip there is no such number")


def test_intervals_of_marks_stay_on_the_scale() -> None:
    values = np.where(np.arange(100) % 50 == 0, 4.0, 5.0)
    crossing = Crossing.of(np.repeat(np.arange(10), 10), np.tile(np.arange(10), 10))
    found = mean(values, np.ones(100, dtype=bool), crossing, SCALE)
    assert found.low < 4.98 < found.high < 5.0
    assert 5.0 - found.high < 0.15 * (found.value - found.low), "there is more room below than above"
    assert [found.p(end, SCALE) for end in (found.low, found.high)] == pytest.approx([0.05, 0.05])


@pytest.mark.slow
def test_marks_that_crowd_at_the_end_of_the_scale_are_held_too() -> None:
    random, held, plain = np.random.default_rng(0), 0, 0

    def marks(by_rater: np.ndarray, by_clip: np.ndarray, size: tuple[int, ...]) -> np.ndarray:
        worse = random.normal(0, 0.9, size) + by_rater + by_clip - 1.0  # lognormal below the highest mark
        return np.clip(np.ceil(5 - np.exp(worse)), 1, 5)

    truth = marks(random.exponential(0.3, 10**6), random.normal(0, 0.4, 10**6), (10**6,)).mean()
    raters, clips = np.repeat(np.arange(15), 20), np.tile(np.arange(20), 15)
    for _ in range(300):
        values = marks(random.exponential(0.3, (15, 1)), random.normal(0, 0.4, (1, 20)), (15, 20)).ravel()
        found = mean(values, np.ones(300, dtype=bool), Crossing.of(raters, clips), SCALE)
        held += found.low <= truth <= found.high
        plain += abs(truth - found.value) <= stdtrit(found.freedom, 0.975) * found.error
    assert 4.5 < truth < 4.7
    assert plain < 300 * 0.93 < held, "a symmetric interval is missed on one side"


def test_parts_below_nothing_count_as_nothing() -> None:
    assert combined((0.01, 20), (0.02, 40), (0.03, 800)) == (0.03, pytest.approx(799))


def test_p_is_below_the_limit_just_where_the_interval_leaves_the_null() -> None:
    values, system, crossing, _ = rated(20, 40, seed=5)
    found = difference(values, system == 3, system == 1, crossing)
    assert found.p(found.low) == pytest.approx(0.05)
    assert found.p(found.value) == 1.0


def test_what_can_be_told_apart_is_corrected_for_the_number_of_pairs() -> None:
    one = CrossedEstimate(0.5, 0.4, 0.6, 0.05, 1e9, 100, 20, 40, "")
    none = CrossedEstimate(0.5, None, None, 0.0, 0.0, 3, 1, 1, "none: 1 rater and 1 clip are too few")
    assert reach([one]) == pytest.approx(0.05 * (1.959964 + 0.841621), abs=1e-5)
    assert reach([one] * 10) == pytest.approx(0.05 * (2.807034 + 0.841621), abs=1e-5)
    assert reach([none]) is None


def test_systems_that_are_told_apart_are_in_no_group_together() -> None:
    def one(value: float) -> CrossedEstimate:
        return CrossedEstimate(value, value - 0.1, value + 0.1, 0.05, 30, 100, 20, 40, "")

    pairs, ties = system_pairs(["a", "b", "c"], [one(0.05), one(0.5), one(0.45)])
    assert ties == (("a", "b"), ("c",))
    assert [(pair.first, pair.second, pair.apart) for pair in pairs] == [
        ("a", "b", False),
        ("a", "c", True),
        ("b", "c", True),
    ]


@pytest.mark.slow
def test_intervals_hold_the_truth_and_the_order_is_found() -> None:
    """A small version of benchmarks/listening_coverage.py, whose table is in docs/listening.md."""
    held, ordered, truth = [], 0, true_mos()
    for seed in range(60):
        values, system, crossing, _ = rated(20, 40, seed)
        found = [mean(values, system == i, crossing, SCALE) for i in range(K)]
        ordered += sorted(range(K), key=lambda i: found[i].value) == list(range(K))
        held += [one.low <= truth[i] <= one.high for i, one in enumerate(found)]
        apart = difference(values, system == 3, system == 1, crossing)
        held.append(apart.low <= truth[3] - truth[1] <= apart.high)
    assert 0.91 < np.mean(held) < 0.99  # four times the error of 360 that hang together a little
    assert ordered >= 52
