"""PitchBench's sets and sequences of notes (vaclisinc/PitchBench)."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence

from mudata.errors import EvaluationError
from mudata.evaluation.official_rules.official_rule import JudgedItem, Verdict, WrittenRule, credited, judged
from mudata.evaluation.official_rules.pitch_rules import SHARP_OF, hertz_of, midi_of
from mudata.evaluation.official_rules.structured_answer import truth_list

_MIDI = re.compile(r"\b\d{1,3}\b")
_NOTE = re.compile(r"\b([A-Ga-g][#b\u266f\u266d]?)(\d)\b")
_NUMBER = re.compile(r"\d+(?:\.\d+)?")
_MOST = 5_000
"""Notes of an answer that are aligned with the truth; further ones only count."""


def said_midi(answer: str) -> list[float]:
    return [float(number) for number in _MIDI.findall(answer) if int(number) <= 127]


def said_notes(answer: str) -> list[float]:
    """MIDI numbers of all notes with an octave. As the authors put names in capitals, 'Bb3' is lost and 'B\u266d3' not.

    >>> said_notes("C4, Bb3 and B\u266d3")
    [60.0, 58.0]
    """
    found = []
    for name, octave in _NOTE.findall(answer):
        spelled = name.upper().replace("\u266f", "#").replace("\u266d", "b")
        if (midi := midi_of(SHARP_OF.get(spelled, spelled) + octave)) is not None:
            found.append(float(midi))
    return found


def said_frequencies(answer: str) -> list[float]:
    return [hertz for number in _NUMBER.findall(answer) if 16 <= (hertz := float(number)) <= 20_000]


_READERS: dict[str, Callable[[str], list[float]]] = {
    "midi": said_midi,
    "spn": said_notes,
    "hz": said_frequencies,
}


def common_notes(reference: Sequence[float], said: Sequence[float], same: Callable[[float, float], bool]) -> int:
    """Length of the longest sequence that both have in this order."""
    before = [0] * (len(said) + 1)
    for note in reference:
        row = [0]
        for j, other in enumerate(said):
            row.append(before[j] + 1 if same(note, other) else max(before[j + 1], row[j]))
        before = row
    return before[-1]


def _decide_set(answer: str, item: JudgedItem) -> Verdict:
    form, gold = _form(item), set(_gold(item))
    said = set(_READERS[form](answer))
    if form == "hz":
        said = {float(round(69 + 12 * math.log2(hertz / 440))) for hertz in said}
    return judged(said == gold, f"notes {sorted(map(int, said))[:20]}")


def _decide_sequence(answer: str, item: JudgedItem) -> Verdict:
    form, gold = _form(item), _gold(item)
    said = _READERS[form](answer)
    if not gold and not said:
        return credited(1.0, "no note, and none was there")
    common = common_notes(gold, said[:_MOST], _within(item) if form == "hz" else float.__eq__)
    return credited(2 * common / (len(gold) + len(said)), f"{common} notes in order of {len(gold)}, {len(said)} said")


def _within(item: JudgedItem) -> Callable[[float, float], bool]:
    hertz, share = item.settings.get("tolerance_hz"), 0.01
    if isinstance(hertz, int | float):
        return lambda midi, said: abs(said - hertz_of(int(midi))) <= hertz
    return lambda midi, said: 1 - share <= said / hertz_of(int(midi)) <= 1 + share


def _form(item: JudgedItem) -> str:
    form = item.settings.get("format", "midi")
    if not isinstance(form, str) or form not in _READERS:
        raise EvaluationError(f"{form!r} is no way to write notes.", "Choose format: midi, spn or hz.")
    return form


def _gold(item: JudgedItem) -> list[float]:
    """The truth as MIDI numbers; it may hold notes by their names."""
    found = [midi_of(note) if isinstance(note, str) else note for note in truth_list(item.gold)]
    if not all(isinstance(note, int | float) and math.isfinite(note) for note in found):
        raise EvaluationError(
            f"The truth {item.gold[:60]!r} holds what is no note.", "Write it as MIDI numbers or as notes, such as A#3."
        )
    return [float(note) for note in found if isinstance(note, int | float)]


NOTE_SET = WrittenRule(
    name="note_set",
    title="PitchBench's chords",
    source="vaclisinc/PitchBench@a59e384 src/pitchbench/experiments/scripts/pitchbench_c4_chord_pitches.py",
    recipe="the set of all notes said (settings: format midi, spn or hz, the last to the nearest note) equal to "
    "the truth",
    misreads="'Bb3' is lost for want of a capital flat; any other number in the answer is a note",
    decide=_decide_set,
    none_leaves_n=True,
)
ORDERED_NOTE_F1 = WrittenRule(
    name="ordered_note_f1",
    title="PitchBench's sequences",
    source="vaclisinc/PitchBench@9cd06f2 src/pitchbench/experiments/helpers/ordered_notes.py, cat_f.py",
    recipe="twice the longest common sequence over the notes of truth and answer together (settings: format midi, spn "
    "or hz; hz within 1 %, or within tolerance_hz)",
    misreads="as note_set; credit grows with the truth said in any pieces, so long as their order holds",
    decide=_decide_sequence,
    none_leaves_n=True,
)
