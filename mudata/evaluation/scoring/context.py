"""All that a scoring reads, loaded once:
settings, tasks, label sets, questions, answers, overrides."""

from __future__ import annotations

import contextlib
import gc
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from mudata.catalog.cards import loader
from mudata.catalog.item_clusters import item_cluster_ids
from mudata.errors import EvaluationError, MudataError
from mudata.evaluation.align.aligner import align
from mudata.evaluation.align.thoughts import without_thoughts
from mudata.evaluation.kinds.kind_registry import EXACT_KINDS, kind_of
from mudata.evaluation.metrics.scored import ScoredAnswer
from mudata.evaluation.scoring import overrides
from mudata.evaluation.scoring.official_reading import credit_of, known_faults, official_reading
from mudata.evaluation.tasks.task import Task, bind
from mudata.json_files import damaged

if TYPE_CHECKING:
    from mudata.evaluation.align.alignment import Alignment
    from mudata.evaluation.align.label_set import LabelSet
    from mudata.evaluation.kinds.question_kind import AskedItem
    from mudata.evaluation.run import Run
    from mudata.evaluation.run_records import AnswerRecord, QuestionRecord
    from mudata.evaluation.run_settings import RunSettings
    from mudata.evaluation.scoring.overrides import Override


@contextlib.contextmanager
def uncollected() -> Iterator[None]:
    """Without the collector of cycles, of which reading and scoring make none: of 40,000 answers it would look at every
    one again and again, for a third of the time; and once more when it is let loose, if they are still there then."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()


class LabelSetInUse(NamedTuple):
    """The label set that a dataset's answers are read
    with (None for captions and values), and where it is from."""

    label_set: LabelSet | None
    source: str
    """'card', or 'run' where the card no longer has the labels that the model was shown."""


@dataclass(frozen=True, kw_only=True)
class ScoringContext:
    """A run as its files are at one moment.
    Everything by dataset but for answers and overrides, which are by clip."""

    run: Run
    settings: RunSettings
    tasks: Mapping[str, Task]
    in_use: Mapping[str, LabelSetInUse]
    questions: Sequence[QuestionRecord]
    answers: Mapping[str, AnswerRecord]
    overrides: Mapping[str, Override]
    """The last of each clip."""

    @classmethod
    @uncollected()
    def load(cls, run: Run) -> ScoringContext:
        """Raises EvaluationError for damaged files."""
        answers, questions, tasks = run.answers(), run.questions(), run.tasks
        if lost := next((question for question in questions if question.dataset not in tasks), None):
            what = f"{lost.item_id} is of {lost.dataset!r}, which run.json has no task for"
            raise damaged(run.folder / "questions.jsonl", what)
        if len(questions) != run.settings.clips:
            counted = f"it has {len(questions)} lines, where run.json counts {run.settings.clips}"
            raise damaged(run.folder / "questions.jsonl", counted)
        return cls(
            run=run,
            settings=run.settings,
            tasks=tasks,
            in_use={dataset: _label_set_in_use(task) for dataset, task in tasks.items()},
            questions=questions,
            answers=answers,
            overrides={line.clip_id: line for line in overrides.read(run)},
        )

    @cached_property
    def label_sets(self) -> dict[str, LabelSet | None]:
        """What each dataset's answers are read with; None for captions and values."""
        return {dataset: in_use.label_set for dataset, in_use in self.in_use.items()}

    @cached_property
    def clusters(self) -> dict[str, str]:
        """The cluster of every clip that is asked about."""
        return item_cluster_ids(question.evidence for question in self.questions)

    def read_answers(self, *, overridden: bool = True, only: Collection[str] | None = None) -> list[ScoredAnswer]:
        """Every question with its references and what the answer means,
        in the order of questions.jsonl.

        overridden: people's readings count where there are any. only: of these clips, those that
        have an answer, whether or not the run is finished. Raises EvaluationError while answers are
        outstanding.
        """
        questions = self.questions
        if only is not None:
            questions = [q for q in questions if q.item_id in only and q.item_id in self.answers]
        if unanswered := sum(question.item_id not in self.answers for question in questions):
            raise EvaluationError(
                f"{self.run.id} is not finished: {unanswered} of {len(questions)} clips have not been asked yet.",
                f"Go on with: {self.settings.last_command or 'the same mudata eval'}",
            )
        return [self._read(question, overridden) for question in questions]

    def _read(self, question: QuestionRecord, overridden: bool) -> ScoredAnswer:
        if self.settings.kind in EXACT_KINDS:
            return self._read_value(question, overridden)
        record = self.answers[question.item_id]
        is_caption = self.settings.kind == "caption" and record.answer is not None
        return ScoredAnswer(
            question.item_id,
            question.dataset,
            question.references,
            without_thoughts(record.answer or "") if is_caption else record.answer,
            self._alignment(question, record.answer, overridden),
            record.error,
            question.track,
            question.aspects,
            self.clusters[question.item_id],
        )

    def _read_value(self, question: QuestionRecord, overridden: bool) -> ScoredAnswer:
        """An answer to a question with exact truth: read and scored by its kind."""
        record, kind, task = self.answers[question.item_id], kind_of(self.settings.kind), self.tasks[question.dataset]
        asked, truth = asked_item(self.run, task, question), question.references[0]
        alignment = kind.read(record.answer, asked)
        override = self.overrides.get(question.item_id) if overridden else None
        if override is not None and record.answer is not None:
            alignment = overrides.apply_value(alignment, override)
        value = alignment.label
        if value is None and alignment.rule_id != overrides.RULE:
            value = kind.partial(alignment)
        official = official_reading(task, question, record.answer)
        worth = kind.score(value, truth, asked)
        if self.settings.kind == "open" and alignment.rule_id != overrides.RULE:
            worth = credit_of(official)
        return ScoredAnswer(
            question.item_id,
            question.dataset,
            question.references,
            record.answer,
            alignment,
            record.error,
            cluster=self.clusters[question.item_id],
            asked=asked,
            worth=worth,
            category=question.category,
            difficulty=question.difficulty,
            of=question.of,
            categories=question.categories,
            faults=known_faults(task, question),
            question=question.question,
            official=official,
        )

    def _alignment(self, question: QuestionRecord, answer: str | None, overridden: bool) -> Alignment | None:
        label_set, shown = self.label_sets[question.dataset], self.tasks[question.dataset].shown
        if label_set is None:
            return None
        if question.prompt is not None:  # imported answers may have been asked for in various words
            shown = replace(shown, prompt=question.prompt)
        alignment = align(answer, label_set, shown)
        override = self.overrides.get(question.item_id) if overridden else None
        if override is None or answer is None:
            return alignment
        return overrides.apply(alignment, override, label_set)


def asked_item(run: Run, task: Task, question: QuestionRecord) -> AskedItem:
    """What a kind with exact truth knows of a question. Raises EvaluationError for one that has no such truth."""
    clips = len(question.clips) or 1
    asked = task.asked(
        question.prompt, question.options, marks=question.marks, clips=clips, duration_s=question.duration_s
    )
    try:
        kind_of(task.kind).truth(question.references[0], asked)
    except ValueError as error:
        raise damaged(run.folder / "questions.jsonl", f"{question.item_id}: {error}") from None
    return asked


def _label_set_in_use(task: Task) -> LabelSetInUse:
    """The label set of the card if its ids are those of the run, else the recorded one."""
    recorded, now = task.label_set, _of_card(task) if task.label_set else None
    if recorded is not None and now is not None and (now.ids, now.kind) == (recorded.ids, recorded.kind):
        return LabelSetInUse(now, "card")
    return LabelSetInUse(recorded, "run")


def _of_card(task: Task) -> LabelSet | None:
    try:
        return bind(loader.load(task.dataset), task.name).label_set
    except MudataError:  # the card is gone, or no longer asks this
        return None
