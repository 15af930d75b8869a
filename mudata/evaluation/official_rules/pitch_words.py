"""PitchBench's counts, intervals, chords, contours and orders (vaclisinc/PitchBench src/pitchbench/experiments): what
its scripts read in an answer that is no pitch."""

from __future__ import annotations

import re

from mudata.evaluation.official_rules.official_rule import JudgedItem, Verdict, WrittenRule, judged, wrong

_SCRIPTS = "src/pitchbench/experiments/scripts/"
_COUNT, _SIGNED, _SMALL = re.compile(r"\b\d+\b"), re.compile(r"-?\d+"), re.compile(r"\b\d{1,2}\b")
_FARTHEST = 36
"""Semitones of a signed interval that can be meant."""
_WIDEST = 24
"""Semitones of an interval between two notes at once that can be meant."""
_LONGEST_NUMBER = 400

_INTERVALS = {
    "unison": 0,
    "perfect unison": 0,
    "half step": 1,
    "halfstep": 1,
    "semitone": 1,
    "whole step": 2,
    "wholestep": 2,
    "tone": 2,
    "tritone": 6,
    "octave": 12,
    "perfect octave": 12,
} | {
    f"{quality} {ordinal}": semitones
    for semitones, quality, ordinals in (
        (1, "minor", ("second", "2nd")),
        (2, "major", ("second", "2nd")),
        (3, "minor", ("third", "3rd")),
        (4, "major", ("third", "3rd")),
        (5, "perfect", ("fourth", "4th")),
        (6, "augmented", ("fourth", "4th")),
        (6, "diminished", ("fifth", "5th")),
        (7, "perfect", ("fifth", "5th")),
        (8, "minor", ("sixth", "6th")),
        (8, "augmented", ("fifth", "5th")),
        (9, "major", ("sixth", "6th")),
        (9, "diminished", ("seventh", "7th")),
        (10, "minor", ("seventh", "7th")),
        (11, "major", ("seventh", "7th")),
    )
    for ordinal in ordinals
}
_SHORT_INTERVALS = {
    name: semitones
    for semitones, names in enumerate(
        ("P1 p1", "m2", "M2", "m3", "M3", "P4 p4", "TT tt A4 d5", "P5 p5", "m6", "M6", "m7", "M7", "P8 p8")
    )
    for name in names.split()
}
_QUALITIES = {
    "major": ("major", "maj", "m"),
    "minor": ("minor", "min"),
    "diminished": ("diminished", "dim", "\u00b0"),
    "augmented": ("augmented", "aug", "+"),
    "dom7": ("dominant seventh", "dominant 7th", "dom7", "7th", "dominant"),
    "maj7": ("major seventh", "major 7th", "maj7", "m7"),
    "min7": ("minor seventh", "minor 7th", "min7"),
    "m7b5": ("half-diminished", "half diminished", "m7b5", "\u00f8", "min7b5"),
    "sus2": ("sus2", "suspended 2"),
    "sus4": ("sus4", "suspended 4", "suspended"),
}
"""As the authors put what they look for in small letters, 'm' and 'm7' are M and M7."""
_QUALITY_OF = {spelling: quality for quality, spellings in _QUALITIES.items() for spelling in spellings}
# fmt: off
_DIRECTION_OF = dict.fromkeys(
    (
        "up", "higher", "rise", "rises", "rising", "ascend", "ascending", "increase", "increases", "increasing",
        "goes up", "went up", "pitch goes up", "pitch rises", "pitch increases",
    ),
    "up",
) | dict.fromkeys(
    (
        "down", "lower", "fall", "falls", "falling", "descend", "descending", "decrease", "decreases", "decreasing",
        "goes down", "went down", "pitch goes down", "pitch falls", "pitch decreases",
    ),
    "down",
)
# fmt: on


def _longest_first(spellings: dict[str, object]) -> list[str]:
    return sorted(spellings, key=lambda spelling: -len(spelling))


_INTERVAL_WORDS = [(re.compile(rf"\b{re.escape(name)}\b"), name) for name in _longest_first(dict(_INTERVALS))]
_SHORT_WORDS = [(re.compile(rf"\b{name}\b"), name) for name in _SHORT_INTERVALS]
_QUALITY_WORDS = [(re.compile(rf"{re.escape(name)}(?![a-z])"), name) for name in _longest_first(dict(_QUALITY_OF))]


def said_interval(answer: str) -> int | None:
    """Semitones: the longest name of an interval in any case, else a short one in its own, else the first number of one
    or two digits, if at most 24.

    >>> said_interval("a Perfect Fifth (7)"), said_interval("m3"), said_interval("9 semitones"), said_interval("440")
    (7, 3, 9, None)
    """
    small = answer.lower()
    for pattern, name in _INTERVAL_WORDS:
        if pattern.search(small):
            return _INTERVALS[name]
    for pattern, name in _SHORT_WORDS:
        if pattern.search(answer):
            return _SHORT_INTERVALS[name]
    found = _SMALL.search(small)
    return int(found[0]) if found and int(found[0]) <= _WIDEST else None


def said_quality(answer: str) -> str | None:
    """A chord's quality by its longest spelling that occurs and no letter follows.

    >>> said_quality("Cmaj7"), said_quality("Half-diminished."), said_quality("Cm"), said_quality("a triad")
    ('maj7', 'm7b5', 'major', None)
    """
    small = answer.lower()
    return next((_QUALITY_OF[name] for pattern, name in _QUALITY_WORDS if pattern.search(small)), None)


def _decide_integer(answer: str, item: JudgedItem) -> Verdict:
    signed = item.settings.get("signed") is True
    found = (_SIGNED if signed else _COUNT).search(answer)
    if found is None or len(found[0]) > _LONGEST_NUMBER:
        return wrong("no number")
    said = int(found[0])
    return judged(str(said) == item.gold and (not signed or abs(said) <= _FARTHEST), f"the first number: {said}")


def _decide_interval(answer: str, item: JudgedItem) -> Verdict:
    said = said_interval(answer)
    return wrong("no interval") if said is None else judged(str(said) == item.gold, f"an interval of {said}")


def _decide_quality(answer: str, item: JudgedItem) -> Verdict:
    said = said_quality(answer)
    return wrong("no quality") if said is None else judged(said == item.gold, f"the quality {said}", said)


def _decide_which(answer: str, item: JudgedItem) -> Verdict:
    small = answer.lower()
    said = next((word for word in ("first", "second") if word in small), None)
    return wrong("neither") if said is None else judged(said == item.gold, f"it contains {said!r}", said)


def _decide_contour(answer: str, item: JudgedItem) -> Verdict:
    gold = [word.strip() for word in item.gold.split(",")]
    if item.settings.get("synonyms") is not True:
        said = [word.lower() for word in re.findall(r"\b(?:up|down)\b", answer, re.IGNORECASE)]
        return judged(said == gold, f"directions {', '.join(said[:20]) or 'none'}")
    parts = [part.strip().lower() for part in answer.split(",") if part.strip()]
    if strange := next((part for part in parts if part not in _DIRECTION_OF), None):
        return wrong(f"{strange[:40]!r} is no direction")
    said = [_DIRECTION_OF[part] for part in parts]
    return judged(said == gold, f"directions {', '.join(said[:20]) or 'none'}", ", ".join(said) or None)


def _decide_ranks(answer: str, item: JudgedItem) -> Verdict:
    gold = item.gold.split()
    said = list(dict.fromkeys(n for n in re.findall(r"\b[1-9]\b", answer) if int(n) <= len(gold)))
    if len(said) < len(gold):
        return wrong(f"{len(said)} of {len(gold)} places")
    return judged(said == gold, f"places {' '.join(said)}")


FIRST_INTEGER = WrittenRule(
    name="first_integer",
    title="PitchBench's counts and signed intervals",
    source=f"vaclisinc/PitchBench@c017554 {_SCRIPTS}pitchbench_c1_chord_count_pitches.py, @471221b "
    f"{_SCRIPTS}pitchbench_d6_sequence_dyad_interval.py",
    recipe="the first whole number, equal to the truth (settings: signed, a minus counts and more than 36 is none)",
    misreads="'2 or 3' is 2; 'three' is none; '3.5' is 3; with signed 'C-4' is -4",
    decide=_decide_integer,
    none_leaves_n=True,
)
INTERVAL_SAID = WrittenRule(
    name="interval_said",
    title="PitchBench's intervals",
    source=f"vaclisinc/PitchBench@243b7db {_SCRIPTS}pitchbench_c2_chord_dyad_interval.py, @0949ceb helpers/music.py",
    recipe="the longest name of an interval ('minor third'), else a short one ('m3'), else the first number of one or "
    "two digits, if at most 24, equal to the truth in semitones",
    misreads="'7 semitone' is 1; 'the notes A4 and E5' is 6; a name that is denied counts",
    decide=_decide_interval,
    none_leaves_n=True,
)
CHORD_QUALITY = WrittenRule(
    name="chord_quality",
    title="PitchBench's chord qualities",
    source=f"vaclisinc/PitchBench@471221b {_SCRIPTS}pitchbench_c3_chord_quality.py, @0949ceb helpers/music.py",
    recipe="the quality whose spelling is the longest that occurs in small letters with no letter behind it",
    misreads="'Cm' and 'I'm not sure' are major, 'm7' is maj7; 'suspended' is sus4; of several the longest counts",
    decide=_decide_quality,
    none_leaves_n=True,
)
FIRST_OR_SECOND = WrittenRule(
    name="first_or_second",
    title="PitchBench's higher tone",
    source=f"vaclisinc/PitchBench@f659f23 {_SCRIPTS}pitchbench_d2_dyad_lower_higher_difference.py",
    recipe="'first' if it occurs anywhere, else 'second' if it occurs",
    misreads="'the second is higher than the first' is first",
    decide=_decide_which,
    none_leaves_n=True,
)
CONTOUR_WORDS = WrittenRule(
    name="contour_words",
    title="PitchBench's contours",
    source=f"vaclisinc/PitchBench@5f4c699 {_SCRIPTS}pitchbench_d3_contour_discrete.py, @243b7db "
    f"{_SCRIPTS}pitchbench_d4_contour_continuous.py",
    recipe="every 'up' and 'down' in order, equal to the truth; settings: synonyms: each part between commas must be "
    "one of some words for either ('rises', 'goes down')",
    misreads="'up then down, not up' is three directions; with synonyms 'up, down.' has none, for its full stop",
    decide=_decide_contour,
    none_leaves_n=True,
)
RANKS_SAID = WrittenRule(
    name="ranks_said",
    title="PitchBench's orders",
    source=f"vaclisinc/PitchBench@243b7db {_SCRIPTS}pitchbench_d5_sequence_ranking_by_pitch.py",
    recipe="the single digits up to the number of tones, each where it first occurs, equal to the truth",
    misreads="'the 3 tones: 2 1 3' is 3 2 1; '1st' is none",
    decide=_decide_ranks,
    none_leaves_n=True,
)
