"""Keys and harmony of audio, from how strongly each pitch class sounds."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from mudata.catalog.symbolic.key_profiles import KOSTKA_PAYNE, estimate_key
from mudata.evaluation.models.classic.pulse import HOP, RATE, pulse

if TYPE_CHECKING:
    from numpy.typing import NDArray


def chroma(audio: NDArray[np.float32]) -> NDArray[np.float64]:
    """How strongly each pitch class sounds, from C upwards: shape (12, frames), of a constant-Q transform."""
    from librosa.feature import chroma_cqt

    return np.asarray(chroma_cqt(y=audio, sr=RATE, hop_length=HOP), np.float64)


def key(audio: NDArray[np.float32]) -> str | None:
    """The key whose profile (Kostka and Payne's) correlates best with the mean over time; None in silence."""
    return estimate_key(chroma(audio).mean(axis=1), KOSTKA_PAYNE)


def shift(audio: NDArray[np.float32]) -> int:
    """How many semitones higher, 0 to 11, the second half is than the first."""
    found = chroma(audio)
    middle = found.shape[1] // 2
    return _turn(found[:, :middle], found[:, middle:])


def transposition(first: NDArray[np.float32], second: NDArray[np.float32]) -> int:
    """How many semitones higher, 0 to 11, the second clip is than the first, of the same music."""
    return _turn(chroma(first), chroma(second))


def _turn(first: NDArray[np.float64], second: NDArray[np.float64]) -> int:
    """The turn of the mean pitch classes, in semitones, that fits best."""
    before, after = first.mean(axis=1), second.mean(axis=1)
    return int(np.argmax([np.corrcoef(np.roll(before, k), after)[0, 1] for k in range(12)]))


def harmonic_change(audio: NDArray[np.float32]) -> float:
    """How much harmony moves and how much of it sounds at once: mean distance of one beat's pitch classes from the
    next, plus their entropy (both 0 to 1)."""
    found = chroma(audio)
    beats = pulse(audio)
    cuts = np.unique(beats.frames.astype(int)) if beats else np.arange(0, found.shape[1], 22)
    pieces = [piece.mean(axis=1) for piece in np.split(found, cuts[(cuts > 0) & (cuts < found.shape[1])], axis=1)]
    by_beat = np.array([piece / piece.sum() for piece in pieces if piece.sum() > 0])
    if len(by_beat) < 2:
        return 0.0
    moved = np.abs(np.diff(by_beat, axis=0)).sum(axis=1).mean() / 2
    entropy = -(by_beat * np.log(by_beat + 1e-12)).sum(axis=1).mean() / np.log(12)
    return float(moved + entropy)
