"""A note of a composed piece, in ticks."""

from __future__ import annotations

from typing import NamedTuple


class WrittenNote(NamedTuple):
    """Ticks from the beginning; pitch 0 to 127, of drums the instrument; velocity 1 to 127."""

    start: int
    end: int
    pitch: int
    velocity: int
