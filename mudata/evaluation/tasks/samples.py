"""The items that a run asks about: clips with their audio, the question, and what is right."""

from __future__ import annotations

import hashlib
import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from mudata.evaluation.tasks.known_faults import AS_PUBLISHED, TreatedFaults
from mudata.evaluation.tasks.option_order import pass_id

if TYPE_CHECKING:
    from mudata.catalog.audio.stored_clip import StoredClip
    from mudata.evaluation.metrics.caption_controls import ConstantCaption
    from mudata.evaluation.protocol import Question
    from mudata.evaluation.tasks.task import Task


@dataclass(frozen=True, kw_only=True)
class ClipFile:
    """One clip as the index has it.

    `path` is None, and `absent` says why, when there is nothing to hear.
    `pcm_sha256` is, for MIDI, the hash of the file, or of the file and what of it is heard.
    """

    clip_id: str
    path: Path | None
    pcm_sha256: str
    sample_rate: int
    absent: str | None = None
    source_sha256: str | None = None
    """Of the file that the clip was cut from: clips of one file are of one recording."""
    artist: str | None = None
    album: str | None = None
    track: str | None = None
    midi: bool = False
    """`path` is a MIDI file."""
    source: Path | None = None
    """The original file, of which the clip is `duration_s` seconds from `start_s` on."""
    start_s: float = 0.0
    duration_s: float | None = None
    drawn_sha256: str | None = None
    """`pcm_sha256` as it was when the split was drawn."""
    is_excerpt: bool = False
    """Of MIDI: it is not the whole file, or not as it is written."""
    semitones: int = 0
    """Of MIDI: by how many it is heard higher, drums not."""
    words: bool = False
    """There is nothing to hear: its item is words alone."""
    sound: StoredClip | None = None
    """What it is heard by; None of MIDI, of words, and where there is nothing to hear."""

    def hashed_as_cropped(self) -> ClipFile:
        """By a hash of its own, where a repair says which part of it is worth hearing: `sound` gives only that."""
        if self.sound is None or self.sound.crop is None:
            return self
        how = f"crop {self.sound.crop[0]!r} {self.duration_s!r}"
        return replace(
            self,
            pcm_sha256=_hash(self.pcm_sha256, how),
            drawn_sha256=self.drawn_sha256 and _hash(self.drawn_sha256, how),
        )

    def heard_as(self, semitones: int, seconds: float | None) -> ClipFile:
        """MIDI transposed, and no more than so many seconds of it."""
        if not semitones and seconds is None:
            return self
        shorter = min(s for s in (self.duration_s, seconds, math.inf) if s is not None)
        how = f"{semitones} {shorter!r}"
        return replace(
            self,
            is_excerpt=True,
            semitones=semitones,
            duration_s=None if shorter == math.inf else shorter,
            pcm_sha256=_hash(self.pcm_sha256, how),
            drawn_sha256=self.drawn_sha256 and _hash(self.drawn_sha256, how),
        )

    @property
    def changed(self) -> bool:
        """Whether it is here and sounds otherwise than when the split was drawn."""
        return self.absent is None and self.drawn_sha256 is not None and self.pcm_sha256 != self.drawn_sha256


def _hash(sound: str, how: str) -> str:
    return hashlib.sha256(f"{sound} {how}".encode()).hexdigest()


@dataclass(frozen=True, kw_only=True)
class Sample:
    """One item: its clips in the order asked, and what is right about them.

    `references` are canonical label ids in published order, or captions, or the one true value. An
    item about one clip alone has the clip's id; `question` (None: that of the task's kind) and
    `options`, in the order shown, are the item's own.
    """

    item_id: str
    dataset: str
    references: tuple[str, ...]
    clips: tuple[ClipFile, ...]
    aspects: tuple[str, ...] = ()
    """Short phrases that people gave the clip (MusicCaps), for captions."""
    question: str | None = None
    options: tuple[str, ...] = ()
    category: str | None = None
    cluster: str | None = None
    """What items share that are no independent evidence, where the dataset says so."""
    difficulty: str | None = None
    categories: tuple[str, ...] = ()
    """All of a published item."""
    settings: Mapping[str, object] = field(default_factory=dict)
    """What an official rule wants to know of the item."""
    of: str | None = None
    """The item that this is a pass of, where items are asked several times (see `option_order`)."""
    pass_number: int | None = None
    formats: Mapping[str, str] = field(default_factory=dict)
    """Its questions by the format of the answer, where it is asked in several; `question` is the first."""

    def in_format(self, number: int) -> Sample:
        """The pass that asks for the answer in one of its formats, by its place; the official rule is told which."""
        name, question = list(self.formats.items())[number]
        asked = replace(self, question=question, settings={**self.settings, "format": name})
        return replace(asked, item_id=pass_id(self.item_id, number), of=self.item_id, pass_number=number)

    @property
    def clip_ids(self) -> tuple[str, ...]:
        return tuple(clip.clip_id for clip in self.clips)

    @property
    def is_clip(self) -> bool:
        """Whether it is one clip, known by the clip's id."""
        return self.clip_ids == (self.item_id,)

    @property
    def absent(self) -> str | None:
        """Why it cannot be heard whole; None where it can."""
        return next((clip.absent for clip in self.clips if clip.absent), None)

    @property
    def is_words(self) -> bool:
        """Whether it is words alone, so that nothing is heard."""
        return all(clip.words for clip in self.clips)

    @property
    def midi(self) -> bool:
        return any(clip.midi for clip in self.clips)

    @property
    def duration_s(self) -> float | None:
        """Length of the one clip; None where there are several, or it is not known."""
        return self.clips[0].duration_s if len(self.clips) == 1 else None

    @property
    def pcm_sha256(self) -> str | list[str]:
        """What is heard, as hashes of samples: that of the one clip, or those of all."""
        hashes = [clip.pcm_sha256 for clip in self.clips]
        return hashes[0] if len(hashes) == 1 else hashes


@dataclass(frozen=True, kw_only=True)
class SampleSet:
    """What is asked (`items`, sorted by id), by which tasks,
    and what may be learned from first (`train`)."""

    split: str
    split_sha256: str
    index_sha256: Mapping[str, str]
    part: str
    limit: int | None
    tasks: Mapping[str, Task]
    items: tuple[Sample, ...]
    train: tuple[Sample, ...]
    skipped: int
    """Clips without a reference."""
    constants: Mapping[str, ConstantCaption | None]
    """The constant caption by dataset, for tasks that ask for captions;
    None where all there are are asked."""
    torn: int = 0
    """Items that have clips in the part and others outside of it, and are not asked."""
    faults: TreatedFaults = AS_PUBLISHED
    """What became of clips with known faults."""
    faulty: int = 0
    """Clips of the part that are left out for them."""

    @property
    def changed(self) -> int:
        """Clips that are asked and do not sound as when the split was drawn."""
        return len({clip.clip_id for item in self.items for clip in item.clips if clip.changed})

    @property
    def noun(self) -> str:
        """What is counted: clips, or items where these are not the same."""
        return "clips" if all(item.is_clip for item in self.items) else "items"

    def question_of(self, item: Sample) -> Question:
        """What an item is asked."""
        task = self.tasks[item.dataset]
        return task.question_of(item.question, item.options) if task.is_exact else task.question

    def of(self, dataset: str) -> tuple[Sample, ...]:
        return tuple(item for item in self.items if item.dataset == dataset)

    def train_of(self, dataset: str) -> tuple[Sample, ...]:
        return tuple(item for item in self.train if item.dataset == dataset)

    def common(self, dataset: str) -> tuple[str | None, str]:
        """The most frequent label or value of the train part,
        else of what is asked, and which of the two it was."""
        source, items = "train part", self.train_of(dataset)
        if not items:
            source, items = f"{self.noun} asked (the split has no train part)", self.of(dataset)
        task = self.tasks[dataset]
        if task.kind == "caption":
            return None, source
        counts = Counter(label for item in items for label in item.references)
        known = task.written or sorted(counts)  # the first in published order wins ties
        return max(known, key=lambda label: counts[label], default=None), source
