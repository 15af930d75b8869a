"""What an official rule is: an answer and the item it is for go in, a verdict comes out."""

from __future__ import annotations

import string
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import NamedTuple, Protocol

from mudata.errors import EvaluationError
from mudata.json_files import WRONG_SHAPE

LETTERS = string.ascii_uppercase
"""Letters by the place of an option in the order shown."""


class JudgedItem(NamedTuple):
    """What was asked, as far as a rule looks at it.

    options: texts of the options as shown, in the order shown in this pass; () for an open question.
    gold: the text of the right option, or the published truth as text (a list as JSON).
    settings: the card's `rule_settings` with the item's own (tolerance, canonical lines, task_identifier, ...).
    """

    options: tuple[str, ...] = ()
    gold: str = ""
    question: str = ""
    category: str = ""
    settings: Mapping[str, object] = MappingProxyType({})


class Verdict(NamedTuple):
    """What a rule makes of an answer.

    credit: between 0 and 1; None where the authors leave this answer out of n.
    low, high: what chance could make of it where the authors draw; both are the credit where nothing is
        drawn, and the credit is the expectation. Of an answer left out they are 0 and 1.
    chosen: the text of the option that the rule takes the answer for, where it chooses one.
    evidence: one line: what in the answer decided.
    """

    credit: float | None
    low: float
    high: float
    chosen: str | None
    evidence: str


class OfficialRule(Protocol):
    """A rule by its name. `source`: 'owner/repo@commit path'. `recipe`: what it does, in words. `misreads`: what it
    credits that was not meant, and the other way round. `needs`: what it cannot judge without; '' for nothing."""

    @property
    def name(self) -> str: ...
    @property
    def title(self) -> str: ...
    @property
    def source(self) -> str: ...
    @property
    def recipe(self) -> str: ...
    @property
    def misreads(self) -> str: ...
    @property
    def needs(self) -> str: ...

    def judge(self, answer: str | None, item: JudgedItem) -> Verdict:
        """The verdict on an answer; None is an answer that failed: wrong, unless the authors drop such items.

        Raises EvaluationError where the item lacks what the rule looks at."""
        ...


@dataclass(frozen=True, kw_only=True)
class WrittenRule:
    """A rule whose decision is one function of the text. `none_leaves_n`: the authors drop items without an answer."""

    name: str
    title: str
    source: str
    recipe: str
    misreads: str
    decide: Callable[[str, JudgedItem], Verdict]
    needs: str = ""
    none_leaves_n: bool = False

    def judge(self, answer: str | None, item: JudgedItem) -> Verdict:
        if answer is None:
            return left_out("no answer: dropped from n") if self.none_leaves_n else wrong("no answer")
        try:
            return self.decide(answer, item)
        except WRONG_SHAPE as error:  # of a truth or settings that are none; every answer has a verdict
            raise EvaluationError(
                f"The rule {self.name} cannot judge by the truth {item.gold[:60]!r} and its settings: "
                f"{type(error).__name__}: {error}.",
                "Correct the answer or the settings in the exam's items, or the card's rule_settings.",
            ) from error


def credited(credit: float, evidence: str, chosen: str | None = None) -> Verdict:
    """A verdict in which nothing is drawn."""
    return Verdict(credit=credit, low=credit, high=credit, chosen=chosen, evidence=evidence)


def wrong(evidence: str, chosen: str | None = None) -> Verdict:
    return Verdict(credit=0.0, low=0.0, high=0.0, chosen=chosen, evidence=evidence)


def judged(right: bool, evidence: str, chosen: str | None = None) -> Verdict:
    return credited(float(right), evidence, chosen)


def left_out(evidence: str) -> Verdict:
    """The authors drop such an answer from n."""
    return Verdict(credit=None, low=0.0, high=1.0, chosen=None, evidence=evidence)


def drawn(chances: Mapping[str, float], gold: str, evidence: str) -> Verdict:
    """The authors draw one of the options, `chances` by text: the credit is the expectation of their draw.

    >>> drawn({"rock": 0.5, "jazz": 0.5}, "jazz", "no letter").credit
    0.5
    """
    credit = chances.get(gold, 0.0)
    certain = credit in (0.0, 1.0)
    return Verdict(
        credit=credit,
        low=credit if certain else 0.0,
        high=credit if certain else 1.0,
        chosen=None,
        evidence=evidence,
    )


def of_letter(letter: str, item: JudgedItem, evidence: str) -> Verdict:
    """The verdict on the option that was shown at the place of a letter; a letter that none was shown at is wrong."""
    place = LETTERS.index(letter)
    if place >= len(item.options):
        return wrong(f"{evidence}, where no option was shown")
    chosen = item.options[place]
    return judged(chosen == item.gold, evidence, chosen)
