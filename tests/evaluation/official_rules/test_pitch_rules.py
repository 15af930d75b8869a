"""PitchBench's pitches, times and notes: verdicts by hand."""

from __future__ import annotations

import pytest

from mudata.errors import EvaluationError
from mudata.evaluation.official_rules.note_rules import NOTE_SET, ORDERED_NOTE_F1
from mudata.evaluation.official_rules.official_rule import JudgedItem
from mudata.evaluation.official_rules.pitch_rules import PITCH_HZ, PITCH_MIDI, PITCH_SPN, TIMES, midi_of


@pytest.mark.parametrize(
    ("answer", "right"),
    [
        ("69", True),
        ("069", True),
        ("MIDI 69", True),
        ("69.", True),
        ("69.5", True),
        ("It is 69 or 70", True),
        ("70 or 69", False),
        ("440 Hz, so 69", False),
        ("128", False),
        ("1234 69", True),
        ("A4 (69)", True),
        ("A 4: 69", False),
        ("69Hz", False),
        ("midi69", False),
        ("-69", True),
        ("sixty-nine", False),
        ("", False),
        ("127, 69", False),
        ("**69**", True),
        ("[69]", True),
        ("6 9", False),
        ("69th", False),
        ("69/70", True),
        ("n=69", True),
        ("0069", False),
    ],
)
def test_midi_numbers(answer: str, right: bool) -> None:
    assert PITCH_MIDI.judge(answer, JudgedItem(gold="69")).credit == right


@pytest.mark.parametrize(
    ("gold", "answer", "right"),
    [
        ("A4", "A4", True),
        ("A4", "a4", True),
        ("A4", "It is A4.", True),
        ("A4", "A 4", False),
        ("A4", "A", False),
        ("A4", "B4 or A4", False),
        ("A4", "A4 or B4", True),
        ("A4", "not A4", True),
        ("A4", "A44", False),
        ("A4", "la4", False),
        ("A4", "", False),
        ("A#3", "Bb3", True),
        ("A#3", "bb3", True),
        ("A#3", "B♭3", True),
        ("A#3", "A♯3", True),
        ("A#3", "A# 3", False),
        ("A#3", "A sharp 3", False),
        ("Bb3", "A#3", True),
        ("B4", "Cb4", True),
        ("B3", "Cb4", False),
        ("F4", "E#4", False),
        ("E4", "Fb4", True),
        ("C4", "C4/60", True),
        ("C4", "C-4", False),
        ("C4", "middle C", False),
        ("C4", "C5 C4", False),
        ("C4", "(C4)", True),
    ],
)
def test_note_names(gold: str, answer: str, right: bool) -> None:
    assert PITCH_SPN.judge(answer, JudgedItem(gold=gold)).credit == right
    midi = JudgedItem(gold=str(midi_of(gold)), settings={"gold": "midi"})
    assert PITCH_SPN.judge(answer, midi).credit == right


@pytest.mark.parametrize(
    ("answer", "right"),
    [
        ("440", True),
        ("440 Hz", True),
        ("440Hz", True),
        ("440.0 hertz", True),
        ("444.4 Hz", True),
        ("444.5 Hz", False),
        ("435.6 Hz", True),
        ("435.5 Hz", False),
        ("A4, 440 Hz", True),
        ("69 is 440 Hz", True),
        ("69, 440", False),
        ("440 or 880 Hz", False),
        ("440 Hz or 880 Hz", True),
        ("880 Hz or 440 Hz", False),
        ("1,440 Hz", True),
        ("0.44 kHz", False),
        ("440 HERTZ", True),
        ("about 440", True),
        ("4 40", False),
        ("", False),
        ("Hz", False),
        ("440\nHz", True),
        ("440 cycles", True),
        ("99999", False),
        ("15, 440", False),
    ],
)
def test_frequencies_within_one_per_cent(answer: str, right: bool) -> None:
    assert PITCH_HZ.judge(answer, JudgedItem(gold="440")).credit == right
    assert PITCH_HZ.judge(answer, JudgedItem(gold="69", settings={"gold": "midi"})).credit == right


@pytest.mark.parametrize(
    ("gold", "answer", "right"),
    [
        ("[1.2, 2.5]", "0:01.20, 0:02.50", True),
        ("[1.2, 2.5]", "00:01.45 - 00:02.25", True),
        ("[1.2, 2.5]", "0:01.46, 0:02.50", False),
        ("[1.2, 2.5]", "0:02.50, 0:01.20", False),
        ("[1.2, 2.5]", "0:01.20", False),
        ("[1.2, 2.5]", "0:01.20, 0:02.50, 0:03.00", False),
        ("[1.2, 2.5]", "0.01.20, 0.02.50", True),
        ("[1.2, 2.5]", "1.2s, 2.5s", True),
        ("[1.2, 2.5]", "1.2S to 2.5 s", False),
        ("[1.2, 2.5]", "1.2, 2.5", True),
        ("[1.2, 2.5]", "1.2 2.5", True),
        ("[1.2, 2.5]", "Onset at 1.2 and offset at 2.5", True),
        ("[1.2, 2.5]", "Onset at 1.2 and offset at 2.5.", False),
        ("[1.2, 2.5]", "Onset. 1.2 and 2.5", False),
        ("[1.2, 2.5]", "0:01.20 and 2.5s", False),
        ("[1.2, 2.5]", "1.2 seconds, 2.5 seconds", True),
        ("[1.2, 2.5]", "1.2 sec 2.5 s.", False),
        ("[65.2, 70.0]", "1:05.20, 1:10", True),
        ("[65.2, 70.0]", "01.05.20, 01.10.00", True),
        ("[65.2, 70.0]", "65.2s 70s", True),
        ("[65.2, 70.0]", "105.20, 110", False),
        ("[1]", "1", True),
        ("[1]", "one", False),
        ("[1]", "", False),
        ("[]", "none", True),
        ("[0.5]", "0:00.75", True),
    ],
)
def test_times(gold: str, answer: str, right: bool) -> None:
    assert TIMES.judge(answer, JudgedItem(gold=gold)).credit == right


def test_the_tolerance_of_times_can_be_set() -> None:
    assert TIMES.judge("1.4", JudgedItem(gold="[1]", settings={"tolerance_ms": 500})).credit == 1
    assert TIMES.judge("1.4", JudgedItem(gold="[1]", settings={"tolerance_ms": 100})).credit == 0


@pytest.mark.parametrize(
    ("form", "answer", "in_set", "f1"),
    [
        ("midi", "60 64 67", 1, 1.0),
        ("midi", "67, 64, 60", 1, 2 / 6),
        ("midi", "60 64", 0, 0.8),
        ("midi", "60 60 64 67", 1, 6 / 7),
        ("midi", "60 64 67 72", 0, 6 / 7),
        ("midi", "60 62 64 65 67", 0, 0.75),
        ("midi", "3 notes: 60 64 67", 0, 6 / 7),
        ("midi", "60-64-67", 1, 1.0),
        ("midi", "604467", 0, 0.0),
        ("midi", "128 60 64 67", 1, 1.0),
        ("midi", "C4 E4 G4", 0, 0.0),
        ("midi", "", 0, 0.0),
        ("spn", "C4 E4 G4", 1, 1.0),
        ("spn", "c4, e4, g4", 1, 1.0),
        ("spn", "G4 E4 C4", 1, 2 / 6),
        ("spn", "C4 E4", 0, 0.8),
        ("spn", "C E G", 0, 0.0),
        ("spn", "C4 E4 Bb4 G4", 1, 1.0),
        ("spn", "C4 E4 B♭4 G4", 0, 6 / 7),
        ("spn", "C4E4G4", 0, 0.0),
        ("hz", "261.6 329.6 392.0", 1, 1.0),
        ("hz", "262, 330, 392 Hz", 1, 1.0),
        ("hz", "392 330 262", 1, 2 / 6),
        ("hz", "270 330 392", 0, 4 / 6),
        ("hz", "8 262 330 392 25000", 1, 1.0),
        ("hz", "266 330 392", 1, 4 / 6),
        ("hz", "", 0, 0.0),
    ],
)
def test_chords_and_sequences(form: str, answer: str, in_set: int, f1: float) -> None:
    item = JudgedItem(gold="[60, 64, 67]", settings={"format": form})
    named = JudgedItem(gold='["C4", "E4", "G4"]', settings={"format": form})
    for asked in (item, named):
        assert NOTE_SET.judge(answer, asked).credit == in_set
        assert ORDERED_NOTE_F1.judge(answer, asked).credit == pytest.approx(f1)


def test_sequences_in_hertz_with_a_tolerance_in_hertz_and_empty_ones() -> None:
    near = JudgedItem(gold="[69]", settings={"format": "hz", "tolerance_hz": 1})
    assert ORDERED_NOTE_F1.judge("441", near).credit == 1
    assert ORDERED_NOTE_F1.judge("442", near).credit == 0
    assert ORDERED_NOTE_F1.judge("silence", JudgedItem(gold="[]")).credit == 1


def test_truths_in_another_spelling() -> None:
    with pytest.raises(EvaluationError, match="gold: midi"):
        PITCH_MIDI.judge("69", JudgedItem(gold="A4"))
    with pytest.raises(EvaluationError, match="no note"):
        NOTE_SET.judge("60", JudgedItem(gold='["H9"]'))
    with pytest.raises(EvaluationError, match="no way to write notes"):
        NOTE_SET.judge("60", JudgedItem(gold="[60]", settings={"format": "solfege"}))
    assert PITCH_MIDI.judge(None, JudgedItem(gold="69")).credit is None
