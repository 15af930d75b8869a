"""The grammar of answers: cues, signs and labels in, in the order of the text; clauses and ranked votes out.

One pass, one step a cue. A clause ends at a sign, a new line, or a word of contrast. Within it cues set what the next
label is worth (its rank) and what the clause does (its role): `clauses.RANKS` and `clauses.ROLES` say which there are,
`language.CLASSES` which cues. Three things reach further than their clause: a heading or anchor with nothing behind it
('Answer:' and a new line), a list that goes on behind a sign ('Genre: jazz; blues'), and what takes back or denies the
clause before ('Rock? No.').
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from mudata.evaluation.align.clauses import (
    CHOICE, FINAL, MAIN, NONE, NOUN, PART, PLAIN, WEAK, Clause, Reading, Vote,
)
from mudata.evaluation.align.cues import LABELS
from mudata.evaluation.align.idle_words import oov_terms
from mudata.evaluation.align.negation import Negation
from mudata.evaluation.align.refusal import Refusals
from mudata.evaluation.align.scores import Scores

if TYPE_CHECKING:
    from mudata.evaluation.align.cues import Event, Meaning

_LETTER = re.compile(r"[^\W\d_]")
_WORD_OR_COMMA = re.compile(r"[^\W\d_]|,")
_KEY = re.compile(r"\s{0,8}[\"'{]{0,2}[^\W\d_][\w ]{0,30}[\"']? ?[:=]")
_LISTED = re.compile(r"[ \"'()]*(?:,|,? ?\b(?:and|or|nor|und|oder|y|e|o|et|ou|и|или|en|of)\b|&|[和与、或や]|)[ \"'()]*")
_OBJECT = re.compile(r"[\s\"'*:]{0,6}(?:(?:a|an|the|probably|most likely|likely|simply|just)\s){0,2}(?:[^\W_]+[ '&]{0,2}){1,3}(?=[\s\"'*})]*(?:[.,;!\n(]|\Z))")
_STYLE = re.compile(r"\b(?:styles?|class|options?|letter|label)\b")
_ENDS = ("", ",", ".", ";", "!", "?", "\n", ")")
_ADJACENT, _NOUN_REACH, _MODIFIER_REACH, _AFTER_REACH, _POSTPOSED = 4, 60, 24, 24, 10
_FRESH: dict[str, Any] = {
    "rank": PLAIN,  # what the next label is worth
    "role": "statement",  # and what the clause does there
    "committed": False,  # whether something announces it
    "blocked": False,  # whether labels are worth less until something new is stated
    "lead": False,  # whether what blocks them stands at the head of the clause
    "comma": False,  # whether a comma has come since
    "block_end": -1,
    "anchor": NONE,  # the rank of an announced answer
    "noun": None,  # a noun of the question, as (start, end, what modifies it)
    "modifier": "",
    "modifier_end": -99,
    "off_topic": -99,  # where a noun of another question ends
    "thing": -99,  # where a thing that is not asked for ends
    "with_place": -1,  # the first vote after 'with'
    "colour_end": -99,
    "is_start": -99,
    "is_end": -99,
    "concludes": False,
    "also": False,
    "would": False,
}
"""The state at the beginning of a clause."""
_MODIFIED = {"final": FINAL, "primary": MAIN, "": NOUN}
_ALONE = {"final": FINAL, "primary": CHOICE, "secondary": NONE}


class Grammar:
    """The state of one reading. Make one, call `read`."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.reading = Reading()
        self.negation = Negation(text)
        self.refusals = Refusals(text)
        self.scores = Scores(text)
        self.keyed = ":" in text or "=" in text
        self.carried = NONE
        """The rank of an anchor whose list may go on in the next clause."""
        self.pending = NONE
        """The rank of an anchor that nothing has followed yet."""
        self.asked = slice(0, 0)
        """Votes of the question just asked."""
        self.correcting = False
        self.ranked = 0
        self.anchor_end = 0
        self._begin(0)

    def _begin(self, start: int) -> None:
        self.__dict__.update(_FRESH)
        self.start = start
        self.first = len(self.reading.votes)
        if self.correcting:
            self.rank, self.role, self.committed = FINAL, "correction", True
        elif self.pending:
            self.rank = self.anchor = self.pending
            self.committed = True

    def read(self, events: list[Event]) -> Reading:
        steps = _STEPS
        for start, end, meaning in events:
            stopped = steps[meaning.kind](self, start, end, meaning)
            if meaning.ids and not stopped and meaning.kind not in LABELS:
                for kind in meaning.ids:
                    if steps[kind](self, start, end, meaning):
                        break
        self._close(len(self.text), "end")
        self.scores.settle(self.reading.votes)
        self.reading.refusals = self.refusals.found
        return self.reading

    # ------------------------------------------------------------------------- labels

    def label(self, start: int, end: int, meaning: Meaning) -> None:
        vote = Vote(start, end, meaning, self.rank, self.role, self.committed)
        vote.clause = len(self.reading.clauses)
        if self.negation.covers(start, end):
            vote.deny()
        elif self.also and not self.blocked:
            vote.role = "alternative"
        elif self.ranked:
            self.ranked += 1
            vote.rank, vote.role = (CHOICE, "guess") if self.ranked == 2 else (NONE, "score")
        self.scores.label(vote, self.reading.votes)
        self.reading.votes.append(vote)
        self.noun, self.modifier = None, ""
        self.pending, self.correcting = NONE, False

    # ------------------------------------------------------------------------- what sets the rank

    def _set(self, rank: int, role: str, start: int, *, frees: bool = False) -> bool:
        """A new statement begins; what blocks votes goes on unless a comma or `frees` ends it."""
        if self.blocked:
            ends = self.comma or (self.lead and self.role == "reason")
            if not (ends or (frees and self.role not in ("condition", "opinion", "concession"))):
                return False
            if frees and start - self.block_end < 15 and self.role in ("secondary", "denial"):
                return False
            self.blocked = False
        elif self.correcting or self.role == "correction":
            return True
        self.rank, self.role, self.committed = rank, role, True
        return True

    def _block(self, rank: int, role: str, start: int, end: int) -> None:
        """Labels from here on are worth no more than this, to the end of the clause; at its head to the comma."""
        if self.blocked and self.rank <= rank:
            return
        self.lead = not _LETTER.search(self.text, self.start, start)
        self.rank, self.role, self.blocked, self.comma, self.block_end = rank, role, True, False, end

    def anchored(self, start: int, end: int) -> None:
        """A noun of the question and 'is' or a colon: what follows is the answer."""
        noun = self.noun
        self.noun = None
        if noun is None:
            return
        rank = _MODIFIED.get(noun[2], NOUN)
        if self.concludes:
            rank = FINAL
        if self._set(rank, "final" if rank == FINAL else "statement", noun[0], frees=True):
            self.anchor = self.pending = self.rank
            self.anchor_end = end
        self.modifier = ""

    def is_(self, start: int, end: int, meaning: Meaning) -> None:
        self.negation.soft()
        self.would = self.would or self.text.startswith("would", start)
        if self.noun and start - self.noun[1] <= _NOUN_REACH:
            self.anchored(start, end)
        elif start - self.off_topic <= _AFTER_REACH:
            self._block(NONE, "off_topic", start, end)
        elif start - self.thing <= _AFTER_REACH:
            self._block(PART, "colour", start, end)
        elif self.rank < CHOICE or self.blocked:
            self._set(CHOICE if self.concludes else PLAIN, "statement", start)
        last = self._last_vote()
        if last and not _LETTER.search(self.text, last.end, start):
            last.committed = True
        self.is_start, self.is_end = start, end
        self.committed = self.committed or not self.blocked
        if self.modifier and start - self.modifier_end <= _ADJACENT and not self.blocked:
            self.rank = max(self.rank, _ALONE.get(self.modifier, self.rank))

    def colon(self, start: int, end: int, meaning: Meaning) -> None:
        self.negation.soft()
        if self.scores.colon(start, self.reading.votes):
            return
        gap = start - (self.noun[1] if self.noun else -99)
        if self.noun and gap <= _NOUN_REACH:
            self.anchored(start, end)
        elif start - self.off_topic <= _ADJACENT:
            self._block(NONE, "off_topic", start, end)
        elif start - self.colour_end <= _ADJACENT:
            self._block(PART, "colour", start, end)
        elif start - self.modifier_end <= _ADJACENT and self.modifier in _ALONE:
            rank = _ALONE[self.modifier]
            if rank and self._set(rank, "final" if rank == FINAL else "guess", start, frees=True):
                self.anchor = self.pending = rank
                self.anchor_end = end

    def noun_(self, start: int, end: int, meaning: Meaning) -> None:
        near = start - self.modifier_end <= _MODIFIER_REACH
        if start - self.is_end <= _POSTPOSED:
            self._postposed(NOUN)
        self.noun = start, end, self.modifier if near else ""
        self.refusals.noun(start, end, own=True, no=self.negation.no_before(start))

    def off_topic_(self, start: int, end: int, meaning: Meaning) -> None:
        self.off_topic = end
        self.noun = None
        self.refusals.noun(start, end, own=False, no=False)

    def thing_(self, start: int, end: int, meaning: Meaning) -> None:
        self.thing = end
        self.refusals.noun(start, end, own=False, no=False)
        if self.text[end : end + 3].strip("\"' ")[:1] in (":", "="):
            self._block(NONE, "off_topic", start, end)

    def _postposed(self, rank: int) -> bool:
        """'Jazz is the genre', 'jazz seems most likely': what stands before 'is' is the answer."""
        last = self._last_vote()
        if last is None or last.end > self.is_end or _LETTER.search(self.text, last.end, max(last.end, self.is_start)):
            return False
        if not last.denied and last.rank > NONE:
            last.rank, last.committed = max(last.rank, rank), True
        return True

    def final(self, start: int, end: int, meaning: Meaning) -> None:
        self.modifier, self.modifier_end = "final", end

    def primary(self, start: int, end: int, meaning: Meaning) -> None:
        self.modifier, self.modifier_end = "primary", end
        if last := self._trailed(start, end):
            last.rank, last.committed = max(last.rank, CHOICE), True
            return
        if start - self.is_end <= _POSTPOSED and self._postposed(CHOICE):
            return
        if self.noun and self.noun[2] == "":
            self.noun = (*self.noun[:2], "primary")
        elif self.rank < CHOICE:
            committed = self.committed
            self._set(CHOICE, "guess", start, frees=self.role in ("secondary", "denial"))
            self.committed = committed

    def secondary(self, start: int, end: int, meaning: Meaning) -> None:
        self.negation.soft()
        last = self._last_vote()
        if last and not self.text[last.end : start].strip():
            last.rank, last.role = NONE, "secondary"
        self.modifier, self.modifier_end = "secondary", end
        self._block(NONE, "secondary", start, end)

    def wrong(self, start: int, end: int, meaning: Meaning) -> None:
        if self.scores.marked(start, self.reading.votes, yes=False):
            return
        if last := self._trailed(start, end):
            last.deny()
            return
        self.modifier, self.modifier_end = "secondary", end
        self._block(NONE, "denial", start, end)

    def guess(self, start: int, end: int, meaning: Meaning) -> None:
        self.negation.soft()
        rank = FINAL if self.concludes else CHOICE
        if self.rank < rank or self.blocked:
            self._set(rank, "guess", start)
        self.noun = None

    def hedge(self, start: int, end: int, meaning: Meaning) -> None:
        self.negation.soft()
        self.reading.unsure = True
        if last := self._trailed(start, end):
            last.rank, last.role = min(last.rank, WEAK), "alternative"
            return
        if not self.anchor or not self.committed:
            self._set(WEAK, "alternative", start)
        self.noun = None

    def weak(self, start: int, end: int, meaning: Meaning) -> None:
        self.negation.soft()
        if self.noun and start - self.noun[1] <= _NOUN_REACH:
            self.anchored(start, end)
        elif start - self.thing <= _AFTER_REACH:
            self._block(PART, "colour", start, end)
        elif self.role != "guess":
            self._set(WEAK, "comparison", start)

    def weak_after(self, start: int, end: int, meaning: Meaning) -> None:
        last = self._last_vote()
        if last and not last.denied and start - last.end <= _ADJACENT:
            last.rank, last.role = min(last.rank, WEAK), "comparison"

    def also_(self, start: int, end: int, meaning: Meaning) -> None:
        last = self._last_vote()
        if last and start - last.end <= 2 and not self.blocked and self.first:
            last.role = "alternative"
        self.also = True

    def conclusion(self, start: int, end: int, meaning: Meaning) -> None:
        if self.text[start:end] == "so" and self.text[max(0, start - 3) : start].strip()[-1:] not in ("", ",", ";", "."):
            return  # 'so heavy'
        self.negation.stop()
        self.concludes = True
        if self.blocked and self.comma:
            self.blocked, self.rank, self.role = False, PLAIN, "statement"

    def correction(self, start: int, end: int, meaning: Meaning) -> None:
        self.negation.stop()
        self.correcting = True
        self.blocked = False
        self.rank, self.role = FINAL, "correction"
        self.committed = True

    def ranked_(self, start: int, end: int, meaning: Meaning) -> None:
        self.ranked = 1

    def either(self, start: int, end: int, meaning: Meaning) -> None:
        self.reading.either = True

    def mixed(self, start: int, end: int, meaning: Meaning) -> None:
        """'the identified genre is multi-genre': no label is the answer."""
        if self.pending >= NOUN or (self.concludes and self.role == "guess" and self.rank >= CHOICE and self._last_vote() is None):
            self.reading.elsewhere = max(self.reading.elsewhere, self.pending or self.rank)
            self.reading.mixed = True
            self.pending, self.rank = NONE, PLAIN

    def _elsewhere(self, end: int, *, refused: bool) -> None:
        """An announced answer that is no label: 'the final answer is funk'."""
        if self.pending < NOUN or refused or self.anchor_end < self.start:
            return
        said = _OBJECT.match(self.text, self.anchor_end, end)
        if said and not _STYLE.search(self.text, self.start, self.anchor_end) and oov_terms(said.group()):
            self.reading.elsewhere = max(self.reading.elsewhere, self.pending)

    def greater(self, start: int, end: int, meaning: Meaning) -> None:
        """An arrow behind a noun, or a ranking: 'country > rock'."""
        if self.noun and start - self.noun[1] <= _ADJACENT:
            self.anchored(start, end)
        else:
            self.scores.greater(start, end, self.reading.votes)

    # ------------------------------------------------------------------------- what takes votes away

    def concession(self, start: int, end: int, meaning: Meaning) -> None:
        self.negation.stop()
        self._block(PART, "concession", start, end)

    def reason(self, start: int, end: int, meaning: Meaning) -> None:
        self.negation.stop()
        self._block(PART, "reason", start, end)

    def colour(self, start: int, end: int, meaning: Meaning) -> None:
        self._block(PART, "colour", start, end)

    def colour_after(self, start: int, end: int, meaning: Meaning) -> None:
        self.colour_end = end
        votes = self.reading.votes
        i = len(votes) - 1
        if i < self.first or start - votes[i].end > 3:
            if self.with_place == len(votes):  # 'with influences blues'
                self._block(PART, "colour", start, end)
            return
        at = self.with_place if self.with_place >= self.first else i
        while at == i > self.first and self.with_place < 0 and self._listed(votes[i - 1], votes[i]):
            i -= 1
            at = i
        for vote in votes[at:]:
            if vote.rank > PART:
                vote.rank, vote.role = PART, "colour"

    def with_(self, start: int, end: int, meaning: Meaning) -> None:
        self.with_place = len(self.reading.votes)

    def history(self, start: int, end: int, meaning: Meaning) -> None:
        self._block(NONE, "history", start, end)

    def condition(self, start: int, end: int, meaning: Meaning) -> None:
        for vote in self.reading.votes[self.first :]:
            if self.would and not vote.denied:
                vote.rank, vote.role = NONE, "condition"
        self._block(NONE, "condition", start, end)

    def others(self, start: int, end: int, meaning: Meaning) -> None:
        self._block(NONE, "opinion", start, end)

    # ------------------------------------------------------------------------- denials

    def denial(self, start: int, end: int, meaning: Meaning) -> None:
        if self.noun and start - self.noun[1] <= _NOUN_REACH:
            self.anchored(start, end)
            self.pending = NONE
        self.negation.begin(start, end)

    def instead(self, start: int, end: int, meaning: Meaning) -> None:
        self.negation.begin(start, end, leading=not _LETTER.search(self.text, self.start, start))

    def denial_after(self, start: int, end: int, meaning: Meaning) -> None:
        votes = self.reading.votes
        i = len(votes) - 1
        if i >= self.first and start - votes[i].end <= _AFTER_REACH:
            votes[i].deny()
            while i > self.first and self._listed(votes[i - 1], votes[i]):
                i -= 1
                votes[i].deny()
        elif len(votes) == self.first:
            self.negation.begin(start, end)

    def denial_back(self, start: int, end: int, meaning: Meaning) -> None:
        if self.text[end : end + 1] not in _ENDS:
            if self.text.startswith("not", start):
                self.negation.begin(start, end)
        elif len(self.reading.votes) == self.first and self.reading.clauses:
            for vote in self.reading.votes[self.reading.clauses[-1].first : self.reading.clauses[-1].last]:
                vote.deny()
        else:
            for vote in self.reading.votes[self.first :]:
                vote.deny()

    def no(self, start: int, end: int, meaning: Meaning) -> bool:
        """Answers a question, marks an item ('piano: no'), takes back, or denies."""
        if self.scores.marked(start, self.reading.votes, yes=False):
            return True
        if self.asked.stop > self.asked.start and not _LETTER.search(self.text, self.start, start):
            for vote in self.reading.votes[self.asked]:
                vote.deny()
            self.asked = slice(0, 0)
            return self.text[end : end + 1] in (",", ".", ";", "!", "", "\n")
        if "denial_after" in meaning.ids and self._last_vote():
            return False
        follows = self.text[end : end + 2].strip()[:1]
        if follows in _ENDS and not _LETTER.search(self.text, self.start, start):
            if follows in (",", ";"):
                self.correction(start, end, meaning)
            return True
        if follows in (",", ":") and self.reading.votes and not self.text.endswith("not", start, end):
            self.correction(start, end, meaning)
            return True
        return follows in (".", "!", "?", "") or self.negation.lone_no(start, end, meaning)

    def yes(self, start: int, end: int, meaning: Meaning) -> bool:
        if self.scores.marked(start, self.reading.votes, yes=True):
            return True
        if self.asked.stop > self.asked.start and not _LETTER.search(self.text, self.start, start):
            for vote in self.reading.votes[self.asked]:
                if not vote.denied:
                    vote.rank, vote.role = PLAIN, "statement"
        return False

    # ------------------------------------------------------------------------- signs

    def comma_(self, start: int, end: int, meaning: Meaning) -> None:
        self.negation.comma(start, end)
        self.comma = True
        self.off_topic = self.thing = -99
        if self.keyed and _KEY.match(self.text, end):
            self._close(end, "stop")
        elif self.blocked and self.lead and self.role not in ("secondary", "denial", "off_topic"):
            self.blocked = False
            self.rank, self.role = PLAIN, "statement"

    def stop(self, start: int, end: int, meaning: Meaning) -> None:
        self._close(end, "stop")

    def question(self, start: int, end: int, meaning: Meaning) -> None:
        for vote in self.reading.votes[self.first :]:
            if not vote.denied:
                vote.rank, vote.role = min(vote.rank, WEAK), "question"
        asked = slice(self.first, len(self.reading.votes))
        self._close(end, "question")
        self.asked = asked

    def newline(self, start: int, end: int, meaning: Meaning) -> None:
        if self.noun and len(self.reading.votes) == self.first:
            words = self.text[self.start : self.noun[0]] + self.text[self.noun[1] : start]
            modified = self.noun[2] != "" or self.modifier_end > self.start
            if len(_LETTER.findall(words)) <= (14 if modified else 0):
                self.anchored(start, end)
        self._close(end, "newline")

    def contrast(self, start: int, end: int, meaning: Meaning) -> None:
        keep = self.rank if self.anchor and all(v.denied for v in self.reading.votes[self.first :]) else NONE
        self._close(start, "contrast")
        self.start = end
        if keep:
            self.rank, self.anchor, self.committed = keep, keep, True

    # ------------------------------------------------------------------------- clauses

    def _last_vote(self) -> Vote | None:
        votes = self.reading.votes
        return votes[-1] if len(votes) > self.first else None

    def _trailed(self, start: int, end: int) -> Vote | None:
        """The label that a word behind it speaks of: 'Folk - very likely'."""
        last = self._last_vote()
        if last is None or last.denied or self.text[end : end + 1] not in _ENDS or last.rank == NONE:
            return None
        return None if _WORD_OR_COMMA.search(self.text, last.end, start) else last

    def _listed(self, one: Vote, other: Vote) -> bool:
        return _LISTED.fullmatch(self.text, one.end, other.start) is not None

    def _close(self, end: int, sign: str) -> None:
        votes = self.reading.votes[self.first :]
        refused = self.refusals.close(self.start, end)
        denying = self.negation.end >= 0
        if self.pending and not denying:
            self._elsewhere(end, refused=refused)
        self.negation.stop()
        wordless = not votes and not _LETTER.search(self.text, self.start, end)
        if votes and self.carried and self._bare(votes, end):
            for vote in votes:
                if not vote.denied and vote.rank == PLAIN:
                    vote.rank = self.carried
        elif not wordless:
            self.carried = NONE
        if self.anchor and sign not in ("contrast", "question"):
            self.carried = max(self.carried, self.anchor if votes else NONE)
        if votes:
            best = max(votes, key=_rank_of)
            role = "refusal" if refused and best.rank < WEAK else best.role
            self.reading.clauses.append(Clause(self.start, end, role, best.rank, self.first, len(self.reading.votes)))
        elif not wordless:
            role = "refusal" if refused else self.role
            self.reading.clauses.append(Clause(self.start, end, role, NONE, self.first, self.first))
        if self.pending and _LETTER.search(self.text, self.anchor_end, end):
            self.pending = NONE
        if not wordless:
            if denying and not votes:
                for vote in self.reading.votes[self.asked]:
                    vote.deny()
            self.asked = slice(0, 0)
        self._begin(end)

    def _bare(self, votes: list[Vote], end: int) -> bool:
        """Whether the clause has nothing but labels."""
        place = self.start
        for vote in votes:
            if _LETTER.search(self.text, place, vote.start):
                return False
            place = vote.end
        return not _LETTER.search(self.text, place, end)


def _rank_of(vote: Vote) -> int:
    return vote.rank


_G = Grammar
_STEPS: dict[str, Callable[[Grammar, int, int, "Meaning"], bool | None]] = {
    **dict.fromkeys(LABELS, _G.label),
    "noun": _G.noun_, "answer": _G.noun_, "off_topic": _G.off_topic_, "other_things": _G.thing_,
    "is": _G.is_, "colon": _G.colon, "final": _G.final, "primary": _G.primary, "secondary": _G.secondary, "wrong": _G.wrong,
    "guess": _G.guess, "hedge": _G.hedge, "weak": _G.weak, "weak_after": _G.weak_after, "also": _G.also_, "conclusion": _G.conclusion, "correction": _G.correction,
    "concession": _G.concession, "reason": _G.reason, "colour": _G.colour, "colour_after": _G.colour_after, "with": _G.with_,
    "history": _G.history, "condition": _G.condition, "others": _G.others,
    "denial": _G.denial, "instead": _G.instead, "denial_after": _G.denial_after, "denial_back": _G.denial_back, "no": _G.no, "yes": _G.yes,
    "comma": _G.comma_, "stop": _G.stop, "question": _G.question, "newline": _G.newline, "contrast": _G.contrast,
    "soft": lambda g, s, e, m: g.negation.soft(),
    "ranked": _G.ranked_,
    "next": lambda g, s, e, m: g.negation.begin(s, e, next_only=True),
    "more": lambda g, s, e, m: g.negation.comparison(s, e),
    "than": lambda g, s, e, m: g.negation.than(s, e),
    "as": lambda g, s, e, m: g.negation.as_(),
    "cannot": lambda g, s, e, m: (g.refusals.cannot(s, e), g.negation.cannot(s, e))[0],
    "tell": lambda g, s, e, m: g.refusals.tell(s, e),
    "no_tell": lambda g, s, e, m: g.refusals.no_tell(),
    "lack": lambda g, s, e, m: (g.refusals.lack(s, e), g.negation.begin(s, e))[0],
    "quantity": lambda g, s, e, m: g.refusals.quantity(s),
    "facts": lambda g, s, e, m: g.refusals.facts(s, e),
    "refusal": lambda g, s, e, m: g.refusals.outright(s, e),
    "untold": lambda g, s, e, m: g.refusals.untold(s, e),
    "no_denial": lambda g, s, e, m: None,
    "mixed": _G.mixed,
    "either": _G.either,
    "score": lambda g, s, e, m: g.scores.score(s, e, g.reading.votes),
    "check": lambda g, s, e, m: g.scores.mark(s, e, g.reading.votes, yes=True),
    "cross": lambda g, s, e, m: g.scores.mark(s, e, g.reading.votes, yes=False),
    "greater": _G.greater,
}
"""What each class of cues and each sign does."""
