"""Files of the user's own: looked for, put in place, recognised in a ledger."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from mudata.catalog.fetch import own_files
from mudata.catalog.fetch.ledger import FetchRecord
from mudata.catalog.read.files import Walk
from mudata.errors import FetchError
from mudata.narration import SILENT


def test_a_folder_has_its_files_and_a_file_itself(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    for name in ("a/1.wav", "b.csv"):
        (tmp_path / name).touch()
    assert own_files.files_of(tmp_path, SILENT) == (tmp_path, Walk([("a/1.wav", 0), ("b.csv", 0)]))
    assert own_files.files_of(tmp_path / "b.csv", SILENT) == (tmp_path, Walk([("b.csv", 0)]))


def test_a_path_without_anything_is_told(tmp_path: Path) -> None:
    assert own_files.existing(tmp_path, "a folder") == tmp_path
    with pytest.raises(FetchError, match=r"There is no .*nowhere\.\nGive a folder or a file that exists\."):
        own_files.existing(tmp_path / "nowhere", "a folder or a file")


def test_own_files_are_told_from_downloads() -> None:
    label = own_files.label(["/a", Path("/b")])
    assert label == "own files: /a, /b"
    assert own_files.is_own(FetchRecord(component="x", mirror=label, files={}))
    assert not own_files.is_own(FetchRecord(component="x", mirror="http a.org", files={}))


@pytest.mark.parametrize("relative", [True, False])
def test_a_link_replaces_what_was_there(tmp_path: Path, relative: bool) -> None:
    source, target = tmp_path / "mine" / "a.wav", tmp_path / "files" / "deep" / "a.wav"
    source.parent.mkdir()
    source.write_bytes(b"sound")
    for _ in range(2):
        own_files.link(source, target, relative=relative)
        assert target.is_symlink()
        assert target.samefile(source)
    assert target.readlink().is_absolute() is not relative


@pytest.mark.parametrize("refused", [("symlink_to",), ("symlink_to", "link")])
def test_without_links_a_file_is_linked_hard_or_copied(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, refused: tuple[str, ...]
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise OSError(1, "no links here")

    (tmp_path / "a").write_bytes(b"sound")
    os.utime(tmp_path / "a", ns=(1, 1))
    monkeypatch.setattr(Path, "symlink_to", refuse)
    if "link" in refused:
        monkeypatch.setattr(os, "link", refuse)
    own_files.link(tmp_path / "a", tmp_path / "b")
    assert (tmp_path / "b").samefile(tmp_path / "a") is ("link" not in refused)
    assert ((tmp_path / "b").read_bytes(), (tmp_path / "b").stat().st_mtime_ns) == (b"sound", 1)
    assert not list(tmp_path.glob(".*"))
