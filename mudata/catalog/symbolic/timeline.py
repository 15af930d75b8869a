"""When things happen in a MIDI file: ticks as seconds, and which tempo, metre and key is in force when."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Generic, TypeVar

from mudata.catalog.symbolic import smf
from mudata.catalog.symbolic.meta_values import DEFAULT_TEMPO, NoValueError, key_of, metre_of, tempo_of

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

Value = TypeVar("Value", bound="str | int")


@dataclass(frozen=True)
class TickSpan:
    """A stretch of music, in ticks: from `begin` until before `end`."""

    begin: int
    end: int


@dataclass(frozen=True)
class Told(Generic[Value]):
    """What the meta events of one kind say, in order of time; of several at one tick the last one counts."""

    values: dict[int, Value]
    """By the tick from which on it is in force."""
    faults: tuple[tuple[int, str], ...]
    """Ticks of events that give no value, and why."""

    def within(self, span: TickSpan) -> dict[int, Value | None]:
        """What is in force in the span, by the tick from which on it is (the first is the begin); None: nothing is
        set."""
        at_begin = next((self.values[tick] for tick in reversed(self.values) if tick <= span.begin), None)
        later = {tick: value for tick, value in self.values.items() if span.begin < tick < span.end}
        return {span.begin: at_begin} | later


class Timeline:
    """Ticks and seconds of a file, and what its meta events tell of tempo, metre and key."""

    def __init__(self, file: smf.MidiFile) -> None:
        import numpy as np

        self.ticks_per_beat = file.ticks_per_beat
        self.meta = sorted(file.meta, key=lambda event: event.tick)
        self.tempo: Told[int] = self._told(smf.SET_TEMPO, tempo_of)
        self.metre: Told[str] = self._told(smf.TIME_SIGNATURE, metre_of)
        self.key: Told[str] = self._told(smf.KEY_SIGNATURE, key_of)
        tempi = {0: DEFAULT_TEMPO} | self.tempo.values
        self._ticks = np.array(list(tempi), np.float64)
        self._rates = np.array(list(tempi.values()), np.float64) / 1e6 / file.ticks_per_beat
        self._begins = np.concatenate([[0], np.cumsum(np.diff(self._ticks) * self._rates[:-1])])

    def seconds(self, ticks: npt.ArrayLike) -> npt.NDArray[np.float64]:
        """Seconds from the start of the file."""
        import numpy as np

        at = np.asarray(ticks)
        if len(self._ticks) == 1:
            return np.asarray(at * self._rates[0])
        of = np.searchsorted(self._ticks, at, side="right") - 1
        return np.asarray(self._begins[of] + (at - self._ticks[of]) * self._rates[of])

    def tick(self, seconds: float) -> int:
        """The tick nearest to a time."""
        import numpy as np

        of = max(0, int(np.searchsorted(self._begins, seconds, side="right")) - 1)
        return round(float(self._ticks[of] + (seconds - self._begins[of]) / self._rates[of]))

    def lasting(self, told: Told[Value], span: TickSpan) -> dict[Value | None, float]:
        """Seconds of the span for which each value is in force, in the order of their first coming."""
        import numpy as np

        within = told.within(span)
        lengths = np.diff(self.seconds([*within, span.end])).tolist()
        found: dict[Value | None, float] = {}
        for value, length in zip(within.values(), lengths, strict=True):
            found[value] = found.get(value, 0.0) + length
        return found

    def _told(self, kind: int, read: Callable[[bytes], Value]) -> Told[Value]:
        values: dict[int, Value] = {}
        faults = []
        for event in self.meta:
            if event.kind == kind:
                try:
                    values[event.tick] = read(event.data)
                except NoValueError as error:
                    faults.append((event.tick, str(error)))
        return Told(values, tuple(faults))


def changes(within: dict[int, Value | None]) -> int:
    """How often a value gives way to another."""
    set_ = [value for value in within.values() if value is not None]
    return sum(a != b for a, b in pairwise(set_))


def bar_lines(metre: Told[str], ticks_per_beat: int, tick: int) -> tuple[int, int]:
    """The last bar line at or before a tick, and the first behind it. A time signature begins a bar; where none is set
    bars are of 4/4 from tick 0 on (Standard MIDI Files 1.0, "Time Signature")."""
    since, value = 0, "4/4"
    following = [at for at in metre.values if at > tick]
    for at, told in metre.values.items():
        if at <= tick:
            since, value = at, told
    beats, unit = map(int, value.split("/"))
    bars = (tick - since) * unit // (4 * ticks_per_beat * beats)
    before, after = (since + number * 4 * ticks_per_beat * beats // unit for number in (bars, bars + 1))
    return before, min([after, *following[:1]])
