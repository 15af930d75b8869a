"""Log-mel spectra as CLAP hears them, at a fraction of the cost of its extractor in transformers.

The same numbers, bit for bit, as `transformers.ClapFeatureExtractor` gives for clips of at most its window. That one
takes the Fourier transform of one frame at a time in Python: clips that are encoded ahead would hold up each other,
and the model. Sizes, filters and padding are read from the extractor, which reads them from the checkpoint.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.sparse import csr_array

if TYPE_CHECKING:
    import torch
    from numpy.typing import NDArray

FLOOR = 1e-10
"""Energies below count as this: -100 dB. That of transformers.audio_utils.spectrogram."""
BLOCK = 128
"""Frames that are transformed together: 1 MB of samples, which stays in a core's cache. Ours."""
FUSED = 4
"""Spectra of one clip that a checkpoint with fusion takes; of a clip no longer than its window, four times the same."""


def spectra(extractor: Any, waves: Sequence[NDArray[Any]]) -> torch.Tensor:
    """Spectra of waves.

    Args:
        extractor: a `transformers.ClapFeatureExtractor`.
        waves: each (n,) at its sampling rate, 0 < n <= its `nb_max_samples`; a shorter one is repeated or filled with
            zeros, as the extractor says.

    Returns:
        Decibels of mel energy, (waves, 4 with fusion and 1 without, frames, mels), float32.

    Raises:
        ValueError: a wave that is empty, or longer than the window.
    """
    import torch

    fusion = extractor.truncation == "fusion"
    filters = extractor.mel_filters if fusion else extractor.mel_filters_slaney
    size, hop = extractor.fft_window_size, extractor.hop_length
    mels = [_log_mel(_filled(wave, extractor.nb_max_samples, extractor.padding), filters, size, hop) for wave in waves]
    return torch.from_numpy(np.stack(mels))[:, None].expand(-1, FUSED if fusion else 1, -1, -1)


def _filled(wave: NDArray[Any], length: int, padding: str) -> NDArray[np.float64]:
    """A wave of this length."""
    if not 0 < len(wave) <= length:
        raise ValueError(f"a wave of {len(wave)} samples, and one of 1 to {length} was expected")
    whole = np.zeros(length)
    if padding == "repeat":
        whole[:] = np.resize(wave, length)
    else:
        times = length // len(wave) if padding == "repeatpad" else 1
        whole[: times * len(wave)] = np.tile(wave, times)
    return whole


def _log_mel(wave: NDArray[np.float64], filters: NDArray[np.float64], size: int, hop: int) -> NDArray[np.float32]:
    """(frames, mels) of a wave, (n,); filters are (size // 2 + 1, mels). Frames are centred on multiples of the hop."""
    around = np.pad(wave, size // 2, mode="reflect")
    frames = np.lib.stride_tricks.sliding_window_view(around, size)[::hop]
    energies = np.empty((len(frames), filters.shape[1]))
    triangles = csr_array(filters.T)  # nearly empty; and a product of dense matrices takes threads, which spin
    for first in range(0, len(frames), BLOCK):
        # rounded to single precision in between, as there
        bins = np.fft.rfft(frames[first : first + BLOCK] * _hann(size)).astype(np.complex64)
        power = np.square(bins.real, dtype=np.float64) + np.square(bins.imag, dtype=np.float64)
        energies[first : first + BLOCK] = (triangles @ power.T).T
    decibels: NDArray[np.float32] = (10.0 * np.log10(np.maximum(FLOOR, energies))).astype(np.float32)
    return decibels


@lru_cache
def _hann(size: int) -> NDArray[np.float64]:
    """Hann's window, periodic."""
    return np.hanning(size + 1)[:-1]
