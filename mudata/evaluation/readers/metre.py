"""Time signatures: '6/8', 'common time', 'cut time', 'three-four', 'Dreivierteltakt', '四分の三拍子'.

A metre is read as written, n/d with whole numbers, so '12/8' holds no '2/8'. 'Common time' and C are 4/4, 'cut time'
and 'alla breve' 2/2, 'waltz time' 3/4. 'In three', 'in four', 'in six' said of the music are 3/4, 4/4, 6/8, as
musicians mean them; 'triple metre' and 'in two' do not tell the note value and are no answer. Sums count: (2+2+3)/8 is
7/8.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from mudata.evaluation.align.text_pieces import apart
from mudata.evaluation.readers.option_labels import COUNT, NUMBERS
from mudata.evaluation.readers.said_values import Said, Sort, ValueKind
from mudata.evaluation.readers.values import NOTHING_SHOWN, read_value, within_options

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mudata.evaluation.align.alignment import Alignment, Shown

_DENOMINATORS = {"1": 1, "2": 2, "4": 4, "8": 8, "16": 16, "32": 32}
_MOST = 32
_WRITTEN = re.compile(
    r"(?<![\d/.,A-Za-z])(?:\(?(\d{1,2}(?: ?\+ ?\d{1,2}){1,5})\)?|(\d{1,2})) ?(?:/|\\?⁄) ?(\d{1,2})(?![\d/]|[.,]\d|%)"
)
_FRACTION = re.compile(r"\\[dt]?frac ?\{(\d{1,2})\} ?\{(\d{1,2})\}")
_LOOSE = re.compile(
    r"(?<![\d/.,:A-Za-z-])(\d{1,2})(?: ?[-:|] ?| (?=\d{1,2}\W*\Z)| over | by | por | (?=(?:2|4|8|16)[ -](?:time"
    r"|metre|meter"
    r"|signature|takt)))(\d{1,2})(?![\d/:-]|[.,]\d)",
    re.IGNORECASE,
)
_LOOSE_NEAR = re.compile(r"[ -]?(?:time|metre|meter|signature|takt|beat)|\Z|[.!]?\s*\Z", re.IGNORECASE)
_LOOSE_LED = re.compile(
    r"(?:time signature|metre|meter|takt|compás|mesure|compasso|metro|signature)\W{0,3}(?:is |of |: ?|= ?|de "
    r")?\W{0,3}\Z",
    re.IGNORECASE,
)
_TIME_AFTER = re.compile(r"[ -](?:time|metre|meter|signature|takt)", re.IGNORECASE)
_NO_METRE = re.compile(
    r"[ -]?(?:th\b|sure\b|certain\b|confident\b|notes?\b|inch|of (?:the|a|all|its|this)\b|way\b|full\b|rests?\b"
    r"|(?:points?|stars?"
    r"|confidence)\b|cup|\W{0,2}through)",
    re.IGNORECASE,
)
_FEEL = re.compile(
    r"[ -](?:bars?\b|measures?\b|feel|swing|undertone|shuffle|inflection|overlay|polyrhythm|cross[- ]rhythm)",
    re.IGNORECASE,
)
_BAR_OF = re.compile(
    r"\b(?:one|two|a|an|some|odd|single|extra|occasional) (?:bars?|measures?) (?:of|in) \Z", re.IGNORECASE
)
_ALSO_WRITTEN = re.compile(
    r"\b(?:could|can|may|might|sometimes|often|would)(?: (?:also|just as well|equally|alternatively|sometimes"
    r"|often))?(?: (?:be|been))?(?: (?:also|sometimes|often|equally))?"
    r" (?:notated|written|transcribed|spelled|scored|notate|write|transcribe) (?:it |this )?(?:as|in) \Z",
    re.IGNORECASE,
)
"""Another way to write the same."""
_IN_TWO = re.compile(r"\bin (\d{1,2}) (2|4|8|16)(?=\s*(?:[.,;!)]|\Z))", re.IGNORECASE)
_SCORED = re.compile(r"(?:rat(?:e|ed|ing)|score|confidence|level|volume)\W{1,3}(?:of |is |at )?\Z", re.IGNORECASE)

_PHRASES: dict[str, str] = {
    "4/4": (
        r"common[- /]time(?! sig)|common (?:metre|meter)|four[- /](?:four|quarter)(?:[- /]time)?|four over four"
        r"|four by four|four to the floor(?=\Z)|𝄴"
        r"|vier-?viertel-?takt|vier-?viertel|quatre[- /]quatre|à quatre temps|cuatro por cuatro|cuatro cuartos"
        r"|compasillo|quattro quarti|quattro"
        r" (?:su )?quattro|tempo ordinario|quatro por quatro|quaternário|quatro quartos|vierkwartsmaat|vier[- /]"
        r"vier(?:de)?|fyra fjärdedelar|fyrfjärdedelstakt"
        r"|fire fjerdedels? takt|fire fjerdedeler|cztery czwarte|четыре четверти|четырёх четвертей|четыре на "
        r"четыре|dört dörtlük|dörtlük"
        r"|四四拍|四分之四拍|4分之4拍|四分の四拍子?|4分の4拍子?|4拍子|四拍子|4분의 ?4박자?|사분의 ?사박자?|4박자"
        r"|أربعة أرباع|أربعة على أربعة|bốn bốn|四四"
    ),
    "2/2": r"cut[- /]time|cut common(?: time)?|alla[- /]breve|two[- /](?:two|half)(?: time)?|two over two|[¢₵𝄵]"
    r"|C\|| zwei-?halbe-?takt|二分の二拍子?|2분의 ?2박자?|二二拍",
    "3/4": (
        r"waltz (?:time|metre|meter)|three[- /](?:four|quarter)(?:s)?(?:[- /]time)?|three over four|three by four"
        r"|drei-?viertel-?takt|drei-?viertel|walzer-?takt|trois[- /]quatre"
        r"|à trois temps|tres por cuatro|tres cuartos|tre quarti|tempo di valzer|três por quatro|três quartos"
        r"|driekwartsmaat|trefjärdedelstakt|tre fjärdedelar|tre"
        r" fjerdedels? takt|valstakt|valsetakt|trzy czwarte|три четверти|три на четыре|üç dörtlük|三四拍|四分之三拍"
        r"|4分之3拍|四分の三拍子?|4分の3拍子?|3拍子|三拍子"
        r"|4분의 ?3박자?|사분의 ?삼박자?|3박자|ثلاثة أرباع|ثلاثة على أربعة|ba bốn"
    ),
    "2/4": (
        r"two[- /](?:four|quarter)(?:[- /]time)?|two over four|two by four(?= time)|zwei-?viertel-?takt"
        r"|zwei-?viertel|deux[- /]quatre|dos por cuatro|dos cuartos|due quarti|dois por quatro|dois"
        r" quartos|tweekwartsmaat|tvåfjärdedelstakt|to fjerdedels? takt|dwie czwarte|две четверти|iki dörtlük"
        r"|二四拍|四分之二拍|4分之2拍|四分の二拍子?|4分の2拍子?|2拍子|二拍子"
        r"|4분의 ?2박자?|사분의 ?이박자?|2박자|hai bốn"
    ),
    "6/8": (
        r"six[- /](?:eight|eighths?)(?:[- /]time)?|six over eight|sechs-?achtel-?takt|sechs-?achtel|six[- /]huit"
        r"|seis por ocho|seis octavos|sei ottavi|seis por oito|seis oitavos"
        r"|zes-?achtste(?: maat|maat)?|sexåttondelstakt|sex åttondelar|seks åttendedels? takt|sześć ósmych"
        r"|шесть восьмых|altı sekizlik|六八拍|八六拍|八分之六拍|8分之6拍"
        r"|八分の六拍子?|8分の6拍子?|6拍子|六拍子|8분의 ?6박자?|팔분의 ?육박자?|sáu tám|ستة أثمان"
    ),
    "5/4": r"five[- /](?:four|quarter)(?:[- /]time)?|five over four|fünf-?viertel-?takt|cinq[- /]quatre|cinco por "
    r"cuatro|cinque quarti|cinco por quatro|пять четвертей|四分之五拍|五四拍|4分の5拍子?|四分の五拍子?|4분의 ?5박자?",
    "7/8": r"seven[- /](?:eight|eighths?)(?:[- /]time)?|seven over eight|sieben-?achtel-?takt|sept[- /]huit|siete "
    r"por ocho|sette ottavi|sete por oito|семь восьмых|八分之七拍|七八拍|8分の7拍子?|8분의 ?7박자?",
    "5/8": r"five[- /](?:eight|eighths?)(?:[- /]time)?|five over eight|fünf-?achtel-?takt",
    "7/4": r"seven[- /](?:four|quarter)(?:[- /]time)?|seven over four|sieben-?viertel-?takt",
    "6/4": r"six[- /](?:four|quarter)(?:[- /]time)?|six over four|sechs-?viertel-?takt",
    "3/8": r"three[- /](?:eight|eighths?)(?:[- /]time)?|three over eight|drei-?achtel-?takt|trois[- /]huit|tre "
    r"ottavi|tres por ocho|八分之三拍|三八拍|8分の3拍子?|8분의 ?3박자?",
    "9/8": r"nine[- /](?:eight|eighths?)(?:[- /]time)?|nine over eight|neun-?achtel-?takt|neuf[- /]huit|nove "
    r"ottavi|nueve por ocho|八分之九拍|九八拍|8分の9拍子?|8분의 ?9박자?",
    "12/8": r"twelve[- /](?:eight|eighths?)(?:[- /]time)?|twelve over eight|zwölf-?achtel-?takt|douze[- /]huit"
    r"|dodici ottavi|doce por ocho|八分之十二拍|8分の12拍子?|8분의 ?12박자?",
}
_WORDED = [
    (metre, re.compile(rf"(?<![A-Za-zÀ-ɏ])(?:{pattern})(?![a-zß-ɏ])", re.IGNORECASE))
    for metre, pattern in _PHRASES.items()
]
_NUMBER_NOT_METRE = re.compile(r"[ -](?:notes?|triplets?|bars?|measures?|hours?|o'clock|inch|tones?)\b", re.IGNORECASE)
_SAID_IN = re.compile(
    r"\b(?:is|it's|are|felt|counted|played|feels?|goes|written|piece|song|music|count(?:ed)?|clip|track|be|set"
    r"|feel|mostly|firmly|clearly|definitely) in (three|four|six|3|4|6)(?=\s*(?:[.,;!)]|\Z|\n))"
    r"|\A\W*[Ii]n (three|four|six|3|4|6)\W*\Z",
    re.IGNORECASE,
)
_IN = {"three": "3/4", "3": "3/4", "four": "4/4", "4": "4/4", "six": "6/8", "6": "6/8"}
_NOTE_VALUES = {"half": 2, "quart": 4, "crotc": 4, "eight": 8, "quave": 8, "sixte": 16}
_NOTES_A_BAR = re.compile(
    rf"\b(?P<top>{COUNT}|twelve|\d{{1,2}}) (?P<note>half|quarter|crotchet|eighth|quaver|sixteenth)s?"
    r"(?:[- ](?:notes?|beats?))?(?: beats?)?"
    r" (?:per|in (?:a|each|every|the|one)|to (?:a|the|each)|a|each|every) (?:bar|measure)\b",
    re.IGNORECASE,
)
"""'Four quarter notes per measure'."""
_SIGN_C = re.compile(
    r"(?:\A\W*|(?i:time signature|metre|meter|answer|signature)\W{0,3}(?i:is |of )?\W{0,3})(C"
    r"|c)(?=[\"'*.\s]*(?:\Z|\n|\(|,|\(common|(?i: time| for common)))"
)


def read_metre(answer: str | None, shown: Shown) -> Alignment:
    """The time signature that an answer says: '6/8'.

    >>> from mudata.evaluation.align.alignment import Shown
    >>> read_metre("It is in 12/8, not 4/4.", Shown()).label
    '12/8'
    """
    return within_options(
        read_value(answer, shown, METRE), shown, lambda option: read_metre(option, NOTHING_SHOWN).label
    )


def _find(text: str) -> list[Said]:
    return apart(sorted(_all(text), key=lambda said: (said.start, -said.end)))


def _all(text: str) -> Iterator[Said]:
    yield from _in_figures(text)
    for metre, pattern in _WORDED:
        for match in pattern.finditer(text):
            if not _NUMBER_NOT_METRE.match(text, match.end()):
                yield Said(*match.span(), (metre,), _sort(text, *match.span()))
    for match in _SAID_IN.finditer(text):
        group = match.group(1) or match.group(2)
        yield Said(*match.span(1 if match.group(1) else 2), (_IN[group.casefold()],))
    for match in _NOTES_A_BAR.finditer(text):
        top, note = match["top"].lower(), _NOTE_VALUES[match["note"].lower().rstrip("s")[:5].rstrip("-")]
        value = int(top) if top.isdigit() else NUMBERS.get(top, 12)
        yield Said(*match.span(), (f"{value}/{note}",))
    for match in _SIGN_C.finditer(text):
        yield Said(*match.span(1), ("4/4",))


def _in_figures(text: str) -> Iterator[Said]:
    for match in _WRITTEN.finditer(text):
        top = sum(int(n) for n in match.group(1).split("+")) if match.group(1) else int(match.group(2))
        if said := _said(text, match.start(), match.end(), top, match.group(3)):
            yield said
    for match in _FRACTION.finditer(text):
        if said := _said(text, match.start(), match.end(), int(match.group(1)), match.group(2)):
            yield said
    for match in _LOOSE.finditer(text):
        alone = not text[: match.start()].strip(" \n\"'*") and not text[match.end() :].strip(" \n\"'*.!")
        worded = any(word in match.group().casefold() for word in (" over ", " by ", " por "))
        near = worded or alone or _TIME_AFTER.match(text, match.end())
        led = near or _LOOSE_LED.search(text, max(0, match.start() - 30), match.start())
        if led and (said := _said(text, match.start(), match.end(), int(match.group(1)), match.group(2))):
            yield said
    for match in _IN_TWO.finditer(text):
        if said := _said(text, match.start(1), match.end(), int(match.group(1)), match.group(2)):
            yield said


def _said(text: str, start: int, end: int, top: int, bottom: str) -> Said | None:
    if bottom not in _DENOMINATORS or not 1 <= top <= _MOST:
        return None
    if _NO_METRE.match(text, end) or _SCORED.search(text, max(0, start - 20), start):
        return None
    if top == 1:
        return Said(start, end, (f"{top}/{bottom}",), "outside")
    return Said(start, end, (f"{top}/{int(bottom)}",), _sort(text, start, end))


def _sort(text: str, start: int, end: int) -> Sort:
    head = max(0, start - 48)
    aside = _FEEL.match(text, end) or _BAR_OF.search(text, head, start) or _ALSO_WRITTEN.search(text, head, start)
    return "aside" if aside else "value"


METRE = ValueKind("metre", lambda text, _: _find(text))
