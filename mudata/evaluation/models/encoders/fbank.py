"""Kaldi-style log-mel filter bank, as LTU, SALMONN's BEATs and ModaVerse's ImageBind hear.

The same numbers, bit for bit in float32, as torchaudio's `compliance.kaldi.fbank` with its defaults, no dither and no
energy. Constants: Kaldi, feat/feature-window.cc and feat/mel-computations.cc.
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Literal

import torch

RATE = 16_000
"""Hz; the frame sizes below are for this rate."""
FRAME, HOP, FFT = 400, 160, 512
"""25 ms, 10 ms, and the next power of two, in samples."""
PREEMPHASIS = 0.97
LOW_HZ = 20.0

Window = Literal["hanning", "povey"]


def fbank(wave: torch.Tensor, window: Window, mels: int = 128) -> torch.Tensor:
    """Log-mel energies of shape (frames, mels) of a mono wave of shape (n,) at 16 kHz.

    1 + (n - 400) // 160 frames, none for fewer than 400 samples. Computed in the dtype of `wave` (float32 or float64).
    """
    if wave.numel() < FRAME:
        return wave.new_zeros(0, mels)
    frames = wave.unfold(0, FRAME, HOP)
    frames = frames - frames.mean(dim=1, keepdim=True)
    before = torch.nn.functional.pad(frames.unsqueeze(0), (1, 0), mode="replicate").squeeze(0)[:, :-1]
    frames = (frames - PREEMPHASIS * before) * _window(window, wave.dtype).to(wave.device)
    spectrum = torch.fft.rfft(torch.nn.functional.pad(frames, (0, FFT - FRAME))).abs().pow(2.0)
    energies = spectrum @ _filters(mels).to(wave).T
    # the floor is float32's whatever the dtype, as in torchaudio
    floored: torch.Tensor = energies.clamp_min(torch.finfo(torch.float).eps)
    return floored.log()


@lru_cache
def _window(name: Window, dtype: torch.dtype) -> torch.Tensor:
    hann = torch.hann_window(FRAME, periodic=False, dtype=dtype)
    return hann.pow(0.85) if name == "povey" else hann


@lru_cache
def _filters(mels: int) -> torch.Tensor:
    """Triangles (mels, 257), linear in mel from 20 Hz to Nyquist, in float32; the Nyquist bin has no weight."""

    def mel(hz: float) -> float:
        return 1127.0 * math.log(1.0 + hz / 700.0)

    low, high = mel(LOW_HZ), mel(RATE / 2)
    step = (high - low) / (mels + 1)
    index = torch.arange(mels).unsqueeze(1)
    left, centre, right = (low + (index + k) * step for k in (0.0, 1.0, 2.0))
    at = 1127.0 * (1.0 + (RATE / FFT) * torch.arange(FFT // 2) / 700.0).log().unsqueeze(0)
    up, down = (at - left) / (centre - left), (right - at) / (right - centre)
    triangles = torch.minimum(up, down).clamp_min(0.0)
    return torch.nn.functional.pad(triangles, (0, 1))
