"""Metres of composed pieces: how a bar divides into beats, and which of them are strong."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

QUARTER = 48
"""Ticks of a quarter note: sixteenths are 12, triplets of an eighth 16."""

STEP = 12
"""Ticks of a sixteenth: the grid of every pattern."""

APART = 3
"""Ticks of silence between notes that follow one another: a quarter of a sixteenth."""

Strength = Literal["strong", "middle", "weak"]
STRENGTHS: tuple[Strength, ...] = ("strong", "middle", "weak")


@dataclass(frozen=True)
class Metre:
    """A time signature. `beats` are lengths in ticks, `strengths` one for each: the first is the downbeat."""

    name: str
    beats: tuple[int, ...]
    strengths: tuple[Strength, ...]

    @property
    def bar(self) -> int:
        """Ticks of a bar."""
        return sum(self.beats)

    @property
    def starts(self) -> tuple[int, ...]:
        """Where beats begin, in ticks from the bar line."""
        return tuple(sum(self.beats[:i]) for i in range(len(self.beats)))

    @property
    def unit(self) -> int:
        """Ticks of the beat that a tempo counts: the dotted quarter in 6/8 and 12/8, else the quarter.

        The beats of 7/8 differ in length; its tempo is that of its quarter notes.
        """
        return 72 if set(self.beats) == {72} else QUARTER

    @property
    def unit_name(self) -> str:
        return "dotted quarter" if self.unit == 72 else "quarter"


def _metre(name: str, beats: str, strengths: str) -> Metre:
    lengths = {"q": QUARTER, "d": 72}
    named: dict[str, Strength] = {"S": "strong", "m": "middle", "w": "weak"}
    return Metre(name, tuple(lengths[b] for b in beats), tuple(named[s] for s in strengths))


METRES = {
    metre.name: metre
    for metre in (
        _metre("2/4", "qq", "Sw"),
        _metre("3/4", "qqq", "Sww"),
        _metre("4/4", "qqqq", "Swmw"),
        _metre("5/4", "qqqqq", "Swwmw"),  # 3 + 2
        _metre("6/8", "dd", "Sw"),
        _metre("7/8", "qqd", "Swm"),  # 2 + 2 + 3
        _metre("12/8", "dddd", "Swmw"),
    )
}

TOLD_APART = ("3/4", "4/4", "5/4", "6/8", "7/8")
"""Metres of which no two are the same music written otherwise. A bar of 12/8 is two of 6/8 to most ears, and 4/4 two of
2/4, so that questions with these two have an exact truth, and a contested one."""
