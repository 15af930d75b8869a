"""YAML that somebody damaged, or wrote to do damage: refused with file and line."""

from __future__ import annotations

from pathlib import Path

import pytest

from mudata.errors import CardError
from mudata.yaml_files import read

LAUGHS = "a: &a [x, x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{chr(98 + i)}: &{chr(98 + i)} [{', '.join(['*' + chr(97 + i)] * 10)}]\n" for i in range(12)
)
MERGES = "a: &a {x: 1}\n" + "".join(
    f"{chr(98 + i)}: &{chr(98 + i)} {{<<: [{', '.join(['*' + chr(97 + i)] * 10)}]}}\n" for i in range(12)
)
CHAIN = "- &a0 [x]\n" + "".join(f"- &a{i + 1} [*a{i}]\n" for i in range(300))


def written(folder: Path, raw: bytes | str) -> Path:
    path = folder / "x.yaml"
    path.write_bytes(raw.encode() if isinstance(raw, str) else raw)
    return path


@pytest.mark.parametrize(
    ("raw", "line", "what"),
    [
        ("[" * 100_000, 1, "exceeded maximum nesting depth"),
        ("- " * 100_000, 1, "exceeded maximum nesting depth"),
        ("[" * 900 + "]" * 900, 1, "lists and mappings are nested more than 100 deep .column 101"),
        (CHAIN, 100, "lists and mappings are nested more than 100 deep"),
        (LAUGHS, 6, "its aliases stand for more than 1,000,000 values"),
        (MERGES, 7, "its aliases stand for more than 1,000,000 values"),
        ("a: 1\nb: &b [*b]\n", 2, "an alias that stands within what it stands for"),
        ("a: 1\nb: " + "9" * 10_000, 2, "a number of 10,000 digits; at most 64 bits are expected"),
        ("a: 18446744073709551616", 1, "a number of 20 digits"),
        ("a: 1\nb: 2\n'a': 3\n", 3, "the key 'a' is here again; it was first in line 1"),
        ("x:\n  - {a: 1, b: 2, b: 3}", 2, "the key 'b' is here again; it was first in line 2"),
        ("x: &x {a: 1}\ny: {<<: *x, b: 1, b: 2}", 2, "the key 'b' is here again"),
        ("a: b\n\tc: d", 2, "found a tab character where spaces are expected"),
        ('a: b\n\t"c": d', 2, "found a tab character where spaces are expected"),
        ("\ta: b", 1, "a tab, or a sign that cannot stand"),
        ("a: b: c", 1, "a colon that is no key's: put the text into quotes"),
        ("a: [1", 2, "did not find expected ',' or ']'"),
        ("a: 1\nb: {c: d", 3, "did not find expected ',' or '}'"),
        ("a: 'x", 1, "found unexpected end of stream"),
        (b"a: 1\nb: \x00", 2, "a byte that is no text .0x00.; UTF-8 is expected"),
        (b"a: 1\nb: caf\xe9", 2, "a byte that is no text .0xE9.; UTF-8 is expected"),
        ('a: 1\nb: "\\e[31m"', 2, "a control character .U.001B"),
        ('a: "\\0"', 1, "a control character .U.0000"),
        ('a: "\\ud800"', 1, "found invalid Unicode character escape code"),
        ("a: 1\n---\nb: 2", 2, "but found another document"),
        ("a: *nope", 1, "found undefined alias"),
        ("a: 1\n? [b]\n: 2", 2, "found unhashable key"),
        ("a: 1\nb: !!bool maybe", 2, "'maybe' is no !!bool"),
        ("b: !!int x", 1, "'x' is no !!int"),
        ("b: !!timestamp 2024-13-45", 1, "'2024-13-45' is no !!timestamp"),
        ("a: 1\nb: !!python/object:os.system {}", 2, "could not determine a constructor for the tag"),
    ],
)
def test_damage_is_told_with_its_line(tmp_path: Path, raw: bytes | str, line: int, what: str) -> None:
    with pytest.raises(CardError, match=rf"x\.yaml:{line}: not valid YAML: {what}"):
        read(written(tmp_path, raw))


@pytest.mark.parametrize(
    ("raw", "value"),
    [
        ("no: yes\non: off\ny: n", {"no": "yes", "on": "off", "y": "n"}),
        ("a: true\nb: False", {"a": True, "b": False}),
        ("a: 2024-01-02\nb: 2024-13-45", {"a": "2024-01-02", "b": "2024-13-45"}),
        ("a: [=, 1, 2.5, ~, 0x10]", {"a": ["=", 1, 2.5, None, 16]}),
        ("\ufeffa: 1", {"a": 1}),
        ("a:\t1", {"a": 1}),
        ("x: &x {a: 1, b: 2}\ny: {<<: *x, a: 3}", {"x": {"a": 1, "b": 2}, "y": {"a": 3, "b": 2}}),
        ("a: [1]\nb: {a: 1}", {"a": [1], "b": {"a": 1}}),
        ("", None),
        ("# nothing", None),
        ("a: -9223372036854775807", {"a": -9223372036854775807}),
    ],
)  # fmt: skip
def test_what_people_write_is_what_they_mean(tmp_path: Path, raw: str, value: object) -> None:
    assert read(written(tmp_path, raw)) == value


def test_a_file_that_is_none_is_told(tmp_path: Path) -> None:
    with pytest.raises(CardError, match=r"none\.yaml: cannot be read: No such file"):
        read(tmp_path / "none.yaml")
    with pytest.raises(CardError, match="cannot be read: Is a directory"):
        read(tmp_path)


def test_what_a_mapping_overrides_stays_overridden_where_it_is_merged_in_turn(tmp_path: Path) -> None:
    file = tmp_path / "card.yaml"
    file.write_text(
        "a: &a {n: 1, task: x, k: 1}\nb: &b {<<: *a, n: 2, task: y}\nc: {<<: *b, k: 3}\nd: {<<: [*b, *a]}\n"
    )
    assert read(file) == {
        "a": {"n": 1, "task": "x", "k": 1},
        "b": {"n": 2, "task": "y", "k": 1},
        "c": {"n": 2, "task": "y", "k": 3},
        "d": {"n": 2, "task": "y", "k": 1},
    }
