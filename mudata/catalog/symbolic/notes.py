"""The notes of a MIDI file, each with the program that plays it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from mudata.catalog.symbolic.smf import ChannelEvents, MidiFile


_TRACK_BITS = 5
"""Of the 16 bits of a key what four of a channel and seven of a pitch leave for a track."""


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

    def sounding(self, begin: int, end: int) -> npt.NDArray[np.bool_]:
        """Which sound from one tick until before another; a note without length does where it begins."""
        return (self.start < end) & ((self.end > begin) | (self.start >= begin))


def notes(file: MidiFile) -> MidiNotes:
    """The notes that begin and end.

    A note off ends the oldest note of its pitch, channel and track that still sounds. The program of a note is the last
    that its channel was given, in any track of the same port, as a synthesiser plays it; at one tick programs of
    other tracks come before notes, those of its own track where they stand. A channel that is given none plays 0. Bank
    selects are not looked at.
    """
    import numpy as np

    events = file.events
    on, off = _begun_and_ended(events)
    ends, begins = np.zeros(len(events.tick), np.intp), np.zeros(len(events.tick), np.bool_)
    ends[on], begins[on] = off, True
    on = np.flatnonzero(begins)  # in the order of the file, in which the notes of a track are sorted by time
    channel = (events.status & 0xF).astype(np.int64)
    if any(ports := file.ports):
        channel += np.array(ports, np.int64)[events.track] << 4
    program, given = _programs(events, channel, on)
    track, end = events.track[on], events.tick[ends[on]]
    code = part_code(track, channel[on], program)
    played = MidiNotes(track, channel[on], program, events.first[on], events.second[on], events.tick[on], end, given)
    if (code[1:] < code[:-1]).any():
        order = np.argsort(code, kind="stable")
        played = MidiNotes(**{name: column[order] for name, column in vars(played).items()})
    return played


def part_code(
    track: npt.NDArray[np.int64], channel: npt.NDArray[np.int64], program: npt.NDArray[np.uint8]
) -> npt.NDArray[np.int64]:
    """A number for each part, which is what one track plays on one channel with one program."""
    return (track << 12 | channel) << 7 | program


def _begun_and_ended(events: ChannelEvents) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]:
    """Which event begins and which ends each note."""
    import numpy as np

    kind = events.status >> 4
    of = np.flatnonzero((kind == 0x8) | (kind == 0x9))
    key = (events.status[of] & np.uint16(0xF)) << 7 | events.first[of]
    track = events.track[of]
    if len(of) and int(track[-1]) < 1 << _TRACK_BITS:  # numbers of 16 bits are sorted by radix
        key |= track.astype(np.uint16) << 11
        order = np.argsort(key, kind="stable")
        of, key = of[order], key[order].astype(np.int64)
    else:
        order = np.argsort(key, kind="stable")
        order = order[np.argsort(track[order].astype(np.uint16), kind="stable")]
        of, key = of[order], track[order] << 11 | key[order]
    begins = (kind[of] == 0x9) & (events.second[of] > 0)
    if begins[::2].all() and not begins[1::2].any() and np.array_equal(key[::2], key[1::2]):
        return of[::2], of[1::2]  # nothing overlaps, hangs or ends twice
    new = np.diff(key, prepend=-1) != 0
    first, group = np.flatnonzero(new), np.cumsum(new) - 1
    # how many sound after each event of a key; a note off that ends nothing brings a new least, which is then nothing
    total = np.concatenate([[0], np.cumsum(np.where(begins, 1, -1))])
    apart = group * (2 * len(key) + 1)
    sounding = np.minimum(total[1:] - total[first][group], 0) - apart
    before = np.minimum.accumulate(np.concatenate([[0], sounding]))[:-1]
    before[first] = -apart[first]
    ends = ~begins & (sounding >= before)
    # of each key, the n-th note off ends the n-th note on
    earlier = np.cumsum(begins) - begins
    whole = begins & (earlier - earlier[first][group] < np.bincount(group, ends)[group])
    return of[whole], of[ends]


def _programs(
    events: ChannelEvents, channel: npt.NDArray[np.int64], on: npt.NDArray[np.intp]
) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.bool_]]:
    """The program in force at each of the notes that begin with the events `on`, and whether one is."""
    import numpy as np

    changes = np.flatnonzero(events.status >> 4 == 0xC)
    if not len(changes):
        return np.zeros(len(on), np.uint8), np.zeros(len(on), np.bool_)
    channels = channel[changes]
    if len(set(channels.tolist())) == len(channels):
        return _of_lone_changes(events, channels, channel[on], changes, on)
    changes = changes[np.lexsort((events.tick[changes], channels))]
    longest = int(events.tick.max()) + 1
    when, at = channel[changes] * longest + events.tick[changes], channel[on] * longest + events.tick[on]
    last = np.searchsorted(when, at, side="right") - 1
    tied = np.flatnonzero((last >= 0) & (when[last] == at))
    if len(tied):
        last[tied] = _at_one_tick(events.track, changes, when, on[tied], last[tied])
    given = (last >= 0) & (channel[changes[last]] == channel[on])
    return np.where(given, events.first[changes[last]], np.uint8(0)), given


def _of_lone_changes(
    events: ChannelEvents,
    channels: npt.NDArray[np.int64],
    channel: npt.NDArray[np.int64],
    changes: npt.NDArray[np.intp],
    on: npt.NDArray[np.intp],
) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.bool_]]:
    """The same where no channel is given more than one program, which is so in most files: `channels` by the events
    `changes`."""
    import numpy as np

    of_channel = np.full(max(int(channels.max()), int(channel.max(initial=0))) + 1, -1)
    of_channel[channels] = changes
    change = of_channel[channel]
    since = np.append(events.tick, np.iinfo(np.int64).max)[of_channel][channel]
    at = events.tick[on]
    given = since <= at
    tied = np.flatnonzero(since == at)
    after = (events.track[change[tied]] == events.track[on[tied]]) & (change[tied] > on[tied])
    given[tied[after]] = False
    program = np.append(events.first, np.uint8(0))[of_channel][channel]
    return np.where(given, program, np.uint8(0)), given


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
