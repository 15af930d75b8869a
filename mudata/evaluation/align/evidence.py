"""All that speaks for or against labels in an answer, and the words of it that are no labels."""

from __future__ import annotations

import math
import re
from bisect import bisect_left
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field
from operator import itemgetter
from typing import TYPE_CHECKING, Any

from mudata.evaluation.align.alignment import Alignment, Role, Shown, Span, Status
from mudata.evaluation.align.clauses import NONE, SILENT, Clause, Reading, Vote
from mudata.evaluation.align.clean import Clean, without_markup
from mudata.evaluation.align.cues import LABELS, Event
from mudata.evaluation.align.grammar import read
from mudata.evaluation.align.idle_words import oov_terms
from mudata.evaluation.align.letters import Letter, letters
from mudata.evaluation.align.text_pieces import inside, without

if TYPE_CHECKING:
    from mudata.evaluation.align.phrase_matcher import PhraseMatcher
    from mudata.evaluation.align.scan import Scan

_ROLE: dict[str, Role] = {"strict": "positive", "synonym": "lenient", "hyponym": "lenient", "guard": "guard"}
_ECHO_SHARE = 0.8
_ECHO_LEAST = {False: 3, True: 10}


def most_listed(labels: int, *, many: bool) -> int:
    """How many of so many labels an answer may list that does not read them all back.

    Args:
        labels: that there are.
        many: several may be meant.

    Example:
        >>> most_listed(10, many=True), most_listed(9, many=True), most_listed(3, many=False)
        (7, 9, 2)
    """
    return labels if labels < _ECHO_LEAST[many] else math.ceil(_ECHO_SHARE * labels) - 1


"""Labels that a set has at least (by whether many may be meant)
before naming 80 % of them is an echo."""
_LIKELY = re.compile(r"\b(?:probably|likely|presumably)(?: (?:it's|it is|an?|some))?[ \"'*]{1,4}\Z")
_CERTAINTY = re.compile(r"(?:sure|certain|certainty|confident)\Z")
_NO_LABEL = (None,)
_start: Callable[[tuple[Any, ...]], int] = itemgetter(0)


@dataclass(slots=True)
class Evidence:
    """The reading of an answer, with what was echoed and which letters were given. Echoes and the reading have offsets
    of the clean text, letters those of the raw one."""

    clean: Clean
    matcher: PhraseMatcher
    shown: Shown
    reading: Reading
    echoed: list[tuple[int, int]]
    letters: list[Letter]
    events: Sequence[Event] = ()
    """Labels and cues that were read."""
    loops: bool = False
    flags: list[str] = field(default_factory=list)
    votes: list[Vote] = field(default_factory=list)
    """Votes for labels said in so many words and not denied, whatever their rank."""
    strict: tuple[str, ...] = ()
    """Their labels."""
    positives: tuple[str, ...] = ()
    negatives: tuple[str, ...] = ()

    foreign: bool = False
    """Whether a translation speaks for a label."""

    def __post_init__(self) -> None:
        if not self.reading.votes:
            return
        strict: set[str] = set()
        positives: set[str] = set()
        negatives: set[str] = set()
        for vote in self.reading.votes:
            kind, ids, foreign = vote.meaning
            if vote.denied:
                negatives.update(ids)
                continue
            positives.update(ids)
            self.foreign = self.foreign or foreign
            if kind == "strict":
                self.votes.append(vote)
                strict.update(ids)
        self.strict, self.positives, self.negatives = map(self.ordered, (strict, positives, negatives))

    @property
    def text(self) -> str:
        return self.clean.text

    def ordered(self, ids: Collection[str]) -> tuple[str, ...]:
        return tuple(sorted(ids, key=self.matcher.rank.__getitem__) if len(ids) > 1 else ids)

    def labels(self, votes: Iterable[Vote]) -> tuple[str, ...]:
        return self.ordered({label for vote in votes for label in vote.meaning.ids})

    def best(self, votes: Iterable[Vote]) -> list[Vote]:
        """The votes of the highest rank, or none where no rank is above NONE."""
        top, best = NONE, []
        for vote in votes:
            if vote.rank > top:
                top, best = vote.rank, [vote]
            elif vote.rank == top != NONE:
                best.append(vote)
        return best

    def lenient(self) -> list[Vote]:
        """Votes of near words and kinds."""
        return [v for v in self.reading.votes if v.meaning.kind in ("synonym", "hyponym") and not v.denied]

    def heard(self, votes: Iterable[Vote]) -> list[Vote]:
        """The votes that count where many labels may be meant."""
        return [vote for vote in votes if vote.role not in SILENT]

    def is_likely(self, vote: Vote) -> bool:
        """Whether a label is said to be likely, and nothing but certainty is refused: 'Probably jazz, though I can't be
        sure.'"""
        if not _LIKELY.search(self.text, max(0, vote.start - 24), vote.start):
            return False
        return all(_CERTAINTY.search(self.text, *refusal) for refusal in self.reading.refusals)

    def besides(self) -> str:
        """The text without its labels."""
        return without(self.text, [(vote.start, vote.end) for vote in self.reading.votes])

    def lists_most(self) -> bool:
        """Whether at least 80 % of the labels are said."""
        return len(self.strict) > most_listed(len(self.matcher.ids), many=self.matcher.many)

    def means(self, status: Status, rule: str, labels: tuple[str, ...] = (), votes: Collection[Vote] = ()) -> Alignment:
        """What a rule decides, with all the evidence; `votes` are those that decided."""
        clauses = self.reading.clauses
        if not votes and labels:
            votes = [vote for vote in self.votes if not set(labels).isdisjoint(vote.meaning.ids)]
        top = next(iter(self.best(votes)), None) if votes else None
        clause, role = None, ""
        if top is not None:
            clause, role = (clauses[top.clause] if top.clause < len(clauses) else None), top.role
        elif self.reading.refusals:
            clause, role = next((clause for clause in clauses if clause.role == "refusal"), None), "refusal"
        flags = tuple(self.flags)
        if self.echoed:
            flags += ("echo",)
        if self.foreign:
            flags += ("non_english",)
        return Alignment(
            status,
            labels,
            rule,
            tuple(self._spans(top.anchor if top is not None and rule == "anchor" else None)),
            self.positives,
            self.negatives,
            oov_terms(self.besides()) if status == "OOV" else (),
            flags,
            self.text,
            self.place(clause) if clause is not None else None,
            role,
        )

    def place(self, clause: Clause) -> tuple[int, int] | None:
        """A clause as a piece of the raw answer, without the blanks at its ends."""
        text = self.text[clause.start : clause.end]
        start = clause.start + len(text) - len(text.lstrip())
        end = clause.start + len(text.rstrip())
        return self.clean.raw(start, end) if start < end else None

    def _spans(self, anchor: tuple[int, int] | None) -> list[Span]:
        """Evidence as pieces of the raw answer; `anchor` is what announced the label that decided."""
        raw = self.clean.raw
        spans = [Span(letter.start, letter.end, "letter", letter.option) for letter in self.letters]
        for vote in self.reading.votes:
            kind, ids, _ = vote.meaning
            start, end = raw(vote.start, vote.end)
            role: Role = "negative" if vote.denied and ids else _ROLE[kind]
            if len(ids) == 1:
                spans.append(Span(start, end, role, ids[0]))
            else:
                spans.extend(Span(start, end, role, label) for label in sorted(ids) or _NO_LABEL)
        plain = not self.letters
        for places, role in (
            (self.echoed, "echo"),
            (self.reading.refusals, "cue"),
            ((anchor,) if anchor else (), "anchor"),
        ):
            for place in places:
                plain = False
                spans.append(Span(*raw(*place), role))
        return spans if plain else sorted(spans, key=_place)


def _place(span: Span) -> tuple[int, int, str, str]:
    return span.start, span.end, span.role, span.label or ""


def gather(answer: str, found: Scan, shown: Shown) -> Evidence:
    """All that an answer says. What is echoed speaks for nothing."""
    text, echoed = found.clean.text, found.echoed
    if found.loops:
        once = {meaning: (start, end) for start, end, meaning in reversed(found.labels) if meaning.kind in LABELS}
        votes = [Vote(*place, meaning) for meaning, place in sorted(once.items(), key=itemgetter(1))]
        return Evidence(found.clean, found.matcher, shown, Reading(votes), [], [], loops=True)
    events = found.events()
    if echoed:
        echoed = [piece for piece in echoed if not _lists_labels(text, piece, events)]
        events = [event for event in events if not inside(event[0], echoed)]
    given = letters(without_markup(answer), shown.options or found.matcher.ids) if shown.letters else []
    evidence = Evidence(found.clean, found.matcher, shown, read(text, events, found.begin), echoed, given, events)
    if found.language is None:
        evidence.flags.append("unread_language")
    return evidence


def _lists_labels(text: str, piece: tuple[int, int], events: list[Event]) -> bool:
    """Whether a piece is nothing but labels:
    such a list is no part of the prompt that only a prompt has."""
    first, last = (bisect_left(events, place, key=_start) for place in piece)
    labels = [event[:2] for event in events[first:last] if event[2].kind in LABELS]
    return not any(c.isalnum() for c in without(text, labels, *piece))
