"""Whether a listening test can be made, and its numbers, before any sound is looked at."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from mudata.catalog.splits import manifest
from mudata.errors import EvaluationError, number
from mudata.evaluation.listening import aspect_sheet, listening_test, rating_power
from mudata.evaluation.listening.plan_numbers import PlanNumbers
from mudata.evaluation.listening.rated_texts import RatedTexts, rated_texts
from mudata.evaluation.listening.stimuli import mean_seconds
from mudata.evaluation.listening.test_view import design_lines
from mudata.evaluation.listening.trial_maker import treatments_of

if TYPE_CHECKING:
    from mudata.evaluation.listening.listening_request import ListeningRequest
    from mudata.evaluation.listening.listening_test import Aspect
    from mudata.home import Home

_MOS_TOLD = 0.3
"""The difference of mean marks that everybody asks about."""


@dataclass(frozen=True, kw_only=True, repr=False)
class PlannedTest:
    """A design before any sound was looked at: its numbers are balanced, its clips may still turn out to be unheard."""

    request: ListeningRequest
    aspects: tuple[Aspect, ...]
    rated: RatedTexts
    numbers: PlanNumbers
    per_rater: int
    trial_s: float
    repaired: bool

    def __repr__(self) -> str:
        kind, systems = self.request.kind, self.rated.systems
        told = design_lines(kind, systems, self.minutes, self.design(), self.power())
        return "\n".join([f"Listening test {self.request.name}, planned and not made.", *told])

    @property
    def treatments(self) -> list[tuple[str, ...]]:
        return treatments_of(self.request.kind, [system.name for system in self.rated.systems])

    @property
    def minutes(self) -> float:
        return round(self.request.minutes_of(self.per_rater, self.trial_s), 1)

    def power(self) -> dict[str, Any]:
        """What so many ratings can tell. Clips of one artist, album or recording count as one, as in results."""
        ratings = self.numbers.raters * self.per_rater / len(self.treatments)
        told: dict[str, Any] = {"ratings_of_each": round(ratings, 2), "confidence": 0.95, "power": 0.8}
        if self.request.kind != "mos":
            return told | {"detectable_share": _rounded(rating_power.detectable_share(int(ratings)))}
        clips, raters = min(self.numbers.clips, len(set(self.rated.clusters.values()))), self.numbers.raters
        deviations = rating_power.MarkDeviations()
        return told | {
            "detectable_mos": _rounded(rating_power.detectable_mos(clips, raters, ratings)),
            "difference": _MOS_TOLD,
            "independent_clips": clips,
            "raters_needed": rating_power.raters_to_tell(_MOS_TOLD, clips, ratings / raters),
            "clips_needed": rating_power.clips_to_tell(_MOS_TOLD, raters, ratings / clips),
            "assumed_deviations": vars(deviations).copy(),
        }

    def design(self) -> dict[str, Any]:
        """The numbers of the design."""
        numbers, whole = self.numbers, self.numbers.raters * self.per_rater
        cells = numbers.clips * numbers.treatments
        return {
            "clips": numbers.clips,
            "raters": numbers.raters,
            "trials_per_rater": self.per_rater,
            "practice": self.request.practice,
            "checks": self.request.checks,
            "ratings": whole,
            "ratings_per_clip": whole // numbers.clips,
            "compared": "pairs of systems" if self.request.kind == "texts" else "systems",
            "ratings_of_each": whole // numbers.treatments,
            "ratings_per_clip_and_each": [whole // cells, -(-whole // cells)],
            "trials_per_rater_of_each": [
                self.per_rater // numbers.treatments,
                -(-self.per_rater // numbers.treatments),
            ],
            "reference": self.rated.reference if self.request.anchors else "none",
            "clips_to_choose_from": len(self.rated.texts),
            "left_out": dict(self.rated.left_out),
            "no_text": {name: dict(why) for name, why in self.rated.failures.items()},
            "seconds_of_a_clip": self.request.longest_s,
        }


def plan_test(home: Home, request: ListeningRequest) -> PlannedTest:
    """Look whether a test can be made, without making it.

    Raises:
        UnknownName: no run or split has that name.
        ArgumentError: values that cannot be.
        CardError: aspects that cannot be read.
        EvaluationError: what was asked for cannot be balanced; the nearest numbers that can are told. Or as
            `rated_texts`.
    """
    request.check()
    listening_test.folder_of(home, request.name)
    split = manifest.load(home, request.split)
    aspects = aspect_sheet.read_aspects(request.kind, request.aspects)
    rated = rated_texts(
        home, request.runs, split=split.name, part=request.part, anchors=request.anchors, seed=request.seed
    )
    if len(rated.systems) < 2 and request.kind == "texts":
        raise EvaluationError("Two texts are compared, and there is one system.", "Give further --runs, or --anchors.")
    if request.n > len(rated.texts):
        why = "; ".join(f"{count} {why}" for why, count in rated.left_out.items())
        raise EvaluationError(
            f"{request.n} clips are asked for, and {number(len(rated.texts), 'clip')} can be rated"
            f"{f' (left out: {why})' if why else ''}.",
            f"Give --n {len(rated.texts)} or less.",
        )
    treatments = treatments_of(request.kind, [system.name for system in rated.systems])
    numbers = PlanNumbers(
        clips=request.n, treatments=len(treatments), raters=request.raters, exact=request.kind != "texts"
    )
    clip_s = mean_seconds(home, map(rated.clip_of, rated.texts), request.longest_s)
    trial_s = request.trial_s(aspects, clip_s, mean_words(rated))
    per_rater = request.per_rater
    if per_rater is None:
        per_rater = numbers.default_trials(max(1, request.trials_within(request.minutes, trial_s)))
        if request.minutes_of(per_rater, trial_s) > 2 * request.minutes:
            raise EvaluationError(
                f"{request.n} clips, {numbers.treatments} {numbers.noun} and"
                f" {request.raters} raters are balanced only if each rates {per_rater} trials, which takes about"
                f" {request.minutes_of(per_rater, trial_s):.0f} minutes.",
                f"What can be balanced in {request.minutes:.0f} minutes: "
                f"{_shorter(numbers, request, trial_s, len(rated.texts)) or 'fewer systems'}.",
            )
    numbers.require_balance(per_rater, clips_there=len(rated.texts))
    return PlannedTest(
        request=request,
        aspects=aspects,
        rated=rated,
        numbers=numbers,
        per_rater=per_rater,
        trial_s=trial_s,
        repaired=split.is_repaired,
    )


def mean_words(rated: RatedTexts) -> float:
    """Words of a text, on average."""
    counts = [len(text.split()) for texts in rated.texts.values() for text in texts.values()]
    return sum(counts) / len(counts)


def _shorter(numbers: PlanNumbers, request: ListeningRequest, trial_s: float, clips_there: int) -> str:
    """The nearest numbers of raters, or of clips, with which a session is short enough."""
    most = max(1, request.trials_within(request.minutes, trial_s))

    def nearest(values: Sequence[int], of: Callable[[int], PlanNumbers]) -> int | None:
        return next((value for value in values if of(value).step <= most), None)

    raters = nearest(range(numbers.raters + 1, numbers.raters + 1000), lambda value: replace(numbers, raters=value))
    clips = sorted((n for n in range(2, clips_there + 1)), key=lambda n: abs(n - numbers.clips))
    n = nearest(clips, lambda value: replace(numbers, clips=value))
    found = {"--raters": raters, "--n": n}
    return "; ".join(f"{option} {value}" for option, value in found.items() if value is not None)


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 3)
