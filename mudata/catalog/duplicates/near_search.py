"""Which of many recordings agree, by their fingerprints: found through an inverted index, never pair by pair.

Every key of every clip (two words of its fingerprint, a third or two thirds of a second apart) is put in one list and
sorted; equal keys lie side by side and propose that one clip, moved by so many frames, is the other. A proposal is
looked at where it arose, and if it holds there over all that the two have in common. A key that many clips share
proposes each of them with the few that follow: the work grows with the number of keys, not with its square.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from mudata.catalog.duplicates.agreement import MOST_ERRORS, Fingerprints, NearPair, compared
from mudata.catalog.duplicates.fingerprint import KEY_STEPS, SILENT, keys
from mudata.narration import SILENT as UNTOLD
from mudata.narration import Progress

if TYPE_CHECKING:
    from numpy.typing import NDArray

NEIGHBOURS, OF_MANY = 16, 2
"""With how many clips behind it a clip is compared for one key; for a key of more clips than that, with how many."""

_LOOKS = ((0, 16, 0.2), (-24, 40, 0.17))
"""Where a key agrees, what is compared first: frames from there, and the share of bits that may differ."""

KEYS_AT_ONCE = 12_000_000
"""Keys that are sorted at once, 100 MB: of more, a share after the other."""

PROPOSALS_AT_ONCE = 500_000


def near_pairs(clips: Fingerprints, *, most_errors: float = MOST_ERRORS, progress: Progress = UNTOLD) -> list[NearPair]:
    """Pairs of clips that agree; of a group of copies not all pairs, but enough of them to tie it together."""
    found: dict[tuple[int, int], NearPair] = {}
    refused: set[tuple[int, int, int]] = set()
    shares = 1 + len(KEY_STEPS) * len(clips.words) // KEYS_AT_ONCE
    with progress.bar("Searching", shares, "parts") as advance:
        for share in range(shares):
            for proposals in _proposals(clips, _sorted_keys(clips, share, shares)):
                for first, second, offset in _promising(clips, proposals):
                    if (first, second) in found or (first, second, offset) in refused:
                        continue
                    if pair := compared(clips, first, second, offset, most_errors=most_errors):
                        found[first, second] = pair
                    else:
                        refused.add((first, second, offset))
            advance(1)
    return sorted(found.values())


def _sorted_keys(clips: Fingerprints, share: int, shares: int) -> tuple[NDArray[np.uint64], int]:
    """One of `shares` of all keys, hashed, each with the place of its first word in its last bits, sorted; and how many
    bits these are."""
    bits = max(1, len(clips.words).bit_length())
    packed = []
    for low, high in _stretches(clips):
        own = clips.starts[low : high + 1]
        words = clips.words[own[0] : own[-1]]
        owner = np.repeat(np.arange(len(own) - 1, dtype=np.int32), np.diff(own))
        for step, (at, key) in zip(KEY_STEPS, keys(words), strict=True):
            within = owner[at] == owner[at + step]  # no key lies in two clips
            hashed = _hashed(key[within])
            kept = hashed % np.uint64(shares) == share if shares > 1 else slice(None)
            place = (at[within][kept] + own[0]).astype(np.uint64)
            packed.append(hashed[kept] >> np.uint64(bits) << np.uint64(bits) | place)
    joined = np.concatenate([np.empty(0, np.uint64), *packed])
    packed.clear()
    joined.sort()
    return joined, bits


def _stretches(clips: Fingerprints) -> Iterator[tuple[int, int]]:
    """Clips from one number to another, of about two million words together."""
    wanted = np.arange(0, clips.starts[-1] + 2_000_000, 2_000_000)
    cuts = np.unique(np.append(np.searchsorted(clips.starts, wanted, "left"), [0, len(clips.starts) - 1]))
    cuts = cuts[cuts < len(clips.starts)]
    yield from zip(cuts[:-1].tolist(), cuts[1:].tolist(), strict=True)


def _hashed(key: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Keys with their bits mixed (the finaliser of SplitMix64, Steele et al. 2014), so that any of them may be cut."""
    key = (key ^ key >> np.uint64(30)) * np.uint64(0xBF58476D1CE4E5B9)
    key = (key ^ key >> np.uint64(27)) * np.uint64(0x94D049BB133111EB)
    return key ^ key >> np.uint64(31)


def _proposals(
    clips: Fingerprints, sorted_keys: tuple[NDArray[np.uint64], int]
) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64]]]:
    """Places of equal keys in different clips: of the first word in one and in the other."""
    packed, bits = sorted_keys
    places = np.uint64((1 << bits) - 1)
    for low in range(0, len(packed), PROPOSALS_AT_ONCE):
        block = packed[low : low + PROPOSALS_AT_ONCE + NEIGHBOURS]
        hashes, at = block >> np.uint64(bits), (block & places).astype(np.int64)
        mine = min(PROPOSALS_AT_ONCE, len(block))
        crowded = hashes[: len(block) - NEIGHBOURS] == hashes[NEIGHBOURS:]
        crowded = np.append(crowded, np.zeros(len(block) - len(crowded), bool))[:mine]
        going = np.arange(mine)
        for behind in range(1, NEIGHBOURS + 1):
            going = going[going + behind < len(block)]
            going = going[hashes[going] == hashes[going + behind]]
            if behind > OF_MANY:
                going = going[~crowded[going]]
            if not len(going):
                break
            a, b = at[going], at[going + behind]
            owner_a, owner_b = (np.searchsorted(clips.starts, place, "right") for place in (a, b))
            other = owner_a != owner_b
            if other.any():
                yield a[other], b[other]


def _promising(
    clips: Fingerprints, proposals: tuple[NDArray[np.int64], NDArray[np.int64]]
) -> list[tuple[int, int, int]]:
    """(first, second, offset) of the proposals that hold where they arose, each once."""
    a, b = proposals
    for begin, end, most in _LOOKS:
        good = _agree(clips, a, b, begin, end) <= most
        a, b = a[good], b[good]
        if not len(a):
            return []
        first, second = (np.searchsorted(clips.starts, place, "right") - 1 for place in (a, b))
        offset = (a - clips.starts[first]) - (b - clips.starts[second])
        swapped = first > second
        first, second = np.where(swapped, second, first), np.where(swapped, first, second)
        told = np.stack([first, second, np.where(swapped, -offset, offset)], axis=1)
        told, once = np.unique(told, axis=0, return_index=True)
        a, b = a[once], b[once]
    return [tuple(row) for row in told.tolist()]


def _agree(
    clips: Fingerprints, a: NDArray[np.int64], b: NDArray[np.int64], begin: int, end: int
) -> NDArray[np.float64]:
    """Share of bits that differ from `begin` to `end` frames behind each pair of places, as far as both clips go."""
    owners = [np.searchsorted(clips.starts, place, "right") - 1 for place in (a, b)]
    before = np.maximum(*(clips.starts[owner] - place for owner, place in zip(owners, (a, b), strict=True)))
    behind = np.minimum(*(clips.starts[owner + 1] - place for owner, place in zip(owners, (a, b), strict=True)))
    errors, heard = np.zeros(len(a), np.int32), np.zeros(len(a), np.int32)
    last = len(clips.words) - 1
    for step in range(begin, end):
        x, y = (clips.words[np.clip(place + step, 0, last)] for place in (a, b))
        counts = (x != SILENT) & (y != SILENT) & (step >= before) & (step < behind)
        errors += np.where(counts, np.bitwise_count(x ^ y), 0).astype(np.int32)
        heard += counts
    return np.asarray(errors / np.maximum(1, 32 * heard))
