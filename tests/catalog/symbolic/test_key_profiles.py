"""Profiles correlate as published, and keys are found in scales and chords."""

from __future__ import annotations

import numpy as np
import pytest

from mudata.catalog.read.truth_spelling import TONICS
from mudata.catalog.symbolic.key_profiles import (
    AARDEN_ESSEN,
    KOSTKA_PAYNE,
    KRUMHANSL_KESSLER,
    PROFILES,
    KeyProfile,
    estimate_key,
    key_correlations,
    key_name,
)

NAMES = [*(f"{tonic} major" for tonic in TONICS), *(f"{tonic} minor" for tonic in TONICS)]


@pytest.mark.parametrize(
    ("profile", "of", "with_", "value"),
    [
        (KRUMHANSL_KESSLER, "C major", "G major", 0.591),
        (KRUMHANSL_KESSLER, "C major", "F# major", -0.683),
        (KRUMHANSL_KESSLER, "C major", "A minor", 0.650),
        (KRUMHANSL_KESSLER, "C major", "C minor", 0.512),
        (KRUMHANSL_KESSLER, "C major", "F major", 0.591),
        (KRUMHANSL_KESSLER, "C major", "E minor", 0.536),
        (KRUMHANSL_KESSLER, "C minor", "G minor", 0.340),
        (KRUMHANSL_KESSLER, "C major", "D minor", 0.237),
        (KOSTKA_PAYNE, "C major", "G major", 0.638),
        (KOSTKA_PAYNE, "C major", "A minor", 0.646),
        (KOSTKA_PAYNE, "C major", "C minor", 0.436),
    ],
)
def test_profiles_of_two_keys_correlate_as_published(profile: KeyProfile, of: str, with_: str, value: float) -> None:
    durations = profile.major if of.endswith("major") else profile.minor
    assert key_correlations(durations, profile)[NAMES.index(with_)] == pytest.approx(value, abs=5.5e-4)


@pytest.mark.parametrize("profile", PROFILES, ids=lambda profile: profile.name)
def test_correlations_are_those_of_numpy(profile: KeyProfile) -> None:
    durations = np.random.default_rng(5).uniform(0, 9, (4, 12))
    expected = [
        [np.corrcoef(row, np.roll(mode, tonic))[0, 1] for mode in (profile.major, profile.minor) for tonic in range(12)]
        for row in durations
    ]
    assert key_correlations(durations, profile) == pytest.approx(np.array(expected), abs=1e-12)


@pytest.mark.parametrize("profile", PROFILES, ids=lambda profile: profile.name)
@pytest.mark.parametrize("tonic", range(12))
def test_every_key_is_found_in_its_cadence(profile: KeyProfile, tonic: int) -> None:
    for third, name in ((4, "major"), (3, "minor")):
        durations = np.zeros(12)
        for chord in ((0, third, 7), (5, 5 + third, 12), (7, 11, 14), (0, third, 7), (0, 0, 7)):
            for pitch in chord:
                durations[(tonic + pitch) % 12] += 1
        assert estimate_key(durations, profile) == f"{TONICS[tonic]} {name}"
        assert estimate_key(durations * 1e-3, profile) == f"{TONICS[tonic]} {name}"


def test_silence_and_chromatic_clusters_have_no_key() -> None:
    assert estimate_key([0] * 12) is estimate_key([3] * 12) is None
    correlations = key_correlations([[0] * 12, AARDEN_ESSEN.minor], AARDEN_ESSEN)
    assert np.isnan(correlations[0]).all()
    assert key_name(int(correlations[1].argmax())) == "C minor"


def test_other_shapes_are_refused() -> None:
    with pytest.raises(ValueError, match=r"of shape \(11,\), expected 12 pitch classes"):
        key_correlations([1] * 11, KRUMHANSL_KESSLER)
    with pytest.raises(ValueError, match=r"of shape \(2, 12\), expected \(12,\)"):
        estimate_key([[1] * 12] * 2)
