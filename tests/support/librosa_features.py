"""The features of a clip by librosa's own functions, one after the other: what `clip_features` has to come to."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

RATE, WINDOW, HOP = 22_050, 2048, 512
OVER_TIME = {
    "mfcc": 20,
    "delta": 20,
    "chroma": 12,
    "contrast": 7,
    "centroid": 1,
    "bandwidth": 1,
    "rolloff": 1,
    "flatness": 1,
    "zero crossings": 1,
    "loudness": 1,
    "tonnetz": 6,
    "onsets": 1,
}
NAMES = [f"{how} of {name} {n}" for name, size in OVER_TIME.items() for how in ("mean", "std") for n in range(size)]
NAMES += ["tempo", *(f"ratio {n}" for n in range(13))]


def by_librosa(audio: Any) -> Any:
    """One vector of a clip, in double precision; `NAMES` are those of its numbers."""
    import librosa

    y = np.pad(audio, (0, max(0, RATE - audio.size)))
    with warnings.catch_warnings():  # silence has no pitch, which librosa says every time
        warnings.simplefilter("ignore")
        magnitude = np.abs(librosa.stft(y, n_fft=WINDOW, hop_length=HOP))
        decibel = librosa.power_to_db(librosa.feature.melspectrogram(S=magnitude**2, sr=RATE))
        mfcc = librosa.feature.mfcc(S=decibel, n_mfcc=20)
        chroma = librosa.feature.chroma_stft(S=magnitude**2, sr=RATE)
        centroid = librosa.feature.spectral_centroid(S=magnitude, sr=RATE)
        onsets = librosa.onset.onset_strength(S=decibel, sr=RATE)
        tempogram = librosa.feature.tempogram(onset_envelope=onsets, sr=RATE, hop_length=HOP)
        tempo = librosa.feature.tempo(tg=tempogram, sr=RATE, hop_length=HOP)
        ratios = librosa.feature.tempogram_ratio(tg=tempogram, sr=RATE, hop_length=HOP, bpm=tempo, aggregate=np.mean)
        over_time = [
            mfcc,
            librosa.feature.delta(mfcc),
            chroma,
            librosa.feature.spectral_contrast(S=magnitude, sr=RATE),
            centroid,
            librosa.feature.spectral_bandwidth(S=magnitude, sr=RATE, centroid=centroid),
            librosa.feature.spectral_rolloff(S=magnitude, sr=RATE),
            np.log10(librosa.feature.spectral_flatness(S=magnitude)),
            librosa.feature.zero_crossing_rate(y, frame_length=WINDOW, hop_length=HOP),
            np.log10(librosa.feature.rms(S=magnitude, frame_length=WINDOW) + 1e-6),
            librosa.feature.tonnetz(chroma=chroma, sr=RATE),
            onsets[None],
        ]
    summed = [f(x, axis=1) for x in over_time for f in (np.mean, np.std)]
    vector = np.concatenate([*summed, np.log2(np.maximum(tempo, 1.0)).reshape(1), ratios.reshape(-1)])
    return np.nan_to_num(vector).astype(np.float32).astype(float)
