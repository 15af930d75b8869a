"""Which stretch of a MIDI file is the clip: whole bars into the music, not from the start, where many files are
silent."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mudata.catalog.symbolic.timeline import TickSpan, bar_lines

if TYPE_CHECKING:
    from mudata.catalog.symbolic.notes import MidiNotes
    from mudata.catalog.symbolic.timeline import Timeline


def window(played: MidiNotes, timeline: Timeline, seconds: float, at: float) -> TickSpan:
    """The `seconds` of music from the bar line on that is nearest to the share `at` of its time.

    Music begins with the first note and ends with the last. Where less is left, the window begins at an earlier bar
    line, so that it ends with the music; the whole music where that is shorter. Where nothing sounds in it, it begins
    at the bar line at or before the next note, or at that note where the rest of its bar is longer. There has to be a
    note.
    """
    import numpy as np

    ends = int(max(played.end.max(), played.start.max() + 1))  # a note may have no length
    music = TickSpan(int(played.start.min()), ends)
    first, last = timeline.second(music.begin), timeline.second(music.end)
    latest = min(timeline.tick(max(first, last - seconds)), music.end - 1)  # a tick may be longer than the window
    begin = _bar(timeline, timeline.tick(first + at * (last - first)), nearest=True)
    if begin > latest:
        begin = _bar(timeline, latest, nearest=False)
    span = _from(timeline, begin, seconds, music)
    if not played.sounding(span.begin, span.end).any():
        following = int(np.min(played.start[played.start >= span.end]))
        span = _from(timeline, _bar(timeline, following, nearest=False), seconds, music)
        if span.end <= following:  # a bar of rest that is longer than the window
            span = _from(timeline, following, seconds, music)
    return span


def _bar(timeline: Timeline, tick: int, *, nearest: bool) -> int:
    before, after = bar_lines(timeline.metre, timeline.ticks_per_beat, tick)
    return after if nearest and after - tick < tick - before else before


def _from(timeline: Timeline, begin: int, seconds: float, music: TickSpan) -> TickSpan:
    end = timeline.tick(timeline.second(begin) + seconds)
    return TickSpan(begin, max(begin + 1, min(end, music.end)))
