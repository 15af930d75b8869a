"""BASS's segments and lyrics, by hand."""

from __future__ import annotations

import json
import math

import pytest

from mudata.evaluation.official_rules.bass_rules import INTERVAL_IOU, SECTION_WER, interval_iou
from mudata.evaluation.official_rules.official_rule import JudgedItem

TWO = json.dumps([{"start": 0, "end": 10, "section": "intro"}, {"start": 10, "end": 30, "section": "verse"}])


@pytest.mark.parametrize(
    ("answer", "credit"),
    [
        (TWO, 1.0),
        ('[{"start": 0, "end": 10, "section": "x"}, {"start": 10, "end": 30, "section": "y"}]', 1.0),
        ('[{"start": 10, "end": 30}, {"start": 0, "end": 10}]', 1.0),
        ('[{"start": 0, "end": 10}]', 0.5),
        ('[{"start": 0, "end": 30}]', (20 / 30) / 2),
        ('[{"start": 0, "end": 10}, {"start": 10, "end": 30}, {"start": 30, "end": 40}]', 2 / 3),
        ('{"start": 0, "end": 10}', 0.5),
        ('[{"start": "0:00", "end": "0:10"}, {"start": "0:10", "end": "0:30"}]', 1.0),
        ('[{"start": "0", "end": "10"}]', 0.5),
        ("[{'start': 0, 'end': 10}]", 0.5),
        ('Here it is: [{"start": 0, "end": 10}]', 0.5),
        ('```json\n[{"start": 0, "end": 10}]\n```', 0.5),
        ('[{"start": 0, "end": 10}, {"start": 10, "e', 0.5),
        ('[{"start": 5, "end": 5}]', 0.0),
        ('[{"start": 10, "end": 0}]', 0.0),
        ('[{"start": 100, "end": 200}]', 0.0),
        ("[]", 0.0),
        ('[{"begin": 0, "end": 10}]', 0.0),
        ('["intro", {"start": 0, "end": 10}]', 0.5),
        ('[{"start": "soon", "end": 10}]', 0.0),
        ('[{"start": "1:02:03", "end": 10}]', 0.0),
        ('[{"start": null, "end": 10}]', 0.5),
        ("0:00 intro, 0:10 verse", None),
        ("", None),
        ("I cannot tell.", None),
        ("3", None),
    ],
)
def test_segments_without_their_names(answer: str, credit: float | None) -> None:
    assert INTERVAL_IOU.judge(answer, JudgedItem(gold=TWO)).credit == (
        None if credit is None else pytest.approx(credit)
    )


def test_full_segmentations_need_names_that_are_not_compared() -> None:
    item = JudgedItem(gold=TWO, settings={"full": True})
    assert INTERVAL_IOU.judge('[{"start": 0, "end": 10}]', item).credit == 0
    assert INTERVAL_IOU.judge('[{"start": 0, "end": 10, "section": "outro"}]', item).credit == 0.5


def test_the_best_assignment_is_taken() -> None:
    # the first estimate overlaps both references; alone it would take the longer overlap
    assert interval_iou([(0, 10), (10, 20)], [(4, 14), (0, 10)]) == pytest.approx((1 + 4 / 16) / 2)
    assert interval_iou([(0, 10)], [(math.nan, 5)]) == 0.5


SECTIONS = json.dumps([{"section": "verse1", "lyrics": "la la land"}, {"section": "chorus", "lyrics": "oh no"}])
FULL = {"full": True}


@pytest.mark.parametrize(
    ("settings", "answer", "rate"),
    [
        (FULL, SECTIONS, 0.0),
        (FULL, '[{"section": "Verse1", "lyrics": "La La Land"}, {"section": "CHORUS", "lyrics": "Oh\\nno"}]', 0.0),
        (FULL, '[{"section": "chorus", "lyrics": "oh no"}, {"section": "verse1", "lyrics": "la la land"}]', 0.0),
        (FULL, '[{"section": "verse1", "lyrics": "la land"}, {"section": "chorus", "lyrics": "oh no"}]', 1 / 6),
        (FULL, '[{"section": "verse1", "lyrics": "la la land"}]', 0.5),
        (FULL, '[{"section": "verse1", "lyrics": "la la land"}, {"section": "outro", "lyrics": "hey ho"}]', 1.0),
        (FULL, '[{"section": "verse", "lyrics": "la la land"}, {"section": "chorus", "lyrics": "oh no"}]', 4 / 3),
        (FULL, '[{"section": "verse1", "lyrics": ["la la", "land"]}, {"section": "chorus", "lyrics": "oh no"}]', 0.0),
        (FULL, '[{"section": "verse1", "lyrics": null}, {"section": "chorus", "lyrics": "oh no"}]', 0.5),
        (FULL, '[{"section": "verse1", "lyrics": [3]}]', None),
        (FULL, "la la land", 5 / 3),
        (FULL, "", 2 / 3),
        (FULL, "[]", 1.0),
        ({}, '[{"lyrics": "la la land"}, {"lyrics": "oh no"}]', 0.0),
        ({}, '[{"lyrics": "oh no"}]', 1.0),
        ({}, '{"section": "verse", "lyrics": "la la land"}', 0.0),
        ({}, "la la land", 0.0),
        ({}, "la, la land", 1 / 3),
        ({}, '["la la land"]', 0.0),
        ({}, '```json\n[{"lyrics": "la la land"}]```', 0.0),
    ],
)
def test_lyrics_by_section(settings: dict[str, object], answer: str, rate: float | None) -> None:
    credit = SECTION_WER.judge(answer, JudgedItem(gold=SECTIONS, settings=settings)).credit
    assert credit == (None if rate is None else pytest.approx(1 / (1 + rate)))


def test_sections_that_come_again_are_numbered() -> None:
    gold = json.dumps([{"section": "verse1", "lyrics": "a b"}, {"section": "verse2", "lyrics": "c d"}])
    said = '[{"section": "Verse", "lyrics": "a b"}, {"section": "2nd verse 7", "lyrics": "c d"}]'
    assert SECTION_WER.judge(said, JudgedItem(gold=gold, settings=FULL)).credit == 1


@pytest.mark.parametrize(
    ("answer", "rate"),
    [("Oh, no!", 0.0), ("oh no no", 0.5), ("", 1.0), ("OH NO", 0.0), ("oh-no", 1.0), ('{"lyrics": "oh no"}', 0.5)],
)
def test_lyrics_without_sections(answer: str, rate: float) -> None:
    assert SECTION_WER.judge(answer, JudgedItem(gold='["oh no"]')).credit == pytest.approx(1 / (1 + rate))


def test_no_answer_leaves_the_mean_of_lyrics_and_counts_among_segments() -> None:
    assert SECTION_WER.judge(None, JudgedItem(gold=SECTIONS)).credit is None
    assert INTERVAL_IOU.judge(None, JudgedItem(gold=TWO)).credit == 0
