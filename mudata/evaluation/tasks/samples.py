"""The clips that a run asks about, with their audio and their references."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mudata.evaluation.metrics.caption_controls import ConstantCaption
    from mudata.evaluation.tasks.task import Task


@dataclass(frozen=True, kw_only=True)
class Sample:
    """One clip and what is right about it: canonical label ids in published order, or captions.

    `path` is None, and `absent` says why, when there is nothing to hear.
    `pcm_sha256` is, for MIDI, the hash of the file.
    """

    clip_id: str
    dataset: str
    references: tuple[str, ...]
    path: Path | None
    pcm_sha256: str
    sample_rate: int
    absent: str | None = None
    source_sha256: str | None = None
    """Of the file that the clip was cut from: clips of one file are of one recording."""
    artist: str | None = None
    album: str | None = None
    track: str | None = None
    aspects: tuple[str, ...] = ()
    """Short phrases that people gave the clip (MusicCaps), for captions."""
    midi: bool = False
    """`path` is a MIDI file."""
    source: Path | None = None
    """The original file, of which the clip is `duration_s` seconds from `start_s` on."""
    start_s: float = 0.0
    duration_s: float | None = None


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
    changed: int
    """Clips whose audio is not what the split was drawn from."""
    constants: Mapping[str, ConstantCaption | None]
    """The constant caption by dataset, for tasks that ask for captions;
    None where all there are are asked."""

    def of(self, dataset: str) -> tuple[Sample, ...]:
        return tuple(item for item in self.items if item.dataset == dataset)

    def train_of(self, dataset: str) -> tuple[Sample, ...]:
        return tuple(item for item in self.train if item.dataset == dataset)

    def common(self, dataset: str) -> tuple[str | None, str]:
        """The most frequent label of the train part,
        else of what is asked, and which of the two it was."""
        source, items = "train part", self.train_of(dataset)
        if not items:
            source, items = "clips asked (the split has no train part)", self.of(dataset)
        task = self.tasks[dataset]
        if task.kind == "caption":
            return None, source
        counts = Counter(label for item in items for label in item.references)
        return max(task.written, key=lambda label: counts[label]), source  # the first in published order wins ties
