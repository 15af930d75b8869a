"""Whether two recordings are one, moved by so many frames: their fingerprints, held against each other.

A copy agrees wherever it is heard and keeps its pace. Music that is played anew by a program a few per cent faster
agrees nearly as well for some seconds; but there the beginning fits better when it is moved one way and the end when it
is moved the other way, which no copy does.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from mudata.catalog.duplicates.fingerprint import HOP, RATE, SILENT

if TYPE_CHECKING:
    from numpy.typing import NDArray

MOST_ERRORS = 0.085
"""Share of bits that may differ over all that two clips have in common. Chosen here: `benchmarks/duplicates.py`."""

LEAST_FRAMES = 78
"""Frames that two clips must have in common, 5 s; of a shorter clip LEAST_SHARE of it. Music repeats itself: what two
renderings of a piece share for less is often a phrase that comes again."""

LEAST_SHARE = 0.8

SURE_ERRORS = 0.025
"""Share of differing bits below which the pace is not looked at: too little is wrong to tell where."""

STEADY = 1.1
"""By what factor errors must grow, in a copy, where its first third is moved by a frame one way and its last third the
other way. Chosen here: below it were 1 % of copies and 98 % of pieces played 2 to 6 % faster."""


GAP = 64
"""Silent words between two clips: more than any look reaches (`near_search`)."""


class NearPair(NamedTuple):
    """Two clips that agree, by number, `first` < `second`."""

    first: int
    second: int
    errors: float
    """Share of bits that differ."""
    frames: int
    """Frames that were compared."""
    offset: int
    """Frames by which the beginning of `second` lies behind that of `first`."""

    @property
    def score(self) -> float:
        """1 for equal fingerprints, 0.5 for strangers."""
        return 1 - self.errors

    @property
    def in_common(self) -> float:
        """Frames, those less that agree by chance."""
        return self.frames * (1 - 2 * self.errors)

    @property
    def overlap_s(self) -> float:
        return self.frames * HOP / RATE

    @property
    def offset_s(self) -> float:
        return self.offset * HOP / RATE


class Fingerprints(NamedTuple):
    """The words of many clips in one array, with GAP silent ones before, between and behind them: what is compared
    beyond the end of a clip meets silence, and does not count."""

    words: NDArray[np.uint32]
    starts: NDArray[np.int64]
    """Where each clip's words begin."""
    ends: NDArray[np.int64]
    """Where they end."""

    @classmethod
    def of(cls, clips: Sequence[NDArray[np.uint32]]) -> Fingerprints:
        """Of the words of each clip."""
        ends = np.cumsum([GAP + len(clip) for clip in clips], dtype=np.int64)
        starts = ends - np.array([len(clip) for clip in clips], np.int64)
        words = np.full((ends[-1] if len(clips) else 0) + GAP, SILENT)
        for clip, start, end in zip(clips, starts.tolist(), ends.tolist(), strict=True):
            words[start:end] = clip
        return cls(words, starts, ends)

    def clip(self, number: int) -> NDArray[np.uint32]:
        return self.words[self.starts[number] : self.ends[number]]


def compared(
    clips: Fingerprints, first: int, second: int, offset: int, *, most_errors: float = MOST_ERRORS
) -> NearPair | None:
    """Two clips over all that they have in common, a frame more or less; None where they do not agree."""
    a, b = clips.clip(first), clips.clip(second)
    least = min(LEAST_FRAMES, LEAST_SHARE * min(np.count_nonzero(a), np.count_nonzero(b)))
    best = None
    for moved in (offset, offset - 1, offset + 1):
        own, other = a[max(moved, 0) : moved + len(b)], b[max(-moved, 0) : len(a) - moved]
        heard = (own != SILENT) & (other != SILENT)
        frames = int(np.count_nonzero(heard))
        if not frames or frames < least:
            continue
        errors = int(np.bitwise_count((own ^ other)[heard]).sum()) / (32 * frames)
        if errors <= most_errors and (best is None or errors < best.errors):
            best = NearPair(first, second, errors, frames, moved)
    if best and best.errors > SURE_ERRORS and not _keeps_pace(a, b, best.offset):
        return None
    return best


def _keeps_pace(a: NDArray[np.uint32], b: NDArray[np.uint32], offset: int) -> bool:
    begin, end = max(0, -offset), min(len(b), len(a) - offset)
    third = (end - begin) // 3
    here, there = (begin, begin + third), (end - third, end)
    together = _errors(a, b, offset, *here) + _errors(a, b, offset, *there)
    apart = min(_errors(a, b, offset + by, *here) + _errors(a, b, offset - by, *there) for by in (1, -1))
    return apart >= STEADY * together


def _errors(a: NDArray[np.uint32], b: NDArray[np.uint32], offset: int, begin: int, end: int) -> float:
    """Share of bits that differ between b[begin:end] and what of `a` lies `offset` frames behind."""
    begin, end = max(begin, -offset), min(end, len(a) - offset)
    own, other = a[begin + offset : end + offset], b[begin:end]
    heard = (own != SILENT) & (other != SILENT)
    return int(np.bitwise_count((own ^ other)[heard]).sum()) / max(1, 32 * int(np.count_nonzero(heard)))
