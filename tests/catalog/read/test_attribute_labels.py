"""Labels that an attribute lists are labels as others: of the vocabulary, or told."""

from __future__ import annotations

import pyarrow as pa
import pytest
from little_card import little_card
from pydantic import ValidationError

from mudata.catalog.cards import loader
from mudata.catalog.read.attribute_labels import with_attribute_labels
from mudata.catalog.read.dataset_contents import Issue

FAMILIES = {"kind": "multi", "attribute": "clip_families", "vocabulary": ["Piano", {"id": "Drums", "aliases": ["kit"]}]}
SCHEMA = pa.schema([(name, pa.string()) for name in ("clip_id", "dataset", "namespace", "label", "canonical")])


def facts(**values: str) -> pa.Table:
    rows = [{"clip_id": f"tiny/{id_}", "name": "clip_families", "value": value} for id_, value in values.items()]
    return pa.Table.from_pylist([*rows, {"clip_id": "tiny/a", "name": "families", "value": "Organ"}])


def test_every_label_of_a_list_is_one() -> None:
    card = little_card(labels={"family": FAMILIES})
    own = pa.Table.from_pylist([dict.fromkeys(SCHEMA.names, "z")], SCHEMA)
    made, issues = with_attribute_labels(card, own, facts(a="Piano, kit", b="Piano", c="Organ, Piano, Piano"))
    assert [tuple(row.values()) for row in made.to_pylist()] == [
        ("tiny/a", "tiny", "family", "Piano", "Piano"),
        ("tiny/a", "tiny", "family", "kit", "Drums"),
        ("tiny/b", "tiny", "family", "Piano", "Piano"),
        ("tiny/c", "tiny", "family", "Organ", None),
        ("tiny/c", "tiny", "family", "Piano", "Piano"),
        ("z",) * 5,
    ]
    assert issues == [Issue("unknown-label", "labels.family", "'Organ' is not in the vocabulary (1 clip)")]


def test_where_no_clip_has_the_attribute_labels_stay_as_they_are() -> None:
    own = SCHEMA.empty_table()
    card = little_card(labels={"family": FAMILIES})
    told = pa.table({"clip_id": ["tiny/a"], "name": ["clip_families_unknown"], "value": ["Piano"]})
    assert with_attribute_labels(card, own, told) == (own, [])


def test_a_namespace_has_one_source() -> None:
    with pytest.raises(ValidationError, match="exactly one of: part, select, attribute"):
        little_card(labels={"family": FAMILIES | {"part": "stem"}})


def test_hashes_of_cards_without_it_stay() -> None:
    card = little_card(labels={"family": {"part": "stem", "vocabulary": ["a"]}})
    assert "attribute" not in card.model_dump()["labels"]["family"]
    assert loader.sha256(card) == loader.sha256(card.model_copy())
