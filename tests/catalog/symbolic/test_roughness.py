"""The curves of Sethares: peaks of two pure tones, just ratios of six harmonics, tempered chords."""

from __future__ import annotations

from math import exp
from typing import Literal

import numpy as np
import pytest

from mudata.catalog.symbolic.roughness import harmonic_partials, roughness

Amplitude = Literal["min", "product"]


@pytest.mark.parametrize(("low", "apart"), [(100, 19.33), (440, 25.80), (500, 26.95), (1000, 36.46)])
def test_two_pure_tones_are_roughest_a_critical_distance_apart(low: float, apart: float) -> None:
    steps = np.arange(0, 100, 0.01)
    curve = [roughness([low, low + step], [1, 1]) for step in steps]
    assert steps[int(np.argmax(curve))] == pytest.approx(apart, abs=0.011)
    assert max(curve) == pytest.approx(0.9039, abs=5e-5)
    assert curve[0] == 0


def curve_of_six_harmonics(amplitude: Amplitude) -> tuple[np.ndarray, np.ndarray]:
    ratios = 1 + np.arange(2201) * 0.0005
    tones = (harmonic_partials([500.0, 500.0 * ratio]) for ratio in ratios)
    return ratios, np.array([roughness(*partials, amplitude=amplitude) for partials in tones])


@pytest.mark.slow
@pytest.mark.parametrize(
    ("amplitude", "minima"),
    [
        ("min", [1.159, 1.2, 1.25, 1.3335, 1.5, 1.6665, 1.7705, 2.0]),
        ("product", [1.2, 1.25, 1.3335, 1.5, 1.6665, 1.761, 2.0]),
    ],
)
def test_six_harmonics_are_smoothest_at_just_ratios(amplitude: Amplitude, minima: list[float]) -> None:
    ratios, curve = curve_of_six_harmonics(amplitude)
    lowest = [at for at in range(1, 2200) if curve[at - 1] > curve[at] < curve[at + 1]]
    assert ratios[lowest] == pytest.approx(minima, abs=1e-9)
    if amplitude == "min":
        assert curve[lowest] == pytest.approx([1.439, 1.007, 1.008, 0.664, 0.239, 0.405, 0.804, 0.026], abs=6e-4)
        assert curve[0] == pytest.approx(0.042, abs=6e-4)
        assert (ratios[curve.argmax()], curve.max()) == pytest.approx((1.0325, 3.950), abs=6e-4)


CHORDS = {
    "octave": ((0, 12), 0.102),
    "fifth": ((0, 7), 0.701),
    "tritone": ((0, 6), 1.946),
    "minor second": ((0, 1), 3.876),
    "major triad": ((0, 4, 7), 4.393),
    "minor triad": ((0, 3, 7), 4.535),
    "augmented triad": ((0, 4, 8), 5.419),
    "diminished triad": ((0, 3, 6), 5.899),
    "dominant seventh": ((0, 4, 7, 10), 8.963),
    "cluster": ((0, 1, 2), 10.327),
}


@pytest.mark.parametrize(("semitones", "value"), CHORDS.values(), ids=CHORDS)
def test_tempered_chords_from_middle_c(semitones: tuple[int, ...], value: float) -> None:
    middle_c = 440 * 2 ** (-9 / 12)
    tones = harmonic_partials([middle_c * 2 ** (step / 12) for step in semitones])
    assert roughness(*tones) == pytest.approx(value, abs=6e-4)


@pytest.mark.parametrize("amplitude", ["min", "product"])
def test_against_plain_sums(amplitude: Amplitude) -> None:
    rng = np.random.default_rng(3)
    frequencies, amplitudes = rng.uniform(50, 4000, 9).tolist(), rng.uniform(0, 1, 9).tolist()
    total = 0.0
    for i in range(9):
        for j in range(i):
            low, apart = min(frequencies[i], frequencies[j]), abs(frequencies[i] - frequencies[j])
            x = 0.24 / (0.0207 * low + 18.96) * apart
            weight = min(amplitudes[i], amplitudes[j]) if amplitude == "min" else amplitudes[i] * amplitudes[j]
            total += weight * 5 * (exp(-3.5 * x) - exp(-5.75 * x))
    assert roughness(frequencies, amplitudes, amplitude=amplitude) == pytest.approx(total, rel=1e-12)


def test_partials() -> None:
    frequencies, amplitudes = harmonic_partials([100.0, 150.0], 3, 0.5)
    assert frequencies.tolist() == [100, 200, 300, 150, 300, 450]
    assert amplitudes.tolist() == [1, 0.5, 0.25] * 2
    assert roughness([], []) == roughness([440], [1]) == 0


def test_what_is_no_sound() -> None:
    with pytest.raises(ValueError, match="expected one each per partial"):
        roughness([100, 200], [1])
    for wrong in (([0, 1], [1, 1]), ([1, 2], [1, -1])):
        with pytest.raises(ValueError, match="expected Hz and linear amplitudes"):
            roughness(*wrong)
