"""Answers that end in a loop."""

from __future__ import annotations

import re

_TOKEN = re.compile(r"[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff]|[^\W_\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff]+")
_DIGITS = re.compile(r"\d+")
_WORDS, _DISTINCT, _TAIL = 40, 0.18, 2000


def degenerate(text: str) -> bool:
    """Whether it ends in a loop: more than 40 words with under 18 % distinct in its last 2,000 characters, all numbers
    counted as one word (thresholds: by reading published answers; loops end at the token limit, so the end tells)."""
    if len(text) < 3 * _WORDS:
        return False
    words = _TOKEN.findall(_DIGITS.sub("0", text[-_TAIL:]))
    return len(words) > _WORDS and len(set(words)) < _DISTINCT * len(words)
