"""What is going to be asked, by which name it will be known, and what run.json says about it.

A run's id is a hash of all that decides its answers, and so is the key of every single answer. What
was added to a request in later versions enters the hashes only where it is not the default, so that
older runs keep their ids.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import TYPE_CHECKING, Literal

from mudata.evaluation.inference import controls
from mudata.evaluation.models import model_identity, registry
from mudata.evaluation.run_settings import RunSettings, ShardRecord, TaskSettings
from mudata.home import now
from mudata.jsonl import digest
from mudata.version import __version__

if TYPE_CHECKING:
    from mudata.evaluation.inference.controls import Control
    from mudata.evaluation.inference.playback import AudioSource
    from mudata.evaluation.inference.sharding import Shard
    from mudata.evaluation.kinds.option_marks import Marks
    from mudata.evaluation.protocol import Model, Question
    from mudata.evaluation.tasks.known_faults import FaultTreatment
    from mudata.evaluation.tasks.option_order import OptionsOrder
    from mudata.evaluation.tasks.samples import Sample, SampleSet
    from mudata.evaluation.tasks.task import Task


@dataclass(frozen=True, kw_only=True)
class EvalRequest:
    """What `mudata eval` was asked for.
    `options` go to the model, where None means its own default.

    letters: options are shown with letters, which may be the answer. options_order: None is the
    card's, else labels as published and items' own options shuffled by the seed; 'shuffled' draws
    one order of labels for the whole run; 'rotations' and 'leave-one-out' ask each item several
    times. control: what is played instead of the clips.
    timeout_s: how long one call of the model may take. rank: also let the model tell how likely
    every option is. audio: 'source' plays the original files, neither mixed nor resampled. batch:
    'auto' finds the largest that fits. force: load the model even where its weights are larger than
    the memory. offline: take weights from this machine only. faults: what becomes of clips with
    known faults; None: as the split was drawn. shard: only this share of the items is asked, as a run
    of its own (see `sharding`). on: where the model is: None or 'local' for this process, 'ray' and
    'ray://HOST:PORT' for so many `replicas` on a cluster (None: as many as there is room for), with
    `gpus_per_replica` each (None: one, where the cluster has any).
    """

    model: str
    split: str
    task: str | None = None
    part: str | None = None
    limit: int | None = None
    prompt: str | None = None
    batch: int | Literal["auto"] | None = None
    seed: int = 0
    options: Mapping[str, object] = field(default_factory=dict)
    command: str | None = None
    letters: bool = False
    options_order: OptionsOrder | None = None
    control: Control | None = None
    timeout_s: float | None = None
    rank: bool = False
    audio: AudioSource = "clip"
    force: bool = False
    offline: bool = False
    faults: FaultTreatment | None = None
    shard: Shard | None = None
    on: str | None = None
    replicas: int | None = None
    gpus_per_replica: float | None = None


class Plan:
    """A request with all that was looked up for it.
    Raises EvaluationError for a control that cannot be."""

    def __init__(self, request: EvalRequest, model: Model, selection: SampleSet) -> None:
        self.request, self.model, self.selection = request, model, selection
        self.task = next(iter(selection.tasks.values()))
        self.card = registry.card_of(registry.find(request.model))
        self.identity = model_identity.identity(request.model, request.options)
        self.model_sha256 = digest({**model_identity.hashed(self.identity), "seed": request.seed})
        played = controls.playback_of(request.control, selection.items, request.seed, request.audio)
        recorded = any(task.soundfont for task in selection.tasks.values())
        self.playback = replace(played, engine="soundfont") if recorded else played
        # what is not as in runs of older versions
        self._changed = [x for x in (request.control, request.audio) if x not in (None, "clip")]
        self._asked = {dataset: _decisive(task) for dataset, task in selection.tasks.items()}
        self.items = request.shard.share(selection.items) if request.shard else selection.items
        """What is asked: of a shard its share, where `selection` has all."""

    @property
    def run_id(self) -> str:
        """Readable, and a hash of all that decides the answers; of a shard that of the whole run, with its number."""
        return self.request.shard.id_of(self.whole_id) if self.request.shard else self.whole_id

    @property
    def whole_id(self) -> str:
        """The id of the run, or of the run that this is a shard of."""
        samples, control = self.selection, self.request.control
        decisive = [
            self.model_sha256,
            samples.split_sha256,
            samples.part,
            samples.limit,
            list(self._asked.values()),
        ]
        words = (self.request.model, samples.split, self.task.name, *([control] if control else []))
        name = "-".join(words).replace("/", "-").replace(":", "-")
        return f"{name}-{digest(decisive + self._changed + samples.faults.decides)[:10]}"

    @property
    def audio_family(self) -> str:
        """The same for a run and its controls, however few clips either asks:
        all but what is played and the limit."""
        samples = self.selection
        source = [self.request.audio] if self.request.audio != "clip" else []
        same = [self.model_sha256, samples.split_sha256, samples.part, list(self._asked.values())]
        return digest([*same, *source, *samples.faults.decides])

    def absent(self, item: Sample) -> str | None:
        """Why an item cannot be asked; None where it can, as always where words alone are."""
        return None if self.playback.sound == "none" else item.absent

    def key(self, item: Sample) -> str:
        """Hash of what is played for one item, its question and the model."""
        task = self.selection.tasks[item.dataset]
        asked = _plain(self.selection.question_of(item)) if task.is_exact else self._asked[item.dataset]
        return digest([self.playback.of(item).pcm_sha256, asked, self.model_sha256, *self._changed])

    @property
    def prompts(self) -> dict[str, str]:
        """What each item is asked, by its id, where items have questions of their own."""
        items = self.selection.items if self.task.is_exact else ()
        return {item.item_id: self.selection.question_of(item).prompt for item in items}

    @property
    def marks(self) -> dict[str, Marks]:
        """Which marks options are shown with, by item id, where these are not the task's (`option_marks`)."""
        found: dict[str, Marks] = {}
        for item in self.selection.items if self.task.is_exact else ():
            task = self.selection.tasks[item.dataset]
            if item.options and (marks := task.marks_of(item.options)) != task.usual_marks:
                found[item.item_id] = marks
        return found

    @property
    def stores(self) -> dict[str, str]:
        """By dataset, how the sound is kept of what is heard."""
        if self.playback.sound == "none" or not self.model.capabilities.needs_audio:
            return {}
        played = [(item.dataset, clip.sound) for item in self.selection.items for clip in self.playback.of(item).clips]
        as_source = self.request.audio == "source"
        found = {dataset: "reference" if as_source else sound.store for dataset, sound in played if sound}
        return dict(sorted(found.items()))

    @property
    def warnings(self) -> list[str]:
        """What may be wrong with the prompt, each sentence once."""
        warnings = [f"Prompt {t.prompt.id}: {text}" for t in self.selection.tasks.values() for text in t.warnings]
        return list(dict.fromkeys(warnings))

    @property
    def _options_order(self) -> str:
        """As run.json has it, in the words of a request."""
        if self.task.is_exact and any(item.options for item in self.selection.items):
            return "published" if self.task.option_order == "stored" else self.task.option_order
        return self.request.options_order or "published"

    def settings(self) -> RunSettings:
        """What run.json keeps, but for the sessions."""
        whole, shard = self._whole(), self.request.shard
        if shard is None:
            return whole
        asked = Counter(item.dataset for item in self.items)
        kept = {key: value for key, value in whole.record().items() if key not in ("created_at", "mudata_version")}
        return whole.model_copy(
            update={
                "run": self.run_id,
                "clips": len(self.items),
                "clips_without_audio": self._without_audio(self.items),
                "tasks": tuple(t.model_copy(update={"clips": asked[t.dataset]}) for t in whole.tasks),
                "shard": ShardRecord(number=shard.number, of=shard.of, whole=kept),
            }
        )

    def _without_audio(self, items: Sequence[Sample]) -> int:
        return sum(self.absent(item) is not None for item in items)

    def _whole(self) -> RunSettings:
        samples, seen = self.selection, self.card.trained_on if self.card else {}
        return RunSettings(
            run=self.whole_id,
            model=self.request.model,
            split=samples.split,
            task=self.task.name,
            kind=self.task.kind,
            created_at=now(),
            mudata_version=__version__,
            model_identity=self.identity,
            model_sha256=self.model_sha256,
            seen_in_training={d: source for d, source in seen.items() if d in samples.tasks},
            seed=self.request.seed,
            forced_choice=self.model.capabilities.forced_choice,
            control=self.request.control,
            audio=self.request.audio,
            audio_family=self.audio_family,
            options_order=self._options_order,
            prompt_warnings=tuple(self.warnings),
            split_sha256=samples.split_sha256,
            index_sha256=samples.index_sha256,
            part=samples.part,
            limit=samples.limit,
            clips=len(samples.items),
            clips_without_reference=samples.skipped,
            clips_without_audio=self._without_audio(samples.items),
            clips_with_other_audio=samples.changed,
            **({"items_torn": samples.torn} if self.task.is_exact else {}),
            **RunSettings.of_faults(samples),
            tasks=tuple(
                TaskSettings.of(task, samples, constant=samples.constants.get(dataset))
                for dataset, task in samples.tasks.items()
            ),
        )


_ADDED = ("letters", "numbered", "unit", "bounds", "whole")
"""Fields of a question that older versions did not know."""


def _plain(question: Question) -> dict[str, object]:
    """What decides an answer."""
    return {key: value for key, value in asdict(question).items() if value or key not in _ADDED}


def _decisive(task: Task) -> dict[str, object]:
    """What is the same for all questions of a task and decides its answers; of a kind with exact
    truth, items have questions of their own."""
    if not task.is_exact:
        return _plain(task.question)
    words = {
        options: words.template if words.option is None else [words.template, words.option, words.join]
        for options, words in sorted(task.wordings.items())
    }
    changed: dict[str, object] = {"order": task.option_order} if task.option_order != "shuffled" else {}
    if task.exam and task.exam.other_sha256:  # of one split, and no items of its card
        changed["edition"] = list(task.exam.other_sha256)
    return {"kind": task.kind, "task": task.name, "asks": task.asks, "words": words, **changed, **_plain(task.question)}
