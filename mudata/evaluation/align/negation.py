"""How far a negator reaches: one pass over the cues of a text.

A negator reaches forward over the labels of its clause, at a comma only where a list of denied labels goes on ('not
rock, jazz or blues'), to a new statement once a label or a comma has come, and at most 64 characters without a label.
At the head of a clause 'unlike' and its kin reach to the comma.
"""

from __future__ import annotations

import re

REACH = 64
_NEXT_ITEM = 12
"""Characters to the first label behind a comma in a list of denied labels."""
_THAN = re.compile(r"[^.;!?\n]{1,60}\bthan\b")
_NO_WORDS = 40


class Negation:
    """The negator at work in a clause; `end` is how far it reaches, -1 when there is none."""

    end = no_end = -1
    said = comma_seen = leading = until_as = more = less = False

    def __init__(self, text: str) -> None:
        self.text = text

    def goes_on(self, end: int) -> None:
        """A label that ends here is denied."""
        self.said, self.comma_seen, self.end = True, False, end + REACH

    def begin(self, start: int, end: int, *, leading: bool = False, next_only: bool = False) -> None:
        phrase = self.text[start:end]
        if phrase == "less" and not _THAN.match(self.text, end):
            return
        self.end = end + (1 if next_only else REACH)
        self.said = self.comma_seen = False
        self.less = phrase.startswith("less")
        self.leading = leading
        self.until_as = phrase.endswith("so much")
        self.no_end = end if phrase.endswith(("no", "any")) else -1

    def cannot(self, start: int, end: int) -> None:
        if self.text.startswith(("can", "could"), start):
            self.begin(start, end)

    def lone_no(self, start: int, end: int) -> bool:
        """'no rock': a 'no' that is no interjection denies; never stops the other classes of the word."""
        if self.text.endswith(("no", "not"), start, end):
            self.begin(start, end)
        return False

    def no_before(self, start: int) -> bool:
        """Whether 'no' stands a few words before: 'no specific genre'."""
        return 0 <= self.no_end <= start <= self.no_end + _NO_WORDS and self.end >= 0 and not self.said

    def comparison(self) -> None:
        if self.end < 0 or self.said or self.comma_seen:
            self.end = -1
        self.more = True

    def than(self, start: int, end: int) -> None:
        if self.less:
            self.end, self.less = -1, False
        elif self.more:
            self.begin(start, end)

    def as_(self) -> None:
        if self.until_as and self.end >= 0:
            self.end, self.until_as = -1, False

    def comma(self, start: int, end: int) -> None:
        """A list of denied labels goes on at a comma; anything else ends there but for 'not, however, ...'."""
        if self.end < 0:
            return
        self.comma_seen = True
        if self.said and not self.leading:
            self.end = min(self.end, end + _NEXT_ITEM)
        elif self.leading or self.end - start < REACH - 1:
            self.end = -1

    def soft(self) -> None:
        """A new statement ends the reach once a label or a comma has come."""
        if self.said or self.comma_seen:
            self.end = -1

    def stop(self) -> None:
        self.end, self.more = -1, False
