"""How many clips a question needs, and `mudata split plan`."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING

import numpy as np
import pytest
import shelf
from click.testing import CliRunner, Result
from hypothesis import given
from hypothesis import strategies as st

from mudata.cli import cli
from mudata.errors import EvaluationError, SplitError
from mudata.evaluation.metrics.intervals import wilson
from mudata.evaluation.metrics.power import (
    clips_needed,
    clips_to_tell,
    detectable,
    detectable_difference,
    reach,
    visible_difference,
)
from mudata.evaluation.metrics.scored import Metric

if TYPE_CHECKING:
    from mudata.home import Home


@pytest.mark.parametrize(("k", "n"), [(50, 100), (80, 100), (3, 90), (0, 20), (7, 7)])
def test_an_interval_reaches_as_far_as_its_longer_side(k: int, n: int) -> None:
    low, high = wilson(k, n)
    assert reach(n, k / n) == pytest.approx(max(k / n - low, high - k / n))


@pytest.mark.parametrize(
    ("margin", "p", "clips"), [(0.05, 0.5, 381), (0.1, 0.5, 93), (0.01, 0.5, 9600), (0.05, 0.9, 196), (0.05, 0, 73)]
)
def test_clips_needed_are_the_fewest_that_are_enough(margin: float, p: float, clips: int) -> None:
    assert clips_needed(margin, p) == clips
    sides = [reach(n, p) for n in range(1, clips + 50)]
    assert [side <= margin for side in sides] == [n >= clips for n in range(1, clips + 50)]


@pytest.mark.slow
def test_the_margin_of_a_split_is_that_of_its_plan(home: Home) -> None:
    shelf.shelve(home, clips=[{"id": f"{i:03}"} for i in range(93)])
    done = CliRunner().invoke(cli, ["split", "planned", "--dataset", "toy", "--n", "93", "--json", "-q"])
    margin = json.loads(done.stdout)["parts"][0]["margin"]
    assert margin == pytest.approx(reach(93), rel=1e-4)
    assert clips_needed(margin * 1.001) == 93


def test_a_tenth_near_one_half_needs_what_tables_say() -> None:
    assert clips_to_tell(0.1) == 388  # two proportions .5 and .6, 80 % power, no continuity correction
    assert clips_to_tell(0.1, 0.8) == 294  # .8 and .7


def test_the_surveys_hundred_clips_tell_about_fourteen_points() -> None:
    assert visible_difference(100) == pytest.approx(1.96 * math.sqrt(2 * 0.25 / 100), rel=1e-4)
    assert round(100 * visible_difference(100)) == 14
    assert detectable_difference(100) == pytest.approx(0.193, abs=5e-4)


@given(st.integers(10, 20_000), st.floats(0.02, 0.98))
def test_detectable_difference_is_the_way_back_from_clips_to_tell(n: int, p: float) -> None:
    difference = detectable_difference(n, p)
    if difference is not None:
        assert clips_to_tell(difference, p) <= n
        assert clips_to_tell(difference * 0.999, p) > n * 0.99
    else:
        assert clips_to_tell(max(p, 1 - p) - 1e-9, p) > n


@pytest.mark.parametrize(("n", "p"), [(0, 0.5), (1, 0.5), (3, 0.5)])
def test_very_few_clips_tell_nothing(n: int, p: float) -> None:
    assert detectable_difference(n, p) is None


def test_pairs_that_mostly_agree_tell_more() -> None:
    paired = detectable_difference(100, paired=True, discordance=0.3)
    alone = detectable_difference(100)
    assert paired is not None
    assert alone is not None
    assert paired < alone


def test_the_power_is_what_simulation_finds() -> None:
    n, difference, random = 150, detectable_difference(150), np.random.default_rng(0)
    assert difference is not None
    a, b = random.binomial(n, 0.5, 20_000) / n, random.binomial(n, 0.5 + difference, 20_000) / n
    pooled = (a + b) / 2
    z = np.abs(a - b) / np.sqrt(2 * pooled * (1 - pooled) / n)
    assert (z > 1.96).mean() == pytest.approx(0.8, abs=0.02)


def test_every_headline_says_what_it_can_tell() -> None:
    metrics = [
        Metric("accuracy", 0.5, *wilson(50, 100), 100, ""),
        Metric("chance", 0.1, 0.1, 0.1, 100, ""),
        Metric("rougeL_f", 0.2, 0.18, 0.22, 147, ""),
        Metric("micro_f1", 0.2, 0.1, 0.3, 20, ""),
    ]
    got = detectable(metrics)
    assert list(got) == ["accuracy", "micro_f1", "rougeL_f"]
    assert got["accuracy"]["difference"] == detectable_difference(100, 0.5)
    assert got["rougeL_f"]["difference"] == pytest.approx(2.8016 * math.sqrt(2) * 0.02 / 1.96, rel=1e-3)
    assert all("80 % power" in str(one["recipe"]) for one in got.values())


def test_clips_of_few_artists_tell_less() -> None:
    """400 clips whose interval is that of 100 independent ones."""
    got = detectable([Metric("accuracy", 0.5, *wilson(50, 100), 400, "")])
    assert got["accuracy"]["difference"] == detectable_difference(100)
    assert "100 independent clips" in str(got["accuracy"]["recipe"])


def test_a_run_without_an_interval_tells_nothing() -> None:
    got = detectable([Metric("accuracy", 1.0, None, None, 2, ""), Metric("rougeL_f", 0.2, None, None, 1, "")])
    assert [one["difference"] for one in got.values()] == [None, None]
    assert "nothing can be said" in str(got["accuracy"]["recipe"])


@pytest.mark.parametrize(
    "wish",
    [
        lambda: clips_needed(0),
        lambda: clips_needed(1.0),
        lambda: clips_needed(0.1, 1.2),
        lambda: clips_to_tell(0),
        lambda: clips_to_tell(0.6),
        lambda: clips_to_tell(0.2, paired=True, discordance=0.1),
    ],
)
def test_numbers_that_cannot_be_are_refused(wish: object) -> None:
    with pytest.raises(EvaluationError, match="cannot be"):
        wish()  # type: ignore[operator]


def plan(*words: str) -> Result:
    return CliRunner().invoke(cli, ["split", "plan", *words])


def test_plan_tells_the_clips_and_what_a_hundred_can_show() -> None:
    done = plan()
    assert done.exit_code == 0
    lines = done.stdout.splitlines()
    assert lines[0].split() == ["question", "points", "clips"]
    assert [line.split()[-2:] for line in lines[2:-1]] == [
        *(["5", "381"], ["10", "388"], ["9.6", "100"], ["13.9", "100"], ["19.3", "100"])
    ]
    assert lines[-1].startswith("Of independent clips")


def test_plan_counts_labels_and_pairs() -> None:
    words = ("--margin", "0.1", "--p", "0.8", "--labels", "10", "--paired", "--discordance", "0.2", "--json")
    rows = json.loads(plan(*words).stdout)
    assert [row["clips"] for row in rows[:3]] == [clips_needed(0.1, 0.8), 10 * clips_needed(0.1, 0.8), 168]
    assert "each of 10 labels" in rows[1]["question"]
    assert "disagree on 20 %" in rows[2]["question"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--margin", "2"), "A margin of 2 cannot be"),
        (("--difference", "0.6"), "A difference of 0.6 cannot be"),
        (("--discordance", "0.2"), "Discordance is about two runs on the same clips"),
        (
            ("--paired", "--p", "0.8", "--discordance", "0.6"),
            "with accuracies of 0.8 and 0.7 it lies between 0.1 and 0.5",
        ),
    ],
)
def test_plan_refuses_what_cannot_be(words: tuple[str, ...], said: str) -> None:
    done = plan(*words)
    assert isinstance(done.exception, EvaluationError)
    assert said in str(done.exception)


def test_no_split_can_be_named_plan() -> None:
    from mudata.catalog.splits.manifest import check_name

    with pytest.raises(SplitError, match="'plan' cannot be the name of a split"):
        check_name("plan")
