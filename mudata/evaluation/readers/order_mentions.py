"""Clips and options that an answer for an order mentions: numbers, ordinals, letters, texts."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Literal, NamedTuple

from mudata.evaluation.readers.option_labels import CLIP_NOUNS, COUNT, NUMBERS, ORDINAL
from mudata.evaluation.readers.option_texts import texts

if TYPE_CHECKING:
    from mudata.evaluation.align.alignment import Shown

_NOUN = rf"(?:{CLIP_NOUNS}|option|item|number|no\.|part|section|choice|stimulus)s?"
_WORD = r"A-Za-z0-9_\u00c0-\u024f\u0370-\u04ff"
"""Letters of scripts that set words apart."""
_ITEM = re.compile(
    rf"\b{_NOUN}[\s\"'*_]{{0,2}}(?:number |no\. ?|#)?[\"'*(\[]{{0,2}}(?P<named>\d{{1,2}}"
    rf"|{COUNT}|[a-z](?![\w'])|i{{1,3}}\b|iv\b)"
    rf"|\b(?P<ordinal>{ORDINAL})\s(?:{_NOUN}|one)\b(?!\s?[\"'*(]{{0,2}}#?(?:\d|[a-f]\b|{COUNT}))"
    rf"|\b(?P<position>{ORDINAL}|last|lastly|finally)\b"
    r"|(?<![\w./])(?P<joined>[1-9]{2,9}|[a-h]{2,8})(?![\w%']|[.:/-]\d)"
    rf"|(?<![{_WORD}./])(?<!\d:)(?P<number>\d{{1,2}}|{COUNT})(?![{_WORD}%]|[.:/]\d|,\d{{3}})"
    r"|(?<![\w'.])\(?(?P<letter>[a-h])(?![\w'.]\w|\w)",
)
_NOT_A_COUNT = re.compile(
    r"[ -]?(?:%|seconds?\b|secs?\b|s\b|bpm\b|hz\b|beats?\b|bars?\b|(?:audio )?clips\b"
    r"|(?:audio )?(?:recordings|excerpts|tracks|samples|segments|options|items)\b|minutes?\b)"
)
_ROMAN = ("i", "ii", "iii", "iv")
_ONLY_NUMBERED = re.compile(rf"(?:{CLIP_NOUNS})? ?#?(?:\d|{COUNT}|{ORDINAL})(?: (?:{CLIP_NOUNS}))?")
_ALONE = 60
"""Characters of an answer that may be nothing but signs of an order."""
_LETTERS_ONLY = re.compile(r"[\W_]*[a-h](?:[\W_]+[a-h]){1,8}[\W_]*")


class Mention(NamedTuple):
    """A clip or option [start, end) of the answer, from 1 (0: there is none such), and how it is said; `position` is an
    ordinal that may say a place or a clip, `number` a number alone."""

    start: int
    end: int
    item: int
    kind: Literal["item", "number", "position"]


def mentions(raw: str, text: str, shown: Shown, count: int | None) -> Iterator[Mention]:
    """All clips and options said, in order and apart."""
    by_text = list(texts(text, shown.options)) if shown.options else []
    pieces = iter([*by_text, None])
    piece = next(pieces)
    place = 0
    for match in _ITEM.finditer(text):
        while piece and piece.start <= match.start():
            if piece.start >= place:
                yield Mention(piece.start, piece.end, piece.option, "item")
                place = piece.end
            piece = next(pieces)
        if match.start() < place:
            continue
        if match.lastgroup == "joined":
            yield from _digits(raw, match, shown, count)
            place = match.end()
            continue
        if mention := _mention(raw, text, match, shown, count):
            yield mention
            place = mention.end
    while piece:
        if piece.start >= place:
            yield Mention(piece.start, piece.end, piece.option, "item")
            place = piece.end
        piece = next(pieces)


def _digits(raw: str, match: re.Match[str], shown: Shown, count: int | None) -> Iterator[Mention]:
    """'213', 'BAC': every sign an item, where all of them are an order; else one number."""
    start, end = match.span("joined")
    signs = raw[start:end]
    whole = len(raw) < _ALONE and not re.search(r"[^\W_]", raw[:start] + raw[end:])
    if signs.isdigit():
        items, may_be = list(map(int, signs)), whole or len(signs) > 2  # '12' may be a number
    else:
        items, may_be = (
            [ord(sign) - ord("A") + 1 for sign in signs.upper()],
            shown.letters and (whole or signs.isupper()),
        )
    if may_be and sorted(items) == list(range(1, (count or len(items)) + 1)):
        for k, item in enumerate(items, start):
            yield Mention(k, k + 1, item, "number")
    elif signs.isdigit() and not _NOT_A_COUNT.match(raw, end):
        yield _of(Mention(start, end, int(signs), "number"), count)


def _mention(raw: str, text: str, match: re.Match[str], shown: Shown, count: int | None) -> Mention | None:
    kind = match.lastgroup or ""
    word = match[kind]
    start, end = match.span(kind)
    if kind == "position":
        return Mention(start, end, NUMBERS.get(word, -1), "position")
    if kind == "letter" and not _is_letter(raw, text, start, shown):
        return None
    if kind == "number" and _NOT_A_COUNT.match(text, end):
        return None
    item = _item(word, shown) if kind != "letter" else ord(word) - ord("a") + 1
    if kind == "named":
        if word == "a" and not raw[start].isupper():
            return None
        start = match.start()
    elif kind == "ordinal":
        end = match.end()
    return _of(Mention(start, end, item, "number" if kind == "number" else "item"), count)


def _is_letter(raw: str, text: str, start: int, shown: Shown) -> bool:
    """Whether a letter may name a clip or an option."""
    alone = len(text) < _ALONE and _LETTERS_ONLY.fullmatch(text) is not None
    numbered = all(_ONLY_NUMBERED.fullmatch(option.lower()) for option in shown.options)  # clips by number
    return (shown.letters or not shown.options or (numbered and alone)) and (raw[start].isupper() or alone)


def _item(word: str, shown: Shown) -> int:
    if word.isdigit():
        return int(word)
    if word in NUMBERS:
        return NUMBERS[word]
    if word in _ROMAN and not shown.letters:
        return _ROMAN.index(word) + 1
    return ord(word[0]) - ord("a") + 1


def _of(mention: Mention, count: int | None) -> Mention:
    return mention._replace(item=0) if count and mention.item > count else mention
