"""PitchBench's single values: vaclisinc/PitchBench@0949ceb src/pitchbench/experiments/helpers/music.py. Its question
about solfège, whose reading asks a server where a key is set, is none of its scores and not here."""

from __future__ import annotations

import math
import re
from collections.abc import Callable

from mudata.errors import EvaluationError
from mudata.evaluation.official_rules.official_rule import JudgedItem, Verdict, WrittenRule, judged, wrong
from mudata.evaluation.official_rules.structured_answer import truth_list

_SOURCE = "vaclisinc/PitchBench@0949ceb src/pitchbench/experiments/helpers/"
SHARPS = ("C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B")
SHARP_OF = {"Db": "C#", "Eb": "D#", "Fb": "E", "Gb": "F#", "Ab": "G#", "Bb": "A#", "Cb": "B"}
"""An octave is not counted up or down: Cb4 is B4."""
_MIDI = re.compile(r"\b(\d{1,3})\b")
_NOTE = re.compile(r"\b([A-Ga-g])([#b\u266f\u266d]?)(\d)\b")
_HERTZ = re.compile(r"Hz|hz|HZ|hertz")
_PLAIN_HERTZ = re.compile(r"\d{2,5}(?:\.\d+)?")
_ENDS_IN_NUMBER = re.compile(r"\d+(?:\.\d+)?$")
_COLON = re.compile(r"(\d{1,2}):(\d{1,2}(?:\.\d+)?)")
_DOTS = re.compile(r"(\d{1,2})\.(\d{1,2})\.(\d+)")
_SECONDS = re.compile(r"(?<=\d)s\b", re.IGNORECASE)
_LONGEST_NUMBER = 400


def midi_of(note: str) -> int | None:
    """The MIDI number of a note in the authors' spelling, such as 'A#3'.

    >>> midi_of("A4"), midi_of("Bb3"), midi_of("H2")
    (69, 58, None)
    """
    name = SHARP_OF.get(note[:-1], note[:-1])
    return SHARPS.index(name) + 12 * (int(note[-1]) + 1) if name in SHARPS and note[-1:].isdecimal() else None


def hertz_of(midi: int) -> float:
    return 440.0 * 2 ** ((midi - 69) / 12)


def said_note(answer: str) -> str | None:
    """The first note with an octave, flats as sharps: 'the Bb3' is 'A#3'."""
    if (found := _NOTE.search(answer)) is None:
        return None
    name = found[1].upper() + found[2].replace("\u266f", "#").replace("\u266d", "b")
    return SHARP_OF.get(name, name) + found[3]


def said_hertz(answer: str) -> float | None:
    """The first number before 'Hz', else the first of two to five digits, if it is between 16 and 20,000."""
    for unit in _HERTZ.finditer(answer):
        if (number := _number_before(answer, unit.start(), blanks=True)) is not None:
            return number
    if (plain := _PLAIN_HERTZ.search(answer)) is None:
        return None
    return float(plain[0]) if 16 <= float(plain[0]) <= 20_000 else None


def said_times(answer: str) -> list[float]:
    """Times in seconds in the first spelling that occurs: 1:05.20, 01.05.20, 65.2s, or numbers alone.

    >>> said_times("0:01.20, 0:02.50"), said_times("01.05.20"), said_times("from 5.2s to 8s")
    ([1.2, 2.5], [65.2], [5.2, 8.0])
    """
    if found := [int(m[1]) * 60 + float(m[2]) for m in _COLON.finditer(answer)]:
        return found
    if found := [int(m[1]) * 60 + int(m[2]) + float(f"0.{m[3]}") for m in _DOTS.finditer(answer)]:
        return found
    ends = (_number_before(answer, m.start(), blanks=False) for m in _SECONDS.finditer(answer))
    if found := [number for number in ends if number is not None]:
        return found
    try:
        return [float(part) for part in re.split(r"[\s,]+", re.sub(r"[^\d.,\s]", "", answer)) if part]
    except ValueError:
        return []


def _number_before(text: str, end: int, *, blanks: bool) -> float | None:
    before = text[max(0, end - _LONGEST_NUMBER) : end]
    found = _ENDS_IN_NUMBER.search(before.rstrip() if blanks else before)
    return float(found[0]) if found else None


def _decide_midi(answer: str, item: JudgedItem) -> Verdict:
    found = _MIDI.search(answer)
    if found is None or int(found[1]) > 127:
        return wrong("no number from 0 to 127 first" if found is None else f"the first number is {found[1]}")
    return judged(int(found[1]) == _gold_midi(item, "midi"), f"the first number: {found[1]}")


def _decide_spn(answer: str, item: JudgedItem) -> Verdict:
    if (note := said_note(answer)) is None:
        return wrong("no note with an octave")
    gold = _gold_midi(item, "spn")
    return judged(note == f"{SHARPS[gold % 12]}{gold // 12 - 1}", f"the first note: {note}")


def _decide_hz(answer: str, item: JudgedItem) -> Verdict:
    if (said := said_hertz(answer)) is None:
        return wrong("no frequency")
    gold = _gold_hertz(item)
    share = item.settings.get("tolerance", 0.01)
    if not isinstance(share, float | int):
        raise EvaluationError(f"A tolerance of {share!r} is none.", "Give a share of the frequency, such as 0.01.")
    return judged(1 - share <= said / gold <= 1 + share, f"the frequency {said:g} Hz")


def _decide_pitch(answer: str, item: JudgedItem) -> Verdict:
    form = item.settings.get("format", "midi")
    if form not in _DECISIONS:
        raise EvaluationError(f"{form!r} is no way to write a pitch.", "Choose format: midi, spn or hz.")
    return _DECISIONS[str(form)](answer, item)


_DECISIONS: dict[str, Callable[[str, JudgedItem], Verdict]] = {
    "midi": _decide_midi,
    "spn": _decide_spn,
    "hz": _decide_hz,
}


def _form(item: JudgedItem, usual: str) -> str:
    """How the truth is written: midi, spn or hz."""
    return str(item.settings.get("gold", usual))


def _gold_midi(item: JudgedItem, usual: str) -> int:
    form = _form(item, usual)
    midi = midi_of(item.gold) if form == "spn" else int(item.gold) if form == "midi" and item.gold.isdecimal() else None
    if midi is None:
        raise EvaluationError(
            f"The truth {item.gold[:40]!r} is no pitch written as {form!r}.",
            "Say in the card's rule_settings how it is written, gold: midi (69), spn (A4) or hz (440).",
        )
    return midi


def _gold_hertz(item: JudgedItem) -> float:
    if _form(item, "hz") != "hz":
        return hertz_of(_gold_midi(item, "hz"))
    try:
        hertz = float(item.gold)
    except ValueError:
        hertz = 0.0
    if not 0 < hertz < math.inf:
        raise EvaluationError(
            f"The truth {item.gold[:40]!r} is no frequency in Hz.",
            "Say in the card's rule_settings how it is written, gold: midi (69), spn (A4) or hz (440).",
        )
    return hertz


def _decide_times(answer: str, item: JudgedItem) -> Verdict:
    gold = [float(time) for time in truth_list(item.gold) if isinstance(time, int | float)]
    said, tolerance = said_times(answer), item.settings.get("tolerance_ms", 250)
    if not isinstance(tolerance, int | float):
        raise EvaluationError(f"A tolerance of {tolerance!r} ms is none.", "Give a number, such as tolerance_ms: 250.")
    if len(said) != len(gold):
        return wrong(f"{len(said)} times for {len(gold)}")
    off = max((abs(a - b) for a, b in zip(gold, said, strict=True)), default=0.0)
    return judged(off <= tolerance / 1000, f"the farthest is {off:.3f} s off")


PITCH_MIDI = WrittenRule(
    name="pitch_midi",
    title="PitchBench's MIDI numbers",
    source=_SOURCE + "music.py",
    recipe="the first number of one to three digits, if at most 127, equal to the truth",
    misreads="'440 Hz, so 69' has none; '4 octaves up, 69' is 4; '69Hz' has none",
    decide=_decide_midi,
    none_leaves_n=True,
)
PITCH_SPN = WrittenRule(
    name="pitch_spn",
    title="PitchBench's notes",
    source=_SOURCE + "music.py",
    recipe="the first note name with an octave, sharps and flats in one spelling, equal to the truth",
    misreads="Cb4 is B4, E#4 and B#3 are nothing; 'C#-1' is none; a note that is denied counts",
    decide=_decide_spn,
    none_leaves_n=True,
)
PITCH_HZ = WrittenRule(
    name="pitch_hz",
    title="PitchBench's frequencies",
    source=_SOURCE + "music.py",
    recipe="the first number before Hz, else the first number of two to five digits, within 1 % of the truth "
    "(settings: tolerance, gold: midi where the truth is a MIDI number)",
    misreads="'MIDI 69' is 69 Hz; '1,760 Hz' is 760 Hz; '0.44 kHz' is 44 Hz",
    decide=_decide_hz,
    none_leaves_n=True,
)
PITCH = WrittenRule(
    name="pitch",
    title="PitchBench's pitches, in the format asked for",
    source=_SOURCE + "music.py",
    recipe="as pitch_midi, pitch_spn or pitch_hz (settings: format midi, spn or hz, that of the pass; and theirs)",
    misreads="as these",
    decide=_decide_pitch,
    none_leaves_n=True,
)
TIMES = WrittenRule(
    name="times",
    title="PitchBench's times",
    source="vaclisinc/PitchBench@4a482fb src/pitchbench/experiments/helpers/cat_b.py, music.py",
    recipe="all times in order within 250 ms (settings: tolerance_ms), and as many as asked; of 1:05.20, 01.05.20, "
    "65.2s and numbers alone the first spelling that occurs counts",
    misreads="one time more, or another spelling among them, makes all wrong; '1.2 to 2.5.' has none",
    decide=_decide_times,
    none_leaves_n=True,
)
