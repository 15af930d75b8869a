"""Numbers: tempi and counts, judged by the card's scale.

Windows are compared as exact fractions of what is written, so that 124.8 is within 4 % of 120.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache
from itertools import pairwise
from math import ceil, floor
from typing import TYPE_CHECKING, ClassVar

from mudata.catalog.read import truth_spelling
from mudata.evaluation.kinds.question_kind import MeasuredValues, ScoreMeasure, measures_of

if TYPE_CHECKING:
    from mudata.catalog.cards.number_scale import NumberScale
    from mudata.evaluation.align.alignment import Alignment
    from mudata.evaluation.kinds.question_kind import AskedItem

Window = tuple[Fraction, Fraction]
"""The least and the most that counts, both included."""

MIREX_TOLERANCE = Fraction(8, 100)
"""Of MIREX's tempo task: McKinney, Moelants, Davies, Klapuri, Journal of New Music Research 36(1), 2007."""


class NumberKind:
    """A number in the unit of the card's scale; canonical is its shortest decimal: '120', '118.5'.

    What `partial` gives is a range, by its ends: '118 122'.
    """

    name: ClassVar[str] = "number"

    @property
    def measures(self) -> Sequence[ScoreMeasure]:
        return measures_of(self.name)

    def truth(self, text: str, asked: AskedItem) -> str:
        return truth_spelling.number(text, _scale(asked))

    def read(self, answer: str | None, asked: AskedItem) -> Alignment:
        scale = _scale(asked)
        if scale.octaves:
            from mudata.evaluation.readers.tempo import read_tempo

            return read_tempo(answer, asked.shown, scale)
        from mudata.evaluation.readers.number import read_number

        return read_number(answer, asked.shown, scale)

    def partial(self, alignment: Alignment) -> str | None:
        """A range, where the answer is one of two numbers."""
        if alignment.rule_id != "range" or len(alignment.labels) != 2:
            return None
        return " ".join(sorted(alignment.labels, key=Fraction))

    def score(self, value: str | None, truth: str, asked: AskedItem) -> MeasuredValues:
        windows = _windows(truth, _scale(asked))
        if value is None:
            return dict.fromkeys(windows, 0.0)
        said = [Fraction(end) for end in value.split()]
        worth = {
            measure: float(any(low <= min(said) and max(said) <= high for low, high in counted))
            for measure, counted in windows.items()
        }
        if "accuracy_8_percent" in worth:
            worth["accuracy_8_percent"] = min(_p_score(float(Fraction(truth)), float(end)) for end in said)
        if "within_1" in worth and len(said) == 2:
            middle = (said[0] + said[1]) / 2
            worth["within_1"] = float(said[1] - said[0] <= 1 and abs(middle - Fraction(truth)) <= 1)
        return worth

    def guess(self, truth: str, asked: AskedItem) -> MeasuredValues:
        """Of a number drawn evenly between the ends of the scale, or from its whole numbers."""
        scale = _scale(asked)
        whole = _size((Fraction(str(scale.low)), Fraction(str(scale.high))), scale)
        return {
            measure: float(sum(_size(window, scale) for window in counted) / whole)
            for measure, counted in _on_scale(truth, scale).items()
        }

    def constants(self, items: Sequence[tuple[str, AskedItem]]) -> Sequence[str]:
        """For each measure the number in the windows of most items: one that is best, exactly."""
        by_measure: dict[str, list[Window]] = {}
        for truth, asked in items:
            for measure, counted in _on_scale(truth, _scale(asked)).items():
                by_measure.setdefault(measure, []).extend(counted)
        return list(dict.fromkeys(_deepest(windows) for windows in by_measure.values()))


def _scale(asked: AskedItem) -> NumberScale:
    if asked.scale is None:
        raise ValueError("a number has no scale: the card's task says `scale`")
    return asked.scale


@lru_cache(maxsize=16384)
def _windows(truth: str, scale: NumberScale) -> dict[str, tuple[Window, ...]]:
    """What counts as right, by each measure that there is on this scale."""
    number = Fraction(truth)
    tolerance = Fraction(str(scale.tolerance or 0))
    within = Fraction(str(scale.within or 0))

    def around(centre: Fraction, share: Fraction = tolerance) -> Window:
        reach = centre * share + within
        return centre - reach, centre + reach

    found: dict[str, tuple[Window, ...]] = {"accuracy": (around(number),)}
    if scale.octaves:
        factors = [Fraction(1), *(Fraction(str(factor)).limit_denominator(12) for factor in scale.octaves)]
        found["octave_accuracy"] = tuple(around(number * factor) for factor in dict.fromkeys(factors))
        found["accuracy_8_percent"] = (around(number, MIREX_TOLERANCE),)
    if scale.integer:
        found["within_1"] = ((number - 1, number + 1),)
    return found


@lru_cache(maxsize=65536)
def _p_score(truth: float, said: float) -> float:
    import numpy as np
    from mir_eval import tempo

    return float(tempo.detection(np.array([truth, truth]), 1.0, np.array([said, said]))[0])


@lru_cache(maxsize=16384)
def _on_scale(truth: str, scale: NumberScale) -> dict[str, list[Window]]:
    """The same cut to the scale, windows that overlap joined."""
    low, high = Fraction(str(scale.low)), Fraction(str(scale.high))
    return {measure: _joined(counted, low, high) for measure, counted in _windows(truth, scale).items()}


def _joined(windows: Sequence[Window], low: Fraction, high: Fraction) -> list[Window]:
    """Windows cut to the scale, those that overlap joined."""
    joined: list[Window] = []
    for start, end in sorted((max(a, low), min(b, high)) for a, b in windows):
        if start > end:
            continue
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return joined


def _size(window: Window, scale: NumberScale) -> Fraction:
    """How much of the scale it covers: its length, or the whole numbers in it."""
    low, high = window
    return Fraction(floor(high) - ceil(low) + 1) if scale.integer else high - low


def _deepest(windows: Sequence[Window]) -> str:
    """The number of fewest decimals that lies in most windows; of equal ones the least."""
    ends = sorted({end for window in windows for end in window})
    starts = dict.fromkeys(ends, 0)
    stops = dict.fromkeys(ends, 0)
    for low, high in windows:
        starts[low] += 1
        stops[high] += 1
    depth, deepest = 0, -1
    spans: list[Window] = []
    for here, following in pairwise([*ends, ends[-1]]):
        depth += starts[here]
        end = here if stops[here] else following  # a window that stops here is not in what follows
        if depth > deepest:
            deepest, spans = depth, []
        if depth == deepest:
            spans.append((here, end))
        depth -= stops[here]
    return min(
        (_fewest_decimals(low, high) for low, high in spans),
        key=lambda text: (len(text.partition(".")[2]), float(text)),
    )


def _fewest_decimals(low: Fraction, high: Fraction) -> str:
    for places in range(7):
        step = Fraction(1, 10**places)
        if (number := ceil(low / step) * step) <= high:
            return _decimal(number)
    return _decimal(low)


def _decimal(number: Fraction) -> str:
    """Of at most six places."""
    return truth_spelling.shortest_decimal(Decimal(f"{float(number):.6f}"))
