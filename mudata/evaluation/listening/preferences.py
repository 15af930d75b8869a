"""Choices between two: shares from A to E, whether the first is preferred for being first, and clips found by their
text.

Each choice is turned towards what it is asked about (one of the two systems, or the clip that the text describes): A is
a strong preference for it, B a weak one, C none, E a weak one for the other, D a strong one, whatever was shown first.
The share of preferences counts none as half of one for each, so that chance is one half; how strong preferences are
stands beside it and changes no rank.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mudata.evaluation.listening.crossed_intervals import CrossedEstimate  # noqa: TC001 - results.json is checked
from mudata.evaluation.listening.listening_test import CHOICES
from mudata.evaluation.listening.mean_opinions import mean
from mudata.evaluation.metrics.hypothesis_tests import holm

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from mudata.evaluation.listening.crossed_intervals import Crossing
    from mudata.evaluation.listening.rated_rows import RatedRow

    Floats = NDArray[np.float64]

SHARE = (0.0, 1.0)
"""Ends of a share."""
_LETTER = {number: letter for letter, number in CHOICES.items()}


@dataclass(frozen=True, kw_only=True)
class PreferenceShares:
    """How a system, or the clips that its texts describe, fare in choices.

    `choices` counts A to E turned towards it; `preferred` is its share of preferences, in [0, 1], and `strength` the
    mean of 2, 1, 0, -1, -2 from A to D. `p` is of the share being one half, `p_holm` corrected for all systems; None
    where shares hang together (texts), for which pairs are tested.
    """

    system: str
    choices: dict[str, int]
    preferred: CrossedEstimate
    strength: CrossedEstimate
    p: float | None
    p_holm: float | None


def shares_of(rows: Sequence[RatedRow], systems: Sequence[str], crossing: Crossing) -> tuple[PreferenceShares, ...]:
    """Of each system that was rated, in this order.

    Args:
        rows: choices, between two texts or two clips.
        systems: names.
        crossing: raters and clips of the rows.
    """
    import numpy as np

    found = []
    for system in systems:
        turned = np.array([towards(row, system) for row in rows])
        asked = ~np.isnan(turned)
        if not asked.any():
            continue
        counts = Counter(_LETTER[int(number)] for number in turned[asked])
        wins = np.sign(turned) / 2 + 0.5
        found.append(
            PreferenceShares(
                system=system,
                choices={letter: counts[letter] for letter in sorted(CHOICES, key=lambda one: -CHOICES[one])},
                preferred=mean(wins, asked, crossing, SHARE),
                strength=mean(turned, asked, crossing, (-2.0, 2.0)),
                p=None,
                p_holm=None,
            )
        )
    if any(row.described is None for row in rows):
        return tuple(found)
    ps = [one.preferred.p(0.5, SHARE) for one in found]
    return tuple(
        PreferenceShares(**{**vars(one), "p": p, "p_holm": corrected})
        for one, p, corrected in zip(found, ps, holm(ps), strict=True)
    )


def towards(row: RatedRow, system: str) -> float:
    """By how much a choice is for a system (-2 to 2), or for the clip that its text describes; a mark as it is; nan
    where it is not of the system."""
    if system not in row.systems:
        return float("nan")
    place = row.systems.index(system) if row.described is None else row.described
    return row.number if place == 0 else -row.number


def side_bias(rows: Sequence[RatedRow], crossing: Crossing) -> CrossedEstimate:
    """How often what is shown first is preferred, none counting as half: one half where the side does not matter, for
    sides are counter-balanced. `p(0.5, SHARE)` tests it."""
    import numpy as np

    firsts = np.sign([row.number for row in rows]) / 2 + 0.5
    return mean(firsts, np.ones(len(rows), dtype=bool), crossing, SHARE)
