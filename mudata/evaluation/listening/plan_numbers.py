"""Which numbers of clips, raters and trials can be balanced, and what to say of those that cannot."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from mudata.errors import EvaluationError

_FARTHEST = 10_000
"""How far numbers are looked for that can be balanced."""


@dataclass(frozen=True, kw_only=True)
class PlanNumbers:
    """Sizes of a design.

    clips: that are rated. treatments: systems, or pairs of them. raters: people. exact: every clip with every treatment
    is rated equally often, as it should be of systems; pairs of systems are many, and there it is enough that every
    clip is, and every pair, and each clip with each pair give or take one.
    """

    clips: int
    treatments: int
    raters: int
    exact: bool = True

    @property
    def noun(self) -> str:
        return "systems" if self.exact else "pairs of systems"

    @property
    def unit(self) -> int:
        """What the number of all ratings must be a multiple of."""
        return self.clips * self.treatments if self.exact else math.lcm(self.clips, self.treatments)

    @property
    def step(self) -> int:
        """What a rater's number of trials must be a multiple of.

        Example:
            >>> PlanNumbers(clips=40, treatments=7, raters=20).step
            14
            >>> PlanNumbers(clips=40, treatments=21, raters=20, exact=False).step
            42
        """
        return self.unit // math.gcd(self.unit, self.raters)

    def default_trials(self, most: int) -> int:
        """As many trials per rater as are balanced and no more than `most` and than there are clips; the fewest that
        are balanced where all are more than that.

        Example:
            >>> PlanNumbers(clips=40, treatments=7, raters=20).default_trials(30)
            28
        """
        return max(1, min(most, self.clips) // self.step) * self.step

    def require_balance(self, per_rater: int, *, clips_there: int, why: str = "") -> None:
        """Raises EvaluationError with the nearest numbers that can be balanced, where these cannot."""
        if (self.raters * per_rater) % self.unit == 0:
            return
        of = "clips x systems" if self.exact else "of clips, and of pairs of systems"
        raise EvaluationError(
            f"{self.raters} raters of {per_rater} trials give {self.raters * per_rater} ratings, which cannot be spread"
            f" evenly: with {self.clips} clips and {self.treatments} {self.noun}"
            f" they must be a multiple of {self.unit} ({of}){why}.",
            f"What can be balanced: {'; '.join(self._ways_out(per_rater, clips_there))}.",
        )

    def _ways_out(self, per_rater: int, clips_there: int) -> Iterator[str]:
        """The nearest number of each kind, the others as they are."""

        def fits(numbers: PlanNumbers, trials: int) -> bool:
            return numbers.raters * trials % numbers.unit == 0

        def near(value: int, most: int, fits_with: Callable[[int], bool]) -> str:
            below = next((n for n in range(value - 1, 0, -1) if fits_with(n)), None)
            above = next((n for n in range(value + 1, min(most, value + _FARTHEST) + 1) if fits_with(n)), None)
            return " or ".join(str(n) for n in (below, above) if n is not None)

        with_trials = near(per_rater, _FARTHEST, lambda n: fits(self, n))
        with_raters = near(self.raters, _FARTHEST, lambda n: fits(replace(self, raters=n), per_rater))
        with_clips = near(self.clips, clips_there, lambda n: n > 1 and fits(replace(self, clips=n), per_rater))
        for option, numbers in (("--per-rater", with_trials), ("--raters", with_raters), ("--n", with_clips)):
            if numbers:
                yield f"{option} {numbers}"
        n, trials = self._nearest_pair(per_rater, clips_there)
        if n != self.clips and trials != per_rater:
            yield f"--n {n} --per-rater {trials}"

    def _nearest_pair(self, per_rater: int, clips_there: int) -> tuple[int, int]:
        """Clips and trials of a rater that are balanced with these raters, and together differ least, as shares."""

        def pairs() -> Iterator[tuple[float, int, int]]:
            for n in range(2, min(clips_there, 2 * self.clips) + 1):
                step = replace(self, clips=n).step
                trials = max(1, round(per_rater / step)) * step
                yield abs(n - self.clips) / self.clips + abs(trials - per_rater) / per_rater, n, trials

        _, n, trials = min(pairs())
        return n, trials
