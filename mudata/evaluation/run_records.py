"""Lines of a run's files: what was asked, what was answered, how likely options were found.

A line is known by `clip_id` where an item is one clip under the clip's id, as in all runs of labels
and captions, else by `item_id`; here it is `item_id` in both cases.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import MISSING, asdict, dataclass, field, fields
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

from pydantic import Field, FiniteFloat

from mudata.catalog.clusters import ClusterEvidence
from mudata.catalog.item_clusters import ItemEvidence
from mudata.evaluation.kinds.option_marks import Marks  # noqa: TC001 - lines are checked against the types
from mudata.json_files import damaged, type_check
from mudata.jsonl import LINE, numbered

if TYPE_CHECKING:
    from mudata.evaluation.tasks.samples import Sample

T = TypeVar("T")


@dataclass(frozen=True, kw_only=True)
class AnswerRecord:
    """One line of answers.jsonl. `answer` is None when it failed, `error` None when it did not.

    `key` is a hash of audio, question and model; `seconds` the time per item in its batch,
    `heard_s` how much of its clips was played to the model, `batch` the size of the batch it was
    in. `heard_clip` is the clip that was played in its stead, in a run with swapped audio (of an
    item that is no clip, the item whose clips were). `given` is what the model got in place of the
    sound, where that was text, and `notes` what a server told about the answer. `joined` is the gap
    in seconds, where several clips were played as one.
    """

    key: str
    item_id: str
    answer: str | None
    error: str | None
    seconds: FiniteFloat
    heard_s: FiniteFloat
    batch: int
    heard_clip: str | None = None
    given: str | None = None
    notes: Mapping[str, object] | None = None
    joined: FiniteFloat | None = None
    is_clip: bool = True

    def record(self) -> dict[str, object]:
        """The line: `joined` only where it says something."""
        line = _named(asdict(self))
        return {key: value for key, value in line.items() if key != "joined" or value is not None}


ANSWER_KEYS = tuple(f.name for f in fields(AnswerRecord) if f.default is MISSING and f.name != "item_id")
"""What every line of answers.jsonl has, beside the id."""


@dataclass(frozen=True, kw_only=True)
class AskedClip:
    """One clip of an item with an id of its own, as it decides the item's cluster."""

    clip_id: str
    pcm_sha256: str = ""
    source_sha256: str | None = None
    artist: str | None = None
    album: str | None = None
    track: str | None = None


@dataclass(frozen=True, kw_only=True)
class QuestionRecord:
    """One line of questions.jsonl: an item that is asked about.

    `references` are canonical label ids in published order, or captions, or the one true value (the
    file's key is `gold`). `artist`, `album`, `track` and the hashes decide a clip's cluster (see
    `clusters`); an item with an id of its own has them in `clips`, in the order asked. `aspects` are
    short phrases that people gave the clip. `prompt` is there where it is another than the task's,
    and of kinds with exact truth always; theirs are `options`, in the order shown, `category`,
    `cluster` (the piece, as the dataset says it), `difficulty`, and `duration_s` of the one clip. Where
    items are asked several times, each pass has a line, with the item that it is `of` and its number.
    `marks` are those that the options were shown with, where these are not the task's.
    What an official rule looks at besides: the item's own `question`, all its `categories`, `settings`.
    """

    item_id: str
    dataset: str
    pcm_sha256: str = ""
    references: Annotated[tuple[str, ...], Field(alias="gold")]
    artist: str | None = None
    album: str | None = None
    track: str | None = None
    aspects: tuple[str, ...] = ()
    prompt: str | None = None
    source_sha256: str | None = None
    clips: tuple[AskedClip, ...] = ()
    options: tuple[str, ...] = ()
    category: str | None = None
    cluster: str | None = None
    difficulty: str | None = None
    duration_s: FiniteFloat | None = None
    of: str | None = None
    pass_number: int | None = None
    question: str | None = None
    categories: tuple[str, ...] = ()
    settings: Mapping[str, object] = field(default_factory=dict)
    marks: Marks | None = None
    is_clip: bool = True

    @classmethod
    def about(
        cls,
        sample: Sample,
        prompt: str | None = None,
        marks: Marks | None = None,
        *,
        exact: bool = False,
        judged: bool = False,
    ) -> QuestionRecord:
        """An item; of a kind with exact truth also how long its clip is, and of a task with an official rule what the
        rule looks at."""
        shared: dict[str, Any] = {"item_id": sample.item_id, "dataset": sample.dataset, "references": sample.references}
        shared |= {"prompt": prompt, "marks": marks, "options": sample.options, "is_clip": sample.is_clip}
        shared |= {name: getattr(sample, name) for name in ("category", "cluster", "difficulty", *_OF_PASSES)}
        shared |= {"duration_s": sample.duration_s if exact else None}
        shared |= {name: getattr(sample, name) for name in _OF_RULES} if judged else {}
        known: list[dict[str, Any]] = [
            {name: getattr(clip, name) for name in ("pcm_sha256", "source_sha256", "artist", "album", "track")}
            for clip in sample.clips
        ]
        if sample.is_clip:
            return cls(**shared, **known[0], aspects=sample.aspects)
        clips = (AskedClip(clip_id=i, **facts) for i, facts in zip(sample.clip_ids, known, strict=True))
        return cls(**shared, clips=tuple(clips))

    @property
    def clip_ids(self) -> tuple[str, ...]:
        """The clips that it asks about, in the order asked."""
        return tuple(clip.clip_id for clip in self.clips) or (self.item_id,)

    @property
    def evidence(self) -> ItemEvidence:
        """What decides the item's cluster; files of older versions have fewer hashes."""
        heard: tuple[AskedClip | QuestionRecord, ...] = self.clips or (self,)
        clips = [
            ClusterEvidence(
                clip.clip_id if isinstance(clip, AskedClip) else self.item_id,
                self.dataset,
                clip.artist,
                clip.album,
                clip.track,
                pcm_sha256=clip.pcm_sha256 or None,
                source_sha256=clip.source_sha256,
            )
            for clip in heard
        ]
        return ItemEvidence(self.item_id, tuple(clips), self.cluster)

    def record(self) -> dict[str, object]:
        """The line; what was added in later versions only where it says something."""
        line = _named({"gold" if key == "references" else key: value for key, value in vars(self).items()})
        line["settings"] = dict(self.settings)
        if self.clips:
            line["clips"] = [{k: v for k, v in asdict(clip).items() if v} for clip in self.clips]
            line = {k: v for k, v in line.items() if k not in _OF_A_CLIP}
        return {k: v for k, v in line.items() if k not in _ADDED or v not in (None, (), {})}


_OF_PASSES = ("of", "pass_number")
_OF_RULES = ("question", "categories", "settings")
_OF_A_CLIP = ("pcm_sha256", "artist", "album", "track", "aspects", "source_sha256")
_ADDED = (
    "prompt",
    "source_sha256",
    "clips",
    "options",
    "category",
    "cluster",
    "difficulty",
    "duration_s",
    *_OF_PASSES,
    *_OF_RULES,
    "marks",
)


@dataclass(frozen=True, kw_only=True)
class RankingRecord:
    """One line of rankings.jsonl: how likely a model finds each of `options` (canonical ids, or the
    item's own in the order shown).

    `loglik` and `tokens` are those of `protocol.Ranking`, one per option, `tokens` empty where the
    scores are no log-likelihoods. `key` is that of the item's answer.
    """

    item_id: str
    key: str | None = None
    options: tuple[str, ...]
    loglik: tuple[FiniteFloat, ...]
    tokens: tuple[int, ...] = ()
    is_clip: bool = True

    def record(self) -> dict[str, object]:
        return _named(asdict(self))


def read_records(path: Path, kind: type[T], keys: Collection[str] = (), *, appended: bool = False) -> Iterator[T]:
    """The lines of one of a run's files as records of this kind; `keys` and `appended` as for
    `jsonl.numbered`.

    Raises EvaluationError with file and line, for a line without an id too.
    """
    checked = type_check(kind)
    for number, line in numbered(path, keys, appended=appended):
        line["is_clip"] = is_clip = "item_id" not in line
        if is_clip:
            if "clip_id" not in line:
                raise damaged(path, f"line {number} lacks clip_id", LINE)
            line["item_id"] = line["clip_id"]
        try:
            yield checked(line)
        except ValueError as wrong:
            what = str(wrong).replace("item_id", "clip_id", 1) if is_clip else str(wrong)
            raise damaged(path, f"line {number}: {what}", LINE) from wrong


def _named(line: Mapping[str, object]) -> dict[str, object]:
    """A line under the key of its id."""
    own = "clip_id" if line["is_clip"] else "item_id"
    return {own if key == "item_id" else key: value for key, value in line.items() if key != "is_clip"}
