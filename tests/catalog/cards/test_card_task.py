"""Tasks of cards: what each kind has to say, and that cards of before are what they were."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from little_card import little_card
from pydantic import ValidationError
from shell import typed

from mudata.catalog.cards import loader
from mudata.catalog.cards.card_task import CardTask
from mudata.catalog.cards.schema import Card

BPM = {"unit": "bpm", "words": ["beats per minute"], "tolerance": 0.04, "low": 20, "high": 400}
ITEMS = {"items": {"select": "SELECT 'q' AS id"}}
FACTS = {"attributes": {"select": "SELECT id, 'key' AS name, 'C major' AS value FROM clips"}}


def task(kind: str, **said: Any) -> CardTask:
    return CardTask.model_validate({"kind": kind, "noun": "thing"} | said)


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({"kind": "number", "attribute": "tempo_bpm", "scale": BPM}, "number (bpm, of attribute tempo_bpm)"),
        ({"kind": "number", "scale": {"high": 8, "integer": True}}, "number (of items)"),
        ({"kind": "key", "attribute": "key"}, "key (of attribute key)"),
        ({"kind": "metre"}, "metre (of items)"),
        ({"kind": "structure", "asks": "form"}, "structure (form, of items)"),
        ({"kind": "choose"}, "choose (of items)"),
        ({"kind": "pair"}, "pair (of items)"),
        ({"kind": "order"}, "order (of items)"),
        ({"kind": "caption"}, "caption"),
    ],
)
def test_each_kind_says_what_it_asks_of(said: dict[str, Any], words: str) -> None:
    made = task(**said)
    assert str(made) == words
    assert made.has_items == (made.kind != "caption")


@pytest.mark.parametrize(
    ("said", "problem"),
    [
        ({"kind": "classify"}, "a task of kind classify wants a namespace of `labels`"),
        ({"kind": "caption", "namespace": "genre"}, "namespace is for tasks of kind classify or tag, not caption"),
        ({"kind": "key", "labels": ["C major"]}, "labels is for tasks of kind classify or tag, not key"),
        ({"kind": "number"}, r"a task of kind number wants a scale, such as \{unit: bpm"),
        ({"kind": "key", "scale": BPM}, "scale is for tasks of kind number, not key"),
        ({"kind": "structure"}, "a task of kind structure wants asks: form, boundaries or segments"),
        ({"kind": "metre", "asks": "form"}, "asks is for tasks of kind structure, not metre"),
        ({"kind": "pair", "attribute": "key"}, "attribute is for tasks of kind number or key or metre or structure"),
        ({"kind": "choose", "attribute": "key"}, "not choose"),
        ({"kind": "number", "scale": BPM | {"within": 1}}, "tolerance is relative and within absolute: give one"),
        ({"kind": "number", "scale": BPM | {"low": 400}}, "low must be below high"),
        ({"kind": "tempo"}, "Input should be 'classify', 'tag'"),
    ],
)
def test_what_does_not_belong_to_a_kind_is_refused(said: dict[str, Any], problem: str) -> None:
    with pytest.raises(ValidationError, match=problem):
        task(**said)


@pytest.mark.parametrize(
    ("sections", "problem"),
    [
        (
            {"tasks": {"k": {"kind": "key", "noun": "key"}}},
            "task 'k' of kind key wants an attribute that has the truth",
        ),
        (
            {"tasks": {"k": {"kind": "key", "noun": "key", "attribute": "key"}}},
            "task 'k' asks for the attribute 'key'; the card has no attributes",
        ),
        (ITEMS | FACTS | {"tasks": {"k": {"kind": "key", "noun": "key", "attribute": "key"}}}, "items wants a task"),
        (ITEMS, "items wants a task that asks them"),
    ],
)
def test_a_task_and_its_truth_go_together(sections: dict[str, Any], problem: str) -> None:
    with pytest.raises(ValidationError, match=problem):
        little_card(**sections)


def test_the_attributes_of_midi_come_without_a_word_of_the_card() -> None:
    midi = [{"kind": "midi", "files": "{stem}.mid"}]
    card = little_card(clips=midi, tasks={"k": {"kind": "key", "noun": "key", "attribute": "key"}})
    assert str(card.tasks["k"]) == "key (of attribute key)"


def test_what_a_card_does_not_use_is_not_in_its_hash() -> None:
    """Splits and runs name hashes of cards: new keys must not change those of cards that do not use them."""
    space = {"genre": {"open": True, "select": "SELECT id, 'x' AS label FROM clips"}}
    card = little_card(labels=space, tasks={"g": {"kind": "classify", "namespace": "genre", "noun": "genre"}})
    assert card.model_dump(mode="json")["tasks"] == {
        "g": {"kind": "classify", "namespace": "genre", "noun": "genre", "labels": []}
    }
    assert "items" not in card.model_dump(mode="json")
    asked = little_card(**FACTS, **ITEMS, tasks={"m": {"kind": "metre", "noun": "metre"}})
    assert asked.model_dump(mode="json")["items"] == {"select": "SELECT 'q' AS id"}
    assert Card.model_validate(asked.model_dump(mode="json")) == asked
    other = asked.model_copy(update={"items": asked.items and asked.items.model_copy(update={"select": "SELECT 'r'"})})
    assert loader.sha256(other) != loader.sha256(asked)


def test_the_hashes_of_the_cards_that_came_with_0_1_0_are_what_they_were() -> None:
    """But for those whose data is told anew since: the file has what the version before items printed."""
    known = json.loads((Path(__file__).parents[2] / "data" / "card-hashes.json").read_bytes())
    assert {name: loader.sha256(loader.load(name)) for name in known} == known


def test_the_json_schema_of_cards_has_tasks_of_every_kind() -> None:
    exported = json.loads(typed("cards", "schema").out)
    kinds = exported["$defs"]["CardTask"]["properties"]["kind"]["enum"]
    assert kinds[-2:] == ["structure", "open"]
    assert len(kinds) == 11
    assert {"attribute", "scale", "asks"} <= exported["$defs"]["CardTask"]["properties"].keys()
    assert exported["$defs"]["Items"]["required"] == ["select"]
    assert exported["$defs"]["NumberScale"]["additionalProperties"] is False
