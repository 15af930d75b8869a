"""The sound by which raters set their volume: as loud as the clips, and nothing that could prime them."""

from __future__ import annotations

import io
from functools import cache

SECONDS, RATE = 8.0, 24_000
LOUDNESS = -23.0
"""LUFS (EBU R 128), unless the test says otherwise."""
_CHORDS = ((220.0, 277.2, 329.6), (246.9, 293.7, 370.0), (220.0, 277.2, 329.6), (196.0, 246.9, 293.7))
"""Hz: A, B minor, A and G of equal temperament at 440 Hz. Ours: soft, steady, in the middle of hearing."""


@cache
def volume_sound(loudness: float = LOUDNESS) -> bytes:
    """Four soft chords as FLAC, `loudness` LUFS (ITU-R BS.1770), mono."""
    import numpy as np
    import pyloudnorm
    import soundfile

    each = round(SECONDS * RATE / len(_CHORDS))
    time = np.arange(each) / RATE
    swell = np.sin(np.pi * np.arange(each) / each) ** 0.5
    chords = [
        swell * sum(np.sin(2 * np.pi * hz * k * time) / k**2 for hz in chord for k in (1, 2, 3)) for chord in _CHORDS
    ]
    wave = np.concatenate(chords)
    wave *= 10 ** ((loudness - pyloudnorm.Meter(RATE).integrated_loudness(wave)) / 20)
    file = io.BytesIO()
    soundfile.write(file, np.clip(wave, -1, 1), RATE, format="FLAC")
    return file.getvalue()
