"""What other exams' rules make of a run's answers, beside its own rule: how much of a score is the rule."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from mudata.catalog.cards.exam import Aggregate
from mudata.errors import EvaluationError
from mudata.evaluation.metrics.exam_scores import exam_scores
from mudata.evaluation.official_rules.rule_registry import find_rule
from mudata.evaluation.scoring.official_reading import exam_facts, reading_by

if TYPE_CHECKING:
    from mudata.evaluation.metrics.exam_items import ExamFacts
    from mudata.evaluation.metrics.scored import ScoredAnswer
    from mudata.evaluation.run import Run
    from mudata.evaluation.scoring.context import ScoringContext


def known_before(run: Run) -> list[str]:
    """The rules that the run's scores are told of by now; nothing where they cannot be read."""
    try:
        rows = (run.scores.get("exam") or {}).get("other_rules") or ()
    except EvaluationError:
        return []
    return [row["name"] for row in rows]


def other_rules(
    context: ScoringContext, scored: Sequence[ScoredAnswer], names: Iterable[str]
) -> dict[str, list[dict[str, Any]]]:
    """By dataset a row for each of these rules: what it is, its score, and where it differs from our reading.

    Items, what is taken off answers and how passes are combined are the exam's; settings that its own rule has are
    not another's. A rule that counts none of the answers has `official` None, and `why`.

    Raises UnknownName; EvaluationError for a run that asks no exam's questions.
    """
    rules = {name: find_rule(name) for name in dict.fromkeys(names)}
    exams = {dataset: facts for dataset, task in context.tasks.items() if (facts := exam_facts(task))}
    if rules and not exams:
        raise EvaluationError(
            f"{context.run.id} asks no questions of an exam, which an official rule could judge.",
            "Without --rule it is scored as it is.",
        )
    found: dict[str, list[dict[str, Any]]] = {}
    for dataset, facts in exams.items():
        own = [item for item in scored if item.dataset == dataset]
        found[dataset] = [_row(context, own, facts, name) for name in rules if name != facts.rule]
    return found


def _row(context: ScoringContext, scored: Sequence[ScoredAnswer], facts: ExamFacts, name: str) -> dict[str, Any]:
    rule, questions = find_rule(name), {question.item_id: question for question in context.questions}
    answers = []
    for item in scored:
        exam = context.tasks[item.dataset].exam
        said = exam.stripped(item.answer) if exam else item.answer
        answers.append(replace(item, official=reading_by(rule, {}, said, questions[item.clip_id])))
    told = replace(
        facts,
        rule=name,
        rule_title=rule.title,
        rule_source=rule.source,
        rule_recipe=rule.recipe,
        aggregate=Aggregate(),
    )
    row = {"name": name, "title": rule.title, "source": rule.source, "recipe": rule.recipe}
    try:
        _, record = exam_scores(context.settings.kind, answers, told)
    except EvaluationError as error:
        return {**row, "official": None, "differ": None, "why": error.what}
    differ: Mapping[str, Any] | None = record["differ"]
    return {**row, "official": record["official"], "differ": differ and {**differ, "examples": differ["examples"][:4]}}
