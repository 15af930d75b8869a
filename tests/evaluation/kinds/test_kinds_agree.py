"""Every place that knows the kinds of questions knows the same ones: see CONTRIBUTING, "Add a question kind"."""

from __future__ import annotations

from pathlib import Path
from typing import Any, get_args

import pytest

from mudata.catalog.cards import card_files
from mudata.catalog.cards.card_task import OF_ATTRIBUTES, OF_ITEMS, PAIR_OPTIONS, CardTask
from mudata.catalog.cards.number_scale import NumberScale
from mudata.catalog.read import truth_spelling
from mudata.evaluation.align.alignment import Shown
from mudata.evaluation.kinds.kind_card import kind_card
from mudata.evaluation.kinds.kind_registry import EXACT_KINDS, kind_of
from mudata.evaluation.kinds.question_kind import AskedItem
from mudata.evaluation.protocol import Kind

TRUTHS = {
    "number": ("120.0", {"scale": NumberScale(high=400)}),
    "key": ("Gb major", {}),
    "metre": ("6 / 8", {}),
    "choose": ("a waltz", {}),
    "pair": ("second", {}),
    "order": ("2,1", {}),
    "structure": ("a b a", {"asks": "form"}),
    "open": ("a lute, I think", {"rule": "mmau_tokens"}),
}
OPTIONS = {"choose": ("a waltz", "a march"), "pair": PAIR_OPTIONS}
ROOT = Path(__file__).parents[3]


def test_protocol_cards_registry_and_words_have_the_same_kinds() -> None:
    assert get_args(Kind) == get_args(CardTask.model_fields["kind"].annotation)
    assert {*get_args(Kind)} == {"classify", "tag", "caption", *OF_ITEMS}
    assert {*OF_ITEMS} == {*EXACT_KINDS} == {*TRUTHS}
    assert {*OF_ATTRIBUTES} <= {*OF_ITEMS}
    assert {path.stem for path in (card_files.BUILT_IN / "kinds").glob("*.yaml")} == {*OF_ITEMS}


def test_a_pair_has_the_same_options_everywhere() -> None:
    assert kind_card("pair").options == PAIR_OPTIONS


@pytest.mark.parametrize("kind", OF_ITEMS)
def test_the_index_and_the_score_spell_a_truth_alike(kind: str) -> None:
    """Else the right answer would be compared with another spelling of itself."""
    text, said = TRUTHS[kind]
    options = OPTIONS.get(kind, ())
    task = CardTask.model_validate({"kind": kind, "noun": "thing"} | said)
    of_item: dict[str, Any] = {name: value for name, value in said.items() if name != "rule"}
    asked = AskedItem(shown=Shown(options=options), clips=2, **of_item)
    spelled = truth_spelling.spelled(task, text, options, 2)
    assert kind_of(kind).truth(text, asked) == kind_of(kind).truth(spelled, asked) == spelled
    assert kind_of(kind).score(spelled, spelled, asked)[kind_of(kind).measures[0].name] == 1.0


def test_the_places_that_contributing_names_are_there() -> None:
    section = (
        (ROOT / "CONTRIBUTING.md").read_text("utf-8").partition("## Add a question kind\n")[2].partition("\n## ")[0]
    )
    names = [word for word in section.split("`")[1::2] if word.startswith(("mudata/", "tests/")) and "NAME" not in word]
    assert len(names) >= 8
    assert [name for name in names if not (ROOT / name).exists()] == []
    for kind in OF_ITEMS:
        for place in ("mudata/cards/kinds/{}.yaml", "mudata/evaluation/kinds/{}_kind.py"):
            assert (ROOT / place.format(kind)).is_file()
