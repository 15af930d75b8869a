"""Conditions under which a suite asks each of its exams: as it is, with its options in other orders, and blind.

A suite that names conditions asks every exam once under each that fits: an order of options wants options, leaving one
out wants enough of them. A condition that a model cannot be asked under is passed over for it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import PositiveInt

from mudata.catalog.cards import card_files, loader
from mudata.catalog.cards.strict_model import Strict
from mudata.catalog.index import database
from mudata.evaluation.inference.controls import Control
from mudata.evaluation.tasks.option_order import SEVERAL, OptionsOrder

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mudata.catalog.cards.card_task import CardTask
    from mudata.catalog.cards.schema import Card
    from mudata.evaluation.protocol import ModelCapabilities
    from mudata.home import Home

OF_OPTIONS = ("choose", "pair")
"""Kinds whose items have options that can be shown in several orders."""


class Condition(Strict):
    """One way to ask an exam. Without `options_order` options are shown as the exam shows them, without `control` its
    clips are played."""

    title: str
    control: Control | None = None
    options_order: OptionsOrder | None = None
    least_options: PositiveInt | None = None
    """Only exams of which every item has so many."""

    def fits(self, home: Home, dataset: str, task_name: str) -> bool:
        """Whether an exam's items can be asked so, as they are indexed."""
        if self.options_order in SEVERAL and loader.load(dataset).tasks[task_name].kind not in OF_OPTIONS:
            return False
        return self.least_options is None or least_options(home, dataset, task_name) >= self.least_options

    def suits(self, capabilities: ModelCapabilities) -> bool:
        """Whether it says anything of a model: one that never listens has no control, one that only reads is asked by
        words alone, and nobody is asked by words alone whose prompt has a place for a clip."""
        if self.control == "no-audio":
            return capabilities.audio_optional
        return not capabilities.reads_only and (self.control is None or capabilities.needs_audio)

    def order_of(self, task: CardTask) -> OptionsOrder:
        """In which order an exam's options are shown under it."""
        order = self.options_order or task.order or "shuffled"
        return "published" if order == "stored" else order


def least_options(home: Home, dataset: str, task: str) -> int:
    """How many options that item has which has fewest; 0 where some have none, or none is indexed."""
    if database.current_generation(home, dataset) is None:
        return 0
    with database.snapshot(home) as connection:
        query = "SELECT min(coalesce(len(options), 0)) FROM items WHERE dataset = ? AND task = ?"
        found = connection.execute(query, [dataset, task]).fetchone()
    return int(found[0]) if found and found[0] is not None else 0


def exam_cards() -> Iterator[Card]:
    """The cards that are exams, by name; those that cannot be read are passed over."""
    for path in card_files.files().values():
        if "\nexam:" in path.read_text("utf-8", "replace"):  # most cards are none, and take long to read whole
            with loader.passing_over(path):
                card = loader.load(path.stem)
                if card.exam is not None:
                    yield card
