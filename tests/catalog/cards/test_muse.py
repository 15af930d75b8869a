"""MUSE, whose items stand in logs alone: read from logs of the published shape, made up here."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from mudata.catalog.cards import loader
from mudata.catalog.read import reader

if TYPE_CHECKING:
    from mudata.catalog.read.dataset_contents import DatasetContents

STAMP = "2025-01-01 12:00:00,000 - "


def trial(n: int, stimuli: str, answer: str | None, expected: str) -> str:
    """One trial as the runners log it; an answer of None could not be read by them."""
    parsed = "Parse Error. Full response above." if answer is None else f"Parsed Final Answer: {answer}"
    judged = "Correct" if answer == expected else f"Incorrect (expected={expected})"
    return (
        f"{STAMP}\n--- Question {n} ---\n{STAMP}{stimuli}\n{STAMP}[SYSINST] Q{n} - LLM Full Response:\nI hear it.\n"
        f"{STAMP}{parsed}\n{STAMP}Evaluation: {judged}\n"
    )


YES, NO = "Yes, these are the same exact melody.", "No, these are not the same exact melody."


@pytest.fixture
def contents(tmp_path: Path) -> DatasetContents:
    logs = tmp_path / "repo" / "Gemini_Qwen_AF_logs"
    logs.mkdir(parents=True)
    pair = "Stimuli: file1=/Users/someone/x/stimuli/M1.wav, file2=/Users/someone/x/stimuli/M1.wav"
    other = "Stimuli: file1=/Users/someone/x/stimuli/M1.wav, file2=/Users/someone/x/stimuli/M1_Odd.wav"
    head = f"{STAMP}=== RUN START ===\n"
    for model, answers in (("G25Pro", (YES, None)), ("G25Flash", (NO, YES))):
        text = head + trial(1, pair, answers[0], YES) + trial(2, other, answers[1], NO)
        (logs / f"oddballs_{model}_CHAT_SYSINST_GroupA_seed1.log").write_text(text)
    chord = trial(1, "Stimulus: file=/Users/someone/x/stimuli/Cm.wav", "A. Major", "B. Minor")
    (logs / "chord_quality_G25Pro_CHAT_SYSINST_GroupB_seed1.log").write_text(head + chord)
    prog = trial(
        1,
        "Stimuli: file1=/x/stimuli/Intermediate/P1.wav, file2=/x/stimuli/Intermediate/P2.wav",
        "A. Yes, these are the same chord progression.",
        "B. No, these are not the same chord progression., prog1=I-IV-V, prog2=I-V-IV",
    )
    (logs / "chord_progression_matching_G25Pro_CHAT_SYSINST_GroupA_seed1.log").write_text(head + prog)
    (logs / "oddballs_AF3_CHAT_SYSINST_GroupA_seed1.log").write_text(head + trial(1, "Stimuli: file1=b.wav", YES, NO))
    return reader.read(loader.load("muse"), tmp_path)


def test_every_item_once_whatever_models_were_asked(contents: DatasetContents) -> None:
    found = {item.id: (item.task, item.clips, item.truth) for item in contents.items}
    assert found == {
        "oddballs.A1": ("oddballs", ("stimuli/M1", "stimuli/M1"), YES),
        "oddballs.A2": ("oddballs", ("stimuli/M1", "stimuli/M1_Odd"), NO),
        "chord_quality.B1": ("chord_quality", ("stimuli/Cm",), "Minor"),
        "chord_progression_matching.A1": (
            "progression",
            ("stimuli/Intermediate/P1", "stimuli/Intermediate/P2"),
            "No, these are not the same chord progression.",
        ),
    }


def test_one_file_twice_is_one_clip_of_the_index(contents: DatasetContents) -> None:
    clips = [clip for clip in contents.clips["id"].to_pylist() if "M1" in clip]
    assert clips == ["stimuli/M1", "stimuli/M1_Odd"]


def test_labels_of_options_are_shown_by_the_prompt_and_wanted_by_the_rule() -> None:
    card = loader.load("muse")
    for name, task in card.tasks.items():
        of = next(items for items in card.exam.items if items.task == name)  # type: ignore[union-attr]
        assert of.options is not None
        assert task.rule == "last_canonical_drops"
        assert task.rule_settings.get("rescue", False) == (name in ("rhythm_matching", "transposition", "syncopation"))
        assert tuple(task.rule_settings["lines"]) == of.options.fixed  # type: ignore[arg-type]
        assert ("{letter}" in task.prompts[0].option) == of.options.labelled


def test_fewer_items_than_the_exam_has_are_told(contents: DatasetContents) -> None:
    told = [issue.what for issue in contents.issues if issue.kind == "exam-item"]
    assert "20 items of 'oddballs' expected, the file has 2" in told
