"""What the grammar makes of an answer: clauses with a role, and in them votes for labels, each with a rank."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mudata.evaluation.align.cues import Meaning

NONE, PART, WEAK, PLAIN, CHOICE, NOUN, MAIN, FINAL = range(8)
RANKS = {
    FINAL: "final or corrected: 'the final answer is', 'Correction:', a check mark",
    MAIN: "the question's noun or 'answer', with 'main', 'best': 'Primary genre:', 'my best guess is'",
    NOUN: "the question's noun or 'answer': 'the genre is', 'Answer:'",
    CHOICE: "primary, top, best, or one's own choice: 'mainly', 'I would say', the highest score",
    PLAIN: "a plain statement or a bare label: 'it is', 'a ... song'",
    WEAK: "likened or left open: 'sounds like', 'described as', 'could be'; asked ('rock?')",
    PART: "of a part or in passing: 'with hints of', 'because of', 'although', 'the guitar is'",
    NONE: "no vote: denied, history, condition, others' views, another question's noun, secondary, wrong",
}
"""What a label is worth by how it is announced, best first. Only the highest rank that has a label decides."""

ROLES = {
    "final": "says what the answer is, at last",
    "correction": "takes back what was said before",
    "statement": "says what it is",
    "guess": "chooses, as the speaker's own view",
    "comparison": "likens: 'sounds like'",
    "alternative": "leaves another label open: 'maybe', 'could be', 'also'",
    "question": "asks",
    "colour": "says what the music has of other labels, or of a part of it",
    "concession": "gives way to the main clause: 'although'",
    "reason": "says why: 'because', 'which'",
    "denial": "says what it is not",
    "secondary": "names what does not come first",
    "history": "says what came before or after",
    "condition": "says what would be, if",
    "opinion": "says what others say, or what was thought at first",
    "off_topic": "answers another question",
    "refusal": "says that it cannot tell what was asked for",
    "score": "a label beside others with higher scores",
}
"""What a clause does."""

SILENT = frozenset({"denial", "history", "condition", "opinion", "off_topic"})
"""Roles whose labels count nowhere, not even where many labels may be meant."""


class Vote:
    """A label said: the piece [start, end) of the clean text, what it means, and what it is worth."""

    __slots__ = ("anchor", "clause", "committed", "denied", "end", "meaning", "rank", "role", "start")

    def __init__(  # noqa: PLR0917 - made often, and by name takes longer
        self,
        start: int,
        end: int,
        meaning: Meaning,
        rank: int = PLAIN,
        role: str = "statement",
        committed: bool = False,
        clause: int = 0,
        anchor: tuple[int, int] | None = None,
    ) -> None:
        self.start, self.end, self.meaning = start, end, meaning
        self.rank, self.role, self.committed = rank, role, committed
        self.denied = False
        self.clause, self.anchor = clause, anchor
        """Its clause, and what announces it as the answer."""

    def deny(self) -> None:
        if self.meaning.kind != "guard":
            self.denied, self.rank, self.role = True, NONE, "denial"


@dataclass(slots=True)
class Clause:
    """A piece [start, end) of the clean text that does one thing."""

    start: int
    end: int
    role: str
    rank: int
    """The highest of its votes."""
    first: int
    last: int
    """Its votes are votes[first:last] of the reading."""


class Reading:
    """All clauses and votes of an answer in their order, and where it says that it cannot tell."""

    def __init__(self, votes: Iterable[Vote] = ()) -> None:
        self.votes: list[Vote] = list(votes)
        self.clauses: list[Clause] = []
        self.refusals: list[tuple[int, int]] = []

    unsure: bool = False
    """Whether a label is left open somewhere: 'could be'."""
    either: bool = False
    """Whether there are words that keep several: 'or', 'blend'."""
    elsewhere: int = NONE
    """The rank of an announced answer that is no label, as in 'the genre is funk'."""
    conditioned: int = -1
    """The last clause with a condition; `otherwise`: the clause that tells the other case of one."""
    otherwise: int = -1
    mixed: bool = False
    """Whether that answer is several, without a name: 'multi-genre'."""
