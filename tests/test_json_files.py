"""JSON and text that somebody damaged: refused with the place, or taken for what it means."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from mudata.errors import FetchError, HomeError
from mudata.json_files import DEEPEST, NotJson, is_number, parse, read_as, read_object, read_text


@pytest.mark.parametrize(
    ("raw", "what"),
    [
        ("[" * 100_000, r"line 1 is no JSON: lists and objects are nested more than 100 deep \(column 101\)"),
        ('{"a":\n' * 50_000, r"line 101 is no JSON: lists and objects are nested more than 100 deep \(column 1\)"),
        ("[" * (DEEPEST + 1) + "]" * (DEEPEST + 1), "line 1 is no JSON: lists and objects are nested"),
        ('{"a": 1,\n "b": ' + "9" * 5_000 + "}", r"line 2 is no JSON: a number of 5,000 digits \(column 7\)"),
        ("[1, -" + "8" * 5_000 + "]", r"line 1 is no JSON: a number of 5,001 digits \(column 5\)"),
        ("", "line 1 is no JSON: it is empty"),
        ("\n", "is no JSON: it is empty"),
        ('{"a": 1', r"line 1 is no JSON: it is cut short \(column 8\)"),
        ('{"a": "b', r"line 1 is no JSON: it is cut short \(column 7\)"),
        ('{\n"a": }', r"line 2 is no JSON: Expecting value \(column 6\)"),
        ("{} {}", r"line 1 is no JSON: Extra data \(column 4\)"),
        (b'{"a":\n "\xff"}', r"line 2 is no JSON: not UTF-8 text \(invalid start byte: byte 0xff\) \(column 3\)"),
        (b"\0\0\0\0", "line 1 is no JSON: zero bytes, as a power cut leaves them"),
        (b'{"a": "\x00"}', r"line 1 is no JSON: zero bytes, .* \(column 8\)"),
        (b"\xff\xfe{", r"is no JSON: not UTF-8 text \(truncated data"),
    ],
)
def test_what_would_stop_a_program_is_told_with_its_place(raw: str | bytes, what: str) -> None:
    with pytest.raises(NotJson, match=what):
        parse(raw)


@pytest.mark.parametrize(
    ("raw", "value"),
    [
        (b'\xef\xbb\xbf{"a": 1}', {"a": 1}),
        ('{"a": "é"}'.encode("utf-16"), {"a": "é"}),
        (b' \r\n{"a": [1, 2.5, null, true]}\n\n', {"a": [1, 2.5, None, True]}),
        (b'{"a": "\\ud83d", "\\udcff": ["\\udc00x"]}', {"a": "?", "?": ["?x"]}),
        (b'{"a": "\\ud83c\\udfb5"}', {"a": "\U0001f3b5"}),
        (b'{"a": "\\\\ud83d"}', {"a": "\\ud83d"}),
        (b'{"a": "\\u0000"}', {"a": "\0"}),
        (b'"' + b"[" * 5_000 + b'"', "[" * 5_000),
        (b"[" * DEEPEST + b"]" * DEEPEST, None),
        (b'{"a": [[], [], {}]' + b', "b": [{"c": []}]' * 200 + b"}", None),
        (b'{"a": 1, "a": 2}', {"a": 2}),
    ],
)
def test_what_other_programs_write_is_taken(raw: bytes, value: object) -> None:
    assert parse(raw) == value or value is None


def test_numbers_that_are_none_are_known() -> None:
    assert [is_number(value) for value in parse("[NaN, Infinity, -Infinity, 1e999, true, null]")] == [False] * 6
    assert not is_number(parse("1" * 400))
    assert not is_number("1")
    assert all(is_number(value) for value in (0, -1, 2.5, 1e308))
    assert math.isnan(parse("NaN"))


class Pair(NamedTuple):
    name: str
    size: int


def test_a_file_gives_what_was_asked_for_or_its_owner_is_told(tmp_path: Path) -> None:
    path = tmp_path / "x.json"
    path.write_text('{"a": [["b", 1]]}')
    assert read_object(path, ("a",)) == {"a": [["b", 1]]}
    assert read_as(path, dict[str, list[Pair]]) == {"a": [Pair("b", 1)]}
    with pytest.raises(HomeError, match=r"x\.json cannot be read: it has no b\.\nDelete it\."):
        read_object(path, ("b",), hint="Delete it.", error=HomeError)
    with pytest.raises(FetchError, match=r"cannot be read: a\.0\.1: a text is expected, not 1\.\nDelete it"):
        read_as(path, dict[str, list[tuple[str, str]]], hint="Delete it.", error=FetchError)
    assert read_object(tmp_path / "none", missing_ok=True) == {}
    with pytest.raises(HomeError, match="none cannot be read: No such file"):
        read_object(tmp_path / "none", error=HomeError)
    with pytest.raises(HomeError, match="cannot be read: Is a directory"):
        read_object(tmp_path, error=HomeError)


@pytest.mark.parametrize(
    ("text", "kind"),
    [("[1]", "a list"), ("1", "a number"), ("null", "null"), ("true", "true"), ('"x"', "a text")],
)
def test_another_kind_of_value_is_named(tmp_path: Path, text: str, kind: str) -> None:
    (tmp_path / "x.json").write_text(text)
    with pytest.raises(HomeError, match=f"cannot be read: it is no JSON object but {kind}"):
        read_object(tmp_path / "x.json", error=HomeError)


@pytest.mark.parametrize("raw", ["Genre é?\n".encode(), "\ufeffGenre é?".encode(), "Genre é?".encode("utf-16")])
def test_a_text_is_read_in_the_encodings_of_editors(tmp_path: Path, raw: bytes) -> None:
    (tmp_path / "x.txt").write_bytes(raw)
    assert read_text(tmp_path / "x.txt", "The prompt file") == "Genre é?"


@pytest.mark.parametrize(
    ("name", "what"),
    [
        ("latin", r"is not UTF-8 text .*, line 2.\nSave it as UTF-8"),
        ("gone", "cannot be read: No such file"),
        ("a\0b", "cannot be read: .*null byte"),
    ],
)
def test_a_text_that_is_none_is_told(tmp_path: Path, name: str, what: str) -> None:
    (tmp_path / "latin").write_bytes(b"a\nb\xe9\n")
    path: Any = tmp_path / name
    with pytest.raises(HomeError, match=rf"The prompt file .* {what}"):
        read_text(path, "The prompt file", error=HomeError)
