"""One execution of a plan:
what is open is decoded ahead, asked in batches, and appended batch by batch.

Items are asked dataset by dataset in the order of their ids; those that made the model hang before
come last and alone, so that they keep nothing from being asked. Every item ends as an answer or as
a recorded failure, and failures are asked again when the same command runs again.
"""

from __future__ import annotations

import math
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict, replace
from functools import cached_property
from typing import TYPE_CHECKING

from mudata.errors import EvaluationError, number
from mudata.evaluation.inference import provenance
from mudata.evaluation.inference.batching import LOST, TIMEOUT
from mudata.evaluation.inference.playback import Playback
from mudata.evaluation.inference.replicas import Lessons
from mudata.evaluation.protocol import Answer, Failure, Ranking
from mudata.evaluation.run_records import AnswerRecord, RankingRecord
from mudata.evaluation.run_settings import SessionRecord
from mudata.home import now

if TYPE_CHECKING:
    from mudata.catalog.render.renderer import RenderingRecord
    from mudata.evaluation.inference.batching import CallKind, ModelReply
    from mudata.evaluation.inference.replicas import Heard, ItemReply, Replicas
    from mudata.evaluation.inference.run_plan import Plan
    from mudata.evaluation.run import Run
    from mudata.evaluation.tasks.samples import Sample
    from mudata.evaluation.tasks.task import Task
    from mudata.narration import Progress

NOTED_S = 10.0
"""How often run.json is told how far a session is, seconds; the first time with the first answers. Ours."""


class Session:
    """A plan, the run it goes into, and who is told."""

    def __init__(self, plan: Plan, run: Run, progress: Progress, replicas: Replicas) -> None:
        self.plan, self.run, self.progress = plan, run, progress
        self.replicas, self.selection = replicas, plan.selection
        replicas.begin(plan.request)
        self.renderings: set[RenderingRecord] = set()
        self.fitted: dict[str, dict[str, object]] = {}
        self._taught: str | None = None
        self.asked = self.ranked = 0
        self.failures: Counter[str] = Counter()
        self._started, self._begun, self._next_note, self._logged = "", 0.0, -math.inf, False

    @cached_property
    def _git(self) -> dict[str, object] | None:
        return provenance.git()

    def ask(self) -> None:
        """Ask what has no answer yet, and log the session whatever happens.
        Nothing is written without an answer.

        Raises EvaluationError when the model hung and clips are left,
        or when not one clip could be answered.
        """
        before, keys = self.run.answers(), {item.item_id: self.plan.key(item) for item in self.plan.items}
        done = {item_id for item_id, record in before.items() if not record.error and record.key == keys.get(item_id)}
        todo = [item for item in self.plan.items if item.item_id not in done]
        hung = {item_id for item_id, record in before.items() if (record.error or "").startswith((TIMEOUT, LOST))}
        unranked = self._unranked(keys)
        self._tell(len(todo))
        if not todo and not unranked:
            self.run.begin(self.plan.settings(), self.plan.items, self.plan.prompts, self.plan.marks)
            return
        self._started, self._begun = now(), time.perf_counter()
        if not all(self.plan.absent(item) for item in [*todo, *unranked]):
            with self.progress.bar(f"Loading {self.plan.request.model}", unit=""):
                self.replicas.load()  # what a model can hear may depend on its checkpoint
            for remark in self.replicas.remarks:
                self.progress.say(remark)
            if done:
                self._check_same()
        try:
            with self.progress.bar(f"Asking {self.plan.request.model}", len(todo)) as advance:
                for records in self._answers(todo, hung, keys):
                    if not self.asked:
                        self.run.begin(self.plan.settings(), self.plan.items, self.plan.prompts, self.plan.marks)
                    self.run.append(records)
                    self.asked += len(records)
                    self._note()
                    advance(len(records))
            if unranked and not self.replicas.hung:
                self._rank(unranked, keys)
        finally:
            if self.asked or self.ranked:
                self._write_log(ended=True)
        self._check_end()

    def _answers(self, todo: Sequence[Sample], hung: set[str], keys: dict[str, str]) -> Iterator[list[AnswerRecord]]:
        """Records of all samples, one list per batch; none after a call that took too long."""
        for again in (False, True):
            for dataset, task in self.selection.tasks.items():
                mine = [i for i in todo if i.dataset == dataset and (i.item_id in hung) == again]
                for replies in self._batches(mine, task, "answer", 1 if again else None):
                    records = [self._record(keys, *told) for told in replies]
                    self.failures.update(r.error.partition(":")[0] for r in records if r.error)
                    yield records
                    if self.replicas.hung:
                        return

    def _rank(self, todo: Sequence[Sample], keys: dict[str, str]) -> None:
        if not self.asked:
            self.run.begin(self.plan.settings(), self.plan.items, self.plan.prompts, self.plan.marks)
        with self.progress.bar("Ranking options", len(todo)) as advance:
            for dataset, task in self.selection.tasks.items():
                mine = [item for item in todo if item.dataset == dataset]
                for replies in self._batches(mine, task, "rank"):
                    lines = [
                        RankingRecord(
                            item_id=sample.item_id,
                            is_clip=sample.is_clip,
                            key=keys[sample.item_id],
                            options=sample.options if task.is_exact else task.order,
                            loglik=reply.outcome.loglik,
                            tokens=reply.outcome.tokens,
                        )
                        for sample, _, reply in replies
                        if isinstance(reply.outcome, Ranking)
                    ]
                    self.run.append_rankings(lines)
                    self.ranked += len(lines)
                    advance(len(replies))
                    if self.replicas.hung:
                        break
        if left := len(todo) - self.ranked:
            self.progress.say(
                f"The options of {left} {self.selection.noun} could not be ranked; the same command tries again."
            )

    def _unranked(self, keys: dict[str, str]) -> list[Sample]:
        if not self.plan.request.rank:
            return []
        ranked = {item_id: line.key for item_id, line in self.run.rankings().items()}
        return [item for item in self.plan.items if ranked.get(item.item_id) != keys[item.item_id]]

    def _batches(
        self, items: Sequence[Sample], task: Task, method: CallKind, most: int | None = None
    ) -> Iterator[list[ItemReply]]:
        """What came of samples, batch by batch; a model that learns has learned before."""
        if not items:
            return
        self._fit(task)
        for batch in self.replicas.ask(items, self.selection.question_of, self.plan.playback, method, most):
            played = (told.heard.rendering for told in batch if told.heard and told.heard.rendering)
            self.renderings.update(replace(one, gain=1.0) for one in played)
            yield batch

    def _record(self, keys: dict[str, str], sample: Sample, heard: Heard | None, reply: ModelReply) -> AnswerRecord:
        outcome, other = reply.outcome, self.plan.playback.of(sample)
        return AnswerRecord(
            key=keys[sample.item_id],
            item_id=sample.item_id,
            is_clip=sample.is_clip,
            answer=outcome.text if isinstance(outcome, Answer) else None,
            error=f"{outcome.kind}: {outcome.reason}" if isinstance(outcome, Failure) else None,
            seconds=round(reply.seconds, 4),
            heard_s=round(heard.heard_s, 3) if heard else 0.0,
            batch=reply.batch,
            heard_clip=None if other is sample else other.item_id,
            joined=heard.joined if heard else None,
            given=outcome.given if isinstance(outcome, Answer) else None,
            notes=outcome.notes if isinstance(outcome, Answer) else None,
        )

    def _fit(self, task: Task) -> None:
        """Let a model learn first, from the train part;
        a control may look at the clips asked instead."""
        needs = getattr(self.plan.model, "needs_fit", False)
        if self._taught == task.dataset or not (needs if isinstance(needs, bool) else task.kind in needs):
            return
        name, source, items = self.plan.request.model, "train part", self.selection.train_of(task.dataset)
        if not items and not self.plan.model.capabilities.control:
            raise EvaluationError(
                f"The model {name!r} learns from the part 'train', and split {self.selection.split} "
                f"has no labelled {task.dataset} {self.selection.noun} in one.",
                "Draw a split with a train part: see `mudata split --help`.",
            )
        if not items:
            noun = self.selection.noun
            source, items = f"{noun} asked", self.selection.of(task.dataset)
            self.progress.say(f"No train part: {name} is fitted on the {task.dataset} {noun} it is asked.")
        lessons = Lessons(
            task.dataset,
            items,
            tuple(map(self.selection.question_of, items)),
            tuple(tuple(task.written.get(label, label) for label in sample.references) for sample in items),
            Playback(source=self.plan.request.audio, engine=self.plan.playback.engine),
        )
        with self.progress.bar(f"Learning {task.dataset}", len(items)) as advance:
            unheard = self.replicas.learn(lessons, advance)
        self._taught = task.dataset
        self.fitted[task.dataset] = {"on": source, "clips": len(items) - len(unheard), "undecodable": unheard}

    def _note(self) -> None:
        """Say in run.json how far this session is, so that answers of one that is killed are not without any."""
        if (moment := time.monotonic()) >= self._next_note:
            self._write_log(ended=False)
            self._next_note = moment + NOTED_S

    def _write_log(self, *, ended: bool) -> None:
        self.run.log_session(self._log(ended=ended), again=self._logged)
        self._logged = True

    def _log(self, *, ended: bool) -> SessionRecord:
        renderings = tuple(
            {name: value for name, value in asdict(one).items() if name != "gain" and value is not None}
            for one in sorted(self.renderings, key=str)
        )
        return SessionRecord(
            started_at=self._started,
            wall_s=round(time.perf_counter() - self._begun, 3),
            command=self.plan.request.command,
            asked=self.asked,
            failures=dict(sorted(self.failures.items())),
            ranked=self.ranked,
            timeout_s=self.plan.request.timeout_s,
            fitted=self.fitted,
            capabilities=asdict(self.replicas.capabilities),
            model=self.replicas.described(),
            versions=provenance.versions(),
            git=self._git,
            **self.replicas.facts(),
            **({"stores": self.plan.stores} if self.plan.stores else {}),
            **({"renderings": renderings} if renderings else {}),
            **({} if ended else {"ended": False}),
        )

    def _check_same(self) -> None:
        """Refuse to go on where 'auto' or a moving revision
        has come to mean something else than it did before."""
        now = self.replicas.described() or {}
        for session in self.run.settings.sessions:
            before = session.model or {}
            for key in ("revision", "dtype"):
                if key in before and before[key] != now.get(key):
                    raise EvaluationError(
                        f"{self.run.id} was begun with {key} {before[key] or 'unknown'}; "
                        f"now it would go on with {now.get(key) or 'an unknown one'}.",
                        f"Give --{key} as it was then, or start anew: give it as it is now, or remove "
                        f"{self.run.folder}.",
                    )

    def _check_end(self) -> None:
        answers, noun = self.run.answers(), self.selection.noun
        if self.replicas.hung and (left := sum(item.item_id not in answers for item in self.plan.items)):
            raise EvaluationError(
                f"{self.plan.request.model} took longer than {self.plan.request.timeout_s:g} s and cannot be "
                f"stopped from within; {left} of {len(self.plan.items)} {noun} have not been asked yet.",
                f"What was answered is kept. Run the same command again: it goes on after the {noun} that hung, and "
                "asks those last and alone. A longer --timeout gives them more time.",
            )
        if all(record.error for record in answers.values()):
            last = next(reversed(answers.values())).error
            raise EvaluationError(
                f"Not one of the {len(answers)} {noun} was answered; the last failed with {last}",
                f"Nothing was scored. Mend that, then run the same command again: see {self.run.folder}.",
            )

    def _tell(self, todo: int) -> None:
        settings = self.plan.settings()
        noun = self.selection.noun.removesuffix("s")
        notes = (
            (settings.clips_without_reference, "clip has", "clips have", "no reference for this task: not asked."),
            (
                settings.clips_without_audio,
                f"{noun} has",
                f"{noun}s have",
                "no audio here, which counts as wrong: fetch, then run this again.",
            ),
            (
                settings.clips_with_other_audio,
                "clip does",
                "clips do",
                "not sound as when the split was drawn; see `mudata split check`.",
            ),
        )
        for warning in self.plan.warnings:
            self.progress.say(warning)
        for count, one, several, note in notes:
            if count:
                self.progress.say(f"{number(count, one, several)} {note}")
        for dataset, source in settings.seen_in_training.items():
            self.progress.say(f"{self.plan.request.model} has seen {dataset} in training ({source}).")
        if self.selection.torn:
            torn = number(self.selection.torn, "item has", "items have")
            torn += f" clips in part {self.selection.part!r} and others outside of it"
            self.progress.say(f"{torn}; they are not asked.")
        noun = self.selection.noun
        if not todo:
            self.progress.say(f"All {settings.clips} {noun} were answered before.")
        elif todo < settings.clips:
            self.progress.say(f"Going on: {todo} of {settings.clips} {noun} are still open.")
