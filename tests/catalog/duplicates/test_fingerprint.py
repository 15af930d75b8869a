"""What a fingerprint keeps and what changes it; what there is no fingerprint of."""

from __future__ import annotations

import io

import numpy as np
import pytest
import soundfile
import soxr
from random_music import RATE as SOURCE
from random_music import music

from mudata.catalog.duplicates.agreement import SURE_ERRORS, Fingerprints, compared
from mudata.catalog.duplicates.fingerprint import HOP, KEY_STEPS, RATE, WINDOW, fingerprint, keys, why_unheard
from mudata.catalog.duplicates.near_search import near_pairs


def words(samples: np.ndarray, rate: int = SOURCE) -> np.ndarray:
    return fingerprint(soxr.resample(samples, rate, RATE, "HQ"))


def mp3(samples: np.ndarray) -> np.ndarray:
    """Through 64 kb/s, mono, at 22.05 kHz."""
    file = io.BytesIO()
    how = {"format": "MP3", "subtype": "MPEG_LAYER_III", "bitrate_mode": "CONSTANT", "compression_level": 0.63}
    soundfile.write(file, samples, SOURCE, **how)
    file.seek(0)
    return soundfile.read(file, dtype="float32")[0]


COPIES = {
    "mp3": mp3,
    "louder": lambda x: np.clip(x * 2, -1, 1),
    "quieter": lambda x: x / 2,
    "trimmed": lambda x: x[SOURCE // 2 + 300 :],
    "resampled": lambda x: soxr.resample(soxr.resample(x, SOURCE, 16_000), 16_000, SOURCE),
    "excerpt": lambda x: x[3 * SOURCE + 1234 : 8 * SOURCE + 1234],
    "excerpt as mp3": lambda x: mp3(x[5 * SOURCE + 700 : 10 * SOURCE + 700] / 2),
}


@pytest.mark.slow
@pytest.mark.parametrize("kind", COPIES)
def test_copies_are_found_where_they_lie(kind: str) -> None:
    original = music(1)
    (pair,) = near_pairs(Fingerprints.of([words(music(99)), words(original), words(COPIES[kind](original))]))
    assert (pair.first, pair.second) == (1, 2)
    moved = {"trimmed": 0.514, "excerpt": 3.056, "excerpt as mp3": 5.032}.get(kind, 0.0)
    assert pair.offset_s == pytest.approx(moved, abs=0.1)
    assert pair.score > 0.915


@pytest.mark.slow
def test_other_music_and_other_pace_are_none() -> None:
    original = music(1)
    faster = soxr.resample(original, SOURCE * 1.06, SOURCE)
    others = [music(seed) for seed in range(2, 5)]
    assert near_pairs(Fingerprints.of([words(sound) for sound in (original, faster, *others)])) == []


def test_what_runs_through_the_same_frames_faster_is_no_copy() -> None:
    """Every frame differs in three bits from its neighbour; one clip runs through them 3 % faster, one is a copy."""
    rng = np.random.default_rng(0)
    steps = np.bitwise_or.reduce(np.uint32(1) << rng.integers(0, 31, (3, 400)).astype(np.uint32))
    slow = np.bitwise_xor.accumulate(steps) | np.uint32(1 << 31)
    faster = slow[(np.arange(90) * 1.03).astype(int)]
    copy = slow[:90] ^ np.bitwise_or.reduce(np.uint32(1) << rng.integers(0, 31, (2, 90)).astype(np.uint32))
    prints = Fingerprints.of([slow, faster, copy])
    assert compared(prints, 0, 1, 1, most_errors=0.1) is None
    pair = compared(prints, 0, 2, 0)
    assert pair
    assert pair.errors > SURE_ERRORS


def test_a_word_is_of_a_frame() -> None:
    samples = np.concatenate([np.zeros(RATE, np.float32), soxr.resample(music(5, 3), SOURCE, RATE)])
    found = fingerprint(samples)
    assert found.dtype == np.uint32
    assert len(found) == (len(samples) - WINDOW) // HOP + 1
    assert not found[: (RATE - WINDOW) // HOP + 1].any()  # of silence
    assert found[RATE // HOP + 1 :].all()
    assert np.array_equal(fingerprint(samples[20 * HOP :]), found[20:])
    assert len(fingerprint(samples[: WINDOW - 1])) == 0


def test_long_clips_are_cut_into_blocks_that_nobody_sees() -> None:
    samples = np.tile(soxr.resample(music(6, 5), SOURCE, RATE), 8)
    found = fingerprint(samples)
    assert np.array_equal(found[500:530], fingerprint(samples[500 * HOP : 529 * HOP + WINDOW]))


@pytest.mark.parametrize(
    ("samples", "reason"),
    [
        (music(1, 0.2), "too_short"),
        (np.zeros(0, np.float32), "too_short"),
        (np.zeros(5 * SOURCE, np.float32), "silent"),
        (np.float32(1e-6) * music(1, 5), "silent"),
        (np.sin(2 * np.pi * 440 / SOURCE * np.arange(5 * SOURCE)).astype(np.float32) / 2, "unchanging"),
        (music(1, 1.0), None),
        (music(1, 5.0), None),
    ],
)
def test_what_there_is_nothing_to_hear_of(samples: np.ndarray, reason: str | None) -> None:
    assert why_unheard(words(samples)) == reason


def test_silence_matches_nothing() -> None:
    silent, short, tone = np.zeros(80, np.uint32), np.full(3, 7, np.uint32), np.full(200, 7, np.uint32)
    assert near_pairs(Fingerprints.of([silent, silent, short, short, tone, tone])) == []


def test_keys_are_of_two_different_words() -> None:
    found = np.array([0, *range(1, 40)], np.uint32) * 2654435761
    for at, key in (keys(found, step) for step in KEY_STEPS):
        assert len(at) == len(key) == len(set(key.tolist()))
        assert 0 not in at
