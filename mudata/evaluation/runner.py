"""Asking a split's clips, one flushed batch after another.

    select -> the run's id -> what is still open -> decode ahead -> ask in batches -> append -> score

Clips are asked dataset by dataset in the order of their ids. Every clip ends as an answer or as a recorded failure, and
failures are asked again when the same command runs again.
"""

from __future__ import annotations

import datetime
import os
import platform
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from importlib import metadata
from typing import TYPE_CHECKING, Any, cast

import mudata
from mudata.catalog import index
from mudata.errors import EvaluationError
from mudata.evaluation import judge, models
from mudata.evaluation.asking import Asker, Reply
from mudata.evaluation.listening import HeardClip, heard
from mudata.evaluation.protocol import Answer, Clip, Failure, Model, Question, Trainable
from mudata.evaluation.run import Record, Run, digest
from mudata.evaluation.selection import Item, Selection, select
from mudata.narration import SILENT, Narrator

if TYPE_CHECKING:
    from mudata.evaluation.tasks import Task
    from mudata.home import Home

_RECORDED = ("numpy", "soundfile", "soxr", "duckdb", "rouge-score", "librosa", "scikit-learn", "torch", "transformers")


@dataclass(frozen=True)
class Request:
    """What `mudata eval` was asked for. `options` go to the model, where None means its own default."""

    model: str
    split: str
    task: str | None = None
    part: str | None = None
    limit: int | None = None
    prompt: str | None = None
    batch: int | None = None
    seed: int = 0
    options: Mapping[str, object] = field(default_factory=dict)
    command: str | None = None


def evaluate(home: Home, request: Request, narrator: Narrator = SILENT) -> Run:
    """Ask all that is still open, then score the run. Killed at any moment, it loses at most the batch in the making.

    Raises UnknownName, MissingExtra, ModelError, EvaluationError; HomeError if the same run is going on elsewhere.
    """
    offer = {"seed": request.seed, "cache": home.models / "cache", "batch": request.batch}
    model = models.create(request.model, offer=offer, **request.options)
    if not model.hearing.needs_audio and not model.hearing.control:
        raise EvaluationError(
            f"The model {request.model!r} takes no audio, and the task is to listen.", "Choose one that hears."
        )
    wanted = {key: getattr(request, key) for key in ("task", "part", "limit", "prompt", "seed")}
    selection = select(home, request.split, **wanted)
    sitting = _Sitting(request, model, selection, narrator)
    run = Run(home.runs / sitting.run_id)
    with run.writing(home):
        sitting.ask(run)
        judge.score(run)
    index.rebuild(home)  # the views of a home's first run
    return run


class _Sitting:
    """One execution of a request: knows the run's id and settings, and asks what is open."""

    def __init__(self, request: Request, model: Model, selection: Selection, narrator: Narrator) -> None:
        self.request, self.model, self.selection, self.narrator = request, model, selection, narrator
        self.questions = {dataset: task.question for dataset, task in selection.tasks.items()}
        self.task = next(iter(selection.tasks.values()))
        self.identity = models.identity(request.model, request.options)
        self.who = digest({**self.identity, "seed": request.seed})
        self.asker = Asker(model, request.batch)
        self.fitted: dict[str, object] = {}
        self.asked = 0

    @property
    def run_id(self) -> str:
        """Readable, and a hash of all that decides the answers."""
        of = self.selection
        said = [asdict(question) for question in self.questions.values()]
        decisive = digest([self.who, of.split_sha256, of.part, of.limit, said])
        name = "-".join((self.request.model, of.split, self.task.name)).replace("/", "-").replace(":", "-")
        return f"{name}-{decisive[:10]}"

    def key(self, item: Item) -> str:
        """Hash of one clip's audio, its question and the model."""
        return digest([item.pcm_sha256, asdict(self.questions[item.dataset]), self.who])

    def settings(self) -> dict[str, object]:
        """What run.json keeps, but for the sittings."""
        of, card = self.selection, models.card_of(models.find(self.request.model))
        seen = card.trained_on if card else {}
        return {
            "run": self.run_id,
            "model": self.request.model,
            "split": of.split,
            "task": self.task.name,
            "kind": self.task.kind,
            "created_at": _now(),
            "mudata_version": mudata.__version__,
            "model_identity": self.identity,
            "model_sha256": self.who,
            "seen_in_training": {d: source for d, source in seen.items() if d in of.tasks},
            "seed": self.request.seed,
            "forced_choice": self.model.hearing.forced_choice,
            "split_sha256": of.split_sha256,
            "index_sha256": of.index_sha256,
            "part": of.part,
            "limit": of.limit,
            "clips": len(of.items),
            "clips_without_reference": of.left_out,
            "clips_without_audio": sum(item.absent is not None for item in of.items),
            "clips_with_other_audio": of.changed,
            "tasks": [self._task(dataset, task) for dataset, task in of.tasks.items()],
        }

    def _task(self, dataset: str, task: Task) -> dict[str, object]:
        majority, source = self.selection.common(dataset)
        clips, train = len(self.selection.of(dataset)), len(self.selection.train_of(dataset))
        more = {"clips": clips, "train_clips": train, "majority": majority, "majority_source": source}
        return task.record() | more

    def ask(self, run: Run) -> None:
        """Ask what has no answer yet, and log the sitting whatever happens. Nothing is written without an answer."""
        done = {clip_id: record.key for clip_id, record in run.answers().items() if record.error is None}
        keys = {item.clip_id: self.key(item) for item in self.selection.items}
        todo = [item for item in self.selection.items if done.get(item.clip_id) != keys[item.clip_id]]
        self._tell(len(todo))
        if not todo:
            run.begin(self.settings(), self.selection.items)
            return
        started, begun = _now(), time.perf_counter()
        if not all(item.absent for item in todo):
            self.asker.load()  # what a model can hear may depend on its checkpoint
            if done:
                self._check_same(run)
        try:
            with self.narrator.bar(f"Asking {self.request.model}", len(todo)) as advance:
                for dataset, task in self.selection.tasks.items():
                    mine = [item for item in todo if item.dataset == dataset]
                    if mine:
                        self._fit(task)
                    for records in self._batches(mine, task.question, keys):
                        if not self.asked:
                            run.begin(self.settings(), self.selection.items)
                        run.append(records)
                        self.asked += len(records)
                        advance(len(records))
        finally:
            if self.asked:
                run.log_sitting({"started_at": started, "wall_s": round(time.perf_counter() - begun, 3)} | self._log())

    def _log(self) -> dict[str, object]:
        return {
            "command": self.request.command,
            "asked": self.asked,
            "batch": self.asker.batch,
            "halvings": self.asker.halvings,
            "fitted": self.fitted,
            "hearing": asdict(self.model.hearing),
            "model": self.model.describe() if self.asker.loaded else None,
            "versions": _versions(),
        }

    def _check_same(self, run: Run) -> None:
        """Refuse to go on where 'auto' or a moving revision has come to mean something else than it did before."""
        now = self.model.describe()
        for sitting in run.settings["sittings"]:
            before = sitting["model"] or {}
            for key in ("revision", "dtype"):
                if key in before and before[key] != now.get(key):
                    raise EvaluationError(
                        f"{run.id} was begun with {key} {before[key]}; now it would go on with {now.get(key)}.",
                        f"Give --{key} as it was then, or start anew: give it as it is now, or remove {run.folder}.",
                    )

    def _batches(self, items: Sequence[Item], question: Question, keys: Mapping[str, str]) -> Iterator[list[Record]]:
        """Records of all items, one list per batch."""
        waiting: list[HeardClip] = []

        def asked() -> list[Record]:
            replies = self.asker.ask(waiting, question)
            return [_record(keys[c.clip_id], c, reply) for c, reply in zip(waiting, replies, strict=True)]

        for item, clip in heard(items, self.model.hearing, ahead=2 * self.asker.batch):
            if isinstance(clip, Failure):
                error = f"{clip.kind}: {clip.reason}"
                yield [Record(keys[item.clip_id], item.clip_id, None, error, seconds=0.0, heard_s=0.0, batch=0)]
                continue
            waiting.append(clip)
            if len(waiting) >= self.asker.batch:
                yield asked()
                waiting.clear()
        if waiting:
            yield asked()

    def _fit(self, task: Task) -> None:
        """Let a model learn first, from the train part; a control may look at the clips asked instead."""
        needs = getattr(self.model, "needs_fit", False)
        if not (needs if isinstance(needs, bool) else task.kind in needs):
            return
        source, items = "train part", self.selection.train_of(task.dataset)
        if not items and not self.model.hearing.control:
            raise EvaluationError(
                f"The model {self.request.model!r} learns from the part 'train', and split {self.selection.split} "
                f"has no labelled {task.dataset} clips in one.",
                "Draw a split with a train part: see `mudata split --help`.",
            )
        if not items:
            source, items = "clips asked", self.selection.of(task.dataset)
            self.narrator.say(f"No train part: {self.request.model} is fitted on the {task.dataset} clips it is asked.")
        self.asker.load()
        unheard: list[str] = []

        def lessons() -> Iterator[tuple[Clip, tuple[str, ...]]]:
            with self.narrator.bar(f"Learning {task.dataset}", len(items)) as advance:
                for item, clip in heard(items, self.model.hearing, ahead=4 * (os.cpu_count() or 1)):
                    advance(1)
                    if isinstance(clip, Failure):
                        unheard.append(item.clip_id)
                    else:
                        yield clip, tuple(task.written.get(gold, gold) for gold in item.gold)

        cast("Trainable", self.model).fit(lessons())
        self.fitted[task.dataset] = {"on": source, "clips": len(items) - len(unheard), "undecodable": unheard}

    def _tell(self, todo: int) -> None:
        said: dict[str, Any] = self.settings()
        notes = {
            "clips_without_reference": "clips have no reference for this task and are not asked.",
            "clips_without_audio": "clips have no audio here and count as wrong; fetch them, then run this again.",
            "clips_with_other_audio": "clips do not sound as when the split was drawn; see `mudata split check`.",
        }
        for key, note in notes.items():
            if said[key]:
                self.narrator.say(f"{said[key]} {note}")
        for dataset, source in said["seen_in_training"].items():
            self.narrator.say(f"{self.request.model} has seen {dataset} in training ({source}).")
        if not todo:
            self.narrator.say(f"All {said['clips']} clips were answered before.")
        elif todo < said["clips"]:
            self.narrator.say(f"Going on: {todo} of {said['clips']} clips are still open.")


def _record(key: str, clip: Clip, reply: Reply) -> Record:
    what = reply.what
    answer = what.text.encode("utf-8", "replace").decode() if isinstance(what, Answer) else None
    error = f"{what.kind}: {what.reason}" if isinstance(what, Failure) else None
    seconds, heard_s = round(reply.seconds, 4), round(len(clip.audio) / clip.sample_rate, 3)
    return Record(key, clip.clip_id, answer, error, seconds, heard_s, reply.batch)


def _versions() -> dict[str, str]:
    found = {"mudata": mudata.__version__, "python": platform.python_version(), "platform": platform.platform()}
    for name in _RECORDED:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return found


def _now() -> str:
    return datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
