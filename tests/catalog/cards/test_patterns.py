"""Path patterns of cards, and the walk over a dataset's files."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from mudata.catalog.cards import loader
from mudata.catalog.cards.patterns import Pattern
from mudata.catalog.read.files import match_all, walk, wanted
from mudata.errors import CardError


@pytest.mark.parametrize(
    ("pattern", "path", "parts"),
    [
        ("**/{genre}/{stem}.wav", "rock/a.wav", {"genre": "rock", "stem": "a"}),
        ("**/{genre}/{stem}.wav", "x/y/rock/a.wav", {"genre": "rock", "stem": "a"}),
        ("**/{genre}/{stem}.wav", "a.wav", None),
        ("**/{stem}.wav", "a.wav", {"stem": "a"}),
        ("{stem}.wav", "x/a.wav", None),
        ("{stem}.wav", "a.b.wav", {"stem": "a.b"}),
        ("*.txt", "x/a.txt", None),
        ("*.txt", ".txt", {}),
        ("a?.txt", "ab.txt", {}),
        ("a?.txt", "a/.txt", None),
        ("audio/**", "audio/x/y.wav", {}),
        ("audio/**", "audio", None),
        ("**/{genre}/{genre}.{n}.wav", "rock/rock.1.wav", {"genre": "rock", "n": "1"}),
        ("**/{genre}/{genre}.{n}.wav", "rock/pop.1.wav", None),
        ("{n:[0-9]{3}}.mid", "012.mid", {"n": "012"}),
        ("{n:[0-9]{3}}.mid", "0123.mid", None),
        ("{kind:wav|au}/x", "au/x", {"kind": "au"}),
        ("a[1].wav", "a[1].wav", {}),
        ("a[1].wav", "a1.wav", None),
        ("{stem}.wav", "Ünï cödé.wav", {"stem": "Ünï cödé"}),
        ("{stem}.wav", "new\nline.wav", {"stem": "new\nline"}),
        ("{stem:(?i:.*[.]wav)}", "A.WAV", {"stem": "A.WAV"}),
    ],
)
def test_a_pattern_matches_whole_paths_and_names_their_parts(
    pattern: str, path: str, parts: dict[str, str] | None
) -> None:
    assert Pattern(pattern).match(path) == parts


@pytest.mark.parametrize(
    ("pattern", "problem"),
    [
        ("{stem", "a brace is not closed"),
        ("{}", "is not a named part"),
        ("{Stem}.wav", "is not a named part"),
        ("{1st}.wav", "is not a named part"),
        ("{stem:}.wav", "is not a named part"),
        ("{stem:(}.wav", "is not valid"),
    ],
)
def test_a_malformed_pattern_is_an_error_of_the_card(pattern: str, problem: str) -> None:
    with pytest.raises(CardError, match=f"{re.escape(pattern)}.*{problem}"):
        Pattern(pattern)


def write(root: Path, *paths: str) -> None:
    for path in paths:
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(b"12345")


def test_a_scan_gives_paths_sizes_and_parts_sorted_by_path(tmp_path: Path) -> None:
    write(tmp_path, "b/x.wav", "a/y.wav", "a-b/z.wav", "a/y.txt", "w.wav")
    assert list(match_all(walk(tmp_path), ["{genre}/{stem}.wav", "*.txt"])) == [
        ("a-b/z.wav", 5, {"genre": "a-b", "stem": "z"}),
        ("a/y.wav", 5, {"genre": "a", "stem": "y"}),
        ("b/x.wav", 5, {"genre": "b", "stem": "x"}),
    ]


def test_the_first_pattern_that_matches_gives_the_parts(tmp_path: Path) -> None:
    write(tmp_path, "a/1.wav")
    assert list(match_all(walk(tmp_path), ["{first}/1.wav", "{second}/*.wav"])) == [("a/1.wav", 5, {"first": "a"})]


def test_junk_of_archives_and_desktops_is_left_out(tmp_path: Path) -> None:
    write(tmp_path, "a.wav", "._a.wav", "__MACOSX/b.wav", "x/__MACOSX/y/c.wav", ".git/objects/d.wav", ".hidden.wav")
    assert [path for path, _, _ in match_all(walk(tmp_path), ["**/{stem}.wav"])] == ["a.wav"]


def test_a_pattern_of_ignore_hides_all_that_lies_below_a_folder(tmp_path: Path) -> None:
    write(tmp_path, "old/a.wav", "x/old/b/c.wav", "older/d.wav")
    assert [path for path, _, _ in match_all(walk(tmp_path), ["**/*.wav"], ignore=["**/old"])] == ["older/d.wav"]


def test_links_to_files_are_followed_and_links_to_folders_are_not(tmp_path: Path) -> None:
    write(tmp_path, "own/a.wav", "set/b.wav")
    (tmp_path / "set" / "a.wav").symlink_to(tmp_path / "own" / "a.wav")
    (tmp_path / "set" / "round").symlink_to(tmp_path)
    (tmp_path / "set" / "lost.wav").symlink_to(tmp_path / "nowhere")
    assert walk(tmp_path / "set") == [("a.wav", 5), ("b.wav", 5)]


def test_a_folder_that_is_not_there_is_empty(tmp_path: Path) -> None:
    assert walk(tmp_path / "nowhere") == []


def test_wanted_are_the_clips_and_the_tables_of_a_card_wherever_they_lie() -> None:
    is_wanted = wanted(loader.load("gtzan"))
    assert is_wanted("Data/genres_original/blues/blues.00000.wav")
    assert is_wanted("genres/blues/blues.00000.au")
    assert is_wanted("sturm/index.txt")
    assert not is_wanted("Data/images_original/blues/blues00000.png")
    assert not is_wanted("Data/features_3_sec.csv")
    assert not is_wanted("__MACOSX/genres/blues/blues.00000.wav")
    assert not is_wanted("genres/blues/._blues.00000.wav")
    assert not is_wanted("genres/input.mf")
