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
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, NamedTuple, Self

from mudata.evaluation.metrics.position_bias import place_names
from mudata.evaluation.official_rules.vote_chance import chance_of_shown

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Places = NDArray[np.intp]

FloorName = Literal["chance", "vote_chance", "position", "longest", "shortest", "overlap"]
_WORD = re.compile(r"\w+")
_MOST = 4096
"""Ways to break ties over the passes of one item that are counted out; beyond, the first of equals is taken. Ours."""


class ShownItem(NamedTuple):
    """What one pass shows: options in the order shown, the text of the right one (which may stand there twice, or not
    at all), and the question."""

    options: tuple[str, ...]
    gold: str
    question: str = ""


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


def exam_floors(items: Sequence[Sequence[ShownItem]], *, vote: bool = False) -> list[ExamFloor]:
    """Every floor of an exam, in the order of FloorName.

    Args:
        items: the passes of each item, in the order asked; one for an exam that asks once.
        vote: the passes of an item are voted (`loo_vote`), so that rules are, too; there is a `vote_chance` then,
        unless an item has too many options to count it out.

    Returns:
        chance is the mean of 1 / k over the passes, as authors print it.
        position: the letter that is worth most if it is always named, found on these items, which makes it hard to
        beat by luck. longest, shortest: in characters. overlap: the option with most words of the question, where
        any is known. Nothing where no item has options.

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
        voted = [known for passes in asked if (known := chance_of_shown(_numbered(passes))) is not None]
        if len(voted) == len(asked):
            found.append(floor("vote_chance", "chance, voted", voted))
    shown = _ShownOptions.of(asked)
    worth = shown.voted if vote else shown.worth
    places = range(int(shown.counts.max()))
    constants = [worth(shown.places == place) for place in places]
    best = max(places, key=lambda place: math.fsum(constants[place]))  # of equals the first
    letter = place_names(best + 1)[best]
    found.append(floor("position", f"always {letter}", constants[best], letter))
    lengths = np.array([len(option) for one in shown.passes for option in one.options])
    rules: list[tuple[FloorName, str, Places]] = [
        ("longest", "longest option", lengths),
        ("shortest", "shortest option", -lengths),
    ]
    if any(one.question for one in shown.passes):
        rules.append(("overlap", "most words of the question", _overlaps(shown.passes)))
    for name, title, measured in rules:
        found.append(floor(name, title, worth(shown.most(measured))))
    return found


class _ShownOptions(NamedTuple):
    """The options of all passes of all items, one after the other. A rule is a mask over them, shape (options,): of
    each pass it chooses one of those that are True, each alike; none where there is none."""

    items: Sequence[Sequence[ShownItem]]
    passes: Sequence[ShownItem]
    counts: Places
    """Of options of each pass, shape (passes,), and where they begin."""
    starts: Places
    places: Places
    """Of each option in its pass, from 0."""
    right: NDArray[np.bool_]

    @classmethod
    def of(cls, items: Sequence[Sequence[ShownItem]]) -> Self:
        import numpy as np

        passes = [one for some in items for one in some]
        counts = np.array([len(one.options) for one in passes])
        starts = np.cumsum(counts) - counts
        places = np.arange(counts.sum()) - np.repeat(starts, counts)
        right = np.array([option == one.gold for one in passes for option in one.options], dtype=np.bool_)
        return cls(items, passes, counts, starts, places, right)

    def most(self, measured: Places) -> NDArray[np.bool_]:
        """Those of each pass that no other exceeds. measured: of each option."""
        import numpy as np

        return np.asarray(measured == np.repeat(np.maximum.reduceat(measured, self.starts), self.counts))

    def worth(self, chosen: NDArray[np.bool_]) -> list[float]:
        """What a rule is worth for each item, as the mean over its passes; the right option counts once, where it
        stands twice."""
        import numpy as np

        right = np.logical_or.reduceat(chosen & self.right, self.starts)
        of_pass = (right / np.maximum(1, np.add.reduceat(chosen, self.starts, dtype=np.intp))).tolist()
        ends = list(itertools.accumulate(map(len, self.items)))
        return [_mean(of_pass[begin:end]) for begin, end in itertools.pairwise([0, *ends])]

    def voted(self, chosen: NDArray[np.bool_]) -> list[float]:
        """What it is worth by the vote of the passes of each item."""
        import numpy as np

        of_pass = iter(np.split(self.places[chosen], np.cumsum(np.add.reduceat(chosen, self.starts, dtype=np.intp))))
        found, alone = [], self.worth(chosen)
        for passes, worth in zip(self.items, alone, strict=True):
            named = _numbered(passes, [next(of_pass).tolist() for _ in passes])
            tied = tuple(tuple(sorted(set(some))) for some in named if some)
            found.append(worth if len(passes) == 1 else _voted(tied))
        return found


def _numbered(passes: Sequence[ShownItem], places: Sequence[Sequence[int]] = ()) -> tuple[tuple[int, ...], ...]:
    """Options of the passes of an item, all or those at some places of each, by number in sorted order: 0 is the right
    one, options of one text have one number, and what differs in the order of options alone has the same numbers."""
    of = places or [range(len(one.options)) for one in passes]
    named = [[one.options[place] for place in some] for one, some in zip(passes, of, strict=True)]
    gold, texts = passes[0].gold, {text for some in named for text in some}
    wrong = sorted(texts - {gold}, key=lambda text: [some.count(text) for some in named])
    numbers = {gold: 0, **{text: number for number, text in enumerate(wrong, 1)}}
    return tuple(tuple(sorted(numbers[text] for text in some)) for some in named)


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


def _overlaps(passes: Sequence[ShownItem]) -> Places:
    """How many words each option shares with the question."""
    import numpy as np

    shared: list[int] = []
    for one in passes:
        asked = _words(one.question)
        shared += [len(asked & _words(option)) for option in one.options]
    return np.array(shared)


@functools.lru_cache(maxsize=16_384)
def _words(text: str) -> frozenset[str]:
    return frozenset(_WORD.findall(text.casefold()))
