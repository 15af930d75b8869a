"""Descriptions that come to a label at the answer's end: 'Soft guitar, a Brazilian rhythm: bossa nova.'"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from mudata.evaluation.align.clause_state import ADJACENT

if TYPE_CHECKING:
    from mudata.evaluation.align.clause_state import ClauseState

_ENDING = re.compile(r"[ \"'(]{0,3}[^.;:!?\n]{1,48}[.!\"') ]{0,4}\Z")
_DESCRIPTION = re.compile(
    r"[^\W\d_]{2,20}(?:, | {1,3}and | {1,3}(?:over|under|with|on|in) )"
    r"|\A[\W_]*(?!(?:the|its?|main|lead|backing|other|overall|my|this|that|song|vocal|drum|guitar|bass|record|release)\b)"
    r"[^\W\d_]{4,20} {1,3}[^\W\d_]{3,20}\W*\Z"
)
_NOT_A_NAME = r"(?:a|an|the|it|what|how|in|on|as|\w{1,20}(?:ed|en|ing|ent|able|ible|rd))\b"
_UNLIKE_A_NAME = re.compile(rf"[^\W\d_], not (?!{_NOT_A_NAME})[\w ]{{2,30}}\Z")
_DESCRIBED = 200
"""Characters of a description that are looked at."""


def describes(at: ClauseState, start: int, end: int) -> bool:
    """Whether a colon or '=' at [start, end) stands between a description and what it comes to, the end of the answer.
    Behind the name of a part alone ('Drums: rock') it gives the value of a field."""
    said = at.text[max(at.start, start - _DESCRIBED) : start]
    if not _ENDING.match(at.text, end) or not _DESCRIPTION.search(said):
        return False
    if at.negation.end >= 0:  # 'think Metallica, not Enya: metal'
        return len(at.votes) == at.first and _UNLIKE_A_NAME.search(said) is not None
    return (at.blocked and at.role == "colour" and at.block_end < start) or start - at.thing <= ADJACENT
