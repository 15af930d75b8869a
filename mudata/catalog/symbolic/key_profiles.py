"""Which key notes are in, by how well their durations correlate with the profile of each key.

The algorithm is Krumhansl and Schmuckler's (Krumhansl 1990, Cognitive Foundations of Musical Pitch, chapter 4): how
long each pitch class sounds is correlated with a profile turned to each of the 24 keys; the highest correlation names
the key.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from mudata.catalog.read.truth_spelling import TONICS

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt


@dataclass(frozen=True)
class KeyProfile:
    """How well each pitch class fits a key of either mode, from the tonic upwards."""

    name: str
    major: tuple[float, ...]
    minor: tuple[float, ...]


KRUMHANSL_KESSLER = KeyProfile(
    "Krumhansl-Kessler",
    (6.35, 2.23, 3.48, 2.33, 4.38, 4.09, 2.52, 5.19, 2.39, 3.66, 2.29, 2.88),
    (6.33, 2.68, 3.52, 5.38, 2.60, 3.53, 2.54, 4.75, 3.98, 2.69, 3.34, 3.17),
)
"""Ratings of probe tones (Krumhansl and Kessler 1982, Tracing the dynamic changes in perceived tonal organization,
Psychological Review 89)."""

KOSTKA_PAYNE = KeyProfile(
    "Kostka-Payne",
    (0.748, 0.060, 0.488, 0.082, 0.670, 0.460, 0.096, 0.715, 0.104, 0.366, 0.057, 0.400),
    (0.712, 0.084, 0.474, 0.618, 0.049, 0.460, 0.105, 0.747, 0.404, 0.067, 0.133, 0.330),
)
"""In which share of segments of the excerpts in Kostka and Payne's Tonal Harmony a pitch class occurs (Temperley 2007,
Music and Probability, chapter 6)."""

AARDEN_ESSEN = KeyProfile(
    "Aarden-Essen",
    (17.7661, 0.145624, 14.9265, 0.160186, 19.8049, 11.3587, 0.291248, 22.062, 0.145624, 8.15494, 0.232998, 4.95122),
    (18.2648, 0.737619, 14.0499, 16.8599, 0.702494, 14.4362, 0.702494, 18.6161, 4.56621, 1.93186, 7.37619, 1.75623),
)
"""Percent of the notes of the Essen Folksong Collection (Aarden 2003, Dynamic Melodic Expectancy, dissertation, Ohio
State University; the numbers as in Humdrum's keycor)."""

PROFILES = (KRUMHANSL_KESSLER, KOSTKA_PAYNE, AARDEN_ESSEN)


def key_correlations(durations: npt.ArrayLike, profile: KeyProfile) -> npt.NDArray[np.float64]:
    """Pearson's correlation with each key: 12 major keys from C upwards, then 12 minor keys.

    `durations` has how long each pitch class sounds, shape (..., 12) from C upwards, in any unit; the result has shape
    (..., 24). Where all are equal, silence too, nothing correlates: nan.

    >>> key_correlations(KRUMHANSL_KESSLER.major, KRUMHANSL_KESSLER)[[7, 6, 21]].round(3).tolist()
    [0.591, -0.683, 0.65]
    """
    import numpy as np

    given = np.asarray(durations, np.float64)
    if not given.shape or given.shape[-1] != 12:
        raise ValueError(f"durations of shape {given.shape}, expected 12 pitch classes, from C, in the last dimension")
    given = given - given.mean(-1, keepdims=True)
    length = np.sqrt((given**2).sum(-1, keepdims=True))
    with np.errstate(invalid="ignore"):
        return np.asarray(given @ _turned(profile) / np.where(length > 0, length, np.nan))


def estimate_key(durations: npt.ArrayLike, profile: KeyProfile = KRUMHANSL_KESSLER) -> str | None:
    """The key that correlates best, as 'F# minor'; None where nothing correlates. Of two that tie the first from C,
    major before minor.

    Raises ValueError unless there are 12 durations.

    >>> estimate_key([4, 0, 2, 0, 3, 1, 0, 4, 0, 2, 0, 1])
    'C major'
    """
    import numpy as np

    correlations = key_correlations(durations, profile)
    if correlations.ndim != 1:
        raise ValueError(f"durations of shape {np.shape(durations)}, expected (12,)")
    return None if np.isnan(correlations).any() else key_name(int(correlations.argmax()))


def estimated_keys(durations: npt.ArrayLike) -> list[str | None]:
    """What `estimate_key` says by each of PROFILES, all at once.

    >>> estimated_keys([4, 0, 2, 0, 3, 1, 0, 4, 0, 2, 0, 1])
    ['C major', 'C major', 'C major']
    """
    import numpy as np

    given = np.asarray(durations, np.float64)
    if given.max() == given.min():
        return [None] * len(PROFILES)
    # profiles have no mean, and the length of what is given is the same for all keys
    return [key_name(best) for best in (given @ _all_turned()).reshape(len(PROFILES), 24).argmax(1).tolist()]


def key_name(index: int) -> str:
    """The name of a key by its place among the 24.

    >>> key_name(18)
    'F# minor'
    """
    return f"{TONICS[index % 12]} {'minor' if index >= 12 else 'major'}"


@cache
def _turned(profile: KeyProfile) -> npt.NDArray[np.float64]:
    """The profile turned to each key, without its mean and of length 1: shape (12, 24), a column a key."""
    import numpy as np

    columns = np.array([np.roll(mode, tonic) for mode in (profile.major, profile.minor) for tonic in range(12)]).T
    columns -= columns.mean(0)
    return np.asarray(columns / np.sqrt((columns**2).sum(0)))


@cache
def _all_turned() -> npt.NDArray[np.float64]:
    import numpy as np

    return np.hstack([_turned(profile) for profile in PROFILES])
