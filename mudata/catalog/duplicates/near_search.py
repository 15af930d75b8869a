"""Which of many recordings agree, by their fingerprints: found through an inverted index, never pair by pair.

Every key of every clip (two words of its fingerprint, a third or two thirds of a second apart) is put in one list and
sorted; equal keys lie side by side and propose that one clip, moved by so many frames, is the other. A proposal is
looked at where it arose, and if it holds there over all that the two have in common. A key that many clips share
proposes each of them with the few that follow: the work grows with the number of keys, not with its square.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import product
from typing import TYPE_CHECKING

import numpy as np

from mudata.catalog.duplicates.agreement import MOST_ERRORS, Fingerprints, NearPair, compared
from mudata.catalog.duplicates.fingerprint import KEY_STEPS, SILENT, keys
from mudata.execution.local_processes import available
from mudata.narration import SILENT as UNTOLD
from mudata.narration import Progress

if TYPE_CHECKING:
    from numpy.typing import NDArray

NEIGHBOURS, OF_MANY = 16, 2
"""With how many clips behind it a clip is compared for one key; for a key of more clips than that, with how many."""

_LOOKS = ((12, 28, 0.3), (0, 16, 0.2), (-24, 40, 0.17))
"""Where a key agrees, what is compared first: frames from there, and the share of bits that may differ."""

_SAMPLE, _SAMPLE_ERRORS = 48, 0.16
"""Then so many frames from everywhere in what the two clips have in common, and the share of bits that may differ."""

WORDS_AT_ONCE = 64_000_000
"""Keys of so many words are sorted at once, 512 MB at most: of more, a share after the other."""

PROPOSALS_AT_ONCE = 500_000

_THREADS = 2
"""That look at proposals: each takes 40 MB."""

_AT_ONCE = 16_384
"""Words of which keys are made, and proposals that are compared, at once: they stay in the processor's cache."""


def near_pairs(clips: Fingerprints, *, most_errors: float = MOST_ERRORS, progress: Progress = UNTOLD) -> list[NearPair]:
    """Pairs of clips that agree; of a group of copies not all pairs, but enough of them to tie it together."""
    found: dict[tuple[int, int], NearPair] = {}
    looked: set[tuple[int, int, int]] = set()
    shares = 1 + len(clips.words) // WORDS_AT_ONCE
    with progress.bar("Searching", len(KEY_STEPS) * shares, "parts") as advance:
        for step, share in product(KEY_STEPS, range(shares)):
            for promising in _looked_at(clips, _proposals(_sorted_keys(clips, step, share, shares))):
                for first, second, offset, likely in promising:
                    known = found.get((first, second))
                    if (known and likely <= known.in_common) or (first, second, offset) in looked:
                        continue
                    looked.add((first, second, offset))
                    pair = compared(clips, first, second, offset, most_errors=most_errors)
                    if pair and (known is None or pair.in_common > known.in_common):
                        found[first, second] = pair  # music that repeats itself fits in several places
            advance(1)
    return sorted(found.values())


def _sorted_keys(clips: Fingerprints, step: int, share: int, shares: int) -> tuple[NDArray[np.uint64], int]:
    """One of `shares` of the keys of one step, hashed, each with the place of its first word in its last bits, sorted;
    and how many bits these are. No key lies in two clips, as there is silence between them."""
    bits = np.uint64(len(clips.words).bit_length())
    packed, count = np.empty(len(clips.words), np.uint64), 0
    for low in range(0, len(clips.words) - step, _AT_ONCE):
        at, key = keys(clips.words[low : low + _AT_ONCE + step], step)
        hashed = _hashed(key)
        if shares > 1:
            kept = hashed % np.uint64(shares) == share
            at, hashed = at[kept], hashed[kept]
        packed[count : count + len(at)] = hashed >> bits << bits | (at + low).astype(np.uint64)
        count += len(at)
    packed = packed[:count]
    packed.sort()
    return packed, int(bits)


def _hashed(key: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Keys with their bits mixed (the finaliser of SplitMix64, Steele et al. 2014), so that any of them may be cut."""
    key = (key ^ key >> np.uint64(30)) * np.uint64(0xBF58476D1CE4E5B9)
    key = (key ^ key >> np.uint64(27)) * np.uint64(0x94D049BB133111EB)
    return key ^ key >> np.uint64(31)


def _proposals(sorted_keys: tuple[NDArray[np.uint64], int]) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64]]]:
    """Places of equal keys: of the first word in one clip and in the other, or the same one."""
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
            yield at[going], at[going + behind]


def _looked_at(
    clips: Fingerprints, proposals: Iterator[tuple[NDArray[np.int64], NDArray[np.int64]]]
) -> Iterator[list[tuple[int, int, int, float]]]:
    """`_promising` of each, in their order, by threads: NumPy works without Python's lock."""
    count = min(available(), _THREADS)
    with ThreadPoolExecutor(count) as threads:
        waiting: deque[Future[list[tuple[int, int, int, float]]]] = deque()
        for a, b in proposals:
            waiting.append(threads.submit(_promising, clips, a, b))
            if len(waiting) > count:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()


def _promising(clips: Fingerprints, a: NDArray[np.int64], b: NDArray[np.int64]) -> list[tuple[int, int, int, float]]:
    """(first, second, offset, `NearPair.in_common` as a sample has it) of the proposals that hold where they arose and
    in the sample, each once, what has most in common first."""
    for begin, end, most in _LOOKS:
        good = _agree(clips.words, a, b, begin, end) <= most
        a, b = a[good], b[good]
    first, second = (np.searchsorted(clips.starts, place, "right") - 1 for place in (a, b))
    offset = (a - clips.starts[first]) - (b - clips.starts[second])
    swapped = first > second
    first, second = np.where(swapped, second, first), np.where(swapped, first, second)
    told = np.stack([first, second, np.where(swapped, -offset, offset)])
    told = told[:, np.lexsort(told[::-1])]
    is_new = np.append(True, (told[:, 1:] != told[:, :-1]).any(axis=0))[: told.shape[1]]
    told = told[:, is_new & (told[0] != told[1])]
    errors, frames = _sampled(clips, *told)
    likely = frames * (1 - 2 * errors)
    best = np.argsort(-likely, kind="stable")
    best = best[errors[best] <= _SAMPLE_ERRORS]
    return list(zip(*told[:, best].tolist(), likely[best].tolist(), strict=True))


def _agree(
    words: NDArray[np.uint32], a: NDArray[np.int64], b: NDArray[np.int64], begin: int, end: int
) -> NDArray[np.float64]:
    """Share of bits that differ from `begin` to `end` frames behind each pair of places."""
    wide = end - begin
    # a row of words for each place, as one item that is copied whole: four times as quick as indices of each word
    rows = np.ndarray((len(words) - wide + 1,), f"V{4 * wide}", words, strides=(4,))
    shares = [
        _errors(*(rows[at[low : low + _AT_ONCE] + begin].view(np.uint32).reshape(-1, wide) for at in (a, b)))
        for low in range(0, len(a), _AT_ONCE)
    ]
    return np.concatenate([np.empty(0), *shares])


def _sampled(
    clips: Fingerprints, first: NDArray[np.int64], second: NDArray[np.int64], offset: NDArray[np.int64]
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Share of bits that differ in _SAMPLE frames from beginning to end of what each pair has in common; and how many
    frames that is."""
    own, other = clips.starts[first], clips.starts[first] + offset
    behind = other + clips.ends[second] - clips.starts[second]
    begin, end = np.maximum(own, other), np.minimum(clips.ends[first], behind)
    a = begin[:, None] + (end - begin)[:, None] * np.arange(_SAMPLE) // _SAMPLE
    b = a + (clips.starts[second] - other)[:, None]
    return _errors(clips.words[a], clips.words[b]), end - begin


def _errors(own: NDArray[np.uint32], other: NDArray[np.uint32]) -> NDArray[np.float64]:
    """Share of bits that differ in each row, where neither is silent."""
    heard = ((own != SILENT) & (other != SILENT)).view(np.uint8)
    errors = np.bitwise_count(own ^ other) * heard
    # sum() takes twice as long
    summed, frames = (np.einsum("ij->i", part.astype(np.uint16)) for part in (errors, heard))
    return np.asarray(summed / np.maximum(1, 32 * frames.astype(np.int32)))
