"""One run as a report has it: its answers beside how they were read, its scores, and what must be known of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from mudata.evaluation.align.alignment import Alignment
from mudata.evaluation.metrics.scored import ScoredAnswer
from mudata.evaluation.report.wording import fate

if TYPE_CHECKING:
    from mudata.evaluation.comparison.audio_use import AudioUse
    from mudata.evaluation.kinds.question_kind import AskedItem
    from mudata.evaluation.run_settings import RunSettings


@dataclass(frozen=True, kw_only=True)
class ReportAnswer:
    """One clip or item, what is right about it, what a run answered,
    and how that was read (a line of alignments.jsonl).

    `clips` are those that it asks about, in their order; `asked` is what it asks, of a question with exact truth.
    `groups` has the clip's artist, album and track, `cluster` is what it shares with others of the
    run; `seconds` is the time that the answer took.
    `given` is what the model got in place of the sound, where that was text.
    """

    clip_id: str
    dataset: str
    references: tuple[str, ...]
    answer: str | None
    error: str | None
    groups: Mapping[str, str | None]
    cluster: str
    read: Mapping[str, Any]
    seconds: float
    given: str | None
    clips: tuple[str, ...] = ()
    asked: AskedItem | None = None
    category: str | None = None
    difficulty: str | None = None

    @property
    def status(self) -> str:
        return str(self.read["status"])

    @property
    def fate(self) -> str:
        """A key of `wording.FATES`."""
        return fate(self.status, right=bool(self.read.get("right")))

    @property
    def verdict(self) -> str | None:
        """'right' or 'wrong'; None where an answer can be right in part: some labels of several, and
        captions."""
        if self.read.get("right"):
            return "right"
        return None if self.fate in ("set", "answered") else "wrong"

    @property
    def scored(self) -> ScoredAnswer:
        """As `scoring` had it when it wrote the scores."""
        alignment = None
        if "rule_id" in self.read:
            alignment = Alignment(self.read["status"], tuple(self.read["labels"]), self.read["rule_id"])
        return ScoredAnswer(
            clip_id=self.clip_id,
            dataset=self.dataset,
            references=self.references,
            answer=self.answer,
            alignment=alignment,
            error=self.error,
            cluster=self.cluster,
            asked=self.asked,
            worth=self.read.get("worth"),
            category=self.category,
            difficulty=self.difficulty,
        )


class Flag(NamedTuple):
    """Something a reader must know about a run before believing its score."""

    text: str
    why: str


@dataclass(frozen=True, kw_only=True)
class ReportRun:
    """One run, of `folder`. `name` is the model's,
    with the run's own mark where several runs have the same model.

    `labels` tell how each label is written, by dataset and id;
    `audio_use` what its controls say, where it has any.
    """

    folder: Path
    name: str
    settings: RunSettings
    scores: Mapping[str, Any]
    answers: tuple[ReportAnswer, ...]
    labels: Mapping[str, Mapping[str, str]]
    audio_use: AudioUse | None = None

    @property
    def id(self) -> str:
        return self.folder.name

    @property
    def model(self) -> str:
        return self.settings.model

    @cached_property
    def errors(self) -> tuple[ReportAnswer, ...]:
        return tuple(answer for answer in self.answers if answer.answer is None)
