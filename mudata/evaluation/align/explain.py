"""How answers are read, in words: the whole decision table on a page, and one answer clause by clause."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mudata.evaluation.align.alignment import ALIGNER, RULES, Alignment, Shown
from mudata.evaluation.align.clauses import RANKS, ROLES, SILENT
from mudata.evaluation.align.decision import TABLE, decide
from mudata.evaluation.align.evidence import Evidence, gather
from mudata.evaluation.align.scan import scan

if TYPE_CHECKING:
    from mudata.evaluation.align.label_set import LabelSet

_NOTHING_SHOWN = Shown()


def decision_table() -> str:
    """The rules in the order in which they are asked, what labels are worth, and what clauses do.

    >>> print(decision_table().splitlines()[0])  # doctest: +ELLIPSIS
    aligner-... reads an answer in clauses; each label in them is a vote with a rank.
    """
    lines = [f"{ALIGNER} reads an answer in clauses; each label in them is a vote with a rank.", ""]
    lines += ["Ranks, best first; only the highest that has a label decides:"]
    lines += [f"  {rank}  {told}" for rank, told in RANKS.items()]
    lines += ["", "Roles of clauses (* no label in them counts, even where many may be meant):"]
    lines += [f"  {name + ('*' if name in SILENT else ''):13}{told}" for name, told in ROLES.items()]
    lines += ["", "Rules, from top to bottom; the first that fits decides:"]
    asked = dict.fromkeys(rule for rules, _ in TABLE for rule in rules.split())
    lines += [f"  {rule:16}{RULES[rule]}" for rule in (*asked, "oov")]
    return "\n".join(lines)


def clauses(answer: str, label_set: LabelSet, shown: Shown = _NOTHING_SHOWN) -> tuple[list[dict[str, Any]], Alignment]:
    """The clauses of an answer with their labels, and how it is read.

    Returns:
        A row per clause: its text, role and rank, the labels that it votes for and those that it
        denies; and the alignment, which is that of `align`.
    """
    found = scan(answer, label_set, shown, whole=True)
    evidence = gather(answer, found, shown)
    return [_row(answer, evidence, i) for i in range(len(evidence.reading.clauses))], decide(evidence)


def _row(answer: str, evidence: Evidence, i: int) -> dict[str, Any]:
    clause = evidence.reading.clauses[i]
    votes = evidence.reading.votes[clause.first : clause.last]
    start, end = evidence.place(clause) or (0, 0)
    return {
        "clause": " ".join(answer[start:end].split()),
        "role": clause.role,
        "rank": clause.rank,
        "labels": [label for vote in votes if not vote.denied for label in vote.meaning.ids],
        "denied": [label for vote in votes if vote.denied for label in vote.meaning.ids],
    }
