"""Scores of an exam: our reading and its authors' rule beside each other, over the same items.

An item counts once, however often it is asked: by our reading as the mean of its passes, by the official rule as its
authors combine them. What a rule draws at random is its expectation here, between what luck could make of it at least
and at most; what its authors leave out is out of the official n, and told. Intervals count items of one cluster
together.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from mudata.errors import EvaluationError
from mudata.evaluation.metrics.estimates import metric
from mudata.evaluation.metrics.exam_floors import exam_floors
from mudata.evaluation.metrics.exam_items import (
    ExamFacts,
    ExamItem,
    by_group,
    clusters_of_items,
    exam_items,
    mean_of,
    metric_row,
    official_of,
    options_of,
    shown_passes,
    worth_of,
)
from mudata.evaluation.metrics.exam_passes import all_right, consistent, passes_row
from mudata.evaluation.metrics.intervals import symmetric
from mudata.evaluation.metrics.jackknife import Jackknife

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from mudata.evaluation.metrics.scored import Metric, ScoredAnswer

    Floats = NDArray[np.float64]

FEW = 30
"""Groups of fewer items are marked."""
EXAMPLES = 20
IMPORTED = "imported"
"""The prompt of answers that another program asked for."""
_LONGEST = 300
"""Characters of an answer that is told."""
_OFFICIAL = "official rule / items that it counts"


def exam_scores(kind: str, scored: Sequence[ScoredAnswer], facts: ExamFacts) -> tuple[list[Metric], dict[str, Any]]:
    """What scores.json has of an exam: metrics that go with the run's own, and the part `exam`.

    Args:
        kind: of its questions.
        scored: answers, with the official verdicts where there is a rule.
        facts: of the exam.

    Raises:
        EvaluationError: there is no answer, or passes cannot be combined.
    """
    items = exam_items(scored, facts, is_open=kind == "open")
    several = any(len(item.passes) > 1 for item in items)
    ours, lenient = _ours(items), _lenient(items)
    official = _official(items, facts)
    same, right = (consistent(items), all_right(items)) if several and ours else (None, None)
    told = [official, *([ours] if several else []), lenient, same, right]
    record = {
        "version": facts.version,
        "items_sha256": dict(facts.items_sha256) or None,
        "other_edition": facts.other_edition,
        "rule": _rule(facts),
        "protocol": _protocol(facts),
        "n": len(items),
        "passes_asked": len(scored),
        "ours": metric_row(ours),
        "lenient": metric_row(lenient),
        "official": _official_row(official, items, facts),
        "aggregate": metric_row(_aggregate(items, facts)),
        "differ": _differ(scored) if official and ours else None,
        "passes": passes_row(items, facts, same, right) if ours else None,
        "groups": [_group(by, name, some, facts) for (by, name), some in by_group(items).items()],
        "faults": _faults(items, facts),
        "floors": _floors(items, facts),
    }
    return [one for one in told if one is not None], record


def _rule(facts: ExamFacts) -> dict[str, Any] | None:
    if facts.rule is None:
        return None
    return {
        "name": facts.rule,
        "title": facts.rule_title,
        "source": facts.rule_source,
        "recipe": facts.rule_recipe,
        "strip": list(facts.strip),
        "combine": facts.combine,
    }


def _protocol(facts: ExamFacts) -> dict[str, Any]:
    """What was asked beside what its authors ask; `same` says whether that is one, None where it is not known."""
    orders, prompts = (facts.order, facts.authors_order), (facts.prompt, facts.authors_prompt)
    unknown = facts.prompt == IMPORTED and facts.authors_prompt is not None
    return {
        "order": facts.order,
        "prompt": facts.prompt,
        "authors_order": facts.authors_order,
        "authors_prompt": facts.authors_prompt,
        "same": None if unknown else all(theirs in (None, asked) for asked, theirs in (orders, prompts)),
    }


def _ours(items: Sequence[ExamItem]) -> Metric | None:
    return mean_of("item_accuracy", items, lambda item: item.ours, "our reading, mean over an item's passes / items")


def _lenient(items: Sequence[ExamItem]) -> Metric | None:
    recipe = "as our reading, any mention of the right option that is not denied counted / items"
    return mean_of("lenient_mention", items, lambda item: item.lenient, recipe)


def _official(items: Sequence[ExamItem], facts: ExamFacts) -> Metric | None:
    if facts.rule is None:
        return None
    stripped = f", without {', '.join(map(repr, facts.strip))} before answers" if facts.strip else ""
    passes = f", passes combined by {facts.combined_by}" if any(len(item.passes) > 1 for item in items) else ""
    recipe = f"official rule {facts.rule}{stripped}{passes} / items that it counts"
    found = official_of(items, facts, recipe)
    if found is None:
        why = next((f" ({item.item}: {item.official.evidence})" for item in items if item.official), "")
        raise EvaluationError(
            f"The rule {facts.rule} leaves every answer out: there is nothing that it counts{why}.",
            "Look at the answers with mudata show, and at the rule in docs/official_rules.md.",
        )
    return found


def _official_row(official: Metric | None, items: Sequence[ExamItem], facts: ExamFacts) -> dict[str, Any] | None:
    """The authors leave out `n_dropped` items, and `answers_dropped` beside the `answers` that they count. `all` counts
    as wrong what the score leaves out. `lowest` and `highest` are what luck could make of what the rule draws; both
    None where it draws nothing."""
    if official is None:
        return None
    counted = [item.official for item in items if item.official and item.official.credit is not None]
    answers, asked = sum(len(item.counted) for item in items), sum(len(item.passes) for item in items)
    share = answers / asked if facts.pools else len(counted) / len(items)
    low, high = (sum(ends) / len(counted) for ends in ([v.low for v in counted], [v.high for v in counted]))
    drawn = any(verdict.low < verdict.high for verdict in counted)
    return {
        **asdict(official),
        "n_dropped": len(items) - len(counted),
        "answers": answers,
        "answers_dropped": asked - answers,
        "all": official.value * share,
        "drawn": sum(verdict.low < verdict.high for verdict in counted),
        "lowest": low if drawn else None,
        "highest": high if drawn else None,
    }


def _differ(scored: Sequence[ScoredAnswer]) -> dict[str, Any]:
    """Answers that our reading and the official rule take otherwise: right by one of them alone, in part, or left out;
    the first of each."""
    sorts: dict[str, list[ScoredAnswer]] = {"official_only": [], "ours_only": [], "in_part": [], "dropped": []}
    for answer in scored:
        if answer.official is None:
            continue
        credit, ours = answer.official.verdict.credit, worth_of(answer)
        if credit is None:
            sorts["dropped"].append(answer)
        elif credit != ours:
            sort = "official_only" if (credit, ours) == (1.0, 0.0) else "ours_only" if credit == 0.0 else "in_part"
            sorts[sort].append(answer)
    counts = {sort: len(some) for sort, some in sorts.items()}
    share = EXAMPLES // len(sorts)
    told = [answer for some in sorts.values() for answer in some[:share]]
    return {"n": sum(counts.values()), "of": len(scored), **counts, "examples": [_example(one) for one in told]}


def _example(answer: ScoredAnswer) -> dict[str, Any]:
    official = answer.official
    return {
        "item": answer.clip_id,
        "answer": None if answer.answer is None else answer.answer[:_LONGEST],
        "gold": answer.references[0],
        "ours": answer.outcome,
        "label": answer.counted_labels[0] if answer.counted_labels else None,
        "official": official.verdict.credit if official else None,
        "chosen": official.verdict.chosen if official else None,
        "evidence": official.verdict.evidence if official else None,
    }


def _group(by: str, name: str, items: Sequence[ExamItem], facts: ExamFacts) -> dict[str, Any]:
    ours, official = _ours(items), official_of(items, facts, _OFFICIAL)
    chances = [1 / len(options) for item in items if (options := options_of(item.first))]
    return {
        "by": by,
        "name": name,
        "n": len(items),
        "few": len(items) < FEW,
        "ours": metric_row(ours),
        "official": metric_row(official) if facts.rule else None,
        "chance": sum(chances) / len(chances) if chances else None,
    }


def _faults(items: Sequence[ExamItem], facts: ExamFacts) -> dict[str, Any]:
    """How many items have something known to be wrong, by what it is, and the scores over those that have nothing."""
    faulty = [item.faults for item in items]
    sound = [item for item, faults in zip(items, faulty, strict=True) if not faults]
    without = {
        "n": len(sound),
        "ours": metric_row(_ours(sound)),
        "official": metric_row(official_of(sound, facts, _OFFICIAL) if facts.rule else None),
    }
    counts = Counter(fault for faults in faulty for fault in faults)
    return {"n": sum(map(bool, faulty)), "by_kind": dict(sorted(counts.items())), "without": without}


def _floors(items: Sequence[ExamItem], facts: ExamFacts) -> list[dict[str, Any]]:
    """What rules that never listen reach on the passes as they were shown."""
    vote = facts.combine == "loo_vote" and facts.order == "leave-one-out"
    return [
        {"name": floor.name, "title": floor.title, "value": floor.value, "n": floor.n, "option": floor.option}
        for floor in exam_floors(shown_passes(item.passes for item in items), vote=vote)
    ]


def _aggregate(items: Sequence[ExamItem], facts: ExamFacts) -> Metric | None:
    """The one number of the exam's authors, where it is another than the mean of its items."""
    import numpy as np

    wanted = facts.aggregate
    if facts.rule is None or (wanted.kind == "micro" and not wanted.base):
        return None
    counted = [item for item in items if item.credit is not None]
    by = wanted.by or "category"
    named = [_names(item, by, facts) for item in counted]
    groups = sorted({name for names in named for name in names})
    if not groups:
        return None
    columns = np.zeros((len(counted), 2 * len(groups)))
    for row, (item, names) in enumerate(zip(counted, named, strict=True)):
        for name in names:
            columns[row, groups.index(name)] = item.credit
            columns[row, len(groups) + groups.index(name)] = 1
    base = np.array([wanted.base.get(name, 0.0) for name in groups])

    def of_sums(sums: Floats) -> Floats:
        over, under = sums[:, : len(groups)], sums[:, len(groups) :]
        means = (np.divide(over, under, out=np.zeros_like(over), where=under > 0) - base) / (1 - base)
        weights = under if wanted.kind == "micro" else (under > 0).astype(np.float64)
        return np.asarray((means * weights).sum(1) / np.maximum(1e-12, weights.sum(1)))

    found = Jackknife.statistic(columns, of_sums, clusters_of_items(counted))
    above = "; (value - base) / (1 - base) of each" if wanted.base else ""
    over = "mean over items" if wanted.kind == "micro" else f"mean over {len(groups)} groups"
    recipe = f"official rule {facts.rule} by {by}{above}, {over}"
    return metric("aggregate", found.value, symmetric(found), len(counted), recipe)


def _names(item: ExamItem, by: str, facts: ExamFacts) -> tuple[str, ...]:
    if by == "task":
        return (facts.task,)
    if by == "difficulty":
        return (item.first.difficulty or "(none)",)
    return item.first.categories or (item.first.category or "(none)",)
