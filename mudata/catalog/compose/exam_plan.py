"""What an exam consists of before anything is played: its pieces, and what is asked of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from mudata.catalog.cards.card_task import LEVELS
from mudata.errors import ArgumentError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mudata.catalog.cards.card_task import Level
    from mudata.catalog.compose.piece import ComposedPiece
    from mudata.catalog.render.renderer import EngineName

MOST = 10_000
"""Pieces, or pairs of them, that an exam has at most: a share of so many has an interval of one point."""


@dataclass(frozen=True, kw_only=True)
class ExamRequest:
    """Which exam is wanted; everything in it follows from this."""

    exam: str
    seed: int
    n: int
    """Pieces, or pairs of them, as `ComposedExam.unit` says."""
    level: Level = "standard"
    engine: EngineName = "embedded"
    soundfont_sha256: str = ""

    @property
    def dataset(self) -> str:
        """The name of the dataset that holds the exam: whoever composes the same exam finds it.

        >>> ExamRequest(exam="key", seed=7, n=48, level="hard").dataset
        'composed_key_7_48_hard'
        >>> ExamRequest(exam="timbre", seed=7, n=60, engine="fluidsynth", soundfont_sha256="c5378b62028c").dataset
        'composed_timbre_7_60_fluid_c5378b62'
        """
        level = "" if self.level == "standard" else f"_{self.level}"
        player = {"tinysoundfont": "tiny", "fluidsynth": "fluid"}.get(self.engine)
        engine = f"_{player}_{self.soundfont_sha256[:8]}" if player else ""
        return f"composed_{self.exam}_{self.seed}_{self.n}{level}{engine}"


@dataclass(frozen=True, kw_only=True)
class ComposedItem:
    """A row of the index's `items`; ids without the dataset."""

    id: str
    task: str
    clips: tuple[str, ...]
    truth: str
    cluster: str
    category: str | None = None
    question: str | None = None
    options: tuple[str, ...] = ()


@dataclass(frozen=True)
class ExamPlan:
    """The pieces in the order of their ids, and the questions about them."""

    pieces: tuple[ComposedPiece, ...]
    items: tuple[ComposedItem, ...]


class Planning(Protocol):
    """Plans the pieces and items of an exam; `n` is a multiple of what its balance needs."""

    def __call__(self, seed: int, n: int, level: Level, /) -> ExamPlan: ...


class ItemsHeard(Protocol):
    """Makes items of what was measured on the clips of a plan; those that differ too little are left out."""

    def __call__(
        self, plan: ExamPlan, level: Level, values: Mapping[str, Mapping[str, float]], /
    ) -> tuple[ComposedItem, ...]: ...


@dataclass(frozen=True, kw_only=True)
class ComposedExam:
    """One exam. `version` rises when the same seed would give another exam."""

    name: str
    title: str
    version: int
    plan: Planning
    balanced: Mapping[Level, Mapping[str, int]]
    """What comes equally often, and how many of it there are, as a refusal tells it: {'keys': 24}; by level."""
    tasks: Mapping[str, Mapping[str, Any]]
    """As a card has them."""
    tags: Sequence[str] = ()
    """Of its card, beside `exam`: what it is about, in the words that datasets are listed by."""
    unit: str = "pieces"
    """What n counts."""
    needs_soundfont: bool = False
    standard: int = 120
    """n of the standard edition."""
    labels: Mapping[str, Sequence[Mapping[str, object]]] = field(default_factory=dict)
    """Vocabularies by namespace, as a card has them, where the exam asks for labels."""
    items_heard: ItemsHeard | None = None
    """Items whose truth is measured on the samples; None: the plan has the items."""

    def require(self, n: int, level: Level) -> None:
        """Raise ArgumentError, with the numbers, unless n can be balanced."""
        need = self.multiple(level)
        told = " and ".join(f"{count} {what}" for what, count in self.balanced[level].items())
        if n < 1 or n % need or n > MOST:
            last = MOST // need * need
            low, high = n // need * need, (n // need + 1) * need
            ways = ", ".join(str(w) for w in (low, high) if need <= w <= last) or str(last if n > MOST else need)
            raise ArgumentError(
                f"{self.name}: {n} {self.unit} cannot have {told} equally often; that takes a multiple of {need}, from"
                f" {need} to {last}.",
                f"Ask for {ways.replace(', ', ' or ')}.",
            )

    def multiple(self, level: Level) -> int:
        """n is a multiple of it."""
        from math import lcm

        return lcm(*self.balanced[level].values())


def same(balanced: Mapping[str, int]) -> dict[Level, Mapping[str, int]]:
    """The same balance at every level."""
    return dict.fromkeys(LEVELS, balanced)
