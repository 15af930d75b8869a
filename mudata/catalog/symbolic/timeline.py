"""When things happen in a MIDI file: ticks as seconds, and which tempo, metre and key is in force when."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import TYPE_CHECKING, Generic, TypeVar

from mudata.catalog.symbolic import smf
from mudata.catalog.symbolic.meta_values import DEFAULT_TEMPO, NoValueError, key_of, metre_of, tempo_of

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

Value = TypeVar("Value", bound="str | int")

_NEVER = 1 << 53
"""A tick behind all others."""


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
        self.ticks_per_beat = file.ticks_per_beat
        self.meta = sorted(file.meta, key=lambda event: event.tick)
        self.tempo: Told[int] = self._told(smf.SET_TEMPO, tempo_of)
        self.metre: Told[str] = self._told(smf.TIME_SIGNATURE, metre_of)
        self.key: Told[str] = self._told(smf.KEY_SIGNATURE, key_of)
        tempi = {0: DEFAULT_TEMPO} | self.tempo.values
        self._ticks = list(tempi)
        self._rates = [tempo / 1e6 / file.ticks_per_beat for tempo in tempi.values()]
        """Seconds per tick."""
        self._begins = [0.0]
        for (tick, following), rate in zip(pairwise(self._ticks), self._rates, strict=False):
            self._begins.append(self._begins[-1] + (following - tick) * rate)

    def second(self, tick: int) -> float:
        """Seconds from the start of the file."""
        of = bisect_right(self._ticks, tick) - 1
        return self._begins[of] + (tick - self._ticks[of]) * self._rates[of]

    def seconds(self, ticks: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
        """Seconds from the start of the file, of ticks below 2**53."""
        import numpy as np

        if len(self._ticks) == 1:
            return np.asarray(ticks * self._rates[0])
        return np.interp(ticks, *self._knots)

    @cached_property
    def _knots(self) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
        """Ticks and seconds between which time goes evenly."""
        import numpy as np

        return np.array([*self._ticks, _NEVER], np.float64), np.array([*self._begins, self.second(_NEVER)])

    def tick(self, second: float) -> int:
        """The tick nearest to a time."""
        of = max(0, bisect_right(self._begins, second) - 1)
        return round(self._ticks[of] + (second - self._begins[of]) / self._rates[of])

    def lasting(self, told: Told[Value], span: TickSpan) -> dict[Value | None, float]:
        """Seconds of the span for which each value is in force, in the order of their first coming."""
        within = told.within(span)
        begins = [*map(self.second, within), self.second(span.end)]
        found: dict[Value | None, float] = {}
        for value, (begin, end) in zip(within.values(), pairwise(begins), strict=True):
            found[value] = found.get(value, 0.0) + end - begin
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
