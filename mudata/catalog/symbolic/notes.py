"""The notes of a MIDI file, each with the program that plays it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mudata.catalog.symbolic.note_ends import closed, silenced

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from mudata.catalog.symbolic.event_arrays import ChannelEvents
    from mudata.catalog.symbolic.smf import MidiFile


_SHORT = 1 << 5, 1 << 16
"""Of fewer tracks, and fewer events than that, 32 bits hold track, channel, pitch and place."""


@dataclass(frozen=True)
class MidiNotes:
    """Notes by track, channel and program, and then by start; one array each, of one length."""

    track: npt.NDArray[np.int64]
    channel: npt.NDArray[np.int64]
    """0 to 15, and 16 more for every further port."""
    program: npt.NDArray[np.uint8]
    """0 to 127."""
    pitch: npt.NDArray[np.uint8]
    """0 to 127."""
    velocity: npt.NDArray[np.uint8]
    """1 to 127, of the note on."""
    start: npt.NDArray[np.int64]
    """Ticks."""
    end: npt.NDArray[np.int64]
    """Ticks."""
    has_program: npt.NDArray[np.bool_]
    """Whether its channel was given a program before; else `program` is 0."""
    part: npt.NDArray[np.int64]
    """A number for what one track plays on one channel with one program; it never falls."""

    def sounding(self, begin: int, end: int) -> npt.NDArray[np.bool_]:
        """Which sound from one tick until before another; a note without length does where it begins."""
        return (self.start < end) & ((self.end > begin) | (self.start >= begin))


def notes(file: MidiFile) -> MidiNotes:
    """All notes.

    A note off ends the oldest note of its pitch, channel and track that still sounds; what no note off ends is closed
    as `note_ends.closed` says, and silence on a channel (controllers 120 and 123) ends all its notes. The program of a
    note is the last that its channel was given, in any track of the same port, as a synthesiser plays it; at one tick
    programs of other tracks come before notes, those of its own track where they stand. A channel that is given none
    plays 0. Bank selects are not looked at.
    """
    import numpy as np

    events = file.events
    begins, ends, hanging, following = _begun_and_ended(events)
    end, begun = np.empty(len(events.tick), np.int64), np.zeros(len(events.tick), np.bool_)
    end[begins], begun[begins] = events.tick.take(ends), True
    if len(hanging):
        end[hanging], begun[hanging] = closed(file, hanging, following), True
    on = np.flatnonzero(begun)  # in the order of the file, in which the notes of a track are sorted by time
    track, channel, start = events.track.take(on), file.channels(on), events.tick.take(on)
    end = silenced(file, channel, start, end.take(on))
    program, given = _programs(file, channel, on, start)
    part = (track << 12 | channel) << 7 | program
    pitch, velocity = events.first.take(on), events.second.take(on)
    played = MidiNotes(track, channel, program, pitch, velocity, start, end, given, part)
    if (part[1:] < part[:-1]).any():
        order = np.argsort(part, kind="stable")
        played = MidiNotes(**{name: column.take(order) for name, column in vars(played).items()})
    return played


def _begun_and_ended(events: ChannelEvents) -> tuple[npt.NDArray[np.intp], ...]:
    """Which event begins and which ends each note; then which begin notes that none ends, and the next event of the
    same pitch, channel and track, or -1."""
    import numpy as np

    status, count = events.status, len(events.status)
    is_short = count < _SHORT[1] and int(events.track[-1:].sum()) < _SHORT[0]
    wide: np.dtype[Any] = np.dtype(np.uint32 if is_short else np.uint64)
    bits = 4 * wide.itemsize
    key = events.track.astype(wide) << 11 | (status & 0xF).astype(wide) << 7 | events.first
    place = key << bits | np.arange(count, dtype=wide)
    place = place.take(np.flatnonzero(status & 0xE0 == 0x80))  # notes on and off
    place.sort()  # numbers, as short as may be, are sorted faster than their places are
    of, key = (place & ((1 << bits) - 1)).astype(np.intp), place >> bits
    begins = ((status >= 0x90) & (events.second > 0)).take(of)
    if begins[::2].all() and not begins[1::2].any() and np.array_equal(key[::2], key[1::2]):
        return of[::2], of[1::2], *(np.empty(0, np.intp),) * 2  # nothing overlaps, hangs or ends twice
    new = np.ones(len(key), np.bool_)
    np.not_equal(key[1:], key[:-1], out=new[1:])
    first, group = np.flatnonzero(new), np.cumsum(new) - 1
    # how many sound after each event of a key; a note off that ends nothing brings a new least, which is then nothing
    total = np.concatenate([[0], np.cumsum(np.where(begins, 1, -1))])
    apart = group * (2 * len(key) + 1)
    sounding = np.minimum(total[1:] - total[first][group], 0) - apart
    before = np.minimum.accumulate(np.concatenate([[0], sounding]))[:-1]
    before[first] = -apart[first]
    ends = ~begins & (sounding >= before)
    # of each key, the n-th note off ends the n-th note on
    earlier: npt.NDArray[np.intp] = np.cumsum(begins) - begins
    whole = begins & (earlier - earlier[first][group] < np.bincount(group, ends)[group])
    hanging = np.flatnonzero(begins & ~whole)
    following = np.where(new, -1, of)[1:]
    return of[whole], of[ends], of[hanging], np.append(following, -1)[hanging]


def _programs(
    file: MidiFile, channel: npt.NDArray[np.int64], on: npt.NDArray[np.intp], start: npt.NDArray[np.int64]
) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.bool_]]:
    """The program in force at each of the notes that begin with the events `on`, and whether one is."""
    import numpy as np

    events = file.events
    changes = np.flatnonzero(events.status & 0xF0 == 0xC0)
    if not len(changes) or not len(on):
        return np.zeros(len(on), np.uint8), np.zeros(len(on), np.bool_)
    channels = file.channels(changes)
    if len(set(channels.tolist())) == len(channels):
        return _of_lone_changes(file, changes, channel, on, start)
    changes = changes[np.lexsort((events.tick[changes], channels))]
    channels = file.channels(changes)
    longest = int(events.tick.max()) + 1
    when, at = channels * longest + events.tick[changes], channel * longest + start
    last = np.searchsorted(when, at, side="right") - 1
    tied = np.flatnonzero((last >= 0) & (when[last] == at))
    if len(tied):
        last[tied] = _at_one_tick(events.track, changes, when, on[tied], last[tied])
    given = (last >= 0) & (channels[last] == channel)
    return np.where(given, events.first[changes[last]], np.uint8(0)), given


def _of_lone_changes(
    file: MidiFile,
    changes: npt.NDArray[np.intp],
    channel: npt.NDArray[np.int64],
    on: npt.NDArray[np.intp],
    start: npt.NDArray[np.int64],
) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.bool_]]:
    """The same where no channel is given more than one program, by the events `changes`: so it is in most files."""
    import numpy as np

    events, channels = file.events, file.channels(changes)
    most = max(int(channels.max()), int(channel.max())) + 1
    change, since, program = np.zeros(most, np.intp), np.full(most, np.iinfo(np.int64).max), np.zeros(most, np.uint8)
    change[channels], since[channels], program[channels] = changes, events.tick[changes], events.first[changes]
    at = since.take(channel)
    given = at <= start
    tied = np.flatnonzero(at == start)
    by = change[channel[tied]]
    given[tied[(events.track[by] == events.track[on[tied]]) & (by > on[tied])]] = False
    return program.take(channel) * given, given


def _at_one_tick(
    track: npt.NDArray[np.int64],
    changes: npt.NDArray[np.intp],
    when: npt.NDArray[np.int64],
    on: npt.NDArray[np.intp],
    last: npt.NDArray[np.intp],
) -> npt.NDArray[np.intp]:
    """Which of the changes of a note's tick counts: the last before it in its own track, else the last of the other
    tracks, else the one before that tick. `last` is the last of the tick; changes are sorted by tick, then as in the
    file, so that those of one track stand together."""
    import numpy as np

    tick = np.cumsum(np.diff(when, prepend=-1) != 0)
    of_track, of_event = tick * (track.max() + 1) + track[changes], tick * len(track) + changes
    mine = tick[last] * (track.max() + 1) + track[on]
    first = np.searchsorted(tick, tick[last])
    own, after_own = np.searchsorted(of_track, mine), np.searchsorted(of_track, mine, side="right")
    until_note = np.searchsorted(of_event, tick[last] * len(track) + on)
    other = np.where(last >= after_own, last, np.where(own > first, own, first) - 1)
    return np.where(until_note > own, until_note - 1, other)
