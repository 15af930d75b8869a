"""Features of one clip, number by number against librosa's own functions.

A number's scale is the standard deviation that it has over clips of music: what the classifier divides it by before it
looks at it. No number may be off by more than 1e-4 of its scale, of whatever sound.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

pytest.importorskip("librosa")

from librosa_features import NAMES, RATE, by_librosa

from mudata.evaluation.models.clip_features import extract

pytestmark = pytest.mark.slow


def sixteen_bits(y: np.ndarray) -> np.ndarray:
    return (np.rint(y * 32767) / 32768).astype(np.float32)


def music() -> Iterator[np.ndarray]:
    """Chords that swell under a beat of noise, each with a pitch, a tuning and a tempo of its own."""
    random = np.random.default_rng(7)
    for _ in range(10):
        time = np.arange(round(random.uniform(2, 5) * RATE)) / RATE
        beat, tuning = random.uniform(1, 3), random.uniform(-0.5, 0.5)
        hertz = 55 * 2 ** ((random.integers(0, 60, 5) + tuning) / 12)
        chord = sum(random.uniform(0.05, 0.2) * np.sin(2 * np.pi * f * time) for f in hertz)
        phase = (time * beat) % 1
        noise = random.uniform(0, 0.2) * random.standard_normal(time.size) * np.exp(-10 * phase)
        yield sixteen_bits(0.5 * (chord * (0.4 + 0.6 * (phase < 0.3)) + noise))


def odd_sounds() -> dict[str, np.ndarray]:
    random, time = np.random.default_rng(8), np.arange(2 * RATE) / RATE
    sine = 0.5 * np.sin(2 * np.pi * 1000 * time)
    noise = 0.1 * random.standard_normal(time.size)
    click = np.zeros(time.size)
    click[1000] = 1
    odd = {
        "a sine of 16 bits": sixteen_bits(sine),
        "a sine": sine,
        "a low sine that is cut": np.clip(3 * np.sin(2 * np.pi * 41 * time), -1, 1),
        "noise": noise,
        "soft noise": noise / 1000,
        "silence": np.zeros(time.size),
        "silence, then noise": np.concatenate([np.zeros(RATE), noise]),
        "one click": click,
        "a constant": np.full(time.size, 0.3),
        "a fifth of a second": sine[: RATE // 5],
        "nothing": np.zeros(0),
    }
    return {name: sound.astype(np.float32) for name, sound in odd.items()}


def test_every_number_is_librosas_own() -> None:
    clips = {f"music {n}": clip for n, clip in enumerate(music())}
    scale = np.std([by_librosa(clip) for clip in clips.values()], axis=0)
    assert (scale > 0).all()
    off = {}
    for name, sound in (clips | odd_sounds()).items():
        ours, theirs = extract(sound), by_librosa(sound)
        assert ours.shape == theirs.shape == (len(NAMES),)
        error = np.abs(ours - theirs) / scale
        off |= {(name, NAMES[n]): float(error[n]) for n in np.flatnonzero(error > 1e-4)}
    assert not off
