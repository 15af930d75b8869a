"""Counts and other numbers: '4', 'four parts', 'a total of 4', 'three or four', 'at least 3'.

The unit is the card's (`NumberScale.unit`, `.words`); the commonest nouns of counts are known in other languages too.
A number with a unit counts first, a number of its own where nothing clearer is said. A number of something else ('2
guitars') is none. A range or a bound is hedged, however narrow.
"""

from __future__ import annotations

import re
from decimal import Decimal
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from mudata.catalog.read.truth_spelling import shortest_decimal
from mudata.evaluation.align.text_pieces import apart
from mudata.evaluation.readers.lone_numbers import is_lone, is_whole
from mudata.evaluation.readers.number_candidates import Candidate, candidates, unit_shared, within
from mudata.evaluation.readers.said_values import Said, Sort, ValueKind
from mudata.evaluation.readers.values import read_value

if TYPE_CHECKING:
    from mudata.catalog.cards.number_scale import NumberScale
    from mudata.evaluation.align.alignment import Alignment, Shown

_TRANSLATED: dict[str, str] = {
    "part": (
        "teile stimmen parties voix partes voces parti voci vozes partijen stemmen stämmor deler stemmer partie głosy"
        " głosów głosami partii партии партий голоса голосов ses parça bè phần 声部 パート 성부 파트 أجزاء أصوات"
    ),
    "voice": (
        "stimmen stimme voix voces voz voci voce vozes stemmen stem stämmor röster stemmer głosy głosów głos голоса"
        " голосов голос ses bè giọng 声部 성부 أصوات"
    ),
    "instrument": (
        "instrumente instrumenten instrumentos strumenti strumento instrumento instrumenter instrumenty instrumentów"
        " инструмента инструментов инструмент enstrüman çalgı nhạc_cụ 乐器 樂器 楽器 악기 آلات آلة"
    ),
    "track": "spuren pistes pistas tracce faixas sporen spår spor ścieżki дорожки 音轨 トラック 트랙",
}
"""Nouns of counts in other languages, by the English one that a card's words hold."""
_SUBJECT = 80
"""Characters before a number in which the clip is named that it is said of."""
_MOST = 100.0
"""The largest count where no card says otherwise: above are years and other names."""
_DEFAULT = ("parts", "voices", "instruments", "tracks", "lines", "layers")
_COUNTERS = r"(?: ?(?:个|個|つ|種類|种|개의?|가지|명의?))?(?:の|的|의)?"
_BETWEEN = (
    r"(?:[ -](?:different|distinct|separate|independent|main|simultaneous|individual|unique|musical|melodic"
    r"|instrumental|pitched"
    r"|sounding|audible|concurrent|verschiedene|verschillende|différentes|distinctes|diferentes|distintas"
    r"|distintos|diverse|distinte"
    r"|olika|forskjellige|różnych|różne|различных|разных|farklı|khác nhau|不同)){0,2}"
)


def read_number(answer: str | None, shown: Shown, scale: NumberScale | None = None) -> Alignment:
    """The number that an answer says, in the scale's unit: '4', '118.5'.

    >>> from mudata.evaluation.align.alignment import Shown
    >>> read_number("There are four parts.", Shown()).label
    '4'
    """
    return read_value(answer, shown, number_of(scale))


def number_of(scale: NumberScale | None = None) -> ValueKind:
    """How numbers are found, in a card's unit and within its bounds."""
    words = tuple(dict.fromkeys((scale.unit, *scale.words))) if scale else _DEFAULT
    low, high, integer = (scale.low, scale.high, scale.integer) if scale else (0.0, _MOST, True)
    return _kind(tuple(word for word in words if word), low, high, integer)


class _Counting(NamedTuple):
    """What is counted, and what can be meant."""

    unit: re.Pattern[str]
    low: float
    high: float
    integer: bool


@lru_cache(maxsize=64)
def _kind(words: tuple[str, ...], low: float, high: float, integer: bool) -> ValueKind:
    counting = _Counting(_unit_pattern(words), low, high, integer)
    single = re.compile(
        rf"\b(?:an? )?(?:single|sole|solo|lone){_BETWEEN}[ -](?:{_alternatives(words)})\b", re.IGNORECASE
    )

    none = re.compile(
        rf"\bno (?:{_alternatives(words)})(?= at all\b| (?:is|are|can be) (?:present|heard|playing|audible)|\W*\Z)",
        re.IGNORECASE,
    )

    def find(text: str, language: str | None) -> list[Said]:
        numbers = candidates(text, language)
        ends = [match.end() if (match := counting.unit.match(text, one.end)) else 0 for one in numbers]
        shared = unit_shared(text, numbers, [end > 0 for end in ends])
        told = (_said(text, *one, counting) for one in zip(numbers, ends, shared, strict=True))
        found = list(filter(None, told))
        found += [Said(*match.span(), ("0",)) for match in none.finditer(text) if low <= 0 <= high]
        found += [Said(*match.span(), ("1",)) for match in single.finditer(text) if low <= 1 <= high]
        return apart(sorted(found))

    return ValueKind("number", find, words, within=within)


def _alternatives(words: tuple[str, ...]) -> str:
    spelled: dict[str, None] = {}
    for word in words:
        stem = word[:-1] if word.endswith("s") and len(word) > 3 else word
        spelled |= dict.fromkeys((word, stem, f"{stem}s"))
        spelled |= dict.fromkeys(noun.replace("_", " ") for noun in _TRANSLATED.get(stem, "").split())
    return "|".join(re.escape(word) for word in sorted(spelled, key=lambda word: (-len(word), word)))


def _unit_pattern(words: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile(rf"{_COUNTERS}{_BETWEEN}[ -]{{0,2}}(?:{_alternatives(words)})(?![A-Za-z0-9_])", re.IGNORECASE)


_MINUS = re.compile(
    r"(?:(?<![^\s(])-|\b(?:negative|down(?:wards?)?|lower(?:ed)?)(?: by)?(?: about| exactly)? )\Z", re.IGNORECASE
)
_LOWER = re.compile(r" {0,2}(?:lower|down(?:wards?)?|below|beneath)\b", re.IGNORECASE)
_FIRST = re.compile(r".*\b(?:(first|original)|second|other|it)\b", re.IGNORECASE | re.DOTALL)
_SENTENCE = re.compile(r"[.!?;\n]")


def _is_downwards(text: str, one: Candidate, end: int) -> bool:
    """Whether a number is said to be below nothing: '-3', 'down 3', '3 semitones lower'. That the first of two clips is
    lower says how much higher the second is."""
    before = text[max(0, one.start - _SUBJECT) : one.start]
    if not (_MINUS.search(before) or (end and _LOWER.match(text, end))):
        return False
    subject = _FIRST.match(_SENTENCE.split(before)[-1])
    return not (subject and subject[1])


def _said(text: str, one: Candidate, end: int, unit: bool, counting: _Counting) -> Said | None:
    if not unit and (not is_lone(text, one) or (one.spelled and not _may_be_lone(text, one))):
        return None
    sort: Sort = "value" if unit else "lone"
    if _is_downwards(text, one, end):
        one = one._replace(values=tuple(-value for value in one.values))
    if not all(counting.low <= value <= counting.high for value in one.values) or (
        counting.integer and any(value != value.to_integral_value() for value in one.values)
    ):
        if not unit and not is_whole(text, one):
            return None
        sort = "outside"
    elif len(one.values) > 1 or one.bound:
        sort = "range" if len(one.values) > 1 else "bound"
    return Said(one.start, end or one.end, tuple(map(shortest_decimal, one.values)), sort)


_ANNOUNCED = re.compile(
    r"(?:[:=]|\bis|'s|\bare|\bbe|\beither|\bperhaps|\bmaybe|\bpossibly|\bhas|\bhave|\bonly|\bjust|\bnot|\bbut"
    r"|\bor|\bist|\best|\bes|\bé|\bè|\bsont|\bsind"
    r"|\bson|\bsono|\bsão)"
    r"(?: (?:clearly|probably|definitely|only|just|exactly|likely|most likely))? {1,2}[\"'*]{0,2}\Z",
    re.IGNORECASE,
)
_CLAUSE_BEFORE = re.compile(r"(?:\A|[.,:;!?\n>|({\"'*])[ \"'*]{0,4}\Z")
_CLAUSE_AFTER = re.compile(
    r"[ \"'*]{0,4}(?:\Z|[.,;:!?\n|)(}]|- )|,? (?:or|and|to|but|I|because|instead|rather|not|ou|oder|o|y|e|und|et)\b"
    r"| of (?:them|these)\s*(?:[.,;!]|\Z)"
)


def _may_be_lone(text: str, one: Candidate) -> bool:
    """Whether a number in words stands where an answer does: at the end of a clause; 'one', which is a pronoun
    elsewhere, also at its beginning or behind 'is'."""
    if is_whole(text, one):
        return True
    if one.foreign or not _CLAUSE_AFTER.match(text, one.end):
        return False
    head = max(0, one.start - 16)
    led = _CLAUSE_BEFORE.search(text, head, one.start) or _ANNOUNCED.search(text, head, one.start)
    return one.values[0] != Decimal(1) or led is not None
