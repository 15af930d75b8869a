"""Keys: tonic and mode, compared by pitch class, weighted as MIREX does."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, ClassVar

from mudata.catalog.read import truth_spelling
from mudata.evaluation.kinds.question_kind import MeasuredValues, ScoreMeasure, mean_score, measures_of

if TYPE_CHECKING:
    from mudata.evaluation.align.alignment import Alignment
    from mudata.evaluation.kinds.question_kind import AskedItem

KEYS = tuple(f"{tonic} {mode}" for mode in ("major", "minor") for tonic in truth_spelling.TONICS)


class KeyKind:
    """A key in one spelling: 'F# minor', 'Bb major'; 'D other' is of another mode (dorian).

    What `partial` gives is a tonic without a mode.
    """

    name: ClassVar[str] = "key"

    @property
    def measures(self) -> Sequence[ScoreMeasure]:
        return measures_of(self.name)

    def truth(self, text: str, asked: AskedItem) -> str:
        return truth_spelling.key(text)

    def read(self, answer: str | None, asked: AskedItem) -> Alignment:

        from mudata.evaluation.readers.key import read_key

        return read_key(answer, asked.shown)

    def partial(self, alignment: Alignment) -> str | None:
        """The tonic, where the answer says one alone and no mode."""
        said = alignment.positives
        return said[0] if alignment.rule_id == "half" and len(said) == 1 else None

    def score(self, value: str | None, truth: str, asked: AskedItem) -> MeasuredValues:
        if value is None:
            return dict.fromkeys(("accuracy", "mirex", "tonic_accuracy"), 0.0)
        tonic, _, mode = value.partition(" ")
        return {
            "accuracy": float(value == truth),
            "mirex": _weighted(truth, value) if mode else 0.0,
            "tonic_accuracy": float(tonic == truth.partition(" ")[0]),
        }

    def guess(self, truth: str, asked: AskedItem) -> MeasuredValues:
        """Among the options shown, else the 24 keys."""
        options = [truth_spelling.key(option) for option in asked.shown.options]
        return mean_score(self, options or KEYS, truth, asked)

    def constants(self, items: Sequence[tuple[str, AskedItem]]) -> Sequence[str]:
        return list(dict.fromkeys((*KEYS, *(truth for truth, _ in items))))


@lru_cache(maxsize=4096)
def _weighted(truth: str, value: str) -> float:
    """mir_eval takes 'C other' for parallel to C major; here a mode that is neither counts as itself alone."""
    from mir_eval import key

    if "other" in (truth + value):
        return float(truth == value)

    return float(key.weighted_score(truth, value))
