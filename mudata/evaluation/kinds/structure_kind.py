"""Structures: the form as letters, the boundaries of sections in seconds, or both."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, ClassVar

from mudata.catalog.read import truth_spelling
from mudata.evaluation.kinds.question_kind import MeasuredValues, ScoreMeasure, mean_score, measures_of
from mudata.evaluation.kinds.segmentation import (
    WINDOWS,
    Segments,
    boundary_f,
    form_similarity,
    forms_of,
    guessed_boundary_f,
    label_agreement,
)
from mudata.evaluation.readers.forms import relettered

if TYPE_CHECKING:
    from mudata.evaluation.align.alignment import Alignment
    from mudata.evaluation.kinds.question_kind import AskedItem

_TRUTHS = 30
"""So many of the commonest truths are tried as constant answers."""
_GRID_S = (1, 2, 3, 4, 5, 6, 8, 10, 12, 15, 20)
"""Boundaries every so many seconds are tried as constant answers: dense ones hit many windows."""


class StructureKind:
    """What a task asks for decides the spelling: form 'ABA'; boundaries '8.000 16.000', the inner ones in seconds;
    segments '0.000 A 8.000 B 16.000 A 24.000'. Letters are given in the order of first appearance."""

    name: ClassVar[str] = "structure"

    @property
    def measures(self) -> Sequence[ScoreMeasure]:
        return measures_of(self.name)

    def truth(self, text: str, asked: AskedItem) -> str:
        match asked.asks:
            case "form":
                return relettered(truth_spelling.form(text))
            case "boundaries":
                return Segments.of_boundaries(truth_spelling.boundaries(text), _duration(asked)).boundaries_text
            case "segments":
                return Segments.of_text(truth_spelling.segments(text)).text
            case other:
                raise ValueError(f"a structure is asked for its form, boundaries or segments, not {other!r}")

    def read(self, answer: str | None, asked: AskedItem) -> Alignment:
        from mudata.evaluation.readers.sections import read_structure

        return read_structure(answer, asked.shown, asked.asks or "form", asked.duration_s)

    def partial(self, alignment: Alignment) -> str | None:
        return None

    def score(self, value: str | None, truth: str, asked: AskedItem) -> MeasuredValues:
        return _score(value, truth, asked.asks or "form", asked.duration_s)

    def guess(self, truth: str, asked: AskedItem) -> MeasuredValues:
        """Forms: among the options shown, else all forms of as many sections. Boundaries: as many as there are, each
        anywhere in the clip. A guess of both says nothing of the agreement of labels."""
        if asked.asks == "form":
            options = [relettered(option) for option in asked.shown.options] or forms_of(len(truth))
            return mean_score(self, options, truth, asked) if options else {}
        if asked.asks == "boundaries":
            return guessed_boundary_f(Segments.of_boundaries(truth, _duration(asked)))
        segments = Segments.of_text(truth)
        forms = forms_of(len(segments.labels))
        scored = [(form == segments.form, form_similarity(form, segments.form)) for form in forms]
        means = {
            name: sum(one[i] for one in scored) / len(scored)
            for i, name in enumerate(("accuracy", "form_similarity"))
            if scored
        }
        return {**means, **guessed_boundary_f(segments)}

    def constants(self, items: Sequence[tuple[str, AskedItem]]) -> Sequence[str]:
        common = [truth for truth, _ in Counter(truth for truth, _ in items).most_common(_TRUTHS)]
        asks = {asked.asks for _, asked in items}
        longest = max((asked.duration_s or 0.0 for _, asked in items), default=0.0)
        grids = [[float(step * i) for i in range(1, int(longest // step) + 1)] for step in _GRID_S if step < longest]
        if asks == {"boundaries"}:
            return list(dict.fromkeys((*common, *(" ".join(f"{at:.3f}" for at in grid) for grid in grids))))
        if asks == {"segments"}:
            return list(dict.fromkeys((*common, f"0.000 A {longest:.3f}")))
        return common


def _duration(asked: AskedItem) -> float:
    if not asked.duration_s:
        raise ValueError("the length of the clip is not known, within which boundaries lie")
    return asked.duration_s


@lru_cache(maxsize=131072)
def _score(value: str | None, truth: str, asks: str, duration_s: float | None) -> dict[str, float]:
    if asks == "form":
        said = relettered(value) if value else ""
        return {"accuracy": float(said == truth), "form_similarity": form_similarity(said, truth) if said else 0.0}
    if asks == "boundaries":
        right = Segments.of_boundaries(truth, duration_s or 0.0)
        given = None if value is None else Segments.of_boundaries(value, right.end, cut=True)
        return {name: boundary_f(right, given, window) if given else 0.0 for name, window in WINDOWS.items()}
    right = Segments.of_text(truth)
    if value is None:
        names = ("accuracy", "form_similarity", *WINDOWS, "pairwise_f", "v_measure")
        return dict.fromkeys(names, 0.0)
    given = Segments.of_text(value).cut(right.end)
    return {
        "accuracy": float(given.form == right.form),
        "form_similarity": form_similarity(given.form, right.form),
        **{name: boundary_f(right, given, window) for name, window in WINDOWS.items()},
        **label_agreement(right, given),
    }
