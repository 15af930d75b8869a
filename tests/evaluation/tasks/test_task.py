"""From a card's task to the words of a question."""

from __future__ import annotations

from pathlib import Path

import pytest
from small_corpus import CARD

from mudata.catalog.cards import loader
from mudata.catalog.cards.schema import Card
from mudata.errors import EvaluationError, UnknownName
from mudata.evaluation.tasks.task import bind, bind_all


@pytest.fixture
def card(tmp_path: Path) -> Card:
    path = tmp_path / "tones.yaml"
    path.write_text(CARD.format(name="tones", audio="yes", note=""))
    return loader.load(path)


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


def test_the_kind_of_task_decides_how_labels_are_read(card: Card) -> None:
    genre, mood = bind(card, "genre"), bind(card, "mood")
    assert genre.space is not None
    assert mood.space is not None
    assert (genre.space.kind, mood.space.kind) == ("single", "multi")
    as_tags = bind(with_tasks(card, genre={"kind": "tag", "namespace": "genre", "noun": "genre"}), "genre")
    assert as_tags.space is not None
    assert as_tags.space.kind == "multi"


def test_letters_stand_before_the_options_and_count_as_answers(card: Card) -> None:
    task = bind(card, "genre", letters=True)
    assert task.prompt.id == "classify-letters-1"
    assert "(A) low, (B) in-between, (C) high. Answer with the letter" in task.question.prompt
    assert task.question.options == ("low", "in-between", "high")  # what a model that ranks them answers with
    assert (task.question.letters, task.shown.letters) == (True, True)
    assert bind(card, "genre", "classify-letters-1") == task
    plain = bind(card, "genre")
    assert (plain.question.letters, plain.shown.letters) == (False, False)


def test_letters_go_into_a_prompt_of_ones_own(card: Card, tmp_path: Path) -> None:
    path = tmp_path / "own.txt"
    path.write_text("Which {noun}? {options}")
    assert (
        bind(card, "genre", str(path), letters=True).question.prompt == "Which genre? (A) low, (B) in-between, (C) high"
    )


def test_letters_are_for_one_answer_of_at_most_26(card: Card) -> None:
    with pytest.raises(EvaluationError, match="is to tag, and letters are for questions with one answer"):
        bind(card, "mood", letters=True)
    with pytest.raises(EvaluationError, match="is to caption, and letters"):
        bind(card, "caption", "classify-letters-1")
    said = card.model_dump()
    said["labels"]["genre"]["vocabulary"] = [{"id": f"genre {n}"} for n in range(27)]
    with pytest.raises(EvaluationError, match="27 options, and there are 26 letters"):
        bind(Card.model_validate(said), "genre", letters=True)


def test_a_shuffled_order_is_drawn_by_the_seed_once_and_shown_as_such(card: Card) -> None:
    tasks = [bind(card, "genre", shuffle_seed=seed) for seed in range(12)]
    assert len({task.order for task in tasks}) == 6  # every order of three
    assert bind(card, "genre", shuffle_seed=5) == tasks[5]
    for task in tasks:
        assert sorted(task.order) == ["high", "low", "mid"]
        assert task.question.options == tuple(task.written[label] for label in task.order)
        assert task.shown.options == task.order
        assert ", ".join(task.question.options) in task.question.prompt
        assert tuple(task.written) == ("low", "mid", "high")  # scores keep the published order
        assert task.labels_sha256 == tasks[0].labels_sha256


def test_names_that_two_labels_share_are_not_used(card: Card) -> None:
    said = card.model_dump()
    said["labels"]["genre"]["vocabulary"] = [{"id": "x1", "name": "x"}, {"id": "x2", "name": "x"}]
    assert bind(Card.model_validate(said), "genre").question.options == ("x1", "x2")


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
