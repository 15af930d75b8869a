"""Waveforms of clips, small enough to stand beside every player: one character per number."""

from __future__ import annotations

import string
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, NamedTuple

from mudata.errors import AudioError
from mudata.narration import SILENT, Progress

if TYPE_CHECKING:
    from mudata.catalog.audio.stored_clip import StoredClip

COLUMNS = 96
"""Two pixels each, at the size that the page gives them."""

STEPS = string.ascii_uppercase + string.ascii_lowercase + string.digits + "+/"
"""The 64 heights of a column's ends, lowest first: the digits of base 64."""

BUDGET_S = 25 * 3600.0
"""Most seconds of audio that are decoded for one page:
3,000 clips of 30 s, half a minute on two cores."""

_THREADS = 4


class Sound(NamedTuple):
    """A clip's sound and its length in seconds."""

    door: StoredClip
    seconds: float


def affordable(sounds: Mapping[str, Sound], order: Iterable[str]) -> dict[str, Sound]:
    """As many clips, from the first of the order on, as BUDGET_S allows."""
    kept, total = {}, 0.0
    for clip_id in order:
        total += sounds[clip_id].seconds
        if total > BUDGET_S:
            break
        kept[clip_id] = sounds[clip_id]
    return kept


def draw(sounds: Mapping[str, Sound], progress: Progress = SILENT) -> dict[str, str]:
    """By clip id, the ends of COLUMNS columns (low, high, low, high, ...) as STEPS;
    nothing of what cannot be decoded.

    Heights are relative to the clip's own peak, so that quiet clips have a shape too.
    """
    drawn = {}
    with progress.bar("Drawing waveforms", len(sounds)) as advance, ThreadPoolExecutor(_THREADS) as threads:
        for clip_id, columns in zip(sounds, threads.map(_columns, sounds.values()), strict=True):
            advance(1)
            if columns:
                drawn[clip_id] = columns
    return drawn


def _columns(sound: Sound) -> str:
    import numpy as np

    try:
        samples = sound.door.samples()
    except AudioError:
        return ""
    starts = np.arange(COLUMNS) * len(samples) // COLUMNS
    ends = np.stack([np.minimum.reduceat(samples, starts), np.maximum.reduceat(samples, starts)], axis=1)
    heights = (ends / (np.abs(ends).max() or 1) + 1) / 2
    return "".join(STEPS[step] for step in np.rint(heights * (len(STEPS) - 1)).astype(int).ravel())
