"""One channel at an encoder's rate, by the rules of the models' authors, which differ audibly.

Each takes audio as files have it, float32 (n,) or (n, channels) with full scale 1 at `rate` Hz, and
gives float32 (ceil(n * target / rate),) at `target` Hz.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch

from mudata.evaluation.models.encoders.resample import resample

if TYPE_CHECKING:
    from numpy.typing import NDArray

FULL_SCALE = 32768
"""Of 16-bit samples."""


def first_channel(audio: NDArray[np.float32], rate: int, target: int) -> torch.Tensor:
    """The first channel, resampled: LTU and SALMONN."""
    mono = audio if audio.ndim == 1 else audio[:, 0]
    return resample(torch.from_numpy(np.ascontiguousarray(mono)), rate, target)


def as_ffmpeg(audio: NDArray[np.float32], rate: int, target: int) -> torch.Tensor:
    """The mean of all channels, resampled, in steps of 16 bit as ffmpeg hands it over: Qwen-Audio
    and LTU-AS."""
    mono = torch.from_numpy(np.ascontiguousarray(audio if audio.ndim == 1 else audio.mean(1)))
    samples = (resample(mono, rate, target) * FULL_SCALE).round()
    return samples.clamp(-FULL_SCALE, FULL_SCALE - 1) / FULL_SCALE


def mean_of_resampled(audio: NDArray[np.float32], rate: int, target: int) -> torch.Tensor:
    """The mean of all channels, each resampled before: MU-LLaMA, M2UGen, and ours for
    ChatMusician."""
    channels = torch.from_numpy(np.ascontiguousarray(np.atleast_2d(audio.T)))
    return resample(channels, rate, target).mean(0)
