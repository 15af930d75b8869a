"""What an answer was found to mean, with everything that speaks for it."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Literal

from mudata.evaluation.align.value_rules import VALUE_RULES

Status = Literal[
    "ALIGNED",  # one label, strictly
    "SYNONYM",  # one label, by a word that means nearly the same
    "HYPONYM",  # one label, by a kind of it
    "SET",  # the labels of an answer that may name many
    "MULTI",  # several labels where one was asked for
    "NEGATED_ONLY",  # labels, all of them denied
    "ECHO_ALL",  # the options read back
    "ECHO_PROMPT",  # the prompt read back
    "REFUSAL",  # says that it cannot tell
    "REFUSAL_WITH_MENTION",  # says so, and names a label all the same
    "CONFLICT",  # letter and text disagree
    "DEGENERATE",  # a loop
    "OOV",  # out of vocabulary
    "OUTSIDE",  # a value of the kind asked for, but none that may be answered
    "UNPARSED",  # no value of the kind asked for
    "EMPTY",
    "ERROR",  # no answer: the model or the clip failed
]
Role = Literal["positive", "negative", "lenient", "guard", "cue", "anchor", "letter", "echo"]

ALIGNER = "aligner-2"
"""Name of these rules; it changes when an answer could be read differently."""

RULES: dict[str, str] = {
    "error": "there is no answer: the model or the clip failed",
    "empty": "nothing is left but space and markup",
    "degenerate": "the answer ends in a loop",
    "letter": "the answer gives the letter of one option",
    "letter_conflict": "the letter means one option and the text beside it another",
    "letters": "the answer gives letters of several options",
    "echo_prompt": "the answer reads the prompt back and adds nothing",
    "echo_examples": "the answer lists the examples of the prompt",
    "hedged": "the answer says that it cannot tell for certain, and commits to a label all the same",
    "refusal_echo": "the answer says that it cannot tell, and lists the labels",
    "refusal_mention": "the answer says that it cannot tell, and names labels without committing to one",
    "refusal": "the answer says that it cannot tell, and means no label",
    "echo_all": "at least 80 % of the labels are listed, and none is chosen",
    "set": "many labels may be meant, and these are",
    "elsewhere": "the announced answer is no label ('so the genre is funk'), whatever is said besides",
    "exact": "the whole answer is one label",
    "single": "one label is meant, however often it is said",
    "anchor": "several labels are said, and the highest rank announces one of them alone as the answer or the choice",
    "primary": "one label is meant; the others only colour it ('X with elements of Y')",
    "statement": "one label is stated; the others are likened, left open or asked",
    "compound": "one phrase means several labels",
    "hedge": "several labels are meant, joined by words such as 'either', 'or', 'blend', 'could be'",
    "list": "several labels are meant",
    "lenient": "no label is said, but a word that is nearly or a kind of one",
    "lenient_several": "no label is said, but words that are nearly or a kind of several",
    "unmeant": "labels are said, but none as the answer: history, conditions, others' views, another question",
    "negated": "every label that is said is denied",
    "number": "the answer is the number of a label, and nothing else",
    "misspelt": "the answer is one label with one letter wrong, and nothing else",
    "oov": "no word of the answer is in the vocabulary",
}
"""In the order in which they are asked."""


@dataclass(frozen=True)
class Shown:
    """What the model had before it: its prompt, the options in the order shown as written, and
    whether they had letters (A, B, ... in that order)."""

    prompt: str = ""
    options: tuple[str, ...] = ()
    """Canonical ids in the order shown; empty means the order of the label set."""
    letters: bool = False
    numbered: bool = False
    """Options are shown as '(1) C major, (2) F major': numbers, since letters may name notes."""


@dataclass(frozen=True, init=False)
class Span:
    """A piece [start, end) of the raw answer (indices of Python characters), what it is and of
    which label."""

    start: int
    end: int
    role: Role
    label: str | None = None

    def __init__(self, start: int, end: int, role: Role, label: str | None = None) -> None:
        # a generated one sets each field through object.__setattr__, which takes twice as long
        held = self.__dict__
        held["start"], held["end"], held["role"], held["label"] = start, end, role, label


@dataclass(frozen=True, repr=False, init=False)
class Alignment:
    """What an answer means.

    `labels` are canonical ids in the order of the vocabulary: one if ALIGNED, SYNONYM, HYPONYM (of
    a set that may have many also several); all found if SET or MULTI; else none. `positives` and
    `negatives` are the labels said and denied anywhere, strictly or not. `spans` lie in the raw
    answer, sorted; `oov_terms` are words that might have been labels; `normalized` is the cleaned
    text that the rules read.

    `clause` is the clause [start, end) of the raw answer that decided, `clause_role` what it does
    (`clauses.ROLES`).

    Flags: 'letter', 'anchored' (an announced answer or choice decided), 'primary' (the other labels
    only colour it), 'corrected' (the answer takes back what it said before), 'hedged' (it says that
    it is not certain, and commits all the same), 'echo' (part of the prompt is read back),
    'misspelt' (one letter is wrong), 'non_english' (a translation counts as evidence),
    'unread_language' (no file covers the language: labels alone were read).
    """

    status: Status
    labels: tuple[str, ...] = ()
    rule_id: str = ""
    spans: tuple[Span, ...] = ()
    positives: tuple[str, ...] = ()
    negatives: tuple[str, ...] = ()
    oov_terms: tuple[str, ...] = ()
    flags: tuple[str, ...] = ()
    normalized: str = ""
    clause: tuple[int, int] | None = None
    clause_role: str = ""

    def __init__(  # noqa: PLR0917 - in the order of the fields
        self,
        status: Status,
        labels: tuple[str, ...] = (),
        rule_id: str = "",
        spans: tuple[Span, ...] = (),
        positives: tuple[str, ...] = (),
        negatives: tuple[str, ...] = (),
        oov_terms: tuple[str, ...] = (),
        flags: tuple[str, ...] = (),
        normalized: str = "",
        clause: tuple[int, int] | None = None,
        clause_role: str = "",
    ) -> None:
        held = self.__dict__  # as in Span
        held["status"], held["labels"], held["rule_id"], held["spans"] = status, labels, rule_id, spans
        held["positives"], held["negatives"], held["oov_terms"] = positives, negatives, oov_terms
        held["flags"], held["normalized"], held["clause"], held["clause_role"] = flags, normalized, clause, clause_role

    def __repr__(self) -> str:
        told = [self.status, ", ".join(self.labels), *(f"not {label}" for label in self.negatives)]
        return f"Alignment({'; '.join(filter(None, told))}; rule {self.rule_id}: {self.rule})"

    @property
    def label(self) -> str | None:
        """The one label meant strictly; None unless ALIGNED.
        The headline counts this and nothing else."""
        return self.labels[0] if self.status == "ALIGNED" else None

    @property
    def rule(self) -> str:
        """The rule that decided, in words; `rule_id` is its name."""
        return RULES.get(self.rule_id) or VALUE_RULES.get(self.rule_id, "")

    @property
    def lenient_label(self) -> str | None:
        """The one label meant, strictly or leniently (SYNONYM, HYPONYM)."""
        return self.labels[0] if self.status in ("ALIGNED", "SYNONYM", "HYPONYM") else None

    @property
    def tier(self) -> Literal["strict", "lenient"] | None:
        if self.status in ("ALIGNED", "SET"):
            return "strict"
        return "lenient" if self.status in ("SYNONYM", "HYPONYM") else None

    def record(self) -> dict[str, Any]:
        """As JSON keeps it."""
        return {**asdict(self), "label": self.label, "tier": self.tier}
