"""What a recording sounds like, in 32 bits for every 64 ms: equal of copies, however they were coded or cut.

The sound between 200 and 3,500 Hz is cut into 33 bands, and each bit says which of two neighbouring bands is the louder
one (after Haitsma and Kalker, "A Highly Robust Audio Fingerprinting System", ISMIR 2002, without their difference in
time, so that sounds that are held count as well). Loudness, coding, rate, and where a copy begins change few of the
bits; another key, tempo or instrument changes many. `benchmarks/duplicates.py` measures how many, beside Chromaprint,
which no wheel brings and which told two renderings of a piece by other instruments apart less well.

Constants: chosen here, with that benchmark's clips; to change one is another RECIPE.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Literal

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from mudata.catalog.audio.audio_source import Samples

Words = "NDArray[np.uint32]"

RECIPE = 1
"""Raised when words change: those of another recipe are made anew."""

RATE = 8_000
"""Hz. What is above 3.5 kHz is lost by narrow codings."""

WINDOW, HOP = 4_096, 512
"""Samples of a frame (0.51 s) and between frames (64 ms): a copy that begins between two frames has a frame that
overlaps by 15/16 or more."""

BANDS = 33
LOWEST_HZ, HIGHEST_HZ = 200.0, 3_500.0

SILENT_BELOW = 1e-8
"""Mean square of a frame, full scale = 1: -80 dB, as of silent clips (`audio.clip`)."""

SILENT = np.uint32(0)
"""The word of a silent frame; nothing is compared there."""

KEY_STEPS = (6, 12)
"""Frames between the two words of a key."""

KEY_BITS = 24
"""Bits of a word that are part of a key, from the lowest band: the upper ones suffer from narrow codings."""

KEY_CHANGES = 3
"""Bits at least that differ between the two words of a key: what is held for long is in many recordings."""

_BLOCK = 512
"""Frames that are transformed at once: 8 MB."""

Unheard = Literal["too_short", "silent", "unchanging"]
"""Why a clip has no fingerprint to go by."""

UNHEARD: dict[Unheard, str] = {
    "too_short": "under a second",
    "silent": "less than a second of it is above -80 dB",
    "unchanging": "nothing changes in it, as in a held tone",
}


def fingerprint(samples: Samples) -> NDArray[np.uint32]:
    """The words of a clip: (frames,) uint32, one for every 64 ms that a window of 0.51 s fits in.

    Args:
        samples: (n,) float32 mono at RATE Hz.
    """
    from scipy.fft import rfft

    count = max(0, (len(samples) - WINDOW) // HOP + 1)
    words = np.empty(count, np.uint32)
    if not count:
        return words
    taper, weights = _taper(), _weights()
    places = np.left_shift(np.uint32(1), np.arange(BANDS - 1, dtype=np.uint32))
    frames = np.lib.stride_tricks.sliding_window_view(np.asarray(samples, np.float32), WINDOW)[::HOP]
    for first in range(0, count, _BLOCK):
        spectrum = rfft(frames[first : first + _BLOCK] * taper, axis=1)
        power = spectrum.real**2 + spectrum.imag**2
        bands = power[:, : len(weights)] @ weights
        bits = bands[:, :-1] > bands[:, 1:]
        block = (bits * places).sum(axis=1, dtype=np.uint32)
        block[block == SILENT] = 1  # that word says something else
        loudness = bands.sum(axis=1) / (WINDOW * WINDOW * 3 / 16)  # Parseval, for Hann's window
        block[loudness < SILENT_BELOW] = SILENT
        words[first : first + _BLOCK] = block
    return words


def why_unheard(words: NDArray[np.uint32]) -> Unheard | None:
    """Why these words match nothing; None where they can be compared."""
    if len(words) <= KEY_STEPS[0]:
        return "too_short"
    if np.count_nonzero(words) <= KEY_STEPS[0]:
        return "silent"
    return None if any(len(keys(words, step)[0]) for step in KEY_STEPS) else "unchanging"


def keys(words: NDArray[np.uint32], step: int) -> tuple[NDArray[np.intp], NDArray[np.uint64]]:
    """Where keys begin, and the keys: KEY_BITS of two words that are `step` frames apart."""
    low = np.uint32((1 << KEY_BITS) - 1)
    a, b = words[:-step], words[step:]
    at = np.flatnonzero((np.bitwise_count((a ^ b) & low) >= KEY_CHANGES) & (a != SILENT) & (b != SILENT))
    return at, (a[at] & low).astype(np.uint64) << np.uint64(KEY_BITS) | (b[at] & low)


@cache
def _taper() -> NDArray[np.float32]:
    return np.hanning(WINDOW).astype(np.float32)


@cache
def _weights() -> NDArray[np.float32]:
    """(bins, BANDS): how much of each bin, which is as wide as the distance of two, lies in each band."""
    edges = np.geomspace(LOWEST_HZ, HIGHEST_HZ, BANDS + 1) * WINDOW / RATE
    bins = np.arange(int(edges[-1]) + 2)[:, None]
    inside = np.minimum(bins + 0.5, edges[1:]) - np.maximum(bins - 0.5, edges[:-1])
    return np.asarray(np.clip(inside, 0, 1), np.float32)
