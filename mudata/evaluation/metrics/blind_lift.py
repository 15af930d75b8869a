"""What an exam's score is worth beside what needs no ears: the lift over the strongest blind floor, and what that says
of a model.

A floor is anything that never heard the clips: a rule about the options (`exam_floors`), the same model blind, or a
language model that was given the words. The strongest is chosen on the very items that the score is of, so that luck
makes it larger, never smaller: a lift over it is what is left after the best excuse. Whoever says that there is none
must not lean on that luck: `Lift.most` allows for all floors at once. Thresholds are ours; how often the verdict errs
is simulated in docs/heard.md (`benchmarks/heard_verdicts.py`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from mudata.evaluation.metrics.differences import mean_difference
from mudata.evaluation.metrics.hypothesis_tests import DRAWS, exchange
from mudata.evaluation.metrics.intervals import ALPHA, Interval, ratio
from mudata.evaluation.metrics.jackknife import ClusteredClips

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

HeardVerdict = Literal["heard", "guessed", "cannot tell"]

FEWEST = 50
"""Items below which nothing is concluded."""
SMALL = 0.1
"""A lift that is small: where there is room for no more, and none is shown, the score was guessed."""


@dataclass(frozen=True, eq=False, kw_only=True)
class BlindFloor:
    """Something that never heard the clips. `values`: what it is worth for each of the items, shape (n,), in [0, 1].
    `name` is for programs ('longest', 'silence', 'reader:NAME'), `title` for people."""

    name: str
    title: str
    values: Floats

    @property
    def value(self) -> float:
        return float(self.values.mean())


@dataclass(frozen=True, kw_only=True)
class Lift:
    """A score minus the strongest blind floor on the same items, its 95 % interval, and the p of both being as good.
    `most` is the largest lift over the truly strongest floor that 97.5 % leave room for, whichever of the floors that
    is. None where nothing can be said."""

    floor: str
    title: str
    floor_value: float
    value: float
    low: float | None
    high: float | None
    most: float | None
    p: float
    n: int
    clusters: int
    interval: str


def strongest(floors: Sequence[BlindFloor]) -> BlindFloor:
    """The floor that is worth most, of equals the first. Raises ValueError of none."""
    return max(floors, key=lambda floor: round(floor.value, 12))


def lift(values: Floats, floors: Sequence[BlindFloor], clusters: Sequence[str], *, draws: int = DRAWS) -> Lift:
    """How much more a model reaches than the strongest blind floor.

    Args:
        values: what the model's answers are worth, shape (n,), in [0, 1].
        floors: one or several, with values of the same items.
        clusters: of each item; items about one clip are of one.
        draws: of `hypothesis_tests.exchange`.

    Raises:
        EvaluationError: there is no item.

    Source:
        `differences.mean_difference` and `hypothesis_tests.exchange`, in whole clusters. `most` is the least of the
        upper ends over all floors, at ALPHA / floors each (Bonferroni): the lift over the truly strongest floor is
        above all of them at most as often as any interval errs.

    Example:
        >>> import numpy as np
        >>> floor = BlindFloor(name="chance", title="chance", values=np.full(60, 0.25))
        >>> found = lift(np.array([1.0] * 48 + [0.0] * 12), [floor], [str(i) for i in range(60)])
        >>> round(found.value, 2), found.p < 0.001
        (0.55, True)
    """
    floor, clips = strongest(floors), ClusteredClips.named(clusters)
    gains = values - floor.values
    found = mean_difference(gains, clips)
    ends = [mean_difference(values - one.values, clips, ALPHA / len(floors)).high for one in floors]
    return Lift(
        floor=floor.name,
        title=floor.title,
        floor_value=floor.value,
        value=float(gains.mean()),
        low=found.low,
        high=found.high,
        most=min((end for end in ends if end is not None), default=None),
        p=exchange(values, floor.values, clusters, draws=draws),
        n=len(values),
        clusters=found.clusters,
        interval=found.how,
    )


def verdict(found: Lift, p: float, *, listens: bool | None = None) -> tuple[HeardVerdict, str]:
    """What a lift says of a model, and why.

    heard: it is above the strongest blind floor by more than chance (p < 5 %, adjusted). guessed: it is not, a lift of
    SMALL or more is ruled out, and nothing else shows that its answers hang on the sound. Else nobody can tell.

    Args:
        found: the lift.
        p: that of `found`, adjusted for all exams and models that are looked at together.
        listens: whether the answers were better with the clips than without them (`audio_use`); None if unknown.
    """
    if found.n < FEWEST:
        return "cannot tell", f"{found.n} items; {FEWEST} are the fewest that can show it"
    if found.low is None or found.most is None:
        return "cannot tell", f"of so few clips ({found.clusters}) that nothing can be said"
    beside = f"{found.title} ({100 * found.floor_value:.1f} %)"
    if found.value > 0 and p < ALPHA:
        return "heard", f"{100 * found.value:.1f} points above {beside}, p = {p:.2g}"
    if found.most >= SMALL:
        return "cannot tell", f"{100 * found.value:+.1f} points beside {beside} may be chance, p = {p:.2g}"
    if listens:
        return "cannot tell", f"its answers hang on the sound, and are no better than {beside}"
    return "guessed", f"at most {100 * max(0.0, found.most):.1f} points above {beside}"


@dataclass(frozen=True, kw_only=True)
class BlindShare:
    """How much of an exam a model has right without ears.

    `right` is the share under the blind condition `condition`, where it is largest; `chance` what guessing gives there;
    `known` the share that guessing does not explain, (right - chance) / (1 - chance): were every item either known
    blind or guessed, so many would be known. `low` and `high` are its 95 % interval. `any_right`: under at least one of
    the conditions, where independent guesses alone would give `any_chance`; `any_known` the same correction of it.
    `of_right`: of the items that are right with the clips, the share that are right in `condition` too.
    """

    condition: str
    right: float
    chance: float
    known: float
    low: float | None
    high: float | None
    any_right: float
    any_chance: float
    any_known: float
    of_right: float | None
    n: int


def blind_share(
    values: Floats, blind: Mapping[str, Floats], chance: Floats, clusters: Sequence[str]
) -> BlindShare | None:
    """What would be right without ears; None where no blind condition was asked.

    Args:
        values: what answers with the clips are worth, shape (n,).
        blind: what answers under each blind condition are worth, shape (n,) each.
        chance: what a uniform guess is worth, shape (n,).
        clusters: of each item.

    Source:
        W. S. Abbott, A method of computing the effectiveness of an insecticide, 1925: the correction for those that
        would have died anyway; in tests the correction for guessing.

    Example:
        >>> import numpy as np
        >>> silent = np.array([1.0] * 40 + [0.0] * 40)
        >>> share = blind_share(np.ones(80), {"silence": silent}, np.full(80, 0.25), [str(i) for i in range(80)])
        >>> share.right, round(share.known, 3), share.of_right
        (0.5, 0.333, 0.5)
    """
    import numpy as np

    if not blind:
        return None
    condition = max(blind, key=lambda name: (round(float(blind[name].mean()), 12), name == "no-audio"))
    best, guessed = blind[condition], float(chance.mean())
    found: Interval = ratio(best, np.ones(len(best)), ClusteredClips.named(clusters))
    missed = np.prod([1 - column for column in blind.values()], axis=0)
    any_chance = float((1 - (1 - chance) ** len(blind)).mean())
    right = values.sum()
    return BlindShare(
        condition=condition,
        right=float(best.mean()),
        chance=guessed,
        known=_known(float(best.mean()), guessed),
        low=None if found.low is None else _known(found.low, guessed),
        high=None if found.high is None else _known(found.high, guessed),
        any_right=float(1 - missed.mean()),
        any_chance=any_chance,
        any_known=_known(float(1 - missed.mean()), any_chance),
        of_right=float((values * best).sum() / right) if right else None,
        n=len(best),
    )


def _known(right: float, chance: float) -> float:
    return max(0.0, (right - chance) / (1 - chance)) if chance < 1 else 0.0
