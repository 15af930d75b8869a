"""Whether a test can be believed: hidden anchors that people must tell apart, and what raters say when asked again.

Among the systems of a test are people's own texts: of this clip (reference), and of another one (wrong clip). Raters
who listen mark the former above the latter.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from mudata.evaluation.listening.crossed_intervals import CrossedEstimate  # noqa: TC001 - results.json is checked
from mudata.evaluation.listening.preferences import towards
from mudata.evaluation.listening.rated_rows import repeated

if TYPE_CHECKING:
    from mudata.evaluation.listening.listening_test import ListeningTest
    from mudata.evaluation.listening.mean_opinions import SystemPair
    from mudata.evaluation.listening.rated_rows import RatedRow


@dataclass(frozen=True, kw_only=True)
class AnchorCheck:
    """One aspect. `difference`: by how much the reference is above the wrong clip, in marks, shares found or strength.
    `raters` mark the wrong clip as high as the reference, or higher, on average; of `items` everybody together does.
    `warning` where the interval has the reference not above."""

    aspect: str
    difference: CrossedEstimate
    p: float
    raters: tuple[str, ...]
    items: tuple[str, ...]
    warning: str


@dataclass(frozen=True, kw_only=True)
class Retest:
    """What raters said when they were asked the same again: of `pairs`, the share that is equal, and the mean
    distance."""

    aspect: str
    pairs: int
    raters: int
    equal: float
    distance: float


def anchor_check(
    test: ListeningTest, aspect: str, pairs: Sequence[SystemPair], rows: Sequence[RatedRow]
) -> AnchorCheck | None:
    """The reference beside the wrong clip; None where a test has not both."""
    roles = {system.name: system.role for system in test.systems}
    for pair in pairs:
        if {roles[pair.first], roles[pair.second]} == {"reference", "wrong clip"}:
            break
    else:
        return None
    found = pair.difference
    if roles[pair.first] == "wrong clip":
        ends = (None, None) if found.low is None or found.high is None else (-found.high, -found.low)
        found = replace(found, value=-found.value, low=ends[0], high=ends[1])
    named = {role: name for name, role in roles.items()}
    by_rater, by_item = (_not_above(rows, named["reference"], named["wrong clip"], key) for key in ("rater", "item_id"))
    warning = ""
    if found.low is not None and found.high is not None and found.low <= 0:
        verb = "is below" if found.high < 0 else "is not told from"
        warning = (
            f"{aspect}: the human reference {verb} a text about another clip ({found.value:+.2f}"
            f" [{found.low:.2f}, {found.high:.2f}]): do not believe the other numbers before you know why."
        )
    return AnchorCheck(aspect=aspect, difference=found, p=pair.p, raters=by_rater, items=by_item, warning=warning)


def _not_above(rows: Sequence[RatedRow], reference: str, wrong: str, key: str) -> tuple[str, ...]:
    """Whose marks, or about which items marks, have the wrong clip as high as the reference; only of what was marked
    for both (choices between two texts: directly)."""
    marks: dict[str, dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    for row in rows:
        if len(row.systems) == 1:
            mark = row.number if row.described is None else towards(row, row.systems[0])
            marks[getattr(row, key)][row.systems[0]].append(mark)
        elif set(row.systems) == {reference, wrong}:
            sign = 1 if row.systems[0] == reference else -1
            marks[getattr(row, key)][reference].append(sign * row.number)
            marks[getattr(row, key)][wrong].append(0.0)
    mean = {name: {system: sum(values) / len(values) for system, values in of.items()} for name, of in marks.items()}
    return tuple(
        sorted(name for name, of in mean.items() if {reference, wrong} <= of.keys() and of[wrong] >= of[reference])
    )


def retest(aspect: str, rows: Sequence[RatedRow]) -> Retest | None:
    """Of what raters rated twice; None where nothing was."""
    pairs = repeated(rows)
    if not pairs:
        return None
    distances = [abs(towards(a, min(a.systems)) - towards(b, min(b.systems))) for a, b in pairs]
    return Retest(
        aspect=aspect,
        pairs=len(pairs),
        raters=len({a.rater for a, _ in pairs}),
        equal=sum(one < 1e-9 for one in distances) / len(pairs),
        distance=sum(distances) / len(pairs),
    )
