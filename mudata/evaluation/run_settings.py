"""run.json as typed values: what a run was asked with, and the log of its sessions.

The file has a key for every field, in the order given here; two keys keep the name that 0.1.0 gave
them (`sittings` for sessions, `hearing` for a session's capabilities). A key is written only if it
was set or read, so that a file of any version is written again with the keys that it had, those
included that this version does not know.
"""

from __future__ import annotations

import json
import warnings
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from mudata.catalog.cards.exam import OptionOrder
from mudata.catalog.cards.labels import LabelSpace
from mudata.catalog.cards.number_scale import NumberScale
from mudata.evaluation.align.label_set import LabelSet, resolve
from mudata.evaluation.metrics.caption_controls import ConstantCaption
from mudata.evaluation.protocol import Kind
from mudata.evaluation.tasks.exam_task import ExamTask
from mudata.evaluation.tasks.prompts import PROMPTS, Prompt
from mudata.evaluation.tasks.task import Task
from mudata.json_files import first_problem, read_object, reading
from mudata.safe_text import safe_values

if TYPE_CHECKING:
    from mudata.evaluation.tasks.samples import SampleSet

Number = int | float
"""A number that is written as it was read: 30 stays 30."""
JsonObject = Mapping[str, Any]


class JsonRecord(BaseModel):
    """A JSON object with known keys, frozen; further keys are kept and written again."""

    model_config = ConfigDict(
        frozen=True,
        extra="allow",
        validate_by_name=True,
        validate_by_alias=True,
        protected_namespaces=(),
        defer_build=True,
    )

    def record(self) -> dict[str, Any]:
        """As JSON keeps it: the keys that were set or read, in the order of the fields."""
        return self.model_dump(by_alias=True, exclude_unset=True)

    def with_unknown_keys_of(self, before: JsonRecord) -> Self:
        return self.model_copy(update=before.model_extra or {})


class TaskSettings(JsonRecord):
    """One dataset's task: what was asked in which words, and what counts as right."""

    dataset: str
    name: str
    kind: Kind
    noun: str
    namespace: str | None
    prompt_id: str
    prompt_template: str
    prompt_sha256: str | None = None
    prompt: str = ""
    labels: JsonObject | None
    labels_sha256: str | None = None
    label_set: JsonObject | None = None
    options: tuple[str, ...] = ()
    """Canonical ids in the order shown."""
    letters: bool = False
    scale: NumberScale | None = None
    """Of kind number."""
    asks: str | None = None
    """Of kind structure."""
    numbered: bool = False
    """Options of items are shown with numbers."""
    option_order: OptionOrder | None = None
    """Of items' own options, where it is not drawn by the seed for each."""
    exam: JsonObject | None = None
    """How an official rule judges the answers: an `ExamTask`."""
    card_sha256: str
    clips: int = 0
    train_clips: int = 0
    majority: str | None = None
    """The most frequent label or value of `majority_source`; None for captions."""
    majority_source: str | None = None
    constant: ConstantCaption | None = None

    @classmethod
    def of(cls, task: Task, samples: SampleSet, **more: Any) -> Self:
        """A task that is asked about its dataset's samples; `task` is the way back.
        `more` may have `constant`."""
        majority, source = samples.common(task.dataset)
        if task.is_exact:
            known: dict[str, Any] = {"scale": task.scale, "asks": task.asks, "numbered": task.numbered or None}
            known |= {"option_order": task.option_order if task.option_order != "shuffled" else None}
            known |= {"exam": task.exam.model_dump(mode="json", exclude_defaults=True) if task.exam else None}
            more |= {key: value for key, value in known.items() if value is not None}
        asked = samples.of(task.dataset)
        return cls(
            dataset=task.dataset,
            name=task.name,
            kind=task.kind,
            noun=task.noun,
            namespace=task.namespace,
            prompt_id=task.prompt.id,
            prompt_template=task.prompt.template,
            prompt_sha256=task.prompt.sha256,
            prompt=samples.question_of(asked[0]).prompt if asked else task.question.prompt,
            labels=task.space.model_dump(mode="json", exclude_defaults=True) if task.space else None,
            labels_sha256=task.labels_sha256,
            label_set=task.label_set.record() if task.label_set else None,
            options=task.order,
            letters=task.letters,
            card_sha256=task.card_sha256,
            clips=len(asked),
            train_clips=len(samples.train_of(task.dataset)),
            majority=majority,
            majority_source=source,
            **more,
        )

    @cached_property
    def task(self) -> Task:
        """The task itself; runs of older versions kept neither label set nor order."""
        space = LabelSpace.model_validate(self.labels) if self.labels else None
        ids = {label.id for label in space.vocabulary} if space else set()
        if lost := [option for option in self.options if option not in ids]:
            raise ValueError(f"options of {self.dataset}: {lost[0]!r} is none of its labels")
        label_set = resolve(space) if space and not self.label_set else None
        if self.label_set:
            label_set = LabelSet.restore(dict(self.label_set))
        prompt = Prompt(self.prompt_id, self.prompt_template)
        if (known := PROMPTS.get(self.prompt_id)) and known.template == prompt.template:
            prompt = known
        return Task(
            dataset=self.dataset,
            name=self.name,
            kind=self.kind,
            noun=self.noun,
            namespace=self.namespace,
            space=space,
            prompt=prompt,
            card_sha256=self.card_sha256,
            label_set=label_set,
            order=self.options or (label_set.ids if label_set else ()),
            letters=self.letters,
            scale=self.scale,
            asks=self.asks,
            numbered=self.numbered,
            option_order=self.option_order or "shuffled",
            exam=None if self.exam is None else ExamTask.model_validate(self.exam),
        )


class SessionRecord(JsonRecord):
    """What one session did: when, with which versions, on which machine."""

    started_at: str | None = None
    wall_s: Number = 0.0
    command: str | None = None
    asked: int = 0
    failures: Mapping[str, int] = {}
    """Clips without an answer, by the kind of failure."""
    ranked: int = 0
    batch: int | None = None
    halvings: int = 0
    batch_search: tuple[tuple[int, bool], ...] = ()
    """The batch sizes tried for 'auto', and whether they fitted."""
    timeout_s: Number | None = None
    fitted: Mapping[str, JsonObject] = {}
    """By dataset, what a model learned from."""
    capabilities: JsonObject = Field({}, alias="hearing")
    model: JsonObject | None = None
    """What the model says was really used; None where it was not loaded."""
    versions: Mapping[str, str] = {}
    git: JsonObject | None = None
    peak_memory_gib: Mapping[str, Number] = {}
    stores: Mapping[str, str] = {}
    """By dataset, what clips were decoded from: flac, normalised copies, or reference, the original files."""
    renderings: tuple[JsonObject, ...] = ()
    """What played clips that are MIDI: engine, version, rate, and its soundfont."""
    waited_s: Number | None = None
    """How long the model stood still for audio."""
    replicas: JsonObject | None = None
    """Of a session on a cluster: copies of the model, how many died, and how many items were asked again for it."""
    shard: str | None = None
    """Of a run that was merged: which shard it was a session of, as 2/8."""
    ended: bool | None = None
    """False while it goes on, and of one that was killed: `asked` and `wall_s` are of the last time that it told."""


class ShardRecord(JsonRecord):
    """Which share of another run's items a run asks."""

    number: int
    """From 1."""
    of: int
    whole: JsonObject
    """The other run's run.json, but for its sessions, its date and the version that wrote it."""


class ImportRecord(JsonRecord):
    """The file that imported answers are from, and how they joined the clips."""

    file: str
    sha256: str
    format: str
    joined: int
    not_joined: int
    not_in_file: int
    duplicates: int
    contradictions: int
    prompts: int
    references: Literal["index", "file"]
    references_compared: int = 0
    references_differ: int = 0
    differ_first: list[str] = []


class RunSettings(JsonRecord):
    """What run.json says: all that is needed to repeat a run, and its sessions."""

    sessions: tuple[SessionRecord, ...] = Field((), alias="sittings")
    run: str
    model: str
    split: str
    task: str
    kind: Kind
    created_at: str
    """UTC, ISO 8601."""
    mudata_version: str | None = None
    command: str | None = None
    """Of imported answers; a session has its own."""
    model_identity: JsonObject = {}
    model_sha256: str | None = None
    seen_in_training: Mapping[str, str] = {}
    """By dataset of the run, who says that the model was trained on it."""
    seed: int = 0
    forced_choice: bool = False
    control: str | None = None
    audio: str = "clip"
    audio_family: str | None = None
    """The same for a run and its controls."""
    options_order: str = "published"
    prompt_warnings: tuple[str, ...] = ()
    split_sha256: str | None = None
    index_sha256: Mapping[str, str] = {}
    part: str | None = None
    limit: int | None = None
    clips: int
    """Items that are asked; each is a clip, but for items with ids of their own."""
    clips_without_reference: int = 0
    clips_without_audio: int = 0
    clips_with_other_audio: int = 0
    items_torn: int = 0
    """Items with clips in the part and others outside of it, which are not asked."""
    faults: str | None = None
    """What became of clips with known faults, drop or repair; None: they are asked as published."""
    faults_sha256: Mapping[str, str] = {}
    """Hashes of the user's own faults, by dataset."""
    clips_faulty: int = 0
    """Clips of the part that are left out for their faults."""
    tasks: tuple[TaskSettings, ...]
    imported: ImportRecord | None = None
    shard: ShardRecord | None = None

    @staticmethod
    def of_faults(samples: SampleSet) -> dict[str, Any]:
        """What there is to say of clips with known faults; nothing where they are asked as published."""
        if samples.faults.how == "keep":
            return {}
        told = {"faults": samples.faults.how, "clips_faulty": samples.faulty}
        return told | {"faults_sha256": dict(samples.faults.own_sha256)}

    @classmethod
    def read(cls, path: Path) -> Self:
        """Raises EvaluationError if the file is not there or is not that of a run."""
        said = read_object(path)
        with reading(path):
            try:
                return cls.model_validate(said)
            except ValidationError as error:
                raise ValueError(first_problem(error)) from error

    def text(self) -> str:
        """The file's text; what a model said of itself is safe to keep (see `safe_text`)."""
        return json.dumps(safe_values(self.record()), indent=2, ensure_ascii=False, default=str) + "\n"

    def going_on(self, before: RunSettings | None) -> Self:
        """As they are written into a run's folder: the date and sessions that are there stay, and
        so do keys that this version does not know."""
        if before is None:
            return self.model_copy(update={"sessions": self.sessions})
        tasks = {task.dataset: task for task in before.tasks}
        kept = tuple(task.with_unknown_keys_of(tasks.get(task.dataset, task)) for task in self.tasks)
        update = {"created_at": before.created_at, "sessions": before.sessions, "tasks": kept}
        return self.with_unknown_keys_of(before).model_copy(update=update)

    def with_session(self, session: SessionRecord, *, again: bool = False) -> Self:
        """With one more session; `again`: with more of the last one."""
        return self.model_copy(update={"sessions": (*self.sessions[: -1 if again else None], session)})

    @property
    def last_command(self) -> str | None:
        """The line that repeats the run."""
        commands = [self.command, *(session.command for session in self.sessions)]
        return next((line for line in reversed(commands) if line), None)

    def __getitem__(self, key: str) -> Any:
        """The value of a key of run.json, as 0.1.0 gave settings."""
        return self._as_0_1_0(f"settings[{key!r}]")[key]

    def __contains__(self, key: str) -> bool:
        return key in self._as_0_1_0(f"{key!r} in settings")

    def get(self, key: str, default: Any = None) -> Any:
        return self._as_0_1_0(f"settings.get({key!r})").get(key, default)

    def _as_0_1_0(self, way: str) -> dict[str, Any]:
        warnings.warn(
            f"{way} is the way of mudata 0.1.0: settings have attributes now, and record().",
            DeprecationWarning,
            stacklevel=3,
        )
        return self.record()
