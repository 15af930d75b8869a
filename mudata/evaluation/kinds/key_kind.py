"""Keys: tonic and mode, compared by pitch class, weighted as MIREX does."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, ClassVar

from mudata.evaluation.kinds.question_kind import MeasuredValues, ScoreMeasure, mean_score, measures_of, read_by

if TYPE_CHECKING:
    from mudata.evaluation.align.alignment import Alignment
    from mudata.evaluation.kinds.question_kind import AskedItem

TONICS = ("C", "Db", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B")
"""The one spelling of each pitch class, from C on."""
MODES = ("major", "minor")
KEYS = tuple(f"{tonic} {mode}" for mode in MODES for tonic in TONICS)
_LETTERS = dict(zip("CDEFGAB", (0, 2, 4, 5, 7, 9, 11), strict=True))
_WRITTEN = re.compile(r"([A-G])([#b♯♭]*)(?: +(major|minor|other))?")


class KeyKind:
    """A key in one spelling: 'F# minor', 'Bb major'; 'D other' is of another mode (dorian).

    What `partial` gives is a tonic without a mode.
    """

    name: ClassVar[str] = "key"

    @property
    def measures(self) -> Sequence[ScoreMeasure]:
        return measures_of(self.name)

    def truth(self, text: str, asked: AskedItem) -> str:
        return spelled(text)

    def read(self, answer: str | None, asked: AskedItem) -> Alignment:

        return read_by("key", answer, asked.shown)

    def partial(self, alignment: Alignment) -> str | None:
        """The tonic, where the answer says one alone and no mode."""
        said = alignment.positives
        return said[0] if alignment.status == "UNPARSED" and len(said) == 1 and said[0] in TONICS else None

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
        options = [spelled(option) for option in asked.shown.options]
        return mean_score(self, options or KEYS, truth, asked)

    def constants(self, items: Sequence[tuple[str, AskedItem]]) -> Sequence[str]:
        return list(dict.fromkeys((*KEYS, *(truth for truth, _ in items))))


def spelled(text: str) -> str:
    """A key in the one spelling of its pitch class.

    Raises:
        ValueError: it is not a note name, a space and major, minor or other.

    Example:
        >>> spelled("Cb major"), spelled("D# minor"), spelled("E♯ minor")
        ('B major', 'Eb minor', 'F minor')
    """
    written = _WRITTEN.fullmatch(text.strip())
    if written is None or written[3] is None:
        raise ValueError(f"{text!r} is no key: a note name and major, minor or other are expected, such as 'F# minor'")
    letter, signs, mode = written.groups()
    sharps = sum(1 if sign in "#♯" else -1 for sign in signs)
    return f"{TONICS[(_LETTERS[letter] + sharps) % 12]} {mode}"


@lru_cache(maxsize=4096)
def _weighted(truth: str, value: str) -> float:
    """mir_eval takes 'C other' for parallel to C major; here a mode that is neither counts as itself alone."""
    from mir_eval import key

    if "other" in (truth + value):
        return float(truth == value)

    return float(key.weighted_score(truth, value))
