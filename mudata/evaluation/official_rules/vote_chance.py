"""What a guesser gets who draws one of the options shown in every pass: counted out, never simulated."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from fractions import Fraction
from functools import lru_cache
from itertools import product

from mudata.errors import EvaluationError, UnknownName

_MOST = 2_000_000
"""Sequences of guesses that are counted one by one."""
_RULES = ("none", "mean", "any", "max", "loo_vote", "majority_raw")


def vote_chance(k_options: int, passes: int, rule: str) -> float:
    """The expected credit of an item under a way to combine passes.

    k_options: options of the item, the right one among them. passes: times it is asked; under loo_vote pass i leaves
    out wrong option i and shows the others, and there are at most `k_options` - 1 of them. rule: as in `combine`.

    RUListening, 4 of 5 options in 4 passes, ties to the option chosen first:

    >>> round(vote_chance(5, 4, "loo_vote"), 4), vote_chance(4, 3, "mean"), vote_chance(2, 2, "any")
    (0.2812, 0.25, 0.75)

    Raises UnknownName; EvaluationError for numbers that no exam can have, or that are too many to count out.
    """
    if rule not in _RULES:
        raise UnknownName("way to combine passes", rule, _RULES)
    if k_options < 2 or passes < 1 or (rule == "loo_vote" and passes > k_options - 1):
        raise EvaluationError(
            f"No exam asks an item of {k_options} options {passes} times under {rule}.",
            "Give at least two options and one pass, and for loo_vote at most one pass for every wrong option.",
        )
    if rule in ("none", "mean"):
        return 1 / k_options
    if rule in ("any", "max"):
        return float(1 - Fraction(k_options - 1, k_options) ** passes)
    leave_out = rule == "loo_vote"
    shown = [[option for option in range(k_options) if not leave_out or option != i + 1] for i in range(passes)]
    if (guesses := math.prod(map(len, shown))) > _MOST:
        raise EvaluationError(
            f"{passes} passes of {len(shown[0])} options are {guesses:,} sequences, too many to count out.",
            f"At most {_MOST:,} are.",
        )
    return float(_counted_out(shown, first_seen=leave_out))


@lru_cache(maxsize=4096)
def chance_of_shown(shown: tuple[tuple[int, ...], ...]) -> float | None:
    """The same under loo_vote for the options that passes did show, of which some may be doubled.

    shown: of each pass its options by number, 0 the right one; those of one text have one number.

    >>> chance_of_shown(((0, 1, 1), (0, 2)))
    0.3333333333333333

    None where these are too many to count out.
    """
    if math.prod(map(len, shown)) > _MOST:
        return None
    return float(_counted_out(shown, first_seen=True))


def above_chance(accuracy: float, base: float) -> float:
    """Where an accuracy lies between what a guesser gets, 0, and all, 1, as BASS has it
    (minjang10/bass_music_benchmark@a401ccf src/metrics); below 0 for less than a guesser.

    >>> above_chance(0.625, 0.25), above_chance(0.0, 0.5)
    (0.5, -1.0)

    Raises EvaluationError for a base that leaves no room.
    """
    if not 0 <= base < 1:
        raise EvaluationError(f"A guesser's share of {base:g} leaves no room above it.", "Give a base below 1.")
    return (accuracy - base) / (1 - base)


def _counted_out(shown: Sequence[Sequence[int]], *, first_seen: bool) -> Fraction:
    """Option 0 is the right one. Ties go to the first seen, or to each alike."""
    right = Fraction(0)
    for sequence in product(*shown):
        votes = Counter(sequence)
        most = max(votes.values())
        best = [option for option, count in votes.items() if count == most]  # in the order first seen
        right += Fraction(best[0] == 0) if first_seen else Fraction(0 in best, len(best))
    return right / math.prod(map(len, shown))
