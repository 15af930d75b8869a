"""What docs/questions.md shows works as it stands there: the card, its questions, the SQL, the split."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import yaml
from shell import typed

import mudata
from mudata.catalog.cards import loader
from mudata.catalog.cards.card_task import OF_ITEMS, CardTask
from mudata.evaluation.kinds.kind_card import kind_card

if TYPE_CHECKING:
    from collections.abc import Callable

TEXT = (Path(__file__).parents[1] / "docs" / "questions.md").read_text("utf-8")
OF_DEMO, DANCES = re.findall(r"```yaml\n(.*?)```", TEXT, re.DOTALL)
((QUESTIONS),) = re.findall(r"```\n(id,.*?)```", TEXT, re.DOTALL)
QUERIES = [query for query in re.findall(r"```sql\n(.*?)```", TEXT, re.DOTALL)[0].split(";\n") if query.strip()]
CLIPS = ("ann_01", "ann_02", "bob_01", "bob_02")


@pytest.fixture
def dances(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, home: object, tone: Callable[..., Path]) -> Path:
    """The folder of recordings with their table; the card is where MUDATA_CARDS looks."""
    (tmp_path / "cards").mkdir()
    (tmp_path / "cards" / "dances.yaml").write_text(DANCES)
    monkeypatch.setenv("MUDATA_CARDS", str(tmp_path / "cards"))
    own = tmp_path / "my_dances"
    for number, name in enumerate(CLIPS):
        tone(own / "audio" / f"{name}.wav", hz=200 + 10 * number)
    (own / "questions.csv").write_text(QUESTIONS)
    return own


def test_the_demo_says_what_is_shown_of_it() -> None:
    shown = yaml.safe_load(OF_DEMO)["tasks"]
    card = loader.load("demo")
    assert {name: card.tasks[name] for name in shown} == {
        name: CardTask.model_validate(task) for name, task in shown.items()
    }


def test_the_table_of_kinds_has_every_kind_and_its_numbers() -> None:
    rows = [line.split(" | ") for line in TEXT.splitlines() if line.startswith("| `")]
    told = {row[0].strip("| `"): row[-1].rstrip(" |").split(", ") for row in rows if len(row) == 5}
    assert told == {kind: list(kind_card(kind).measures) for kind in OF_ITEMS}


def test_every_measure_is_told() -> None:
    rows = [line.split(" | ") for line in TEXT.splitlines() if line.startswith("| `")]
    told = [name for row in rows if len(row) == 2 for name in re.findall(r"`(\w+)`", row[0])]
    assert set(told) == {measure for kind in OF_ITEMS for measure in kind_card(kind).measures}


@pytest.mark.slow
def test_the_card_goes_the_whole_way(dances: Path) -> None:
    assert typed("cards", "check", dances.parent / "cards" / "dances.yaml").code == 0
    got = mudata.fetch("dances", source=dances)
    assert (got.usable, [issue for issue in got.issues if issue.kind == "bad-item"]) == (4, [])
    assert mudata.sql("SELECT item_id, kind, clips, options, truth FROM items WHERE task = 'dance'").fetchall()[:2] == [
        ("dances/q1", "choose", ["dances/ann.01"], ["a waltz", "a tango", "a polka"], "a waltz"),
        ("dances/q2", "choose", ["dances/ann.02"], ["a waltz", "a tango", "a polka"], "a tango"),
    ]
    assert mudata.sql("SELECT item_id, question, truth FROM items WHERE task = 'faster'").fetchall() == [
        ("dances/p1", None, "second"),
        ("dances/p2", "Which of the two is played faster?", "first"),
    ]
    assert [finding for finding in mudata.verify("dances") if finding.severity != "note"] == []
    assert [row["items"] for row in mudata.stats("dances")["items"]] == [4, 2]
    mudata.split("halves", dataset="dances", group="artist", parts={"train": 0.5, "test": 0.5})
    shares, torn, asked = (mudata.sql(query).fetchall() for query in QUERIES)
    assert shares[0] == ("dance", "a waltz", 2, 0.5)
    assert torn == []
    assert len(asked) == 3
    done = typed("eval", "--model", "random", "--split", "halves", "--task", "dance")
    assert done.code == 0, done.err
    run = mudata.evaluate("random", "halves", task="faster")
    assert run.scores["n"] == 1
    whole = {str(item) for (item,) in asked}
    assert {*mudata.sql("SELECT item_id FROM answers").fetchall()} == {(item,) for item in whole}
    said = mudata.sql("SELECT answer FROM answers JOIN items USING (item_id) WHERE kind = 'choose'").fetchall()
    assert {answer.removeprefix("a ") for (answer,) in said} <= {"waltz", "tango", "polka"}


@pytest.mark.slow
def test_what_is_wrong_with_a_question_is_told_and_the_rest_is_asked(dances: Path) -> None:
    wrong = QUESTIONS.replace("a waltz; a tango; a polka,a tango", "a waltz; a tango; a polka,a march")
    (dances / "questions.csv").write_text(wrong.replace("ann.01 ann.02", "ann.01 ann.02 bob.01"))
    done = typed("fetch", "dances", "--from", dances)
    assert "1 item left out, such as q2: the truth 'a march' is none of the options: a waltz, a tango" in done.err
    assert "1 item left out, such as p1: a pair has 2 clips, this has 3" in done.err
    assert mudata.sql("SELECT count(*) FROM items").fetchall() == [(4,)]
    assert "q2: the truth 'a march'" in typed("verify", "dances").out
