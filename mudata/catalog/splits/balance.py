"""How evenly a split's labels lie in its parts, and how exact a score on each part can be."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mudata.catalog.index import database
from mudata.catalog.splits import draw
from mudata.catalog.splits.split_request import request_of

if TYPE_CHECKING:
    from mudata.catalog.splits.manifest import Manifest
    from mudata.home import Home


@dataclass(frozen=True, kw_only=True)
class PartBalance:
    """One part of a split; shares are of all clips that the split could have drawn."""

    part: str
    clips: int
    groups: int
    """Clips that had to stay together count as one."""
    labels: Mapping[str, int]
    """Clips by label."""
    share: float
    """Share of the clips that was asked for."""
    low: float | None
    """Smallest share that the part has of any label's clips. None where shares mean nothing: no
    stratification, or as many clips of every label as of any other."""
    high: float | None
    """Largest such share."""
    deviation: float | None
    """Largest distance of such a share from `share`."""
    chance: float | None
    """Standard error of the rarest label's share in a plain random draw:
    sqrt(share (1 - share) / clips)."""
    margin: float
    """Half of Wilson's 95 % interval of an accuracy of
    one half on so many independent clips; see `margin`."""


def margin(clips: int) -> float:
    """How exact an accuracy on so many independent clips is at worst, which is at one half.

    Args:
        clips: number of clips.

    Returns:
        Half of the width of its 95 % interval, as a share: z / (2 sqrt(clips + z^2)), z = 1.96.
        `mudata split plan --margin` is the inverse, with more digits of z; here it stays rounded,
        so that what is printed of a split is what it always was, to the last digit.

    Source:
        E. B. Wilson, Probable inference, the law of succession, and statistical inference, 1927.

    Example:
        >>> round(margin(381), 4)
        0.05
    """
    return 1.96 / (2 * math.sqrt(clips + 1.96**2))


def label_balance(home: Home, split: Manifest) -> list[PartBalance]:
    """The parts of a split against the index as it is now. Raises as `draw.make` does."""
    request = request_of(split)
    with database.connect(home) as con:
        pool = draw.selected(con, request)
    row_of = {clip_id: row for row, clip_id in enumerate(pool.column("clip_id"))}
    names, labels = pool.labelled()
    available = Counter(label for own in labels for label in own)
    drawn = sum(map(len, split.parts.values()))
    balances = []
    for part, members in split.parts.items():
        rows = [row_of[member.clip_id] for member in members if member.clip_id in row_of]
        has = Counter(label for row in rows for label in labels[row])
        asked = min(1.0, request.shares.get(part, len(members) / drawn) * drawn / len(row_of))
        shares = [has[label] / clips for label, clips in available.items()]
        even = bool(shares) and request.per_label is None
        balances.append(
            PartBalance(
                part=part,
                clips=len(members),
                groups=len(set(draw.tie(pool.take(rows), request.group, items=not request.no_group))),
                labels={name: has[label] for label, name in enumerate(names)},
                share=asked,
                low=min(shares) if even else None,
                high=max(shares) if even else None,
                deviation=max(abs(share - asked) for share in shares) if even else None,
                chance=math.sqrt(asked * (1 - asked) / min(available.values())) if even else None,
                margin=margin(len(members)),
            )
        )
    return balances
