"""Measures of sound on sounds whose values can be told beforehand."""

from __future__ import annotations

import numpy as np
import pytest

from mudata.catalog.compose.sound_measures import attack, centroid, measured

RATE = 22_050
TIME = np.arange(2 * RATE) / RATE


def tone(hz: float) -> np.ndarray:
    return np.sin(2 * np.pi * hz * TIME).astype(np.float32)


@pytest.mark.parametrize("hz", [440.0, 2000.0])
def test_the_centroid_of_a_tone_is_its_frequency(hz: float) -> None:
    assert centroid(tone(hz), RATE) == pytest.approx(hz, rel=0.02)


def test_the_centroid_of_two_equal_tones_lies_between_them_and_silence_does_not_count() -> None:
    both = tone(500) + tone(1500)
    assert centroid(both, RATE) == pytest.approx(1000, rel=0.02)
    assert centroid(np.concatenate([both, np.zeros(RATE, np.float32)]), RATE) == pytest.approx(1000, rel=0.02)


@pytest.mark.parametrize("rise_s", [0.02, 0.1, 0.3])
def test_a_linear_rise_takes_eight_tenths_of_its_time_from_a_tenth_to_nine_tenths(rise_s: float) -> None:
    notes = [(0.0, 1.0), (1.0, 2.0)]
    shape = np.minimum((TIME % 1) / rise_s, 1)
    assert attack((tone(2000) * shape).astype(np.float32), RATE, notes) == pytest.approx(0.8 * rise_s, abs=0.008)


def test_loudness_is_the_root_mean_square() -> None:
    assert measured(0.5 * tone(440), RATE, [(0.0, 1.0)]).rms == pytest.approx(0.5 / np.sqrt(2), rel=1e-3)
