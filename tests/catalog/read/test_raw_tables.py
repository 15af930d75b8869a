"""Raw tables that are not what their names say, or not all of whose records fit: told by file and line."""

from __future__ import annotations

import gzip
import io
import json
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from little_card import little_card

from mudata.catalog.read.reader import DatasetContents, read
from mudata.csv_lines import csv_line
from mudata.errors import ReadError

if TYPE_CHECKING:
    from mudata.catalog.cards.schema import Card

CSV = "SELECT * FROM read_csv({path}, header = true, all_varchar = true)"
REJECTING = "SELECT * FROM read_csv({path}, header = true, all_varchar = true, store_rejects = true)"
JSON = "SELECT * FROM read_json({path})"
PARQUET = "SELECT * FROM read_parquet({path})"


def card(select: str = CSV, name: str = "list.csv", **more: Any) -> Card:
    """Clips that a table lists."""
    listed: dict[str, Any] = {
        "tables": {"list": {"path": name, "select": select, "columns": {"id": "VARCHAR", "path": "VARCHAR"}}},
        "clips": [{"select": "SELECT id, path FROM list"}],
    }
    return little_card(**listed | more)


def take(tmp_path: Path, raw: bytes | str, select: str = CSV, name: str = "list.csv") -> DatasetContents:
    (tmp_path / name).write_bytes(raw if isinstance(raw, bytes) else raw.encode())
    return read(card(select, name), tmp_path)


def ids(found: DatasetContents) -> list[str]:
    return found.clips["id"].to_pylist()


def told(found: DatasetContents) -> list[tuple[str, str]]:
    return [(issue.where, issue.what) for issue in found.issues]


def zipped(name: str) -> bytes:
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w") as archive:
        archive.writestr(name, "id,path\na,a.wav\n")
    return written.getvalue()


def parquet() -> bytes:
    written = io.BytesIO()
    pq.write_table(pa.table({"id": ["a"], "path": ["a.wav"]}), written)
    return written.getvalue()


LFS = b"version https://git-lfs.github.com/spec/v1\noid sha256:0123\nsize 3\n"
PAGE = b"\n<!DOCTYPE html>\n<html><body>404 Not Found</body></html>"


@pytest.mark.parametrize(
    ("raw", "what", "hint"),
    [
        (zipped("list.csv"), "a zip archive", "Unpack it"),
        (zipped("xl/workbook.xml"), r"an Excel workbook \(xlsx\)", "Save it as the text"),
        (gzip.compress(b"id,path\na,a.wav\n"), "a gzip file", "Unpack it"),
        (b"BZh91AY&SY", "a bzip2 file", "Unpack it"),
        (parquet(), "a Parquet file", "Save it as the text"),
        (b"SQLite format 3\0" + bytes(84), "an SQLite database", "Save it as the text"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(504), r"an Excel workbook \(xls\)", "Save it as the text"),
        (PAGE, r"a web page \(HTML\)", "fetch again"),
        (b"<HTML><HEAD>", r"a web page \(HTML\)", "fetch again"),
        (b'<?xml version="1.0"?><Error><Code>AccessDenied</Code></Error>', "XML", "fetch again"),
        (LFS, "a Git LFS pointer", "git lfs pull"),
        (b"", "empty", "fetch again"),
        (b" \r\n\n", "empty", "fetch again"),
        ("id,path\na,a.wav\n".encode("utf-16"), "UTF-16 text", "Save it as UTF-8"),
        (bytes(257) + b"ustar" + bytes(250), "a tar archive", "Unpack it"),
    ],
)
def test_a_file_under_a_name_that_is_not_its_own_is_told(tmp_path: Path, raw: bytes, what: str, hint: str) -> None:
    for select, name in ((CSV, "list.csv"), (CSV, "list.tsv"), (REJECTING, "list.csv"), (JSON, "list.jsonl")):
        with pytest.raises(ReadError, match=rf"{name} \(for tables\.list\) is {what}[\s\S]*{hint}"):
            take(tmp_path, raw, select, name)


@pytest.mark.parametrize(
    ("raw", "what"),
    [(b"", "empty"), (b"id,path\na,a.wav\n", "no Parquet file"), (PAGE, "a web page"), (zipped("a"), "a zip archive")],
)
def test_what_is_no_parquet_file_is_told(tmp_path: Path, raw: bytes, what: str) -> None:
    with pytest.raises(ReadError, match=rf"list.parquet \(for tables\.list\) is {what}[\s\S]*fetch again"):
        take(tmp_path, raw, PARQUET, "list.parquet")


def test_a_compressed_table_that_says_so_is_read(tmp_path: Path) -> None:
    packed = gzip.compress(b"id,path\na,a.wav\n")
    assert ids(take(tmp_path, packed, name="list.csv.gz")) == ["a"]
    assert ids(take(tmp_path, packed, CSV.replace("header", "compression = 'gzip', header"))) == ["a"]


def test_a_parquet_file_that_is_cut_short_is_named_without_advice(tmp_path: Path) -> None:
    with pytest.raises(ReadError, match=r"list\.parquet") as caught:
        take(tmp_path, parquet()[:-9], PARQUET, "list.parquet")
    assert "LINE" not in str(caught.value)


# ------------------------------------------------------------------------ blank rows


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ("id,path\na,a.wav\n,\n,\n", "list.csv"),
        ("id,path\n,\na,a.wav\n , \n", "list.csv"),
        ('id,path\na,a.wav\n"",""\r\n,', "list.csv"),
        ("id,path\na,a.wav\n,,,,\n,,,,\n", "list.csv"),
        ("id\tpath\na\ta.wav\n\t\n\t\n", "list.tsv"),
    ],
)
def test_blank_rows_are_left_out_and_counted(tmp_path: Path, text: str, where: str) -> None:
    found = take(tmp_path, text, name=where)
    assert (ids(found), told(found)) == (["a"], [(where, "2 blank rows left out")])


def test_one_blank_row_is_one(tmp_path: Path) -> None:
    assert told(take(tmp_path, "id,path\na,a.wav\n,\n")) == [("list.csv", "1 blank row left out")]


def test_rows_of_nulls_are_blank_in_json_and_parquet_too(tmp_path: Path) -> None:
    found = take(tmp_path, '{"id":"a","path":"a.wav"}\n{"id":null,"path":null}\n{}\n', JSON, "list.jsonl")
    assert (ids(found), told(found)) == (["a"], [("list.jsonl", "2 blank rows left out")])
    pq.write_table(pa.table({"id": ["a", None], "path": ["a.wav", ""]}), tmp_path / "list.parquet")
    found = read(card(PARQUET, "list.parquet"), tmp_path)
    assert (ids(found), told(found)) == (["a"], [("list.parquet", "1 blank row left out")])


# ------------------------------------------------------------------------ records that do not fit

SHORT = ("3", "1 field, expected 2: b")
BAD = [
    ("short", "id,path\na,a.wav\nb\nc,c.wav\n", [SHORT]),
    ("long", "id,path\na,a.wav\nb,b.wav,x\nc,c.wav\n", [("3", "3 fields, expected 2: b,b.wav,x")]),
    ("mixed and short", "id,path\r\na,a.wav\nb\r\nc,c.wav\n", [SHORT]),
    ("old Mac and short", "id,path\ra,a.wav\rb\rc,c.wav\r", [SHORT]),
    ("never closed", 'id,path\na,a.wav\nb,"b.wav\nc,c.wav\n', [("3", 'a quote that is never closed: b,"b.wav')]),
    ("several lines", 'id,path\na,a.wav\n"b\nb"\nc,c.wav\n', [("3", '1 field, expected 2: "b')]),
    ("two", 'id,path\na,a.wav\nb\nc,c.wav\nd,"e\n', [SHORT, ("5", 'a quote that is never closed: d,"e')]),
]


@pytest.mark.parametrize(("text", "faults"), [row[1:] for row in BAD], ids=[row[0] for row in BAD])
def test_a_record_that_does_not_fit_is_told_by_file_and_line(
    tmp_path: Path, text: str, faults: list[tuple[str, str]]
) -> None:
    with pytest.raises(ReadError, match=r"not fit:\n") as caught:
        take(tmp_path, text)
    shown = str(caught.value)
    assert [f"list.csv:{line}: {what}" for line, what in faults] == [
        line.strip() for line in shown.splitlines() if line.startswith("  ")
    ]
    assert "store_rejects = true" in shown
    assert not [word for word in ("strict_mode", "null_padding", "ignore_errors", "Possible") if word in shown]


@pytest.mark.parametrize(("text", "faults"), [row[1:] for row in BAD], ids=[row[0] for row in BAD])
def test_with_store_rejects_it_is_left_out_and_told(tmp_path: Path, text: str, faults: list[tuple[str, str]]) -> None:
    found = take(tmp_path, text, REJECTING)
    assert ids(found) == ["a", "c"]
    assert [where for where, _ in told(found)] == [f"list.csv:{line}" for line, _ in faults]


def test_line_ends_of_two_kinds_are_read(tmp_path: Path) -> None:
    found = take(tmp_path, 'id,path\r\na,a.wav\nb,"b.wav"\nc,c.wav\r\n')
    assert (ids(found), told(found)) == (["a", "b", "c"], [])


def test_tabs_and_semicolons_are_delimiters_too(tmp_path: Path) -> None:
    for sign in "\t;|":
        text = f"id{sign}path\na{sign}a.wav\nb\nc{sign}c.wav\n"
        with pytest.raises(ReadError, match=r"list\.tsv:3: 1 field, expected 2: b"):
            take(tmp_path, text, name="list.tsv")


def test_bytes_that_are_no_text_are_told_with_their_line(tmp_path: Path) -> None:
    with pytest.raises(ReadError, match=r"list\.csv:3: not UTF-8: byte 0xE9 stands here"):
        take(tmp_path, b"id,path\na,a.wav\nb,caf\xe9.wav\n")


def test_a_dialect_that_is_given_is_kept_to(tmp_path: Path) -> None:
    given = "SELECT * FROM read_csv({path}, auto_detect = false, header = true, delim = ';', quote = '', skip = 1,"
    given += " columns = {'id': 'VARCHAR', 'path': 'VARCHAR'})"
    assert ids(take(tmp_path, 'a title\nid;path\n"a;a.wav\n', given)) == ['"a']
    with pytest.raises(ReadError, match=r"list\.csv:4: 1 field, expected 2: b,b"):
        take(tmp_path, 'a title\nid;path\n"a;a.wav\nb,b\n', given)


def test_a_dialect_that_is_left_to_duckdb_is_told_by_line_without_advice(tmp_path: Path) -> None:
    given = "SELECT * FROM read_csv({path}, auto_detect = false, header = false, delim = '::', quote = '',"
    given += " columns = {'id': 'VARCHAR', 'path': 'VARCHAR'})"
    with pytest.raises(ReadError, match=r"list\.csv:2: .*Expected Number of Columns: 2 Found: 1") as caught:
        take(tmp_path, "a::a.wav\nb\n", given)
    assert "Possible" not in str(caught.value)


@pytest.mark.parametrize(
    ("raw", "name", "line"),
    [
        ('{"id":"a","path":"a.wav"}\n{"id":"b","path":\n{"id":"c","path":"c.wav"}\n', "list.jsonl", 2),
        ('[{"id":"a","path":"a.wav"},\n{"id":"b","pa', "list.json", 2),
    ],
)
def test_json_that_is_none_is_told_with_its_line(tmp_path: Path, raw: str, name: str, line: int) -> None:
    with pytest.raises(ReadError, match=rf"{name}:{line}: no JSON: ") as caught:
        take(tmp_path, raw, JSON, name)
    assert "sample_size" not in str(caught.value)


# ------------------------------------------------------------------------ rows that make one clip twice, or none


@pytest.mark.parametrize(
    ("raw", "select", "name", "where"),
    [
        ("id,path\na,a.wav\nb,b.wav\na,a.wav\n", CSV, "list.csv", r"a: list\.csv, lines 2 and 4"),
        ('id,path\n"a",a.wav\nb,"b\nb.wav"\n\na,a.wav\n'.replace("b\nb", "b"), CSV, "list.csv", "lines 2 and 5"),
        ("id\tpath\na\ta.wav\na\ta.wav\na\ta.wav\n", CSV, "list.tsv", r"list\.tsv, lines 2, 3 and 4"),
        ('{"id":"a","path":"a.wav"}\n' * 2, JSON, "list.jsonl", r"list\.jsonl, rows 1 and 2"),
    ],
)
def test_rows_that_are_there_twice_are_told_by_table_and_line(
    tmp_path: Path, raw: str, select: str, name: str, where: str
) -> None:
    with pytest.raises(ReadError, match=where) as caught:
        take(tmp_path, raw, select, name)
    assert "several rows of a table have the same clip id" in str(caught.value)
    assert "copied in twice" not in str(caught.value)


def test_rows_of_parquet_that_are_there_twice_are_told_by_number(tmp_path: Path) -> None:
    pq.write_table(pa.table({"id": ["a", "b", "a"], "path": ["a.wav", "b.wav", "a.wav"]}), tmp_path / "list.parquet")
    with pytest.raises(ReadError, match=r"a: list\.parquet, rows 1 and 3\nRemove all but one"):
        read(card(PARQUET, "list.parquet"), tmp_path)


def test_rows_without_an_id_or_a_path_are_left_out_and_told(tmp_path: Path) -> None:
    found = take(tmp_path, "id,path\na,a.wav\nb,\n,c.wav\n")
    assert ids(found) == ["a"]
    assert told(found) == [("clips", "2 rows give no id or no path, such as: id b, path missing; left out")]


# ------------------------------------------------------------------------ rows that name no clip, clips without one

GENRES = {"select": "SELECT id, genre AS label FROM tags", "vocabulary": ["rock"]}
TAGS = {"path": "tags.csv", "select": CSV, "columns": {"id": "VARCHAR", "genre": "VARCHAR"}, "optional": True}


def tagged(tmp_path: Path, tags: str, clips: str = "abcd", **more: Any) -> DatasetContents:
    """Clips of a list, with a table that the card joins."""
    (tmp_path / "list.csv").write_text("id,path\n" + "".join(f"{c},{c}.wav\n" for c in clips))
    (tmp_path / "tags.csv").write_text("id,genre\n" + tags)
    tables = {"list": {"path": "list.csv", "select": CSV, "columns": {"id": "VARCHAR", "path": "VARCHAR"}}}
    said = {"labels": {"genre": GENRES}} | more.pop("card", {})
    return read(card(tables=tables | {"tags": TAGS}, **said), tmp_path, **more)


@pytest.mark.parametrize(
    ("tags", "what"),
    [
        ("a,rock\nb,rock\nnope,rock\n", "1 of 3 label rows names no clip: nope; 2 clips have no label: c, d"),
        ("a,rock\nx,rock\ny,rock\n", "2 of 3 label rows name no clip: x, y; 3 clips have no label: b, c, d"),
        ("nope,rock\n", "1 of 1 label row names no clip: nope; 4 clips have no label: a, b, c, ..."),
        ("a,rock\nb,rock\nc,rock\n", "1 clip has no label: d"),
        ("".join(f"{c},rock\n" for c in "abcdefgh"), "4 of 8 label rows name no clip: e, f, g, ..."),
        ("a,rock\nb,rock\nc,rock\nd,rock\n", None),
        ("", None),
    ],
)
def test_labels_that_name_no_clip_and_clips_without_one_are_told(tmp_path: Path, tags: str, what: str | None) -> None:
    found = [(i.where, i.what) for i in tagged(tmp_path, tags).issues if i.kind == "unmatched"]
    assert found == ([("labels.genre", what)] if what else [])


def test_captions_lyrics_attributes_and_splits_are_told_too(tmp_path: Path) -> None:
    of = "SELECT id, {} FROM tags"
    sections = {
        "labels": {},
        "captions": {"select": of.format("genre AS text")},
        "lyrics": {"select": of.format("genre AS text")},
        "attributes": {"select": of.format("'x' AS name, genre AS value")},
        "splits": {"official": {"title": "o", "parts": ["train"], "select": of.format("'train' AS part")}},
    }
    found = {i.where: i.what for i in tagged(tmp_path, "a,x\nb,x\nc,x\nnope,x\n", card=sections).issues}
    assert found == {
        "captions": "1 of 4 caption rows names no clip: nope; 1 clip has no caption: d",
        "lyrics": "1 of 4 lyrics rows names no clip: nope; 1 clip has no lyrics: d",
        "attributes": "1 of 4 attribute rows names no clip: nope; 1 clip has no attribute: d",
        "splits.official": "1 of 4 split rows names no clip: nope",
    }


def test_a_part_of_the_clips_says_nothing_of_rows_of_others(tmp_path: Path) -> None:
    found = tagged(tmp_path, "a,rock\nb,rock\nnope,rock\n", where="id IN ('a', 'c')").issues
    assert [i.what for i in found] == ["1 clip has no label: c"]


def test_rows_about_another_subset_are_not_lost(tmp_path: Path) -> None:
    clips = [{"select": "SELECT id, path, if(id = 'a', 'small', 'large') AS subset FROM list"}]
    subsets = {"small": {"title": "s"}, "large": {"title": "l"}}
    said = {"clips": clips, "subsets": subsets, "default_subset": "small"}
    found = tagged(tmp_path, "a,rock\nb,rock\nnope,rock\n", card=said).issues
    assert [i.what for i in found] == ["1 of 3 label rows names no clip: nope"]


APOSTROPHES = ["'quoted'", "'b'", "'Round Midnight", "'a, b'", "=SUM(A1)", "+1", "-1", "@x", "it's", "''"]


@pytest.mark.parametrize("some", [APOSTROPHES, APOSTROPHES[:2], APOSTROPHES[3:4], APOSTROPHES[4:8]])
@pytest.mark.parametrize("select", [CSV, REJECTING])
def test_signs_that_other_programs_take_for_quotes_and_formulas_are_kept(
    tmp_path: Path, some: list[str], select: str
) -> None:
    found = take(tmp_path, "".join(map(csv_line, [["id", "path"], *([name, "x.wav"] for name in some)])), select)
    assert (sorted(ids(found)), told(found)) == (sorted(some), [])


def test_a_table_in_apostrophes_is_read_as_such(tmp_path: Path) -> None:
    assert ids(take(tmp_path, "'id','path'\n'a, b','x.wav'\n'c','y.wav'\n")) == ["a, b", "c"]


@pytest.mark.parametrize(
    ("values", "texts"),
    [
        ([1, "b"], ["1", "b"]),
        (["007", 7], ["007", "7"]),
        ([1.5, 'x"y', "ü"], ["1.5", 'x"y', "ü"]),
        ([True, "x", 12345678901234567890123], ["true", "x", "12345678901234567890123"]),
        ([1, 2], ["1", "2"]),
    ],
)
@pytest.mark.parametrize("name", ["list.json", "list.jsonl"])
def test_ids_of_several_types_are_their_texts(tmp_path: Path, name: str, values: list[Any], texts: list[str]) -> None:
    rows = [json.dumps({"id": value, "path": f"{n}.wav"}) for n, value in enumerate(values)]
    raw = "\n".join(rows) if name.endswith("l") else f"[{','.join(rows)}]"
    assert sorted(ids(take(tmp_path, raw, JSON, name))) == sorted(texts)


def test_a_missing_id_among_several_types_is_missing(tmp_path: Path) -> None:
    raw = '[{"id": 1, "path": "a"}, {"id": "b", "path": "b"}, {"id": null, "path": "c"}]'
    found = take(tmp_path, raw, JSON, "list.json")
    assert sorted(ids(found)) == ["1", "b"]
    assert "id missing, path c" in told(found)[0][1]
