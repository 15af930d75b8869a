"""What all exams decide alike of a piece, by level of difficulty: the idiom, beat, syncopation and mix."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mudata.catalog.compose.draws import Draws
from mudata.catalog.compose.idioms import IDIOMS
from mudata.catalog.compose.piece import ComposedPiece
from mudata.catalog.compose.progressions import MODES, Mode

if TYPE_CHECKING:
    from mudata.catalog.cards.card_task import Level

KEYS: tuple[tuple[int, Mode], ...] = tuple((tonic, mode) for mode in MODES for tonic in range(12))
"""All 24."""

SECONDS = 20
"""Nominal length of a piece."""


class Series:
    """The choices of an exam's pieces that are balanced over all of them: idioms, keys, and what an exam adds."""

    def __init__(self, seed: int, exam: str, n: int) -> None:
        self.seed, self.exam, self.n = seed, exam, n
        self.idioms = self.draws("idioms").rounds([idiom.name for idiom in IDIOMS], n)
        self.keys = self.draws("keys").rounds(KEYS, n)

    def draws(self, *what: str | int) -> Draws:
        return Draws(self.seed, self.exam, *what)

    def source(self, number: int) -> str:
        """The key of a piece's notes."""
        return f"{self.seed}/{self.exam}/{number}"

    def clip(self, number: int) -> str:
        """The id of a clip."""
        return f"{self.exam}.{number + 1:04d}"

    def piece(self, number: int, clip: int | None = None, **choices: Any) -> ComposedPiece:
        """The piece of one source, in the idiom and key that are dealt to it unless `choices` say otherwise; `clip` is
        the number of the clip, where a source has several."""
        tonic, mode = self.keys[number]
        dealt: dict[str, Any] = {"idiom": self.idioms[number], "tonic": tonic, "mode": mode}
        own = self.clip(number if clip is None else clip)
        return ComposedPiece(id=own, source=self.source(number), **dealt | choices)


def of_level(level: Level, draws: Draws) -> dict[str, Any]:
    """Arguments of `ComposedPiece`: the harder, the less do drums and bass show the beat, the more is syncopated."""
    if level == "easy":
        return {"beat": "steady", "syncopation": 0}
    if level == "standard":
        return {"beat": "steady" if draws.chance(60) else "plain", "syncopation": 1}
    return {"beat": "halved" if draws.chance(50) else "plain", "syncopation": 2, "gains": {"drums": 0.45}}
