"""From `listen new` to results: a test as it is designed, rated, and computed."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from mudata.evaluation.listening.listening_test import CHOICES, folder_of
from mudata.evaluation.listening.rating_store import RaterRecord, Rating, RatingStore
from mudata.evaluation.listening.results_of_test import results_of
from mudata.evaluation.listening.test_maker import make_test

if TYPE_CHECKING:
    from small_corpus import Corpus

    from mudata.evaluation.listening.listening_request import ListeningRequest
    from mudata.evaluation.run import Run

MARKS = {"alpha": "4", "beta": "2", "reference": "5", "wrong clip": "1"}


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["mos", "texts", "pairwise"])
def test_what_raters_hear_is_what_results_are_of(
    kind: str, corpus: Corpus, runs: list[Run], asking: Callable[..., ListeningRequest]
) -> None:
    numbers = {"texts": {"n": 4, "raters": 6}, "pairwise": {"n": 4, "raters": 4}, "mos": {"n": 4, "raters": 4}}[kind]
    test = make_test(corpus.home, asking(kind=kind, **numbers))
    with RatingStore(folder_of(corpus.home, test.name)) as store:
        for plan in test.raters:
            store.meet(RaterRecord(rater=plan.rater))
            store.add(
                [
                    Rating(rater=plan.rater, trial=trial.id, aspect=aspect.name, value=value)
                    for trial in plan.trials
                    for aspect in test.aspects
                    if (value := trial.expected.get(aspect.name) or _value(kind, trial.systems, trial.described))
                ]
            )
    results, rated = results_of(corpus.home, test.name)
    assert results.missing == 0
    assert not [one.excluded for one in rated.raters if one.excluded]
    clips = {stimulus.name: stimulus.clip_id for stimulus in test.stimuli}
    for row in rated.ratings:
        assert row.clips == tuple(clips[name] for name in test.trials[row.rater, row.trial].stimuli)
    assert {one.score for one in results.correlations} == {"rouge1_f", "rougeL_f"}
    if kind == "mos":
        for one in results.aspects:
            assert {s.system: s.score.value for s in one.scores} == {name: float(mark) for name, mark in MARKS.items()}
        assert all(check.difference.value == 4.0 for check in results.anchors)
    elif kind == "pairwise":  # everybody finds every clip
        assert {one.preferred.value for one in results.shares} == {1.0}
    else:
        best = [one.system for one in sorted(results.shares, key=lambda one: -one.preferred.value)]
        assert best == ["reference", "alpha", "beta", "wrong clip"]
        assert results.aspects[0].why == "wrong clip was never preferred to alpha, beta or reference"


def _value(kind: str, systems: tuple[str, ...], described: int | None) -> str:
    if kind == "mos":
        return MARKS[systems[0]]
    first = MARKS[systems[0]] > MARKS[systems[1]] if kind == "texts" else described == 0
    return max(CHOICES, key=lambda letter: CHOICES[letter] if first else -CHOICES[letter])
