"""Who rates what, in which order: a balanced incomplete block design for clips, systems and raters.

A rater is a block of `per_rater` trials; what a trial shows is a clip and a treatment (a system, or, where two texts
are compared, a pair of systems). Proven by tests over many sizes:

- every rater rates every clip floor or ceil(per_rater / clips) times, so at most once where there are clips enough;
- every clip is rated equally often, and so is every treatment;
- every clip with every treatment equally often, give or take one, and exactly so where the numbers allow it (which the
  plans of systems demand, and those of pairs do not: see `plan_numbers`);
- every rater has every treatment floor or ceil(per_rater / treatments) times; each successive run of as many trials as
  there are treatments has each of them once;
- every treatment comes at each place in the order equally often over the raters, give or take one;
- the described clip, or the first system of a pair, is first as often as second: over all, for each treatment and for
  each clip with it, give or take one; so it is for each rater, and for each rater with each treatment.

A clip never comes twice in a row to a rater unless TRIES exchanges find no way round that, in none of REDRAWS plans:
of four clips one plan in fifty has none.

Source:
    W. G. Cochran, G. M. Cox, Experimental Designs, 1957, chapter 11, for what is balanced in incomplete blocks; how it
    is reached is that of `even_parts`.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from mudata.evaluation.listening.even_parts import even_parts

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

TRIES = 2000
"""Exchanges that are tried for a rater who hears clips several times. Ours: dozens suffice where there is a way."""
REDRAWS = 10
"""Plans that are drawn until one has no clip twice in a row. Ours."""


@dataclass(frozen=True, kw_only=True)
class Placement:
    """A trial: numbers of a rater, a clip and a treatment, from 0 on. `turned`: the second of two comes first."""

    rater: int
    clip: int
    treatment: int
    turned: bool


def balanced_plan(
    *, clips: int, treatments: int, raters: int, per_rater: int, random: np.random.Generator
) -> list[list[Placement]]:
    """The trials of every rater, in order.

    Args:
        clips, treatments, raters: how many.
        per_rater: trials of each; `clips` and `treatments` both divide raters * per_rater.
        random: what the numbers leave open is drawn.

    Example:
        >>> import numpy as np
        >>> plan = balanced_plan(clips=4, treatments=2, raters=2, per_rater=4, random=np.random.default_rng(1))
        >>> [sorted(trial.clip for trial in trials) for trials in plan]
        [[0, 1, 2, 3], [0, 1, 2, 3]]
        >>> sorted((trial.clip, trial.treatment) for trials in plan for trial in trials) == [
        ...     (clip, treatment) for clip in range(4) for treatment in range(2)
        ... ]
        True
    """
    for _ in range(REDRAWS):
        plan = _drawn(clips, treatments, raters, per_rater, random)
        if not any(one.clip == other.clip for own in plan for one, other in pairwise(own)):
            break
    return plan


def _drawn(
    clips: int, treatments: int, raters: int, per_rater: int, random: np.random.Generator
) -> list[list[Placement]]:
    import numpy as np

    heard = _clips_in_order(clips, raters, per_rater, random)
    rater = np.repeat(np.arange(raters), per_rater)
    block = np.tile(np.arange(per_rater) // treatments, raters)
    # clips whose ratings leave a rest share runs of `treatments` trials, so that treatments stay equal over all
    treatment = even_parts([rater.tolist(), block.tolist()], [heard.tolist()], treatments, random)
    order = _in_places(rater, block, treatment, random)
    heard, treatment = heard[order], treatment[order]
    for start in range(0, len(heard), per_rater):
        own = slice(start, start + per_rater)
        _keep_apart(heard[own], treatment[own], random)
    side = even_parts([rater.tolist(), treatment.tolist()], [treatment.tolist(), heard.tolist()], 2, random)
    trials = [
        Placement(rater=r, clip=c, treatment=t, turned=bool(s))
        for r, c, t, s in zip(rater.tolist(), heard.tolist(), treatment.tolist(), side.tolist(), strict=True)
    ]
    return [trials[start : start + per_rater] for start in range(0, len(trials), per_rater)]


def _clips_in_order(clips: int, raters: int, per_rater: int, random: np.random.Generator) -> NDArray[np.intp]:
    """The clip of each trial, rater by rater: all clips again and again in new orders, none of which begins with what
    the rater who is in the middle of it has heard since that rater's own pass began."""
    import numpy as np

    rounds: list[NDArray[np.intp]] = []
    total, done = raters * per_rater, 0
    while done < total:
        within = done % per_rater % clips  # how many clips of this rater's present pass are heard
        left = min(clips - within, per_rater - done % per_rater) if within else 0
        order = random.permutation(clips)
        if within:
            before = set(rounds[-1][-within:].tolist())
            fresh = [clip for clip in order.tolist() if clip not in before][:left]
            others = [clip for clip in order.tolist() if clip not in set(fresh)]
            order = np.array(fresh + others, dtype=np.intp)
        rounds.append(order)
        done += clips
    return np.concatenate(rounds)[:total]


def _in_places(
    rater: NDArray[np.intp],
    block: NDArray[np.intp],
    treatment: NDArray[np.intp],
    random: np.random.Generator,
) -> NDArray[np.intp]:
    """An order of the trials in which only those of one rater's block change places, so that each treatment comes at
    each place of a block equally often."""
    import numpy as np

    place = np.empty(len(rater), dtype=np.intp)
    sizes = np.bincount(block[rater == rater[0]])  # those of all raters are alike, and the last may be smaller
    for size in np.unique(sizes).tolist():
        some = sizes[block] == size
        left = [rater[some].tolist(), block[some].tolist()]
        right = [treatment[some].tolist(), block[some].tolist()]
        place[some] = even_parts(left, right, size, random)
    order: NDArray[np.intp] = np.lexsort((place, block, rater))
    return order


def _keep_apart(heard: NDArray[np.intp], treatment: NDArray[np.intp], random: np.random.Generator) -> None:
    """Exchange clips between trials of one treatment, of one rater, until none comes twice in a row, or TRIES are
    over. In place."""
    import numpy as np

    def repeats() -> NDArray[np.intp]:
        return np.flatnonzero(heard[1:] == heard[:-1])

    for _ in range(TRIES):
        if not len(again := repeats()):
            return
        at = int(random.choice(again)) + int(random.integers(2))
        other = int(random.choice(np.flatnonzero(treatment == treatment[at])))
        heard[[at, other]] = heard[[other, at]]
        if len(repeats()) > len(again):
            heard[[at, other]] = heard[[other, at]]
