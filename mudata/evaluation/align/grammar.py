"""The grammar of answers: cues, signs and labels in, in the order of the text; clauses and ranked votes out.

One pass, one step a cue. A clause ends at a sign, a new line, or a word of contrast. Within it cues set what the next
label is worth (its rank) and what the clause does (its role): `clauses.RANKS` and `clauses.ROLES` say which there are,
`language.CLASSES` which cues; `announcing` and `silencing` have their steps. Three things reach further than their
clause: a heading or anchor with nothing behind it ('Answer:' and a new line), a list that goes on behind a sign
('Genre: jazz; blues'), and what takes back or denies the clause before ('Rock? No.').
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from mudata.evaluation.align import announcing, silencing
from mudata.evaluation.align.clause_state import LETTER, ClauseState
from mudata.evaluation.align.clauses import CHOICE, NONE, PLAIN, WEAK, Clause, Reading, Vote
from mudata.evaluation.align.cues import LABELS

if TYPE_CHECKING:
    from collections.abc import Callable

    from mudata.evaluation.align.cues import Event, Meaning

_KEY = re.compile(r"\s{0,8}(?:[\"'{]{1,2}|(?!not ))[^\W\d_][\w ]{0,30}[\"']? ?[:=]")
_HEADING_LETTERS = 14
"""Letters that a heading may have beside its noun: 'Final', 'My best'."""


def read(text: str, events: list[Event], begin: int = 0) -> Reading:
    """All clauses, votes and refusals of a clean text that begins behind blanks."""
    at = ClauseState(text, begin)
    steps = _STEPS
    for start, end, meaning in events:
        kind = meaning.kind
        if kind in LABELS:
            label(at, start, end, meaning)
            continue
        at.classes = meaning.ids
        if not steps[kind](at, start, end):
            for other in meaning.ids:
                if steps[other](at, start, end):
                    break
        if kind != "other_things":
            at.last_cue = start
    if at.start < len(text):
        at.close(len(text))
    for vote in at.doubted:
        if vote.role == "question":  # 'Rock? In what world?': asked, and nothing says yes
            vote.rank = NONE
    at.scores.settle()
    at.reading.refusals = at.refusals.found
    return at.reading


def label(at: ClauseState, start: int, end: int, meaning: Meaning) -> None:
    reading, anchor = at.reading, at.anchor_place if at.anchor else None
    vote = Vote(start, end, meaning, at.rank, at.role, at.committed, len(reading.clauses), anchor)
    if start <= at.negation.end:
        at.negation.goes_on(end)
        vote.deny()
    elif vote.clause == reading.otherwise:
        vote.rank, vote.role = NONE, "condition"
    elif at.also and not at.blocked:
        vote.role = "alternative"
    elif at.ranked:
        at.ranked += 1
        vote.rank, vote.role = (CHOICE, "guess") if at.ranked == 2 else (NONE, "score")
    if at.modifies > 0 or at.seeming > 0:
        at.outdone(start)
    if at.scores.seen:
        at.scores.label(vote)
    at.votes.append(vote)
    at.noun, at.modifier = None, ""
    at.pending = NONE
    if meaning.kind != "guard" and not (at.blocked and at.role in ("reason", "colour")):
        at.correcting = False  # it goes on in 'wait, because of the swing it's ...'


def comma_(at: ClauseState, start: int, end: int) -> None:
    at.negation.comma(start, end)
    at.comma = True
    if at.noun and at.noun[2] == "final" and start - at.noun[1] <= 1:  # 'my final answer, jazz'
        at.anchored(end)
    at.off_topic = at.thing = -99
    if at.keyed and _KEY.match(at.text, end):
        at.close(end)
    elif at.blocked and at.lead and at.role in ("concession", "reason", "opinion"):
        at.blocked = False
        at.rank, at.role = PLAIN, "statement"


def stop(at: ClauseState, start: int, end: int) -> None:
    at.close(end)


def question(at: ClauseState, start: int, end: int) -> None:
    guessed = at.bare(start)  # 'Jazz?'
    for vote in at.votes[at.first :]:
        if not vote.denied:
            vote.rank, vote.role = min(vote.rank, WEAK), "question"
            vote.committed = vote.committed or guessed
    asked = slice(at.first, len(at.votes))
    if at.last_cue < at.start and LETTER.search(at.text, end):  # words that say nothing of labels make no difference
        at.doubted += at.votes[asked]
    at.close(end, goes_on=False)
    at.asked = asked


def newline(at: ClauseState, start: int, end: int) -> None:
    if at.noun and len(at.votes) == at.first:
        words = at.text[at.start : at.noun[0]] + at.text[at.noun[1] : start]
        modified = at.noun[2] != "" or at.modifier_end > at.start
        if len(LETTER.findall(words)) <= (_HEADING_LETTERS if modified else 0):
            at.anchored(end)
    at.close(end)


def contrast(at: ClauseState, start: int, end: int) -> None:
    keep = at.rank if at.anchor and all(v.denied for v in at.votes[at.first :]) else NONE
    mentioned = [place for place in (at.with_place, at.part_place) if place >= at.first]
    has = slice(min(mentioned), len(at.votes)) if mentioned else slice(0, 0)
    at.close(start, goes_on=False)
    at.start, at.has = end, has
    if keep:
        at.rank, at.anchor, at.committed = keep, keep, True


def idle_(at: ClauseState, start: int, end: int) -> None:
    """Sentences without labels or anything that turns one (`skim`): what stood open before them ends."""
    at.reading.clauses.append(Clause(start, end, at.role, NONE, at.first, at.first))
    at.carried = at.pending = NONE
    at.begin(end)


def cannot(at: ClauseState, start: int, end: int) -> None:
    at.refusals.cannot(start, end)
    at.negation.cannot(start, end)


def than(at: ClauseState, start: int, end: int) -> None:
    last = at.last_vote()
    if at.text[start:end] == "over" and last and start - last.end == 1 and at.role == "guess" and not last.denied:
        at.negation.begin(start, end)  # 'I'd say pop over disco'
    else:
        at.negation.than(start, end)


def lack(at: ClauseState, start: int, end: int) -> None:
    at.refusals.lack(start, end)
    at.negation.begin(start, end)


_STEPS: dict[str, Callable[[ClauseState, int, int], bool | None]] = {
    **announcing.STEPS,
    **silencing.STEPS,
    "comma": comma_,
    "stop": stop,
    "question": question,
    "newline": newline,
    "contrast": contrast,
    "idle": idle_,
    "soft": lambda at, start, end: at.negation.soft(),
    "next": lambda at, start, end: at.negation.begin(start, end, next_only=True),
    "more": lambda at, start, end: at.negation.comparison(),
    "than": than,
    "as": lambda at, start, end: at.negation.as_(),
    "cannot": cannot,
    "lack": lack,
    "tell": lambda at, start, end: at.refusals.tell(start, end),
    "no_tell": lambda at, start, end: at.refusals.no_tell(),
    "quantity": lambda at, start, end: at.refusals.quantity(start),
    "facts": lambda at, start, end: at.refusals.facts(start, end),
    "refusal": lambda at, start, end: at.refusals.outright(start, end),
    "untold": lambda at, start, end: at.refusals.untold(start, end),
    "aside": lambda at, start, end: at.refusals.noun(start, end, own=False, no=False),
    "no_denial": lambda at, start, end: None,
    "score": lambda at, start, end: at.scores.score(start, end, at.votes),
    "check": lambda at, start, end: at.scores.mark(start, at.votes, end=end, yes=True),
    "cross": lambda at, start, end: at.scores.mark(start, at.votes, end=end, yes=False),
}
"""What each class of cues and each sign does ('aside': a noun of something else, where values are read, which no other
noun's values can be mistaken for); a step that returns True ends what its cue does."""
