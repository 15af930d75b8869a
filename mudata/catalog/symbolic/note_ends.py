"""When notes end that no note off ends, and which end before their note off."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mudata.catalog.symbolic import smf
from mudata.catalog.symbolic.general_midi import DRUM_CHANNEL

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from mudata.catalog.symbolic.smf import MidiFile

_SILENCE = 120, 123
"""Controllers that end all notes of a channel: all sound off, all notes off (MIDI 1.0)."""

_RINGING = 1, 4
"""Quarter notes that a last note lasts which hangs until its track ends, at least and at most. Chosen here: a track may
end with its last event, or far behind the music, and a last chord is a bar long."""

_STROKE = 4
"""Of a quarter note, the part that a drum lasts at most which nobody lets go. Chosen here: a sixteenth note, as
programs write drums."""


def closed(file: MidiFile, hanging: npt.NDArray[np.intp], following: npt.NDArray[np.intp]) -> npt.NDArray[np.int64]:
    """The ticks at which notes end that hang, given the events that begin them and the next ones of their keys (or -1).

    The next event of a key ends it, as it does on a synthesiser. Where there is none a note lasts to the last event of
    a note in the file, or, where that is longer, until its track ends, which is taken to be a quarter note to a bar of
    four away; on the channel of drums, which are struck and not held, a sixteenth at most.
    """
    import numpy as np

    events, beat = file.events, file.ticks_per_beat
    start = events.tick[hanging]
    last = int(events.tick[events.status & 0xE0 == 0x80].max())
    ends = np.zeros(file.tracks, np.int64)
    for event in file.meta:
        if event.kind == smf.END_OF_TRACK:
            ends[event.track] = event.tick
    rung = np.clip(ends[events.track[hanging]], *(start + beats * beat for beats in _RINGING))
    end = np.where(following < 0, np.maximum(rung, last), events.tick[following])
    is_drum = events.status[hanging] & 0xF == DRUM_CHANNEL
    return np.where(is_drum, np.minimum(end, start + max(beat // _STROKE, 1)), end)


def silenced(
    file: MidiFile, channel: npt.NDArray[np.int64], start: npt.NDArray[np.int64], end: npt.NDArray[np.int64]
) -> npt.NDArray[np.int64]:
    """When notes end, ticks, with those cut that sound when their channel is silenced."""
    import numpy as np

    events = file.events
    told = np.flatnonzero(events.status & 0xF0 == 0xB0)
    controller = events.first.take(told)
    told = told[(controller == _SILENCE[0]) | (controller == _SILENCE[1])]
    if not len(told) or not len(start):
        return end
    longest = max(int(events.tick.max()), int(end.max())) + 1
    silence = np.unique(file.channels(told) * longest + events.tick[told])
    of_channel = channel * longest
    first = np.append(silence, np.iinfo(np.int64).max)[silence.searchsorted(of_channel + start, side="right")]
    return np.minimum(end, first - of_channel)
