"""One execution of a plan:
what is open is decoded ahead, asked in batches, and appended batch by batch.

Items are asked dataset by dataset in the order of their ids; those that made the model hang before
come last and alone, so that they keep nothing from being asked. Every item ends as an answer or as
a recorded failure, and failures are asked again when the same command runs again.
"""

from __future__ import annotations

import os
import platform
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict, replace
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, cast

from mudata.errors import EvaluationError
from mudata.evaluation.inference import provenance
from mudata.evaluation.inference.batching import TIMEOUT, BatchRunner, CallKind, ModelReply
from mudata.evaluation.inference.playback import Playback, PlayedItem, played
from mudata.evaluation.inference.streaming import streamed
from mudata.evaluation.models import hardware
from mudata.evaluation.models.foreign_code import contained
from mudata.evaluation.protocol import Answer, Failure, Item, Ranking, Trainable
from mudata.evaluation.run_records import AnswerRecord, RankingRecord
from mudata.evaluation.run_settings import SessionRecord
from mudata.home import now
from mudata.version import __version__

if TYPE_CHECKING:
    from mudata.catalog.render.renderer import RenderingRecord
    from mudata.evaluation.inference.run_plan import Plan
    from mudata.evaluation.run import Run
    from mudata.evaluation.tasks.samples import Sample
    from mudata.evaluation.tasks.task import Task
    from mudata.narration import Advance, Progress

_RECORDED = ("numpy", "soundfile", "soxr", "duckdb", "rouge-score", "librosa", "scikit-learn", "torch", "transformers")


class Session:
    """A plan, the run it goes into, and who is told."""

    def __init__(self, plan: Plan, run: Run, progress: Progress, *, loaded: bool = False) -> None:
        self.plan, self.run, self.progress = plan, run, progress
        self.model, self.selection = plan.model, plan.selection
        self.batch_runner = BatchRunner(plan.model, plan.request.batch, plan.request.timeout_s, loaded=loaded)
        self.renderings: set[RenderingRecord] = set()
        self.fitted: dict[str, dict[str, object]] = {}
        self._taught: str | None = None
        self.asked = self.ranked = 0
        self.failures: Counter[str] = Counter()

    def ask(self) -> None:
        """Ask what has no answer yet, and log the session whatever happens.
        Nothing is written without an answer.

        Raises EvaluationError when the model hung and clips are left,
        or when not one clip could be answered.
        """
        before, keys = self.run.answers(), {item.item_id: self.plan.key(item) for item in self.selection.items}
        done = {item_id for item_id, record in before.items() if not record.error and record.key == keys.get(item_id)}
        todo = [item for item in self.selection.items if item.item_id not in done]
        hung = {item_id for item_id, record in before.items() if (record.error or "").startswith(TIMEOUT)}
        unranked = self._unranked(keys)
        self._tell(len(todo))
        if not todo and not unranked:
            self.run.begin(self.plan.settings(), self.selection.items, self.plan.prompts, self.plan.marks)
            return
        started, begun = now(), time.perf_counter()
        if not all(self.plan.absent(item) for item in [*todo, *unranked]):
            self._check_memory()
            with self.progress.bar(f"Loading {self.plan.request.model}", unit=""):
                self.batch_runner.load()  # what a model can hear may depend on its checkpoint
            for remark in getattr(self.model, "remarks", ()):
                self.progress.say(str(remark))
            if done:
                self._check_same()
        try:
            with self.progress.bar(f"Asking {self.plan.request.model}", len(todo)) as advance:
                for records in self._answers(todo, hung, keys):
                    if not self.asked:
                        self.run.begin(self.plan.settings(), self.selection.items, self.plan.prompts, self.plan.marks)
                    self.run.append(records)
                    self.asked += len(records)
                    advance(len(records))
            if unranked and not self.batch_runner.hung:
                self._rank(unranked, keys)
        finally:
            if self.asked or self.ranked:
                self.run.log_session(self._log(started, round(time.perf_counter() - begun, 3)))
        self._check_end()

    def _answers(self, todo: Sequence[Sample], hung: set[str], keys: dict[str, str]) -> Iterator[list[AnswerRecord]]:
        """Records of all samples, one list per batch; none after a call that took too long."""
        for again in (False, True):
            for dataset, task in self.selection.tasks.items():
                mine = [i for i in todo if i.dataset == dataset and (i.item_id in hung) == again]
                for replies in self._batches(mine, task, "answer", 1 if again else None):
                    records = [self._record(keys, *reply) for reply in replies]
                    self.failures.update(r.error.partition(":")[0] for r in records if r.error)
                    yield records
                    if self.batch_runner.hung:
                        return

    def _rank(self, todo: Sequence[Sample], keys: dict[str, str]) -> None:
        if not self.asked:
            self.run.begin(self.plan.settings(), self.selection.items, self.plan.prompts, self.plan.marks)
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
                    if self.batch_runner.hung:
                        break
        if left := len(todo) - self.ranked:
            self.progress.say(
                f"The options of {left} {self.selection.noun} could not be ranked; the same command tries again."
            )

    def _unranked(self, keys: dict[str, str]) -> list[Sample]:
        if not self.plan.request.rank:
            return []
        ranked = {item_id: line.key for item_id, line in self.run.rankings().items()}
        return [item for item in self.selection.items if ranked.get(item.item_id) != keys[item.item_id]]

    def _batches(
        self, items: Sequence[Sample], task: Task, method: CallKind, most: int | None = None
    ) -> Iterator[list[tuple[Sample, PlayedItem | None, ModelReply]]]:
        """Samples with what was played and what came back, batch by batch.

        What cannot be heard is a failure at once.
        """
        if not items:
            return
        self._fit(task)
        if method == "answer" and most is None and self.batch_runner.streams:
            question_of, playback = self.selection.question_of, self.plan.playback
            for replies in streamed(self.batch_runner, items, question_of, playback=playback):
                self.renderings |= {replace(i.rendering, gain=1.0) for _, i, _ in replies if i and i.rendering}
                yield replies
            return
        waiting: list[tuple[Sample, PlayedItem]] = []

        def asked() -> list[tuple[Sample, PlayedItem | None, ModelReply]]:
            replies = self.batch_runner.ask([item for _, item in waiting], method)
            asked_batch = [(sample, item, reply) for (sample, item), reply in zip(waiting, replies, strict=True)]
            waiting.clear()
            return [*asked_batch]

        capabilities, playback = self.model.capabilities, self.plan.playback

        def ahead() -> int:
            return 2 * self.batch_runner.batch

        for sample, item in played(items, self.selection.question_of, capabilities, ahead=ahead, playback=playback):
            if isinstance(item, Failure):
                yield [(sample, None, ModelReply(item, 0, 0.0))]
                continue
            if item.rendering:
                self.renderings.add(replace(item.rendering, gain=1.0))
            waiting.append((sample, item))
            if len(waiting) >= (most or self.batch_runner.batch):
                yield asked()
        if waiting:
            yield asked()

    def _record(self, keys: dict[str, str], sample: Sample, item: PlayedItem | None, reply: ModelReply) -> AnswerRecord:
        outcome, other = reply.outcome, self.plan.playback.of(sample)
        return AnswerRecord(
            key=keys[sample.item_id],
            item_id=sample.item_id,
            is_clip=sample.is_clip,
            answer=outcome.text if isinstance(outcome, Answer) else None,
            error=f"{outcome.kind}: {outcome.reason}" if isinstance(outcome, Failure) else None,
            seconds=round(reply.seconds, 4),
            heard_s=round(item.heard_s, 3) if item else 0.0,
            batch=reply.batch,
            heard_clip=None if other is sample else other.item_id,
            joined=item.joined if item else None,
            given=outcome.given if isinstance(outcome, Answer) else None,
            notes=outcome.notes if isinstance(outcome, Answer) else None,
        )

    def _fit(self, task: Task) -> None:
        """Let a model learn first, from the train part;
        a control may look at the clips asked instead."""
        needs = getattr(self.model, "needs_fit", False)
        if self._taught == task.dataset or not (needs if isinstance(needs, bool) else task.kind in needs):
            return
        name, source, items = self.plan.request.model, "train part", self.selection.train_of(task.dataset)
        if not items and not self.model.capabilities.control:
            raise EvaluationError(
                f"The model {name!r} learns from the part 'train', and split {self.selection.split} "
                f"has no labelled {task.dataset} {self.selection.noun} in one.",
                "Draw a split with a train part: see `mudata split --help`.",
            )
        if not items:
            noun = self.selection.noun
            source, items = f"{noun} asked", self.selection.of(task.dataset)
            self.progress.say(f"No train part: {name} is fitted on the {task.dataset} {noun} it is asked.")
        self.batch_runner.load()
        unheard: list[str] = []

        def lessons(advance: Advance) -> Iterator[tuple[Item, tuple[str, ...]]]:
            playback = Playback(source=self.plan.request.audio, engine=self.plan.playback.engine)
            capabilities = self.model.capabilities
            ahead = 4 * (os.cpu_count() or 1)
            heard = played(items, self.selection.question_of, capabilities, ahead=lambda: ahead, playback=playback)
            for sample, item in heard:
                advance(1)
                if isinstance(item, Failure):
                    unheard.append(sample.item_id)
                    continue
                artists = [clip.artist for clip in sample.clips][: len(item.clips)]
                clips = tuple(replace(clip, group=artist) for clip, artist in zip(item.clips, artists, strict=True))
                yield (
                    Item(sample.item_id, clips, item.question),
                    tuple(task.written.get(label, label) for label in sample.references),
                )

        learning = self.progress.bar(f"Learning {task.dataset}", len(items))
        with contained("while learning"), learning as advance:  # to the end of the fitting
            cast("Trainable", self.model).fit(lessons(advance))
        self._taught = task.dataset
        self.fitted[task.dataset] = {"on": source, "clips": len(items) - len(unheard), "undecodable": unheard}

    def _log(self, started_at: str, wall_s: float) -> SessionRecord:
        renderings = tuple(
            {name: value for name, value in asdict(one).items() if name != "gain" and value is not None}
            for one in sorted(self.renderings, key=str)
        )
        return SessionRecord(
            started_at=started_at,
            wall_s=wall_s,
            command=self.plan.request.command,
            asked=self.asked,
            failures=dict(sorted(self.failures.items())),
            ranked=self.ranked,
            batch=self.batch_runner.fitting,
            halvings=self.batch_runner.halvings,
            batch_search=tuple(self.batch_runner.search),
            timeout_s=self.batch_runner.timeout_s,
            fitted=self.fitted,
            capabilities=asdict(self.model.capabilities),
            model=provenance.described(self.model) if self.batch_runner.loaded else None,
            versions=_versions(),
            git=provenance.git(),
            peak_memory_gib=provenance.peak_memory(),
            **({"stores": self.plan.stores} if self.plan.stores else {}),
            **({"renderings": renderings} if renderings else {}),
        )

    def _check_memory(self) -> None:
        request = self.plan.request
        if not request.force:
            place = getattr(self.model, "folder", None) or getattr(self.model, "checkpoint", None)
            asked = {key: str(request.options.get(key) or "auto") for key in ("device", "dtype")}
            hardware.check(request.model, self.plan.card, Path(place) if place else None, **asked)

    def _check_same(self) -> None:
        """Refuse to go on where 'auto' or a moving revision
        has come to mean something else than it did before."""
        now = provenance.described(self.model) or {}
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
        if self.batch_runner.hung and (left := sum(item.item_id not in answers for item in self.selection.items)):
            raise EvaluationError(
                f"{self.plan.request.model} took longer than {self.batch_runner.timeout_s:g} s and cannot be "
                f"stopped from within; {left} of {len(self.selection.items)} {noun} have not been asked yet.",
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
        notes = {
            "clips_without_reference": "clips have no reference for this task and are not asked.",
            "clips_without_audio": f"{self.selection.noun} have no audio here and count as wrong; fetch them, then run "
            "this again.",
            "clips_with_other_audio": "clips do not sound as when the split was drawn; see `mudata split check`.",
        }
        for warning in self.plan.warnings:
            self.progress.say(warning)
        for key, note in notes.items():
            if number := getattr(settings, key):
                self.progress.say(f"{number} {note}")
        for dataset, source in settings.seen_in_training.items():
            self.progress.say(f"{self.plan.request.model} has seen {dataset} in training ({source}).")
        if self.selection.torn:
            torn = f"{self.selection.torn} items have clips in part {self.selection.part!r} and others outside of it"
            self.progress.say(f"{torn}; they are not asked.")
        noun = self.selection.noun
        if not todo:
            self.progress.say(f"All {settings.clips} {noun} were answered before.")
        elif todo < settings.clips:
            self.progress.say(f"Going on: {todo} of {settings.clips} {noun} are still open.")


def _versions() -> dict[str, str]:
    versions = {"mudata": __version__, "python": platform.python_version(), "platform": platform.platform()}
    for name in _RECORDED:
        try:
            versions[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return versions
