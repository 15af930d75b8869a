"""What takes votes away: denials, and clauses that say something else. Each step is one class of cues
(`language.CLASSES`)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from mudata.evaluation.align.announcing import correction
from mudata.evaluation.align.clause_state import ADJACENT, AFTER_REACH, ENDS, NOUN_REACH, ClauseState
from mudata.evaluation.align.clauses import CHOICE, NONE, PART, PLAIN

if TYPE_CHECKING:
    from collections.abc import Callable


_NOTHING_FOLLOWS = ("", ",", ".", ";", "!", "\n")
"""Signs behind a negator that has nothing to deny but what stands before it."""
_NEGATORS = ("not", "n't")

_AT_FIRST = ("at first", "initially")
_PARTICIPLE = re.compile(
    r"(?:\A|[^\w ]|\b(?:an?|is|hear|like|of|very|some|say|call it)) {0,3}"
    r"(?!(?:that|which|it|this|who|later|has|have|also|directly|they|and)\b)[^\W_]{2,20} {1,3}\Z"
)
"""What stands before a participle, as in 'a Latin-inspired disco'; a verb has a subject."""
_DOUBLE = ("anything ", "hesitate", "doubt", "fail", "deny", "everything but", "other than")
"""Negators that another one before them undoes: 'I wouldn't call it anything but metal'."""

_IT_IS = re.compile(r"\W*(?:it|this|that)(?:'s| is| was)? ?")


def secondary(at: ClauseState, start: int, end: int) -> None:
    at.negation.soft()
    last = at.last_vote()
    if (
        last
        and start - last.end <= AFTER_REACH
        and at.text[last.end : start].strip() in ("", "a", "as", "as a", "as the")
    ):
        last.rank, last.role = NONE, "secondary"
    at.modifier, at.modifier_end = "secondary", end
    at.block(NONE, "secondary", start, end)


def wrong(at: ClauseState, start: int, end: int) -> None:
    if at.scores.marked(start, end, at.votes, yes=False):
        return
    if last := at.trailed(start, end):
        last.deny()
        return
    at.modifier, at.modifier_end = "secondary", end
    at.block(NONE, "denial", start, end)


def concession(at: ClauseState, start: int, end: int) -> None:
    if at.refusals.candidates:  # 'no clear genre, though it leans rock'
        at.close(start, goes_on=False)
        at.start = end
        return
    at.negation.stop()
    at.block(PART, "concession", start, end)


def reason(at: ClauseState, start: int, end: int) -> None:
    at.negation.stop()
    at.block(PART, "reason", start, end)


def colour(at: ClauseState, start: int, end: int) -> None:
    at.block(PART, "colour", start, end)


def colour_after(at: ClauseState, start: int, end: int) -> None:
    at.colour_end = end
    last = len(at.votes) - 1
    if last < at.first or start - at.votes[last].end > ADJACENT:
        if at.with_place > last:  # 'with influences blues'
            at.block(PART, "colour", start, end)
        return
    first = at.with_place
    if first < at.first:
        first = last
        while first > at.first and at.listed(at.votes[first - 1], at.votes[first]):
            first -= 1
    at.with_place = -1
    for vote in at.votes[first:]:
        if vote.rank > PART:
            vote.rank, vote.role = PART, "colour"


def with_(at: ClauseState, start: int, end: int) -> None:
    at.with_place = len(at.votes)


def modifier(at: ClauseState, start: int, end: int) -> bool:
    """'blues-inspired rock', and what else is inspired: 'a Latin-inspired disco'."""
    last = at.last_vote()
    if last is not None and start - last.end == 1 and at.text[last.end] == " ":
        if at.text[end : end + 1] == " " and at.text[max(0, last.start - 4) : last.start] != "the ":
            at.modifies = end
        if "colour_after" in at.classes:
            colour_after(at, start, end)
    if "history" not in at.classes:
        return False
    return at.modifies == end or _PARTICIPLE.search(at.text[max(at.start, start - 40) : start]) is not None


def history(at: ClauseState, start: int, end: int) -> None:
    at.block(NONE, "history", start, end)


def condition(at: ClauseState, start: int, end: int) -> None:
    if at.would:
        at.would = False
        for vote in at.votes[at.first :]:
            if not vote.denied:
                vote.rank, vote.role = NONE, "condition"
    at.block(NONE, "condition", start, end)
    at.reading.conditioned = len(at.reading.clauses)
    at.conditional = at.conditional or at.lead


def otherwise(at: ClauseState, start: int, end: int) -> None:
    """'If there are vocals it's pop; if not, it's classical': two cases, and neither is stated."""
    clauses = at.reading.clauses
    if not clauses or at.reading.conditioned != len(clauses) - 1 or not at.heads(start):
        return
    for vote in at.votes[clauses[-1].first :]:
        if not vote.denied:
            vote.rank, vote.role = NONE, "condition"
    at.reading.otherwise = len(clauses)


def agrees(at: ClauseState, start: int, end: int) -> None:
    """'Spotify tags it as rock. I agree.'"""
    clauses = at.reading.clauses
    if at.text[end : end + 1] not in ENDS or at.negation.end >= start:
        return
    first = clauses[-1].first if clauses and len(at.votes) == at.first else at.first
    for vote in at.votes[first:]:
        if vote.role == "opinion" and not vote.denied:
            vote.rank, vote.role, vote.committed = CHOICE, "guess", True


def others(at: ClauseState, start: int, end: int) -> None:
    if at.text.startswith(_AT_FIRST, start) and at.trailed(start, end):
        return  # 'calm at first, it becomes energetic'
    at.block(NONE, "opinion", start, end)


def denial(at: ClauseState, start: int, end: int) -> None:
    if at.text[end : end + 1] in _NOTHING_FOLLOWS:
        if _denies_before(at, start):
            return
        if at.last_vote() is None and _IT_IS.fullmatch(at.text, at.start, start):
            denial_back(at, start, end)  # 'It's not.'
            return
    if at.negation.end >= start and not at.negation.said and at.text.startswith(_DOUBLE, start):
        at.negation.stop()
        return
    if at.noun and start - at.noun[1] <= NOUN_REACH:
        at.anchored(end)
        at.pending = NONE
    at.negation.begin(start, end)


def instead(at: ClauseState, start: int, end: int) -> None:
    at.negation.begin(start, end, leading=at.heads(start))


def denial_after(at: ClauseState, start: int, end: int) -> None:
    votes = at.votes
    i = len(votes) - 1
    if at.text.endswith(_NEGATORS, start, end) and at.text[end : end + 1] not in ENDS:
        at.negation.begin(start, end)  # 'it is not rock'
    elif i >= at.first and start - votes[i].end <= AFTER_REACH:
        votes[i].deny()
        while i > at.first and at.listed(votes[i - 1], votes[i]):
            i -= 1
            votes[i].deny()
    elif len(votes) == at.first:
        at.negation.begin(start, end)


def denial_back(at: ClauseState, start: int, end: int) -> None:
    if at.text[end : end + 1] not in ENDS:
        if at.text.endswith(("not", "n't"), start, end) or at.text.startswith("not", start):
            at.negation.begin(start, end)
        return
    clauses = at.reading.clauses
    first = clauses[-1].first if clauses and len(at.votes) == at.first else at.first
    for vote in at.votes[max(first, at.taken_back) :]:
        vote.deny()
    at.taken_back = len(at.votes)


def no(at: ClauseState, start: int, end: int) -> bool:
    """Answers a question, marks an item ('piano: no'), takes back, or denies."""
    if at.scores.marked(start, end, at.votes, yes=False):
        return True
    if at.asked.stop > at.asked.start and at.heads(start):
        for vote in at.votes[at.asked]:
            vote.deny()
        at.asked = slice(0, 0)
        return at.text[end : end + 1] in ENDS
    if "denial_after" in at.classes and at.last_vote():
        return False
    follows = at.text[end : end + 2].strip()[:1]
    negates = at.text.endswith("not", start, end)
    if negates and follows in _NOTHING_FOLLOWS and _denies_before(at, start):
        return True
    heads = at.heads(start) and follows in ENDS
    if (heads and follows in (",", ";")) or (not heads and not negates and follows in (",", ":") and at.votes):
        correction(at, start, end)
        return True
    return heads or follows in (".", "!", "?", "") or at.negation.lone_no(start, end)


def _denies_before(at: ClauseState, start: int) -> bool:
    """'Disco it is not': a negator with nothing behind it denies what stands before it in its clause."""
    last = at.last_vote()
    if last is None or start - last.end > NOUN_REACH:
        return False
    last.deny()
    return True


def yes(at: ClauseState, start: int, end: int) -> bool:
    if at.scores.marked(start, end, at.votes, yes=True):
        return True
    if at.asked.stop > at.asked.start and at.heads(start):
        for vote in at.votes[at.asked]:
            if not vote.denied:
                vote.rank, vote.role = PLAIN, "statement"
    return False


STEPS: dict[str, Callable[[ClauseState, int, int], bool | None]] = {
    "modifier": modifier,
    "secondary": secondary,
    "wrong": wrong,
    "concession": concession,
    "reason": reason,
    "colour": colour,
    "colour_after": colour_after,
    "with": with_,
    "history": history,
    "condition": condition,
    "otherwise": otherwise,
    "agrees": agrees,
    "others": others,
    "denial": denial,
    "instead": instead,
    "denial_after": denial_after,
    "denial_back": denial_back,
    "no": no,
    "yes": yes,
}
