from __future__ import annotations

import os
from pathlib import Path

import pytest

from mudata.catalog.read.files import left_for_case, look_through, match_all


def lay(root: Path, *paths: str) -> Path:
    for path in paths:
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(path.encode())
    return root


def link(at: Path, to: str | Path) -> None:
    at.parent.mkdir(parents=True, exist_ok=True)
    at.symlink_to(to)


def paths(root: Path) -> list[str]:
    return [path for path, _ in look_through(root).files]


def test_linked_folders_are_followed_once_each(tmp_path: Path) -> None:
    lay(tmp_path / "disk", "rock/a.wav", "jazz/b.wav")
    root = lay(tmp_path / "set", "pop/c.wav")
    for name, to in (("rock", "rock"), ("again", "rock"), ("jazz", "jazz")):
        link(root / name, tmp_path / "disk" / to)
    found = look_through(root)
    assert [path for path, _ in found.files] == ["again/a.wav", "jazz/b.wav", "pop/c.wav"]
    assert found.left_out == {"leads to a folder that was come to already": ["rock"]}
    assert found.linked == {"again": f"{tmp_path}/disk/rock", "jazz": f"{tmp_path}/disk/jazz"}


def test_links_within_linked_folders_are_followed(tmp_path: Path) -> None:
    lay(tmp_path / "far", "x/a.wav")
    link(tmp_path / "disk" / "deep" / "far", tmp_path / "far")
    link(tmp_path / "set" / "all", tmp_path / "disk")
    assert paths(tmp_path / "set") == ["all/deep/far/x/a.wav"]


@pytest.mark.parametrize("to", [".", "..", "../..", "../../set"])
def test_a_link_to_a_folder_that_it_lies_in_is_told(to: str, tmp_path: Path) -> None:
    root = lay(tmp_path / "set", "rock/a.wav")
    link(root / "rock" / "loop", to)
    found = look_through(root)
    assert [path for path, _ in found.files] == ["rock/a.wav"]
    assert found.left_out == {"leads back to a folder that it lies in": ["rock/loop"]}


def test_links_that_lead_to_each_other_are_told(tmp_path: Path) -> None:
    root = lay(tmp_path / "set", "a.wav")
    link(root / "x", "y")
    link(root / "y", "x")
    link(root / "self.wav", "self.wav")
    link(root / "lost.wav", "nowhere")
    found = look_through(root)
    assert [path for path, _ in found.files] == ["a.wav"]
    assert sorted(path for left_out in found.left_out.values() for path in left_out) == [
        "lost.wav",
        "self.wav",
        "x",
        "y",
    ]
    assert found.left_out["leads nowhere"] == ["lost.wav"]


def test_two_folders_that_link_to_each_other_end(tmp_path: Path) -> None:
    root = lay(tmp_path, "a/x.wav", "b/y.wav")
    link(root / "a" / "to_b", root / "b")
    link(root / "b" / "to_a", root / "a")
    found = look_through(root / "a")
    assert [path for path, _ in found.files] == ["to_b/y.wav", "x.wav"]


def test_the_root_may_be_a_link(tmp_path: Path) -> None:
    lay(tmp_path / "disk", "a.wav")
    link(tmp_path / "set", tmp_path / "disk")
    assert paths(tmp_path / "set") == ["a.wav"]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may look into everything")
def test_a_folder_without_permission_is_told(tmp_path: Path) -> None:
    root = lay(tmp_path, "a.wav", "closed/b.wav")
    (root / "closed").chmod(0)
    found = look_through(root)
    (root / "closed").chmod(0o700)
    assert found.left_out == {"cannot be looked at (Permission denied)": ["closed/"]}


def test_a_folder_that_is_not_there_is_empty(tmp_path: Path) -> None:
    assert look_through(tmp_path / "none").files == []


@pytest.mark.parametrize(
    ("there", "matching", "left"),
    [
        (["rock/a.WAV", "ROCK/b.wav", "rock/c.wav"], ["rock/a.WAV", "ROCK/b.wav", "rock/c.wav"], []),
        (["rock/a.WAV", "rock/a.wav"], ["rock/a.wav"], ["rock/a.WAV"]),
        (["rock/a.WAV", "rock/A.wav", "rock/b.Wav"], ["rock/A.wav", "rock/b.Wav"], ["rock/a.WAV"]),
        (["rock/a.WAV", "rock/a.Wav"], [], ["rock/a.WAV", "rock/a.Wav"]),
        (["rock/Ä.WAV", "rock/ä.wav"], ["rock/ä.wav"], ["rock/Ä.WAV"]),
        (["rock/.a.WAV", "rock/a.mp3", "rock/A.mp3"], [], []),
    ],
)
def test_case_does_not_count_where_no_two_files_differ_by_it_alone(
    there: list[str], matching: list[str], left: list[str]
) -> None:
    entries = [(path, 1) for path in there]
    assert [path for path, _, _ in match_all(entries, ["{genre}/{stem}.wav"])] == matching
    assert left_for_case(entries, ["{genre}/{stem}.wav"]) == left
