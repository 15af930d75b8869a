"""The mean over an exam's tasks, of runs that each ask one of them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from mudata.catalog.cards import loader
from mudata.evaluation.comparison.exam_means import exam_means
from mudata.evaluation.metrics.intervals import ratio
from mudata.evaluation.metrics.jackknife import ClusteredClips

if TYPE_CHECKING:
    from numpy.typing import NDArray

TASKS = list(loader.load("pitchbench").tasks)


def scores(task: str, value: float, model: str = "them", dataset: str = "pitchbench", **more: Any) -> dict[str, Any]:
    official = {"value": value, "low": value - 0.1, "high": value + 0.05}
    exam = {"official": official, "protocol": {"order": "stored"}}
    return {"model": model, "task": task, "control": None, "datasets": {dataset: {"exam": exam}}} | more


def test_a_run_of_every_task_makes_the_mean_of_its_authors() -> None:
    assert len(TASKS) == 28
    values = [n / 28 for n in range(28)]
    runs = [scores(task, value) for task, value in zip(TASKS, values, strict=True)]
    low, high = sum(values) / 28 - 0.1 / 28**0.5, sum(values) / 28 + 0.05 / 28**0.5
    (told,) = exam_means(runs)
    assert told == f"them: mean over the 28 tasks of pitchbench 48.2 % [{100 * low:.1f}, {100 * high:.1f}]."


def test_without_some_task_there_is_no_mean_and_one_run_alone_says_nothing() -> None:
    assert list(exam_means([scores("a1", 0.5)])) == []
    some = [scores(task, 0.5) for task in TASKS if task not in ("a1", "f2")]
    assert list(exam_means(some)) == ["them: no mean over the 28 tasks of pitchbench, not here are a1, f2."]
    others = [scores("a1", 0.5, "another"), scores("f2", 0.5, control="silence")]
    assert list(exam_means([*some, *others])) == list(exam_means(some)), "of another model, of a control"


def test_of_several_runs_of_a_task_none_is_chosen() -> None:
    runs = [scores(task, 0.5) for task in (*TASKS, "a1")]
    (told,) = exam_means(runs)
    assert told == (
        "them: no mean over the 28 tasks of pitchbench, of a1 there are several runs: name those that count."
    )
    other = scores("a1", 0.1)
    other["datasets"]["pitchbench"]["exam"]["protocol"] = {"order": "stored", "prompt": "another"}
    assert list(exam_means([*runs[:-1], other])) == list(exam_means(runs[:-1])), "a run that was asked otherwise"


def test_what_guessing_is_worth_is_taken_off_before() -> None:
    base = loader.load("bass").exam.aggregate.base  # type: ignore[union-attr]
    runs = [scores(task, base.get(task, 0.0), dataset="bass") for task in loader.load("bass").tasks]
    (told,) = exam_means(runs)
    assert told.startswith("them: mean over the 22 tasks of bass 0.0 % [")
    assert told.endswith(", of each (value - base) / (1 - base).")


@pytest.mark.parametrize(("shares", "least"), [(np.full(28, 0.5), 0.92), (np.linspace(0.03, 0.97, 28), 0.92)])
@pytest.mark.slow
def test_the_interval_holds_the_mean(shares: NDArray[np.float64], least: float) -> None:
    """50 items of a task, in 100 draws; three fifths of the width fail."""
    rng = np.random.default_rng(7)
    clips = ClusteredClips(np.arange(50), 50)
    held = 0
    for _ in range(100):
        runs = []
        for task, share in zip(TASKS, shares, strict=True):
            right = (rng.random(50) < share).astype(float)
            ends = ratio(right, np.ones(50), clips)
            runs.append(scores(task, float(right.mean())))
            runs[-1]["datasets"]["pitchbench"]["exam"]["official"].update(low=ends.low, high=ends.high)
        (told,) = exam_means(runs)
        low, high = map(float, re.findall(r"\[([\d.]+), ([\d.]+)\]", told)[0])
        held += low - 0.05 <= 100 * shares.mean() <= high + 0.05
        width = high - low
    assert held >= least * 100
    assert width < 8, "points"


@pytest.mark.parametrize("dataset", ["mmau_mini", "nowhere"])
def test_other_exams_have_their_number_in_each_run(dataset: str) -> None:
    assert list(exam_means([scores("a", 0.5, dataset=dataset), scores("b", 0.5, dataset=dataset)])) == []
