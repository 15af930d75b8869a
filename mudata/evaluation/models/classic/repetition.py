"""Sections of audio: their form and their boundaries, by what comes again and by where the sound changes.

Sections may last unequally long. It is assumed that they last whole beats, that the first begins with the clip, and
that a section that comes again lasts as long as before. Of all forms of a few letters and all lengths of these the
one is taken that explains the clip at the least cost: a beat of something new costs `_NEW`, a beat that comes again as
much as it differs from the one before it, a boundary `_BOUNDARY`, less where the sound changes.

Source:
    Novelty: J. Foote, Automatic audio segmentation using a measure of audio novelty, ICME 2000. A piece explained by
    what it repeats: J. Paulus, A. Klapuri, Music structure analysis using a probabilistic fitness measure and a greedy
    search algorithm, IEEE TASLP 17(6), 2009; here pieces are short enough to try every explanation.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from mudata.evaluation.models.classic.pulse import FRAMES, HOP, RATE, pulse
from mudata.evaluation.models.classic.tonality import chroma

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Steps = NDArray[np.intp]

_SECTIONS, _LETTERS = 6, 4
"""At most, of a form."""
_STEPS = 96
"""Beats at most; of longer clips two are taken for one, and so on."""
_SHORTEST_S, _SHORTEST_SHARE = 3.8, 0.1
"""Of a section, and of the clip."""
_TAIL_S = 4.5
"""What may be left behind the last section: a last chord that dies away."""
_NEW, _BOUNDARY, _NOVEL = 0.45, 2.0, 0.4
"""In beats of something new that are wholly unlike; `_NOVEL` for each standard deviation of novelty. Chosen with
`_KERNEL_S` on 72 composed pieces of a seed that no exam has (71; 24 of each difficulty), of eleven settings each."""
_KERNEL_S = 4.0
"""Seconds on either side of a moment that novelty compares."""


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


class _Explained(NamedTuple):
    cost: float
    form: tuple[int, ...]
    starts: tuple[int, ...]
    """Steps at which all sections but the first begin."""


def sections(audio: NDArray[np.float32]) -> FoundSections | None:
    """None where there is no beat, or the clip is too short for two sections."""
    if (found := pulse(audio)) is None:
        return None
    step = 60 * FRAMES / found.bpm
    frames = len(found.onsets)
    while frames / step > _STEPS:
        step *= 2
    edges = np.arange(0, frames - step / 2, step).round().astype(np.intp)
    seconds = step / FRAMES
    shortest = max(2, int(np.ceil(max(_SHORTEST_S, _SHORTEST_SHARE * frames / FRAMES) / seconds)))
    if len(edges) < 2 * shortest:
        return None
    likeness = _likeness(audio, edges)
    best = _explained(likeness, _novelty(likeness, round(_KERNEL_S / seconds)), shortest, int(_TAIL_S / seconds))
    form = "".join("ABCDEFGH"[letter] for letter in best.form)
    return FoundSections(form, tuple(float(edges[at]) * HOP / RATE for at in best.starts), len(audio) / RATE)


def _likeness(audio: NDArray[np.float32], edges: Steps) -> Floats:
    """Cosine of the sound of any two steps, by pitch classes and by timbre (13 MFCC without the first, the level), each
    of equal weight; shape (steps, steps)."""
    from librosa.feature import mfcc

    kinds = []
    for rows in (chroma(audio), mfcc(y=audio, sr=RATE, hop_length=HOP, n_mfcc=14)[1:]):
        means = np.stack([piece.mean(axis=1) for piece in np.split(rows, edges[1:], axis=1)], axis=1)
        scaled = (means - means.mean(axis=1, keepdims=True)) / (means.std(axis=1, keepdims=True) + 1e-9)
        kinds.append(scaled / (np.linalg.norm(scaled, axis=0) + 1e-9))
    together = np.vstack(kinds)
    together = together / (np.linalg.norm(together, axis=0) + 1e-9)
    return np.asarray(together.T @ together, np.float64)


def _novelty(likeness: Floats, reach: int) -> Floats:
    """How much more alike steps are on each side of a moment than across it, in standard deviations, shape (steps,)."""
    reach = max(2, reach)
    at = np.arange(-reach, reach) + 0.5
    bell = np.exp(-0.5 * (at / (reach * 0.5)) ** 2) * np.sign(at)
    kernel = np.outer(bell, bell)
    around = np.pad(likeness, reach)
    windows = np.lib.stride_tricks.sliding_window_view(around, kernel.shape)
    novelty = np.array([(windows[i, i] * kernel).sum() for i in range(len(likeness))])
    return np.asarray(novelty / (novelty[reach:-1].std() + 1e-9))


@cache
def _forms() -> tuple[tuple[int, ...], ...]:
    """All forms of two sections and more, shorter ones first: (0, 1, 0) is ABA."""
    known: list[tuple[int, ...]] = [(0,)]
    for form in known:
        if len(form) < _SECTIONS:
            known += [(*form, letter) for letter in range(min(max(form) + 2, _LETTERS))]
    return tuple(known[1:])


def _explained(likeness: Floats, novelty: Floats, shortest: int, tail: int) -> _Explained:
    """The form and lengths of the least cost; two new sections at the least."""
    along = _along_diagonals(likeness)
    tried = [_of_form(form, along, novelty, shortest, tail) for form in _forms()]
    return min((one for one in tried if one), key=lambda one: one.cost)


def _along_diagonals(likeness: Floats) -> Floats:
    """Sums of likeness along diagonals up to each place: shape (steps + 1, steps + 1)."""
    sums = np.zeros((len(likeness) + 1, len(likeness) + 1))
    for i, row in enumerate(likeness):
        sums[i + 1, 1:] = sums[i, :-1] + row
    return sums


def _of_form(form: tuple[int, ...], along: Floats, novelty: Floats, shortest: int, tail: int) -> _Explained | None:
    """The lengths of the least cost for a form; None where it does not fit into the clip."""
    steps = len(novelty)
    lengths = _lengths(form, steps, shortest, tail)
    if not len(lengths):
        return None
    at, cost = np.zeros(len(lengths), np.intp), np.zeros(len(lengths))
    earlier: dict[int, list[Steps]] = {}
    starts: list[Steps] = []
    for letter in form:
        length = lengths[:, letter]
        if earlier:
            cost += _BOUNDARY - _NOVEL * novelty[at]
            starts.append(at)
        if letter in earlier:
            end = np.minimum(at + length, steps)
            again = [along[first + end - at, end] - along[first, at] for first in earlier[letter]]
            cost += length - np.max(again, axis=0)
        else:
            cost += _NEW * length
        earlier.setdefault(letter, []).append(at)
        at = at + length
    cost += _NEW * np.maximum(0, steps - at)
    best = int(cost.argmin())
    return _Explained(float(cost[best]), form, tuple(int(start[best]) for start in starts))


def _lengths(form: Sequence[int], steps: int, shortest: int, tail: int) -> Steps:
    """All lengths of a form's letters that fill the clip: shape (ways, letters). A last section that is new goes on to
    the end, another may leave a tail."""
    times = np.bincount(form)
    is_new = times[form[-1]] == 1
    free = len(times) - is_new
    most = [(steps - shortest * (len(form) - times[letter])) // times[letter] for letter in range(free)]
    if min(most) < shortest:
        return np.zeros((0, len(times)), np.intp)
    grid = np.meshgrid(*(np.arange(shortest, longest + 1) for longest in most), indexing="ij")
    ways = np.stack([one.ravel() for one in grid], axis=1)
    left = steps - ways @ times[:free]
    if is_new:
        return np.column_stack([ways, left])[left >= shortest]
    return np.asarray(ways[(left >= 0) & (left <= tail)], np.intp)
