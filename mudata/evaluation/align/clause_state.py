"""Where the grammar stands in an answer: the clause at work, what its next label is worth, and how a clause ends."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from mudata.evaluation.align.clauses import CHOICE, FINAL, MAIN, NONE, NOUN, PART, PLAIN, WEAK, Clause, Reading
from mudata.evaluation.align.idle_words import oov_terms
from mudata.evaluation.align.negation import Negation
from mudata.evaluation.align.refusal import Refusals
from mudata.evaluation.align.scores import Scores

if TYPE_CHECKING:
    from mudata.evaluation.align.clauses import Vote

LETTER = re.compile(r"[^\W\d_]")
ENDS = ("", ",", ".", ";", "!", "?", "\n", ")")
ALONE = {"final": FINAL, "primary": CHOICE, "secondary": NONE}
"""What a modifier is worth that stands without a noun: 'Final: rock'."""
ADJACENT, NOUN_REACH, MODIFIER_REACH, AFTER_REACH, POSTPOSED, SUBJECT_REACH = 4, 60, 24, 24, 10, 16
"""Characters from one cue to the next that belongs to it."""

_WORD_OR_COMMA = re.compile(r"[^\W\d_]|,")
_LISTED = re.compile(
    r"[ \"'()]*(?:,|,? ?\b(?:and|or|nor|und|oder|noch|y|e|o|et|ou|ni|né|nem|и|или|ни|en|of|i|lub|albo|ani|eller|ne"
    r"|ve|veya|hay|và|hoặc|و|أو|ولا)\b|&|[和与、或也跟及や와과나도]|でも|이나|)[ \"'()]*"
)
"""What stands between the items of a list of labels, in any language of the files."""
_OBJECT = re.compile(
    r"[\s\"'*:]{0,6}(?:(?:a|an|the|probably|most likely|likely|simply|just)\s){0,2}"
    r"(?:[^\W_]{1,40}[ '&]{0,2}){1,3}(?=[\s\"'*})]{0,6}(?:[.,;!\n(]|\Z))"
)
_LOOSE_NOUN = re.compile(r"\b(?:styles?|class|options?|letter|label)\b")
_MODIFIED = {"final": FINAL, "primary": MAIN, "": NOUN}
_MODIFIES = re.compile(r" {1,3}(?:(?!(?:and|or|with|but|by|on|in|to|from|than|not)\b)[^\W\d_]{2,14} {1,3})?")
_AN = re.compile(r" {1,3}(?:(?:just|only|nothing but) )?(?:an? |the )?")
_FAR, _NO_VOTES = -99, slice(0, 0)
_FREED = 15
"""Characters behind 'secondary' within which a noun is its own."""


class ClauseState:
    """All that one reading knows; attributes without a default are set anew with each clause."""

    rank: int
    """What the next label is worth, and the role that it has."""
    role: str
    committed: bool
    """Whether something announces it."""
    blocked: bool
    """Whether labels are worth less until something new is stated; `lead`: by a word at the head of the clause;
    `comma`: whether a comma has come since."""
    lead: bool
    comma: bool
    block_end: int
    anchor: int
    """The rank of an answer that this clause announces."""
    noun: tuple[int, int, str] | None
    """A noun of the question that has no 'is' yet: its place and what modifies it."""
    modifier: str
    modifier_end: int
    off_topic: int
    """Where a noun of another question ends; `thing`: something else that is not asked for."""
    thing: int
    with_place: int
    """The first vote behind 'with'; `part_place`: the first before a part of the music, as in 'rock beat'."""
    part_place: int
    has: slice
    """Votes behind 'has' in the clause that a word of contrast has ended."""
    modifies: int
    """Where a word ends that makes the label before it a modifier of the one behind it: 'blues-inspired'."""
    seeming: int
    """Where a word ends that tells what is from what seems: 'is really'."""
    colour_end: int
    is_start: int
    is_end: int
    concludes: bool
    conclusion_end: int
    also: bool
    would: bool
    conditional: bool
    """Whether the clause begins with a condition."""

    __slots__ = (*__annotations__, "anchor_place", "asked", "carried", "classes", "correcting", "doubted", "first",
        "keyed", "last_cue", "letter", "negation", "pending", "ranked", "reading", "refusals", "scores", "start",
        "taken_back", "text", "votes")  # fmt: skip

    def __init__(self, text: str, begin: int = 0) -> None:
        self.text = text
        self.reading = Reading()
        self.votes = self.reading.votes
        self.negation = Negation(text)
        self.refusals = Refusals(text)
        self.scores = Scores(text)
        self.keyed = ":" in text or "=" in text
        self.carried = NONE
        """The rank of an anchor whose list may go on in the next clause."""
        self.pending = NONE
        """The rank of an anchor that nothing has followed yet, and where that ends."""
        self.anchor_place = 0, 0
        self.asked = _NO_VOTES
        """Votes of the question just asked."""
        self.doubted: list[Vote] = []
        """Labels that were asked for on their own, with more to come."""
        self.last_cue = -1
        """Where the last cue begins that is no thing: a clause behind it has no word that speaks of its labels."""
        self.taken_back = 0
        """Votes before this one have been denied by a later clause already."""
        self.correcting = False
        self.ranked = 0
        """In a ranking: how many of it have come, and one."""
        self.classes: tuple[str, ...] = ()
        """Further classes of the cue at hand."""
        self.letter = -1
        """The first letter at or after the beginning of a clause, this or an earlier one."""
        self.begin(begin)

    def begin(self, start: int) -> None:
        """A clause begins."""
        self.start = start
        self.first = len(self.votes)
        self.rank, self.role, self.anchor = PLAIN, "statement", NONE
        self.committed = self.blocked = self.lead = self.comma = False
        self.concludes = self.also = self.would = self.conditional = False
        self.noun, self.modifier, self.has = None, "", _NO_VOTES
        self.with_place = self.part_place = -1
        self.block_end = self.modifier_end = self.off_topic = self.thing = self.modifies = self.seeming = _FAR
        self.colour_end = self.is_start = self.is_end = self.conclusion_end = _FAR
        if self.correcting:
            self.rank, self.role, self.committed = FINAL, "correction", True
        elif self.pending:
            self.rank = self.anchor = self.pending
            self.committed = True

    # ------------------------------------------------------------------------- what the next label is worth

    def announce(self, rank: int, role: str, start: int, *, frees: bool = False) -> bool:
        """Something new is stated; what blocks votes goes on unless a comma or `frees` ends it. Whether it is heard."""
        if self.blocked:
            ends = self.comma or (self.lead and self.role == "reason")
            if not (ends or (frees and self.role not in ("condition", "opinion", "concession"))):
                return False
            if frees and start - self.block_end < _FREED and self.role in ("secondary", "denial"):
                return False
            self.blocked = False
        elif self.role == "correction":
            return True
        self.rank, self.role, self.committed = rank, role, True
        return True

    def block(self, rank: int, role: str, start: int, end: int) -> None:
        """Labels from here on are worth no more than this, to the end of the clause; at its head to the comma."""
        if self.blocked and self.rank <= rank:
            return
        self.lead = self.heads(start)
        self.rank, self.role, self.blocked, self.comma, self.block_end = rank, role, True, False, end

    def believed(self) -> None:
        """What others take it for is said; what follows is what it is."""
        if self.blocked and self.role == "opinion":
            self.blocked, self.rank, self.role = False, PLAIN, "statement"

    def anchored(self, end: int) -> None:
        """A noun of the question and 'is' or a colon: what follows is the answer."""
        noun, self.noun, self.modifier = self.noun, None, ""
        if noun is None:
            return
        rank = FINAL if self.concludes else _MODIFIED.get(noun[2], NOUN)
        if self.announce(rank, "final" if rank == FINAL else "statement", noun[0], frees=True):
            self.await_label(self.rank, noun[0], end)

    def await_label(self, rank: int, start: int, end: int) -> None:
        """What is announced here may follow in the next clause."""
        self.anchor = self.pending = rank
        self.anchor_place = start, end

    def postposed(self, rank: int) -> bool:
        """'Jazz is the genre', 'jazz seems most likely': what stands before 'is' is the answer, if it is no list."""
        last = self.last_vote()
        if (
            last is None
            or not 0 <= self.is_start - last.end <= AFTER_REACH
            or LETTER.search(self.text, last.end, self.is_start)
        ):
            return False
        if len(self.votes) - 1 > self.first and self.listed(self.votes[-2], last):
            return False
        if not last.denied and last.rank > NONE:
            last.rank, last.committed = max(last.rank, rank), True
        return True

    # ------------------------------------------------------------------------- what has been said

    def outdone(self, start: int) -> None:
        """A label is said: what the one before it was, if it modifies this one ('blues-inspired rock') or only seemed
        to be what this one is ('the piano is really an electric guitar')."""
        last = self.last_vote()
        if last is None or last.denied:
            return
        if _MODIFIES.fullmatch(self.text, self.modifies, start) and last.end < self.modifies:
            last.rank, last.role = min(last.rank, PART), "colour"
        elif _AN.fullmatch(self.text, self.seeming, start):
            last.rank, last.role = NONE, "opinion"

    def heads(self, start: int) -> bool:
        """Whether no word of the clause comes before a place."""
        if self.letter < self.start:  # searched once, however many cues ask
            found = LETTER.search(self.text, self.start)
            self.letter = found.start() if found else len(self.text)
        return self.letter >= start

    def last_vote(self) -> Vote | None:
        return self.votes[-1] if len(self.votes) > self.first else None

    def trailed(self, start: int, end: int, *, comma: bool = False) -> Vote | None:
        """The label that a word behind it speaks of: 'Folk - very likely', with a comma between: 'Folk, perhaps'."""
        last = self.last_vote()
        if last is None or last.denied or last.rank == NONE or start - last.end > AFTER_REACH:
            return None
        if self.text[end : end + 1] not in ENDS:
            return None
        return None if (LETTER if comma else _WORD_OR_COMMA).search(self.text, last.end, start) else last

    def listed(self, one: Vote, other: Vote) -> bool:
        """Whether two labels stand in one list."""
        return _LISTED.fullmatch(self.text, one.end, other.start) is not None

    # ------------------------------------------------------------------------- the end of a clause

    def close(self, end: int, *, goes_on: bool = True) -> None:
        """The clause is over; `goes_on`: a list that it announced may go on in the next one."""
        votes = self.votes[self.first :]
        refused = self.refusals.close(self.start, end)
        denying = self.negation.end >= 0
        if self.pending and not denying and not refused:
            self._elsewhere(end)
        self.negation.stop()
        wordless = not votes and self.heads(end)
        if votes and self.carried and self.bare(end):
            for vote in votes:
                if vote.rank == PLAIN:
                    vote.rank = self.carried
        elif not wordless:
            self.carried = NONE
        if self.anchor and goes_on and votes:
            self.carried = max(self.carried, self.anchor)
        if not wordless:
            self._add_clause(votes, end, refused=refused)
            if denying and not votes:  # 'Is it rock? I doubt it.'
                for vote in self.votes[self.asked]:
                    vote.deny()
            self.asked = _NO_VOTES
        if self.pending and LETTER.search(self.text, max(self.anchor_place[1], self.start), end):
            self.pending = NONE
        self.begin(end)

    def _add_clause(self, votes: list[Vote], end: int, *, refused: bool) -> None:
        rank, role = (votes[0].rank, votes[0].role) if votes else (NONE, self.role)
        for vote in votes:
            if vote.rank > rank:
                rank, role = vote.rank, vote.role
        if refused and rank < WEAK:
            role = "refusal"
        self.reading.clauses.append(Clause(self.start, end, role, rank, self.first, len(self.votes)))

    def _elsewhere(self, end: int) -> None:
        """An announced answer that is no label: 'the final answer is funk'."""
        if self.pending < NOUN or self.anchor_place[1] < self.start:
            return
        said = _OBJECT.match(self.text, self.anchor_place[1], end)
        if said and not _LOOSE_NOUN.search(self.text, self.start, self.anchor_place[1]) and oov_terms(said.group()):
            self.reading.elsewhere = max(self.reading.elsewhere, self.pending)

    def bare(self, end: int) -> bool:
        """Whether the clause has nothing but labels."""
        place = self.start
        for vote in self.votes[self.first :]:
            if LETTER.search(self.text, place, vote.start):
                return False
            place = vote.end
        return not LETTER.search(self.text, place, end)
