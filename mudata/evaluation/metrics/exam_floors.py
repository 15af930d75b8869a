"""What an exam's options give away: rules that never listen, and what each of them is worth on the items as they were
shown. A model that does no better than the best of them has shown nothing.

Every floor is a value for each item, so that it stands in paired tests as a model's answers do
(`hypothesis_tests.exchange`). Ties are shared: of two options equally long each is chosen half the time. Of an item
asked in several passes the value is the mean over passes, or what the vote of the passes is worth.
"""

from __future__ import annotations

import functools
import itertools
import math
import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from string import ascii_uppercase
from typing import TYPE_CHECKING, Literal

from mudata.evaluation.official_rules.vote_chance import vote_chance

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

FloorName = Literal["chance", "vote_chance", "position", "longest", "shortest", "overlap"]
_WORD = re.compile(r"\w+")
_MOST = 4096
"""Ways to break ties over the passes of one item that are counted out; beyond, the first of equals is taken. Ours."""


@dataclass(frozen=True, kw_only=True)
class ShownItem:
    """What one pass shows: options in the order shown, the text of the right one (which may stand there twice, or not
    at all), and the question."""

    options: tuple[str, ...]
    gold: str
    question: str = ""

    def worth(self, places: Sequence[int]) -> float:
        """What choosing one of these places at random is worth; the right option counts once, where it stands twice."""
        if len(places) == 1:
            return float(self.options[places[0]] == self.gold)
        return any(self.options[place] == self.gold for place in places) / max(1, len(places))


@dataclass(frozen=True, eq=False, kw_only=True)
class ExamFloor:
    """One rule. `values`: what it is worth for each item, shape (n,), in [0, 1]; `title` is for people, and `option`
    says which letter a constant one always names."""

    name: FloorName
    title: str
    values: NDArray[np.float64]
    option: str | None = None

    @property
    def n(self) -> int:
        return len(self.values)

    @property
    def value(self) -> float:
        return float(self.values.mean())


Picker = Callable[[ShownItem], Sequence[int]]
"""The places that a rule chooses from, each alike."""


def exam_floors(items: Sequence[Sequence[ShownItem]], *, vote: bool = False) -> list[ExamFloor]:
    """Every floor of an exam, in the order of FloorName.

    Args:
        items: the passes of each item, in the order asked; one for an exam that asks once.
        vote: the passes of an item are voted (`loo_vote`), so that rules are, too; there is a `vote_chance` then.

    Returns:
        chance is the mean of 1 / k over the passes, as authors print it.
        position: the letter that is worth most if it is always named, found on these items, which makes it hard to
        beat by luck. longest, shortest: in characters. overlap: the option with most words of the question.
        Nothing where no item has options.

    Example:
        >>> items = [[ShownItem(options=("a", "bbb", "cc"), gold="bbb")], [ShownItem(options=("dd", "e"), gold="e")]]
        >>> [(floor.title, floor.value) for floor in exam_floors(items)][:3]
        [('chance', 0.41666666666666663), ('always B', 1.0), ('longest option', 0.5)]
    """
    import numpy as np

    asked = [[one for one in passes if one.options] for passes in items]
    asked = [passes for passes in asked if passes]
    if not asked:
        return []

    def floor(name: FloorName, title: str, values: Sequence[float], option: str | None = None) -> ExamFloor:
        return ExamFloor(name=name, title=title, values=np.array(values), option=option)

    found = [floor("chance", "chance", [_mean([1 / len(one.options) for one in passes]) for passes in asked])]
    if vote:
        known: dict[tuple[int, int], float] = {}
        sizes = [(len({option for one in passes for option in one.options}), len(passes)) for passes in asked]
        for size in set(sizes):
            known[size] = vote_chance(*size, "loo_vote")
        found.append(floor("vote_chance", "chance, voted", [known[size] for size in sizes]))
    places = range(max(len(one.options) for passes in asked for one in passes))
    constants = [[_worth(passes, _always(place), vote=vote) for passes in asked] for place in places]
    best = max(places, key=lambda place: math.fsum(constants[place]))  # of equals the first
    letter = ascii_uppercase[best] if best < len(ascii_uppercase) else str(best + 1)
    found.append(floor("position", f"always {letter}", constants[best], letter))
    rules: tuple[tuple[FloorName, str, Picker], ...] = (
        ("longest", "longest option", _longest),
        ("shortest", "shortest option", _shortest),
        ("overlap", "most words of the question", _overlapping),
    )
    for name, title, rule in rules:
        found.append(floor(name, title, [_worth(passes, rule, vote=vote) for passes in asked]))
    return found


def _worth(passes: Sequence[ShownItem], rule: Picker, *, vote: bool) -> float:
    """What a rule is worth for an item: over its passes, or by their vote."""
    chosen = [(one, rule(one)) for one in passes]
    if not vote or len(passes) == 1:
        return _mean([one.worth(places) for one, places in chosen])
    numbers = {passes[0].gold: 0}
    named = [[numbers.setdefault(one.options[place], len(numbers)) for place in places] for one, places in chosen]
    return _voted(tuple(tuple(sorted(set(some))) for some in named if some))


@functools.lru_cache(maxsize=4096)
def _voted(tied: tuple[tuple[int, ...], ...]) -> float:
    """How often option 0 wins the vote, if each pass names one of its tied options: the one named most often, of equals
    the first."""
    ballots: Iterable[tuple[int, ...]] = itertools.product(*tied)
    if math.prod(map(len, tied)) > _MOST:
        ballots = [tuple(some[0] for some in tied)]
    return _mean([float(bool(ballot) and Counter(ballot).most_common(1)[0][0] == 0) for ballot in ballots])


def _mean(values: Sequence[float]) -> float:
    return math.fsum(values) / len(values)


def _always(place: int) -> Picker:
    return lambda one: [place] if place < len(one.options) else []


def _longest(one: ShownItem) -> Sequence[int]:
    return _best(one, len)


def _shortest(one: ShownItem) -> Sequence[int]:
    return _best(one, lambda option: -len(option))


def _overlapping(one: ShownItem) -> Sequence[int]:
    asked = _words(one.question)
    return _best(one, lambda option: len(asked & _words(option)))


@functools.lru_cache(maxsize=16_384)
def _words(text: str) -> frozenset[str]:
    return frozenset(_WORD.findall(text.casefold()))


def _best(one: ShownItem, measure: Callable[[str], int]) -> Sequence[int]:
    measured = [measure(option) for option in one.options]
    most = max(measured)
    return [place for place, value in enumerate(measured) if value == most]
