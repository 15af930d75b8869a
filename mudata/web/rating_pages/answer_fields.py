"""What a trial asks: the fields of its form, and the answers in a form that was sent."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mudata.evaluation.listening.listening_test import CHOICES, ListeningTest, Trial

if TYPE_CHECKING:
    from mudata.web.rating_pages.rater_texts import RaterTexts

HEARD_SHARE = 0.9
"""Share of a stimulus that has to be played before it may be rated: its end may be silence, and browsers tell the
last moments of a sound at leisure. Ours."""


@dataclass(frozen=True, kw_only=True)
class AnswerOption:
    """One radio button: what is sent, the mark or letter that is shown, and its words, where it has some."""

    value: str
    words: str = ""


@dataclass(frozen=True, kw_only=True)
class AnswerField:
    """One group of radio buttons. `ends` are the words of the lowest and the highest mark; None: a choice."""

    aspect: str
    title: str
    question: str
    options: tuple[AnswerOption, ...]
    ends: tuple[str, str] | None = None

    @property
    def name(self) -> str:
        """How a sentence calls it."""
        return self.title if self.ends else self.question


class MissingAnswer(ValueError):
    """A form without an answer to `field`, with two, or with one that it does not offer."""

    def __init__(self, field: AnswerField) -> None:
        super().__init__(field.aspect)
        self.field = field


def answer_fields(test: ListeningTest, texts: RaterTexts) -> tuple[AnswerField, ...]:
    """The fields of every trial of a test: marks for each aspect (mos), or the one preference, its choices in the order
    of CHOICES."""
    if test.kind == "mos":
        low, high = test.scale or (1, 5)
        return tuple(
            AnswerField(
                aspect=aspect.name,
                title=texts.said(aspect.title),
                question=texts.said(aspect.question),
                options=tuple(AnswerOption(value=str(mark)) for mark in range(low, high + 1)),
                ends=aspect.ends[texts.language_of(aspect.ends)],
            )
            for aspect in test.aspects
        )
    options = tuple(AnswerOption(value=choice, words=texts(f"{test.kind}_{choice}")) for choice in CHOICES)
    return tuple(
        AnswerField(
            aspect=aspect.name, title=texts.said(aspect.title), question=texts.said(aspect.question), options=options
        )
        for aspect in test.aspects
    )


def read_answers(fields: Sequence[AnswerField], form: Mapping[str, Sequence[str]]) -> dict[str, str]:
    """The answer to every field by aspect. Raises MissingAnswer."""
    found = {}
    for field in fields:
        given = form.get(f"answer-{field.aspect}", ())
        if len(given) != 1 or given[0] not in {option.value for option in field.options}:
            raise MissingAnswer(field)
        found[field.aspect] = given[0]
    return found


def read_heard(trial: Trial, form: Mapping[str, Sequence[str]]) -> list[float]:
    """Seconds of each stimulus of a trial that the page says were played; 0 for what is no such number."""
    found = []
    for place in range(len(trial.stimuli)):
        given = form.get(f"heard-{place}", ())
        try:
            seconds = float(given[0]) if len(given) == 1 and given[0].isascii() else 0.0
        except ValueError:
            seconds = 0.0
        found.append(seconds if math.isfinite(seconds) and seconds > 0 else 0.0)
    return found


def seconds_needed(test: ListeningTest, trial: Trial) -> list[float]:
    """Seconds of each stimulus of a trial that have to be played."""
    lengths = {stimulus.name: stimulus.seconds for stimulus in test.stimuli}
    return [HEARD_SHARE * lengths[name] for name in trial.stimuli]


def is_heard(needed: Sequence[float], heard: Sequence[float]) -> bool:
    """Whether every stimulus was played for as long as needed (10 ms are what a page rounds away)."""
    return all(played + 0.01 >= least for played, least in zip(heard, needed, strict=True))
