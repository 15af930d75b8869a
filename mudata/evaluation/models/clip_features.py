"""The features of one clip that the baseline `features` learns from, as librosa 0.11 defines them.

Of mono at 22,050 Hz, in windows of 2,048 samples (hann, centred, zeros beyond the ends) every 512: means
and standard deviations over time of 20 MFCC and their deltas, 12 chroma, 7 bands of spectral contrast,
centroid, bandwidth, rolloff, flatness, zero crossings, loudness, 6 tonnetz and onset strength; and tempo
with 13 tempogram ratios.

One spectrum serves all of them, frame by frame in memory, and where librosa makes a number for every frame
only to take the mean, the mean is taken first: of the tempogram, whose ratios are linear in it, of its
autocorrelations, and of powers of frequency, which give centroid and bandwidth. What costs little
(deltas, tonnetz, tempo, tuning's histogram) is librosa's own. `tests/evaluation/models/test_clip_features.py`
holds each number against librosa's own functions. Where a sound is little more than rounding noise (a steady tone at
-100 dBFS), the tempo that is estimated from that noise may be another than librosa's.
"""

from __future__ import annotations

from functools import cache
from itertools import pairwise
from typing import Any

import numpy as np
import scipy.fft
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

RATE = 22_050
WINDOW, HOP = 2048, 512
SHORTEST = RATE
"""Samples below which a clip is padded with silence, so that deltas and tempo exist."""
AT_ONCE = 32
"""Frames that are transformed together, half a megabyte: what fits the nearer caches. Ours."""
BINS = WINDOW // 2 + 1
MELS, MFCCS, TEMPO_LAGS = 128, 20, 384
"""librosa's defaults of `melspectrogram`, `mfcc` and `tempogram`."""
AMIN = 1e-10
"""The least power of `spectral_flatness` and `power_to_db` in librosa."""
ROLLOFF = 0.85
"""The share of the magnitude below `spectral_rolloff`, by default."""
QUANTILE, LOWEST_BAND_HZ, BANDS = 0.02, 200.0, 6
"""Of `spectral_contrast`, by default."""
PEAKS_HZ, PEAK = (150.0, 4000.0), 0.1
"""Of `piptrack`, by which the tuning is estimated: range, and the least share of a frame's maximum."""

Vector = NDArray[np.float32]
Frames = NDArray[np.float32]
"""(frames, bins)."""


def extract(audio: Vector) -> Vector:
    """The features of one clip: mono at RATE in, one vector out. Numbers that are none (of silence) are 0."""
    import librosa
    from librosa.onset import onset_strength

    y = np.pad(audio, (0, max(0, SHORTEST - audio.size)))
    magnitude = _magnitude(y)
    power = magnitude**2
    energy = power.sum(axis=1, dtype=np.float64)
    with np.errstate(all="ignore"):
        decibel = librosa.power_to_db(_mel(power)).T
        mfcc = _dct() @ decibel
        chroma = _chroma(power)
        onsets = onset_strength(S=decibel, sr=RATE)
        over_time = [
            mfcc,
            librosa.feature.delta(mfcc),
            chroma,
            _contrast(magnitude),
            *_centroid_and_bandwidth(magnitude),
            _rolloff(magnitude),
            _flatness(power),
            _zero_crossings(y),
            _loudness(power, energy),
            librosa.feature.tonnetz(chroma=chroma, sr=RATE),
            onsets[None],
        ]
        summed = [f(np.atleast_2d(x), axis=1) for x in over_time for f in (np.mean, np.std)]
        tempo, ratios = _rhythm(onsets)
    vector = np.concatenate([*summed, np.log2(np.maximum(tempo, 1.0)).reshape(1), ratios.reshape(-1)])
    cleaned: Vector = np.nan_to_num(vector).astype(np.float32)
    return cleaned


@cache
def _hann() -> NDArray[np.float64]:
    from librosa.filters import get_window

    window: NDArray[np.float64] = get_window("hann", WINDOW, fftbins=True)
    return window


def _magnitude(y: Vector) -> Frames:
    """Magnitude of each frame, to the last bit that of `librosa.stft`: transformed in double precision, since bins far
    below the loudest of a frame count for flatness and contrast, and rounded then."""
    frames = sliding_window_view(np.pad(y, WINDOW // 2), WINDOW)[::HOP]
    magnitude = np.empty((len(frames), BINS), np.float32)
    for begin in range(0, len(frames), AT_ONCE):
        spectrum = scipy.fft.rfft(frames[begin : begin + AT_ONCE] * _hann(), axis=1)
        np.abs(spectrum.astype(np.complex64), out=magnitude[begin : begin + AT_ONCE])
    return magnitude


@cache
def _mel_parts() -> list[tuple[slice, slice, NDArray[np.float32]]]:
    """Mel filters in groups of 16, each with the bins that it needs: neighbours share most of theirs."""
    from librosa.filters import mel

    weights, parts = mel(sr=RATE, n_fft=WINDOW, n_mels=MELS), []
    for first in range(0, MELS, 16):
        some = weights[first : first + 16]
        bins = np.flatnonzero(some.any(axis=0))
        used = slice(int(bins[0]), int(bins[-1]) + 1)
        parts.append((slice(first, first + 16), used, np.ascontiguousarray(some[:, used].T)))
    return parts


def _mel(power: Frames) -> Frames:
    mel = np.empty((len(power), MELS), np.float32)
    for some, bins, weights in _mel_parts():
        mel[:, some] = power[:, bins] @ weights
    return mel


@cache
def _dct() -> NDArray[np.float32]:
    """(MFCCS, MELS): what `mfcc` multiplies decibels by."""
    basis: NDArray[np.float32] = scipy.fft.dct(np.eye(MELS), axis=0, type=2, norm="ortho")[:MFCCS].astype(np.float32)
    return basis


@cache
def _frequencies() -> NDArray[np.float64]:
    """Hz of each bin."""
    return np.arange(BINS, dtype=np.float64) * (RATE / WINDOW)


@cache
def _chroma_filters(tuning: float) -> NDArray[np.float32]:
    from librosa.filters import chroma

    return np.ascontiguousarray(chroma(sr=RATE, n_fft=WINDOW, tuning=tuning).T)


def _chroma(power: Frames) -> Any:
    """(12, frames), each frame by its largest."""
    import librosa

    return librosa.util.normalize((power @ _chroma_filters(_tuning(power))).T, norm=np.inf, axis=0)


def _tuning(power: Frames) -> float:
    """`estimate_tuning` of the power, with peaks looked for only where they may lie. Fractions of a semitone."""
    import librosa

    hertz = _frequencies()
    within = np.flatnonzero((hertz >= PEAKS_HZ[0]) & (hertz < PEAKS_HZ[1]))
    here = slice(within[0], within[-1] + 1)
    middle, left, right = power[:, here], power[:, within[0] - 1 : within[-1]], power[:, within[0] + 1 : within[-1] + 2]
    loud = middle > PEAK * power.max(axis=1, keepdims=True)
    places = np.nonzero(loud & (middle > left) & (middle >= right))
    if not places[0].size:  # silence has no pitch
        return 0.0
    before, peak, after = left[places], middle[places], right[places]
    bend, slope = after + before - 2 * peak, (after - before) / 2
    shift = np.where(np.abs(slope) >= np.abs(bend), 0, -slope / np.where(bend == 0, 1, bend))
    pitches = (places[1] + within[0] + shift) * float(RATE) / WINDOW
    loudness = peak + slope * shift / 2
    keep = loudness >= np.median(loudness)
    return float(librosa.pitch_tuning(pitches[keep], resolution=0.01, bins_per_octave=12))


@cache
def _bands() -> list[tuple[slice, int]]:
    """Bins of each band of contrast, and of how many the quietest and the loudest are taken."""
    hertz = _frequencies()
    edges = [0.0, *(LOWEST_BAND_HZ * 2.0 ** np.arange(BANDS + 1))]
    bands = []
    for number, (low, high) in enumerate(pairwise(edges)):
        within = np.flatnonzero((hertz >= low) & (hertz <= high))
        begin = int(within[0]) - (number > 0)
        end = BINS if number == BANDS else int(within[-1]) + 1
        taken = max(1, int(np.rint(QUANTILE * (end - begin))))
        bands.append((slice(begin, end - (number < BANDS)), taken))
    return bands


def _contrast(magnitude: Frames) -> Any:
    """(bands, frames): decibels from valleys to peaks."""
    import librosa

    valleys, peaks = np.empty((BANDS + 1, len(magnitude))), np.empty((BANDS + 1, len(magnitude)))
    for number, (bins, taken) in enumerate(_bands()):
        ordered = np.sort(magnitude[:, bins], axis=1)
        valleys[number] = ordered[:, :taken].mean(axis=1)
        peaks[number] = ordered[:, -taken:].mean(axis=1)
    return librosa.power_to_db(peaks) - librosa.power_to_db(valleys)


@cache
def _moments() -> NDArray[np.float64]:
    """(bins, 3): 1, f, f squared, in kHz."""
    kilohertz = _frequencies() / 1000
    return np.stack([np.ones(BINS), kilohertz, kilohertz**2], axis=1)


def _centroid_and_bandwidth(magnitude: Frames) -> tuple[Any, Any]:
    """Hz: the mean frequency of each frame and the deviation from it; 0 of silence. In double precision, since the
    mean's square is taken away from the mean of squares."""
    total, first, second = (magnitude.astype(np.float64) @ _moments()).T
    total = np.where(total < np.finfo(np.float32).tiny, 1, total)
    centroid = first / total
    return 1000 * centroid, 1000 * np.sqrt(np.maximum(second / total - centroid**2, 0))


def _rolloff(magnitude: Frames) -> Any:
    """Hz below which ROLLOFF of the magnitude lies."""
    below = np.cumsum(magnitude, axis=1)
    return _frequencies()[(below < ROLLOFF * below[:, -1:]).sum(axis=1)]


def _flatness(power: Frames) -> Any:
    """The common logarithm of it."""
    floored = np.maximum(power, np.float32(AMIN))
    logarithm = np.log(floored).mean(axis=1, dtype=np.float64)
    return logarithm / np.log(10) - np.log10(floored.mean(axis=1, dtype=np.float64))


def _zero_crossings(y: Vector) -> Any:
    """The share of samples in each frame at which the sign is another than before it."""
    padded = np.pad(y, WINDOW // 2, mode="edge")
    negative = np.signbit(np.where(np.abs(padded) <= AMIN, 0, padded))
    crossed = np.concatenate([[0], np.cumsum(negative[1:] != negative[:-1])])
    begins = np.arange(0, len(padded) - WINDOW + 1, HOP)
    return (crossed[begins + WINDOW - 1] - crossed[begins]) / WINDOW


def _loudness(power: Frames, energy: NDArray[np.float64]) -> Any:
    """The common logarithm of the root of the mean square; the two bins that have no mirror count half."""
    mean_square = 2 * (energy - (power[:, 0] + power[:, -1]) / 2) / WINDOW**2
    return np.log10(np.sqrt(np.maximum(mean_square, 0)) + 1e-6)


def _rhythm(onsets: NDArray[np.float32]) -> tuple[Any, Any]:
    """Tempo in beats a minute, and the tempogram at 13 ratios to it, both of the mean tempogram."""
    import librosa

    mean = _mean_tempogram(onsets)[:, None]
    tempo = librosa.feature.tempo(tg=mean, sr=RATE, hop_length=HOP)
    return tempo, librosa.feature.tempogram_ratio(tg=mean, sr=RATE, hop_length=HOP, bpm=tempo, aggregate=np.mean)


def _mean_tempogram(onsets: NDArray[np.float32]) -> NDArray[np.float64]:
    """(TEMPO_LAGS,): autocorrelations of windows of onset strength, each by its largest, which is that of lag 0; their
    mean is made before the way back from the spectrum."""
    from librosa.filters import get_window

    half = TEMPO_LAGS // 2
    padded = np.pad(onsets, half, mode="linear_ramp", end_values=[0, 0])
    window = get_window("hann", TEMPO_LAGS, fftbins=True)
    frames = sliding_window_view(padded, TEMPO_LAGS)[: len(onsets)]
    length = scipy.fft.next_fast_len(2 * TEMPO_LAGS - 1, real=True)
    mean = np.zeros(length // 2 + 1)
    for begin in range(0, len(frames), 2 * AT_ONCE):
        windowed = frames[begin : begin + 2 * AT_ONCE] * window
        largest = np.einsum("tf,tf->t", windowed, windowed)
        spectrum = scipy.fft.rfft(windowed, length, axis=1)
        weight = 1 / np.where(largest < np.finfo(np.float64).tiny, 1, largest)
        mean += weight @ (spectrum.real**2 + spectrum.imag**2)
    lags: NDArray[np.float64] = scipy.fft.irfft(mean / len(frames), length)[:TEMPO_LAGS]
    return lags
