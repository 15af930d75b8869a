"""Instruments of the demo:
small synthesisers on NumPy, every one a function of pitch, seconds and a seeded generator.

All return float arrays of shape (samples,) at RATE, peaking near 1.
Frequencies are in Hz, times in seconds.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

RATE = 22_050
Wave = NDArray[np.float64]


def hertz(pitch: float) -> float:
    """Frequency of a MIDI pitch number (A4 = 69 = 440 Hz)."""
    return float(440.0 * 2 ** ((pitch - 69) / 12))


def _time(seconds: float) -> Wave:
    return np.arange(max(round(seconds * RATE), 1)) / RATE


def envelope(seconds: float, attack: float, release: float, decay: float = 0.0) -> Wave:
    """Rise over `attack`, fall with rate `decay` (1/s), fade over `release`."""
    t = _time(seconds)
    shape = np.minimum(1, t / max(attack, 1e-4)) * np.exp(-decay * t)
    return np.asarray(shape * np.clip((seconds - t) / max(release, 1e-4), 0, 1))


def filtered(wave: Wave, low: float = 0.0, high: float = RATE / 2, order: int = 4) -> Wave:
    """Keep `low` to `high` Hz (Butterworth magnitudes, no phase shift)."""
    if not len(wave):
        return wave
    f = np.fft.rfftfreq(len(wave), 1 / RATE)
    gain = 1 / np.sqrt(1 + (f / high) ** (2 * order))
    if low > 0:
        gain = gain / np.sqrt(1 + (low / np.maximum(f, 1e-3)) ** (2 * order))
    return np.asarray(np.fft.irfft(np.fft.rfft(wave) * gain, len(wave)))


def harmonics(freq: float, seconds: float, amplitudes: Wave, vibrato: float = 0.0) -> Wave:
    """Sum of the partials 1, 2, 3, ...
    below Nyquist; `vibrato` is its depth at 5.5 Hz, in semitones."""
    t = _time(seconds)
    pitch = np.full_like(t, freq)
    if vibrato:
        bend = vibrato * np.sin(2 * np.pi * 5.5 * t) * np.minimum(1, t / 0.25)
        pitch = freq * 2 ** (bend / 12)
    phase = 2 * np.pi * np.cumsum(pitch) / RATE
    usable = amplitudes[: max(1, min(len(amplitudes), int(RATE / 2.2 / freq)))]
    return np.asarray(sines(phase, usable) / np.abs(usable).sum())


def sines(phase: Wave, amplitudes: Wave) -> Wave:
    """The sum of a[k - 1] * sin(k * phase) for k from 1, by Clenshaw's recurrence (1955): one sine and one cosine in
    all, where a sine for each took half of the demo's time.

    >>> round(float(sines(np.array([0.5]), np.array([1.0, 0.5]))[0] - (np.sin(0.5) + 0.5 * np.sin(1.0))), 12)
    0.0
    """
    twice = 2 * np.cos(phase)
    before, last, following = np.zeros_like(phase), np.full_like(phase, amplitudes[-1]), np.empty_like(phase)
    for amplitude in amplitudes[-2::-1]:
        np.multiply(twice, last, out=following)
        following -= before
        following += amplitude
        before, last, following = last, following, before
    return np.asarray(np.sin(phase) * last)


_SAW = 1 / np.arange(1, 25)


# ------------------------------------------------------------------------------------------- pitched voices


def pluck(freq: float, seconds: float, rng: np.random.Generator, damping: float = 0.996, bright: float = 0.5) -> Wave:
    """A plucked string after Karplus and Strong (1983), one period at a time."""
    period = max(int(RATE / freq), 2)
    line = filtered(rng.uniform(-1, 1, period), high=400 + 9000 * bright)
    line -= line.mean()
    periods = -(-len(_time(seconds)) // period)
    out = np.empty((periods, period))
    before = np.empty(period)
    for row in range(periods):
        out[row] = line
        before[0], before[1:] = line[-1], line[:-1]
        line = damping * 0.5 * (line + before)
    fade = envelope(seconds, 0.001, 0.03)
    wave = out.ravel()[: len(fade)]
    return np.asarray(wave / (np.abs(wave).max() + 1e-9) * fade)


def nylon_guitar(freq: float, seconds: float, rng: np.random.Generator) -> Wave:
    return filtered(pluck(freq, seconds, rng, 0.993, 0.25), low=70, high=3500, order=2)


def steel_guitar(freq: float, seconds: float, rng: np.random.Generator) -> Wave:
    return np.tanh(2.2 * pluck(freq, seconds, rng, 0.997, 0.7))


def distorted_guitar(freq: float, seconds: float, rng: np.random.Generator) -> Wave:
    fifth = (
        harmonics(freq, seconds, _SAW) + harmonics(freq * 1.4983, seconds, _SAW) + harmonics(freq / 2, seconds, _SAW)
    )
    driven = np.tanh(9 * (fifth + 0.02 * rng.standard_normal(len(fifth))))
    return filtered(driven, low=90, high=4200) * envelope(seconds, 0.004, 0.03, 0.6)


def bass_guitar(freq: float, seconds: float, rng: np.random.Generator) -> Wave:
    tone = harmonics(freq, seconds, np.array([1, 0.6, 0.35, 0.2, 0.1]))
    return (0.8 * tone + 0.2 * pluck(freq, seconds, rng, 0.99, 0.3)) * envelope(seconds, 0.006, 0.05, 1.6)


def double_bass(freq: float, seconds: float, rng: np.random.Generator) -> Wave:
    thump = filtered(rng.standard_normal(len(_time(seconds))), low=60, high=400) * envelope(seconds, 0.001, 0.05, 60)
    tone = harmonics(freq, seconds, np.array([1, 0.45, 0.12, 0.06]))
    return tone * envelope(seconds, 0.012, 0.08, 2.6) + 0.25 * thump


def synth_bass(freq: float, seconds: float, rng: np.random.Generator) -> Wave:
    return np.tanh(1.8 * filtered(harmonics(freq, seconds, _SAW), high=600)) * envelope(seconds, 0.004, 0.03, 2.0)


def electric_piano(freq: float, seconds: float, rng: np.random.Generator) -> Wave:
    """Two-operator FM with a bright, quickly fading bell."""
    t = _time(seconds)
    index = 1.6 * np.exp(-4 * t)
    tone = np.sin(2 * np.pi * freq * t + index * np.sin(2 * np.pi * freq * t))
    bell = 0.12 * np.sin(2 * np.pi * freq * 7 * t) * np.exp(-14 * t) if freq * 7 < RATE / 2 else 0.0
    return (tone + bell) * envelope(seconds, 0.004, 0.08, 1.4)


def organ(freq: float, seconds: float, rng: np.random.Generator) -> Wave:
    return harmonics(freq, seconds, np.array([1, 0.8, 0.6, 0.4, 0, 0.25, 0, 0.2]), 0.08) * envelope(seconds, 0.01, 0.03)


def piano(freq: float, seconds: float, rng: np.random.Generator) -> Wave:
    partials = np.exp(-0.45 * np.arange(12)) * (1 + 0.2 * rng.standard_normal(12))
    return harmonics(freq, seconds, partials) * envelope(seconds, 0.003, 0.08, 2.2)


def stab(freq: float, seconds: float, rng: np.random.Generator) -> Wave:
    """A house chord stab: detuned saws through a closing filter."""
    pair = harmonics(freq * 1.004, seconds, _SAW) + harmonics(freq * 0.996, seconds, _SAW)
    return filtered(pair, low=200, high=3200) * envelope(seconds, 0.003, 0.05, 5.0)


def strings(freq: float, seconds: float, rng: np.random.Generator) -> Wave:
    parts = [harmonics(freq * (1 + d), seconds, _SAW[:14] ** 1.3, 0.18) for d in (-0.003, 0.0, 0.0035)]
    return np.asarray(sum(parts) / 2 * envelope(seconds, 0.09, 0.12))


def saxophone(freq: float, seconds: float, rng: np.random.Generator) -> Wave:
    reed = harmonics(freq, seconds, np.array([1, 0.9, 0.75, 0.5, 0.45, 0.3, 0.2, 0.15, 0.1]), 0.25)
    breath = filtered(rng.standard_normal(len(reed)), low=1500, high=6000)
    return (reed + 0.03 * breath) * envelope(seconds, 0.03, 0.06)


def flute(freq: float, seconds: float, rng: np.random.Generator) -> Wave:
    pipe = harmonics(freq, seconds, np.array([1, 0.35, 0.12, 0.04]), 0.2)
    breath = filtered(rng.standard_normal(len(pipe)), low=freq, high=4 * freq + 1000)
    return (pipe + 0.06 * breath) * envelope(seconds, 0.05, 0.08)


def harmonica(freq: float, seconds: float, rng: np.random.Generator) -> Wave:
    reed = harmonics(freq, seconds, np.array([1, 0.5, 0.8, 0.3, 0.5, 0.2, 0.25, 0.1]), 0.3)
    t = _time(seconds)
    return reed * (1 + 0.25 * np.sin(2 * np.pi * 5 * t)) * envelope(seconds, 0.04, 0.06)


def lead(freq: float, seconds: float, rng: np.random.Generator) -> Wave:
    square = 1 / np.arange(1, 20) * (np.arange(1, 20) % 2)
    return filtered(harmonics(freq, seconds, square, 0.1), high=3500) * envelope(seconds, 0.005, 0.05, 1.0)


# ------------------------------------------------------------------------------------------- drums


def _noise(seconds: float, rng: np.random.Generator, low: float, high: float, decay: float) -> Wave:
    return filtered(rng.standard_normal(len(_time(seconds))), low, high) * envelope(seconds, 0.001, 0.01, decay)


def _swept(start: float, end: float, seconds: float, decay: float) -> Wave:
    t = _time(seconds)
    phase = 2 * np.pi * np.cumsum(end + (start - end) * np.exp(-30 * t)) / RATE
    return np.sin(phase) * envelope(seconds, 0.001, 0.01, decay)


def kick(rng: np.random.Generator) -> Wave:
    return _swept(150, 48, 0.3, 11) + 0.1 * _noise(0.3, rng, 1000, 6000, 150)


def snare(rng: np.random.Generator) -> Wave:
    return 0.5 * _swept(240, 180, 0.22, 22) + 0.55 * _noise(0.22, rng, 900, 8000, 17)


def hat(rng: np.random.Generator) -> Wave:
    return 0.5 * _noise(0.06, rng, 6500, 10500, 70)


def open_hat(rng: np.random.Generator) -> Wave:
    return 0.45 * _noise(0.28, rng, 6000, 10500, 12)


def ride(rng: np.random.Generator) -> Wave:
    t = _time(0.5)
    bell = sum(
        np.sin(2 * np.pi * f * t + p) for f, p in zip((3170, 4231, 5478, 6793, 8117), rng.uniform(0, 6, 5), strict=True)
    )
    return np.asarray(0.09 * bell * np.exp(-7 * t)) + 0.3 * _noise(0.5, rng, 6000, 10500, 16)


def rim(rng: np.random.Generator) -> Wave:
    return 0.7 * _swept(1900, 1650, 0.06, 70) + 0.2 * _noise(0.06, rng, 1500, 7000, 90)


def shaker(rng: np.random.Generator) -> Wave:
    return 0.35 * filtered(rng.standard_normal(len(_time(0.09))), 4500, 9500) * envelope(0.09, 0.03, 0.04)


def clap(rng: np.random.Generator) -> Wave:
    burst = _noise(0.2, rng, 900, 4500, 22)
    return 0.6 * (burst + 0.7 * np.roll(burst, int(0.011 * RATE)) + 0.5 * np.roll(burst, int(0.023 * RATE)))


def timpani(rng: np.random.Generator) -> Wave:
    t = _time(0.9)
    modes = sum(a * np.sin(2 * np.pi * 98 * r * t) for r, a in ((1, 1), (1.5, 0.55), (1.99, 0.4), (2.44, 0.25)))
    return np.asarray(0.6 * modes * np.exp(-5 * t)) + 0.15 * _noise(0.9, rng, 60, 500, 40)


def triangle(rng: np.random.Generator) -> Wave:
    t = _time(0.6)
    return np.asarray(0.25 * sum(np.sin(2 * np.pi * f * t) for f in (4100, 6300, 8900)) * np.exp(-8 * t))


# ------------------------------------------------------------------------------------------- the room


def room(wave: Wave, rng: np.random.Generator, seconds: float, wet: float) -> Wave:
    """Reverberate a mono mix into stereo: shape (samples, 2)."""
    t = _time(seconds)
    size = 1 << (len(wave) + len(t) - 1).bit_length()
    spectrum = np.fft.rfft(wave, size)
    sides = []
    for _ in range(2):
        tail = rng.standard_normal(len(t)) * np.exp(-6.9 * t / seconds)
        tail /= np.sqrt((tail**2).sum())
        wet_side = np.fft.irfft(spectrum * np.fft.rfft(tail, size), size)[: len(wave)]
        sides.append((1 - wet) * wave + wet * wet_side)
    return np.stack(sides, axis=1)
