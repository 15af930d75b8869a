"""The search through many fingerprints: complete, and never pair by pair."""

from __future__ import annotations

import numpy as np
import pytest

from mudata.catalog.duplicates import near_search
from mudata.catalog.duplicates.agreement import Fingerprints
from mudata.catalog.duplicates.near_search import near_pairs


def noise(rng: np.random.Generator, length: int = 300) -> np.ndarray:
    return rng.integers(1, 2**32, length, dtype=np.uint32)


def disturbed(rng: np.random.Generator, words: np.ndarray, share: float) -> np.ndarray:
    flips = np.packbits(rng.random((len(words), 32)) < share, axis=1).view(np.uint32)[:, 0]
    return words ^ flips


@pytest.fixture
def planted() -> tuple[Fingerprints, dict[tuple[int, int], int]]:
    """200 clips, of which some are parts of others with 3 % of the bits turned over: (first, second) -> offset."""
    rng = np.random.default_rng(1)
    clips = [noise(rng) for _ in range(200)]
    truth = {}
    for copy in range(100, 130):
        original, start, length = copy - 100, int(rng.integers(0, 220)), int(rng.integers(72, 300))
        clips[copy] = disturbed(rng, clips[original][start : start + length], 0.03)
        truth[original, copy] = start
    return Fingerprints.of(clips), truth


@pytest.mark.parametrize("at_once", [64_000_000, 20_000])
def test_all_that_was_planted_is_found_and_nothing_else(
    planted: tuple[Fingerprints, dict[tuple[int, int], int]], monkeypatch: pytest.MonkeyPatch, at_once: int
) -> None:
    clips, truth = planted
    monkeypatch.setattr(near_search, "WORDS_AT_ONCE", at_once)
    monkeypatch.setattr(near_search, "PROPOSALS_AT_ONCE", 1000)
    pairs = near_pairs(clips)
    assert {(pair.first, pair.second): pair.offset for pair in pairs} == truth
    assert all(0 < pair.errors < 0.06 for pair in pairs)


def test_many_copies_of_one_recording_are_tied_with_few_pairs() -> None:
    rng = np.random.default_rng(2)
    recording = noise(rng)
    pairs = near_pairs(Fingerprints.of([recording.copy() for _ in range(500)]))
    assert {clip for pair in pairs for clip in pair[:2]} == set(range(500))
    assert len(pairs) <= near_search.NEIGHBOURS * 500


def test_nothing_comes_of_nothing() -> None:
    assert near_pairs(Fingerprints.of([])) == []
    assert near_pairs(Fingerprints.of([np.empty(0, np.uint32), np.array([5], np.uint32)])) == []


def test_what_is_shared_for_too_short_is_no_copy() -> None:
    rng = np.random.default_rng(3)
    first, second = noise(rng), noise(rng)
    second[:60] = first[-60:]  # 3.8 s: a phrase that comes again
    assert near_pairs(Fingerprints.of([first, second])) == []
    second[:90] = first[-90:]  # two cuts of one recording
    (pair,) = near_pairs(Fingerprints.of([first, second]))
    assert (pair.offset, pair.frames) == (210, 90)


def test_short_clips_are_held_against_each_other_alone() -> None:
    """Beyond their ends lie other clips, of which nothing counts."""
    rng = np.random.default_rng(4)
    clips = [noise(rng, 20) for _ in range(40)]
    clips[20:] = [disturbed(rng, clip, 0.01) for clip in clips[:20]]
    pairs = near_pairs(Fingerprints.of(clips))
    assert {(pair.first, pair.second, pair.offset, pair.frames) for pair in pairs} == {
        (n, n + 20, 0, 20) for n in range(20)
    }


def test_silence_counts_neither_way() -> None:
    rng = np.random.default_rng(5)
    first = noise(rng)
    second = first.copy()
    for start in range(10, 280, 30):
        second[start : start + 12] = 0
    (pair,) = near_pairs(Fingerprints.of([first, second]))
    assert (pair.errors, pair.frames) == (0, 300 - 9 * 12)


def test_of_music_that_repeats_itself_the_place_counts_where_most_is_shared() -> None:
    rng = np.random.default_rng(6)
    loop = noise(rng, 100)
    first = np.concatenate([loop, loop, loop])
    (pair,) = near_pairs(Fingerprints.of([first, disturbed(rng, first, 0.02)]))
    assert (pair.offset, pair.frames) == (0, 300)
