"""What an exam's own rule makes of an answer, beside our reading of it. Nothing here asks a network or a model."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from mudata.errors import EvaluationError
from mudata.evaluation.metrics.exam_items import ExamFacts
from mudata.evaluation.metrics.scored import OfficialReading
from mudata.evaluation.official_rules.official_rule import JudgedItem, left_out
from mudata.evaluation.official_rules.rule_registry import find_rule

if TYPE_CHECKING:
    from mudata.evaluation.kinds.question_kind import MeasuredValues
    from mudata.evaluation.official_rules.official_rule import OfficialRule
    from mudata.evaluation.run_records import QuestionRecord
    from mudata.evaluation.tasks.task import Task


def official_reading(task: Task, question: QuestionRecord, answer: str | None) -> OfficialReading | None:
    """The verdict of the task's official rule on an answer to a question; None where the task has none. An item that
    lacks what the rule looks at is left out, and its evidence says why.

    Raises UnknownName for a rule that there is not.
    """
    exam = task.exam
    if exam is None or exam.rule is None:
        return None
    return reading_by(find_rule(exam.rule), exam.rule_settings, exam.stripped(answer), question)


def reading_by(
    rule: OfficialRule, settings: Mapping[str, Any], said: str | None, question: QuestionRecord
) -> OfficialReading:
    """The verdict of any rule on what is left of an answer once the exam's lead-ins are taken off. The rule's
    `settings` come before those of the item."""
    item = JudgedItem(
        question.options,
        question.references[0],
        question.question or "",
        question.category or "",
        {**settings, **question.settings} if question.settings else settings,
    )
    try:
        verdict = rule.judge(said, item)
    except EvaluationError as error:
        verdict = left_out(f"no verdict: {error.what}")
    return OfficialReading(verdict, item, said)


def credit_of(official: OfficialReading | None) -> MeasuredValues:
    """What an open question's answer is worth; nothing is said of what its authors leave out."""
    if official is None or official.verdict.credit is None:
        return {}
    return {"credit": official.verdict.credit}


def known_faults(task: Task, question: QuestionRecord) -> tuple[str, ...]:
    """What the exam's card knows to be wrong with an item."""
    if task.exam is None or not task.exam.faults:
        return ()
    item = (question.of or question.item_id).removeprefix(f"{question.dataset}/")
    return task.exam.faults.get(item, ())


def exam_facts(task: Task) -> ExamFacts | None:
    """What decides an exam's scores; None of a task that is of no exam and has no official rule."""
    exam = task.exam
    if exam is None:
        return None
    rule = find_rule(exam.rule) if exam.rule else None
    return ExamFacts(
        version=exam.edition,
        items_sha256=exam.items_sha256,
        other_edition=bool(exam.other_sha256),
        rule=exam.rule,
        rule_title=rule.title if rule else "",
        rule_source=rule.source if rule else "",
        rule_recipe=rule.recipe if rule else "",
        strip=exam.strip,
        combine=exam.combine,
        order=task.option_order,
        prompt=task.prompt.id,
        authors_order=exam.order,
        authors_prompt=exam.prompt,
        aggregate=exam.aggregate,
        task=task.name,
    )
