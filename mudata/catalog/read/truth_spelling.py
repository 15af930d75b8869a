"""How a right answer is spelled, one way for each value: what the column `truth` of `items` has.

    number      the shortest decimal: 120, 118.5
    key         tonic and mode: F# minor. Tonics are C Db D Eb E F F# G Ab A Bb B, modes major, minor, other
    metre       6/8
    choose      the option, letter by letter; pair the same, its options are first and second where it has none
    order       numbers of the options as they are written, else of the clips: 2 1 3
    open        as it is written
    structure   form: ABA. boundaries: seconds at which a section ends and another begins, 8.000 16.000. segments:
                0.000 A 8.000 B 16.000

Everything here raises ValueError, whose text says what was expected, for what is no such value.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from decimal import Decimal, InvalidOperation
from itertools import pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mudata.catalog.cards.card_task import CardTask
    from mudata.catalog.cards.number_scale import NumberScale

TONICS = ("C", "Db", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B")
"""The one spelling of each pitch class from 0 (C): the more usual of two, which is the major key of fewer accidentals
(Db of 5, not C# of 7); F# and Gb have 6 each, and mir_eval's list has F# first."""

MODES = ("major", "minor", "other")

_MODE_WORDS = {"major": "major", "maj": "major", "minor": "minor", "min": "minor"}
"""No dur and moll: beside them B is B flat, and who writes them need not be German."""
_OTHER_MODES = ("other", "dorian", "phrygian", "lydian", "mixolydian", "locrian")
"""Ionian and aeolian are left out: whether they mean major and minor, their authors differ."""

_LETTERS = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}
_KEY = re.compile(
    r"(?P<letter>[A-G])[ -]?(?P<accidental>(?:[#♯]{1,2}|[b♭]{1,2}|sharp|flat)?)(?:\s*[:\s-]\s*|)(?P<mode>[A-Za-z]+)",
    re.IGNORECASE,
)
_METRE = re.compile(r"(\d{1,3})\s*/\s*(\d{1,4})")

LONGEST_NOTE, SHORTEST_NOTE = 1, 1024
"""What a metre may count, as fractions of a whole note; `symbolic.meta_values` has the source of the second."""


def key(text: str) -> str:
    """A key in its one spelling.

    Example:
        >>> key("Gb major"), key("c#:min"), key("B♭ Major"), key("Am"), key("D dorian")
        ('F# major', 'Db minor', 'Bb major', 'A minor', 'D other')
    """
    found = _KEY.fullmatch(text.strip())
    mode = _mode(found["mode"]) if found else None
    if not found or mode is None:
        raise ValueError(f"{text!r} is no key, which is a tonic and a mode, such as F# minor")
    accidental = found["accidental"].casefold()
    step = accidental.count("#") + accidental.count("♯") + (accidental == "sharp")
    step -= accidental.count("b") + accidental.count("♭") + (accidental == "flat")
    return f"{TONICS[(_LETTERS[found['letter'].upper()] + step) % 12]} {mode}"


def _mode(word: str) -> str | None:
    if word in ("m", "M"):  # Am, CM
        return "minor" if word == "m" else "major"
    small = word.casefold()
    return "other" if small in _OTHER_MODES else _MODE_WORDS.get(small)


def metre(text: str) -> str:
    """A time signature.

    Example:
        >>> metre(" 6 / 8 ")
        '6/8'
    """
    found = _METRE.fullmatch(text.strip())
    beats, note = (int(found[1]), int(found[2])) if found else (0, 0)
    if not beats or not LONGEST_NOTE <= note <= SHORTEST_NOTE or note & (note - 1):
        raise ValueError(f"{text!r} is no time signature, such as 6/8")
    return f"{beats}/{note}"


def number(text: str, scale: NumberScale | None = None) -> str:
    """A number as the shortest decimal, within the bounds of its scale.

    Example:
        >>> number("120.0"), number("118.50"), number("1e2"), number("-0")
        ('120', '118.5', '100', '0')
    """
    try:
        value = Decimal(text.strip())
    except InvalidOperation:
        value = Decimal("nan")
    if not value.is_finite() or abs(value.adjusted()) > _LONGEST:
        raise ValueError(f"{text!r} is no number, such as 118.5")
    if scale and not scale.low <= value <= scale.high:
        unit = f" {scale.unit}" if scale.unit else ""
        raise ValueError(f"{text!r} is out of scale, {scale.low:g} to {scale.high:g}{unit}")
    if scale and scale.integer and value != value.to_integral_value():
        raise ValueError(f"{text!r} is no whole number, which the scale expects")
    return shortest_decimal(value)


def shortest_decimal(value: Decimal) -> str:
    """A number as answers and truths spell it.

    Example:
        >>> shortest_decimal(Decimal("118.50")), shortest_decimal(Decimal("120")), shortest_decimal(Decimal("-0.0"))
        ('118.5', '120', '0')
    """
    text = f"{value:f}"
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return text if value else "0"


_LONGEST = 20
"""Digits before or behind the point of a number that anybody could mean."""


def order(text: str, things: int) -> str:
    """Which of so many things comes first, second, ..., by their numbers from 1.

    Example:
        >>> order("3, 1, 2", 3)
        '3 1 2'
    """
    numbers = re.findall(r"\d+", text)
    if re.sub(r"[\d\s,;>-]", "", text) or sorted(map(int, numbers)) != list(range(1, things + 1)):
        raise ValueError(f"{text!r} is no order of {things}, such as {' '.join(map(str, range(things, 0, -1)))}")
    return " ".join(str(int(n)) for n in numbers)


def form(text: str) -> str:
    """A letter for each section, equal ones for equal sections.

    Example:
        >>> form("a-b-a"), form("A A B A")
        ('ABA', 'AABA')
    """
    letters = re.sub(r"[\s,-]", "", text).upper()
    if not re.fullmatch("[A-Z]+", letters):
        raise ValueError(f"{text!r} is no form, which is a letter for each section, such as ABA")
    return letters


def boundaries(text: str) -> str:
    """Seconds at which one section ends and the next begins, ascending; start and end of the clip are none.

    Example:
        >>> boundaries("8, 16.25")
        '8.000 16.250'
    """
    seconds = _seconds(re.split(r"[\s,;]+", text.strip()), text, "boundaries in seconds, ascending, such as 8 16.25")
    if seconds[0] <= 0:
        raise ValueError(f"{text!r}: the start of the clip is no boundary between sections")
    return " ".join(f"{s:.3f}" for s in seconds)


def segments(text: str) -> str:
    """Where each section begins, its letter, and where the last one ends.

    Example:
        >>> segments("0 A 8 B 16 A 24")
        '0.000 A 8.000 B 16.000 A 24.000'
    """
    expected = "seconds and letters in turn, beginning with 0, such as 0 A 8 B 16"
    words = text.split()
    if len(words) < 3 or not len(words) % 2 or not all(re.fullmatch("[A-Za-z]", word) for word in words[1::2]):
        raise ValueError(f"{text!r} is no list of segments: {expected}")
    seconds = _seconds(words[::2], text, expected)
    if seconds[0]:
        raise ValueError(f"{text!r} is no list of segments: {expected}")
    letters = [*(word.upper() for word in words[1::2]), ""]
    return " ".join(f"{s:.3f} {letter}" for s, letter in zip(seconds, letters, strict=True)).rstrip()


def _seconds(words: Sequence[str], text: str, expected: str) -> list[Decimal]:
    try:
        rounded = [round(Decimal(word), 3) for word in words]
    except InvalidOperation:
        rounded = []
    told = bool(rounded) and all(s.is_finite() and s >= 0 for s in rounded)
    if not told or any(a >= b for a, b in pairwise(rounded)):
        raise ValueError(f"{text!r} is none of {expected}")
    return rounded


def choice(text: str, options: Sequence[str]) -> str:
    """One of the options, letter by letter.

    Example:
        >>> choice(" second ", ("first", "second"))
        'second'
    """
    if text.strip() not in options:
        raise ValueError(f"{text!r} is none of the options: {', '.join(options)}")
    return text.strip()


_OF_TEXT: dict[str, Callable[[str], str]] = {"key": key, "metre": metre, "open": str}
"""Kinds whose truth the text alone spells."""
_OF_VALUES = ("key", "metre", "structure")
"""Kinds whose options, where an item has some, are values of the kind."""


def spelled(task: CardTask, text: str, options: Sequence[str] | None, clips: int) -> str:
    """The truth of an item of a task, with so many clips, in its one spelling. Options of a kind that could do without
    are values of this kind, and the truth is one of them."""
    truth = _spelled(task, text, options, clips)
    values = [_spelled(task, option, None, clips) for option in options or () if task.kind in _OF_VALUES]
    if len(set(values)) < len(values):
        raise ValueError(f"{text!r} stands among options two of which are the same: {', '.join(options or ())}")
    if values and truth not in values:
        raise ValueError(f"{text!r} is none of the options: {', '.join(options or ())}")
    return truth


def _spelled(task: CardTask, text: str, options: Sequence[str] | None, clips: int) -> str:
    from mudata.catalog.cards.card_task import PAIR_OPTIONS  # pydantic, which who only spells a key does without

    if task.kind == "number":
        return number(text, task.scale)
    if task.kind in _OF_TEXT:
        return _OF_TEXT[task.kind](text)
    if task.kind == "order":
        return order(text, len(options) if options else clips)
    if task.kind == "structure":
        return {"form": form, "boundaries": boundaries, "segments": segments}[task.asks or "form"](text)
    return choice(text, options or (PAIR_OPTIONS if task.kind == "pair" else ()))
