"""Answers that are one value: what every reader of values shares.

A finder says where values stand in an answer; `align`'s grammar says what is denied, announced, taken back, left open
or told of something else, in the languages that it knows; and the table below decides:

    nothing said, a loop, the prompt or all possible values read back    EMPTY, DEGENERATE, ECHO_PROMPT, ECHO_ALL
    a refusal, and no value announced after it                           REFUSAL, REFUSAL_WITH_MENTION
        only of certainty ('the exact key'), behind a statement          ALIGNED, rule 'hedged'
    only the highest rank that has a value counts (`clauses.RANKS`)
        one value there, or a range beside a value within it             ALIGNED
        several, but the last announced answer, what is set in bold
        or in a box, or what is alone on the last line is one            ALIGNED, rule 'final'
        a range, a bound, 'either ... or', 'could also be'               MULTI, rule 'range', flag 'hedged'
        several                                                          MULTI, rule 'several'
    values of history, conditions and others' views; all denied          UNPARSED, NEGATED_ONLY
    values that cannot be meant; half a value; none                      OUTSIDE, UNPARSED

No value is ever chosen by chance or place. Of a range the labels are its two ends, the lower first; of a bound ('at
least 3') the one value said.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from mudata.evaluation.align.alignment import Alignment, Role, Shown, Span, Status
from mudata.evaluation.align.clauses import CHOICE, NONE, NOUN, PART, PLAIN, WEAK, Vote
from mudata.evaluation.align.idle_words import oov_terms
from mudata.evaluation.align.refusal import only_of_certainty, sentence_before
from mudata.evaluation.align.text_pieces import without
from mudata.evaluation.readers.chosen_values import (
    concluded,
    former_or_latter,
    is_wide,
    last_announced,
    last_line,
    set_off,
    values_of,
)
from mudata.evaluation.readers.counted_votes import counted
from mudata.evaluation.readers.said_values import ValueEvidence, ValueKind, gather

if TYPE_CHECKING:
    from collections.abc import Iterable

_CONCEDED = re.compile(
    r"[^.;!?\n]{0,60},? (?:but|yet|however|although|though)\b(?! (?:(?:i'm|i am|it's|it is|that's|this is)"
    r" (?:not|un|hard|difficult|torn)|both|either|neither|it could|it might|it may|i can|i do|equally))"
)
"""Behind an alternative that is granted only to be outweighed: 'there's some possibility of C minor, but ...'."""
_ECHO_SHARE = 0.8
_CHAT = frozenset(("user", "assistant", "system", "question", "prompt", "response", "human", "model"))
_NOTHING = re.compile(
    r"[^\w]*(?:(?:the )?[\w ]{0,20}?(?: is|:)[^\w]*)?"
    r"(?:none|n a|unknown|null|nil|undefined|idk|not applicable|unclear|indeterminate|undetermined)[^\w]*"
)


def read_value(answer: str | None, shown: Shown, kind: ValueKind) -> Alignment:
    """Read one answer; None stands for a failure and is ERROR. Pure, and linear in the length of the answer."""
    if answer is None:
        return Alignment("ERROR", rule_id="error")
    return decide(gather(answer, shown, kind), kind)


NOTHING_SHOWN = Shown()


def within_options(found: Alignment, shown: Shown, value_of: Callable[[str], str | None]) -> Alignment:
    """OUTSIDE in place of a value that is none of the options shown; options may be spelled in any way."""
    if found.status != "ALIGNED" or not shown.options:
        return found
    options = {value for option in shown.options if (value := value_of(option))}
    return found if found.label in options or not options else replace(found, status="OUTSIDE", rule_id="outside")


def decide(gathered: ValueEvidence, kind: ValueKind) -> Alignment:
    """The verdict of the table above."""
    reading = gathered.reading
    if gathered.loops or not gathered.clean.text.strip():
        return _means(gathered, *(("DEGENERATE", "degenerate") if gathered.loops else ("EMPTY", "empty")))
    votes = counted(gathered, kind)
    live = [vote for vote in votes if not vote.denied]
    if gathered.echoed and not votes and not reading.refusals and _adds_nothing(gathered):
        return _means(gathered, "ECHO_PROMPT", "echo_prompt")
    if kind.all_values and len(values_of(gathered, live)) >= _ECHO_SHARE * kind.all_values:
        return _means(gathered, "ECHO_ALL", "echo_all", votes=votes)
    if reading.refusals:
        return _refused(gathered, live, kind)
    best = _best(live)
    return _one_or_several(gathered, live, best, kind) if best else _no_value(gathered, live, votes)


def _adds_nothing(gathered: ValueEvidence) -> bool:
    return not set(oov_terms(without(gathered.clean.text, gathered.echoed))) - _CHAT


def _no_value(gathered: ValueEvidence, live: list[Vote], votes: list[Vote]) -> Alignment:
    if live:
        return _means(gathered, "UNPARSED", "unmeant", votes=live)
    if votes:
        return _means(gathered, "NEGATED_ONLY", "negated")
    if gathered.half:
        gathered.flags.append("half")
        return _means(gathered, "UNPARSED", "half")
    if gathered.outside:
        return _means(
            gathered, "OUTSIDE", "outside", tuple(dict.fromkeys(v for s in gathered.outside for v in s.values))
        )
    if len(gathered.clean.text) < 60 and _NOTHING.fullmatch(gathered.clean.text):
        return _means(gathered, "REFUSAL", "refusal")
    return _means(gathered, "UNPARSED", "unparsed")


def _best(votes: Iterable[Vote]) -> list[Vote]:
    top, best = NONE, list[Vote]()
    for vote in votes:
        if vote.rank > top:
            top, best = vote.rank, [vote]
        elif vote.rank == top != NONE:
            best.append(vote)
    return best


def _refused(gathered: ValueEvidence, live: list[Vote], kind: ValueKind) -> Alignment:
    """Cannot tell; but a guess that follows, of one value, is taken, and so is what was stated before where only
    certainty is refused."""
    if not live:  # 'The tonic is D, but I cannot tell the mode.'
        return _no_value(gathered, live, []) if gathered.half else _means(gathered, "REFUSAL", "refusal")
    first = gathered.reading.refusals[0][0]
    guessed = [vote for vote in live if vote.committed and vote.rank >= (WEAK if vote.start > first else CHOICE)]
    text, refusals = gathered.clean.text, gathered.reading.refusals
    doubted = not guessed and all(only_of_certainty(text, *place) for place in refusals)
    if doubted:
        stated = sentence_before(text, first)
        guessed = [vote for vote in live if vote.rank >= PLAIN and vote.end <= stated]
    best = _best(guessed)
    if best:
        found = _one_or_several(gathered, live if doubted else guessed, best, kind)
        if found.status == "ALIGNED":
            gathered.flags.append("hedged")
            return _means(gathered, "ALIGNED", "hedged", found.labels, best)
        return found
    return _means(gathered, "REFUSAL_WITH_MENTION", "refusal_mention", votes=live)


def _one_or_several(gathered: ValueEvidence, live: list[Vote], best: list[Vote], kind: ValueKind) -> Alignment:
    said = values_of(gathered, best)
    if any(vote.role == "correction" for vote in best):
        gathered.flags.append("corrected")
    if best[0].rank >= NOUN and len(said) > 1 and (last := last_announced(gathered, best)):
        best, said = last, values_of(gathered, last)
        if len(said) == 1 and not is_wide(gathered, best):
            gathered.flags.append("anchored")
            return _means(gathered, "ALIGNED", "final", said[0], best)
    if len(said) > 1 and (off := _settled_on(gathered, live)):
        gathered.flags.append("anchored")
        return _means(gathered, "ALIGNED", "final", values_of(gathered, off)[0], off)
    if len(said) > 1 and (point := _point(gathered, best, kind)) and not _left_open(gathered, live, best):
        return _means(gathered, "ALIGNED", "value", point, best)
    if len(said) > 1 or is_wide(gathered, best) or _left_open(gathered, live, best):
        open_ = [*best, *_left_open(gathered, live, best)]
        return _hedged(gathered, open_)
    return _means(gathered, "ALIGNED", "value", said[0], best)


def _settled_on(gathered: ValueEvidence, live: list[Vote]) -> list[Vote]:
    found = set_off(gathered, live) or concluded(gathered, live) or former_or_latter(gathered, live)
    return found or last_line(gathered, live)


def _point(gathered: ValueEvidence, best: list[Vote], kind: ValueKind) -> tuple[str, ...]:
    """The one value that stands beside bounds, or beside ranges which all hold it: '120-125, say 122'; none where that
    is not so."""
    said = [gathered.of(vote) for vote in best]
    points = {one.values for one in said if one.sort not in ("range", "bound")}
    ranges = [one.values for one in said if one.sort == "range"]
    if len(points) != 1 or kind.within is None:
        return ()
    (point,) = points
    return point if all(kind.within(point[0], ends) for ends in ranges) else ()


def _hedged(gathered: ValueEvidence, votes: list[Vote]) -> Alignment:
    reading = gathered.reading
    labels = tuple(dict.fromkeys(value for vote in votes for value in gathered.of(vote).values))
    hedged = reading.either or reading.unsure or is_wide(gathered, votes)
    if hedged or len(gathered.clean.text) < 40:  # 'C major / A minor'
        gathered.flags.append("hedged")
        return _means(gathered, "MULTI", "range", labels, votes)
    return _means(gathered, "MULTI", "several", labels, votes)


def _left_open(gathered: ValueEvidence, live: list[Vote], best: list[Vote]) -> list[Vote]:
    """Other values left open after the choice: 'It could be A minor as well.'"""
    said, last = {gathered.of(vote).values for vote in best}, best[-1].start
    return [
        vote
        for vote in live
        if vote.role == "alternative"
        and vote.rank > PART
        and vote.start > last
        and gathered.of(vote).values not in said
        and not _CONCEDED.match(gathered.clean.text, vote.end)
    ]


# ------------------------------------------------------------------------------------- the verdict


def _means(
    gathered: ValueEvidence, status: Status, rule: str, labels: tuple[str, ...] = (), votes: Sequence[Vote] = ()
) -> Alignment:
    counted = [vote for vote in gathered.reading.votes if vote.meaning.kind == "strict"]
    positives = tuple(dict.fromkeys(v for vote in counted if not vote.denied for v in gathered.of(vote).values))
    negatives = tuple(dict.fromkeys(v for vote in counted if vote.denied for v in gathered.of(vote).values))
    if rule == "half":
        positives = tuple(dict.fromkeys(value for said in gathered.half for value in said.values))
    clauses = gathered.reading.clauses
    top = max(votes, key=lambda vote: vote.rank, default=None)
    clause = clauses[top.clause] if top is not None and top.clause < len(clauses) else None
    return Alignment(
        status,
        labels,
        rule,
        tuple(_spans(gathered, top)),
        positives,
        negatives,
        (),
        tuple(dict.fromkeys(gathered.flags)),
        gathered.clean.text,
        gathered.raw(clause.start, clause.end) if clause else None,
        clause.role if clause else "",
    )


def _spans(gathered: ValueEvidence, top: Vote | None) -> list[Span]:
    spans: list[Span] = []
    for vote in gathered.reading.votes:
        said = gathered.said.get((vote.start, vote.end))
        if said is None:
            continue
        start, end = gathered.text.raw(said.start, said.end)
        role: Role = "guard" if not said.values else "negative" if vote.denied else "positive"
        spans += [Span(start, end, role, value) for value in said.values or (None,)]
    for some, role in ((gathered.half, "lenient"), (gathered.outside, "guard")):
        spans += [Span(*gathered.text.raw(said.start, said.end), role, value) for said in some for value in said.values]
    places: list[tuple[tuple[int, int], Role]] = [(place, "echo") for place in gathered.echoed] + [
        (place, "cue") for place in gathered.reading.refusals
    ]
    if top is not None and top.anchor and top.anchor[0] < top.anchor[1]:
        places.append((top.anchor, "anchor"))
    spans += [Span(*gathered.clean.raw(*place), role) for place, role in places if place[0] < place[1]]
    return sorted(spans, key=lambda span: (span.start, span.end, span.role, span.label or ""))
