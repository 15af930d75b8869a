"""What is wrong with an exam before anybody sits it: items whose options give the answer away, cannot be told apart, or
lack the right one. Pure functions over published items; nothing is mended here.

Lengths are counted in characters, tokens are words of letters and digits in lower case.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

_TOKEN = re.compile(r"\b\w+\b")
_LABELLED = re.compile(r"\(?[A-Za-z][.:)]")
SKEWED = 0.001
"""p of the places of the right option being equally likely, below which they are called skewed (our choice)."""
EXAMPLES = 5


class LintedItem(NamedTuple):
    """An item as it was published: options and question to the letter, the gold the text of the right option."""

    item_id: str
    question: str
    options: tuple[str, ...]
    gold: str
    clips: tuple[str, ...] = ()
    placed: bool = True
    """The exam publishes the options in the order in which they are shown; else the right one stands apart."""


@dataclass(frozen=True, kw_only=True)
class LintFinding:
    """One thing that is wrong, or worth knowing.

    `n` items have it, of which `of_gold` have it at the right option (None where it is not about options). `level`: an
    'error' makes a right answer impossible or ambiguous, a 'warning' helps or hurts those who do not listen, a 'note'
    says what an exam is like. `ids` are the first that have it.
    """

    name: str
    level: str
    text: str
    n: int
    of_gold: int | None
    ids: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class ItemLint:
    """What an exam's items are like.

    `clips` are heard in all, `on_shared_clips` items have one that another item has too; `questions` differ in more
    than capitals and blanks. `places` counts at which place the right option stands as published (none where it stands
    apart), `place_p` is the p of all places being equally likely, `sizes` how many options items have. `longest` and
    `shortest` are the accuracies of always choosing the longest and the shortest option, ties shared; `place` that of
    the best constant place; `chance` the mean of 1 / options. None where nothing can be said.
    """

    n: int
    clips: int
    on_shared_clips: int
    questions: int
    sizes: tuple[tuple[int, int], ...]
    places: tuple[int, ...]
    place_p: float | None
    chance: float | None
    longest: float | None
    shortest: float | None
    place: float | None
    faults: tuple[LintFinding, ...]

    @property
    def wrong(self) -> tuple[LintFinding, ...]:
        """Faults that make a right answer impossible or ambiguous."""
        return tuple(fault for fault in self.faults if fault.level == "error")


def lint(items: Sequence[LintedItem]) -> ItemLint:
    """Everything worth knowing of an exam's items.

    Args:
        items: as published; those without options are looked at for doubled ids and clips alone.

    Example:
        >>> found = lint([LintedItem("1", "Which?", ("Tom-Tom", "Tom-tom", "Snare"), "Snare", ("a.wav",))])
        >>> [(fault.name, fault.n, fault.of_gold) for fault in found.faults]
        [('equal_but_case', 1, 0), ('same_words', 1, 0), ('one_inside_another', 1, 0)]
        >>> found.shortest, found.longest
        (1.0, 0.0)
    """
    chosen = [item for item in items if item.options]
    heard = Counter(clip for item in items for clip in set(item.clips))
    placed = [item for item in chosen if item.placed]
    places = Counter(item.options.index(item.gold) for item in placed if item.gold in item.options)
    most = max((len(item.options) for item in placed), default=0)
    counted = tuple(places[place] for place in range(most))
    return ItemLint(
        n=len(items),
        clips=len(heard),
        on_shared_clips=sum(any(heard[clip] > 1 for clip in item.clips) for item in items),
        questions=len({" ".join(item.question.casefold().split()) for item in items}),
        sizes=tuple(sorted(Counter(len(item.options) for item in chosen).items())),
        places=counted,
        place_p=_skew(placed),
        chance=_mean(1 / len(item.options) for item in chosen),
        longest=_mean(extreme(item, max) for item in chosen),
        shortest=_mean(extreme(item, min) for item in chosen),
        place=max(counted) / len(placed) if placed else None,
        faults=tuple(_faults(items, chosen)),
    )


def extreme(item: LintedItem, which: Callable[[Iterable[int]], int]) -> float:
    """What choosing the longest (`max`) or shortest (`min`) option is worth on average: one in as many as are equally
    long."""
    length = which(len(option) for option in item.options)
    alike = [option for option in item.options if len(option) == length]
    return (item.gold in alike) / len(alike)


def _mean(values: Iterable[float]) -> float | None:
    found = list(values)
    return sum(found) / len(found) if found else None


def _skew(items: Sequence[LintedItem]) -> float | None:
    """p of a chi-square test that the right option stands at each place equally often, among the items of the commonest
    number of options. None where too few are expected at a place (5, Cochran 1954) or places were not published."""
    from scipy.special import chdtrc

    if not items:
        return None
    (size, n), *_ = Counter(len(item.options) for item in items).most_common(1)
    if size < 2 or n / size < 5:
        return None
    alike = [item for item in items if len(item.options) == size and item.gold in item.options]
    found = Counter(item.options.index(item.gold) for item in alike)
    chi2 = sum((found[place] - len(alike) / size) ** 2 / (len(alike) / size) for place in range(size)) if alike else 0
    return float(chdtrc(size - 1, chi2))


_Told = Callable[[LintedItem], "tuple[bool, bool | None]"]
"""Whether an item has a fault, and whether its right option does."""


def _faults(items: Sequence[LintedItem], chosen: Sequence[LintedItem]) -> Iterable[LintFinding]:
    ids = Counter(item.item_id for item in items)
    asked = Counter((item.clips, item.question) for item in items if item.clips)
    whole: tuple[tuple[str, str, str, _Told], ...] = (
        ("doubled_id", "error", "another item has the same id", lambda item: (ids[item.item_id] > 1, None)),
        (
            "doubled_question",
            "warning",
            "another item asks the same of the same clips",
            lambda item: (bool(item.clips) and asked[item.clips, item.question] > 1, None),
        ),
    )
    for given, checks in ((items, whole), (chosen, _CHECKS)):
        for name, level, text, told in checks:
            found = [(item.item_id, gold) for item in given for has, gold in (told(item),) if has]
            if found:
                yield LintFinding(
                    name=name,
                    level=level,
                    text=text,
                    n=len(found),
                    of_gold=None if found[0][1] is None else sum(bool(gold) for _, gold in found),
                    ids=tuple(item_id for item_id, _ in found[:EXAMPLES]),
                )


def _alike(spelled: Callable[[str], object]) -> _Told:
    """Options that are the same as another one, spelled in some way."""

    def told(item: LintedItem) -> tuple[bool, bool | None]:
        counts = Counter(map(spelled, item.options))
        return max(counts.values()) > 1, counts[spelled(item.gold)] > 1

    return told


def _tokens(option: str) -> frozenset[str]:
    return frozenset(_TOKEN.findall(option.lower()))


def _within(option: str, other: str) -> bool:
    """Whether an option is contained in another text, capitals aside; an empty one is in all."""
    return option != other and option.lower() in other.lower()


def _inside(item: LintedItem) -> tuple[bool, bool | None]:
    gold = _is_within(item) or _holds(item)
    return gold or any(_within(a, b) for a in item.options for b in item.options), gold


def _is_within(item: LintedItem) -> bool:
    """Whether the right option is contained in a wrong one."""
    return item.gold in item.options and any(_within(item.gold, other) for other in item.options)


def _holds(item: LintedItem) -> bool:
    """Whether a wrong option is contained in the right one."""
    return item.gold in item.options and any(_within(other, item.gold) for other in item.options)


def _gold_words(item: LintedItem) -> tuple[bool, bool | None]:
    return bool(item.gold.strip()) and item.gold.lower() in item.question.lower(), None


_CHECKS: tuple[tuple[str, str, str, _Told], ...] = (
    ("no_gold", "error", "the right answer is none of the options", lambda item: (item.gold not in item.options, None)),
    (
        "empty_option",
        "error",
        "an option is empty",
        lambda item: (not all(map(str.strip, item.options)), not item.gold.strip()),
    ),
    ("doubled_option", "error", "an option stands there twice", _alike(str)),
    ("equal_but_case", "error", "two options are the same but for capitals", _alike(str.casefold)),
    ("same_words", "warning", "two options have the same words, in whatever order", _alike(_tokens)),
    ("one_inside_another", "warning", "an option is contained in another", _inside),
    ("gold_inside", "warning", "the right option is contained in a wrong one", lambda item: (_is_within(item), None)),
    ("inside_gold", "warning", "a wrong option is contained in the right one", lambda item: (_holds(item), None)),
    (
        "letter_in_option",
        "warning",
        "an option begins like the label of one ('B: ...'); labelled: true in the card takes it off",
        lambda item: (any(map(_LABELLED.match, item.options)), bool(_LABELLED.match(item.gold))),
    ),
    (
        "blank_ends",
        "note",
        "an option has blanks around it",
        lambda item: (any(option != option.strip() for option in item.options), item.gold != item.gold.strip()),
    ),
    ("gold_in_question", "warning", "the question contains the right option", _gold_words),
    (
        "yes_or_no",
        "note",
        "the options are yes and no",
        lambda item: ({option.lower().strip(" .") for option in item.options} == {"yes", "no"}, None),
    ),
)
