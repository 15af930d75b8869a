"""The words that models are asked with, and what is wrong with words of one's own."""

from __future__ import annotations

from pathlib import Path

import pytest

from mudata.catalog.cards import loader
from mudata.errors import EvaluationError, UnknownName
from mudata.evaluation.tasks.prompts import PROMPTS, Prompt, find_prompt, lint
from mudata.evaluation.tasks.task import bind


@pytest.mark.parametrize("prompt", PROMPTS.values(), ids=lambda prompt: prompt.id)
def test_prompts_are_frozen(prompt: Prompt) -> None:
    known = {
        "classify-1": "a43ebb919dd4",
        "classify-letters-1": "3b184ab2ffc2",
        "tag-1": "03a1f932b5fb",
        "caption-1": "0d054d006434",
    }
    assert prompt.sha256[:12] == known[prompt.id], "add a prompt with a new id instead of changing one"


def test_a_prompt_can_come_from_a_file(tmp_path: Path) -> None:
    path = tmp_path / "short.txt"
    path.write_bytes(b"\xef\xbb\xbfWhich {noun}: {options}? Say {nothing} else.\n")  # as Windows editors save it
    prompt = find_prompt(str(path), "classify")
    assert prompt.id == "file:short"
    assert prompt.write("genre", ["low", "high"]) == "Which genre: low, high? Say {nothing} else."


def test_an_empty_prompt_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "none.txt"
    path.write_text(" \n")
    with pytest.raises(EvaluationError, match="is empty"):
        find_prompt(str(path), "caption")


def test_an_unknown_prompt_is_refused_with_the_nearest() -> None:
    with pytest.raises(UnknownName, match="Did you mean 'caption-1'"):
        find_prompt("caption-l", "caption")


@pytest.mark.slow
def test_no_prompt_here_is_warned_of_with_any_card() -> None:
    for card in loader.load_all():
        for name, task in card.tasks.items():
            if not (task.namespace and card.labels[task.namespace].open):
                assert bind(card, name).warnings == [], (card.name, name)


LABELS = ("blues", "hip-hop", "rock", "R&B", "A")


@pytest.mark.parametrize(
    ("template", "said"),
    [
        ("Which {noun}: {options}?", []),
        ("Which {noun}: {options}?\nExample 1: Blues\nExample 2: hip-hop", ["names 'blues', 'hip-hop' outside of"]),
        ("Is it R&B? {options}", ["names 'R&B' outside"]),
        ("Rocking or popular? {options} A bluesy one.", []),
        ("This is from GTZAN. {options}", ["names the dataset gtzan"]),
        ("Which {noun} is it?", ["has no {options}"]),
        ("Please provide the caption of the given audio. {options}", ["take for a text that they should have"]),
        ("Which {genre}: {options}?", ["'{genre}' in it stays as it is"]),
        ("Say rock.", ["names 'rock' outside", "has no {options}"]),
    ],
)
def test_what_may_spoil_the_answers_is_told(template: str, said: list[str]) -> None:
    found = lint(Prompt("file:own", template), "classify", "gtzan", LABELS)
    assert len(found) == len(said)
    for sentence, part in zip(found, said, strict=True):
        assert part in sentence


@pytest.mark.parametrize(
    ("text", "named"),
    [("MTG-Jamendo", True), ("mtg_jamendo", True), ("mtgjamendo", True), ("mtg jam", False), ("music genre", False)],
)
def test_a_dataset_is_found_however_it_is_joined(text: str, named: bool) -> None:
    name = "music_genre" if "music" in text else "mtg_jamendo"
    found = lint(Prompt("file:own", f"From {text}: {{options}}"), "tag", name, ())
    assert bool(found) == named


def test_a_caption_needs_no_options() -> None:
    assert lint(Prompt("file:own", "Describe it."), "caption", "musiccaps", ()) == []


def test_a_models_own_prompt_is_its_cards() -> None:
    own = {"classify": "What is the {noun}? {options}.", "caption": "Describe."}
    prompt = find_prompt("own", "classify", own=own)  # type: ignore[arg-type]
    assert (prompt.id, prompt.write("genre", ["a", "b"])) == ("own", "What is the genre? a, b.")
    with pytest.raises(EvaluationError, match=r"no prompt of its own to tag\.\nIt has them to classify, caption"):
        find_prompt("own", "tag", own=own)  # type: ignore[arg-type]
    with pytest.raises(EvaluationError, match=r"no prompt of its own to caption\.\nLeave out --prompt"):
        find_prompt("own", "caption")
