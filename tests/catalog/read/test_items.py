"""Items, of a card's SELECT or of attributes: a bad one is left out with its reason, and the rest goes on."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pytest
from little_card import little_card
from pydantic import ValidationError

from mudata.catalog.cards.card_task import PAIR_OPTIONS
from mudata.catalog.read import item_rows
from mudata.catalog.read.dataset_contents import Issue, ItemRow
from mudata.catalog.read.items_table import items_table
from mudata.catalog.read.reader import DatasetContents, read
from mudata.catalog.read.sql_faults import faults_of_sql
from mudata.errors import CardError, ReadError

if TYPE_CHECKING:
    from mudata.catalog.cards.schema import Card

TASKS = {
    "tempo": {"kind": "number", "noun": "tempo", "scale": {"unit": "bpm", "low": 20, "high": 400, "tolerance": 0.04}},
    "key": {"kind": "key", "noun": "key"},
    "waltz": {"kind": "choose", "noun": "dance"},
    "faster": {"kind": "pair", "noun": "faster clip"},
    "sorted": {"kind": "order", "noun": "order"},
    "form": {"kind": "structure", "noun": "form", "asks": "form"},
    "words": {"kind": "caption", "noun": "caption"},
    "mode": {"kind": "key", "noun": "mode", "attribute": "mode"},
}
FROM_JSON = "SELECT * FROM questions"
COLUMNS = {
    "id": "VARCHAR", "task": "VARCHAR", "clips": "VARCHAR[]", "question": "VARCHAR", "options": "VARCHAR[]",
    "truth": "VARCHAR", "category": "VARCHAR", "cluster": "VARCHAR", "difficulty": "VARCHAR",
}  # fmt: skip
SHAPE = ", ".join(f"'{name}': '{type_}'" for name, type_ in COLUMNS.items())


def card(select: str = FROM_JSON, **sections: Any) -> Card:
    table = {"path": "questions.jsonl", "columns": COLUMNS, "optional": True}
    table["select"] = f"SELECT * FROM read_json({{path}}, format = 'newline_delimited', columns = {{{SHAPE}}})"
    said = {
        "captions": {"select": "SELECT id, id AS text FROM clips"},
        "attributes": {"select": "SELECT id, 'mode' AS name, 'C major' AS value FROM clips"},
        "tables": {"questions": table},
        "items": {"select": select},
        "tasks": TASKS,
    }
    return little_card(**said | sections)


@pytest.fixture
def files(tmp_path: Path) -> Path:
    root = tmp_path / "files"
    root.mkdir()
    for stem in "abcd":
        (root / f"{stem}.wav").write_bytes(b"RIFF")
    return root


def asked(files: Path, *rows: dict[str, Any], **how: Any) -> DatasetContents:
    (files / "questions.jsonl").write_text("".join(f"{json.dumps(row)}\n" for row in rows))
    return read(card(), files, **how)


def item(id_: str = "q", task: str = "tempo", **said: Any) -> dict[str, Any]:
    return {"id": id_, "task": task, "clips": ["a"], "truth": "120"} | said


def test_items_of_every_kind_are_read_with_their_truth_in_one_spelling(files: Path) -> None:
    reading = asked(
        files,
        item("7", truth="118.50", cluster="piece 1", difficulty="easy"),
        item("7", "key", truth="Gb major", category="flats", options=["F# major", "C major"]),
        item("w", "waltz", question="What is it?", options=["a waltz", "a march"], truth="a march"),
        item("p", "faster", clips=["b", "a"], truth="first"),
        item("o", "sorted", clips=["c", "a", "b"], truth="3,1,2"),
        item("f", "form", truth="a b a", options=["ABA", "AABA"]),
    )
    assert reading.issues == ()
    assert reading.items == (
        ItemRow("p", "faster", "pair", ("b", "a"), truth="first"),
        ItemRow("f", "form", "structure", ("a",), options=("ABA", "AABA"), truth="ABA"),
        ItemRow("7", "key", "key", ("a",), options=("F# major", "C major"), truth="F# major", category="flats"),
        ItemRow("o", "sorted", "order", ("c", "a", "b"), truth="3 1 2"),
        ItemRow("7", "tempo", "number", ("a",), truth="118.5", cluster="piece 1", difficulty="easy"),
        ItemRow("w", "waltz", "choose", ("a",), "What is it?", ("a waltz", "a march"), "a march"),
    )


@pytest.mark.parametrize(
    ("bad", "where", "why"),
    [
        (item(truth=None), "items.tempo", "it has no truth"),
        (item(truth=" "), "items.tempo", "it has no truth"),
        (item(truth="450"), "items.tempo", "the truth '450' is out of scale, 20 to 400 bpm"),
        (item(truth="fast"), "items.tempo", "the truth 'fast' is no number, such as 118.5"),
        (item(task="key", truth="quite sad"), "items.key", "the truth 'quite sad' is no key"),
        (item(task="form", truth="1-2"), "items.form", "the truth '1-2' is no form"),
        (item(clips=None), "items.tempo", "it has no clip, or one that is NULL"),
        (item(clips=[]), "items.tempo", "it has no clip, or one that is NULL"),
        (item(clips=["a", None]), "items.tempo", "it has no clip, or one that is NULL"),
        (item(clips=["a", "nope"]), "items", "there is no clip 'nope'"),
        (item(task="faster", clips=["a", "b", "c"], truth="first"), "items.faster", "a pair has 2 clips, this has 3"),
        (item(task="faster", clips=["a", "a"], truth="first"), "items.faster", "one clip stands beside itself"),
        (item(task="faster", clips=["a", "b"], options=["a", "b", "none"], truth="a"), "items.faster",
         "a pair has 2 options, this has 3; of more, about several clips, asks kind: choose"),
        (item(task="sorted", truth="1"), "items.sorted", "an order is of 2 clips at least, or of options"),
        (item(task="form", clips=["a", "b"], truth="AB"), "items.form", "the structure is that of 1 clip, this has 2"),
        (item(task="waltz", truth="x"), "items.waltz", "it has no options to choose from"),
        (item(task="waltz", options=["x"], truth="x"), "items.waltz", "2 options at least are expected, got 1"),
        (item(task="waltz", options=["x", "X"], truth="x"), "items.waltz", "two options are the same but for capitals"),
        (item(task="waltz", options=["x", ""], truth="x"), "items.waltz", "an option is NULL, empty, or has blanks"),
        (item(task="waltz", options=["x", None], truth="x"), "items.waltz", "an option is NULL, empty, or has blanks"),
        (item(task="waltz", options=["x", "y"], truth="z"), "items.waltz", "the truth 'z' is none of the options: x, "),
        (item(task="waltz", options=[], truth="x"), "items.waltz", "2 options at least are expected, got 0"),
        (item(options=["120", "60"]), "items.tempo", "nothing is chosen from where a number is asked for"),
        (item(task="key", truth="C major", options=["G major", "F major"]), "items.key",
         "the truth 'C major' is none of the options: G major, F major"),
        (item(task="key", truth="Gb major", options=["Gb major", "F# major"]), "items.key",
         "the truth 'Gb major' stands among options two of which are the same: Gb major, F# major"),
        (item(task="key", truth="C major", options=["C major", "sad"]), "items.key", "the truth 'sad' is no key"),
        (item(None), "items.tempo", "it has no id"),
        (item("a\tb"), "items.tempo", "it has no id, which is text without control characters"),
        (item(task="pace"), "items", "the card has no task 'pace'"),
        (item(task=None), "items", "it names no task"),
        (item(task="words"), "items.words", "its task is of kind caption, which asks no items"),
        (item(task="mode", truth="C major"), "items.mode", "its task takes its truth from the attribute 'mode'"),
    ],
)  # fmt: skip
def test_a_bad_item_is_left_out_with_its_reason_and_the_rest_goes_on(
    files: Path, bad: dict[str, Any], where: str, why: str
) -> None:
    reading = asked(files, item("good"), bad)
    assert [row.id for row in reading.items] == ["good"]
    (issue,) = reading.issues
    assert (issue.kind, issue.where) == ("bad-item", where)
    assert issue.what.startswith(f"1 item left out, such as {bad['id'] or 'NULL'}: {why}")


def test_bad_items_of_one_fault_are_counted_together(files: Path) -> None:
    bad = [item(str(n), truth=str(1000 + n)) for n in range(3)]
    reading = asked(files, item("good"), *bad, item("empty", truth=None))
    assert sorted(issue.what.partition(", such")[0] for issue in reading.issues) == [
        "1 item left out",
        "3 items left out",
    ]


def test_an_id_that_comes_twice_in_a_task_is_nobodys(files: Path) -> None:
    reading = asked(files, item("x"), item("x", truth="90"), item("y"), item("y"), item("x", "key", truth="C major"))
    assert [(row.task, row.id) for row in reading.items] == [("key", "x"), ("tempo", "y")]
    what = "2 items left out, such as x: the id comes twice in its task"
    assert reading.issues == (Issue("bad-item", "items.tempo", what),)


def test_items_of_clips_that_were_not_asked_for_are_not_there_either(files: Path) -> None:
    rows = [item("one"), item("two", "faster", clips=["a", "b"], truth="first"), item("lost", clips=["nope"])]
    reading = asked(files, *rows, where="id = 'a'")
    assert ([row.id for row in reading.items], reading.issues) == (["one"], ())


@pytest.mark.parametrize(
    ("select", "row"),
    [
        ("SELECT id, 'tempo' AS task, id AS clips, 120 AS truth FROM clips",
         ItemRow("a", "tempo", "number", ("a",), truth="120")),
        ("SELECT id, 'tempo' AS task, [id] AS clips, 93.5::DOUBLE AS truth, NULL AS options, 1 AS cluster FROM clips",
         ItemRow("a", "tempo", "number", ("a",), truth="93.5", cluster="1")),
        ("SELECT 'a' AS id, 'waltz' AS task, ['a'] AS clips, string_split('yes;no', ';') AS options, 'no' AS truth",
         ItemRow("a", "waltz", "choose", ("a",), options=("yes", "no"), truth="no")),
    ],
)  # fmt: skip
def test_columns_may_be_of_other_types_or_left_out(files: Path, select: str, row: ItemRow) -> None:
    reading = read(card(select), files, where="id = 'a'")
    assert reading.items == (row,)


@pytest.mark.parametrize(
    ("select", "problem"),
    [
        (
            "SELECT id, [id] AS clips FROM clips",
            "items: the SELECT gives no column task and no truth; it gives id, clips",
        ),
        (
            "SELECT id, 'tempo' AS task, [id] AS clips, 1 AS truth, 'x' AS catgory FROM clips",
            "items: the SELECT gives a column catgory; an item has id, task, clips, truth, question, options, category",
        ),
        (
            "SELECT id, 'waltz' AS task, [id] AS clips, 'x' AS truth, 'x,y' AS options FROM clips",
            r"items: options is a list, such as \['slower', 'faster'\]; got VARCHAR",
        ),
        ("SELECT nothing FROM clips", "items: Binder Error"),
        ("COPY clips TO 'x.csv'", "items: exactly one SELECT is expected"),
    ],
)
def test_a_select_of_another_shape_is_refused_before_and_when_read(files: Path, select: str, problem: str) -> None:
    with pytest.raises(CardError, match=f"Card tiny: {problem}"):
        read(card(select), files)
    (fault,) = faults_of_sql(card(select))
    assert fault.partition(":")[0] == "items"


def test_values_that_are_none_are_told_as_of_the_files(files: Path) -> None:
    select = "SELECT id, 'tempo' AS task, [id] AS clips, id::INTEGER AS truth FROM clips"
    with pytest.raises(ReadError, match="tiny: items: Conversion Error"):
        read(card(select), files)


# ------------------------------------------------------------------------------------- of attributes


def facts(**by_clip: dict[str, str]) -> list[tuple[str, str, str]]:
    return [(id_, name, value) for id_, said in by_clip.items() for name, value in said.items()]


TEMPO = {"tempo": TASKS["tempo"] | {"attribute": "tempo_bpm"}}
MIDI = little_card(clips=[{"kind": "midi", "files": "{stem}.mid"}], tasks=TEMPO)


def test_every_clip_that_has_the_attribute_is_an_item() -> None:
    found = item_rows.of_attributes(MIDI, facts(b={"tempo_bpm": "90.00"}, a={"tempo_bpm": "120"}, c={"key": "C major"}))
    assert [(row.id, row.clips, row.truth) for row in found.rows] == [("a", ("a",), "120"), ("b", ("b",), "90")]
    assert found.issues == []


@pytest.mark.parametrize(
    ("said", "kind", "why"),
    [
        ({"tempo_is_default": "true"}, "not-asked", "tempo_is_default: true"),
        ({"tempo_bpm_is_default": "true"}, "not-asked", "tempo_bpm_is_default: true"),
        ({"tempo_reason": "a tempo of 0"}, "not-asked", "tempo_reason: a tempo of 0"),
        ({"tempo_bpm": "1000"}, "bad-item", "the truth '1000' is out of scale, 20 to 400 bpm"),
    ],
)
def test_a_value_that_means_nothing_is_not_asked(said: dict[str, str], kind: str, why: str) -> None:
    found = item_rows.of_attributes(MIDI, facts(a={"tempo_bpm": "120"}, b={"tempo_bpm": "100"} | said))
    assert [row.id for row in found.rows] == ["a"]
    assert found.issues == [Issue(kind, "tasks.tempo", f"1 item left out, such as b: {why}")]


def test_doubts_of_other_attributes_and_flags_that_are_false_are_nothing() -> None:
    said = facts(a={"tempo_bpm": "120", "tempo_is_default": "false", "key_reason": "x", "tempobpm_reason": "x"})
    assert [row.id for row in item_rows.of_attributes(MIDI, said).rows] == ["a"]


def test_how_many_clips_are_of_an_unknown_value_is_told() -> None:
    said = facts(a={"tempo_bpm": "120"}, b={"tempo_bpm_unknown": "notes ignore the grid"})
    found = item_rows.of_attributes(MIDI, said)
    assert [row.id for row in found.rows] == ["a"]
    what = "1 item left out, such as b: tempo_bpm_unknown: notes ignore the grid"
    assert found.issues == [Issue("not-asked", "tasks.tempo", what)]
    told = pa.table({"clip_id": ["tiny/b"], "name": ["tempo_bpm_unknown"], "value": ["notes ignore the grid"]})
    assert items_table(MIDI, [], attributes=told, clips={"tiny/b": 9})[1] == found.issues


def test_a_clip_with_two_values_is_not_asked() -> None:
    twice = [*facts(a={"tempo_bpm": "120"}), *facts(a={"tempo_bpm": "90"})]
    found = item_rows.of_attributes(MIDI, twice)
    assert (found.rows, found.issues[0].what) == ([], "1 item left out, such as a: it has several values, 120 and 90")


def test_the_table_has_both_kinds_and_only_of_clips_that_are_here() -> None:
    of = card(tasks=TASKS | TEMPO | {"pace": TASKS["tempo"]})
    own = [ItemRow("p", "faster", "pair", ("a", "b"), truth="first", options=("first", "second"), cluster="1")]
    own.append(ItemRow("q", "faster", "pair", ("a", "z"), truth="second"))
    told = pa.table({"clip_id": ["tiny/a", "tiny/b"], "name": ["tempo_bpm", "mode"], "value": ["120", "A minor"]})
    made, issues = items_table(of, own, attributes=told, clips={"tiny/a": 9, "tiny/b": 9})
    nothing = (None,) * 10  # difficulty, semitones, seconds, and what published items have
    assert [tuple(row.values()) for row in made.to_pylist()] == [
        (
            "tiny/p",
            "tiny",
            "faster",
            "pair",
            ["tiny/a", "tiny/b"],
            None,
            list(PAIR_OPTIONS),
            "first",
            None,
            "1",
            *nothing,
        ),
        ("tiny/b", "tiny", "mode", "key", ["tiny/b"], None, None, "A minor", None, None, *nothing),
        ("tiny/a", "tiny", "tempo", "number", ["tiny/a"], None, None, "120", None, None, *nothing),
    ]
    assert issues == [Issue("not-asked", "items", "1 item left out: a clip of theirs is not here")]


@pytest.mark.parametrize(
    ("asks", "inside", "behind", "begin"),
    [
        ("boundaries", "1.000 8.999", "1.000 9.000", "9.000"),
        ("segments", "0.000 A 8.999 B 12.000", "0.000 A 9.500 B 12.000", "9.500"),
    ],
)
def test_sections_that_begin_behind_the_end_of_their_clip_are_not_asked_for(
    asks: str, inside: str, behind: str, begin: str
) -> None:
    of = card(tasks={"s": {"kind": "structure", "noun": "sections", "asks": asks}})
    own = [ItemRow(id_, "s", "structure", ("a",), truth=truth) for id_, truth in (("q", behind), ("p", inside))]
    nothing = pa.table({name: pa.array([], pa.string()) for name in ("clip_id", "name", "value")})
    made, issues = items_table(of, own, attributes=nothing, clips={"tiny/a": 9.0})
    assert made["item_id"].to_pylist() == ["tiny/p"]
    what = f"1 item left out, such as q: a section begins at {begin} s, of a clip of 9.000 s"
    assert issues == [Issue("bad-item", "items.s", what)]


TRANSPOSED = {
    "higher": {
        "kind": "number",
        "attribute": "clip_key_estimated",
        "noun": "number of semitones",
        "scale": {"unit": "semitones", "high": 12, "integer": True},
        "transposed": {"semitones": [1, 2, 3, 4, 5], "seconds": 14},
    }
}


def test_a_clip_is_asked_beside_itself_some_semitones_higher() -> None:
    of = card(tasks=TASKS | TRANSPOSED)
    said = {f"c{n}": {"clip_key_estimated": "C major", "pitch_max": "80"} for n in range(200)}
    rows = item_rows.of_attributes(of, facts(**said)).rows
    assert {row.clips for row in rows} == {(f"c{n}", f"c{n}") for n in range(200)}
    for row in rows:
        semitones = int(str(row.truth))
        assert (row.id, row.semitones, row.seconds) == (f"{row.clips[0]}+{semitones}", (0, semitones), 14)
        assert (row.cluster, row.kind) == (row.clips[0], "number")
    counts = Counter(row.truth for row in rows)
    assert set(counts) == {"1", "2", "3", "4", "5"}
    assert max(counts.values()) < 2 * min(counts.values())
    assert rows == item_rows.of_attributes(of, facts(**said)).rows, "the same every time"


def test_pitches_that_midi_has_not_are_not_asked_for() -> None:
    of = card(tasks=TASKS | TRANSPOSED)
    said = {f"c{n}": {"clip_key_estimated": "C major", "pitch_max": "125"} for n in range(50)}
    said |= {"high": {"clip_key_estimated": "C major", "pitch_max": "127"}, "drums": {"clip_key_estimated": "C major"}}
    found = item_rows.of_attributes(of, facts(**said))
    assert {row.truth for row in found.rows} == {"1", "2"}
    what = "2 items left out, such as drums: it has no pitches, or none that can be higher"
    assert found.issues == [Issue("bad-item", "tasks.higher", what)]


def test_the_table_says_how_clips_are_heard() -> None:
    of = card(tasks=TASKS | TRANSPOSED)
    said = {"name": ["clip_key_estimated", "pitch_max"], "value": ["C major", "70"]}
    told = pa.table({"clip_id": ["tiny/a"] * 2} | said)
    (row,) = items_table(of, [], attributes=told, clips={"tiny/a": None})[0].to_pylist()
    assert (row["clips"], row["semitones"], row["seconds"]) == (["tiny/a"] * 2, [0, int(row["truth"])], 14.0)


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"attribute": None}, "transposed wants an attribute"),
        ({"transposed": {"semitones": [1], "seconds": 14}}, "at least 2 items"),
        ({"transposed": {"semitones": [0, 1], "seconds": 14}}, "greater than 0"),
        ({"kind": "key", "scale": None}, "transposed is for tasks of kind number"),
    ],
)
def test_what_is_no_transposition_is_refused(change: dict[str, object], why: str) -> None:
    task = {name: value for name, value in (TRANSPOSED["higher"] | change).items() if value is not None}
    with pytest.raises(ValidationError, match=why):
        card(tasks=TASKS | {"higher": task})
