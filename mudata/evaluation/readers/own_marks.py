"""Options that bring their own marks: 'A. piano', '(2) oboe'. These are labels, in whatever order they are shown."""

from __future__ import annotations

import re
from functools import lru_cache
from string import ascii_uppercase
from typing import NamedTuple

from mudata.evaluation.readers.kept_text import lower

_MARKED = re.compile(
    r"\s*(?:[(\[](?P<inner>[A-Z]|\d{1,2})[)\]]|(?P<mark>[A-Z]|\d{1,2})[).:])\s+(?P<text>\S.*)", re.DOTALL
)


class OwnMarks(NamedTuple):
    """Options in the order of their marks, which are all letters from A on, or all numbers from 1 on; `texts` are
    without them."""

    options: tuple[str, ...]
    texts: tuple[str, ...]
    letters: bool

    def unmarked(self, answer: str) -> str:
        """An answer of the same length, blank where an option's mark stands before its text."""
        small = lower(answer)
        for option, text in zip(self.options, self.texts, strict=True):
            begin = small.find(whole := lower(option.strip()))
            while begin >= 0:
                bare = begin + len(whole) - len(text.rstrip())
                answer = answer[:begin] + " " * (bare - begin) + answer[bare:]
                begin = small.find(whole, begin + len(whole))
        return answer


@lru_cache(maxsize=4096)
def own_marks(options: tuple[str, ...]) -> OwnMarks | None:
    """The marks of options, if all of them have one and their texts differ; else None.

    >>> own_marks(("B. oboe", "A. flute"))
    OwnMarks(options=('A. flute', 'B. oboe'), texts=('flute', 'oboe'), letters=True)
    >>> own_marks(("F. Schubert", "J. Brahms"))
    """
    marked = [_MARKED.fullmatch(option) for option in options]
    found = {match["inner"] or match["mark"]: (match.group(), match["text"]) for match in marked if match}
    for marks in (ascii_uppercase[: len(options)], tuple(str(k) for k in range(1, len(options) + 1))):
        if (
            len(options) > 1
            and found.keys() == set(marks)
            and len({text for _, text in found.values()}) == len(options)
        ):
            ordered = [found[mark] for mark in marks]
            return OwnMarks(tuple(option for option, _ in ordered), tuple(text for _, text in ordered), marks[0] == "A")
    return None
