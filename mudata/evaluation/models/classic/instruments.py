"""Which families of instruments seem to play: one measure of the sound for each, and how much of it there has to be.

A weak reference, and meant as one. Drums and bass are heard (F1 .98 and .92 on the pieces that levels were chosen on).
Of the other families each measure tells a little (F1 of .60 to .65 of strings, brass, reeds, flutes and mallets, where
always naming the family has .55) or next to nothing (.55 to .57 of piano, organ and guitar, whose levels are so low
that they are named nearly always): instruments that play together share their registers, and which is which has to be
learned. Levels were chosen by F1, smoothed over neighbouring levels, on 384 composed pieces of two seeds that no exam
has (71 and 72; 128 of each difficulty), played by one soundfont.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from mudata.evaluation.models.classic.pulse import HOP, RATE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

_WINDOW = 2048
_SOUNDS_DB = -35.0
"""A tone of a constant-Q transform sounds from this level on, beside the strongest of the clip."""
_STEADY_DB = 0.15
"""By so much, up or down, the level of a tone that is held changes from frame to frame."""


class _Family(NamedTuple):
    """How options name a family, and how much of its measure says that it plays."""

    named: str
    level: float


_FAMILIES = {
    "piano": _Family(r"\bpianos?\b", -46.0),
    "organ": _Family(r"\borgans?\b", 0.049),
    "guitar": _Family(r"(?<!bass )\bguitars?\b", -19.6),
    "strings": _Family(r"\b(strings?|violins?|cellos?)\b", -8.8),
    "brass": _Family(r"\b(brass|trumpets?|trombones?)\b", -30.6),
    "reeds": _Family(r"\b(reeds?|saxophones?|clarinets?|oboes?)\b", -16.5),
    "flutes": _Family(r"\b(flutes?|pipes?)\b", -7.9),
    "mallets": _Family(r"\b(mallets?|chromatic percussion|vibraphones?|marimbas?|xylophones?)\b", -1.6),
    "bass": _Family(r"\bbass\b", -19.5),
    "drums": _Family(r"\b(drums?|(?<!chromatic )percussion)\b", -2.93),
}


_SUREST = ("drums", "bass", "mallets", "reeds", "brass", "flutes", "strings", "piano", "guitar", "organ")
"""By F1 on the pieces that levels were chosen on."""


def families_named(options: Sequence[str]) -> dict[str, str]:
    """The family that each option names, of the options that name one."""
    found = {}
    for option in options:
        text = option.casefold().replace("_", " ")
        if family := next((name for name, of in _FAMILIES.items() if re.search(of.named, text)), None):
            found[option] = family
    return found


def playing(audio: NDArray[np.float32]) -> dict[str, int]:
    """The families whose measure is at its level or above, each with its place among those that measures tell best."""
    found = measures(audio)
    return {name: _SUREST.index(name) for name, family in _FAMILIES.items() if found[name] >= family.level}


def measures(audio: NDArray[np.float32]) -> dict[str, float]:
    """What each family is known by, more of it where it plays.

    Source:
        Harmonic and percussive parts by medians: D. Fitzgerald, Harmonic/percussive separation using median filtering,
        DAFx 2010. Spectral contrast: D.-N. Jiang et al., Music type classification by spectral contrast feature,
        ICME 2002. Flatness: G. Peeters et al., The Timbre Toolbox, JASA 130, 2011.
    """
    from librosa import amplitude_to_db, cqt, note_to_hz, power_to_db, stft
    from librosa.decompose import hpss
    from librosa.feature import melspectrogram, mfcc, spectral_contrast, spectral_flatness

    magnitude = np.abs(stft(audio, n_fft=_WINDOW, hop_length=HOP))
    pitched, struck = (part.astype(np.float64) ** 2 for part in hpss(magnitude))
    level = (magnitude**2).sum(axis=0)
    heard = level > 0.05 * np.median(level)
    bands = _Bands(pitched, struck, float(pitched.sum() + struck.sum()))
    cepstrum = mfcc(S=power_to_db(melspectrogram(S=pitched, sr=RATE, n_mels=64)), n_mfcc=14)
    contrast = spectral_contrast(S=magnitude, sr=RATE)
    tones = amplitude_to_db(np.abs(cqt(audio, sr=RATE, hop_length=HOP, fmin=note_to_hz("C1"), n_bins=84)), ref=np.max)
    moved, sounds = np.diff(tones, axis=1), tones[:, 1:] > _SOUNDS_DB
    second = moved[12:24][sounds[12:24]]
    return {
        "piano": bands.pitched_db(6000, RATE / 2),  # clear tones that reach high
        "organ": float((np.abs(moved[sounds]) < _STEADY_DB).mean()) if sounds.any() else 0.0,  # tones that are held
        "guitar": -float(np.percentile(second, 97)) if len(second) else 0.0,  # no sharp beginnings deep down
        "strings": -float(cepstrum[2:].std(axis=1).mean()),  # a colour that stays
        "brass": -float(contrast[3:5].mean()),  # partials so many that valleys between peaks are shallow
        "reeds": bands.pitched_db(1760, 3520),  # the formant of double reeds and saxophones
        "flutes": bands.pitched_db(440, 880),  # little but the fundamental, in the register of melodies
        "mallets": bands.struck_over_pitched_db(3520, 6000),  # a knock at each tone
        "bass": bands.pitched_db(60, 110),
        "drums": float(np.percentile(np.log10(spectral_flatness(S=magnitude)[0][heard] + 1e-9), 75)),
    }


class _Bands(NamedTuple):
    """Energy of what is pitched and what is struck, shape (bins, frames), and of both together."""

    pitched: Floats
    struck: Floats
    whole: float

    def pitched_db(self, low: float, high: float) -> float:
        """Of the pitched part between two frequencies (Hz), beside all energy."""
        return float(10 * np.log10(self._between(self.pitched, low, high) / (self.whole + 1e-12) + 1e-9))

    def struck_over_pitched_db(self, low: float, high: float) -> float:
        over, under = (self._between(part, low, high) + 1e-12 for part in (self.struck, self.pitched))
        return float(10 * np.log10(over / under))

    @staticmethod
    def _between(part: Floats, low: float, high: float) -> float:
        frequency = np.fft.rfftfreq(_WINDOW, 1 / RATE)
        return float(part[(frequency >= low) & (frequency < high)].sum())
