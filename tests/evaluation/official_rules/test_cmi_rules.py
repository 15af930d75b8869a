"""CMI-Bench's labels and keys: by hand from its definition; keys are strings that were run through its own scorer."""

from __future__ import annotations

import pytest

from mudata.errors import EvaluationError
from mudata.evaluation.official_rules.cmi_rules import CMI_KEY, CMI_KEYS, CMI_UNIQUE_SUBSTRING, cmi_key
from mudata.evaluation.official_rules.official_rule import JudgedItem

GENRES = ("rock", "pop", "hip-hop", "blues", "r&b")
TECHNIQUES = ("trill", "lip_trill", "vocal_fry", "straight")


@pytest.mark.parametrize(
    ("labels", "gold", "answer", "right"),
    [
        (GENRES, "rock", "rock", True),
        (GENRES, "rock", "Rock.", True),
        (GENRES, "rock", "The genre is rock music", True),
        (GENRES, "rock", "It is not rock", True),
        (GENRES, "rock", "rocket", True),
        (GENRES, "rock", "rock or pop", False),
        (GENRES, "rock", "rock, not pop", False),
        (GENRES, "rock", "popular rock", False),
        (GENRES, "rock", "r o c k", True),
        (GENRES, "pop", "a popular song", True),
        (GENRES, "pop", "p.o.p", True),
        (GENRES, "hip-hop", "hip hop", True),
        (GENRES, "hip-hop", "HipHop", True),
        (GENRES, "hip-hop", "hip_hop", True),
        (GENRES, "hip-hop", "hip, hop", False),
        (GENRES, "hip-hop", "hop", False),
        (GENRES, "r&b", "R&B", True),
        (GENRES, "r&b", "r and b", False),
        (GENRES, "blues", "", False),
        (GENRES, "blues", " ".join(GENRES), False),
        (GENRES, "blues", "jazz", False),
        (TECHNIQUES, "lip_trill", "lip_trill", False),
        (TECHNIQUES, "trill", "trill", True),
        (TECHNIQUES, "trill", "lip trill", False),
        (TECHNIQUES, "vocal_fry", "Vocal-Fry", True),
        (("C#", "C", "D"), "C#", "C♯", False),
        (("C#", "F", "D"), "C#", "C♯", True),
        (("9", "59", "60"), "59", "59", False),
        (("9", "59", "60"), "9", "9", True),
        (("9", "59", "60"), "60", "MIDI 60", True),
    ],
)
def test_the_right_label_and_no_other(labels: tuple[str, ...], gold: str, answer: str, right: bool) -> None:
    by_options = CMI_UNIQUE_SUBSTRING.judge(answer, JudgedItem(options=labels, gold=gold))
    by_settings = CMI_UNIQUE_SUBSTRING.judge(answer, JudgedItem(gold=gold, settings={"labels": list(labels)}))
    assert by_options == by_settings
    assert by_options.credit == float(right)


def test_without_labels_nothing_can_be_said() -> None:
    with pytest.raises(EvaluationError, match="labels"):
        CMI_UNIQUE_SUBSTRING.judge("rock", JudgedItem(gold="rock"))


@pytest.mark.parametrize(
    ("answer", "credited"),
    [
        ("The audio is in a major key.", "A major"),
        ("The key is F# minor.", None),
        ("E flat major", None),
        ("B♭ minor", None),
        ("A min", None),
        ("a-Moll", None),
        ("As-Dur", None),
        ("D minor, relative of F major", "F major"),
        ("Am", "A minor"),
        ("F#m", "Gb minor"),
        ("Gb", "Gb major"),
        ("g", "G major"),
        ("G# minor", "Ab minor"),
        ("C♯ major", "Db major"),
        ("E# minor", None),
        ("B#m", None),
        ("Bb major", "Bb major"),
        ("eb major", "Eb major"),
        ("1. A minor", "A minor"),
        ("1 A minor", "A minor"),
        ("A\nminor", None),
        ("A minor or C major", "C major"),
        ("<s> Db major</s>", "Db major"),
        ("The musical key of the given audio is Bb major.", "Bb major"),
        ("", None),
        ("m", None),
    ],
)
def test_the_first_name_that_is_contained(answer: str, credited: str | None) -> None:
    assert cmi_key(answer) == credited


@pytest.mark.parametrize(
    ("gold", "answer", "credit"),
    [
        ("C major", "C major", 1.0),
        ("C major", "G major", 0.5),
        ("C major", "A minor", 0.3),
        ("C major", "C minor", 0.2),
        ("C major", "D major", 0.0),
        ("C major", "none", 0.0),
        ("no key", "C major", 0.0),
    ],
)
def test_keys_are_weighted_as_mirex_does(gold: str, answer: str, credit: float) -> None:
    assert CMI_KEY.judge(answer, JudgedItem(gold=gold)).credit == pytest.approx(credit)


def test_every_key_is_read_back() -> None:
    assert [cmi_key(key) for key in CMI_KEYS] == list(CMI_KEYS)
