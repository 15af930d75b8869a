"""Where an answer says that it cannot tell, and whether that is what was asked for.

'The artist cannot be identified' refuses nothing when the genre was asked for. What is not told is the object behind a
verb of telling, else the subject before it; where neither is named, it is what was asked for.
"""

from __future__ import annotations

import re
from bisect import bisect_left

_LETTER = re.compile(r"[^\W\d_]")
_TELL_REACH, _OBJECT_REACH, _UNTOLD_REACH, _LACK_REACH = 40, 48, 25, 120
_HEAD = 160
"""Characters of a clause that are looked at for its subject."""
_OTHER_NOUN = re.compile(r" (?:but|other)\b")
_IT = re.compile(r"\bit\b|\bes\b")


_CERTAINTY = re.compile(
    r"\b(?:exact(?:ly)?|precise(?:ly)?|certain(?:ty)?|sure|confirm\w*|confident(?:ly)?|definitive(?:ly)?|definitely"
    r"|verify|pinpoint|conclusively|more specific|speculative|may not be accurate"
    r"|(?:just|only)(?: be)?(?: an?)? (?:estimat\w+|guess))\b"
)
_SENTENCE_END, _CERTAINTY_REACH = re.compile(r"[.!?;\n]"), 60


def only_of_certainty(text: str, start: int, end: int) -> bool:
    """Whether a refusal [start, end) only says that nothing is certain: 'difficult to determine the exact key'.

    What was stated in a sentence before it stands then, with a doubt.
    """
    stop = _SENTENCE_END.search(text, end)
    reach = min(stop.start() if stop else len(text), end + _CERTAINTY_REACH)
    return _CERTAINTY.search(text, start, reach) is not None


def sentence_before(text: str, start: int) -> int:
    """Where the sentence before the one at `start` ends; 0 where it is the first."""
    return max((match.end() for match in _SENTENCE_END.finditer(text, 0, start)), default=0)


class Refusals:
    """The refusals of an answer; `found` are those about the question, as [start, end)."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.found: list[tuple[int, int]] = []
        self._begin()

    def _begin(self) -> None:
        self.subjects: list[tuple[int, bool]] = []
        """Nouns of the clause: place, and whether what was asked for."""
        self.candidates: list[tuple[int, int, str]] = []
        self.cannot_at = self.lack_at = (-1, -1)
        self.enough = False
        self.places: list[int] | None = None
        """Of the subjects, once the clause is over."""

    def noun(self, start: int, end: int, *, own: bool, no: bool) -> None:
        if not own and self.subjects and self.subjects[-1][1] and _word_before(self.text, start) == "of":
            return  # 'the genre of the song'
        self.subjects.append((start, own))
        lacking = self.enough and self.lack_at[0] >= 0 and start - self.lack_at[1] <= _LACK_REACH
        lacking = lacking and "," not in self.text[self.lack_at[1] : start]  # 'no dissonance, which suits the key'
        if own and (no or lacking) and not _OTHER_NOUN.match(self.text, end):
            self.candidates.append((self.lack_at[0] if lacking else start, end, "lack"))
            self.lack_at = (-1, -1)

    def cannot(self, start: int, end: int) -> None:
        self.cannot_at = (start, end)

    def tell(self, start: int, end: int) -> None:
        if self.cannot_at[0] >= 0 and start - self.cannot_at[1] <= _TELL_REACH:
            self.candidates.append((self.cannot_at[0], end, "tell"))
            self.cannot_at = (-1, -1)

    def no_tell(self) -> None:
        self.cannot_at = (-1, -1)

    def lack(self, start: int, end: int) -> None:
        self.lack_at, self.enough = (start, end), self.text[start:end].endswith((" no", "not enough", "insufficient"))

    def quantity(self, start: int) -> None:
        if self.lack_at[0] >= 0 and start - self.lack_at[1] <= _LACK_REACH:
            self.enough = True

    def facts(self, start: int, end: int) -> None:
        if self.lack_at[0] >= 0 and start - self.lack_at[1] <= _LACK_REACH:
            self.candidates.append((self.lack_at[0], end, "tell"))
            self.lack_at = (-1, -1)

    def outright(self, start: int, end: int) -> None:
        self.candidates.append((start, end, "outright"))

    def untold(self, start: int, end: int) -> None:
        self.candidates.append((start, end, "untold"))

    def close(self, start: int, end: int) -> bool:
        """The clause [start, end) is over: keep its refusals that are about the question. Whether there is any."""
        if not self.candidates:
            if self.subjects or self.lack_at[0] >= 0 or self.cannot_at[0] >= 0:
                self._begin()
            return False
        kept = [(a, b) for a, b, kind in self.candidates if self._is_about_the_question(start, a, b, kind)]
        self.found += kept
        self._begin()
        return bool(kept)

    def _is_about_the_question(self, clause: int, start: int, end: int, kind: str) -> bool:
        subjects, places = self.subjects, [place for place, _ in self.subjects] if self.places is None else self.places
        self.places = places
        i, j = bisect_left(places, start), bisect_left(places, end)
        before = subjects[i - 1][1] if i else None
        after = subjects[j] if j < len(places) and places[j] <= end + _OBJECT_REACH else None
        if kind == "lack":
            return True
        if kind == "outright":
            known = [own for own in (before, after and after[1]) if own is not None]
            return not known or True in known
        if kind == "tell":
            return after[1] if after else before is not False
        if before is not None:
            return before
        if after and after[0] <= end + _UNTOLD_REACH:
            return after[1]
        head = self.text[clause : min(start, clause + _HEAD)]
        return not _LETTER.search(head) or _IT.search(head) is not None


def _word_before(text: str, start: int) -> str:
    words = text[max(0, start - 24) : start].split()
    return "of" if "of" in words[-3:] else ""
