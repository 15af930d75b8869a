"""A scored run as it may leave the house: every answer beside its item, with what may not be told as hashes.

Answers, and what they were read as, are hashed unless they are wanted in clear. Questions, options and golds of a
dataset that its licence does not let others pass on are hashed in any case. A hash is `sha256:` and the SHA-256 of the
text in UTF-8: who has the text can check it, and a short text can be guessed from it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from string import ascii_uppercase
from typing import TYPE_CHECKING, Any

from mudata.catalog.cards import loader
from mudata.errors import MudataError
from mudata.evaluation.kinds.kind_registry import EXACT_KINDS
from mudata.evaluation.metrics.scored import headline_of
from mudata.evaluation.scoring.score import read_answers

if TYPE_CHECKING:
    from mudata.catalog.cards.schema import Card
    from mudata.evaluation.metrics.scored import ScoredAnswer
    from mudata.evaluation.run import Run
    from mudata.evaluation.run_records import QuestionRecord


@dataclass(frozen=True, kw_only=True)
class ExportedAnswer:
    """One answer. Texts are hashes where they may not be told; `gold_letter` and `chosen_letter` are None there."""

    item_id: str
    of: str
    """The item, where the answer is to a pass of it; else the same."""
    pass_number: int
    """From 0."""
    dataset: str
    clips: tuple[str, ...]
    category: str | None
    difficulty: str | None
    question: str
    options: tuple[str, ...]
    gold: tuple[str, ...]
    answer: str | None
    error: str | None
    status: str
    rule: str | None
    chosen: tuple[str, ...]
    worth: Mapping[str, float]
    """By measure, the headline first, an exam's official rule last; none for captions."""
    gold_letter: str | None
    chosen_letter: str | None

    @property
    def value(self) -> float | None:
        return next(iter(self.worth.values()), None)


class ExportedRun:
    """What is exported of a run. Raises EvaluationError where it has not been scored."""

    def __init__(self, run: Run, *, with_answers: bool) -> None:
        self.run, self.with_answers = run, with_answers
        self.settings, self.scores = run.settings, run.scores

    @cached_property
    def cards(self) -> dict[str, Card | None]:
        """The card of each dataset; None where there is none any more."""
        found: dict[str, Card | None] = {}
        for task in self.settings.tasks:
            try:
                found[task.dataset] = loader.load(task.dataset)
            except MudataError:
                found[task.dataset] = None
        return found

    def is_open(self, dataset: str) -> bool:
        """Whether the licence lets others pass on questions and golds; where there is no card it is not known."""
        card = self.cards[dataset]
        return card is not None and card.licence.redistributable

    @property
    def task(self) -> str:
        return self.settings.task

    @property
    def part(self) -> str:
        return self.settings.part or "all"

    def metrics(self, dataset: str | None = None) -> dict[str, dict[str, Any]]:
        """The scores by name, the headline first: of one dataset, or of all."""
        part = self.scores if dataset is None else self.scores["datasets"][dataset]
        found = {metric["metric"]: metric for metric in part["metrics"]}
        headline = headline_of(self.scores["kind"], found)
        return {headline: found[headline], **found}

    @cached_property
    def answers(self) -> list[ExportedAnswer]:
        questions = {question.item_id: question for question in self.run.questions()}
        prompts = {dataset: task.question.prompt for dataset, task in self.run.tasks.items()}
        return [
            self._answer(scored, questions[scored.clip_id], prompts[scored.dataset])
            for scored in read_answers(self.run)
        ]

    @cached_property
    def passes(self) -> int:
        """How many times an item was asked."""
        return max((answer.pass_number for answer in self.answers), default=0) + 1

    def _answer(self, scored: ScoredAnswer, question: QuestionRecord, prompt: str) -> ExportedAnswer:
        open_to_all = self.is_open(scored.dataset)

        def told(text: str) -> str:
            return text if open_to_all else hashed(text)

        open_reading = open_to_all and self.with_answers
        read = scored.alignment
        chosen = read.labels if read else ()
        worth: dict[str, float] = {}
        if scored.worth is not None:
            worth = {name: float(value) for name, value in scored.worth.items() if value is not None}
        elif read is not None:
            worth = {"accuracy": float(scored.right)}
        if scored.official and (credit := scored.official.verdict.credit) is not None:
            worth["official"] = credit
        own_words = self.settings.kind in EXACT_KINDS  # what labels and captions are asked by is nobody's exam
        answer = scored.answer
        return ExportedAnswer(
            item_id=scored.clip_id,
            of=question.of or scored.clip_id,
            pass_number=question.pass_number or 0,
            dataset=scored.dataset,
            clips=question.clip_ids,
            category=scored.category,
            difficulty=scored.difficulty,
            question=told(question.prompt or prompt) if own_words else question.prompt or prompt,
            options=tuple(map(told, question.options)),
            gold=tuple(map(told, scored.references)),
            answer=answer if answer is None or self.with_answers else hashed(answer),
            error=scored.error if answer is None else None,
            status=scored.outcome,
            rule=read.rule_id if read else None,
            chosen=chosen if open_reading else tuple(map(hashed, chosen)),
            worth=worth,
            gold_letter=_letter(question.options, scored.references) if open_to_all else None,
            chosen_letter=_letter(question.options, chosen) if open_reading else None,
        )


def hashed(text: str) -> str:
    """A text that is not told.

    Example:
        >>> hashed("violin")[:23]
        'sha256:00e3e584e242f926'
    """
    return f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"


def _letter(options: tuple[str, ...], texts: tuple[str, ...]) -> str | None:
    """The letter of the one option that is meant."""
    if len(texts) != 1 or texts[0] not in options or len(options) > len(ascii_uppercase):
        return None
    return ascii_uppercase[options.index(texts[0])]
