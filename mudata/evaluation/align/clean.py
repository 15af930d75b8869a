"""An answer made plain for the rules,
with a way back to the raw text, and whether it ends in a loop."""

from __future__ import annotations

import html
import re
import unicodedata
from bisect import bisect_left
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from mudata.evaluation.align.thoughts import thoughts

_SPACES = "-_/*`~\t\v\f"
_PLAIN = "".join(
    " " if c in _SPACES or (c < " " and c not in "\n\r") or c == "\x7f" else "\n" if c == "\r" else c.lower()
    for c in map(chr, range(128))
)
"""ASCII, one character for one:
lower case; hyphens, slashes, markdown and control characters are spaces."""

_WIDE = {
    "—": ";",
    "―": ";",
    "‘": "'",
    "’": "'",
    "ʼ": "'",
    "“": '"',
    "”": '"',
    "。": ".",
    "、": ",",
    "♯": "#",
    "؟": "?",
    "،": ",",
    "؛": ";",
}
_WIDE |= dict.fromkeys("‐‑‒–−⁄∕・•", " ")
"""Signs beyond ASCII that the rules know by a plain one; a long dash ends a clause."""

_MARKUP = re.compile(
    r"<\|channel\|>\s?final\s?(?:<\|constrain\|>\w{1,20})?<\|message\|>|<\|start\|>assistant(?:\sto=user)?"
    r"|(?<=\|>)to=user(?=<)|<\|[^|<>\n]{0,40}\|>|~~[^~\n]{1,80}~~|[◁▷]|\[(?:BEGIN|END) FINAL RESPONSE\]"
    r"|</?s>|<(?:pad|bos|eos|unk|audio|(?:start|end)_of_turn)>|\[/?INST\]|<</?SYS>>"
    r"|</?(?:b|i|u|em|strong|p|br|div|span|h[1-6]|li|ul|ol|code|pre|sub|sup|a|font|table|tr|td|th|hr|html|body|mark)"
    r"(?:\s[^<>\n]{0,200})?/?>",
    re.IGNORECASE,
)
_FRAME = " \n.,;:!?\"'()[]{}<>"
_ENTITY = re.compile(r"&(?:#\d{1,7}|#x[0-9a-f]{1,6}|[a-z][a-z0-9]{1,20});", re.IGNORECASE)
_CLUSTER = re.compile(
    r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[a-zA-Z][a-zA-Z0-9]{1,20});"
    r"|[ -%'-~]+(?![\u0300-\u036f\u20d0-\u20ff])|.[\u0300-\u036f\u20d0-\u20ff\u3099\u309a\ufe20-\ufe2f\uff9e\uff9f]*",
    re.DOTALL,
)
"""An entity, a run of ASCII, or a character with the marks that NFKC may join to it."""

_BY_CATEGORY = {"Cf": "", "Cs": "", "Cc": " ", "Zl": "\n", "Zp": "\n", "Zs": " "}


@dataclass(frozen=True, slots=True)
class Clean:
    """`text` is what the rules read. Where `starts` and `ends` are None it has the raw text's
    length and offsets; else they hold, for each of its characters, where the raw piece begins and
    ends that it stands for."""

    text: str
    starts: Sequence[int] | None = None
    ends: Sequence[int] | None = None

    def raw(self, start: int, end: int) -> tuple[int, int]:
        """The raw piece behind a piece of `text` that is not empty."""
        if self.starts is None or self.ends is None:
            return start, end
        return self.starts[start], self.ends[end - 1]

    def place(self, raw: int) -> int:
        """Where in `text` that begins which stands at or after a place of the raw text."""
        return raw if self.starts is None else bisect_left(self.starts, raw)


def clean(answer: str) -> Clean:
    """Fold case and width (NFKC), drop markup of chats,
    pages and reasoning, make separators spaces.

    Dropped markup becomes as many spaces, so that plain ASCII keeps its offsets and needs no map.
    """
    answer = without_markup(answer)
    if answer.isascii() and ("&" not in answer or not _ENTITY.search(answer)):
        return Clean(answer.translate(_PLAIN))
    return _mapped(answer)


def without_markup(answer: str) -> str:
    """An answer with thoughts and markup as spaces, of the same length."""
    found = thoughts(answer)
    if not found:
        return _blanked(answer)
    pieces, last = [], 0
    for start, end in found:
        pieces += [_blanked(answer[last:start]), " " * (end - start)]
        last = end
    return "".join([*pieces, _blanked(answer[last:])])


def _blanked(said: str) -> str:
    return _MARKUP.sub(_blank, said) if "<" in said or "[" in said or "~~" in said or "◁" in said else said


def _blank(match: re.Match[str]) -> str:
    return " " * len(match.group())


def _mapped(answer: str) -> Clean:
    return mapped(answer, lambda run: run.translate(_PLAIN), _folded)


def mapped(answer: str, fold_run: Callable[[str], str], fold: Callable[[str], str]) -> Clean:
    """A text put together anew, with the way back: runs of ASCII by `fold_run`, which keeps their length, and single
    characters with their marks by `fold`."""
    pieces: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    for match in _CLUSTER.finditer(answer):
        raw = match.group()
        start, end = match.span()
        if raw.isascii() and (raw[0] != "&" or len(raw) == 1):
            pieces.append(fold_run(raw))
            starts.extend(range(start, end))
            ends.extend(range(start + 1, end + 1))
            continue
        piece = fold(html.unescape(raw) if raw[0] == "&" else raw)
        pieces.append(piece)
        starts.extend([start] * len(piece))
        ends.extend([end] * len(piece))
    return Clean("".join(pieces), starts, ends)


@lru_cache(maxsize=8192)
def _folded(cluster: str) -> str:
    """What one character with its marks is to the rules: nothing if it cannot be seen."""
    if cluster in _WIDE:
        return _WIDE[cluster]
    plain = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", cluster).casefold())
    return "".join(_WIDE.get(c) or _BY_CATEGORY.get(unicodedata.category(c), c) for c in plain).translate(_PLAIN)


def alone(text: str, start: int, end: int) -> bool:
    """Whether nothing but signs stands round a piece of a clean text."""
    return not text[:start].strip(_FRAME) and not text[end:].strip(_FRAME)


# ------------------------------------------------------------------------------------- loops

_LOOP_TOKEN = re.compile(r"[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff]|[^\W_\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff]+")
_DIGITS = re.compile(r"\d+")
_LOOP_WORDS, _LOOP_DISTINCT, _LOOP_TAIL = 40, 0.18, 2000


def degenerate(text: str) -> bool:
    """Whether it ends in a loop: more than 40 words with under 18 % distinct in its last 2,000
    characters, all numbers counted as one word (thresholds: by reading published answers; loops end
    at the token limit, so the end tells)."""
    if len(text) < 3 * _LOOP_WORDS:
        return False
    words = _LOOP_TOKEN.findall(_DIGITS.sub("0", text[-_LOOP_TAIL:]))
    return len(words) > _LOOP_WORDS and len(set(words)) < _LOOP_DISTINCT * len(words)
