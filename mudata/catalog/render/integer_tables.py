"""Sines, powers of two and decays as integers that are the same on every machine.

`sin` and `pow` of C libraries, and NumPy's own for vectors, differ in the last bit from processor to processor. Here
all starts from square roots of Python's integers, which are exact.
"""

from __future__ import annotations

import math
from functools import cache

import numpy as np
from numpy.typing import NDArray

Integers = NDArray[np.int64]

RATE = 22_050
"""Samples a second of what the synthesiser makes: half of a CD's, as demo clips have and librosa hears. It holds every
harmonic below 11 kHz, and takes half the time of 44,100."""

SINE_BITS = 12
"""A wavetable has 2 to the 12 samples: read without interpolation, its noise lies about 70 dB below a sine."""

_BITS = 96
"""Binary places of the numbers that are rounded in the end."""
_ONE = 1 << _BITS
_STEPS = 256
"""Steps of an octave, or of a half-life, in the table of powers."""


@cache
def sine() -> Integers:
    """One period, shape (4096,), full scale 32,767: half angles of the right angle down to 2 pi / 4096, then turns."""
    cosine = 0  # of a quarter
    for _ in range(SINE_BITS - 2):
        cosine = math.isqrt((_ONE + cosine) * _ONE // 2)
    turn = (cosine, math.isqrt(_ONE * _ONE - cosine * cosine))
    x, y, values = _ONE, 0, []
    for _ in range(1 << SINE_BITS):
        values.append((y * 32_767 + _ONE // 2) >> _BITS)
        x, y = (x * turn[0] - y * turn[1]) >> _BITS, (x * turn[1] + y * turn[0]) >> _BITS
    return np.array(values, np.int64)


def _powers(root: int, count: int, bits: int) -> tuple[int, ...]:
    """root ** 0, 1, ... with `bits` binary places, root with _BITS."""
    powers, power = [], _ONE
    for _ in range(count):
        powers.append((power + (1 << (_BITS - bits - 1))) >> (_BITS - bits))
        power = power * root >> _BITS
    return tuple(powers)


@cache
def increments() -> tuple[int, ...]:
    """How far each of the 128 MIDI pitches (and the one above) turns in a sample, in 2 ** -32 of a period: equal
    temperament, 69 = 440 Hz."""
    cube = 2 << 3 * _BITS
    third = 1 << (cube.bit_length() + 2) // 3
    while (better := (2 * third + cube // (third * third)) // 3) < third:  # Newton, from above: floor of the cube root
        third = better
    twelfth = math.isqrt(math.isqrt(third << _BITS) << _BITS)
    octave = _powers(twelfth, 12, 64)
    found = []
    for pitch in range(129):
        octaves, step = divmod(pitch - 69, 12)
        found.append(((440 << 32) * octave[step] * 2 ** (octaves + 6) // RATE) >> 70)
    return tuple(found)


@cache
def _halves() -> Integers:
    """2 ** -(i / 256) for i of 0 to 255, with 16 binary places."""
    root = 2 * _ONE
    for _ in range(_STEPS.bit_length() - 1):
        root = math.isqrt(root * _ONE)
    return np.array([(1 << 32) // power for power in _powers(root, _STEPS, 16)], np.int64)


def decay(samples: int, half_life_ms: int, bits: int) -> Integers:
    """A level that halves every `half_life_ms`, from 2 ** bits (at most 16) on; shape (samples,)."""
    x = np.arange(samples, dtype=np.int64) * (_STEPS * 1000) // (half_life_ms * RATE)
    return _halves()[x % _STEPS] >> np.minimum(x // _STEPS + (16 - bits), 62)


def noise(samples: int, seed: int) -> Integers:
    """White noise of -32,768 to 32,767, shape (samples,): bits of PCG64, whose stream NumPy promises never to change
    (NEP 19)."""
    return (np.random.PCG64(seed).random_raw(samples) >> np.uint64(48)).astype(np.int64) - 32_768


def milliseconds(ms: int) -> int:
    """Samples of so many milliseconds."""
    return ms * RATE // 1000
