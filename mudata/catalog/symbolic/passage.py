"""A stretch of a MIDI file as the rules of admission look at it, and what they answer."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from mudata.catalog.symbolic.notes import MidiNotes
    from mudata.catalog.symbolic.playing_parts import Parts
    from mudata.catalog.symbolic.smf import MidiFile
    from mudata.catalog.symbolic.timeline import TickSpan, Timeline


class UnknownFactError(ValueError):
    """A fact that cannot be taken for true; the text says why."""


@dataclass(frozen=True)
class Passage:
    """A span of a file, and the notes that sound in it, cut to it (`which`, `start`, `end`: one array each, of one
    length)."""

    file: MidiFile
    timeline: Timeline
    played: MidiNotes
    parts: Parts
    span: TickSpan
    which: npt.NDArray[np.intp]
    """Places among `played`."""
    start: npt.NDArray[np.int64]
    """Ticks."""
    end: npt.NDArray[np.int64]
    """Ticks."""

    @cached_property
    def part(self) -> npt.NDArray[np.intp]:
        """Of each note."""
        return self.parts.of[self.which]

    @cached_property
    def begins(self) -> npt.NDArray[np.bool_]:
        """Which of the notes begin in the span."""
        return self.played.start[self.which] >= self.span.begin

    @cached_property
    def music(self) -> TickSpan:
        """From the first to the last that is heard; the span itself where nothing is."""
        if not len(self.which):
            return self.span
        return type(self.span)(int(self.start.min()), int(self.end.max()))


def passage(file: MidiFile, timeline: Timeline, played: MidiNotes, parts: Parts, span: TickSpan) -> Passage:
    import numpy as np

    which = np.flatnonzero((played.start < span.end) & (played.end > span.begin))
    start, end = np.maximum(played.start[which], span.begin), np.minimum(played.end[which], span.end)
    return Passage(file, timeline, played, parts, span, which, start, end)
