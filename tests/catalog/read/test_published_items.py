"""An exam's items as they are published: kept with their oddities, which are told; a row that cannot be asked is left
out, and the rest goes on."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from little_exam import little_exam
from pydantic import ValidationError

from mudata.catalog.cards.exam import PublishedClip
from mudata.catalog.cards.patterns import Pattern
from mudata.catalog.read.dataset_contents import DatasetContents, Issue, ItemRow
from mudata.catalog.read.reader import read
from mudata.catalog.read.sql_faults import faults_of_sql
from mudata.errors import CardError, ReadError


def item(id_: str | None = "q", **said: Any) -> dict[str, Any]:
    row = {"id": id_, "question": "Which?", "options": ["slow", "fast"], "answer": "fast", "audio": "a.wav"}
    return row | said


def asked(files: Path, *rows: dict[str, Any], how: dict[str, Any] | None = None, **sections: Any) -> DatasetContents:
    files.mkdir(exist_ok=True)
    (files / "items.json").write_text(json.dumps(rows))
    return read(little_exam(**sections), files, **how or {})


def items(reading: DatasetContents) -> dict[str | None, ItemRow]:
    return {row.id: row for row in reading.items}


def test_an_item_is_a_row_with_its_clip_and_nothing_is_trimmed(tmp_path: Path) -> None:
    reading = asked(
        tmp_path / "files",
        item(question=" Which?\n", options=["slow ", "fast"], level="hard", cat="['b', 'a']", kind="c", lang="en"),
        items={"category": ["cat", "kind"], "difficulty": "level", "language": "lang"},
    )
    assert reading.items == (
        ItemRow(
            "q", "exam", "choose", ("a",), " Which?\n", ("slow ", "fast"), "fast", category="b", difficulty="hard",
            categories=("b", "a", "c"), language="en", published=True,
        ),
    )  # fmt: skip
    assert reading.clips.select(["id", "path", "kind"]).to_pylist() == [{"id": "a", "path": "a.wav", "kind": "audio"}]


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ({"options": ["b", "b", "c"], "answer": "b"}, "the option 'b' comes twice"),
        ({"options": ["Tom", "tom"], "answer": "tom"}, "two options are the same but for capitals"),
        ({"options": ["", "fast"]}, "an option is empty"),
        ({"options": [None, "fast"]}, "an option is empty"),
        ({"options": ["slow\t", "fast"]}, "an option has blanks around it"),
        ({"answer": "Fast"}, "the answer 'Fast' is none of its options"),
        ({"answer": None}, "no answer is published"),
    ],
)
def test_what_is_odd_is_asked_as_published_and_told(tmp_path: Path, said: dict[str, Any], why: str) -> None:
    reading = asked(tmp_path / "files", item("odd", **said), item("other"))
    assert set(items(reading)) == {"odd", "other"}
    assert items(reading)["odd"].truth == (said.get("answer", "fast") or "")
    assert reading.issues == (Issue("exam-item", "exam.exam", f"1 item asked as published, such as odd: {why}"),)


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ({"id": None}, "it has no id"),
        ({"id": " "}, "it has no id"),
        ({"question": None}, "it has no question"),
        ({"options": None}, "options is empty"),
        ({"options": "slow or fast"}, "'slow or fast' is no list"),
        ({"options": ["one"]}, "2 to 26 options are expected, got 1"),
        ({"options": [str(n) for n in range(27)]}, "2 to 26 options are expected, got 27"),
        ({"audio": None}, "{audio} is empty"),
        ({"audio": "../../etc/passwd"}, "is no path within the dataset"),
        ({"audio": "/etc/passwd"}, "is no path within the dataset"),
        ({"start": "10", "end": None}, "its clip begins at 10 s and has no end"),
        ({"start": "10", "end": "5"}, "its clip ends at 5 s, before it begins"),
        ({"start": "1:05", "end": "90"}, "'1:05' is no time in seconds"),
    ],
)
def test_a_row_that_cannot_be_asked_is_left_out_and_the_rest_goes_on(
    tmp_path: Path, said: dict[str, Any], why: str
) -> None:
    clips = [{"path": "**/{audio}", "start": "start", "end": "end"}]
    rows = (item("bad", start=None, end=None) | said, item("good", start="0", end="7.5"))
    reading = asked(tmp_path / "files", *rows, items={"clips": clips})
    assert set(items(reading)) == {"good"}
    assert [(issue.kind, issue.where) for issue in reading.issues] == [("bad-item", "exam.exam")]
    assert reading.issues[0].what.startswith("1 item left out, such as")
    assert why in reading.issues[0].what


def test_a_pair_has_two_options_or_its_own(tmp_path: Path) -> None:
    clips = [{"path": "**/{audio}"}, {"path": "**/{other}"}]
    rows = (
        item("three", other="b.wav", options=["slow", "fast", "neither"]),
        item("two", other="b.wav"),
        item("none", other="b.wav", options=None, answer="first"),
    )
    tasks = {"exam": {"kind": "pair", "noun": "faster clip"}}
    reading = asked(tmp_path / "files", *rows[:2], items={"clips": clips}, tasks=tasks)
    assert set(items(reading)) == {"two"}
    assert reading.issues[0].what == (
        "1 item left out, such as three: a pair has 2 options, this has 3; of more, about several clips, asks kind: "
        "choose"
    )
    own = asked(tmp_path / "files", rows[2], items={"clips": clips, "options": None}, tasks=tasks)
    assert set(items(own)) == {"none"}


def test_rows_of_which_not_one_is_an_item_are_no_exam(tmp_path: Path) -> None:
    with pytest.raises(ReadError, match=r"not one row is an item .*: 2 items left out, such as q: 'fast' is no letter"):
        asked(tmp_path / "files", item(), item("r"), items={"answer": {"letter": "answer"}})
    with pytest.raises(ReadError, match=r"not one row is an item .*: `where` keeps no row") as told:
        asked(tmp_path / "files", item(), items={"where": "id = 'r'"})
    assert "in the card" in str(told.value.hint)


def test_clips_are_one_for_each_file_and_cut_and_found_at_any_depth(tmp_path: Path) -> None:
    files = tmp_path / "files"
    (files / "deep" / "er").mkdir(parents=True)
    (files / "deep" / "er" / "X.wav").write_bytes(b"RIFF")
    rows = (
        item("1", paths=["./x.wav", "./x.wav"], s=None, e=None, who="Ann"),
        item("2", paths=["x.wav"], s="10", e="20.5", who=None),
        item("3", paths=["x.wav"], s="10.0", e="20.50", who="Ann"),
        item("4", paths=["y.mp3", "x.wav"], s=None, e=None, who="Bob"),
    )
    clips = [{"path": "**/{each}", "each": "paths", "start": "s", "end": "e"}]
    reading = asked(files, *rows, items={"clips": clips, "artist": "who"})
    assert reading.issues == ()
    assert {row.id: row.clips for row in reading.items} == {
        "1": ("x", "x"),
        "2": ("x@10-20.5",),
        "3": ("x@10-20.5",),
        "4": ("y", "x"),
    }
    columns = ["id", "path", "start_s", "end_s", "artist"]
    assert [tuple(row.values()) for row in reading.clips.select(columns).to_pylist()] == [
        ("x", "deep/er/X.wav", None, None, "Ann"),
        ("x@10-20.5", "deep/er/X.wav", 10.0, 20.5, "Ann"),
        ("y", "y.mp3", None, None, "Bob"),
    ]


def test_an_item_asked_in_several_formats_is_one_item_with_a_question_for_each(tmp_path: Path) -> None:
    rows = (
        item("1", midi="As MIDI?", hz="In Hz?", answer="69"),
        item("2", midi=None, hz="In Hz?", answer="60"),
        item("3", midi=None, hz=" "),
    )
    mapping = {"question": None, "options": None, "formats": {"midi": "midi", "hz": "hz"}}
    tasks = {"exam": {"kind": "open", "noun": "pitch", "rule": "pitch", "combine": "any"}}
    reading = asked(tmp_path / "files", *rows, items=mapping, tasks=tasks)
    assert {row.id: (row.question, json.loads(row.formats or "{}")) for row in reading.items} == {
        "1": ("As MIDI?", {"midi": "As MIDI?", "hz": "In Hz?"}),
        "2": ("In Hz?", {"hz": "In Hz?"}),
    }
    assert [issue.what for issue in reading.issues] == ["1 item left out, such as 3: it has no question"]
    with pytest.raises(ValidationError, match="they want no question, no options"):
        little_exam(items={"formats": {"midi": "midi"}})
    with pytest.raises(CardError, match=r"exam\.items\.0\.formats\.hz: there is no column 'hertz'"):
        asked(tmp_path / "files", *rows, items=mapping | {"formats": {"hz": "hertz"}}, tasks=tasks)


def test_files_that_differ_by_their_ending_alone_are_two_clips(tmp_path: Path) -> None:
    reading = asked(tmp_path / "files", item("1", audio="x.wav"), item("2", audio="x.mp3"), item("3", audio="d/x.wav"))
    assert {row.clips for row in reading.items} == {("x.wav",), ("x.mp3",), ("d/x",)}


@pytest.mark.parametrize(
    ("path", "files"),
    [
        ("**/{id}.wav", ["1.wav", "a/b/1.wav"]),
        ("**/stimuli/{first}", ["stimuli/M1.wav", "repo/stimuli/Intermediate/P1.flac"]),
        ("audio/{set}/{id}.mp3", ["audio/x/1.mp3", "audio/x/y/1.mp3"]),
        ("{set}_{id}.wav", ["a_1.wav", "b/a_1.wav"]),
    ],
)
def test_a_column_that_names_a_file_may_name_its_folders(path: str, files: list[str]) -> None:
    pattern = PublishedClip(path=path).pattern
    assert pattern is not None
    wanted = [Pattern(one) for one in (pattern, f"{pattern}.wav", f"{pattern}.flac")]
    assert all(any(one.match(file) is not None for one in wanted) for file in files)
    assert not any(one.match(file) is not None for one in wanted for file in ("readme.txt", "other/1.ogg"))


def test_an_item_of_words_alone_has_a_clip_of_its_words(tmp_path: Path) -> None:
    reading = asked(tmp_path / "files", item("1"), item("2", question="What?"), items={"clips": ()})
    assert [row.clips for row in reading.items] == [("exam/1",), ("exam/2",)]
    clips = reading.clips.select(["id", "path", "kind", "hash"]).to_pylist()
    assert [(clip["id"], clip["path"], clip["kind"]) for clip in clips] == [
        ("exam/1", None, "text"),
        ("exam/2", None, "text"),
    ]
    hashes = {clip["hash"] for clip in clips}
    assert len(hashes) == 2
    assert all(hash_.startswith("sha256:") and len(hash_) == 71 for hash_ in hashes)


@pytest.mark.parametrize(
    ("options", "answer", "row", "shown", "truth"),
    [
        ({"columns": ["right", "wrong"]}, {"text": "right"}, {"right": "a", "wrong": ["b", "c"]}, "abc", "a"),
        ({"columns": ["right", "wrong"]}, {"text": "right"}, {"right": "a", "wrong": None}, None, None),
        (
            {"columns": ["o1", "o2", "o3"]},
            {"letter": "key"},
            {"o1": "a", "o2": "b", "o3": None, "key": "(B)"},
            "ab",
            "b",
        ),
        ({"struct": "s"}, {"letter": "key"}, {"s": {"A": "x", "B": "y"}, "key": "B"}, "xy", "y"),
        ({"struct": "s"}, {"letter": "key"}, {"s": {"2": "x", "1": "y"}, "key": "1"}, "xy", "y"),
        ({"text": "t"}, {"text": "key"}, {"t": "(A) x (B) y", "key": "(B) y"}, "xy", "y"),
        ({"list": "l", "labelled": True}, {"letter": "key"}, {"l": ["A. x", "B. y"], "key": "B"}, "xy", "y"),
        ({"list": "l", "order": "p"}, {"index": "key"}, {"l": ["x", "y", "z"], "p": [2, 0, 1], "key": 0}, "zxy", "x"),
        ({"list": "l", "order": "p"}, {"index": "key"}, {"l": ["x", "y"], "p": None, "key": 1}, "xy", "y"),
        ({"list": "l"}, {"index": "key", "first": 1}, {"l": "['x', 'y']", "key": "2"}, "xy", "y"),
        ({"list": "l"}, {"letter": "key"}, {"l": ["x", "y"], "key": "D"}, "xy", "D"),
        ({"fixed": ["x", "y"]}, {"text": "key"}, {"key": "x"}, "xy", "x"),
    ],
)
def test_options_and_answers_in_every_form(
    tmp_path: Path, options: dict[str, Any], answer: dict[str, Any], row: dict[str, Any], shown: str | None, truth: Any
) -> None:
    mapping = {"options": options, "answer": answer}
    if shown is None:
        with pytest.raises(ReadError, match=r"not one row is an item .*: 1 item left out, such as 1"):
            asked(tmp_path / "files", item("1") | row, items=mapping)
        return
    reading = asked(tmp_path / "files", item("1") | row, items=mapping)
    assert [("".join(one.options or ()), one.truth) for one in reading.items] == [(shown, truth)]


def test_an_option_that_looks_like_a_list_is_one_option_unless_all_of_its_column_are_lists(tmp_path: Path) -> None:
    rows = (item("1", right="[1, 2]", wrong="x"), item("2", right="y", wrong="z"))
    mapping = {"options": {"columns": ["right", "wrong"]}, "answer": {"text": "right"}}
    assert items(asked(tmp_path / "files", *rows, items=mapping))["1"].options == ("[1, 2]", "x")


def test_an_id_that_comes_again_is_asked_under_another(tmp_path: Path) -> None:
    reading = asked(tmp_path / "files", item("1"), item("1", answer="slow"), item("1"))
    assert [(row.id, row.truth) for row in reading.items] == [("1", "fast"), ("1#2", "slow"), ("1#3", "fast")]
    what = "2 items asked as published, such as 1#2: the id '1' comes more than once"
    assert reading.issues == (Issue("exam-item", "exam.exam", what),)


def test_subsets_are_of_items_and_of_their_clips(tmp_path: Path) -> None:
    rows = [item(n, area=area, audio=f"{clip}.wav") for n, area, clip in (("1", "music", "m"), ("2", "speech", "s"))]
    rows += [item("3", area="speech", audio="m.wav")]
    sections: dict[str, Any] = {
        "items": {"subset": {"music": "area = 'music'", "speech": "area = 'speech'"}},
        "subsets": {"music": {"title": "music"}, "speech": {"title": "speech"}},
        "default_subset": "music",
    }
    for subset, ids, clips in ((None, "1", "m"), ("speech", "23", "ms"), ("music,speech", "123", "ms")):
        reading = asked(tmp_path / "files", *rows, how={"subset": subset}, **sections)
        assert "".join(str(row.id) for row in reading.items) == ids
        assert "".join(reading.clips["id"].to_pylist()) == clips
    assert items(reading)["3"].subsets == ("speech",)


def test_where_and_n_say_which_rows_are_items_and_how_many(tmp_path: Path) -> None:
    reading = asked(tmp_path / "files", item("1", area="a"), item("2", area="b"), items={"where": "area = 'a'", "n": 2})
    assert set(items(reading)) == {"1"}
    assert reading.issues == (Issue("exam-item", "exam.items.0", "2 items of 'exam' expected, the file has 1"),)


def test_items_may_be_about_clips_of_the_card(tmp_path: Path) -> None:
    (tmp_path / "files").mkdir()
    (tmp_path / "files" / "a.wav").write_bytes(b"RIFF")
    sections: dict[str, Any] = {"items": {"clips": [{"id": "audio"}]}, "clips": [{"files": "{stem}.wav"}]}
    reading = asked(tmp_path / "files", item("1", audio="a"), item("2", audio="gone"), **sections)
    assert [(row.id, row.clips) for row in reading.items] == [("1", ("a",))]
    assert reading.issues == (Issue("bad-item", "exam", "1 item left out, such as 2: there is no clip 'gone'"),)


def test_settings_are_what_the_rule_wants_with_lists_as_lists(tmp_path: Path) -> None:
    row = item("1", kwargs={"n": 3}, task_id="Number Bullets", lines=["Same", "Different"])
    settings = {"kwargs": "kwargs", "task_identifier": "task_id", "lines": "lines"}
    (read_,) = asked(tmp_path / "files", row, items={"settings": settings}).items
    assert json.loads(str(read_.settings)) == {
        "kwargs": {"n": 3},
        "lines": ["Same", "Different"],
        "task_identifier": "Number Bullets",
    }


def test_the_order_of_options_or_clips_is_counted_from_one(tmp_path: Path) -> None:
    mapping = {"answer": {"items": "answer"}, "clips": [{"path": "**/{each}", "each": "paths"}]}
    tasks = {"exam": {"kind": "order", "noun": "order"}}
    paths = ["a.wav", "b.wav", "c.wav"]
    rows = (
        item("1", options=None, answer=[2, 0, 1], paths=paths),
        item("2", options=["x", "y", "z"], answer=["z", "x", "y"], paths=paths),
    )
    by_clips = asked(tmp_path / "files", rows[0], items=mapping | {"options": None}, tasks=tasks)
    by_options = asked(tmp_path / "files", rows[1], items=mapping, tasks=tasks)
    assert [by_clips.items[0].truth, by_options.items[0].truth] == ["3 1 2", "3 1 2"]


@pytest.mark.parametrize(
    ("mapping", "where"),
    [
        ({"question": "q"}, "exam.items.0.question: there is no column 'q'; the file has id"),
        ({"answer": {"letter": "key"}}, "exam.items.0.answer.letter: there is no column 'key'"),
        ({"clips": [{"path": "**/{name}.wav"}]}, "exam.items.0.clips.0.path: there is no column 'name'"),
        ({"settings": {"kwargs": "kw"}}, "exam.items.0.settings.kwargs: there is no column 'kw'"),
        ({"where": "nope = 1"}, "exam.items.0: .*nope"),
    ],
)
def test_a_column_that_no_file_has_is_the_card_s_fault_and_seen_without_a_file(
    tmp_path: Path, mapping: dict[str, Any], where: str
) -> None:
    with pytest.raises(CardError, match=where):
        asked(tmp_path / "files", item("1"), items=mapping)
    declared = {"columns": ["id", "question", "options", "answer", "audio"]}
    (fault,) = faults_of_sql(little_exam(file=declared, items=mapping))
    assert fault.startswith("exam.items.0")
    assert list(faults_of_sql(little_exam(file=declared))) == []


def test_settings_are_lists_and_objects_or_the_text_that_they_are(tmp_path: Path) -> None:
    rows = [item(str(i), lines=lines) for i, lines in enumerate(("[1, 2]", "[" * 9_000 + "]" * 9_000, "[1", "{x"))]
    found = items(asked(tmp_path / "files", *rows, items={"settings": {"lines": "lines"}}))
    told = [json.loads(found[str(i)].settings or "")["lines"] for i in range(4)]
    assert told == [[1, 2], rows[1]["lines"], "[1", "{x"]


def test_two_parts_of_a_file_are_two_clips_however_near_they_are(tmp_path: Path) -> None:
    times = [("1234.5671", "1240"), ("1234.5672", "1240"), ("30", "60.5")]
    rows = [item(str(i), start=start, end=end) for i, (start, end) in enumerate(times)]
    found = items(
        asked(tmp_path / "files", *rows, items={"clips": [{"path": "{audio}", "start": "start", "end": "end"}]})
    )
    assert [found[str(i)].clips for i in range(3)] == [("a@1234.5671-1240",), ("a@1234.5672-1240",), ("a@30-60.5",)]


@pytest.mark.parametrize(
    ("name", "content", "why"),
    [
        ("items.json", b"[]", ""),
        ("items.jsonl", b'{"id": "a"', r"; items\.jsonl:1: no JSON: it is cut short; left out"),
        ("items.csv", b"id,question,options,answer,audio\n", ""),
        ("items.csv", b"id,question,options,answer,audio\n1,\xe9,x,x,x\n", r"; items\.csv:2: Invalid unicode .*"),
    ],
)
def test_a_file_without_one_item_is_told_with_its_first_fault(
    tmp_path: Path, name: str, content: bytes, why: str
) -> None:
    (tmp_path / name).write_bytes(content)
    card = little_exam({"path": name, "format": name.partition(".")[2]})
    with pytest.raises(ReadError, match=rf"tiny: {name}: there is not one item \(for exam.files.questions\){why}\."):
        read(card, tmp_path)


def test_a_column_that_is_not_there_is_told_without_a_word_of_sql(tmp_path: Path) -> None:
    with pytest.raises(CardError, match=r"no column 'level'; the file has id, .*\.\nCorrect the column"):
        asked(tmp_path / "files", item(), items={"difficulty": "level"})


def test_a_file_of_midi_is_a_clip_of_midi(tmp_path: Path) -> None:
    (tmp_path / "files").mkdir()
    for name in ("a.wav", "b.MID"):
        (tmp_path / "files" / name).write_bytes(b"")
    rows = [item("1"), item("2", audio="b.mid"), item("3", audio="c.midi")]
    clips = asked(tmp_path / "files", *rows).clips.select(["id", "kind", "path"]).to_pylist()
    assert [tuple(clip.values()) for clip in clips] == [
        ("a", "audio", "a.wav"),
        ("b", "midi", "b.MID"),
        ("c", "midi", "c.midi"),
    ]
