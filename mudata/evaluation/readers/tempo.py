"""Tempi: 'about 120 BPM', '♩ = 96', '120-125', 'a hundred and twenty beats per minute'.

A number with a unit of tempo or a note value before it ('♩ =') is a tempo; a number of its own only where nothing
clearer is said, between the lowest and the highest that can be meant, and not before a word that tells what it counts
('32 bars'). Words of tempo ('allegro', 'fast') are no numbers and are not guessed at. '60 in half-time' beside another
tempo is another way to count, not the answer.
"""

from __future__ import annotations

import re
from decimal import Decimal
from functools import lru_cache
from typing import TYPE_CHECKING

from mudata.catalog.read.truth_spelling import shortest_decimal
from mudata.evaluation.readers.lone_numbers import is_lone, is_whole
from mudata.evaluation.readers.number_candidates import Candidate, candidates, is_led, unit_shared, within
from mudata.evaluation.readers.said_values import Said, Sort, ValueKind
from mudata.evaluation.readers.values import read_value

if TYPE_CHECKING:
    from mudata.catalog.cards.number_scale import NumberScale
    from mudata.evaluation.align.alignment import Alignment, Shown

LOW, HIGH = 20.0, 400.0
"""Beats per minute that a lone number can mean where no card says otherwise."""

_UNIT = re.compile(
    r"[ -]?(?:\(?bpms?\b\)?|b\.p\.m\.?|beats?(?: ?/ ?|[- ](?:per|a|each|every|in (?:a|one|the))[- ])min(?:ute"
    r"|utes|\.)?|b/min\b"
    r"|mm\b(?! )|quarter[- ]notes? per minute"
    r"|crotchets? per minute|schläge(?:n)? (?:pro|in der) minute|schläge/min(?:ute)?|battements?(?: par "
    r"|/)min(?:ute)?|pulsaciones(?: por |/)minuto"
    r"|(?:golpes|latidos|pulsos|tiempos) por minuto|batidas(?: por |/)min(?:uto)?|batimentos por minuto"
    r"|battiti(?: al | per |/)min(?:uto)?|pulsazioni al minuto|slagen per minuut|tellen per minuut|slag i "
    r"minuttet|slag per minutt?|taktslag per"
    r" minutt?|uderze(?:ń|nia) na minutę|удар(?:ов|а)?(?: в |/)мин(?:уту)?|уд\.? ?/ ?мин|vuruş|nhịp(?: mỗi |/| "
    r"một | trên )phút"
    r"|نبضة في الدقيقة|نبضة/دقيقة|دقة في الدقيقة|拍/分|拍每分钟|拍(?![子号])|비트|박(?!자)|回/分|ビーピーエム)",
    re.IGNORECASE,
)
_UNIT_BEFORE = re.compile(
    r"(?:(?:\b(?:quarter|crotchet|half|minim|eighth|quaver)(?: ?-? ?note)?s?|noire|blanche|negra|semínima|semiminima"
    r"|viertel|четверть|\bq) {0,2}(?:=|equals|at) {0,2}|(?:[♩♪♫]\.?|\bM\.? ?M\.?) {0,2}(?:=|equals|is|at|:)? {0,2}"
    r"|\bbpms?\b[\"']? {0,2}(?:[:=]|of|is|\(|-)? {0,2}[\"']?"
    r"|\bdakikada |每分钟|每分鐘|毎分|1分間に|一分間に|분당 ?|في الدقيقة )"
    r"(?:about|around|~|approximately|约|大约)? {0,2}\Z",
    re.IGNORECASE,
)
_OTHER_LEVEL = re.compile(
    r"(?:[ (-]{1,3}|[ ,(-]{1,3}(?:in|at|as|for|when|if|felt|counted)[ -]{1,2})(?:an? |the |felt |heard "
    r"|counted |taken |played "
    r")?(?:in |at |as )?(?:half|double|cut)[- ]?(?:time|tempo|speed|the)",
    re.IGNORECASE,
)
_OTHER_LEVEL_BEFORE = re.compile(
    r"(?:half|double|cut)[- ]?(?:time|tempo|speed)(?: (?:feel|section|part|groove|bridge|chorus))?[ "
    r",:=(]{0,3}(?:of|at|is|would be|as|feel)?[ "
    r":=(~]{0,3}(?:about |around |approximately )?\Z",
    re.IGNORECASE,
)
_HEAD, _TAIL = 40, 60


def read_tempo(answer: str | None, shown: Shown, scale: NumberScale | None = None) -> Alignment:
    """The tempo that an answer says, in beats per minute: '120', '118.5'.

    >>> from mudata.evaluation.align.alignment import Shown
    >>> read_tempo("Around 120 BPM (4/4).", Shown()).label
    '120'
    """
    return read_value(answer, shown, tempo_of(scale))


def tempo_of(scale: NumberScale | None = None) -> ValueKind:
    """How tempi are found, within the bounds of a card's scale."""
    return _kind(scale.low if scale else LOW, scale.high if scale else HIGH)


@lru_cache(maxsize=64)
def _kind(low: float, high: float) -> ValueKind:
    def find(text: str, language: str | None) -> list[Said]:
        found = candidates(text, language)
        units = [_unit(text, one) for one in found]
        shared = unit_shared(text, found, [place is not None for place in units])
        said = (_said(text, *one, low, high) for one in zip(found, units, shared, strict=True))
        return list(filter(None, said))

    return ValueKind("tempo", find, within=within)


def _unit(text: str, one: Candidate) -> tuple[int, int] | None:
    """The piece of a number and its unit; None where it has none."""
    led = is_led(text, one.start)
    before = _UNIT_BEFORE.search(text, max(0, one.start - _HEAD), one.start) if led else None
    after = _UNIT.match(text, one.end)
    if not (before or after):
        return None
    return before.start() if before else one.start, after.end() if after else one.end


def _said(  # noqa: PLR0917 - one number, its unit, and what can be meant
    text: str, one: Candidate, place: tuple[int, int] | None, unit: bool, low: float, high: float
) -> Said | None:
    start, end = place or (one.start, one.end)
    if not unit and (
        (one.foreign and not is_whole(text, one))
        or not is_lone(text, one)
        or (one.spelled and max(one.values) < Decimal(str(low)))
    ):
        return None
    sort: Sort = "value" if unit else "lone"
    if not all(low <= value <= high for value in one.values):
        if not unit and not is_whole(text, one):
            return None
        sort = "outside"
    elif _OTHER_LEVEL.match(text, end, end + _TAIL) or _OTHER_LEVEL_BEFORE.search(text, max(0, start - _HEAD), start):
        sort = "aside"
    elif len(one.values) > 1 or one.bound:
        sort = "range" if len(one.values) > 1 else "bound"
    return Said(start, end, _texts(one), sort)


def _texts(one: Candidate) -> tuple[str, ...]:
    return tuple(map(shortest_decimal, one.values))
