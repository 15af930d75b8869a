"""One spelling of every truth: keys, metres, numbers, orders, forms, boundaries, segments, options."""

from __future__ import annotations

from typing import Any

import mir_eval
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mudata.catalog.cards.card_task import CardTask
from mudata.catalog.cards.number_scale import NumberScale
from mudata.catalog.read import truth_spelling
from mudata.catalog.read.truth_spelling import MODES, TONICS

BPM = NumberScale(unit="bpm", low=20, high=400, tolerance=0.04)
PARTS = NumberScale(unit="parts", low=1, high=8, integer=True)


@pytest.mark.parametrize(
    ("text", "spelled"),
    [
        ("C major", "C major"), ("Cb major", "B major"), ("B# minor", "C minor"), ("E# major", "F major"),
        ("Fb major", "E major"), ("Gb major", "F# major"), ("C# major", "Db major"), ("D# minor", "Eb minor"),
        ("G# minor", "Ab minor"), ("A# minor", "Bb minor"), ("F♯ minor", "F# minor"), ("e♭ MAJOR", "Eb major"),
        ("F## minor", "G minor"), ("Bbb major", "A major"), ("bb minor", "Bb minor"), ("b minor", "B minor"),
        ("A:min", "A minor"), ("Bb:maj", "Bb major"), ("Am", "A minor"), ("F#m", "F# minor"), ("CM", "C major"),
        ("C sharp minor", "Db minor"), ("E-flat major", "Eb major"), ("A flat minor", "Ab minor"),
        ("  D   minor ", "D minor"), ("D dorian", "D other"), ("G other", "G other"), ("Abmin", "Ab minor"),
    ],
)  # fmt: skip
def test_keys(text: str, spelled: str) -> None:
    assert truth_spelling.key(text) == spelled


@pytest.mark.parametrize(
    "text",
    ["", "C", "major", "H minor", "B dur", "F moll", "C major chord", "C major, G major", "key", "A", "Dm7", "C:hdim7",
     "X", "4/4", "120", "the key of C major", "C###major", "none", "Cmaj7", "minor C"],
)  # fmt: skip
def test_what_is_no_key(text: str) -> None:
    with pytest.raises(ValueError, match="is no key, which is a tonic and a mode, such as F# minor"):
        truth_spelling.key(text)


def test_every_key_is_spelled_as_itself_and_mir_eval_takes_it() -> None:
    for tonic in TONICS:
        for mode in MODES:
            assert truth_spelling.key(f"{tonic} {mode}") == f"{tonic} {mode}"
            mir_eval.key.validate_key(f"{tonic} {mode}")


@given(st.sampled_from("CDEFGAB"), st.sampled_from(["", "#", "b", "##", "bb"]), st.sampled_from(["major", "minor"]))
def test_a_key_keeps_its_pitch_class(letter: str, accidental: str, mode: str) -> None:
    step = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}[letter]
    step += accidental.count("#") - accidental.count("b")
    assert truth_spelling.key(f"{letter}{accidental} {mode}") == f"{TONICS[step % 12]} {mode}"


@pytest.mark.parametrize(("text", "spelled"), [("4/4", "4/4"), (" 12 / 8", "12/8"), ("07/8", "7/8"), ("2/2", "2/2")])
def test_metres(text: str, spelled: str) -> None:
    assert truth_spelling.metre(text) == spelled


@pytest.mark.parametrize("text", ["", "4", "0/4", "4/0", "4/3", "5/2048", "4/4 or 3/4", "waltz", "4-4", "3/-4"])
def test_what_is_no_metre(text: str) -> None:
    with pytest.raises(ValueError, match="is no time signature, such as 6/8"):
        truth_spelling.metre(text)


@pytest.mark.parametrize(
    ("text", "scale", "problem"),
    [
        ("", None, "'' is no number"),
        ("fast", None, "'fast' is no number, such as 118.5"),
        ("120 bpm", BPM, "is no number"),
        ("nan", BPM, "is no number"),
        ("inf", None, "is no number"),
        ("1e999999", None, "is no number"),
        ("1/2", None, "is no number"),
        ("19.9", BPM, "'19.9' is out of scale, 20 to 400 bpm"),
        ("400.1", BPM, "is out of scale"),
        ("2.5", PARTS, "'2.5' is no whole number, which the scale expects"),
    ],
)
def test_what_is_no_number(text: str, scale: NumberScale | None, problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        truth_spelling.number(text, scale)


@given(st.decimals(-(10**9), 10**9, places=3))
def test_a_number_keeps_its_value_and_has_one_spelling(value: Any) -> None:
    spelled = truth_spelling.number(str(value))
    assert float(spelled) == float(value)
    assert (
        spelled
        == truth_spelling.number(spelled)
        == truth_spelling.number(f"{value}0" if "." in str(value) else spelled)
    )


def task(kind: str, **said: Any) -> CardTask:
    return CardTask.model_validate({"kind": kind, "noun": "thing"} | said)


@pytest.mark.parametrize(
    ("kind", "said", "text", "options", "clips", "spelled"),
    [
        ("number", {"scale": BPM}, "120.50", None, 1, "120.5"),
        ("number", {"scale": PARTS}, "3.0", None, 1, "3"),
        ("key", {}, "Gb major", None, 1, "F# major"),
        ("metre", {}, "6 / 8", None, 1, "6/8"),
        ("choose", {}, " a waltz", ["a waltz", "a march"], 1, "a waltz"),
        ("pair", {}, "second", None, 2, "second"),
        ("pair", {}, "B", ["A", "B"], 2, "B"),
        ("order", {}, "2,1,3", None, 3, "2 1 3"),
        ("order", {}, "2 > 1", ["x", "y"], 1, "2 1"),
        ("structure", {"asks": "form"}, "a b a", None, 1, "ABA"),
        ("structure", {"asks": "boundaries"}, "8;16.25", None, 1, "8.000 16.250"),
        ("structure", {"asks": "segments"}, "0 a 8 b 16", None, 1, "0.000 A 8.000 B 16.000"),
    ],
)
def test_the_truth_of_each_kind(
    kind: str, said: dict[str, Any], text: str, options: list[str] | None, clips: int, spelled: str
) -> None:
    asked = task(kind, **said)
    assert truth_spelling.spelled(asked, text, options, clips) == spelled
    assert truth_spelling.spelled(asked, spelled, options, clips) == spelled


@pytest.mark.parametrize(
    ("kind", "said", "text", "options", "clips", "problem"),
    [
        ("choose", {}, "polka", ["waltz", "march"], 1, "'polka' is none of the options: waltz, march"),
        ("pair", {}, "both", None, 2, "'both' is none of the options: first, second"),
        ("order", {}, "1 2", None, 3, "'1 2' is no order of 3, such as 3 2 1"),
        ("order", {}, "1 1 2", None, 3, "is no order of 3"),
        ("order", {}, "2 one", None, 2, "is no order of 2"),
        ("structure", {"asks": "form"}, "A1B", None, 1, "is no form, which is a letter for each section"),
        ("structure", {"asks": "form"}, " ", None, 1, "is no form"),
        ("structure", {"asks": "boundaries"}, "8 8", None, 1, "is none of boundaries in seconds, ascending"),
        ("structure", {"asks": "boundaries"}, "0 8", None, 1, "the start of the clip is no boundary"),
        ("structure", {"asks": "boundaries"}, "nan", None, 1, "is none of boundaries in seconds"),
        ("structure", {"asks": "boundaries"}, "", None, 1, "is none of boundaries in seconds"),
        ("structure", {"asks": "segments"}, "0 A 8 B", None, 1, "is no list of segments"),
        ("structure", {"asks": "segments"}, "1 A 8", None, 1, "beginning with 0"),
        ("structure", {"asks": "segments"}, "0 A 9 B 8", None, 1, "is none of seconds and letters in turn"),
    ],
)
def test_what_is_no_truth_of_its_kind(
    kind: str, said: dict[str, Any], text: str, options: list[str] | None, clips: int, problem: str
) -> None:
    with pytest.raises(ValueError, match=problem):
        truth_spelling.spelled(task(kind, **said), text, options, clips)
