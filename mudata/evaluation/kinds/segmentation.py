"""Sections of a clip: their spelling, and how near one segmentation is to another, by mir_eval.

Traps of mir_eval 0.8.2 that are minded here: `detection` counts the ends of the clip unless trimmed, and does not look
whether both segmentations end alike; `pairwise` and `vmeasure` raise where they do not.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import pairwise
from typing import TYPE_CHECKING, Self

from mudata.evaluation.readers.forms import relettered

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

WINDOWS = {"boundary_f_500ms": 0.5, "boundary_f_3s": 3.0}
"""Seconds by which a boundary may be off: Turnbull et al., ISMIR 2007 (.5 s); Levy, Sandler, IEEE TASLP 16(2), 2008
(3 s)."""
_MOST_SECTIONS = 8
"""Of forms of up to so many sections all are listed (4,140 for 8)."""


@dataclass(frozen=True)
class Segments:
    """Sections in seconds from 0 on: `times` are the n + 1 borders, start and end included, ascending; `labels` n."""

    times: tuple[float, ...]
    labels: tuple[str, ...]

    @classmethod
    def of_text(cls, text: str) -> Self:
        """From '0.000 A 8.000 B 16.000'.

        Raises:
            ValueError: times and labels do not alternate, do not ascend, or begin elsewhere than at 0.
        """
        words = text.split()
        times, labels = _seconds(words[::2]), tuple(words[1::2])
        if len(times) != len(labels) + 1 or len(times) < 2 or times[0] != 0:
            raise ValueError(f"{text!r} is no list of segments: '0.000 A 8.000 B 16.000' is expected")
        return cls(times, tuple(relettered(labels)))

    @classmethod
    def of_boundaries(cls, text: str, end: float, *, cut: bool = False) -> Self:
        """From inner boundaries in seconds, '8.000 16.000', of a clip that ends at `end`.

        Args:
            text: the boundaries; none is one section.
            end: of the clip, seconds.
            cut: leave out those that lie outside of the clip.

        Raises:
            ValueError: they do not ascend, or lie outside.
        """
        times = _seconds(text.split())
        if cut:
            times = tuple(at for at in times if 0 < at < end)
        if times and not 0 < times[0] <= times[-1] < end:
            raise ValueError(f"{text!r} has boundaries that do not lie within the clip, 0 to {end:g} s")
        return cls((0.0, *times, end), tuple(str(i) for i in range(len(times) + 1)))

    def cut(self, end: float) -> Segments:
        """The same up to `end`; the last section is cut or goes on to there."""
        kept = [(at, label) for at, label in zip(self.times, self.labels, strict=False) if at < end]
        return Segments((*(at for at, _ in kept), end), tuple(label for _, label in kept))

    @property
    def end(self) -> float:
        return self.times[-1]

    @property
    def form(self) -> str:
        """Labels one after the other."""
        return "".join(self.labels)

    @property
    def text(self) -> str:
        pairs = [f"{at:.3f} {label}" for at, label in zip(self.times, self.labels, strict=False)]
        return " ".join([*pairs, f"{self.end:.3f}"])

    @property
    def boundaries_text(self) -> str:
        return " ".join(f"{at:.3f}" for at in self.times[1:-1])

    @cached_property
    def intervals(self) -> NDArray[np.float64]:
        """Start and end of each section, seconds, shape (n, 2)."""
        import numpy as np

        return np.column_stack([self.times[:-1], self.times[1:]])


def _seconds(words: Sequence[str]) -> tuple[float, ...]:
    try:
        times = tuple(float(word) for word in words)
    except ValueError:
        raise ValueError(f"{' '.join(words)!r} are no times in seconds") from None
    if any(not 0 <= at < float("inf") for at in times) or list(times) != sorted(set(times)):
        raise ValueError(f"{' '.join(words)!r} are no times in seconds that ascend")
    return times


def form_similarity(said: str, right: str) -> float:
    """1 - edit distance / length of the longer one.

    Source:
        V. I. Levenshtein, Binary codes capable of correcting deletions, insertions, and reversals, 1966.

    Example:
        >>> form_similarity("ABA", "ABA"), round(form_similarity("AB", "ABA"), 3)
        (1.0, 0.667)
    """
    row = list(range(len(right) + 1))
    for i, one in enumerate(said, 1):
        diagonal, row[0] = row[0], i
        for j, other in enumerate(right, 1):
            diagonal, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, diagonal + (one != other))
    return 1 - row[-1] / max(len(said), len(right))


@lru_cache
def forms_of(sections: int) -> tuple[str, ...]:
    """All forms of so many sections; none of more than eight.

    Example:
        >>> forms_of(3)
        ('AAA', 'AAB', 'ABA', 'ABB', 'ABC')
    """

    def longer(form: str) -> Iterator[str]:
        if len(form) == sections:
            yield form
            return
        for letter in range(len(set(form)) + 1):
            yield from longer(form + chr(ord("A") + letter))

    return tuple(longer("")) if sections <= _MOST_SECTIONS else ()


def boundary_f(right: Segments, said: Segments, window: float) -> float:
    """F-measure of boundaries, start and end of the clip trimmed; 0 where either has no inner one.

    Args:
        right: the truth.
        said: the answer.
        window: seconds by which a boundary may be off.
    """
    from mir_eval import segment

    if len(right.times) < 3 or len(said.times) < 3:
        return 0.0
    return float(segment.detection(right.intervals, said.intervals, window=window, trim=True)[2])


def guessed_boundary_f(right: Segments) -> dict[str, float]:
    """What as many boundaries as there are, each drawn evenly over the clip, reach on average, by measure.

    A window of the truth is hit unless every one of k boundaries misses it: 1 - (1 - p)^k, p its share of the clip; F
    is the share of windows hit. Where windows overlap one boundary may count for either, and nothing is said.
    """
    inner, found = right.times[1:-1], {}
    for name, window in WINDOWS.items():
        apart = all(b - a > 2 * window for a, b in pairwise(inner))
        if inner and apart:
            shares = [(min(at + window, right.end) - max(at - window, 0.0)) / right.end for at in inner]
            found[name] = sum(1 - (1 - share) ** len(inner) for share in shares) / len(inner)
    return found


def label_agreement(right: Segments, said: Segments) -> dict[str, float]:
    """Pairwise F and V-measure of the labels of frames.

    Source:
        Levy, Sandler, IEEE TASLP 16(2), 2008; A. Rosenberg, J. Hirschberg, V-Measure, EMNLP 2007.
    """
    from mir_eval import segment, util

    ours, our_labels = util.adjust_intervals(right.intervals, list(right.labels), t_min=0.0, t_max=right.end)
    theirs, their_labels = util.adjust_intervals(said.intervals, list(said.labels), t_min=0.0, t_max=right.end)
    return {
        "pairwise_f": float(segment.pairwise(ours, our_labels, theirs, their_labels)[2]),
        "v_measure": float(segment.vmeasure(ours, our_labels, theirs, their_labels)[2]),
    }
