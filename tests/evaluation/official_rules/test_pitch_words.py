"""PitchBench's counts, intervals, chords, contours and orders: verdicts by hand."""

from __future__ import annotations

import pytest

from mudata.errors import EvaluationError
from mudata.evaluation.official_rules.official_rule import JudgedItem
from mudata.evaluation.official_rules.rule_registry import find_rule

SIGNED, SYNONYMS = {"signed": True}, {"synonyms": True}


@pytest.mark.parametrize(
    ("rule", "settings", "gold", "answer", "right"),
    [
        ("first_integer", {}, "3", "3", True),
        ("first_integer", {}, "3", "There are 3, or 4.", True),
        ("first_integer", {}, "3", "2 or 3", False),
        ("first_integer", {}, "3", "-3", True),
        ("first_integer", {}, "3", "03", True),
        ("first_integer", {}, "3", "3.5", True),
        ("first_integer", {}, "3", "three", False),
        ("first_integer", {}, "3", "3rd", False),
        ("first_integer", {}, "3", "9" * 5000, False),
        ("first_integer", {}, "3", "", False),
        ("first_integer", SIGNED, "-3", "-3", True),
        ("first_integer", SIGNED, "3", "+3 semitones", True),
        ("first_integer", SIGNED, "-3", "3 down", False),
        ("first_integer", SIGNED, "-3", "\u22123", False),
        ("first_integer", SIGNED, "4", "C4 is 4 lower", True),
        ("first_integer", SIGNED, "-4", "from C-4", True),
        ("first_integer", SIGNED, "40", "40", False),
        ("interval_said", {}, "7", "7", True),
        ("interval_said", {}, "7", "A Perfect Fifth", True),
        ("interval_said", {}, "7", "P5", True),
        ("interval_said", {}, "3", "m3", True),
        ("interval_said", {}, "4", "M3", True),
        ("interval_said", {}, "4", "m3", False),
        ("interval_said", {}, "10", "minor seventh, not a minor second", True),
        ("interval_said", {}, "7", "7 semitone", False),
        ("interval_said", {}, "7", "7 semitones", True),
        ("interval_said", {}, "7", "between A4 and E5", False),
        ("interval_said", {}, "6", "between A4 and E5", True),
        ("interval_said", {}, "12", "two perfect octaves", False),
        ("interval_said", {}, "25", "25", False),
        ("interval_said", {}, "7", "no idea", False),
        ("chord_quality", {}, "maj7", "Cmaj7", True),
        ("chord_quality", {}, "maj7", "a major seventh chord", True),
        ("chord_quality", {}, "major", "a major seventh chord", False),
        ("chord_quality", {}, "min7", "Cm7", False),
        ("chord_quality", {}, "minor", "Cm", False),
        ("chord_quality", {}, "major", "I'm not sure", True),
        ("chord_quality", {}, "m7b5", "half diminished", True),
        ("chord_quality", {}, "diminished", "it is diminished", True),
        ("chord_quality", {}, "major", "majoring", False),
        ("chord_quality", {}, "sus4", "suspended", True),
        ("chord_quality", {}, "major", "", False),
        ("first_or_second", {}, "second", "Second.", True),
        ("first_or_second", {}, "first", "the second is higher than the first", True),
        ("first_or_second", {}, "second", "the second is higher than the first", False),
        ("first_or_second", {}, "second", "2", False),
        ("contour_words", {}, "up, down", "Up, then DOWN.", True),
        ("contour_words", {}, "up, down", "up, down, not up", False),
        ("contour_words", {}, "up, down", "rising, falling", False),
        ("contour_words", SYNONYMS, "up, down", "rises, goes down", True),
        ("contour_words", SYNONYMS, "up, down", "up, down.", False),
        ("contour_words", SYNONYMS, "up, down", "up,,down,", True),
        ("contour_words", SYNONYMS, "up", "", False),
        ("ranks_said", {}, "2 3 1", "2 3 1", True),
        ("ranks_said", {}, "2 3 1", "2, 3, then 1", True),
        ("ranks_said", {}, "2 3 1", "2 2 3 1", True),
        ("ranks_said", {}, "2 3 1", "the 3 tones: 2 3 1", False),
        ("ranks_said", {}, "2 3 1", "9 2 3 1", True),
        ("ranks_said", {}, "2 3 1", "2 3", False),
        ("ranks_said", {}, "2 3 1", "2nd 3rd 1st", False),
        ("pitch", {"format": "midi"}, "69", "69", True),
        ("pitch", {"format": "spn", "gold": "midi"}, "69", "A4", True),
        ("pitch", {"format": "hz", "gold": "midi"}, "69", "441 Hz", True),
        ("pitch", {"format": "hz", "gold": "midi"}, "69", "450 Hz", False),
    ],
)
def test_verdicts(rule: str, settings: dict[str, object], gold: str, answer: str, right: bool) -> None:
    assert find_rule(rule).judge(answer, JudgedItem(gold=gold, settings=settings)).credit == right


def test_an_answer_that_is_missing_leaves_n() -> None:
    for name in ("first_integer", "interval_said", "chord_quality", "first_or_second", "contour_words", "ranks_said"):
        assert find_rule(name).judge(None, JudgedItem(gold="1")).credit is None


def test_a_format_that_there_is_not_is_told() -> None:
    with pytest.raises(EvaluationError, match="'do' is no way to write a pitch"):
        find_rule("pitch").judge("do", JudgedItem(gold="69", settings={"format": "do"}))
