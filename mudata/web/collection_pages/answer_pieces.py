"""An answer cut where the role of its characters changes, as a page marks it."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from typing import TYPE_CHECKING, NamedTuple

from mudata.evaluation.report.wording import FATES, ROLES, fate, role

if TYPE_CHECKING:
    from mudata.evaluation.comparison.clip_view import ClipAnswer

LONGEST = 20_000
"""Characters of an answer that a page shows. Chosen here."""


class AnswerPiece(NamedTuple):
    """A piece of an answer. `role`: a key of ROLES, '' for text that says nothing; with its sign and meaning."""

    text: str
    role: str = ""
    sign: str = ""
    meaning: str = ""


def pieces(answer: ClipAnswer) -> Iterator[AnswerPiece]:
    """The answer in pieces; of spans that overlap the later one counts. Cut at LONGEST characters."""
    text = (answer.answer or "")[:LONGEST]
    ended = fate(answer.status, right=bool(answer.right))
    counts = ended in ("right", "set")
    right = {*answer.gold, *(answer.labels if answer.worth and ended == "right" else ())}
    roles = [""] * len(text)
    for span in answer.spans:
        told = role(span.role, counts=counts, right=span.label in right)
        for at in range(min(span.start, len(text)), min(span.end, len(text))):
            roles[at] = told
    for told, characters in groupby(zip(roles, text, strict=True), key=lambda pair: pair[0]):
        sign, meaning = ROLES.get(told, ("", ""))
        yield AnswerPiece("".join(character for _, character in characters), told, sign, meaning)
    if answer.answer and len(answer.answer) > LONGEST:
        yield AnswerPiece(f" … ({len(answer.answer):,} characters)")


def ended(answer: ClipAnswer) -> tuple[str, str, str]:
    """Where an answer ended: title, meaning, and the verdict: right, wrong or nothing."""
    name = fate(answer.status, right=bool(answer.right))
    verdict = "right" if answer.right else "" if name in ("set", "answered") else "wrong"
    return (*FATES[name], verdict)
