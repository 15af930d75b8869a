"""The events of a MIDI file with their tracks and times, from the bytes where they lie."""

from __future__ import annotations

from array import array
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt


_LONGEST = 5
"""Bytes of a number that can have a value: what stands before them is 0 (`smf`)."""

OTHER, TRACK = -1, -2
"""Kinds of what is no meta event: a system event or what takes the place of one, and the begin of a track."""

_KEPT = 1 << 22
"""Bytes of memory: more than most files need."""


@dataclass(frozen=True)
class MetaEvent:
    track: int
    tick: int
    kind: int
    data: bytes


@dataclass(frozen=True)
class ChannelEvents:
    """Channel events of all tracks, in the order of the file; one array each, of one length."""

    track: npt.NDArray[np.int64]
    tick: npt.NDArray[np.int64]
    status: npt.NDArray[np.uint8]
    first: npt.NDArray[np.uint8]
    """The first byte of data."""
    second: npt.NDArray[np.uint8]
    """The second byte of data; 0 where an event has one."""


class OtherEvent(NamedTuple):
    """A meta or a system event, or what takes the place of one, or the begin of a track."""

    kind: int
    """Of meta events; or OTHER, or TRACK."""
    delta: int
    data: bytes
    runs: int
    """How many runs of channel events stand before it."""


@dataclass
class FoundEvents:
    """What a walk over the tracks finds, in the order of the file."""

    _runs: array[int] = field(default_factory=lambda: array("q"))
    """Four numbers for each run of channel events."""
    others: list[OtherEvent] = field(default_factory=list)
    above: list[int] = field(default_factory=list)
    """Places of data that are above 127 all the same, and taken for 127."""
    manufacturers: set[int] = field(default_factory=set)

    def add_run(self, begin: int, end: int, width: int, status: int = 0) -> None:
        """Channel events of one length that follow each other, by the places of their bytes. `width` is how many bytes
        of an event are below 128, the last of its delta time and its data; `status` the one in force at the begin,
        where another one is than that of the event before."""
        self._runs.extend((begin, end, width, status))

    def add(self, kind: int, delta: int = 0, data: bytes = b"") -> None:
        """An event that is none of a channel."""
        self.others.append(OtherEvent(kind, delta, data, len(self._runs) // 4))

    @property
    def runs(self) -> npt.NDArray[np.int64]:
        """Begin, end, width and status of each run, shape (4, runs)."""
        import numpy as np

        return np.array(self._runs, np.int64).reshape(-1, 4).T


def timed(data: bytes, found: FoundEvents) -> tuple[ChannelEvents, list[MetaEvent]]:
    """Channel events and meta events with their times, in ticks from the start of their track."""
    import numpy as np

    _keep_memory()
    count, delta, *columns = _decoded(data, found)
    events = np.append(0, np.cumsum(count))  # before each run
    passed = np.append(0, np.cumsum(delta))  # in channel events, before each
    before = events.take(np.array([event.runs for event in found.others], np.intp))
    offsets, tracks, meta = [], [], []
    track, others, origin = -1, 0, 0
    for event, since in zip(found.others, passed.take(before).tolist(), strict=True):
        if event.kind == TRACK:
            track, others, origin = track + 1, 0, since
        else:
            others += event.delta
            if event.kind >= 0:
                meta.append(MetaEvent(track, since - origin + others, event.kind, event.data))
        offsets.append(others - origin)
        tracks.append(track)
    behind = np.diff(before, append=len(delta))  # channel events until the next of the others
    tick = passed[1:] + np.repeat(np.array(offsets, np.int64), behind)
    return ChannelEvents(np.repeat(np.array(tracks, np.int64), behind), tick, *columns), meta


@cache
def _keep_memory() -> None:
    """Let this process keep the memory of one file for the next. The C library of Linux hands free memory back to the
    system as soon as there is more of it than twice the largest block that was ever freed (mallopt(3),
    M_MMAP_THRESHOLD), and to have it again takes a fifth of the time of a file."""
    import numpy as np

    np.empty(_KEPT, np.uint8)


def _decoded(data: bytes, found: FoundEvents) -> tuple[npt.NDArray[Any], ...]:
    """How many events each run has; delta times, status and data bytes of all events."""
    import numpy as np

    begin, end, width, stated = found.runs
    if not len(begin):
        return (np.empty(0, np.int64),) * 2 + (np.empty(0, np.uint8),) * 3
    byte = np.frombuffer(data, np.uint8)
    if found.above:
        byte = byte.copy()
        byte[found.above] = 0x7F
    low = np.flatnonzero(byte < 0x80)
    first = low.searchsorted(begin)
    count = (low.searchsorted(end) - first) // width
    run = np.cumsum(count) - count
    step = np.repeat(width, count)  # from the end of one delta time to the next, in low bytes
    step[run] = first
    step[run[1:]] -= (first + width * (count - 1))[:-1]
    nth = np.cumsum(step)
    at = low.take(nth)  # where delta times end
    nth -= 1
    length = at - low.take(nth)  # of the delta time
    length[run] = at[run] - begin + 1
    delta = byte.take(at).astype(np.int64)
    for more in range(1, min(int(length.max()), _LONGEST)):
        delta += ((byte.take(at - more) & 0x7F) * (length > more)).astype(np.int64) << 7 * more
    at += 1
    status = byte.take(at)
    written = status > 0x7F
    at += written
    if not written.all():
        stated[written[run]] = 0
        of_run = np.flatnonzero(stated)
        status[run[of_run]], written[run[of_run]] = stated[of_run], True
        told = np.flatnonzero(written)
        status = np.repeat(status[told], np.diff(told, append=len(status)))
    at_second = at + 1
    second = byte.take(at_second, mode="clip")  # behind the file where it ends with an event of one byte of data
    second[status & 0xE0 == 0xC0] = 0
    return count, delta, status, byte.take(at), second
