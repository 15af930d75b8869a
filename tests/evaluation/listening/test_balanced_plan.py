"""The guarantees of designs, for sizes that nobody chose."""

import re
from collections import Counter
from collections.abc import Callable, Iterable
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mudata.errors import EvaluationError
from mudata.evaluation.listening.balanced_plan import Placement, balanced_plan
from mudata.evaluation.listening.even_parts import even_parts
from mudata.evaluation.listening.plan_numbers import PlanNumbers

pytestmark = pytest.mark.slow


def spread(trials: Iterable[Placement], key: Callable[[Placement], object], cells: int) -> int:
    """Between the cell that comes most often and the one that comes least often; cells that never come count."""
    counts = Counter(key(trial) for trial in trials)
    assert len(counts) <= cells
    return max(counts.values()) - (min(counts.values()) if len(counts) == cells else 0)


@settings(max_examples=60, deadline=None)
@given(
    clips=st.integers(2, 14),
    treatments=st.integers(2, 7),
    raters=st.integers(1, 12),
    exact=st.booleans(),
    times=st.integers(1, 2),
    seed=st.integers(0, 2**32),
)
def test_a_plan_keeps_every_promise(
    clips: int, treatments: int, raters: int, exact: bool, times: int, seed: int
) -> None:
    numbers = PlanNumbers(clips=clips, treatments=treatments, raters=raters, exact=exact)
    per_rater = numbers.step * times
    random = np.random.default_rng(seed)
    plan = balanced_plan(clips=clips, treatments=treatments, raters=raters, per_rater=per_rater, random=random)
    trials = [trial for own in plan for trial in own]
    assert [len(own) for own in plan] == [per_rater] * raters
    assert spread(trials, lambda t: t.clip, clips) == 0
    assert spread(trials, lambda t: t.treatment, treatments) == 0
    assert spread(trials, lambda t: (t.clip, t.treatment), clips * treatments) <= (0 if exact else 1)
    assert spread(trials, lambda t: t.turned, 2) <= 1
    for treatment in range(treatments):
        of_it = [trial for trial in trials if trial.treatment == treatment]
        assert spread(of_it, lambda t: t.turned, 2) <= 1
        for clip in range(clips):
            if alike := [trial for trial in of_it if trial.clip == clip]:
                assert spread(alike, lambda t: t.turned, 2) <= 1
    for own in plan:
        assert spread(own, lambda t: t.clip, clips) <= 1
        assert spread(own, lambda t: t.treatment, treatments) <= 1
        assert spread(own, lambda t: t.turned, 2) <= 1
        for start in range(0, per_rater, treatments):
            block = [trial.treatment for trial in own[start : start + treatments]]
            assert len(set(block)) == len(block)
        if per_rater <= clips:
            assert len({trial.clip for trial in own}) == per_rater
        for treatment in range(treatments):
            if alike := [trial for trial in own if trial.treatment == treatment]:
                assert spread(alike, lambda t: t.turned, 2) <= 1
    for at in range(per_rater):
        assert spread([own[at] for own in plan], lambda t: t.treatment, treatments) <= 1
    for at in range(min(treatments, per_rater)):  # and over all blocks: warming up and tiring hit all alike
        places = [own[i] for own in plan for i in range(at, per_rater - per_rater % treatments, treatments)]
        assert not places or spread(places, lambda t: t.treatment, treatments) <= 1


@settings(max_examples=20, deadline=None)
@given(clips=st.integers(4, 8), raters=st.integers(1, 6), seed=st.integers(0, 1000))
def test_a_clip_that_is_heard_often_never_comes_twice_in_a_row(clips: int, raters: int, seed: int) -> None:
    random = np.random.default_rng(seed)
    plan = balanced_plan(clips=clips, treatments=3, raters=raters, per_rater=3 * clips, random=random)
    for own in plan:
        assert all(one.clip != other.clip for one, other in pairwise(own))
        assert Counter(Counter(trial.clip for trial in own).values()) == {3: clips}


@settings(max_examples=60, deadline=None)
@given(
    clips=st.integers(2, 60),
    treatments=st.integers(1, 28),
    raters=st.integers(1, 40),
    exact=st.booleans(),
    trials=st.integers(1, 60),
)
def test_what_is_refused_is_told_with_numbers_that_can_be_balanced(
    clips: int, treatments: int, raters: int, exact: bool, trials: int
) -> None:
    numbers = PlanNumbers(clips=clips, treatments=treatments, raters=raters, exact=exact)
    try:
        numbers.require_balance(trials, clips_there=clips + 10)
    except EvaluationError as error:
        ways = str(error.hint).removeprefix("What can be balanced: ").removesuffix(".").split("; ")
        for way in ways:
            for value in re.findall(r"\d+", way) if " or " in way else [""]:
                told = re.findall(r"--([a-z-]+) (\d+)", way if not value else f"{way.split()[0]} {value}")
                given_now = {"n": clips, "raters": raters, "per-rater": trials} | {k: int(v) for k, v in told}
                instead = PlanNumbers(
                    clips=given_now["n"], treatments=treatments, raters=given_now["raters"], exact=exact
                )
                instead.require_balance(given_now["per-rater"], clips_there=clips + 10)
    else:
        assert raters * trials % numbers.unit == 0


def test_the_same_seed_gives_the_same_plan_and_another_one_another() -> None:
    def made(seed: int) -> list[list[Placement]]:
        random = np.random.default_rng(seed)
        return balanced_plan(clips=12, treatments=3, raters=6, per_rater=6, random=random)

    assert made(1) == made(1)
    assert made(1) != made(2)


@settings(max_examples=60, deadline=None)
@given(
    cells=st.lists(st.tuples(*[st.integers(0, 3)] * 4), min_size=1, max_size=60),
    parts=st.integers(1, 6),
    seed=st.integers(0, 1000),
)
def test_parts_are_even_in_every_group_of_both_sides(
    cells: list[tuple[int, int, int, int]], parts: int, seed: int
) -> None:
    a, b, c, d = (list(names) for names in zip(*cells, strict=True))
    found = even_parts([a, b], [c, d], parts, np.random.default_rng(seed)).tolist()
    for groups in ([0] * len(a), a, list(zip(a, b, strict=True)), c, list(zip(c, d, strict=True))):
        for group in set(groups):
            mine = [part for part, other in zip(found, groups, strict=True) if other == group]
            counts = [mine.count(part) for part in range(parts)]
            assert max(counts) - min(counts) <= 1
