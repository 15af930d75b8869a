"""A small room of integers: delays that feed back, and lose their treble on the way (Schroeder 1962, Moorer 1979)."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

_COMBS = ((901, 1049, 1193, 1327), (919, 1069, 1213, 1361))
"""Samples that sound takes to come back, left and right: primes, so that echoes rarely meet; 41 to 62 ms at 22,050 Hz,
in the proportions of Moorer's small room."""
_SPREADING = 223
"""Samples of the all-pass that thickens the echoes: 10 ms."""
_FEEDBACK = 176
"""Of 256, what comes back each time: 60 dB less after about one second in the bass, much sooner in the treble."""
_WET = 3
"""Of 64, how loud each echo begins: the room is 20 dB below the sound."""


def with_room(dry: NDArray[np.int32], sound: NDArray[np.int32], side: int) -> NDArray[np.int32]:
    """`sound`, shape (n,), and what the left (0) or right (1) wall returns of `dry`, shape (n,)."""
    quiet = dry >> 4
    echoes = np.zeros_like(quiet)
    for delay in _COMBS[side]:
        echoes += _comb(quiet, delay)
    return sound + (_spread(echoes) * _WET >> 2)


def _comb(sound: NDArray[np.int32], delay: int) -> NDArray[np.int32]:
    """y[n] = x[n - d] + g (y[n - d] + y[n - d - 1]) / 2, a whole delay at a time."""
    echoed = _in_rows(sound, delay)
    for before, now in pairwise(echoed):
        back = before.copy()
        back[1:] += before[:-1]
        back *= _FEEDBACK
        back += 256  # rounds: what is cut off downwards would never die away
        back >>= 9
        np.add(now, back, out=now)
    return echoed[:-1].reshape(-1)[: len(sound)]


def _spread(sound: NDArray[np.int32]) -> NDArray[np.int32]:
    """An all-pass: y[n] = -x[n] / 2 + x[n - d] + y[n - d] / 2."""
    rows = _in_rows(sound, _SPREADING)
    spread = np.zeros_like(rows)
    for at in range(1, len(rows)):
        spread[at] = rows[at - 1] + (spread[at - 1] - rows[at] + 1 >> 1)
    return spread[1:].reshape(-1)[: len(sound)]


def _in_rows(sound: NDArray[np.int32], width: int) -> NDArray[np.int32]:
    """The sound in rows of `width` samples behind a row of silence."""
    rows = np.zeros((1 + -(-len(sound) // width), width), np.int32)
    rows[1:].reshape(-1)[: len(sound)] = sound
    return rows
