"""What announces an answer: nouns, 'is', colons, choices, guesses. Each step is one class of cues
(`language.CLASSES`)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from mudata.evaluation.align.clause_state import (
    ADJACENT,
    AFTER_REACH,
    ALONE,
    ENDS,
    LETTER,
    MODIFIER_REACH,
    NOUN_REACH,
    POSTPOSED,
    SUBJECT_REACH,
    ClauseState,
)
from mudata.evaluation.align.clauses import CHOICE, FINAL, NONE, NOUN, PART, PLAIN, WEAK
from mudata.evaluation.align.descriptions import describes

if TYPE_CHECKING:
    from collections.abc import Callable


_BETWEEN = re.compile(r"\bbetween (?:the )?\Z")
_WITH = re.compile(r"\W*with [^,.;:!?\n]{1,80}, (?:it|this|that|the \w+)\b")
_STATED = re.compile(r" {1,3}(?:this|it|that)(?:'s| is)\b")
_WHAT = re.compile(r"\W*what ")
_ITSELF = re.compile(r"(?:it|this|that)(?:'s| is| must be| has to be)\b")
_NOTHING_FOLLOWS = ("", ".", ";", "!", "\n")
"""Signs behind 'it is' where the answer stands before it."""


def noun_(at: ClauseState, start: int, end: int) -> None:
    near = start - at.modifier_end <= MODIFIER_REACH
    if start - at.is_end <= POSTPOSED:
        at.postposed(NOUN)
    at.noun = start, end, at.modifier if near else ""
    at.refusals.noun(start, end, own=True, no=at.negation.no_before(start))


def off_topic_(at: ClauseState, start: int, end: int) -> None:
    at.off_topic = end
    at.noun = None
    at.refusals.noun(start, end, own=False, no=False)


def thing_(at: ClauseState, start: int, end: int) -> None:
    at.thing = end
    at.refusals.noun(start, end, own=False, no=False)
    last = at.last_vote()
    if last and start - last.end == 1 and at.part_place < at.first:  # 'a rock beat'
        at.part_place = len(at.votes) - 1
    if start - at.start <= SUBJECT_REACH and len(at.votes) == at.first:  # a clause about a part or a person
        at.block(PART, "colour", start, end)
    if at.text[end : end + 3].strip("\"' ")[:1] in (":", "="):
        at.block(NONE, "off_topic", start, end)


def is_(at: ClauseState, start: int, end: int) -> None:
    at.negation.soft()
    would = at.text.find("would", start, end) >= 0
    at.would = at.would or would
    if would and at.conditional:  # 'were it slower, it would be pop'
        return
    if at.blocked and at.role == "opinion" and _WHAT.match(at.text, at.start, at.block_end):
        at.believed()  # 'what you take for a piano is a guitar'
    if at.correcting and at.role in ("correction", "reason", "colour", "statement") and _ITSELF.match(at.text, start):
        correction(at, start, end)  # 'Wait, no, with those blast beats it's metal'
    elif at.noun and start - at.noun[1] <= NOUN_REACH:
        at.anchored(end)
    elif start - at.off_topic <= AFTER_REACH:
        at.block(NONE, "off_topic", start, end)
    elif start - at.thing <= AFTER_REACH and not at.text.startswith("make", start):  # 'the drums make this hip-hop'
        at.block(PART, "colour", start, end)
    elif (at.rank < CHOICE or at.blocked) and at.announce(CHOICE if at.concludes else PLAIN, "statement", start):
        mentioned = (
            at.has
            if len(at.votes) == at.first
            else slice(at.first, None if at.is_end < at.start and _WITH.match(at.text, at.start) else 0)
        )
        for vote in at.votes[mentioned]:  # 'it has jazz swing, but it is blues', 'with jazz swing, it is blues'
            vote.rank, vote.role = min(vote.rank, PART), vote.role if vote.denied else "colour"
    last = at.last_vote()
    if last and start - last.end <= AFTER_REACH and not LETTER.search(at.text, last.end, start):
        last.committed = True
        if at.text.endswith("it is", start, end) and at.text[end : end + 1] in _NOTHING_FOLLOWS and last.rank > NONE:
            last.rank = max(last.rank, CHOICE)  # 'rock it is'
    at.is_start, at.is_end = start, end
    at.committed = at.committed or not at.blocked
    if at.modifier and start - at.modifier_end <= ADJACENT and not at.blocked:
        at.rank = max(at.rank, ALONE.get(at.modifier, at.rank))


def colon(at: ClauseState, start: int, end: int) -> None:
    at.negation.soft()
    between = at.votes[at.first :]
    if len(between) == 2 and at.listed(*between) and _BETWEEN.search(at.text, at.start, between[0].start):
        for vote in between:  # 'if I have to choose between pop and rock: rock'
            vote.rank, vote.role = min(vote.rank, WEAK), vote.role if vote.denied else "alternative"
        at.blocked = False
        at.announce(CHOICE, "guess", start)
        return
    if at.blocked and at.role == "opinion" and _STATED.match(at.text, end):  # 'for fans of jazz: this is blues'
        at.close(end)
        return
    if at.scores.colon(start, at.votes):
        return
    if at.blocked and at.lead and at.role == "condition":  # 'if I had to put a label on it: jazz'
        at.blocked = False
        at.announce(CHOICE, "guess", start)
    if describes(at, start, end):
        at.blocked = False
        at.negation.stop()
        at.announce(CHOICE, "guess", start)
        return
    gap = start - (at.noun[1] if at.noun else -99)
    if at.noun and gap <= NOUN_REACH:
        at.anchored(end)
    elif start - at.conclusion_end <= ADJACENT and at.announce(FINAL, "final", start, frees=True):
        at.await_label(FINAL, start, end)
    elif start - at.off_topic <= ADJACENT:
        at.block(NONE, "off_topic", start, end)
    elif start - at.colour_end <= ADJACENT:
        at.block(PART, "colour", start, end)
    elif start - at.modifier_end <= ADJACENT and at.modifier in ALONE:
        rank = ALONE[at.modifier]
        if rank and at.announce(rank, "final" if rank == FINAL else "guess", start, frees=True):
            at.await_label(rank, start, end)


def final(at: ClauseState, start: int, end: int) -> None:
    at.modifier, at.modifier_end = "final", end


def primary(at: ClauseState, start: int, end: int) -> None:
    at.modifier, at.modifier_end = "primary", end
    if last := at.trailed(start, end):
        last.rank, last.committed = max(last.rank, CHOICE), True
        return
    if start - at.is_end <= POSTPOSED and at.postposed(CHOICE):
        return
    if at.noun and at.noun[2] == "":
        at.noun = (*at.noun[:2], "primary")
    elif at.rank < CHOICE:
        committed = at.committed
        at.announce(CHOICE, "guess", start, frees=at.role in ("secondary", "denial"))
        at.committed = committed


def guess(at: ClauseState, start: int, end: int) -> None:
    at.negation.soft()
    rank = FINAL if at.concludes else CHOICE
    if at.rank < rank or at.blocked:
        at.announce(rank, "guess", start)
    at.noun = None


def hedge(at: ClauseState, start: int, end: int) -> None:
    at.negation.soft()
    at.reading.unsure = True
    if last := at.trailed(start, end, comma=True):
        last.rank, last.role, last.committed = min(last.rank, WEAK), "alternative", True
        return
    if not at.anchor or not at.committed:
        at.announce(WEAK, "alternative", start)
    at.noun = None


def weak(at: ClauseState, start: int, end: int) -> None:
    at.negation.soft()
    if at.noun and start - at.noun[1] <= NOUN_REACH:
        at.anchored(end)
    elif start - at.thing <= AFTER_REACH:
        at.block(PART, "colour", start, end)
    elif at.role != "guess":
        at.announce(WEAK, "comparison", start)


def weak_after(at: ClauseState, start: int, end: int) -> None:
    i = len(at.votes) - 1
    if i < at.first or start - at.votes[i].end > ADJACENT:
        return
    while i > at.first and at.listed(at.votes[i - 1], at.votes[i]):
        i -= 1
    for vote in at.votes[i:]:
        vote.rank, vote.role = min(vote.rank, WEAK), vote.role if vote.denied else "comparison"


def also_(at: ClauseState, start: int, end: int) -> None:
    last = at.last_vote()
    if last and start - last.end <= 2 and not at.blocked and at.first:
        last.role = "alternative"
    at.also = True


def conclusion(at: ClauseState, start: int, end: int) -> None:
    if at.text[start:end] == "so" and at.text[max(0, start - 3) : start].strip()[-1:] not in ("", ",", ";", "."):
        return  # 'so heavy'
    at.negation.stop()
    at.concludes = True
    at.conclusion_end = end
    if not at.blocked and at.rank < CHOICE:
        at.rank = CHOICE
    if at.blocked and at.comma:
        at.blocked, at.rank, at.role = False, PLAIN, "statement"


def correction(at: ClauseState, start: int, end: int) -> None:
    at.negation.stop()
    at.correcting = True
    at.blocked = False
    at.rank, at.role = FINAL, "correction"
    at.committed = True


def ranked_(at: ClauseState, start: int, end: int) -> None:
    at.ranked = 1


def either(at: ClauseState, start: int, end: int) -> None:
    at.reading.either = True


def mixed(at: ClauseState, start: int, end: int) -> None:
    """'the identified genre is multi-genre': no label is the answer."""
    if at.pending >= NOUN or (
        at.concludes
        and at.role == "guess"
        and at.rank >= CHOICE
        and all(vote.end < at.conclusion_end for vote in at.votes[-1:])
    ):
        at.reading.elsewhere = max(at.reading.elsewhere, at.pending or at.rank)
        at.reading.mixed = True
        at.pending, at.rank = NONE, PLAIN


def greater(at: ClauseState, start: int, end: int) -> None:
    """An arrow behind a noun, or a ranking: 'country > rock'."""
    at.negation.stop()
    if at.noun and start - at.noun[1] <= ADJACENT:
        at.anchored(end)
    else:
        at.scores.greater(start, end, at.votes)


def ascending(at: ClauseState, start: int, end: int) -> None:
    ended = at.text[end : end + 1] in ENDS
    at.scores.ascend([vote for vote in at.votes[at.first :] if ended and not vote.denied])


def in_fact(at: ClauseState, start: int, end: int) -> None:
    """'what sounds like a horn is really a sample': what is now said is meant, whatever it was taken for."""
    at.believed()
    is_(at, start, end)
    at.seeming = end


STEPS: dict[str, Callable[[ClauseState, int, int], bool | None]] = {
    "noun": noun_,
    "answer": noun_,
    "off_topic": off_topic_,
    "other_things": thing_,
    "is": is_,
    "colon": colon,
    "final": final,
    "primary": primary,
    "guess": guess,
    "hedge": hedge,
    "weak": weak,
    "weak_after": weak_after,
    "also": also_,
    "conclusion": conclusion,
    "correction": correction,
    "ranked": ranked_,
    "ascending": ascending,
    "in_fact": in_fact,
    "either": either,
    "mixed": mixed,
    "greater": greater,
}
