"""Beats, tempo, metre and syncopation of audio, from where its energy rises."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

RATE = 22_050
HOP = 512
"""Samples between frames: 43 of them a second."""
FRAMES = RATE / HOP

_GROUPINGS = {2.5: "5/4", 3.0: "3/4", 3.5: "7/8", 4.0: "4/4", 5.0: "5/4", 6.0: "3/4", 7.0: "7/8", 8.0: "4/4"}
"""Beats of a bar, and its metre: the beat that was found may be the quarter, the eighth or the half."""
_THREES = 0.15
"""How alike music has to be a third of a beat on, before beats count as threefold. Chosen on 70 composed pieces."""
_SOUNDS_LIKE = {"2/4": "4/4", "12/8": "6/8"}


@dataclass(frozen=True)
class Pulse:
    """What is known of the beat."""

    bpm: float
    frames: NDArray[np.float64]
    """Where beats are."""
    onsets: NDArray[np.float32]
    """How much energy rises, a value a frame."""


def pulse(audio: NDArray[np.float32]) -> Pulse | None:
    """Beats by dynamic programming (Ellis 2007), as librosa tracks them by default; None where nothing moves.

    The tempo is the slope of a line through the beats, which is finer than the tempogram's steps of 2 % near 120.
    """
    from librosa.beat import beat_track
    from librosa.onset import onset_strength

    onsets = onset_strength(y=audio, sr=RATE, hop_length=HOP)
    if not onsets.any():
        return None
    tempo, beats = beat_track(onset_envelope=onsets, sr=RATE, hop_length=HOP, trim=False)
    bpm = float(np.atleast_1d(tempo)[0])
    if bpm <= 0 or len(beats) < 2:
        return None
    if len(beats) >= 4:
        fitted = 60 * FRAMES / float(np.polyfit(np.arange(len(beats)), beats, 1)[0])
        bpm = fitted if abs(fitted / bpm - 1) < 0.08 else bpm  # else the line goes through beats that were left out
    return Pulse(bpm, np.asarray(beats, np.float64), onsets)


def metre(audio: NDArray[np.float32], among: Sequence[str] = ()) -> str | None:
    """The bar after whose length accents come again (after Gouyon and Herrera 2003), of `among` if it is there.

    Two bars of 6/8 are one of 12/8 to this, and of 2/4 one of 4/4: the commoner stands for both where it is asked.
    """
    found = pulse(audio)
    if found is None:
        return None
    likeness, beat = _likeness(audio, found), 60 * FRAMES / found.bpm
    fits = {count: _fit(likeness, beat, count) for count in _GROUPINGS}
    ranked = list(dict.fromkeys(_named(likeness, beat, count, fits) for count in sorted(fits, key=lambda c: -fits[c])))
    same = {_SOUNDS_LIKE.get(name, name): name for name in reversed(among)} | {name: name for name in among}
    return next((same[name] for name in ranked if name in same), None) if among else ranked[0]


def _named(likeness: NDArray[np.float64], beat: float, count: float, fits: dict[float, float]) -> str:
    """The metre of so many beats a bar: threefold if the beat is, or if three beats are heard as two."""
    thirds = (_near(likeness, beat / 3) + _near(likeness, 2 * beat / 3)) / 2
    uneven = _GROUPINGS[count] == "7/8" and fits[count] > thirds
    if thirds > max(_near(likeness, beat / 2), _THREES) and not uneven:
        return "6/8"
    if count in (3.0, 6.0):
        half, third = beat * count / 2, beat * count / 3
        if _near(likeness, half) > (_near(likeness, third) + _near(likeness, 2 * third)) / 2:
            return "6/8"
    return _GROUPINGS[count]


def _likeness(audio: NDArray[np.float32], found: Pulse) -> NDArray[np.float64]:
    """Autocorrelation of the accents, 1 at lag 0; shape (frames,)."""
    from librosa.onset import onset_strength

    bass = onset_strength(y=audio, sr=RATE, hop_length=HOP, fmax=250.0, n_mels=8)
    total = np.zeros(len(found.onsets))
    for accents in (found.onsets, bass):
        centred = accents - accents.mean()
        size = 2 * len(centred)
        power = np.abs(np.fft.rfft(centred, size)) ** 2
        correlation = np.fft.irfft(power, size)[: len(centred)]
        length = np.arange(len(centred), 0, -1)  # of the overlap: far lags are averages of fewer frames
        total += correlation / length * len(centred) / max(correlation[0], 1e-12)
    return total / 2


def _fit(likeness: NDArray[np.float64], beat: float, count: float) -> float:
    """How much more alike music is one and two bars on than at other beats; half beats where a bar has no whole
    number of them."""
    step = beat if count.is_integer() else beat / 2
    bar = round(count * beat / step)
    grid = [_near(likeness, k * step) for k in range(1, 2 * bar + 1)]
    others = [value for k, value in enumerate(grid, 1) if k % bar]
    return (grid[bar - 1] + grid[2 * bar - 1]) / 2 - float(np.mean(others))


def _near(likeness: NDArray[np.float64], lag: float) -> float:
    """The highest value within a frame of a lag."""
    at = round(lag)
    near = likeness[max(at - 1, 0) : at + 2]
    return float(near.max()) if len(near) else 0.0


def syncopation(audio: NDArray[np.float32]) -> float | None:
    """How much of what begins in the middle register begins off the beat: 0 on beats, 1 halfway between, 2 on the other
    sixteenths, as metrical weights have it (Longuet-Higgins and Lee 1984); the mean, weighted by their strength.

    Drums are taken out first (Fitzgerald 2010), as they keep the beat in either of two clips.
    """
    from librosa import power_to_db, stft
    from librosa.decompose import hpss
    from librosa.feature import melspectrogram
    from librosa.onset import onset_strength

    if (found := pulse(audio)) is None:
        return None
    pitched, _ = hpss(np.abs(stft(audio)))
    register = melspectrogram(S=pitched**2, sr=RATE, fmin=300.0, fmax=4000.0, n_mels=48)
    onsets = onset_strength(S=power_to_db(register, ref=np.max), sr=RATE).astype(np.float64)
    beats = found.frames
    at = np.arange(len(onsets))
    at = at[(at >= beats[0]) & (at < beats[-1])]
    of = np.searchsorted(beats, at, side="right") - 1
    sixteenth = np.round(4 * (at - beats[of]) / (beats[of + 1] - beats[of])).astype(int) % 4
    weights = onsets[at] ** 2
    return float(np.average(np.array([0, 2, 1, 2])[sixteenth], weights=weights)) if weights.any() else None
