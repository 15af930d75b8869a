"""Which of the values said count, and what is said of them apart from the grammar of answers.

Values of something else ('aside'), of music at large ('typical pop songs have 120 BPM') and of a bridge or intro count
only where nothing else is said; what is 'in total' announces itself; a bound ('more than 2') gives way to a value.
Lone numbers count where nothing clearer is said, or where they are announced or within the range said.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from mudata.evaluation.align.clauses import CHOICE, NONE, NOUN, PART, Vote

if TYPE_CHECKING:
    from mudata.evaluation.readers.said_values import ValueEvidence, ValueKind

_GENERALLY_AFTER = re.compile(
    r"[\"']? (?:is|are|being|would be) (?:an? )?(?:very |most |quite |fairly |also )?"
    r"(?:common|typical|popular|usual|standard|frequent|often)\b"
)
_GENERALLY_BEFORE = re.compile(
    r"\b(?:usually|typically|generally|often|normally|commonly|tends? to|"
    r"(?:typical|common|usual|popular)(?! (?:time|meter|metre)\b(?! signature))[\w ]{0,40}\b(?:is|are|have|has"
    r"|of|between))\b"
)
"""What is said of music at large: 'C major is common in pop', 'house usually has 120-130 BPM'."""
_OF_A_PART = re.compile(
    r"[\"']? (?:in|for|during|at) (?:the|its|an?) (?:short |brief )?"
    r"(?:bridge|intro|introduction|outro|coda|break|breakdown|interlude|ending|pre chorus|middle eight)\b"
)
_IN_TOTAL = re.compile(r",? (?:in total|altogether|in all|all together|all told|all in all|overall)\b")
_IN_TOTAL_BEFORE = re.compile(
    r"\b(?:in total|altogether|in all|all together|all told|all in all|overall),? (?:that is |that's |that makes "
    r"|i count |i hear |there are |it's |we have )?\Z"
)
_CLAUSE_HEAD = 90
_NEAR = 36
"""Characters from what announces a lone number to it."""


def counted(gathered: ValueEvidence, kind: ValueKind) -> list[Vote]:
    """The votes for values that count, denied ones among them."""
    votes = [vote for vote in gathered.reading.votes if vote.meaning.kind == "strict"]
    clear: set[tuple[str, ...]] = set()
    ranges: set[tuple[str, ...]] = set()
    totals: set[int] = set()
    for vote in votes:
        sort, values = gathered.of(vote).sort, gathered.of(vote).values
        if sort == "aside" or _is_of_something_else(gathered, vote):
            vote.rank = min(vote.rank, PART)
        elif not vote.denied and vote.rank > NONE and _is_total(gathered.clean.text, vote):
            vote.rank = max(vote.rank, NOUN)
            if sort == "lone":
                totals.add(id(vote))
        if not vote.denied and vote.rank > NONE:
            if sort == "value":
                clear.add(values)
            elif sort == "range":
                ranges.add(values)
    lone = [vote for vote in votes if gathered.of(vote).sort == "lone" and vote.rank > NONE]
    kept = totals | {id(vote) for vote in lone if _is_announced(vote)}
    if clear or kept:
        kept |= {id(vote) for vote in lone if gathered.of(vote).values in clear}
    else:
        kept = {id(vote) for vote in lone if all(_holds(kind, ends, gathered.of(vote).values) for ends in ranges)}
    votes = [
        vote
        for vote in votes
        if id(vote) in kept or gathered.of(vote).sort != "lone" or (not clear and (vote.denied or vote.rank == NONE))
    ]
    points = any(not vote.denied and vote.rank > NONE and gathered.of(vote).sort != "bound" for vote in votes)
    return [vote for vote in votes if vote.denied or not points or gathered.of(vote).sort != "bound"]


def _is_of_something_else(gathered: ValueEvidence, vote: Vote) -> bool:
    text = gathered.clean.text
    clauses = gathered.reading.clauses
    begin = clauses[vote.clause].start if vote.clause < len(clauses) else 0
    head = max(begin, vote.start - _CLAUSE_HEAD)
    return (
        _GENERALLY_AFTER.match(text, vote.end) is not None
        or _OF_A_PART.match(text, vote.end) is not None
        or _GENERALLY_BEFORE.search(text, head, vote.start) is not None
    )


def _is_total(text: str, vote: Vote) -> bool:
    before = _IN_TOTAL_BEFORE.search(text, max(0, vote.start - 40), vote.start)
    return before is not None or _IN_TOTAL.match(text, vote.end) is not None


def _holds(kind: ValueKind, ends: tuple[str, ...], value: tuple[str, ...]) -> bool:
    return kind.within is not None and kind.within(value[0], ends)


def _is_announced(vote: Vote) -> bool:
    """Whether a lone number stands right behind what announces it."""
    near = vote.anchor is not None and 0 <= vote.start - vote.anchor[1] <= _NEAR
    return near and vote.rank >= CHOICE
