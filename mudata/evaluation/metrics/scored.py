"""What scores are made of: scored answers in, metrics out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mudata.evaluation.align.alignment import Alignment

HEADLINE = {"classify": "accuracy", "tag": "micro_f1", "caption": "rougeL_f"}
"""The metric that stands for a run, by the kind of its questions."""


@dataclass(frozen=True)
class Metric:
    """One number with its 95 % interval, its denominator and its recipe, as the table `scores` has
    it."""

    metric: str
    value: float
    low: float
    high: float
    n: int
    recipe: str


@dataclass(frozen=True)
class ScoredAnswer:
    """One clip's references (canonical ids, or captions) beside what the model said and what that
    means.

    `answer` is None for a failure, and `error` says why; `alignment` is None for captions.
    `artist`, `album` and `track` are the clip's groups as the index had them; `aspects` are short
    phrases that people gave the clip (MusicCaps).
    """

    clip_id: str
    dataset: str
    references: tuple[str, ...]
    answer: str | None
    alignment: Alignment | None = None
    error: str | None = None
    artist: str | None = None
    album: str | None = None
    track: str | None = None
    aspects: tuple[str, ...] = ()

    @property
    def counted_labels(self) -> tuple[str, ...]:
        """The labels that the headline credits or blames the answer for: those meant strictly.

        None for a lenient reading (SYNONYM, HYPONYM), and none where one label was asked for and
        several are said (MULTI). Whatever counts labels counts these.
        """
        if self.alignment is None or self.alignment.tier != "strict":
            return ()
        return self.alignment.labels

    @property
    def right(self) -> bool:
        """Whether the one label counted is among the references; of a set, whether it is all of
        them and no other."""
        if self.alignment is not None and self.alignment.status == "SET":
            return set(self.counted_labels) == set(self.references)
        return bool(self.counted_labels) and self.counted_labels[0] in self.references

    @property
    def outcome(self) -> str:
        """ALIGNED, MULTI, OOV, ...; for captions ANSWERED, EMPTY or ERROR."""
        if self.alignment is not None:
            return self.alignment.status
        return "ERROR" if self.answer is None else "ANSWERED" if self.answer.strip() else "EMPTY"

    @property
    def cluster(self) -> str:
        """What makes clips depend on each other: the artist, else the track, else nothing but the
        clip itself."""
        whose = self.artist or self.track
        return f"{self.dataset}/{whose}" if whose else self.clip_id


Labels = Mapping[str, Sequence[str]]
"""Canonical ids by dataset, in published order."""
