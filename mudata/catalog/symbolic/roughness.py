"""How rough tones sound together: Plomp and Levelt's curve of sensory dissonance, as Sethares wrote it down.

Sethares 1993, Local consonance and the relationship between timbre and scale, JASA 94(3), 1218-1228: the curve of each
pair of partials, times the product of their amplitudes. Sethares 2005, Tuning, Timbre, Spectrum, Scale (2nd edition),
appendix E: times the smaller one. Higher is rougher.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    import numpy.typing as npt

_SLOW, _FAST = -3.5, -5.75
"""Rates of the two exponentials (Sethares 1993, equation 2: b1 = 3.5, b2 = 5.75)."""

_HEIGHT = 5.0
"""Of both exponentials (Sethares 2005, appendix E)."""

_PEAK, _SLOPE, _OFFSET = 0.24, 0.0207, 18.96
"""Where the curve peaks, and how its width grows with the lower frequency, in Hz (Sethares 1993: d* = .24, s1 = .0207,
s2 = 18.96; in appendix E of 2005 .0207 and 18.96 as well)."""


def roughness(
    frequencies: Sequence[float], amplitudes: Sequence[float], *, amplitude: Literal["min", "product"] = "min"
) -> float:
    """The sum over all pairs of partials; `amplitude` says what weighs a pair, the smaller one (2005) or the product
    (1993).

    Frequencies in Hz, amplitudes linear, of one length. Raises ValueError where they are of two lengths, or a frequency
    is not above 0, or an amplitude below 0.

    >>> round(roughness([500, 526.95], [1, 1]), 4)
    0.9039
    """
    import numpy as np

    frequency, loud = np.asarray(frequencies, np.float64), np.asarray(amplitudes, np.float64)
    if frequency.ndim != 1 or frequency.shape != loud.shape:
        raise ValueError(
            f"frequencies of shape {frequency.shape} and amplitudes of {loud.shape}, expected one each per partial"
        )
    if (frequency <= 0).any() or (loud < 0).any():
        raise ValueError("a frequency of 0 Hz or less, or an amplitude below 0; expected Hz and linear amplitudes")
    one, other = np.triu_indices(len(frequency), 1)
    low = np.minimum(frequency[one], frequency[other])
    apart = _PEAK / (_SLOPE * low + _OFFSET) * np.abs(frequency[one] - frequency[other])
    weight = np.minimum(loud[one], loud[other]) if amplitude == "min" else loud[one] * loud[other]
    return float((weight * _HEIGHT * (np.exp(_SLOW * apart) - np.exp(_FAST * apart))).sum())


def harmonic_partials(
    fundamentals: Sequence[float], harmonics: int = 6, decay: float = 0.88
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Frequencies in Hz and amplitudes of tones with `harmonics` partials each, every one `decay` times as loud as the
    one below it (six of .88 are the tones of Sethares 1993, figure 3).

    >>> harmonic_partials([100.0], 2)[0].tolist()
    [100.0, 200.0]
    """
    import numpy as np

    order = np.arange(harmonics)
    frequencies = np.multiply.outer(np.asarray(fundamentals, np.float64), order + 1)
    return frequencies.ravel(), np.tile(decay**order, len(frequencies))
