"""Where a rater is: which trials are rated, which one comes next, which may be corrected."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mudata.evaluation.listening.listening_test import RaterPlan, Trial
    from mudata.evaluation.listening.rating_store import Rating


@dataclass(frozen=True)
class RaterProgress:
    """A rater's plan with what was answered so far: trial id -> aspect -> value, of trials that are rated whole."""

    plan: RaterPlan
    answers: Mapping[str, Mapping[str, str]]

    @classmethod
    def of(cls, plan: RaterPlan, aspects: Sequence[str], ratings: Iterable[Rating]) -> RaterProgress:
        """Of the ratings that count. A trial that lacks an aspect counts as not rated, and is asked again."""
        found: dict[str, dict[str, str]] = defaultdict(dict)
        for rating in ratings:
            found[rating.trial][rating.aspect] = rating.value
        return cls(plan, {trial: values for trial, values in found.items() if set(aspects) <= values.keys()})

    @cached_property
    def next_place(self) -> int:
        """The place in the plan of the first trial that is not rated; after the last one when all are."""
        trials = self.plan.trials
        return next((i for i, trial in enumerate(trials) if trial.id not in self.answers), len(trials))

    @property
    def next_trial(self) -> Trial | None:
        trials = self.plan.trials
        return trials[self.next_place] if self.next_place < len(trials) else None

    @property
    def last_trial(self) -> Trial | None:
        """The trial before the next one: the only one that may be corrected."""
        return self.plan.trials[self.next_place - 1] if self.next_place else None

    def is_open(self, trial: Trial) -> bool:
        """Whether a trial may be rated now."""
        return trial.id in {one.id for one in (self.next_trial, self.last_trial) if one}

    def finishes(self, trial: Trial) -> bool:
        """Whether nothing is left to rate once this trial is."""
        return all(one.id in self.answers or one.id == trial.id for one in self.plan.trials)

    def is_begun(self) -> bool:
        return bool(self.answers)
