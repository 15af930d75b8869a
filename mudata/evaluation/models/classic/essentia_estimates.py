"""Tempo and key by essentia, for those who have it: it is AGPL-3.0, so nothing of mudata requires or brings it."""

from __future__ import annotations

from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

import numpy as np

from mudata.catalog.read.truth_spelling import TONICS
from mudata.errors import ModelError
from mudata.evaluation.models.classic.pulse import RATE

if TYPE_CHECKING:
    from numpy.typing import NDArray

_RATE = 44_100
"""What its algorithms take by default."""
_SHARPS = {"C#": "Db", "D#": "Eb", "Gb": "F#", "G#": "Ab", "A#": "Bb"}


def require() -> None:
    """Raises ModelError where essentia is not installed."""
    if find_spec("essentia") is None:
        raise ModelError(
            "The option estimates=essentia needs the package 'essentia', which is not installed.",
            "Run: pip install essentia (AGPL-3.0; mudata does not require it), or leave the option out.",
        )


def bpm(audio: NDArray[np.float32]) -> float | None:
    """RhythmExtractor2013 with the method degara (Degara et al. 2012); None where nothing is found."""
    found = float(_standard().RhythmExtractor2013(method="degara")(_resampled(audio))[0])
    return found or None


def key(audio: NDArray[np.float32]) -> str | None:
    """KeyExtractor with the profile bgate (Faraldo et al. 2016)."""
    tonic, mode, _ = _standard().KeyExtractor(profileType="bgate")(_resampled(audio))
    tonic = _SHARPS.get(tonic, tonic)
    return f"{tonic} {mode}" if tonic in TONICS else None


def _standard() -> Any:
    import essentia  # type: ignore[import-not-found]
    import essentia.standard  # type: ignore[import-not-found]

    essentia.log.infoActive = False
    return essentia.standard


def _resampled(audio: NDArray[np.float32]) -> NDArray[np.float32]:
    import soxr

    return np.asarray(soxr.resample(audio, RATE, _RATE, quality="HQ"), np.float32)
