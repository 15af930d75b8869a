"""Numbers in digits and words with what stands round them: ranges, bounds, 'about', units; tempo and counts
share it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal
from typing import NamedTuple

from mudata.evaluation.readers.number_words import spelled_alone, spelled_numbers

_DIGITS = re.compile(
    r"(?<![A-Za-z0-9_\u00c0-\u024f#])(?<!\d/)(?<!\d / "
    r")(?<!\d[.,:])(?<!\d{4}-)(?<!\d-\d\d-)(?!\d{4}-\d\d?-\d)(\d{1,3}(?:,\d{3})+(?:\.\d+)?"
    r"|\d{1,7}(?:[.,]\d{1,6})?)(?![\d/]|[.,:]\d| ?[*/×÷] ?\d)"
)
"""A number alone: no part of a date, a fraction, a time of day or a word."""
_TO = re.compile(
    r" ?(?:-|~|/|\.\.\.?|to|and|till|until|bis|à|a|et|y|e|und|en|och|og|i|do|и|до|ve|ile|và|đến|tot|til|或|到|至|と"
    r"|から|より|에서|"
    r"و|إلى) ?"
)
_BETWEEN = re.compile(
    r"(?:between|from|zwischen|von|entre|de|tra|fra|da|tussen|van|mellan|mellom|między|od|между|от|từ|arasında"
    r"|بين|من|介于|在)"
    r"(?: the)?\s{1,2}\Z",
    re.IGNORECASE,
)
_ABOUT = re.compile(
    r"(?:\b(?:a?round|about|approx(?:imately|\.)?|roughly|ca?\.?|circa|close to|near(?:ly)?|almost|just "
    r"(?:under|over|below"
    r"|above|shy of)|somewhere around|ungefähr|etwa|rund|environ|autour de|à peu près|alrededor de|aproximadamente"
    r"|cerca de|unos|circa|approssimativamente|intorno a|ongeveer|rond|omkring|ungefär|cirka|około|ok\.|примерно|около"
    r"|приблизительно|yaklaşık|khoảng|exactly|precisely|exakt|genau|exactement)|[~]|约|大约|大概|約|およそ|だいたい|약|대략|حوالي"
    r"|تقريبا) {0,2}\Z",
    re.IGNORECASE,
)
_BOUND = re.compile(
    r"(?:\b(?:as many as|as few as|closer to|nearer to|at least|at most|(?:not |no )?(?:slower|faster|higher"
    r"|lower|greater|bigger|smaller) than|more "
    r"than|less than|fewer than|over|under|above|below|(?<!speeds )(?<!speed )(?<!sped )(?<!goes )(?<!picks "
    r")(?<!builds )(?<!ramps )up to|no more than|no less than|no"
    r" fewer than|not more than|not less than|a minimum of|a maximum of|minimum|maximum|upwards of|in excess of"
    r"|exceeding|mindestens"
    r"|höchstens|mehr als|weniger als|über|unter|bis zu|au moins|au plus|plus de|moins de|al menos|por lo menos|como"
    r" mínimo|más de|menos de|pelo menos|mais de|almeno|più di|meno di|oltre|minstens|ten minste|minst|mer än"
    r"|mer enn|co najmniej"
    r"|ponad|как минимум|не менее|более|больше|en az|ít nhất|hơn)"
    r"|<=?|(?<=[^\n])>=?|>(?=\Z)|[≥≤]|至少|超过|最少|少なくとも|적어도|최소) {0,2}\Z",
    re.IGNORECASE,
)
_BOUND_AFTER = re.compile(
    r"\+(?![\d\w])| ?(?:or|and) (?:more|less|fewer|above|over|higher|faster|slower|lower|up)\b|以上|以下|이상|이하",
    re.IGNORECASE,
)
_ISH = re.compile(r"-?ish\b")
_REACH = 24


class Candidate(NamedTuple):
    """A number said: the piece [start, end) with what belongs to it ('about'), its digits [first, last), its values
    (two of a range) and whether it is a bound; `spelled`: in words."""

    start: int
    end: int
    first: int
    values: tuple[Decimal, ...]
    bound: bool
    spelled: bool
    foreign: bool = False
    """In words of a language that the answer is not known to be in: it needs a unit."""


def candidates(text: str, language: str | None) -> list[Candidate]:
    """All numbers of a kept text in order; two that are the ends of a range are one."""
    found = sorted(_single(text, language))
    joined: list[Candidate] = []
    i = 0
    while i < len(found):
        here = found[i]
        after = found[i + 1] if i + 1 < len(found) else None
        if after is not None and (ends := _range(text, here, after)):
            joined.append(ends)
            i += 2
            continue
        joined.append(_with_words(text, here))
        i += 1
    return joined


def _single(text: str, language: str | None) -> Iterator[Candidate]:
    taken: list[tuple[int, int]] = []
    for match in _DIGITS.finditer(text):
        value = _value(match.group(1))
        if value is not None:
            taken.append(match.span())
            ish = _ISH.match(text, match.end())
            yield Candidate(match.start(), (ish or match).end(), match.start(), (value,), False, False)
    for start, end, said, foreign in spelled_numbers(text, language):
        yield Candidate(start, end, start, (Decimal(said),), False, True, foreign)
    if not taken and (alone := spelled_alone(text)) is not None and not spelled_numbers(text, language):
        start = len(text) - len(text.lstrip(" \n\"'*`"))
        yield Candidate(start, len(text.rstrip(" \n.!\"'*`")), start, (Decimal(alone),), False, True)


def _value(digits: str) -> Decimal | None:
    """Of '1,200.5', '120,5' and '120.5'.

    >>> _value("1,200"), _value("120,5"), _value("118.50")
    (Decimal('1200'), Decimal('120.5'), Decimal('118.50'))
    """
    if re.fullmatch(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?", digits):
        return Decimal(digits.replace(",", ""))
    return Decimal(digits.replace(",", "."))


_UNIT_BETWEEN = re.compile(r" ?(?:bpm|BPM|beats per minute)")


def _range(text: str, one: Candidate, other: Candidate) -> Candidate | None:
    """Two numbers that are the ends of one range: '120-125', 'between 120 and 125'."""
    place = one.end
    if unit := _UNIT_BETWEEN.match(text, place):
        place = unit.end()
    if other.start - place > 8:
        return None
    between = text[place : other.start]
    if not _TO.fullmatch(between):
        return None
    led = is_led(text, one.start) and _BETWEEN.search(text, max(0, one.start - _REACH), one.start)
    mark = between.strip()
    if mark == "/" or (not led and mark in _ONLY_LED):
        return None
    low, high = sorted((one.values[0], other.values[0]))
    start = _with_words(text, one).start
    return (
        Candidate(start, other.end, one.first, (low, high), False, one.spelled, one.foreign or other.foreign)
        if low != high
        else None
    )


_ONLY_LED = frozenset(
    ["and", "et", "y", "e", "und", "en", "och", "og", "i", "и", "ve", "và", "或", "と", "و", "a", "do", "de"]
)
"""Words that make a range of two numbers only behind 'between'."""


_LEADS = frozenset("=:(\"'~-.*<>\n")


def is_led(text: str, start: int) -> bool:
    """Whether a word or a sign that can lead a number stands before a place; fast, for most look no further."""
    before = text[max(0, start - 3) : start].rstrip(" ")[-1:]
    return before.isalpha() or before in _LEADS or before > "\x7f"


def _with_words(text: str, one: Candidate) -> Candidate:
    """A number with 'about' or 'at least' before it, or '+' behind."""
    head = max(0, one.start - _REACH)
    if not is_led(text, one.start):
        after = _BOUND_AFTER.match(text, one.end)
        return one._replace(end=after.end(), bound=True) if after else one
    if bound := _BOUND.search(text, head, one.start):
        return one._replace(start=bound.start(), bound=True)
    if after := _BOUND_AFTER.match(text, one.end):
        return one._replace(end=after.end(), bound=True)
    if about := _ABOUT.search(text, head, one.start):
        return one._replace(start=about.start())
    return one


_ALTERNATIVE = re.compile(
    r" ?(?:,|/|,? ?\b(?:or|and|to|oder|und|ou|o|of|eller|lub|или|veya|hoặc|y|e|et)\b|或|か|とか|또는|أو)"
    r" ?(?:maybe |perhaps |even |possibly |else |either |probably )?",
    re.IGNORECASE,
)


def unit_shared(text: str, found: list[Candidate], has_unit: list[bool]) -> list[bool]:
    """Which numbers have a unit, where one behind an alternative is that of both: '120 or 60 bpm'."""
    shared = list(has_unit)
    for i in range(len(found) - 2, -1, -1):
        end, start = found[i].end, found[i + 1].start
        if shared[i + 1] and not shared[i] and start - end < _REACH and _ALTERNATIVE.fullmatch(text, end, start):
            shared[i] = True
    return shared


def within(value: str, ends: tuple[str, ...]) -> bool:
    """Whether a canonical value lies in a range.

    >>> within("122", ("120", "125"))
    True
    """
    return Decimal(ends[0]) <= Decimal(value) <= Decimal(ends[1])
