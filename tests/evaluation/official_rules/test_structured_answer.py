"""Answers that look like data are read, and nothing in them is run."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from mudata.evaluation.official_rules.official_rule import JudgedItem
from mudata.evaluation.official_rules.rule_registry import RULES
from mudata.evaluation.official_rules.structured_answer import literal, mended

HOSTILE = (
    "__import__('pathlib').Path('{path}').touch()",
    "[().__class__.__base__.__subclasses__()]",
    "open('{path}', 'w')",
    "9**9**9",
    "(" * 5_000,
    "[" * 200_000,
    '{"a":' * 5_000,
    "-" * 9_000 + "1",
    "9" * 5_000,
    "1" * 200_000 + "s",
    "<<" * 50_000,
    "\n" * 100_000 + "*",
    "\ud800",
    "\x00",
    "0x" + "f" * 9_000,
    "1if 2else 3",
)


def test_nothing_of_an_answer_is_run_and_no_rule_breaks(tmp_path: Path) -> None:
    touched = tmp_path / "touched"
    settings = {"lines": ["A. Up", "B. Down"], "labels": ["rock", "pop"], "task_identifier": "Title"}
    golds = {"pair_exact": '["x", "y"]', "rank_exact": '["x", "y"]', "interval_iou": "[]", "section_wer": '["x"]'}
    golds |= {"times": "[1]", "note_set": "[60]", "ordered_note_f1": "[60]", "pitch_spn": "A4", "last_number": "3"}
    golds |= {"pitch_midi": "69", "pitch": "69", "pitch_hz": "440", "cmi_key": "C major", "cmi_beats": "1, 2"}
    begun = time.monotonic()
    for text in HOSTILE:
        for name, rule in RULES.items():
            item = JudgedItem(options=("x", "y"), gold=golds.get(name, "x"), settings=settings)
            verdict = rule.judge(text.replace("{path}", str(touched)), item)
            assert 0 <= verdict.low <= verdict.high <= 1
            assert verdict.credit is None or verdict.low <= verdict.credit <= verdict.high
            assert "\n" not in verdict.evidence
    assert not touched.exists()
    assert time.monotonic() - begun < 60


@pytest.mark.parametrize("text", HOSTILE)
def test_what_cannot_be_read_stays_text(text: str) -> None:
    assert literal(text) == text or isinstance(literal(text), int)
    assert not isinstance(mended(text), dict)
