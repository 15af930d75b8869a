"""Which tempo and which metre of a passage can be taken for true.

Counts in reasons are of 196 real files (MIREX-like mood, Lakh).
"""

from __future__ import annotations

from functools import lru_cache
from math import ceil
from typing import TYPE_CHECKING

from mudata.catalog.symbolic.meta_values import DEFAULT_TEMPO
from mudata.catalog.symbolic.passage import Passage, UnknownFactError

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt


SAME = 1.01
"""Tempi within this factor are one."""
SLOWEST, FASTEST = 40.0, 240.0
"""Quarter notes a minute of a tempo, beats a minute of a beat."""
LEAST_BEATS, LEAST_BARS = 8, 8
"""Of less music neither tempo nor metre is asked."""
LEAST_ON_GRID, LEAST_PHASE = 0.40, 0.15
"""Share of onsets on the grid (chance: .30), and length of their mean phase within a sixteenth: below both the notes
ignore the grid. So did 10 of 196 files, recorded freely over a tempo that nobody set."""
_NEAR = 0.025
"""Quarter notes that an onset may be off the grid."""
_GRID = (0, 1 / 4, 1 / 3, 1 / 2, 2 / 3, 3 / 4, 1)
"""Sixteenths and triplet eighths, in quarter notes."""
_FILLS_BARS = ("16/16", "2/8", "1/4")
"""Metres that programs write for a bar of odd length, or to change nothing: none of the music."""


def tempo_bpm(of: Passage) -> float:
    """Quarter notes a minute. Raises UnknownFactError."""
    music, timeline = of.music, of.timeline
    lasting = timeline.lasting(timeline.tempo, music)
    tempi = [tempo for tempo in lasting if tempo is not None]
    if not tempi:
        raise UnknownFactError("no tempo is set")
    if None in lasting:
        raise UnknownFactError(f"no tempo is set for the first {lasting[None]:.4g} s")
    if max(tempi) > SAME * min(tempi):
        raise UnknownFactError(f"the tempo lies between {60e6 / max(tempi):.4g} and {60e6 / min(tempi):.4g} bpm")
    beats = ceil((music.end - music.begin) / timeline.ticks_per_beat)  # what has begun: last notes end early
    if beats < LEAST_BEATS:
        raise UnknownFactError(f"{beats} quarter notes of music, fewer than {LEAST_BEATS}")
    _require_grid(of, is_default=tempi == [DEFAULT_TEMPO])
    return _within_range(60e6 / max(tempi, key=lambda tempo: lasting[tempo]), "quarter notes")


def beat_bpm(of: Passage, tempo: float) -> float:
    """Beats a minute, as they are felt: halves in x/2, dotted quarters in 6/8, 9/8 and 12/8, quarters in x/4 and where
    no metre is set. `tempo` is in quarter notes. Raises UnknownFactError."""
    metres = {metre or "4/4" for metre in of.timeline.metre.within(of.music).values()}
    beats = {_quarters_of_beat(metre) for metre in metres}
    if len(beats) > 1:
        raise UnknownFactError(f"the beat changes with the metre: {', '.join(sorted(metres))}")
    if (quarters := beats.pop()) is None:
        raise UnknownFactError(f"what the beat of {' and '.join(sorted(metres))} is, is not certain")
    return _within_range(tempo / quarters, "beats")


def _within_range(bpm: float, what: str) -> float:
    if not SLOWEST <= bpm <= FASTEST:
        raise UnknownFactError(f"{bpm:.4g} {what} a minute, not between {SLOWEST:g} and {FASTEST:g}")
    return bpm


def time_signature(of: Passage) -> str:
    """A metre such as '6/8'. Raises UnknownFactError."""
    music = of.music
    metres = set(of.timeline.metre.within(music).values())
    if metres == {None}:
        raise UnknownFactError("no time signature is set")
    if len(metres) > 1:
        raise UnknownFactError(f"several time signatures: {', '.join(sorted(str(m or 'none') for m in metres))}")
    metre = str(metres.pop())
    if metre in _FILLS_BARS:
        raise UnknownFactError(f"{metre} fills up a bar and is no metre")
    beats, unit = map(int, metre.split("/"))
    bars = ceil((music.end - music.begin) * unit / (4 * of.timeline.ticks_per_beat * beats))
    if bars < LEAST_BARS:
        raise UnknownFactError(f"{bars} bars of {metre}, fewer than {LEAST_BARS}")
    return metre


def _quarters_of_beat(metre: str) -> float | None:
    beats, unit = map(int, metre.split("/"))
    if unit == 8:
        return 1.5 if beats in (6, 9, 12) else None
    return {2: 2.0, 4: 1.0}.get(unit)


def _require_grid(of: Passage, *, is_default: bool) -> None:
    """Raises UnknownFactError where the notes do not follow the tempo at all."""
    near, phase = _grid(of.timeline.ticks_per_beat)
    onsets = of.start[of.begins] % of.timeline.ticks_per_beat
    if not len(onsets):
        raise UnknownFactError("no note begins")
    share = float(near[onsets].mean())
    if share < LEAST_ON_GRID and abs(phase[onsets].mean()) < LEAST_PHASE:
        what = "120 bpm default and notes ignore the grid" if is_default else "notes ignore the grid"
        raise UnknownFactError(f"{what}: {share:.0%} of {len(onsets):,} onsets lie on it")


@lru_cache(64)
def _grid(ticks_per_beat: int) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.complex128]]:
    """Of each tick of a quarter note: whether it lies on the grid, and its phase within a sixteenth."""
    import numpy as np

    at = np.arange(ticks_per_beat) / ticks_per_beat
    near = np.min([abs(at - line) for line in _GRID], axis=0) <= _NEAR + 1e-9
    return near, np.exp(8j * np.pi * at)
