"""Points in time of an answer, in seconds: '8 s', '16.5 seconds', '0:08', '1:02.5', '1 min 2 s', '[8.0, 16.5]'."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from mudata.evaluation.align.text_pieces import inside, without
from mudata.evaluation.readers.number_words import spelled_numbers

_SECONDS = r"(?:s|sec|secs|second|seconds|segundos?|secondes?|sekunden?|seconden)"
_MINUTES = r"(?:m|min|mins|minutes?)"
TIME = re.compile(
    r"(?<![\w.])(?<!\d:)(?:"
    r"(?P<clock>(?:(?P<h>\d{1,2}):)?(?P<m>\d{1,3}):(?P<s>[0-5]\d(?:\.\d{1,4})?))(?!\d|:\d)"
    rf"|(?P<min>\d{{1,3}}(?:\.\d+)?) ?{_MINUTES}(?:,? (?:and )?|)(?P<sec>\d{{1,2}}(?:\.\d{{1,4}})?)"
    rf" ?{_SECONDS}(?![^\W\d_])"
    rf"|(?P<minutes>\d{{1,3}}(?:\.\d+)?)[ -]?{_MINUTES}(?![^\W\d_])"
    r"|(?P<ms>\d{1,7})[ -]?(?:ms|milliseconds)(?![^\W\d_])"
    rf"|(?P<united>\d{{1,5}}(?:\.\d{{1,6}})?|(?<!\d,)\d{{1,3}},\d{{1,2}})"
    rf"[ -]?(?:{_SECONDS}(?![^\W\d_])|''|\"(?=[\s,.;)]|\Z))"
    r"|(?P<bare>\d{1,5}(?:\.\d{1,6})?)(?![\w%#]|\.\d|:\d|/\d| ?(?:bpm|beats?|bars?|measures?"
    r"|hz|sections?|parts?|segments?|boundaries|boundary|times|voices?|semitones?|changes?"
    r"|transitions?|st\b|nd\b|rd\b|th\b))"
    r")",
    re.IGNORECASE,
)
_JOINED = re.compile(
    r"(?:\n\s?[-*•]\s|[\s,;&|\[\](){}\"'*~]|\b(?:and|then|at|around|about|approximately"
    r"|roughly|the|again|also|finally|circa|near|und|y|et)\b|\+)*",
    re.IGNORECASE,
)
_TO = re.compile(r"[ \"'*]{0,2}(?:-|to|until|till|through|and|->|–|—)[ \"'*]{0,2}(?:about |around )?", re.IGNORECASE)
_OR = re.compile(r"[ \"'*]{0,2}\bor\b[ \"'*]{0,2}(?:at |perhaps |maybe |around |about )?", re.IGNORECASE)
_BETWEEN = re.compile(r"\b(?:between|somewhere from|from)\s(?:about |around |roughly )?\Z")
_LENGTH_AFTER = re.compile(
    r"[ -]?(?:long\b|in length|(?:long )?(?:audio|clip|excerpt|piece|track|recording|song"
    r"|music|sample|fragment|passage|segment\b|section\b|file|duration|intro|silence))"
)
_LENGTH_BEFORE = re.compile(
    r"\b(?:lasts?|lasting|duration(?: of| is|:)?|length(?: of| is|:)?|runs?|for|total(?:"
    r" of)?|long(?:er)? than|within|takes?|ends?(?: at)?|until the end at)\s(?:about "
    r"|around |approximately |roughly |a total of |some )?\Z"
)
_RELATIVE_BEFORE = re.compile(
    r"\b(?:every|each|next|another|following|last|final|further|per|additional)\s(?:(?!at\b"
    r"|around\b|near\b|by\b|after\b|is\b)\w+ )?\Z"
)
_RELATIVE_AFTER = re.compile(r"\s(?:later|afterwards|after that|intervals?|before the end|each|apart|more)\b")
_ANNOUNCED = re.compile(
    r"(?:boundar|change|transition|break|times?|timestamps?|seconds|sections? begin|starts?"
    r"|switch|answer|onsets?)[^.;!?\n]{0,40}?(?:[:=]|\bat|\bare|\bis|\bin)[\s\"'*\[({]{0,6}(?:about"
    r" |around |approximately |the )?\Z|[\[(]\s?\Z|\bt\s?=\s?\Z|\bit(?:'s| is)\s(?:at |about |around ){0,2}\Z"
)
_UNITS_AFTER = re.compile(r"[\])}\"'*\s]{0,4}(?:in |\()?(?:s|sec|secs|seconds)\b")
_UNIT = re.compile(rf"[ -]{_SECONDS}(?![^\W\d_])", re.IGNORECASE)
_SECTION_LASTS = re.compile(
    r"\b(?:section|part|segment|verse|chorus|intro|theme|one)\b[^.;:!?\n]{0,30}\b(?:lasts?|takes?|runs?)\b[^.;:!?\n]{0,200}"
)
"""How long sections are, which says where they begin only if it is added up."""
_MARKER = re.compile(r"(?:\A|\n)[ \t>*-]{0,6}(\d{1,2})[.)][ \t]")
"""The number of an item in a list."""
_BETWEEN_TIMES = (_JOINED, _TO, _OR)
_CONNECTIVE = re.compile(r"\b(?:and|then|to|or|at|y|et|und)\b", re.IGNORECASE)
_LETTER = re.compile(r"[^\W\d_]")
_SEPARATE = 40


class TimeSaid(NamedTuple):
    """A time [start, end) of the text in seconds; `bare`: a number without a unit."""

    start: int
    end: int
    seconds: float
    bare: bool


class TimesSaid(NamedTuple):
    """Times [start, end) of the text that are said together. `several`: a range, which is no point in time; `relative`:
    a time that counts from another one."""

    start: int
    end: int
    times_s: tuple[float, ...]
    several: bool = False
    relative: bool = False


def times(text: str) -> list[TimeSaid]:
    """All that may be times, in order."""
    spelled = [
        TimeSaid(number.start, match.end(), float(number.value), False)
        for number in spelled_numbers(text, None)
        if (match := _UNIT.match(text, number.end))
    ]
    return sorted([*_in_digits(text), *spelled])


def _in_digits(text: str) -> Iterator[TimeSaid]:
    markers = {match.end(1) for match in _MARKER.finditer(text)}
    for match in TIME.finditer(text):
        start, end = match.span()
        if end in markers and match["bare"]:
            continue
        if match["clock"]:
            seconds = 3600 * int(match["h"] or 0) + 60 * int(match["m"]) + float(match["s"])
        elif match["min"]:
            seconds = 60 * float(match["min"]) + float(match["sec"])
        elif match["minutes"]:
            seconds = 60 * float(match["minutes"])
        elif match["ms"]:
            seconds = int(match["ms"]) / 1000
        else:
            seconds = float((match["united"] or match["bare"]).replace(",", "."))
        yield TimeSaid(start, end, seconds, match["bare"] is not None)


def boundaries(text: str) -> list[TimesSaid]:
    """Times in a lower-case text that are points in time, those of one list together."""
    runs: list[list[TimeSaid]] = []
    said = times(text)
    alone = not _LETTER.search(_CONNECTIVE.sub("", without(text, [time[:2] for time in said])))
    for time in said:
        last = runs[-1][-1].end if runs else 0
        if (
            runs
            and time.start - last <= _SEPARATE
            and any(way.fullmatch(text, last, time.start) for way in _BETWEEN_TIMES)
        ):
            runs[-1].append(time)
        else:
            runs.append([time])
    lasting = [match.span() for match in _SECTION_LASTS.finditer(text)]
    found = [points for run in runs if (points := _points(text, run, alone=alone))]
    return [points._replace(relative=points.relative or inside(points.start, lasting)) for points in found]


def _points(text: str, run: list[TimeSaid], *, alone: bool) -> TimesSaid | None:
    """What a list of times says; None where they are none. `alone`: nothing else is said, so numbers are times."""
    start, end = run[0].start, run[-1].end
    before = text[max(0, start - 80) : start]
    if all(time.bare for time in run) and not (alone or _ANNOUNCED.search(before) or _UNITS_AFTER.match(text, end)):
        return None
    if _LENGTH_AFTER.match(text, end) or (len(run) == 1 and _LENGTH_BEFORE.search(before)):
        return None
    relative = _RELATIVE_BEFORE.search(before) is not None or _RELATIVE_AFTER.match(text, end) is not None
    points = tuple(time.seconds for time in run)
    ranged = [_is_range(text, one, other) for one, other in itertools.pairwise(run)]
    if not any(ranged):
        return TimesSaid(start, end, points, False, relative)
    if _are_segments(run, ranged):
        return TimesSaid(start, end, points, False, relative)
    return TimesSaid(start, end, points, True, relative)


def _is_range(text: str, one: TimeSaid, other: TimeSaid) -> bool:
    between = text[one.end : other.start]
    if _OR.fullmatch(between):
        return True
    if not _TO.fullmatch(between):
        return False
    return "and" not in between or _BETWEEN.search(text[max(0, one.start - 30) : one.start]) is not None


def _are_segments(run: Sequence[TimeSaid], ranged: Sequence[bool]) -> bool:
    """Whether ranges follow one another without a gap: '0-8, 8-16, 16-24'."""
    if len(run) < 4 or len(run) % 2 or not all(ranged[::2]) or any(ranged[1::2]):
        return False
    return all(abs(run[k].seconds - run[k + 1].seconds) <= 0.5 for k in range(1, len(run) - 1, 2))
