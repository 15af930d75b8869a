"""Which label was answered instead of which."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Confusion:
    """Counts by reference (rows) and by what was answered (columns):
    labels first, then what came instead of one."""

    references: tuple[str, ...]
    answers: tuple[str, ...]
    counts: Mapping[tuple[str, str], int]
    labels: Mapping[str, str]

    def row(self, reference: str) -> int:
        return sum(self.counts.get((reference, answer), 0) for answer in self.answers)

    @property
    def mistakes(self) -> list[tuple[str, str, int]]:
        """The most frequent wrong answers: reference, answer, how often."""
        wrong = [(g, a, n) for (g, a), n in self.counts.items() if g != a]
        return sorted(wrong, key=lambda mistake: (-mistake[2], mistake[:2]))[:20]


def confusion(scores: Mapping[str, Any], dataset: str, labels: Mapping[str, str]) -> Confusion | None:
    """A run's confusion of one dataset's labels, which are written so, from what scores.json says;
    None for what is no classification."""
    cells = [cell for cell in scores["confusion"] if cell["dataset"] == dataset]
    if not cells:
        return None
    references = tuple(label for label in labels if any(cell["gold"] == label for cell in cells))
    instead = sorted({cell["answer"] for cell in cells} - set(labels))
    counts = {(cell["gold"], cell["answer"]): int(cell["n"]) for cell in cells}
    return Confusion(references, (*labels, *instead), counts, labels)
