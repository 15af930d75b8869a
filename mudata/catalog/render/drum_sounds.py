"""Drums of the embedded synthesiser: a swept sine and coloured noise for each key of General MIDI's percussion map."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Literal, NamedTuple

import numpy as np

from mudata.catalog.render.integer_tables import RATE, SINE_BITS, decay, milliseconds, noise, sine

if TYPE_CHECKING:
    from numpy.typing import NDArray


class _Drum(NamedTuple):
    """Frequencies in Hz, half-lives in milliseconds, levels of 0 to 255."""

    start_hz: int = 200
    end_hz: int = 200
    tone: int = 0
    tone_ms: int = 20
    noise: int = 0
    noise_ms: int = 20
    colour: Literal["dull", "white", "bright", "hiss"] = "white"


_KICK = _Drum(170, 46, 255, 65, 20, 4, "bright")
_SNARE = _Drum(260, 185, 110, 35, 170, 38)
_CLOSED_HAT = _Drum(noise=110, noise_ms=11, colour="hiss")
_OPEN_HAT = _Drum(noise=100, noise_ms=75, colour="hiss")
_CRASH = _Drum(noise=150, noise_ms=320, colour="bright")
_RIDE = _Drum(5200, 5200, 26, 160, 70, 90, "hiss")
_CLAP = _Drum(noise=190, noise_ms=30, colour="bright")
_SHAKER = _Drum(noise=90, noise_ms=22, colour="hiss")
_CLICK = _Drum(1800, 1700, 150, 9, 40, 4, "bright")

_DRUMS = {
    35: _KICK, 36: _KICK, 37: _CLICK, 38: _SNARE, 39: _CLAP, 40: _SNARE._replace(start_hz=300, noise_ms=30),
    41: _Drum(120, 82, 220, 110, 20, 6), 43: _Drum(140, 98, 220, 105, 20, 6), 45: _Drum(165, 118, 220, 100, 20, 6),
    47: _Drum(190, 138, 220, 95, 20, 6), 48: _Drum(220, 160, 220, 90, 20, 6), 50: _Drum(260, 190, 220, 85, 20, 6),
    42: _CLOSED_HAT, 44: _CLOSED_HAT._replace(noise=80, noise_ms=8), 46: _OPEN_HAT,
    49: _CRASH, 57: _CRASH._replace(noise_ms=260), 52: _CRASH._replace(noise_ms=180), 55: _CRASH._replace(noise_ms=110),
    51: _RIDE, 59: _RIDE._replace(start_hz=4700, end_hz=4700), 53: _Drum(3700, 3700, 110, 170, 40, 40, "hiss"),
    54: _SHAKER._replace(noise_ms=45), 56: _Drum(810, 800, 190, 55), 58: _SHAKER._replace(noise_ms=140),
    60: _Drum(430, 400, 200, 30), 61: _Drum(320, 290, 200, 36), 62: _Drum(330, 320, 200, 24),
    63: _Drum(310, 300, 200, 55), 64: _Drum(210, 200, 200, 60), 65: _Drum(480, 440, 190, 50, 60, 20),
    66: _Drum(360, 330, 190, 60, 60, 20), 67: _Drum(1180, 1180, 150, 60), 68: _Drum(880, 880, 150, 70),
    69: _SHAKER, 70: _SHAKER._replace(noise_ms=14), 71: _Drum(2300, 2350, 150, 60), 72: _Drum(2300, 2350, 150, 150),
    73: _SHAKER, 74: _SHAKER._replace(noise_ms=80), 75: _Drum(2500, 2500, 190, 16), 76: _Drum(1050, 1050, 190, 18),
    77: _Drum(760, 760, 190, 20), 78: _Drum(520, 380, 170, 40), 79: _Drum(300, 460, 170, 60),
    80: _Drum(4100, 4100, 90, 30), 81: _Drum(4100, 4100, 90, 220),
}  # fmt: skip

_LONGEST_MS = 1600


@cache
def drum_sound(pitch: int) -> NDArray[np.int32]:
    """One stroke at full level (65,536), shape (samples,); a key without a drum clicks."""
    drum = _DRUMS.get(pitch, _CLICK)
    longest = max(drum.tone_ms * bool(drum.tone), drum.noise_ms * bool(drum.noise))
    samples = milliseconds(min(10 * longest, _LONGEST_MS))  # ten half-lives: 60 dB
    sound = np.zeros(samples, np.int64)
    if drum.tone:
        start, end = ((hz << 32) // RATE for hz in (drum.start_hz, drum.end_hz))
        swept = end + (((start - end) * decay(samples, 14, 12)) >> 12)
        phase = np.cumsum(swept) >> (32 - SINE_BITS)
        sound += (sine()[phase & ((1 << SINE_BITS) - 1)] * decay(samples, drum.tone_ms, 12) >> 11) * drum.tone >> 8
    if drum.noise:
        sound += (_coloured(samples, drum.colour, pitch) * decay(samples, drum.noise_ms, 12) >> 11) * drum.noise >> 8
    tail = min(samples, milliseconds(5))
    sound[-tail:] = sound[-tail:] * np.arange(tail, 0, -1) // tail
    return sound.astype(np.int32)


def _coloured(samples: int, colour: str, seed: int) -> NDArray[np.int64]:
    white = noise(samples + 8, seed)
    if colour == "dull":
        return np.convolve(white, np.ones(8, np.int64), "valid")[:samples] >> 2
    for _ in range({"white": 0, "bright": 1, "hiss": 2}[colour]):
        white = np.diff(white) * 3 >> 2
    return white[:samples]
