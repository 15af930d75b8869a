"""From what a model said to the label it means, or to why there is none.

A pure function: no chance, no network, no model. Rules, in this order:

    empty    nothing but space
    exact    the whole answer is one label (by id, name or alias) after folding case and punctuation
    mention  labels are looked for as whole words, longest first: 'synth-pop' is not 'pop', 'popular' is neither

One label is ALIGNED; several are MULTI when one was asked for, and a SET when many were; none is OOV
(out of vocabulary).
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from mudata.catalog.schema import LabelSpace

ALIGNER = "mention-1"
"""Name of these rules; it changes when an answer could be read differently."""

Status = Literal["ALIGNED", "SET", "MULTI", "OOV", "EMPTY", "ERROR"]


@dataclass(frozen=True)
class Alignment:
    """What an answer means.

    `labels` are canonical ids in the order of the vocabulary: one if ALIGNED, all found if SET or MULTI, else none.
    `spans` are the places they were read at: [start, end) in the NFKC form of the answer, with the label.
    """

    status: Status
    labels: tuple[str, ...] = ()
    rule_id: str = ""
    spans: tuple[tuple[int, int, str], ...] = ()

    @property
    def label(self) -> str | None:
        """The one label meant; None unless ALIGNED."""
        return self.labels[0] if self.status == "ALIGNED" else None


def align(answer: str | None, label_set: LabelSpace) -> Alignment:
    """Read one answer; None stands for a failure and is ERROR."""
    if answer is None:
        return Alignment("ERROR", rule_id="error")
    text = unicodedata.normalize("NFKC", answer)
    if not text.strip():
        return Alignment("EMPTY", rule_id="empty")
    spellings, pattern = _compiled(label_set)
    many = label_set.kind == "multi"
    if (whole := spellings.get(_fold(text))) is not None:
        start = len(text) - len(text.lstrip())
        span = (start, start + len(text.strip()), whole)
        return Alignment("SET" if many else "ALIGNED", (whole,), "exact", (span,))
    spans = tuple((m.start(), m.end(), spellings[_fold(m.group())]) for m in pattern.finditer(text))
    said = {label for _, _, label in spans}
    labels = tuple(label.id for label in label_set.vocabulary if label.id in said)
    if not labels:
        return Alignment("OOV", rule_id="none")
    status: Status = "SET" if many else "ALIGNED" if len(labels) == 1 else "MULTI"
    return Alignment(status, labels, "mention", spans)


def _fold(text: str) -> str:
    """Letters and digits of a text in one case: 'Hip-Hop.' and 'hip hop' become 'hiphop'."""
    return "".join(c for c in text.casefold() if c.isalnum())


@lru_cache(maxsize=64)
def _compiled(label_set: LabelSpace) -> tuple[dict[str, str], re.Pattern[str]]:
    """Canonical id by folded spelling, and one pattern that finds any spelling as whole words, longest first."""
    spellings: dict[str, str] = {}
    words: set[tuple[str, ...]] = set()
    for label in label_set.vocabulary:
        for spelling in (label.id, label.name, *label.aliases):
            shape = unicodedata.normalize("NFKC", spelling or "")
            if _fold(shape):
                spellings.setdefault(_fold(shape), label.id)
                words.add(tuple(re.findall(r"[^\W_]+", shape)))
    ordered = sorted(words, key=lambda parts: (-sum(map(len, parts)), parts))
    either = "|".join(r"[\W_]{0,3}".join(map(re.escape, parts)) for parts in ordered)
    return spellings, re.compile(rf"(?<![^\W_])(?:{either})(?![^\W_])", re.IGNORECASE)
