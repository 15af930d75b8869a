"""What of an exam's card decides how answers to one of its tasks are judged, as run.json keeps it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from pydantic import BaseModel, ConfigDict

from mudata.catalog.cards.exam import Aggregate, Combine, OptionOrder
from mudata.catalog.read.editions import items_edition
from mudata.evaluation.official_rules.rule_registry import find_rule

if TYPE_CHECKING:
    from mudata.catalog.cards.schema import Card
    from mudata.catalog.read.dataset_contents import ItemFiles


class ExamTask(BaseModel):
    """A task with an official rule, or of an exam."""

    model_config = ConfigDict(frozen=True, extra="ignore", defer_build=True)

    version: str | None = ""
    """The card's edition of the items; '' where the card is no exam's, None where nobody knows whose the items are."""
    items_sha256: dict[str, str] = {}
    """Which item files the items are from, by path: empty where that is not known."""
    other_sha256: tuple[str, ...] = ()
    """The sums of files that are another edition than the card's."""
    published: bool = False
    """Items are asked as they were published: with options of one text, or a truth that is none of them."""
    rule: str | None = None
    rule_settings: dict[str, str | int | float | bool | tuple[str, ...]] = {}
    strip: tuple[str, ...] = ()
    combine: Combine = "none"
    order: OptionOrder | None = None
    """In which order its authors show options."""
    prompt: str | None = None
    """Id of its authors' words."""
    aggregate: Aggregate = Aggregate()
    faults: dict[str, tuple[str, ...]] = {}
    """By id of an item within its dataset, what is known to be wrong with it."""

    @classmethod
    def of(cls, card: Card, name: str) -> Self | None:
        """None of a task without an official rule, of a card that is no exam's. Raises UnknownName for a rule that
        there is not."""
        task, exam = card.tasks[name], card.exam
        if exam is None and task.rule is None:
            return None
        if task.rule is not None:
            find_rule(task.rule)
        known: dict[str, tuple[str, ...]] = {}
        for fault in exam.faults if exam else ():
            for item in fault.ids:
                known[item] = (*known.get(item, ()), fault.kind)
        return cls(
            version=exam.version if exam else "",
            published=exam is not None,
            rule=task.rule,
            rule_settings=dict(task.rule_settings),
            strip=task.strip,
            combine=task.combine,
            order=task.order,
            prompt=task.prompts[0].id if task.prompts else None,
            aggregate=exam.aggregate if exam else Aggregate(),
            faults=known,
        )

    def of_items(self, card: Card, name: str, files: ItemFiles) -> Self:
        """The same, asked of items from these files."""
        edition = items_edition(card, name, files)
        return self.model_copy(update={"items_sha256": edition.items_sha256, "other_sha256": edition.other})

    def of_unknown_items(self) -> Self:
        """The same, asked of items that somebody else has: nobody knows of which edition."""
        return self.model_copy(update={"version": None} if self.version else {})

    @property
    def edition(self) -> str | None:
        """The edition of the items in words; None where it is not known."""
        if not self.other_sha256:
            return self.version
        sums = ", ".join(sha256[:12] for sha256 in self.other_sha256)
        return f"{self.version} (another edition: sha256 {sums})"

    def stripped(self, answer: str | None) -> str | None:
        """An answer as the official rule reads it: without the words of `strip` that stand before it, one after the
        other in their order.

        Example:
            >>> exam = ExamTask(strip=("The correct answer is:",))
            >>> exam.stripped("The correct answer is: a lute. "), exam.stripped(" B: the correct answer is: a lute")
            ('a lute. ', ' B: the correct answer is: a lute')
        """
        if answer is None:
            return None
        for words in self.strip:
            before = answer.lstrip()
            if before.startswith(words):
                answer = before[len(words) :].lstrip()
        return answer
