"""Kaldi-style log-mel filter bank, as LTU, SALMONN's BEATs and ModaVerse's ImageBind hear.

The same numbers, bit for bit in float32, as torchaudio's `compliance.kaldi.fbank` with its
defaults, no dither and no energy. Constants: Kaldi, feat/feature-window.cc and
feat/mel-computations.cc.
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
    """Natural logarithms of mel energies.

    Each frame loses its mean, is pre-emphasised and windowed; its power spectrum of 512 points is
    summed over triangles that are linear in mel. Energies below float32's epsilon count as that.

    Args:
        wave: mono, (n,) at 16 kHz, float32 or float64, in which all is computed. Its scale adds a
            constant to every value: BEATs wants 16-bit numbers, LTU and ImageBind full scale 1.
        window: 'hanning' (LTU, ImageBind) or 'povey',
            Kaldi's own, which is hanning ** 0.85 (BEATs).
        mels: number of triangles between 20 Hz and 8 kHz.

    Returns:
        (frames, mels), frames = 1 + (n - 400) // 160; none for fewer than 400 samples. One second
        has 98 frames.
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
    """Triangles (mels, 257), linear in mel from 20 Hz to Nyquist, in float32; the Nyquist bin has
    no weight. mel = 1127 ln(1 + hz / 700), so that 1 kHz is 1000 mel."""

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
