"""Brightness, attack and loudness of a melody that sounds alone, measured on the samples that are heard.

After Peeters, Giordano, Susini, Misdariis and McAdams 2011, The Timbre Toolbox, Journal of the Acoustical Society of
America 130(5), 2902-2916. Nobody's notes say these: the truth of a question about timbre is computed here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

_WINDOW_S = 0.046
"""Of a frame of the spectrum, half of it from one to the next."""
_ENVELOPE_S, _STEP_S = 0.005, 0.001
"""Over which the envelope is a root mean square, and from one of its values to the next: a period of the lowest melody
fits in, so that it does not follow the wave."""
_FROM, _TO = 0.1, 0.9
"""Shares of a note's greatest level between which its rise is timed."""


class SoundMeasures(NamedTuple):
    centroid_hz: float
    attack_s: float
    rms: float


def measured(samples: NDArray[np.float32], rate: int, notes: Sequence[tuple[float, float]]) -> SoundMeasures:
    """Measures of mono samples, shape (n,), in which notes (start, end), in seconds, follow one another."""
    return SoundMeasures(centroid(samples, rate), attack(samples, rate, notes), float(np.sqrt(np.mean(samples**2.0))))


def centroid(samples: NDArray[np.float32], rate: int) -> float:
    """Spectral centroid in Hz: the mean frequency of magnitude spectra (Hann), of frames by their magnitude."""
    size = 1 << round(np.log2(_WINDOW_S * rate))
    frames = np.lib.stride_tricks.sliding_window_view(samples, size)[:: size // 2]
    magnitudes = np.abs(np.fft.rfft(frames * np.hanning(size), axis=1))
    return float((magnitudes.sum(axis=0) * np.fft.rfftfreq(size, 1 / rate)).sum() / magnitudes.sum())


def attack(samples: NDArray[np.float32], rate: int, notes: Sequence[tuple[float, float]]) -> float:
    """Attack time in seconds: the median over the notes of how long the envelope takes from a tenth to nine tenths of
    the greatest level that it has in the note."""
    wide, step = max(1, round(_ENVELOPE_S * rate)), max(1, round(_STEP_S * rate))
    power = np.concatenate([np.zeros(wide + 1), np.cumsum(samples.astype(np.float64) ** 2)])
    envelope = np.sqrt(np.maximum(power[wide + 1 :] - power[1:-wide], 0) / wide)[::step]
    rises = []
    for start, end in notes:
        level = envelope[round(start * rate / step) : round(end * rate / step)]
        peak = int(np.argmax(level))
        valley = int(np.argmin(level[: peak + 1]))  # before it the note before dies away
        rising = level[valley : peak + 1]
        high = int(np.argmax(rising >= _TO * level[peak]))
        below = np.flatnonzero(rising[: high + 1] <= _FROM * level[peak])
        rises.append(max(high - (int(below[-1]) if len(below) else 0), 1) * step / rate)
    return float(np.median(rises))
