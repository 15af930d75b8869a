"""Sections of audio: their form and their boundaries, found as repetition.

It is assumed that sections are of one length, as phrases in most popular music are, and that the first begins with the
clip. Of all lengths in whole beats the longest is taken at which some section comes again nearly as exactly as at any.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np

from mudata.evaluation.models.classic.pulse import FRAMES, HOP, RATE, pulse
from mudata.evaluation.models.classic.tonality import chroma

if TYPE_CHECKING:
    from numpy.typing import NDArray

_SHORTEST_S, _LONGEST_S = 3.0, 15.0
_MOST = 8
"""Sections of a clip; at least three, as two say nothing of a form."""
_REST = 0.15
"""Of a section; less than that behind the last one, the sound that dies away, is none of its own."""
_AS_EXACT, _ALIKE = 0.9, 0.8
"""Of the highest likeness of any two sections: what a longer length may have for its own, and from which on two
sections get one letter. Both chosen on 36 composed pieces."""


@dataclass(frozen=True)
class FoundSections:
    form: str
    """'ABA'."""
    boundaries: tuple[float, ...]
    """Seconds, without start and end."""
    duration_s: float

    @property
    def segments(self) -> list[tuple[float, float, str]]:
        """Start, end and letter of each."""
        edges = (0.0, *self.boundaries, self.duration_s)
        return list(zip(edges, edges[1:], self.form, strict=False))


def sections(audio: NDArray[np.float32]) -> FoundSections | None:
    """None where there is no beat, or the clip is too short for three sections."""
    found = pulse(audio)
    if found is None:
        return None
    beat = 60 * FRAMES / found.bpm
    frames = _frames(audio)
    tried = []
    for beats in range(max(2, round(_SHORTEST_S * FRAMES / beat)), int(_LONGEST_S * FRAMES / beat) + 1):
        length = beats * beat
        count = int(frames.shape[1] / length + _REST)
        if 3 <= count <= _MOST:
            likeness = _likeness(frames, length, count)
            tried.append((float(likeness[np.triu_indices(count, 1)].max()), length, likeness))
    if not tried:
        return None
    best = max(highest for highest, _, _ in tried)
    highest, length, likeness = max(
        (one for one in tried if one[0] >= _AS_EXACT * best), key=lambda one: one[1], default=tried[0]
    )
    boundaries = tuple(k * length * HOP / RATE for k in range(1, len(likeness)))
    return FoundSections(_letters(likeness, _ALIKE * highest), boundaries, len(audio) / RATE)


def _frames(audio: NDArray[np.float32]) -> NDArray[np.float64]:
    """Pitch classes and timbre (13 MFCC without the first, the level), each of equal weight; columns of length 1."""
    from librosa.feature import mfcc

    columns = []
    for rows in (chroma(audio), mfcc(y=audio, sr=RATE, hop_length=HOP, n_mfcc=14)[1:]):
        scaled = (rows - rows.mean(axis=1, keepdims=True)) / (rows.std(axis=1, keepdims=True) + 1e-9)
        columns.append(scaled / np.sqrt(len(rows)))
    together = np.vstack(columns)
    return np.asarray(together / (np.linalg.norm(together, axis=0) + 1e-9))


def _likeness(frames: NDArray[np.float64], length: float, count: int) -> NDArray[np.float64]:
    """Mean cosine of the frames of two sections, one by one; shape (count, count)."""
    cut = [frames[:, round(k * length) : round(k * length) + int(length)] for k in range(count)]
    likeness = np.eye(count)
    for a, b in combinations(range(count), 2):
        width = min(cut[a].shape[1], cut[b].shape[1])
        likeness[a, b] = likeness[b, a] = (cut[a][:, :width] * cut[b][:, :width]).sum(axis=0).mean()
    return likeness


def _letters(likeness: NDArray[np.float64], alike: float) -> str:
    """Each section gets the letter of the first of a letter that it is most like, or a new one."""
    firsts: list[int] = []
    letters = []
    for section in range(len(likeness)):
        nearest = max(firsts, key=lambda first: likeness[section, first], default=None)
        if nearest is None or likeness[section, nearest] <= alike:
            firsts.append(section)
            nearest = section
        letters.append("ABCDEFGH"[firsts.index(nearest)])
    return "".join(letters)
