"""Answers to the items of an exam: passes of one item put together, by our reading and by the official rule."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

from mudata.evaluation.metrics.estimates import mean, ratio
from mudata.evaluation.metrics.exam_floors import ShownItem
from mudata.evaluation.metrics.jackknife import ClusteredClips
from mudata.evaluation.official_rules.combine import combine

if TYPE_CHECKING:
    from mudata.catalog.cards.exam import Aggregate, Combine, OptionOrder
    from mudata.evaluation.metrics.scored import Metric, ScoredAnswer
    from mudata.evaluation.official_rules.official_rule import Verdict


@dataclass(frozen=True, kw_only=True)
class ExamFacts:
    """What of an exam's task decides its scores, as the run has it.

    `version` None, and no `items_sha256`: not known; `other_edition`: of no file that the card names. `rule` None: no
    official one, ours alone. `order` and `prompt` are what was asked, those of the authors beside them.
    """

    version: str | None = ""
    items_sha256: Mapping[str, str] = field(default_factory=dict)
    other_edition: bool = False
    rule: str | None = None
    rule_title: str = ""
    rule_source: str = ""
    rule_recipe: str = ""
    strip: tuple[str, ...] = ()
    combine: Combine = "none"
    order: OptionOrder = "stored"
    prompt: str = ""
    authors_order: OptionOrder | None = None
    authors_prompt: str | None = None
    aggregate: Aggregate
    task: str = ""

    @property
    def combined_by(self) -> Combine:
        """How several passes are combined; an exam that asks once says nothing of that: their mean."""
        return "mean" if self.combine == "none" else self.combine

    @property
    def pools(self) -> bool:
        """Answers of all passes are counted together."""
        return self.combined_by == "mean"


class ExamItem(NamedTuple):
    """One item: its passes in the order asked, and what they are worth in all."""

    item: str
    passes: tuple[ScoredAnswer, ...]
    ours: float | None
    """Mean over passes of our measure; None of an open question."""
    lenient: float | None
    """The same, any mention of the right option that is not denied counted."""
    official: Verdict | None
    """None without an official rule."""
    counted: tuple[float, ...]
    """What the official rule makes of the passes that it counts."""

    @property
    def first(self) -> ScoredAnswer:
        return self.passes[0]

    @property
    def credit(self) -> float | None:
        """None where its authors leave it out, or have no rule."""
        return self.official.credit if self.official else None

    @property
    def faults(self) -> tuple[str, ...]:
        """What is known to be wrong with it, by its exam's card and as its options show."""
        return tuple(dict.fromkeys((*self.first.faults, *option_faults(self.passes))))


def exam_items(scored: Sequence[ScoredAnswer], facts: ExamFacts, *, is_open: bool) -> list[ExamItem]:
    """The items in the order asked.

    Raises EvaluationError as `combine` does.
    """
    by_item: defaultdict[tuple[str, str], list[ScoredAnswer]] = defaultdict(list)
    for answer in scored:
        by_item[answer.dataset, answer.of or answer.clip_id].append(answer)
    return [_item(item, passes, facts, is_open=is_open) for (_, item), passes in by_item.items()]


def _item(item: str, passes: list[ScoredAnswer], facts: ExamFacts, *, is_open: bool) -> ExamItem:
    official = None
    judged = [answer.official for answer in passes if answer.official is not None]
    counted = tuple([one.verdict.credit for one in judged if one.verdict.credit is not None])
    if judged:
        pairs = [(one.verdict, one.item) for one in judged]
        if len(pairs) == 1 and facts.combine == "none":
            official = pairs[0][0]
        else:
            answers = [one.answer for one in judged]
            official = combine(facts.combined_by, pairs, passes[0].references[0], answers)
    if is_open:
        return ExamItem(item, tuple(passes), None, None, official, counted)
    n, worth = len(passes), [worth_of(answer) for answer in passes]
    lenient = [value if value >= 1.0 else _lenient(answer, value) for answer, value in zip(passes, worth, strict=True)]
    return ExamItem(item, tuple(passes), sum(worth) / n, sum(lenient) / n, official, counted)


def worth_of(answer: ScoredAnswer) -> float:
    """What it is worth by the headline of its kind."""
    return next(iter(answer.worth.values()), 0.0) if answer.worth else 0.0


def _lenient(answer: ScoredAnswer, worth: float) -> float:
    mentioned = answer.alignment is not None and answer.references[0] in answer.alignment.positives
    return max(worth, float(mentioned and _may_be_right(answer)))


def _may_be_right(answer: ScoredAnswer) -> bool:
    options = answer.asked.shown.options if answer.asked else ()
    return not options or answer.references[0] in options


def option_faults(passes: Sequence[ScoredAnswer]) -> list[str]:
    """What is wrong with the options of an item, over its passes: the right one is none of them, or stands there twice;
    another one does; one is empty; two are the same but for case."""
    found: list[str] = []
    gold, sound = passes[0].references[0], None
    for options in dict.fromkeys(answer.asked.shown.options for answer in passes if answer.asked):
        some = frozenset(options)
        if not options or (some == sound and len(options) == len(some)):  # the same in another order
            continue
        if len(some) == len(options) and gold in some and _all_differ(some):
            sound = some
            continue
        counts = Counter(options)
        if gold not in counts:
            found.append("gold-missing")
        if counts[gold] > 1:
            found.append("gold-doubled")
        if any(n > 1 for option, n in counts.items() if option != gold):
            found.append("option-doubled")
        if any(not option.strip() for option in counts):
            found.append("option-empty")
        if len({option.casefold() for option in counts}) < len(counts):
            found.append("options-alike")
    return sorted(set(found))


def _all_differ(options: Collection[str]) -> bool:
    """Whether none is empty and no two are the same but for case."""
    return all(map(str.strip, options)) and len(set(map(str.casefold, options))) == len(options)


def by_group(items: Sequence[ExamItem]) -> Mapping[tuple[str, str], list[ExamItem]]:
    """Items by category (each of several) and by difficulty, in the order of names."""
    found: dict[tuple[str, str], list[ExamItem]] = {}
    for item in items:
        for group in groups_of(item.first):
            found.setdefault(group, []).append(item)
    return dict(sorted(found.items()))


def groups_of(answer: ScoredAnswer) -> Iterator[tuple[str, str]]:
    """What an item is counted under, as ("category", name) for each of its categories and ("difficulty", name)."""
    for name in dict.fromkeys(answer.categories or ((answer.category,) if answer.category else ())):
        yield "category", name
    if answer.difficulty:
        yield "difficulty", answer.difficulty


def metric_row(one: Metric | None) -> dict[str, Any] | None:
    return None if one is None else asdict(one)


def clusters_of_items(items: Sequence[ExamItem]) -> ClusteredClips:
    return ClusteredClips.named([item.first.cluster for item in items])


def mean_of(name: str, items: Sequence[ExamItem], of: Callable[[ExamItem], float | None], recipe: str) -> Metric | None:
    """Over the items that it says something of; None where there is none."""
    import numpy as np

    known = [(item, value) for item in items if (value := of(item)) is not None]
    if not known:
        return None
    return mean(name, np.array([value for _, value in known]), recipe, clusters_of_items([item for item, _ in known]))


def official_of(items: Sequence[ExamItem], facts: ExamFacts, recipe: str, name: str = "official") -> Metric | None:
    """The official score of some items; None where the rule counts none of them.

    Where the authors take the mean they take it over all answers that they count, so an item weighs as many as it has.
    """
    import numpy as np

    known = [item for item in items if item.credit is not None]
    if not known:
        return None
    weights = np.array([float(len(item.counted)) if facts.pools else 1.0 for item in known])
    credit = weights * np.array([item.credit for item in known], dtype=np.float64)
    return ratio(name, credit, weights, recipe, clusters_of_items(known))


def shown_passes(items: Iterable[Sequence[ScoredAnswer]]) -> list[list[ShownItem]]:
    """What the passes of each item showed, for `exam_floors`."""
    return [
        [ShownItem(options_of(answer), answer.references[0], answer.question or "") for answer in passes]
        for passes in items
    ]


def options_of(answer: ScoredAnswer) -> tuple[str, ...]:
    return answer.asked.shown.options if answer.asked else ()
