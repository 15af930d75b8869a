"""Listening tests whose truth is known: raters with manners of their own, clips that are hard or easy, models of known
quality. What is "true" is what everybody would give on average to every clip, marks rounded to the scale included.

`listening_test_of` makes a sealed test of the same design, and `answer` fills its store, for what is tested end to end.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from mudata.evaluation.listening import listening_test
from mudata.evaluation.listening.balanced_plan import Placement, balanced_plan
from mudata.evaluation.listening.rating_store import RaterRecord, Rating, RatingStore

QUALITIES = (2.2, 2.7, 3.0, 3.4, 4.0)
"""What a usual rater thinks of a usual clip, before the mark is rounded."""
SCALE = (1, 5)
BIAS, USE, OF_CLIP, TASTE, SUITS = 0.5, 0.25, 0.4, 0.25, 0.5
"""Standard deviations: how high raters mark, log of how much of the scale they use, how well any text fits a clip, how
well raters like a model, how well a model's text fits a clip. What is left differs from rater to rater, .5 to 1.1."""
NO_PREFERENCE, STRONG = 0.4, 1.5
"""How far apart two opinions are at least for a preference, and for a strong one."""
MOST_TRIALS = 40

Floats = NDArray[np.float64]
Places = NDArray[np.intp]


@dataclass(frozen=True)
class Raters:
    """So many raters, and what each thinks of each system beyond its quality."""

    bias: Floats
    use: Floats
    noise: Floats
    taste: Floats

    @classmethod
    def drawn(cls, count: int, systems: int, random: np.random.Generator) -> Raters:
        return cls(
            random.normal(0, BIAS, count),
            np.exp(random.normal(0, USE, count)),
            random.uniform(0.5, 1.1, count),
            random.normal(0, TASTE, (count, systems)),
        )


@dataclass(frozen=True)
class Clips:
    """So many clips, and how well each system's text fits each of them."""

    ease: Floats
    suits: Floats

    @classmethod
    def drawn(cls, count: int, systems: int, random: np.random.Generator) -> Clips:
        return cls(random.normal(0, OF_CLIP, count), random.normal(0, SUITS, (count, systems)))


def opinions(
    raters: Raters,
    clips: Clips,
    rater: Places,
    clip: Places,
    system: Places,
    random: np.random.Generator,
    qualities: tuple[float, ...] = QUALITIES,
) -> Floats:
    """What is thought of each text, on the scale but not rounded to it."""
    middle = sum(SCALE) / 2
    fit = np.asarray(qualities)[system] + clips.ease[clip] + clips.suits[clip, system] + raters.taste[rater, system]
    noise = random.normal(size=len(rater)) * raters.noise[rater]
    return np.asarray(middle + raters.use[rater] * (fit - middle) + raters.bias[rater] + noise)


def marks(thought: Floats) -> Floats:
    return np.asarray(np.clip(np.round(thought), *SCALE))


def choices(first: Floats, second: Floats) -> NDArray[np.str_]:
    """A to E of what is thought of two texts."""
    apart = first - second
    return np.select(
        [apart >= STRONG, apart >= NO_PREFERENCE, apart > -NO_PREFERENCE, apart > -STRONG], ["A", "B", "C", "E"], "D"
    )


def mos_design(raters: int, clips: int, random: np.random.Generator) -> tuple[Places, Places, Places]:
    """Who hears which clip with whose text, as `mudata listen new` draws it: each rater, clip and system in order."""
    placed = _placed(raters, clips, len(QUALITIES), random)
    return tuple(np.array([getattr(one, name) for one in placed]) for name in ("rater", "clip", "treatment"))


def pair_design(raters: int, clips: int, random: np.random.Generator) -> tuple[Places, Places, Places, Places]:
    """As `mos_design`, with two systems a trial: all pairs as often as each other, either first as often."""
    pairs = list(combinations(range(len(QUALITIES)), 2))
    placed = _placed(raters, clips, len(pairs), random)
    shown = np.array([pairs[one.treatment][:: -1 if one.turned else 1] for one in placed])
    return np.array([one.rater for one in placed]), np.array([one.clip for one in placed]), shown[:, 0], shown[:, 1]


def _placed(raters: int, clips: int, treatments: int, random: np.random.Generator) -> list[Placement]:
    trials = min(clips, MOST_TRIALS)
    plan = balanced_plan(clips=clips, treatments=treatments, raters=raters, per_rater=trials, random=random)
    return [one for own in plan for one in own]


@cache
def true_mos() -> tuple[float, ...]:
    """The mean mark that each system gets of everybody for every clip (Monte-Carlo error .002)."""
    random, n, k = np.random.default_rng(0), 400_000, len(QUALITIES)
    one = np.arange(n)
    raters, clips = Raters.drawn(n, k, random), Clips.drawn(n, k, random)
    return tuple(
        float(marks(opinions(raters, clips, one, one, np.full(n, system), random)).mean()) for system in range(k)
    )


def found(
    raters: Raters, clips: Clips, rater: Places, clip: Places, system: Places, random: np.random.Generator
) -> Floats:
    """Whether the described clip is found by a system's text, beside the next clip, which the text fits as the worst
    system's would: 1, 0, or .5 where there is no preference."""
    other = (clip + 1) % len(clips.ease)
    apart = opinions(raters, clips, rater, clip, system, random) - opinions(
        raters, clips, rater, other, np.zeros_like(system), random
    )
    return np.asarray(np.sign(apart) * (abs(apart) >= NO_PREFERENCE) / 2 + 0.5)


@cache
def true_found() -> tuple[float, ...]:
    """How often everybody finds each system's clips beside any other."""
    random, n, k = np.random.default_rng(2), 1_000_000, len(QUALITIES)
    one = np.arange(n)
    raters, clips = Raters.drawn(n, k, random), Clips.drawn(n, k, random)
    return tuple(float(found(raters, clips, one, one, np.full(n, i), random).mean()) for i in range(k))


@cache
def true_shares() -> tuple[tuple[float, ...], ...]:
    """How often i is preferred to j by everybody on every clip, no preference being half of one for each."""
    random, n, k = np.random.default_rng(1), 400_000, len(QUALITIES)
    one, shares = np.arange(n), np.zeros((k, k))
    raters, clips = Raters.drawn(n, k, random), Clips.drawn(n, k, random)
    thought = [opinions(raters, clips, one, one, np.full(n, system), random) for system in range(k)]
    for i in range(k):
        for j in range(i):
            apart = thought[i] - thought[j]
            shares[i, j] = float((np.sign(apart) * (abs(apart) >= NO_PREFERENCE)).mean() / 2 + 0.5)
            shares[j, i] = 1 - shares[i, j]
    return tuple(map(tuple, shares))


def listening_test_of(
    name: str, kind: listening_test.TestKind, *, raters: int = 20, clips: int = 40, seed: int = 0
) -> listening_test.ListeningTest:
    """A sealed test with two aspects, two checks a rater and a practice trial, and systems m0 to m4."""
    random, k = np.random.default_rng(seed), len(QUALITIES)
    if kind == "texts":
        rater, clip, *systems = pair_design(raters, clips, random)
    else:
        rater, clip, system = mos_design(raters, clips, random)
        systems = [system]
    aspects = ("correctness", "usefulness") if kind == "mos" else (listening_test.PREFERENCE,)
    expected = dict.fromkeys(aspects, "2" if kind == "mos" else "A")
    plans = []
    for one in range(raters):
        trials = [_trial(f"r{one}p", "practice", "c0"), _trial(f"r{one}x", "check", "c1", expected=expected)]
        for place in np.flatnonzero(rater == one):
            names = tuple(f"m{of[place]}" for of in systems)
            described = int(place) % 2 if kind == "pairwise" else None
            trials.append(_trial(f"t{place}", "rated", f"c{clip[place]}", names, described))
        trials.append(_trial(f"r{one}y", "check", "c2", expected=expected))
        plans.append(listening_test.RaterPlan(rater=f"r{one + 1:02}", trials=tuple(trials)))
    words = {"en": "How good is it?"}
    return listening_test.ListeningTest(
        name=name,
        kind=kind,
        seed=seed,
        split="simulated",
        part="test",
        scale=SCALE if kind == "mos" else None,
        aspects=tuple(
            listening_test.Aspect(name=one, title={"en": one.title()}, question=words, ends={"en": ("bad", "good")})
            for one in aspects
        ),
        systems=tuple(listening_test.System(name=f"m{i}", role="model", run=f"run-m{i}") for i in range(k)),
        stimuli=(),
        raters=tuple(plans),
        rule=listening_test.ExclusionRule(failed_checks=1, least_share=0.5),
        minutes=30.0,
        design={},
        power={},
    ).sealed()


def answer(test: listening_test.ListeningTest, store: RatingStore, *, seed: int = 0, only: int | None = None) -> None:
    """Let raters rate, all or the first `only`: checks are passed, and aspects differ by chance."""
    random, k = np.random.default_rng([seed, 1]), len(QUALITIES)
    plans = test.raters[:only]
    clips = {trial.item_id for trial in test.trials.values()}
    people = Raters.drawn(len(plans), k, random)
    pieces = Clips.drawn(1 + max(int(one[1:]) for one in clips), k, random)
    for i, plan in enumerate(plans):
        store.meet(RaterRecord(rater=plan.rater, language="en", consented_at="2026-01-01T00:00:00+00:00"))
        given = []
        for trial in plan.trials:
            for aspect in (one.name for one in test.aspects):
                value = trial.expected.get(aspect) or _value(test, trial, people, pieces, i, random)
                given.append(Rating(rater=plan.rater, trial=trial.id, aspect=aspect, value=value, heard_s=10.0))
        store.add(given)
        store.meet(RaterRecord(rater=plan.rater, finished_at="2026-01-01T00:30:00+00:00"))


def _value(
    test: listening_test.ListeningTest,
    trial: listening_test.Trial,
    raters: Raters,
    clips: Clips,
    rater: int,
    random: np.random.Generator,
) -> str:
    def of(system: str) -> Floats:
        places = (np.array([one]) for one in (rater, int(trial.item_id[1:]), int(system[1:])))
        return opinions(raters, clips, *places, random)

    if not trial.systems:  # practice
        return "3" if test.kind == "mos" else "C"
    if test.kind == "mos":
        return str(int(marks(of(trial.systems[0]))[0]))
    if test.kind == "texts":
        return str(choices(of(trial.systems[0]), of(trial.systems[1]))[0])
    thought = of(trial.systems[0]), of("m0")  # a text fits the other clip as badly as the worst system's its own
    return str(choices(*(thought if trial.described == 0 else thought[::-1]))[0])


def _trial(
    name: str,
    role: listening_test.TrialRole,
    item: str,
    systems: tuple[str, ...] = (),
    described: int | None = None,
    expected: dict[str, str] | None = None,
) -> listening_test.Trial:
    return listening_test.Trial(
        id=name,
        role=role,
        item_id=item,
        stimuli=(f"s-{item}",),
        texts=tuple(f"text of {one}" for one in systems),
        systems=systems,
        described=described,
        expected=expected or {},
    )
