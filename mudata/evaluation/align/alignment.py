"""What an answer was found to mean, with everything that speaks for it."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Literal

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
    "EMPTY",
    "ERROR",  # no answer: the model or the clip failed
]
Role = Literal["positive", "negative", "lenient", "guard", "cue", "anchor", "letter", "echo"]


@dataclass(frozen=True)
class Shown:
    """What the model had before it: its prompt, the options in the order shown as written, and whether they had letters
    (A, B, ... in that order)."""

    prompt: str = ""
    options: tuple[str, ...] = ()
    """Canonical ids in the order shown; empty means the order of the label set."""
    letters: bool = False


@dataclass(frozen=True)
class Span:
    """A piece [start, end) of the raw answer (indices of Python characters), what it is and of which label."""

    start: int
    end: int
    role: Role
    label: str | None = None


@dataclass(frozen=True)
class Alignment:
    """What an answer means.

    `labels` are canonical ids in the order of the vocabulary: one if ALIGNED, SYNONYM, HYPONYM (of a set that may have
    many also several); all found if SET or MULTI; else none. `positives` and `negatives` are the labels said and denied
    anywhere, strictly or not. `spans` lie in the raw answer, sorted; `oov_terms` are words that might have been labels;
    `normalized` is the cleaned text that the rules read.

    Flags: 'letter', 'anchored' (a final answer decided), 'primary' (the other labels only colour it), 'echo' (part of
    the prompt is read back), 'non_english' (a translation counts as evidence).
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

    @property
    def label(self) -> str | None:
        """The one label meant strictly; None unless ALIGNED. The headline counts this and nothing else."""
        return self.labels[0] if self.status == "ALIGNED" else None

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
