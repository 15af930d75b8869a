"""From a card's task to the words of a question."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from small_corpus import CARD

from mudata.catalog import cards
from mudata.catalog.schema import Card
from mudata.errors import EvaluationError, UnknownName
from mudata.evaluation.tasks import PROMPTS, Prompt, Task, bind, bind_all, find_prompt


@pytest.fixture
def card(tmp_path: Path) -> Card:
    path = tmp_path / "tones.yaml"
    path.write_text(CARD.format(name="tones", audio="yes", note=""))
    return cards.load(path)


def with_tasks(card: Card, **kinds: dict[str, str]) -> Card:
    return Card.model_validate(card.model_dump() | {"name": "other", "tasks": kinds})


def test_options_are_listed_as_people_write_them_in_published_order(card: Card) -> None:
    question = bind(card, "genre").question
    assert question.options == ("low", "in-between", "high")
    assert "low, in-between, high" in question.prompt
    assert "genre" in question.prompt
    assert (question.kind, question.noun) == ("classify", "genre")


@pytest.mark.parametrize("name", ["genre", "mood", "caption"])
def test_a_question_leaks_neither_dataset_nor_examples(card: Card, name: str) -> None:
    prompt = bind(card, name).question.prompt
    assert "tones" not in prompt.casefold()
    assert "example" not in prompt.casefold()
    assert "caption of the given audio" not in prompt
    assert "{" not in prompt


@pytest.mark.parametrize("prompt", PROMPTS.values(), ids=lambda prompt: prompt.id)
def test_prompts_are_frozen(prompt: Prompt) -> None:
    known = {
        "classify-1": "a43ebb919dd4",
        "tag-1": "03a1f932b5fb",
        "caption-1": "0d054d006434",
    }
    assert prompt.sha256[:12] == known[prompt.id], "add a prompt with a new id instead of changing one"


def test_the_kind_of_task_decides_how_labels_are_read(card: Card) -> None:
    genre, mood = bind(card, "genre"), bind(card, "mood")
    assert genre.space is not None
    assert mood.space is not None
    assert (genre.space.kind, mood.space.kind) == ("single", "multi")
    as_tags = bind(with_tasks(card, genre={"kind": "tag", "namespace": "genre", "noun": "genre"}), "genre")
    assert as_tags.space is not None
    assert as_tags.space.kind == "multi"


@pytest.mark.parametrize("name", ["genre", "mood", "caption"])
def test_a_task_survives_run_json(card: Card, name: str) -> None:
    task = bind(card, name)
    again = Task.restore(json.loads(json.dumps(task.record())))
    assert again == task
    assert again.question == task.question
    assert again.labels_sha256 == task.labels_sha256


def test_names_that_two_labels_share_are_not_used(card: Card) -> None:
    said = card.model_dump()
    said["labels"]["genre"]["vocabulary"] = [{"id": "x1", "name": "x"}, {"id": "x2", "name": "x"}]
    assert bind(Card.model_validate(said), "genre").question.options == ("x1", "x2")


def test_a_prompt_can_come_from_a_file(card: Card, tmp_path: Path) -> None:
    path = tmp_path / "short.txt"
    path.write_text("Which {noun}: {options}? Say {nothing} else.\n")
    task = bind(card, "genre", str(path))
    assert task.prompt.id == "file:short"
    assert task.question.prompt == "Which genre: low, in-between, high? Say {nothing} else."


def test_an_empty_prompt_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "none.txt"
    path.write_text(" \n")
    with pytest.raises(EvaluationError, match="is empty"):
        find_prompt(str(path), "caption")


def test_an_unknown_prompt_is_refused_with_the_nearest() -> None:
    with pytest.raises(UnknownName, match="Did you mean 'caption-1'"):
        find_prompt("caption-l", "caption")


def test_an_unknown_task_is_refused_with_the_nearest(card: Card) -> None:
    with pytest.raises(UnknownName, match=r"No task of tones named 'genres'\. Did you mean 'genre'"):
        bind(card, "genres")


def test_labels_without_a_list_cannot_be_asked_for(card: Card) -> None:
    with pytest.raises(EvaluationError, match="no list of labels"):
        bind(card, "aspect")


GENRE = {"kind": "classify", "namespace": "genre", "noun": "genre"}
MOOD = {"kind": "tag", "namespace": "mood", "noun": "mood"}


@pytest.mark.parametrize(
    ("first", "second", "stratify", "chosen"),
    [
        ({"genre": GENRE}, {"genre": GENRE}, (), "genre"),
        ({"genre": GENRE, "mood": MOOD}, {"mood": MOOD}, (), "mood"),
        ({"genre": GENRE, "mood": MOOD}, {"genre": GENRE, "mood": MOOD}, ("genre",), "genre"),
    ],
)
def test_the_task_is_found_where_there_is_no_choice(
    card: Card, first: dict[str, dict[str, str]], second: dict[str, dict[str, str]], stratify: tuple[str], chosen: str
) -> None:
    of = [with_tasks(card, **first), with_tasks(card, **second)]
    assert {task.name for task in bind_all(of, None, stratify=stratify)} == {chosen}


@pytest.mark.parametrize("second", [{"mood": MOOD, "genre": GENRE}, {"theme": MOOD}, {}])
def test_an_unclear_task_is_asked_back(card: Card, second: dict[str, dict[str, str]]) -> None:
    with pytest.raises(EvaluationError, match=r"not clear what to ask.*\n.*--task"):
        bind_all([card, with_tasks(card, **second)], None)


def test_one_name_for_different_kinds_of_task_is_refused(card: Card) -> None:
    other = with_tasks(card, genre={"kind": "tag", "namespace": "genre", "noun": "genre"})
    with pytest.raises(EvaluationError, match="tones: classify, other: tag"):
        bind_all([card, other], "genre")
