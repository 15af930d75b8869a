"""The words of a kind of question: `cards/kinds/*.yaml`.

name: pair
title: one of two clips
options: [first, second]          # what is chosen from where an item has no options of its own
prompts:
  - id: pair-1
    options: true                 # it shows options
    question: Which is the {noun}?
    template: "Listen to the two clips of music. {question} Choose one of these: {options}."
measures:                         # the headline first
  accuracy: {title: accuracy, recipe: answers that choose the right clip / all}
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import cache
from itertools import zip_longest
from string import ascii_uppercase
from typing import Annotated, Literal

from pydantic import Field

from mudata.catalog.cards import card_files, loader
from mudata.catalog.cards.strict_model import Name, Strict
from mudata.errors import UnknownName
from mudata.evaluation.kinds.option_marks import Marks, option_marks

_STYLES: Mapping[Marks, str] = {
    "numbers": "({number}) {option}",
    "letters": "({letter}) {option}",
    "none": "{option}",
}
_PLACE = re.compile(r"\{(\w+)\}")


class KindPrompt(Strict):
    """The words around a question. A template never changes: another one gets another id, after those that are there.

    `template` has {question}, and may have {noun}, {unit} and {options}; `question` is asked where the item has none of
    its own. `asks` (part of a structure), `options` (some are shown) and `integer` (a whole number) say what it is for.
    """

    id: Annotated[str, Field(pattern=r"^[a-z0-9-]+$")]
    template: Annotated[str, Field(pattern=r"\{question\}")]
    question: str
    asks: Name | None = None
    options: bool = False
    numbered: bool = False
    """Options are shown as '(1) first, (2) second', and a number may be the answer."""
    unmarked: Annotated[str | None, Field(pattern=r"\{options\}")] = None
    """The template for options that no mark goes with, on lines of their own. Where a prompt has one, each item's
    options choose their marks (`option_marks`); else they are numbered whatever they are."""
    integer: bool = False
    option: str | None = None
    """How one option is shown, with {letter}, {number} and {option}: the words of an exam's authors."""
    join: str = ", "
    """What stands between options."""

    @property
    def letters(self) -> bool:
        """Whether options are shown with letters, so that a letter may be the answer."""
        return self.option is not None and "{letter}" in self.option

    def marks(self, options: Sequence[str]) -> Marks:
        """Which marks these options are shown with."""
        if self.option is not None:
            return "letters" if self.letters else "numbers" if "{number}" in self.option else "none"
        if not self.numbered:
            return "none"
        return option_marks(tuple(options)) if self.unmarked else "numbers"

    def write(self, question: str | None, noun: str, options: Sequence[str] = (), unit: str = "") -> str:
        """The whole prompt.

        Args:
            question: of the item, which is asked as it is; None asks the kind's own.
            noun: what is asked for, in the singular.
            options: to choose from, as written, in the order shown.
            unit: of a number.

        Example:
            >>> kind_card("pair").prompts[0].write(None, "brighter clip", ("first", "second"))[34:97]
            'Which is the brighter clip? Choose exactly one of these: first,'
        """
        marks = self.marks(options)
        style = self.option or _STYLES[marks]
        lines = self.unmarked if marks == "none" else None
        shown = [
            _filled(style, {"letter": letter, "number": str(i), "option": option})
            for i, (letter, option) in enumerate(zip_longest(ascii_uppercase[: len(options)], options, fillvalue=""), 1)
        ]
        known = {"noun": noun, "unit": unit, "options": ("\n" if lines else self.join).join(shown)}
        return _filled(lines or self.template, {**known, "question": question or _filled(self.question, known)})


def _filled(template: str, places: Mapping[str, str]) -> str:
    """A template with its places filled once: braces in what fills them stay as they are."""
    return _PLACE.sub(lambda place: places.get(place[1], place[0]), template)


class MeasureWords(Strict):
    """A score in words: its title in tables, and exactly what it counts."""

    title: str
    recipe: str
    style: Literal["percent", "number"] = "number"
    """How tables write it: shares of items as 73.8 %, means of what items are worth as .738."""


class KindCard(Strict):
    """A kind of question in words; its truth, reading and scores are a module beside this one."""

    name: Name
    title: str
    options: tuple[str, ...] = ()
    prompts: Annotated[tuple[KindPrompt, ...], Field(min_length=1)]
    measures: Annotated[dict[str, MeasureWords], Field(min_length=1)]

    def prompt(self, *, asks: str | None = None, options: bool = False, integer: bool = False) -> KindPrompt:
        """The default words for a question.

        Args:
            asks: which part of a structure.
            options: whether some are shown.
            integer: whether a whole number is asked for.

        Raises:
            UnknownName: the kind has no words for that.
        """
        fitting = [p for p in self.prompts if (p.asks, p.options) == (asks, options)]
        for wanted in (integer, False):
            for prompt in fitting:
                if prompt.integer == wanted:
                    return prompt
        wanted_words = f"{asks or 'questions'} {'with' if options else 'without'} options"
        known = [f"{p.asks or 'questions'} {'with' if p.options else 'without'} options" for p in self.prompts]
        raise UnknownName(f"wording of kind {self.name}", wanted_words, known, "Words are in cards/kinds.")


@cache
def kind_card(name: str) -> KindCard:
    """The words of a built-in kind. Raises UnknownName, CardError."""
    path = card_files.BUILT_IN / "kinds" / f"{name}.yaml"
    if not path.is_file():
        known = [file.stem for file in path.parent.glob("*.yaml")]
        raise UnknownName("kind of question", name, sorted(known), "Kinds are files in cards/kinds.")
    return loader.parse(path, KindCard)


@cache
def kind_prompts() -> Mapping[str, KindPrompt]:
    """The prompts of all kinds by their ids."""
    cards = [kind_card(path.stem) for path in sorted((card_files.BUILT_IN / "kinds").glob("*.yaml"))]
    return {prompt.id: prompt for card in cards for prompt in card.prompts}
