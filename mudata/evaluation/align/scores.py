"""Marks and numbers beside labels: '80 %', '0.7', '✓', '[x]', 'true', 'no', 'country > rock'.

A mark stands behind its label or before it; the first one of an answer tells which. Where two labels and more have
numbers, the highest is the choice. Where many labels may be meant, what is given less than 10 % is not.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from mudata.evaluation.align.clauses import CHOICE, FINAL, NONE

if TYPE_CHECKING:
    from mudata.evaluation.align.clauses import Vote

_BETWEEN = re.compile(
    r"[\s\"'()\[\]{}:;=|,*~≈]{0,8}(?:(?:at|with|about|around|confidence|probability|score|likelihood|of|is|chance)[\s:=~\"']{0,4}){0,3}"
)
_CLOSE = re.compile(r"[\s\"')\]}:=|(,]{0,6}")
_VALUED = re.compile(r"[\s\"')\]]{0,4}[:=|(→>][\s\"'(]{0,4}")
_ENDED = re.compile(r"[\"']? {0,2}(?:[^\w\s]|\n|\Z)")
_LEADS = re.compile(r"[\s\"'()\[\]{}:=|*]{0,6}(?:(?:chance|probability|of|a|likely)\s{1,2}){0,3}")
_LEAST = 0.1


class Scores:
    """Marks of one answer, and the labels that they belong to."""

    seen = False
    """Whether there are any that labels behind them may belong to."""
    waiting: tuple[int, float | bool] | None = None
    """A mark that its label has not followed yet, and where it ends."""
    before: bool | None = None
    """Whether marks stand before their labels."""
    ranked_end = -99
    ascending = False
    """Whether labels come in the order of their likelihood, the least likely first."""
    likeliest: Vote | None = None

    def __init__(self, text: str) -> None:
        self.text = text
        self.numbers: list[tuple[float, Vote]] = []

    def label(self, vote: Vote) -> None:
        """A label is said: give it the mark that waits."""
        if self.waiting is not None:
            end, mark = self.waiting
            self.waiting = None
            if _LEADS.fullmatch(self.text, end, vote.start):
                self._give(vote, mark)
        if 0 <= vote.start - self.ranked_end <= 8 and not vote.denied:
            vote.rank, vote.role = NONE, "score"
        if self.ascending and not vote.denied:
            self._outrank(vote)

    def ascend(self, said: list[Vote]) -> None:
        """'from least to most likely': of the labels that follow, or of those `said` just before, the last counts."""
        self.seen = self.ascending = True
        for vote in said:
            self._outrank(vote)

    def _outrank(self, vote: Vote) -> None:
        if self.likeliest is not None:
            self.likeliest.rank, self.likeliest.role = NONE, "score"
        self.likeliest, vote.rank, vote.role = vote, CHOICE, "guess"

    def score(self, start: int, end: int, votes: list[Vote]) -> None:
        said, _, of = self.text[start:end].partition(" ")  # '8 10' was 8/10
        most = 100.0 if self.text.endswith("%", start, end) else float(of or 1)
        value = float(said.rstrip("%")) / most
        self._mark(start, end, value, votes)

    def mark(self, start: int, votes: list[Vote], *, end: int, yes: bool) -> None:
        self._mark(start, end, yes, votes)

    def _mark(self, start: int, end: int, mark: float | bool, votes: list[Vote]) -> None:
        last = votes[-1] if votes else None
        between = _CLOSE if isinstance(mark, bool) else _BETWEEN
        behind = last is not None and between.fullmatch(self.text, last.end, start) is not None
        if behind and not self.before and last is not None:
            self.before = False
            self._give(last, mark)
        elif self.before is not False:
            self.before = True if not votes or not behind else self.before
            self.seen, self.waiting = True, (end, mark)

    def _give(self, vote: Vote, mark: float | bool) -> None:
        if mark is True:
            if not vote.denied:
                vote.rank, vote.role, vote.committed = FINAL, "final", True
        elif mark is False:
            vote.deny()
            self.ranked_end = -99  # 'classical -> no, jazz'
        else:
            self.numbers.append((mark, vote))

    def marked(self, start: int, end: int, votes: list[Vote], *, yes: bool) -> bool:
        """Whether 'yes' or 'no' is the value of the label before it ('piano: no'); then it is marked."""
        if not votes or not _VALUED.fullmatch(self.text, votes[-1].end, start) or not _ENDED.match(self.text, end):
            return False
        self._give(votes[-1], yes)
        return True

    def colon(self, start: int, votes: list[Vote]) -> bool:
        """Whether a colon stands right behind a label."""
        return bool(votes) and start - votes[-1].end <= 2

    def greater(self, start: int, end: int, votes: list[Vote]) -> None:
        """'country > rock': the first one is the choice."""
        if votes and 0 < start - votes[-1].end <= 2 and self.text[start - 1] == " ":
            if votes[-1].rank > NONE:
                votes[-1].rank = max(votes[-1].rank, CHOICE)
            self.seen, self.ranked_end = True, end

    def settle(self) -> None:
        """All is read: the highest number is the choice, if it is one label's alone."""
        if not self.numbers:
            return
        numbers = [(value, vote) for value, vote in self.numbers if not vote.denied]
        if len({vote.meaning.ids for _, vote in numbers}) < 2:
            return
        best = max(value for value, _ in numbers)
        winners = {vote.meaning.ids for value, vote in numbers if value == best}
        for value, vote in numbers:
            if vote.meaning.ids in winners:
                vote.rank = max(vote.rank, CHOICE)
            else:
                vote.rank, vote.role = NONE, "score" if value >= _LEAST else "denial"
