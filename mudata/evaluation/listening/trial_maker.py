"""From a plan of numbers to what raters see: trials of stimuli and texts, practice first, checks in between."""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING

from mudata.evaluation.listening.listening_test import CHOICES, RaterPlan, Trial

if TYPE_CHECKING:
    import numpy as np

    from mudata.evaluation.listening.balanced_plan import Placement
    from mudata.evaluation.listening.listening_test import Aspect, Stimulus, TestKind, TrialRole


def treatments_of(kind: TestKind, systems: Sequence[str]) -> list[tuple[str, ...]]:
    """What is rated of a clip: each system's text, or the texts of each two.

    Example:
        >>> treatments_of("texts", ["a", "b", "c"])
        [('a', 'b'), ('a', 'c'), ('b', 'c')]
    """
    return list(combinations(systems, 2)) if kind == "texts" else [(system,) for system in systems]


@dataclass(frozen=True, kw_only=True)
class TrialMaker:
    """What trials are made of.

    items: those that are rated, as the plan counts them, then those that are kept for practice. texts: by item and
    system. stimuli: by item. foils: by item, of pairwise, the one whose clip it is compared with.
    """

    kind: TestKind
    aspects: tuple[Aspect, ...]
    scale: tuple[int, int]
    treatments: Sequence[tuple[str, ...]]
    items: Sequence[str]
    spare: Sequence[str]
    texts: Mapping[str, Mapping[str, str]]
    stimuli: Mapping[str, Stimulus]
    foils: Mapping[str, str]

    def plan(
        self, rater: str, placed: Sequence[Placement], *, practice: int, checks: int, random: np.random.Generator
    ) -> RaterPlan:
        """A rater's trials: practice, then those that count with checks spread evenly among them."""
        trials = list(self._practice(placed, practice, random))
        pauses = [round((number + 1) * len(placed) / (checks + 1)) for number in range(checks)]
        aside = self._aside(placed, random)
        for number, place in enumerate(placed):
            trials += [self._check(aside[at % len(aside)], random) for at, p in enumerate(pauses) if p == number]
            trials.append(self._trial("rated", self.items[place.clip], place.treatment, turned=place.turned))
        trials += [self._check(aside[at % len(aside)], random) for at, p in enumerate(pauses) if p >= len(placed)]
        return RaterPlan(rater=rater, trials=tuple(trials))

    def _aside(self, placed: Sequence[Placement], random: np.random.Generator) -> list[str]:
        """Items that this rater does not rate: those kept for practice, else such as others rate, else any."""
        own = {self.items[place.clip] for place in placed}
        others = [item for item in self.items if item not in own] or list(self.items)
        return list(self.spare) or [others[i] for i in random.permutation(len(others)).tolist()]

    def _practice(self, placed: Sequence[Placement], count: int, random: np.random.Generator) -> Iterator[Trial]:
        aside = self._aside(placed, random)
        treatments = random.permutation(len(self.treatments)).tolist()
        for number in range(count):
            treatment = treatments[number % len(treatments)]
            yield self._trial("practice", aside[number % len(aside)], treatment, turned=bool(random.integers(2)))

    def _trial(self, role: TrialRole, item: str, treatment: int, *, turned: bool) -> Trial:
        systems, stimuli, described = self.treatments[treatment], [item], None
        if self.kind == "pairwise":
            stimuli, described = [item, self.foils[item]], int(turned)
            stimuli = stimuli[::-1] if turned else stimuli
        elif turned:
            systems = systems[::-1]
        return Trial(
            id=_random_id(),
            role=role,
            item_id=item,
            stimuli=tuple(self.stimuli[one].name for one in stimuli),
            texts=tuple(self.texts[item][system] for system in systems),
            systems=systems,
            described=described,
        )

    def _check(self, item: str, random: np.random.Generator) -> Trial:
        low, high = self.scale
        marks = [str(mark) for mark in range(low, high + 1)] if self.kind == "mos" else list(CHOICES)
        played = [item, self.foils[item]] if self.kind == "pairwise" else [item]
        return Trial(
            id=_random_id(),
            role="check",
            item_id=item,
            stimuli=tuple(self.stimuli[one].name for one in played),
            expected={aspect.name: marks[int(random.integers(len(marks)))] for aspect in self.aspects},
        )


def _random_id() -> str:
    """Names of trials tell nothing, not even to who knows the seed."""
    return secrets.token_hex(12)
