"""Tasks: from what a card wants asked to the question that a model gets.

A card says `genre: {kind: classify, namespace: genre, noun: genre}`; a prompt turns that into a
question, with the options in their published order or in one drawn once for the whole run. Kinds
with exact truth (`evaluation.kinds`) ask of every item what is its own, in the words of the kind.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from mudata.catalog.cards import loader
from mudata.errors import EvaluationError, UnknownName
from mudata.evaluation.align.alignment import Shown
from mudata.evaluation.align.label_set import LabelSet, resolve
from mudata.evaluation.kinds.kind_card import kind_card
from mudata.evaluation.kinds.kind_registry import EXACT_KINDS
from mudata.evaluation.kinds.question_kind import AskedItem
from mudata.evaluation.protocol import Kind, Question
from mudata.evaluation.tasks.exam_task import ExamTask
from mudata.evaluation.tasks.kind_wordings import kind_wordings
from mudata.evaluation.tasks.option_order import SEVERAL, OptionsOrder
from mudata.evaluation.tasks.prompts import LETTERS, Prompt, find_prompt, lint

if TYPE_CHECKING:
    from mudata.catalog.cards.exam import OptionOrder
    from mudata.catalog.cards.labels import LabelSpace
    from mudata.catalog.cards.number_scale import NumberScale
    from mudata.catalog.cards.schema import Card
    from mudata.evaluation.kinds.kind_card import KindPrompt
    from mudata.evaluation.kinds.option_marks import Marks


@dataclass(frozen=True, kw_only=True)
class Task:
    """One dataset's task with its prompt:
    everything that decides what is asked and what counts as right.

    `space` is the label namespace as the task reads it:
    kind 'single' to classify, 'multi' to tag, None for captions.
    """

    dataset: str
    name: str
    kind: Kind
    noun: str
    namespace: str | None
    space: LabelSpace | None
    prompt: Prompt
    card_sha256: str
    label_set: LabelSet | None
    """How answers are read; None for captions."""
    order: tuple[str, ...] = ()
    """Canonical ids in the order shown."""
    letters: bool = False
    """Options are shown as '(A) blues, (B) rock', and their letters are answers."""
    wordings: Mapping[bool, KindPrompt] = field(default_factory=dict)
    """Of a kind with exact truth: the words of items without options (False) and with them."""
    scale: NumberScale | None = None
    """Of kind number."""
    asks: str | None = None
    """Of kind structure: form, boundaries or segments."""
    numbered: bool = False
    """Of a kind with exact truth: options are shown as '(1) slower, (2) faster'."""
    soundfont: bool = False
    """Clips that are MIDI are played with a soundfont, by none else."""
    option_order: OptionOrder = "shuffled"
    """Of a kind with exact truth: in which order, and how often, an item's own options are shown."""
    exam: ExamTask | None = None
    """How its official rule judges answers."""

    @property
    def is_exact(self) -> bool:
        """Whether every item has a truth of its own, instead of labels or captions."""
        return self.kind in EXACT_KINDS

    def order_of(self, options: tuple[str, ...]) -> OptionOrder:
        """In which order an item's options are shown: those of an order stay as they are written, since its truth
        counts them, and those of the kind ('first', 'second') are not shuffled."""
        own = options and options != self.kind_options
        if self.kind == "order" or not (own or self.option_order == "rotations"):
            return "stored"
        return self.option_order

    @property
    def kind_options(self) -> tuple[str, ...]:
        """What is chosen from where an item has no options of its own."""
        return kind_card(self.kind).options if self.is_exact else ()

    @cached_property
    def written(self) -> dict[str, str]:
        """How each label is written for a model, by canonical id, in published order."""
        labels = self.space.vocabulary if self.space else ()
        named = {label.id: label.name or label.id for label in labels}
        return named if len(set(named.values())) == len(named) else {label.id: label.id for label in labels}

    @cached_property
    def question(self) -> Question:
        """What is asked about every clip; of a kind with exact truth, what is asked of an item
        that has no words of its own."""
        if self.is_exact:
            return self.question_of(None, self.kind_options)
        options = tuple(self.written[label] for label in self.order)
        asked = self.prompt.write(self.noun, options, letters=self.letters)
        return Question(self.kind, asked, options, self.noun, self.letters)

    def question_of(self, question: str | None, options: tuple[str, ...]) -> Question:
        """What is asked of an item of a kind with exact truth.

        Args:
            question: the item's own; None asks the kind's.
            options: in the order shown.
        """
        words = self.wordings.get(bool(options)) or next(iter(self.wordings.values()), None)
        scale, marks = self.scale, self.marks_of(options)
        unit = scale.unit if scale else ""
        return Question(
            self.kind,
            words.write(question, self.noun, options, unit) if words else self.prompt.template,
            options,
            self.noun,
            letters=marks == "letters",
            numbered=marks == "numbers",
            unit=unit,
            bounds=(scale.low, scale.high) if scale else None,
            whole=bool(scale and scale.integer),
        )

    def marks_of(self, options: tuple[str, ...]) -> Marks:
        """Which marks an item's options are shown with: those that its words choose for them, else the task's."""
        words = self.wordings.get(bool(options))
        if options and words is not None and words.unmarked:
            return words.marks(options)
        return self.usual_marks if options else "none"

    @property
    def usual_marks(self) -> Marks:
        """Those that options are shown with where nothing else is chosen for them."""
        return "letters" if self.letters else "numbers" if self.numbered else "none"

    def asked(
        self,
        prompt: str | None,
        options: tuple[str, ...],
        *,
        marks: Marks | None = None,
        clips: int = 1,
        duration_s: float | None = None,
    ) -> AskedItem:
        """What a reader and a score of a kind with exact truth know of an item.

        Args:
            prompt: as the model got it; None is the task's.
            options: in the order shown.
            marks: that these had, where they are known; None are the task's.
            clips: how many it is about.
            duration_s: of its clip, seconds.
        """
        words = self.question.prompt if prompt is None else prompt
        marks = marks or self.marks_of(options)
        shown = Shown(words, options, letters=marks == "letters", numbered=marks == "numbers")
        published = self.exam is not None and self.exam.published
        return AskedItem(
            shown=shown, scale=self.scale, asks=self.asks, clips=clips, duration_s=duration_s, published=published
        )

    @cached_property
    def shown(self) -> Shown:
        """What a model sees of it."""
        return Shown(self.question.prompt, self.order, self.letters)

    @property
    def warnings(self) -> list[str]:
        """What may spoil the answers to this prompt."""
        entries = self.label_set.entries if self.label_set else ()
        spelt = [word for entry in entries for word in entry.strict if word not in entry.foreign]
        return lint(self.prompt, self.kind, self.dataset, spelt)

    @property
    def labels_sha256(self) -> str | None:
        return self.label_set.sha256 if self.label_set else None


def bind(
    card: Card,
    name: str,
    prompt: str | None = None,
    *,
    own: Mapping[Kind, str] | None = None,
    letters: bool = False,
    shuffle_seed: int | None = None,
    options_order: OptionsOrder | None = None,
) -> Task:
    """The task of that name on a card. With a `shuffle_seed`, the options of a label set are shown in an order drawn by
    it. `options_order` is that of items' own options; None is the card's, or shuffled. `own` as for `find_prompt`.

    Raises UnknownName, EvaluationError when it has no labels to choose from,
    or more than there are letters, or when it cannot be asked in several orders.
    """
    if name not in card.tasks:
        raise UnknownName(f"task of {card.name}", name, card.tasks, "Tasks are listed by `mudata info`.")
    wanted = card.tasks[name]
    _check_order(card, name, options_order)
    if wanted.has_items:
        return _bind_exact(card, name, prompt, own, letters=letters, options_order=options_order)
    space = card.labels[wanted.namespace] if wanted.namespace else None
    if space is not None:
        if space.open:
            raise EvaluationError(
                f"Task {name!r} of {card.name} asks for {wanted.namespace}, which has no list of labels.",
                "Give the namespace a vocabulary in the card, or ask another task.",
            )
        space = space.only(wanted.labels) if wanted.labels else space
        space = space.model_copy(update={"kind": "single" if wanted.kind == "classify" else "multi"})
    words = find_prompt(prompt, wanted.kind, letters=letters, own=own)
    label_set = resolve(space) if space else None
    order = label_set.ids if label_set else ()
    if letters := letters or words.letters:
        _check_letters(card, name, wanted.kind, len(order))
    if shuffle_seed is not None:
        order = tuple(sorted(order, key=lambda label: hashlib.sha256(f"{shuffle_seed}\0{label}".encode()).digest()))
    return Task(
        dataset=card.name,
        name=name,
        soundfont=wanted.sound == "soundfont",
        kind=wanted.kind,
        noun=wanted.noun,
        namespace=wanted.namespace,
        space=space,
        prompt=words,
        card_sha256=loader.sha256(card),
        label_set=label_set,
        order=order,
        letters=letters,
    )


def _bind_exact(
    card: Card,
    name: str,
    prompt: str | None,
    own: Mapping[Kind, str] | None,
    *,
    letters: bool,
    options_order: OptionsOrder | None,
) -> Task:
    wanted = card.tasks[name]
    if letters:
        _check_letters(card, name, wanted.kind, 0)
    wordings = kind_wordings(wanted, prompt, own)
    first = next(iter(wordings.values()))
    listed = any(words.lists_options for words in wanted.prompts if words.id == first.id)
    return Task(
        dataset=card.name,
        name=name,
        soundfont=wanted.sound == "soundfont",
        kind=wanted.kind,
        noun=wanted.noun,
        namespace=None,
        space=None,
        prompt=Prompt(first.id, first.template, lists_options=listed),
        card_sha256=loader.sha256(card),
        label_set=None,
        wordings=wordings,
        scale=wanted.scale,
        asks=wanted.asks,
        letters=any(words.letters for words in wordings.values()),
        numbered=any(words.numbered for words in wordings.values()),
        exam=ExamTask.of(card, name),
        option_order="stored" if options_order == "published" else options_order or wanted.order or "shuffled",
    )


def _check_order(card: Card, name: str, order: OptionsOrder | None) -> None:
    """Only options of an item's own can be rotated or left out, and those of an order cannot."""
    kind = card.tasks[name].kind
    if order in SEVERAL and kind in ("classify", "tag", "caption", "order"):
        raise EvaluationError(
            f"Task {name!r} of {card.name} is of kind {kind}, whose items have no options of their own to show in "
            "several orders."
            if kind != "order"
            else f"Task {name!r} of {card.name} asks for an order, which counts its options as they are written.",
            "Leave out --options-order.",
        )


def _check_letters(card: Card, name: str, kind: Kind, options: int) -> None:
    if kind != "classify":
        raise EvaluationError(
            f"Task {name!r} of {card.name} is to {kind}, and letters are for questions with one answer.",
            "Ask it without --letters.",
        )
    if options > len(LETTERS):
        raise EvaluationError(
            f"Task {name!r} of {card.name} has {options} options, and there are {len(LETTERS)} letters.",
            "Ask it without --letters.",
        )


def bind_all(
    cards: Sequence[Card],
    name: str | None,
    *,
    stratify: Sequence[str] = (),
    prompt: str | None = None,
    own: Mapping[Kind, str] | None = None,
    letters: bool = False,
    shuffle_seed: int | None = None,
    options_order: OptionsOrder | None = None,
) -> list[Task]:
    """The task `name` of every card. Without a name: the only one that all cards have, or among
    several the one that the split was stratified by.

    Raises EvaluationError when that leaves a choice or none,
    or when the cards mean different kinds of task.
    """
    chosen = name or _only_task(cards, stratify)
    tasks = [
        bind(card, chosen, prompt, own=own, letters=letters, shuffle_seed=shuffle_seed, options_order=options_order)
        for card in cards
    ]
    if len({task.kind for task in tasks}) > 1:
        kinds = ", ".join(f"{task.dataset}: {task.kind}" for task in tasks)
        raise EvaluationError(
            f"Task {chosen!r} is not the same kind of question everywhere ({kinds}).",
            "Evaluate the datasets one by one.",
        )
    return tasks


def _only_task(cards: Sequence[Card], stratify: Sequence[str]) -> str:
    common = [name for name in cards[0].tasks if all(name in card.tasks for card in cards)]
    named = [n for n in common if n in stratify]
    drawn_for = [n for n in common if n in stratify or cards[0].tasks[n].namespace in stratify]
    for candidates in (common, drawn_for, named):
        if len(candidates) == 1:
            return candidates[0]
    have = "; ".join(f"{card.name}: {', '.join(card.tasks) or 'no task'}" for card in cards)
    raise EvaluationError(f"It is not clear what to ask ({have}).", "Choose one with --task.")
