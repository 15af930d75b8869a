"""Windowed-sinc resampling as torchaudio does it, which several models' authors used in front of
their encoders.
"""

from __future__ import annotations

import math
from functools import lru_cache

import torch

WIDTH, ROLLOFF = 6, 0.99
"""Zero crossings of the low-pass filter,
and its cutoff as a share of Nyquist: torchaudio's defaults."""


def resample(wave: torch.Tensor, rate: int, target: int, *, precision: torch.dtype = torch.float32) -> torch.Tensor:
    """Waves at another rate, by a sinc low-pass under a Hann window.

    With g = gcd(rate, target), every rate / g old samples become target / g new ones, each by a
    filter of its own phase: 44.1 kHz to 16 kHz has 160 filters, one step of 441 samples.

    Args:
        wave: (..., n) at `rate` Hz.
        precision: of the filter while it is computed; torchaudio's function takes the wave's, its
            module float64.

    Returns:
        (..., ceil(n * target / rate)) at `target` Hz, in the dtype of `wave`.

    Source:
        torchaudio.functional.resample; J. O. Smith, Digital Audio Resampling Home Page.
    """
    if rate == target:
        return wave
    divisor = math.gcd(rate, target)
    old, new = rate // divisor, target // divisor
    kernel, width = _kernel(old, new, precision)
    flat = wave.reshape(-1, wave.shape[-1])
    padded = torch.nn.functional.pad(flat, (width, width + old))
    phases = torch.nn.functional.conv1d(padded[:, None], kernel.to(wave), stride=old)
    samples = phases.transpose(1, 2).reshape(len(flat), -1)
    return samples[:, : math.ceil(new * wave.shape[-1] / old)].reshape(*wave.shape[:-1], -1)


@lru_cache
def _kernel(old: int, new: int, dtype: torch.dtype) -> tuple[torch.Tensor, int]:
    """One filter per output phase, of shape (new, 1, 2 * width + old)."""
    base = min(old, new) * ROLLOFF
    width = math.ceil(WIDTH * old / base)
    at = torch.arange(-width, width + old, dtype=dtype)[None, None] / old
    phase = torch.arange(0, -new, -1, dtype=dtype)[:, None, None] / new
    time = ((phase + at) * base).clamp(-WIDTH, WIDTH)
    window = torch.cos(time * math.pi / WIDTH / 2) ** 2
    time = time * math.pi
    sinc = torch.where(time == 0, torch.ones_like(time), time.sin() / time)
    return sinc * window * (base / old), width
