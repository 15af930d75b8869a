"""Numbers in words, 0 to 399, in the languages whose cues mudata has; digits are nobody's concern here.

A phrase counts only if it is a whole number of its language (`number_spellings`), so 'one' and 'twenty' far apart are
two numbers. Chinese, Japanese and Korean are counted by their signs.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator
from functools import cache
from typing import NamedTuple

from mudata.evaluation.readers.number_spellings import COUNTING, forms_of, key_of

_TOKEN = re.compile(r"[^\W\d_]+")
_LONGEST = 8
"""Words of the longest number."""


class SpelledNumber(NamedTuple):
    """A number in words: the piece [start, end) of a text, and what it says."""

    start: int
    end: int
    value: int
    foreign: bool = False
    """In words of another language than the one asked for."""


def spelled_numbers(text: str, language: str | None) -> list[SpelledNumber]:
    """Numbers in words of a language and of English, in order, the longest ones.

    >>> [number.value for number in spelled_numbers("one hundred and twenty or ninety-six", "en")]
    [120, 96]
    """
    found = list(_signed(text)) if language in _SIGNED else list(_worded(text, forms_of(language or "en")))
    known = [number[:2] for number in found]
    others = (number for number in _worded(text, _forms_anywhere()) if not _overlaps(number, known))
    return sorted([*found, *(number._replace(foreign=True) for number in others)])


@cache
def _forms_anywhere() -> dict[str, int]:
    """Numbers of all languages by their words, but those that differ between languages or are words of English."""
    meant: dict[str, set[int]] = {}
    for language in COUNTING:
        for phrase, value in forms_of(language).items():
            meant.setdefault(phrase, set()).add(value)
    return {
        phrase: min(values)
        for phrase, values in meant.items()
        if len(values) == 1 and len(phrase) > _SHORTEST and phrase not in _ENGLISH_WORDS
    }


_SHORTEST = 2
_ENGLISH_WORDS = frozenset(("fire", "one", "seven", "ten", "once", "ate", "sex", "dos"))
"""Numbers of other languages that are words of English."""


def _overlaps(number: SpelledNumber, places: list[tuple[int, int]]) -> bool:
    i = bisect_left(places, (number.start, 0))
    before = i > 0 and places[i - 1][1] > number.start
    return before or (i < len(places) and places[i][0] < number.end)


def spelled_alone(text: str) -> int | None:
    """The number that a text says and nothing else, in whatever language; None where languages differ.

    >>> spelled_alone("Cent vingt."), spelled_alone("some")
    (120, None)
    """
    said = text.strip(" \n.!\"'*`")
    if not said or len(said) > 60:
        return None
    if found := [number for number in _signed(said) if number.end - number.start == len(said)]:
        return found[0].value
    key = key_of(said)
    meant = {forms[key] for forms in map(forms_of, COUNTING) if key in forms}
    return meant.pop() if len(meant) == 1 else None


def _worded(text: str, forms: dict[str, int]) -> Iterator[SpelledNumber]:
    tokens = [(match.start(), match.end(), match.group().casefold()) for match in _TOKEN.finditer(text)]
    first = _first_words(id(forms), forms)
    i = 0
    while i < len(tokens):
        if tokens[i][2] not in first:
            i += 1
            continue
        run, best = "", 0
        for j in range(i, min(i + _LONGEST, len(tokens))):
            if j > i and not _JOINED.fullmatch(text, tokens[j - 1][1], tokens[j][0]):
                break
            run = f"{run} {tokens[j][2]}" if run else tokens[j][2]
            if run in forms:
                best, value = j + 1, forms[run]
        if best:
            yield SpelledNumber(tokens[i][0], tokens[best - 1][1], value)
            i = best
        else:
            i += 1


_JOINED = re.compile(r" ?- ?|[ \n]{1,2}")
_FIRST: dict[int, frozenset[str]] = {}


def _first_words(key: int, forms: dict[str, int]) -> frozenset[str]:
    if key not in _FIRST:
        _FIRST[key] = frozenset(form.split(" ", 1)[0] for form in forms)
    return _FIRST[key]


_SIGNED = ("zh", "ja", "ko")
_HAN_DIGITS = {sign: value for value, sign in enumerate("〇一二三四五六七八九")} | {"零": 0, "两": 2, "兩": 2}
_HANGUL_DIGITS = {sign: value for value, sign in enumerate("영일이삼사오육칠팔구")}
_HAN = re.compile("[〇零一二两兩三四五六七八九十百]+")
_HANGUL_RUN = re.compile(
    "(?<![가-힣])(?:[일이삼사오육칠팔구]?백)?[ ]?(?:[일이삼사오육칠팔구]?십)?[일이삼사오육칠팔구]?(?=[ ]?[가-힣]{0,3})"
)
_NATIVE = {
    "하나": 1, "한": 1, "둘": 2, "두": 2, "셋": 3, "세": 3, "넷": 4, "네": 4, "다섯": 5, "여섯": 6, "일곱": 7,
    "여덟": 8, "아홉": 9, "열": 10,
}  # fmt: skip
_NATIVE_RUN = re.compile(
    "(?<![가-힣])(?:하나|둘|셋|넷|다섯|여섯|일곱|여덟|아홉|열)(?=$|[^가-힣]|개|가지|성부|파트|명|입|이)"
    "|(?<![가-힣])[한두세네](?= ?(?:개|가지|성부|파트|명|악기|목소리))"
)
_DIGIT_RUNS = re.compile("[〇零一二三四五六七八九]{2,3}")


def _signed(text: str) -> Iterator[SpelledNumber]:
    found: list[SpelledNumber] = []
    for match in _HAN.finditer(text):
        value = _by_signs(match.group(), _HAN_DIGITS, "十", "百")
        if value is not None:
            found.append(SpelledNumber(*match.span(), value))
    for match in _HANGUL_RUN.finditer(text):
        run = match.group().rstrip()
        if len(run) > 1 and ("백" in run or "십" in run):
            value = _by_signs(run.replace(" ", ""), _HANGUL_DIGITS, "십", "백")
            if value is not None:
                found.append(SpelledNumber(match.start(), match.start() + len(run), value))
    found += [SpelledNumber(*match.span(), _NATIVE[match.group()]) for match in _NATIVE_RUN.finditer(text)]
    yield from sorted(found)


def _by_signs(run: str, digits: dict[str, int], ten: str, hundred: str) -> int | None:
    """What a run of signs says; None where it is no number below 1,000.

    >>> _by_signs("一百二十", _HAN_DIGITS, "十", "百"), _by_signs("二十一", _HAN_DIGITS, "十", "百")
    (120, 21)
    """
    if ten not in run and hundred not in run:
        if len(run) == 1:
            return digits[run]
        return int("".join(str(digits[sign]) for sign in run)) if _DIGIT_RUNS.fullmatch(run) else None
    value, digit, last = 0, -1, 1000
    for sign in run:
        if sign in digits:
            if digit > 0:
                return None
            digit = digits[sign]
            continue
        unit = 100 if sign == hundred else 10
        if unit >= last:
            return None
        value, digit, last = value + (1 if digit < 0 else digit) * unit, -1, unit
    if digit > 0 and last == 100 and run[-2] == hundred:
        digit *= 10  # 一百二 is 120
    return value + max(digit, 0)
