"""Reading raw files as a card declares: tables, clips, labels and all else; and what a card's SQL may not do."""

from __future__ import annotations

import http.server
import os
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pytest
from little_card import little_card

from mudata.catalog.cards.labels import LabelSpace
from mudata.catalog.read.reader import Issue, canonical, read
from mudata.errors import CardError, QueryError, ReadError, UnknownName

if TYPE_CHECKING:
    from mudata.catalog.cards.schema import Card

BY_FOLDER = {"files": "{genre}/{stem}.wav", "id": "{genre}-{stem}"}
GENRES = {"part": "genre", "vocabulary": ["rock", {"id": "hiphop", "aliases": ["rap"]}]}
LISTED = {"path": "**/list.csv", "select": "SELECT * FROM read_csv({path}, all_varchar = true)", "columns": {}}


def table(select: str, path: str = "**/list.csv", optional: bool = False, **columns: str) -> dict[str, Any]:
    return {"path": path, "select": select, "columns": columns, "optional": optional}


@pytest.fixture
def files(tmp_path: Path) -> Path:
    """Three clips in two folders: rock/a.wav, rock/b.wav, rap/a.wav."""
    root = tmp_path / "raw" / "tiny" / "files"
    for path in ("rock/a.wav", "rock/b.wav", "rap/a.wav"):
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(b"RIFF")
    return root


def listed(files: Path, text: str, name: str = "list.csv") -> Path:
    (files / name).parent.mkdir(parents=True, exist_ok=True)
    (files / name).write_text(text, encoding="utf-8", newline="")
    return files


def rows(found: pa.Table, *columns: str) -> list[tuple[Any, ...]]:
    return [tuple(row.values()) for row in found.select(columns or found.column_names).to_pylist()]


# clips ---------------------------------------------------------------------------------------


def test_files_that_match_become_clips_whose_parts_are_columns(files: Path) -> None:
    rule = BY_FOLDER | {"groups": {"artist": "artist of {stem}"}, "crop": {"first": 5}}
    reading = read(little_card(clips=[rule]), files)
    assert rows(reading.clips, "id", "path", "kind", "artist", "album", "genre", "crop_mode", "crop_s") == [
        ("rap-a", "rap/a.wav", "audio", "artist of a", None, "rap", "first", 5.0),
        ("rock-a", "rock/a.wav", "audio", "artist of a", None, "rock", "first", 5.0),
        ("rock-b", "rock/b.wav", "audio", "artist of b", None, "rock", "first", 5.0),
    ]
    assert reading.issues == ()


def test_clips_have_their_columns_and_types_even_where_nothing_is_known(files: Path) -> None:
    schema = read(little_card(clips=[BY_FOLDER]), files).clips.schema
    everywhere = ["id", "path", "kind", "artist", "album", "track", "title", "licence", "subset"]
    times = ["start_s", "end_s", "hash", "crop_mode", "crop_s", "channel_mix", "window_s", "window_at"]
    assert schema.names == [*everywhere, *times, "genre", "stem"]
    assert {schema.field(name).type for name in ("start_s", "end_s", "crop_s")} == {pa.float64()}
    assert {schema.field(name).type for name in ("id", "hash", "crop_mode")} == {pa.string()}


def test_a_select_joins_tables_and_files_and_names_clips_whose_file_is_absent(files: Path) -> None:
    listed(files, "number,who,folder\n1,Ann,rock\n2,Bob,rap\n3,Cyd,jazz\n")
    card = little_card(
        tables={"list": table(LISTED["select"], number="INTEGER", who="VARCHAR", folder="VARCHAR")},
        clips=[
            {
                "files": "{folder}/a.wav",
                "select": "SELECT number AS id, coalesce(path, folder || '/a.wav') AS path, who AS artist, number * 1.5"
                " AS start_s, 'md5:x' AS hash, size FROM list LEFT JOIN files USING (folder)",
            }
        ],
    )
    assert rows(read(card, files).clips, "id", "path", "artist", "start_s", "hash", "size") == [
        ("1", "rock/a.wav", "Ann", 1.5, "md5:x", 4),
        ("2", "rap/a.wav", "Bob", 3.0, "md5:x", 4),
        ("3", "jazz/a.wav", "Cyd", 4.5, "md5:x", None),
    ]


def test_several_rules_add_up_and_each_sees_its_own_files(files: Path) -> None:
    (files / "song.mid").write_bytes(b"MThd")
    select = "SELECT 'midi-' || stem AS id, path, 'x' AS extra FROM files"
    midi = {"kind": "midi", "files": "{stem}.mid", "select": select}
    reading = read(little_card(clips=[BY_FOLDER, midi]), files)
    assert rows(reading.clips, "id", "kind", "genre", "extra") == [
        ("midi-song", "midi", None, "x"),
        ("rap-a", "audio", "rap", None),
        ("rock-a", "audio", "rock", None),
        ("rock-b", "audio", "rock", None),
    ]


def test_a_folder_without_clips_is_an_issue_and_no_error(tmp_path: Path) -> None:
    reading = read(little_card(clips=[BY_FOLDER]), tmp_path / "nowhere")
    assert reading.clips.num_rows == 0
    assert [(i.kind, i.what) for i in reading.issues] == [("no-clips", "nothing matches {genre}/{stem}.wav")]


def test_two_files_with_one_id_are_refused_by_name(files: Path) -> None:
    with pytest.raises(ReadError, match=r"same clip id:\n  a: rap/a\.wav, rock/a\.wav\n.*remove one of the copies"):
        read(little_card(clips=[{"files": "*/{stem}.wav"}]), files)


@pytest.mark.parametrize("path", ["/etc/passwd", "../x.wav", "a/../../x.wav", "", "a//b.wav", "C:\\x.wav", "a\\..\\b"])
def test_a_path_from_a_table_that_leads_elsewhere_is_refused(files: Path, path: str) -> None:
    listed(files, f'p\n"{path}"\n')
    card = little_card(
        tables={"list": table(LISTED["select"], p="VARCHAR")},
        clips=[{"select": "SELECT 'x' AS id, coalesce(p, '') AS path FROM list"}],
    )
    with pytest.raises(ReadError, match="paths of clips that are no plain relative path"):
        read(card, files)


@pytest.mark.parametrize("id_", ["../x", "/x", "x/", "."])
def test_an_id_that_cannot_be_a_file_name_is_refused(files: Path, id_: str) -> None:
    card = little_card(clips=[{"select": f"SELECT '{id_}' AS id, 'a.wav' AS path"}])
    with pytest.raises(ReadError, match="ids of clips that are no plain relative path"):
        read(card, files)


def test_a_select_without_id_or_path_says_what_it_gives(files: Path) -> None:
    with pytest.raises(CardError, match=r"clips.0: the SELECT gives no column path.\nIt gives id, artist\."):
        read(little_card(clips=[{"select": "SELECT 1 AS id, 'x' AS artist"}]), files)


def test_a_template_that_names_no_part_is_refused(files: Path) -> None:
    with pytest.raises(CardError, match=r"clips.0.artist: '\{who\}' names \{who\}.*\nNamed parts: genre, stem"):
        read(little_card(clips=[BY_FOLDER | {"groups": {"artist": "{who}"}}]), files)


def test_a_file_name_that_is_not_text_is_left_out_and_told(files: Path) -> None:
    (Path(os.fsdecode(os.fsencode(files / "rock"))) / os.fsdecode(b"\xff.wav")).write_bytes(b"RIFF")
    reading = read(little_card(clips=[BY_FOLDER]), files)
    assert reading.clips.num_rows == 3
    assert [(i.kind, i.where) for i in reading.issues] == [("bad-name", "rock/\\udcff.wav")]


def test_a_file_that_is_left_out_for_the_case_of_its_letters_is_told(files: Path) -> None:
    twin = next(files.glob("rock/*.wav"))
    twin.with_suffix(".WAV").write_bytes(b"RIFF")
    reading = read(little_card(clips=[BY_FOLDER]), files)
    assert reading.clips.num_rows == 3
    assert [(i.kind, i.where) for i in reading.issues] == [("bad-name", f"rock/{twin.stem}.WAV")]


def test_signs_of_globs_and_quotes_in_names_mean_themselves(files: Path) -> None:
    listed(files, "x\n1\n", "o'[1]*?/list.csv")
    card = little_card(
        tables={"list": table("SELECT x FROM read_csv({path})", x="INTEGER")},
        clips=[BY_FOLDER, {"select": "SELECT 'n' || x AS id, 'x' AS path FROM list"}],
    )
    assert "n1" in read(card, files).clips["id"].to_pylist()


# subsets, where, limit -------------------------------------------------------------------------


@pytest.fixture
def nested(files: Path) -> Card:
    return little_card(
        clips=[
            {
                "files": "{genre}/{stem}.wav",
                "select": "SELECT genre || stem AS id, path, genre, CASE genre WHEN 'rap' THEN ['big']"
                " ELSE ['big', 'small'] END AS subset FROM files",
            }
        ],
        subsets={"small": {"title": "small"}, "big": {"title": "big"}, "other": {"title": "other"}},
        default_subset="small",
        labels={"genre": GENRES},
    )


@pytest.mark.parametrize(
    ("subset", "ids"),
    [
        (None, ["rocka", "rockb"]),
        ("small", ["rocka", "rockb"]),
        ("big", ["rapa", "rocka", "rockb"]),
        ("other", []),
        ("other, small", ["rocka", "rockb"]),
    ],
)
def test_a_subset_has_the_clips_that_say_so(nested: Card, files: Path, subset: str | None, ids: list[str]) -> None:
    reading = read(nested, files, subset=subset)
    assert reading.clips["id"].to_pylist() == ids
    assert sorted(set(reading.labels["id"].to_pylist())) == ids


def test_the_subsets_of_a_clip_are_text(nested: Card, files: Path) -> None:
    assert read(nested, files).clips["subset"].to_pylist() == ["big,small", "big,small"]


def test_an_unknown_subset_is_told_with_the_known_ones(nested: Card, files: Path) -> None:
    with pytest.raises(UnknownName, match=r"No subset named 'smal'\. Did you mean 'small'"):
        read(nested, files, subset="smal")
    with pytest.raises(UnknownName, match="tiny has no subsets"):
        read(little_card(clips=[BY_FOLDER]), files, subset="small")


@pytest.mark.parametrize(
    ("where", "ids"),
    [
        ("list_contains(genre, 'rock')", ["rock-a", "rock-b"]),
        ("genre = ['hiphop']", ["rap-a"]),
        ("stem = 'a' -- and so on", ["rap-a", "rock-a"]),
        ("artist IS NOT NULL", []),
        ("id IN (SELECT 'rock-b')", ["rock-b"]),
        ("NULL", []),
    ],
)
def test_a_condition_over_columns_and_lists_of_labels_chooses_clips(files: Path, where: str, ids: list[str]) -> None:
    card = little_card(clips=[BY_FOLDER], labels={"genre": GENRES})
    reading = read(card, files, where=where)
    assert reading.clips["id"].to_pylist() == ids
    assert sorted(set(reading.labels["id"].to_pylist())) == ids


@pytest.mark.parametrize(
    ("where", "problem"),
    [
        ("genr = 'rock'", r'"genr" not found[^$]*Candidate bindings: "genre"'),
        ("true) UNION SELECT * FROM (SELECT 1", "syntax error"),
        ("true; DROP TABLE clips", "modifiers in the expression list|single SELECT"),
        ("true, false", "single expression"),
        ("stem", "Could not convert string"),
        ("(SELECT count(*) FROM read_text('/etc/passwd')) > 0", "Cannot access file"),
        ("", "columns id, path"),
    ],
)
def test_a_condition_that_is_wrong_keeps_the_hint_of_duckdb(files: Path, where: str, problem: str) -> None:
    card = little_card(clips=[BY_FOLDER], labels={"genre": GENRES})
    if not where:
        assert read(card, files, where=where).clips.num_rows == 3
        return
    with pytest.raises(QueryError, match=problem) as caught:
        read(card, files, where=where)
    assert "list_contains(genre, 'rock')" in str(caught.value)


@pytest.mark.slow
def test_a_limit_keeps_the_same_clips_whatever_else_is_there(files: Path) -> None:
    card = little_card(clips=[BY_FOLDER])
    one, two = (set(read(card, files, limit=n).clips["id"].to_pylist()) for n in (1, 2))
    assert len(one) == 1
    assert len(two) == 2
    assert one < two
    (files / "rock" / "c.wav").write_bytes(b"RIFF")
    three = read(card, files, limit=3).clips["id"].to_pylist()
    assert three == sorted(three)
    assert read(card, files, limit=0).clips.num_rows == 0
    with pytest.raises(QueryError, match="A limit of -1 clips"):
        read(card, files, limit=-1)


# labels ------------------------------------------------------------------------------------------


def test_labels_are_given_as_written_and_as_the_vocabulary_has_them(files: Path) -> None:
    reading = read(little_card(clips=[BY_FOLDER], labels={"genre": GENRES}), files)
    assert rows(reading.labels) == [
        ("rap-a", "genre", "rap", "hiphop"),
        ("rock-a", "genre", "rock", "rock"),
        ("rock-b", "genre", "rock", "rock"),
    ]
    assert rows(reading.vocabulary) == [
        ("genre", 0, "rock", "rock", None, []),
        ("genre", 1, "hiphop", "hiphop", None, ["rap"]),
    ]


def test_labels_of_unknown_clips_empty_ones_and_repetitions_are_dropped_and_unknown_words_told(files: Path) -> None:
    tags = ("rock-a,Rock", "rock-a, Rock ", "rock-b,Schlager", "rap-a,Schlager", "rap-a,", "rap-a,' '", "gone,rock")
    listed(files, "\n".join(["clip,tag", *tags]))
    card = little_card(
        tables={"list": table(LISTED["select"], clip="VARCHAR", tag="VARCHAR")},
        clips=[BY_FOLDER],
        labels={
            "genre": {"select": "SELECT clip AS id, replace(tag, '''', '') AS label FROM list", "vocabulary": ["rock"]}
        },
    )
    reading = read(card, files)
    assert rows(reading.labels) == [
        ("rap-a", "genre", "Schlager", None),
        ("rock-a", "genre", "Rock", "rock"),
        ("rock-b", "genre", "Schlager", None),
    ]
    assert reading.issues[0] == Issue("unknown-label", "labels.genre", "'Schlager' is not in the vocabulary (2 clips)")


def test_a_clip_with_two_labels_of_a_single_namespace_is_an_issue(files: Path) -> None:
    both = "SELECT id, unnest(['rock', 'rap', 'hip hop']) AS label FROM clips WHERE stem = 'b'"
    for kind, issues in (("single", ["1 clip has more than one, such as rock-b"]), ("multi", [])):
        labels = {"genre": {"kind": kind, "select": both, "vocabulary": GENRES["vocabulary"]}}
        found = read(little_card(clips=[BY_FOLDER], labels=labels), files).issues
        assert [i.what for i in found if i.kind != "unmatched"] == issues


SPACE = LabelSpace.model_validate(
    {
        "part": "x",
        "vocabulary": [
            {"id": "hiphop", "name": "Hip-Hop", "code": "21", "aliases": ["rap"]},
            {"id": "rnb", "name": "R&B", "aliases": ["Rhythm & Blues", "soul"]},
            {"id": "c_major", "name": "C"},
            {"id": "c_sharp_major", "name": "C#"},
            {"id": "soul", "aliases": ["both"]},
            {"id": "gayageum", "name": "가야금", "aliases": ["both", "伽倻琴"]},
        ],
    }
)


@pytest.mark.parametrize(
    ("label", "id_"),
    [
        ("hiphop", "hiphop"),
        ("HIP HOP", "hiphop"),
        (" hip-hop ", "hiphop"),
        ("21", "hiphop"),
        ("rhythm&blues", "rnb"),
        ("r b", "rnb"),
        ("C", "c_major"),
        ("c#", "c_sharp_major"),
        ("Soul", "soul"),
        ("both", None),
        ("가야금", "gayageum"),
        ("伽倻琴!", "gayageum"),
        ("&", None),
        ("", None),
        ("jazz", None),
    ],
)
def test_spellings_lead_to_one_label_or_none(label: str, id_: str | None) -> None:
    assert canonical(SPACE)(label) == id_


def test_the_labels_of_an_open_namespace_are_their_own_ids(files: Path) -> None:
    space = {"open": True, "kind": "multi", "part": "genre"}
    reading = read(little_card(clips=[BY_FOLDER], labels={"genre": space}), files)
    assert reading.labels["canonical"].to_pylist() == ["rap", "rock", "rock"]
    assert reading.vocabulary.num_rows == 0
    assert reading.issues == ()


# all else that is said of clips --------------------------------------------------------------------


def test_texts_attributes_splits_and_faults_are_those_of_the_clips_that_are_there(files: Path) -> None:
    listed(files, "clip,text,words,part\nrock-a,loud,la la,train\nrock-b,quiet,,test\nrap-a,,,both\ngone,x,y,test\n")
    said = "SELECT clip AS id, {} FROM list"
    fault = {"kind": "corrupt", "action": "drop", "note": "noise", "source": "ears"}
    card = little_card(
        tables={"list": table(LISTED["select"], clip="VARCHAR", text="VARCHAR", words="VARCHAR", part="VARCHAR")},
        clips=[BY_FOLDER],
        captions={"select": said.format("text")},
        lyrics={"select": said.format("words AS text")},
        attributes={"select": said.format("'length' AS name, length(text) AS value")},
        splits={
            "official": {"title": "o", "parts": ["train", "test"], "select": said.format("part")},
            "twice": {
                "title": "t",
                "parts": ["train", "test"],
                "select": "SELECT id, 'test' AS part FROM clips UNION ALL SELECT 'rock-b', 'train'",
            },
        },
        faults=[{"ids": ["rock-b", "gone"], **fault}, {"ids": "rap-a", **fault}],
    )
    reading = read(card, files)
    assert rows(reading.captions) == [
        ("rock-a", "caption", "loud"),
        ("rock-a", "lyrics", "la la"),
        ("rock-b", "caption", "quiet"),
    ]
    assert rows(reading.attributes) == [("rock-a", "length", "4", None), ("rock-b", "length", "5", None)]
    assert rows(reading.splits) == [
        ("rap-a", "twice", "test"),
        ("rock-a", "official", "train"),
        ("rock-a", "twice", "test"),
        ("rock-b", "official", "test"),
    ]
    assert rows(reading.faults) == [
        ("rap-a", "corrupt", "drop", "noise", "ears", None),
        ("rock-b", "corrupt", "drop", "noise", "ears", None),
    ]
    assert reading.issues[:2] == (
        Issue("unknown-part", "splits.official", "'both' is none of the split's parts (1 clip)"),
        Issue("two-parts", "splits.twice", "rock-b is in test and train; left out"),
    )
    chosen = read(card, files, where="stem = 'b'")
    assert rows(chosen.captions) == [("rock-b", "caption", "quiet")]
    assert chosen.faults["id"].to_pylist() == chosen.attributes["id"].to_pylist() == ["rock-b"]


def test_what_a_card_does_not_have_is_an_empty_table_of_the_same_columns(files: Path) -> None:
    reading = read(little_card(clips=[BY_FOLDER]), files)
    assert reading.labels.schema.names == ["id", "namespace", "label", "canonical"]
    assert reading.captions.schema.names == ["id", "kind", "text"]
    assert reading.attributes.schema.names == ["id", "name", "value", "source"]
    assert reading.splits.schema.names == ["id", "split", "part"]
    assert reading.faults.schema.names == ["id", "kind", "action", "note", "source", "repair"]
    assert reading.vocabulary.schema.names == ["namespace", "ordinal", "label", "name", "parent", "aliases"]


# tables ---------------------------------------------------------------------------------------------


def one(select: str, **columns: str) -> Card:
    """A card whose clips are the rows of `list`."""
    return little_card(
        tables={"list": table(select, **columns)}, clips=[{"select": "SELECT x AS id, 'p' AS path, * FROM list"}]
    )


def test_several_files_are_one_table_and_junk_beside_them_is_none(files: Path) -> None:
    listed(files, "x\n1\n", "one/list.csv")
    listed(files, "x\n2\n", "two/list.csv")
    listed(files, "\x00\x05", "__MACOSX/one/list.csv")
    assert read(one("SELECT x FROM read_csv({path})", x="INTEGER"), files).clips["id"].to_pylist() == ["1", "2"]


def test_a_table_that_is_a_link_is_read(files: Path, tmp_path: Path) -> None:
    (tmp_path / "mine.csv").write_text("x\n7\n")
    (files / "list.csv").symlink_to(tmp_path / "mine.csv")
    assert read(one("SELECT x FROM read_csv({path})", x="INTEGER"), files).clips["id"].to_pylist() == ["7"]


def test_a_missing_table_is_told_with_its_pattern_and_folder(files: Path) -> None:
    with pytest.raises(ReadError, match=rf"no file matches '\*\*/list.csv' .*{files}.\nRun `mudata fetch tiny`"):
        read(one("SELECT x FROM read_csv({path})", x="INTEGER"), files)


def test_a_missing_optional_table_has_its_columns_and_no_rows(files: Path) -> None:
    who = table("SELECT * FROM read_csv({path})", optional=True, stem="VARCHAR", artist="VARCHAR", tags="VARCHAR[]")
    select = "SELECT stem || genre AS id, path, artist, tags FROM files LEFT JOIN list USING (stem)"
    card = little_card(tables={"list": who}, clips=[{"files": "{genre}/{stem}.wav", "select": select}])
    assert read(card, files).clips["artist"].to_pylist() == [None, None, None]


def test_a_missing_column_is_told_with_what_the_file_has(files: Path) -> None:
    listed(files, "y,z\n1,2\n", "sub/list.csv")
    with pytest.raises(ReadError, match=r"sub/list.csv: no column 'x' .*\nExpected: x, z. Got: y, z\."):
        read(one("SELECT * FROM read_csv({path})", x="INTEGER", z="INTEGER"), files)
    with pytest.raises(ReadError, match=r'sub/list.csv: .*Referenced column "x" not found'):
        read(one("SELECT x FROM read_csv({path})", x="INTEGER"), files)


def test_a_value_of_another_type_is_told_with_its_column(files: Path) -> None:
    listed(files, "x,y\n1,2\n2,two\n")
    with pytest.raises(ReadError, match=r"list.csv: column 'y' \(for tables.list\): expected INTEGER, got 'two'\."):
        read(one(LISTED["select"], x="VARCHAR", y="INTEGER"), files)


def test_only_declared_columns_are_kept(files: Path) -> None:
    listed(files, "x,secret\n1,2\n")
    assert "secret" not in read(one(LISTED["select"], x="VARCHAR"), files).clips.column_names


REJECTING = """SELECT * FROM read_csv({path}, header = false, skip = 1, auto_detect = false, quote = '"', escape = '"',
    store_rejects = true, columns = {'x': 'VARCHAR', 'y': 'VARCHAR'})"""


@pytest.mark.parametrize(
    ("text", "kept", "where", "what"),
    [
        ("x,y\n1,a\n2\n3,c\n", ["1", "3"], "list.csv:3", "Expected Number of Columns: 2 Found: 1"),
        ("x,y\n1,a\n2,b,c\n3,c\n", ["1", "3"], "list.csv:3", "Expected Number of Columns: 2 Found: 3"),
        ('x,y\n1,"two\nlines"\n2\n', ["1"], "list.csv:4", "Expected Number of Columns: 2 Found: 1"),
        ('x,y\n1,a\n2,"cut off', ["1"], "list.csv:3", "unterminated quote"),
    ],
)
def test_records_that_do_not_fit_are_issues_with_file_and_line(
    files: Path, text: str, kept: list[str], where: str, what: str
) -> None:
    listed(files, text)
    reading = read(one(REJECTING, x="VARCHAR", y="VARCHAR"), files)
    assert reading.clips["id"].to_pylist() == kept
    (issue,) = reading.issues
    assert (issue.kind, issue.where) == ("bad-record", where)
    assert what in issue.what


def test_many_bad_records_are_told_in_part_and_counted(files: Path) -> None:
    listed(files, "x,y\n1,a\n" + "bad\n" * 50)
    issues = read(one(REJECTING, x="VARCHAR", y="VARCHAR"), files).issues
    assert [i.where for i in issues[:2]] == ["list.csv:3", "list.csv:4"]
    assert issues[-1] == Issue("bad-record", "list.csv", "and 30 more records that do not fit")


def test_a_table_cannot_take_a_name_that_has_a_meaning(files: Path) -> None:
    listed(files, "x\n1\n")
    card = little_card(tables={"clips": table(LISTED["select"], x="VARCHAR")}, clips=[BY_FOLDER])
    with pytest.raises(CardError, match=r"tables\.clips: this name is taken"):
        read(card, files)


def test_any_other_name_is_free_for_a_table(files: Path) -> None:
    listed(files, "x\n1\n")
    words = (
        "found",
        "labels",
        "given",
        "spellings",
        "candidates",
        "kept",
        "chosen",
        "said",
        "rows",
        "faults",
        "matching",
    )
    fault = {"ids": "1", "kind": "corrupt", "action": "drop", "note": "noise", "source": "ears"}
    card = little_card(
        tables={word: table(LISTED["select"], x="VARCHAR") for word in words},
        clips=[{"select": "SELECT x AS id, 'p' AS path FROM found"}],
        labels={"genre": {"open": True, "select": "SELECT x AS id, 'rock' AS label FROM labels"}},
        captions={"select": "SELECT x AS id, 'text' AS text FROM said"},
        faults=[fault],
    )
    reading = read(card, files, where="id = '1'")
    assert (reading.labels.num_rows, reading.captions.num_rows, reading.faults.num_rows) == (1, 1, 1)


def test_reading_twice_gives_the_same(files: Path) -> None:
    listed(files, "x,y\n" + "".join(f"{n},{n % 7}\n" for n in range(5000)))
    card = one(REJECTING, x="VARCHAR", y="VARCHAR")
    first, second = read(card, files), read(card, files)
    assert first.clips.equals(second.clips)
    assert first.issues == second.issues


# what a card's SQL may not do ------------------------------------------------------------------------


@pytest.fixture
def outside(files: Path) -> Iterator[dict[str, str]]:
    """Places that a card must not reach: a file above its folder, and a server."""
    (files.parent / "secret.csv").write_text("x\n1\n")
    asked: list[str] = []

    class Server(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_error(404)

        do_HEAD = do_GET

    server = http.server.HTTPServer(("127.0.0.1", 0), Server)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield {
        "secret": str(files.parent / "secret.csv"),
        "files": str(files),
        "url": f"http://127.0.0.1:{server.server_port}",
    }
    server.shutdown()
    thread.join()
    server.server_close()
    assert asked == []


FORBIDDEN = [
    "SELECT x AS id, 'p' AS path FROM read_csv('{secret}')",
    "SELECT x AS id, 'p' AS path FROM read_csv('{files}/../secret.csv')",
    "SELECT x AS id, 'p' AS path FROM read_csv('../secret.csv')",
    "SELECT x AS id, 'p' AS path FROM '{secret}'",
    "SELECT file AS id, file AS path FROM glob('{files}/../*')",
    "SELECT file AS id, file AS path FROM glob('/etc/*')",
    "SELECT content AS id, 'p' AS path FROM read_text('/etc/passwd')",
    "SELECT content AS id, 'p' AS path FROM read_blob('~/.netrc')",
    "SELECT x AS id, 'p' AS path FROM read_csv('{url}/x.csv')",
    "SELECT getenv('HOME') AS id, 'p' AS path",
    "SELECT id, id AS path FROM card",
    "COPY (SELECT 1) TO '{files}/x.csv'",
    "WITH x AS (COPY (SELECT 1) TO '{files}/x.csv') SELECT 1 AS id, 'p' AS path",
    "ATTACH '{files}/x.db'",
    "INSTALL httpfs",
    "LOAD httpfs",
    "SET enable_external_access = true",
    "PRAGMA database_list",
    "CALL enable_logging()",
    "EXPORT DATABASE '{files}/x'",
    "INSERT INTO _found VALUES (1)",
    "SELECT 1 AS id, 'p' AS path; SELECT 2",
    "SELECT 1 AS id, 'p' AS path) AS x; COPY (SELECT 1) TO '{files}/x.csv'; SELECT * FROM (SELECT 1",
    "SELECT 1 AS id, 'p' AS path FROM enable_logging(storage = 'file', storage_path = '{files}/log')",
    "SELEC 1 AS id",
    "-- nothing at all",
]


@pytest.mark.parametrize("select", FORBIDDEN)
def test_the_sql_of_a_card_reads_below_its_folder_and_does_nothing_else(
    files: Path, outside: dict[str, str], select: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(files.parent)
    card = little_card(clips=[{"select": select.format(**outside)}])
    before = sorted(files.parent.rglob("*"))
    with pytest.raises(CardError, match="one SELECT; it may only read below its folder"):
        read(card, files)
    assert sorted(files.parent.rglob("*")) == before


@pytest.mark.parametrize("section", ["labels", "captions", "attributes", "splits", "tables"])
def test_every_select_of_a_card_is_held_to_that(files: Path, outside: dict[str, str], section: str) -> None:
    listed(files, "x\n1\n")
    bad = {
        "select": "SELECT x, x AS id, x AS label, x AS text, x AS name, x AS value, x AS part"
        f" FROM read_csv('{outside['secret']}')"
    }
    more: dict[str, Any] = {
        "labels": {"genre": {"open": True} | bad},
        "captions": bad,
        "attributes": bad,
        "splits": {"s": {"title": "s", "parts": ["x"]} | bad},
        "tables": {"list": {"path": "list.csv", "columns": {"x": "VARCHAR"}} | bad},
    }
    with pytest.raises(CardError, match=rf"(?s){section}.*may only read below its folder"):
        read(little_card(clips=[BY_FOLDER], **{section: more[section]}), files)


@pytest.mark.parametrize("type_", ["VARCHAR); COPY (SELECT 1) TO 'x", "INTEGER AS a, (SELECT 1", "'x'", ""])
def test_a_type_is_nothing_but_a_type(files: Path, type_: str) -> None:
    listed(files, "x\n1\n")
    with pytest.raises(CardError, match=r"tables\.list"):
        read(one(LISTED["select"], x=type_), files)
