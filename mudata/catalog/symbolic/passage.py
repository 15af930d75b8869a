"""A MIDI file and a stretch of it as the rules of admission look at them, and what they answer."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from mudata.catalog.symbolic.timeline import TickSpan, Timeline

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from mudata.catalog.symbolic.notes import MidiNotes
    from mudata.catalog.symbolic.playing_parts import Parts
    from mudata.catalog.symbolic.smf import MidiFile

BANK = (0, 32)
LEVELS = (7, 11)
"""Controllers: bank select; volume and expression (MIDI 1.0)."""


class UnknownFactError(ValueError):
    """A fact that cannot be taken for true; the text says why."""


class Controls(NamedTuple):
    """Events that choose a bank, or set volume or expression, by time; one array each, of one length."""

    channel: npt.NDArray[np.int64]
    """As in `MidiNotes`."""
    controller: npt.NDArray[np.uint8]
    value: npt.NDArray[np.uint8]
    tick: npt.NDArray[np.int64]


@dataclass(frozen=True)
class Score:
    """All that is known of a file."""

    file: MidiFile
    timeline: Timeline
    played: MidiNotes
    parts: Parts

    @cached_property
    def controls(self) -> Controls:
        import numpy as np

        events = self.file.events
        of = np.flatnonzero(events.status >> 4 == 0xB)
        of = of[np.isin(events.first[of], (*BANK, *LEVELS))] if len(of) else of
        of = of[np.argsort(events.tick[of], kind="stable")]
        return Controls(self.file.channels(of), events.first[of], events.second[of], events.tick[of])


@dataclass(frozen=True)
class Passage:
    """A span of a file, and the notes that sound in it, cut to it; in the order of `score.played`."""

    score: Score
    span: TickSpan
    which: npt.NDArray[np.intp] | slice
    """Which of the notes of the file."""
    start: npt.NDArray[np.int64]
    """Ticks."""
    end: npt.NDArray[np.int64]
    """Ticks."""

    @property
    def timeline(self) -> Timeline:
        return self.score.timeline

    @cached_property
    def part(self) -> npt.NDArray[np.intp]:
        """Of each note."""
        return self.score.parts.of[self.which]

    @cached_property
    def bounds(self) -> list[int]:
        """Where the notes of each part begin, and where those of the last end."""
        bounds: list[int] = self.part.searchsorted(range(len(self.score.parts.program) + 1)).tolist()
        return bounds

    @property
    def drums(self) -> list[slice]:
        """The notes of each kit."""
        return [slice(self.bounds[kit], self.bounds[kit + 1]) for kit in self.score.parts.kits]

    @cached_property
    def pitch(self) -> npt.NDArray[np.uint8]:
        """Of each note."""
        return self.score.played.pitch[self.which]

    @cached_property
    def begins(self) -> npt.NDArray[np.bool_] | slice:
        """Which of the notes begin in the span."""
        if isinstance(self.which, slice):
            return self.which
        return self.score.played.start[self.which] >= self.span.begin

    @cached_property
    def music(self) -> TickSpan:
        """From the begin of the first note to the end of the last; the span itself where nothing sounds."""
        if not len(self.start):
            return self.span
        return TickSpan(int(self.start.min()), int(self.end.max()))


def passage(score: Score, span: TickSpan) -> Passage:
    import numpy as np

    played = score.played
    which = np.flatnonzero(played.sounding(span.begin, span.end))
    start, end = np.maximum(played.start[which], span.begin), np.minimum(played.end[which], span.end)
    return Passage(score, span, which, start, end)


def whole(score: Score, music: TickSpan) -> Passage:
    """All of a file, whose notes lie within `music`."""
    return Passage(score, music, slice(None), score.played.start, score.played.end)
