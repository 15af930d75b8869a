"""Which seconds of a clip are heard."""

from __future__ import annotations

import hashlib
from typing import Literal

Crop = Literal["random", "centre", "first"]


def begin_of(crop: Crop, spare_s: float, *, seed: int, epoch: int, clip_id: str) -> float:
    """Where a crop begins, in seconds, in a clip that is `spare_s` longer than it.

    'random' depends on seed, epoch and clip alone. It is a hash, since generators of random numbers change with the
    versions of their libraries.

    >>> begin_of("centre", 20.0, seed=0, epoch=0, clip_id="gtzan/blues.00000")
    10.0
    """
    if crop != "random":
        return spare_s / 2 if crop == "centre" else 0.0
    digest = hashlib.sha256(f"{seed} {epoch} {clip_id}".encode()).digest()
    return spare_s * int.from_bytes(digest[:8], "big") / 2**64
