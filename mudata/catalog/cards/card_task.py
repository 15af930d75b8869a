"""The questions that an evaluation can ask of a dataset, as its card says them.

Kinds with labels (classify, tag) ask of a namespace, caption of texts. All others have a truth of their own for every
item: an attribute of clips (`attribute`; every clip that has it is an item), or rows of the card's `items` that name
the task.
"""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, PositiveFloat, PositiveInt, model_validator

from mudata.catalog.cards.exam import Combine, OptionOrder, TaskPrompt
from mudata.catalog.cards.number_scale import NumberScale
from mudata.catalog.cards.strict_model import Extended, Name, Select, Strict, Texts

OF_ITEMS = ("number", "key", "metre", "choose", "pair", "order", "structure", "open")
"""Kinds whose items have a truth of their own."""

OF_ATTRIBUTES = ("number", "key", "metre", "structure")
"""Those of them that one value can answer, without options and without a second clip."""

Level = Literal["easy", "standard", "hard"]
LEVELS: tuple[Level, ...] = ("easy", "standard", "hard")
"""How hard items are, where they say it in these words: tables and charts keep this order."""

PAIR_OPTIONS = ("first", "second")
"""The options of a pair that has none of its own."""


class Items(Strict):
    """Questions about one clip or several, each with its own truth.

    `select` gives id, task (one of the card's), clips (a list of ids of clips in the order they are heard, or one id)
    and truth; and may give question (in place of the kind's own), options (a list), category, cluster (what items
    share that are no independent evidence) and difficulty.
    """

    select: Select


class Transposition(Strict):
    """Clips that are MIDI beside themselves in another key: the second is one of these many `semitones` higher, drums
    not, and of both the first `seconds` are heard."""

    semitones: Annotated[tuple[PositiveInt, ...], Field(min_length=2)]
    seconds: PositiveFloat


class CardTask(Extended):
    """A question that an evaluation asks: of labels (`namespace`), of captions, or of items."""

    LATER = frozenset(
        {"attribute", "scale", "asks", "sound", "transposed"}
        | {"prompts", "order", "strip", "rule", "rule_settings", "combine"}
    )

    kind: Literal[
        "classify", "tag", "caption", "number", "key", "metre", "choose", "pair", "order", "structure", "open"
    ]
    namespace: str | None = None
    noun: str
    """What is asked for, in the singular: 'genre', 'mood'."""
    labels: Texts = ()
    """Only these of the namespace are options (canonical ids); none named means all of them."""
    attribute: str | None = None
    """The attribute that has the truth; without it, `items` of this task have it."""
    scale: NumberScale | None = None
    """Of kind number: unit, and how near an answer must be."""
    asks: Literal["form", "boundaries", "segments"] | None = None
    """Of kind structure: letters of the sections (ABA), seconds where one ends, or both."""
    sound: Literal["soundfont"] | None = None
    """Of clips that are MIDI: instruments have to sound as they do, which the embedded synthesiser's do not."""
    transposed: Transposition | None = None
    """Of kind number: every clip that has the attribute is heard beside itself, so many semitones higher, and that is
    the truth."""
    prompts: tuple[TaskPrompt, ...] = ()
    """Of an exam: its authors' words, the default first; those of the kind can be had by their ids."""
    order: OptionOrder | None = None
    """In which order options are shown; None: shuffled by the seed."""
    strip: Texts = ()
    """What stands before an answer and is taken off before the official rule reads it: 'The correct answer is:'."""
    rule: Name | None = None
    """The official rule that judges answers beside our own reading: a name of `official_rules.RULES`."""
    rule_settings: dict[Name, str | int | float | bool | tuple[str, ...]] = {}
    combine: Combine = "none"

    @model_validator(mode="after")
    def _of_its_kind(self) -> Self:
        labelled = self.kind in ("classify", "tag")
        if labelled and self.namespace is None:
            raise ValueError(f"a task of kind {self.kind} wants a namespace of `labels`")
        only_of = {
            "namespace": ("classify", "tag"),
            "labels": ("classify", "tag"),
            "attribute": OF_ATTRIBUTES,
            "scale": ("number",),
            "asks": ("structure",),
            "transposed": ("number",),
        }
        for name, kinds in only_of.items():
            if getattr(self, name) and self.kind not in kinds:
                raise ValueError(f"{name} is for tasks of kind {' or '.join(kinds)}, not {self.kind}")
        if self.kind == "number" and self.scale is None:
            raise ValueError("a task of kind number wants a scale, such as {unit: bpm, tolerance: 0.04, high: 400}")
        if self.transposed and self.attribute is None:
            raise ValueError("transposed wants an attribute: clips that have it are asked about")
        if self.kind == "open" and self.rule is None:
            raise ValueError("a task of kind open wants a rule: nothing else says what an answer is worth")
        if self.kind == "structure" and self.asks is None:
            raise ValueError("a task of kind structure wants asks: form, boundaries or segments")
        return self

    @property
    def has_items(self) -> bool:
        """Whether every item has a truth of its own."""
        return self.kind in OF_ITEMS

    def __str__(self) -> str:
        """The kind, with what it asks of where the kind alone does not say it."""
        of = f"of attribute {self.attribute}" if self.attribute else "of items" if self.has_items else ""
        unit = self.scale.unit if self.scale else self.asks
        order = f"options {self.order}" if self.order else ""
        said = ", ".join(filter(None, [unit, of, order, self.rule and f"rule {self.rule}"]))
        return f"{self.kind} ({said})" if said else self.kind
