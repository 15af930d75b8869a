"""White noise in the place of a clip: as long, as loud, and the same bytes on every machine.

Whoever hears it hears that something is there, which silence does not give: RUListening's authors ask for it beside
the real run. Samples are whole numbers of a counter-based generator (Philox, whose stream numpy never changes) and the
loudness is counted in whole numbers, so that no library's rounding enters.
"""

from __future__ import annotations

import hashlib
import math
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

_STEP = 1 << 15
"""Steps of full scale in which loudness is counted: those of 16 bits."""


def white_noise(like: NDArray[np.float32], clip_id: str, seed: int) -> NDArray[np.float32]:
    """Uniform white noise of a clip's shape and RMS.

    Uniform, because its peak is 1.73 times its RMS: no music is so loud that its noise would leave full scale, as
    Gaussian noise of loud masters does.

    Args:
        like: float32, (n,) or (n, channels), full scale 1.
        clip_id: of the clip; with `seed` it decides every sample.
        seed: of the run.

    Returns:
        The same shape; its RMS is that of `like` in steps of 2**-15, within a hundredth of a percent. Silence stays
        silence.

    Example:
        >>> import numpy as np
        >>> tone = np.full(48_000, 0.5, np.float32)
        >>> noise = white_noise(tone, "demo/1", 0)
        >>> noise.shape, round(float(np.sqrt((noise**2).mean())), 3), bool((noise == tone).all())
        ((48000,), 0.5, False)
    """
    key = int.from_bytes(hashlib.sha256(f"{seed}\0{clip_id}\0noise".encode()).digest()[:16])
    drawn = np.random.Philox(key=key).random_raw(like.size) >> np.uint64(40)  # 24 bits: more than float32 keeps
    samples = (drawn.astype(np.int64) - (1 << 23)).reshape(like.shape)
    loud = _squares(np.rint(like.astype(np.float64) * _STEP).astype(np.int64))
    scale = math.sqrt(loud / _squares(samples >> 8)) / _STEP / 256 if like.size else 0.0
    return (samples * scale).astype(np.float32)


def _squares(whole: NDArray[np.int64]) -> int:
    """Their sum, exact: below 2**63 for an hour of 16 bits in stereo."""
    return int((whole * whole).sum())
