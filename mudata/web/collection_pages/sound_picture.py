"""Waveform and spectrogram of a clip over one axis of time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mudata.evaluation.report.style import INK, NARROW

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from mudata.catalog.audio.audio_source import Samples
    from mudata.catalog.audio.stored_clip import StoredClip

LONGEST_S = 600.0
"""Seconds that are drawn and encoded, from a clip's start. Chosen here: 10 min at 44.1 kHz are 100 MB of floats."""

COLUMNS = 480
"""Points of time: two pixels each on a desk."""

BANDS = 96
"""Bands of mel frequency. Chosen here: each some pixels high."""

WINDOW = 2048
"""Samples of a Fourier transform: 46 ms at 44.1 kHz, as is usual for music."""

RANGE_DB = 80.0
"""Below the loudest point, nothing is drawn: the usual range of a spectrogram of music."""

_LEVELS = 40
"""Shades of loudness, 2 dB each: fewer make a smaller picture."""

_TICKS = (200, 500, 1000, 2000, 5000, 10_000, 20_000)


@dataclass(frozen=True)
class SoundPicture:
    """low, high: (COLUMNS,) ends of the wave, full scale 1. loudness: (BANDS, COLUMNS) dB below the loudest, from low
    to high frequency. seconds: how much is drawn; rate: Hz."""

    low: Any
    high: Any
    loudness: Any
    seconds: float
    rate: int


def of_sound(sound: StoredClip) -> SoundPicture:
    """What is drawn of a clip. Raises AudioError."""
    samples = sound.samples(duration_s=LONGEST_S)
    return of_samples(samples, sound.rate)


def of_samples(samples: Samples, rate: int) -> SoundPicture:
    """samples: (frames,) float32 mono at `rate` Hz."""
    import numpy as np

    starts = np.arange(COLUMNS) * max(len(samples), 1) // COLUMNS
    padded = samples if len(samples) else np.zeros(1, np.float32)
    low, high = np.minimum.reduceat(padded, starts), np.maximum.reduceat(padded, starts)
    power = _columns_of_power(padded, starts)
    mel = mel_bands(rate, BANDS) @ power
    floor = max(float(mel.max()), 1e-12) * 10 ** (-RANGE_DB / 10)
    loudness = 10 * np.log10(np.maximum(mel, floor) / max(float(mel.max()), 1e-12))
    return SoundPicture(low, high, loudness, len(samples) / rate, rate)


def _columns_of_power(samples: Samples, starts: Any) -> Any:
    """(WINDOW / 2 + 1, COLUMNS): mean power of up to four windows (Hann) of each column."""
    import numpy as np
    from scipy.fft import rfft

    padded = np.pad(samples, WINDOW // 2)
    step = len(samples) / COLUMNS
    per_column = max(1, min(4, round(step / (WINDOW / 2))))
    window = np.hanning(WINDOW).astype(np.float32)
    power = np.zeros((WINDOW // 2 + 1, COLUMNS), np.float32)
    for part in range(per_column):
        at = (starts + (part + 0.5) * step / per_column).astype(int)
        frames = padded[np.minimum(at[:, None] + np.arange(WINDOW), len(padded) - 1)] * window
        power += (np.abs(rfft(frames, axis=1)) ** 2).T / per_column
    return power


def mel_of(hertz: Any) -> Any:
    """Mel of a frequency: 2595 log10(1 + f / 700), as in D. O'Shaughnessy, Speech Communication, 1987."""
    import numpy as np

    return 2595 * np.log10(1 + np.asarray(hertz, float) / 700)


def mel_bands(rate: int, bands: int) -> Any:
    """(bands, WINDOW / 2 + 1) triangles of equal width on the mel scale, from 0 Hz to half the rate, each of sum 1.
    Where a band is narrower than the lines of the spectrum, it takes the nearest line."""
    import numpy as np

    lines = mel_of(np.fft.rfftfreq(WINDOW, 1 / rate))
    edges = np.linspace(0, float(mel_of(rate / 2)), bands + 2)
    up = (lines - edges[:-2, None]) / (edges[1:-1] - edges[:-2])[:, None]
    down = (edges[2:, None] - lines) / (edges[2:] - edges[1:-1])[:, None]
    weights = np.maximum(0, np.minimum(up, down))
    for band in np.flatnonzero(weights.sum(axis=1) == 0):
        weights[band, np.abs(lines - edges[band + 1]).argmin()] = 1
    return weights / weights.sum(axis=1, keepdims=True)


def draw(picture: SoundPicture, width: float) -> Figure:
    """The wave above, the spectrogram below; seconds, full scale and Hz."""
    import numpy as np
    from matplotlib import colormaps
    from matplotlib.figure import Figure

    narrow = width == NARROW
    height = 2.6 if narrow else 3.1
    left, right, bottom, top, wave = 0.62, 0.12, 0.45, 0.08, 0.7
    figure = Figure(figsize=(width, height))
    inner = width - left - right
    spectrum = height - bottom - top - wave - 0.1
    below = figure.add_axes((left / width, bottom / height, inner / width, spectrum / height))
    above = figure.add_axes(
        (left / width, (bottom + spectrum + 0.1) / height, inner / width, wave / height), sharex=below
    )
    seconds = picture.seconds or 1.0
    times = (np.arange(COLUMNS) + 0.5) * seconds / COLUMNS
    above.fill_between(times, picture.low, picture.high, color=INK["accent"], linewidth=0.4)
    peak = max(float(np.abs(picture.high).max()), float(np.abs(picture.low).max()), 1e-3)
    above.set_ylim(-peak * 1.05, peak * 1.05)
    above.set_yticks([-peak, 0, peak], [f"{-peak:.2g}", "0", f"{peak:.2g}"])
    above.tick_params(length=0, labelbottom=False)
    levels = np.rint((picture.loudness / RANGE_DB + 1) * (_LEVELS - 1)) / (_LEVELS - 1)
    shades = (colormaps["magma"](levels)[..., :3] * 255).astype(np.uint8)
    top_mel = float(mel_of(picture.rate / 2))
    below.imshow(shades, aspect="auto", origin="lower", extent=(0, seconds, 0, top_mel), interpolation="none")
    ticks = [hertz for hertz in _TICKS if mel_of(hertz) < 0.98 * top_mel and (not narrow or hertz != 200)]
    below.set_yticks([float(mel_of(hertz)) for hertz in ticks], [_hertz(hertz) for hertz in ticks])
    below.set_xlabel("time, seconds")
    below.set_ylabel("frequency, Hz (mel)")
    above.set_xlim(0, seconds)
    for axes in (above, below):
        axes.tick_params(length=0)
        for side in axes.spines.values():
            side.set_visible(False)
    return figure


def _hertz(hertz: int) -> str:
    return f"{hertz // 1000}k" if hertz >= 1000 else str(hertz)
