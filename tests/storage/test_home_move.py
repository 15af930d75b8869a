"""The whole home goes elsewhere, and everything is found again."""

from __future__ import annotations

import errno
import os
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb
import pytest
from shell import typed

import mudata
from mudata.catalog.index.query import run as ask
from mudata.errors import Busy, HomeError
from mudata.home import Home

if TYPE_CHECKING:
    from small_corpus import Corpus

    from mudata.evaluation.run import Run


@pytest.fixture
def another_disk(monkeypatch: pytest.MonkeyPatch, corpus: Corpus, tmp_path: Path) -> Path:
    """A place to which the home cannot be renamed, as on another file system."""
    place, rename = tmp_path / "disk" / "mudata", Path.rename

    def refuse(self: Path, target: Path) -> Path:
        if Path(target) == place and self == corpus.home.root:
            raise OSError(errno.EXDEV, "Invalid cross-device link")
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", refuse)
    return place


def check_whole(new: Home, run: Run) -> None:
    """The index, its database for other programs, links, clips and runs are there."""
    assert ask(new, "SELECT count(*) FROM clips").fetchall() == [(12,)]
    assert ask(new, "SELECT run FROM runs").fetchall() == [(run.id,)]
    with duckdb.connect(new.index / "mudata.duckdb", read_only=True) as other:
        assert other.sql("SELECT count(*) FROM clips").fetchall() == [(12,)]
    assert (new.raw("tones") / "files" / "linked.wav").read_bytes() == b"x" * 5000
    assert (new.clips("tones", "native") / "00.flac").is_file()
    assert not list(new.root.parent.glob(".*.moving"))


def test_on_the_same_disk_it_is_one_rename(run: Run, corpus: Corpus, tmp_path: Path) -> None:
    old = corpus.home.root
    inode = (old / "index").stat().st_ino
    new = mudata.move_home(tmp_path / "deep" / "place")
    assert new == tmp_path / "deep" / "place"
    assert (new / "index").stat().st_ino == inode
    assert not old.exists()
    check_whole(Home(new), run)


def test_to_another_disk_it_is_copied_and_the_old_one_goes(run: Run, corpus: Corpus, another_disk: Path) -> None:
    assert mudata.move_home(another_disk) == another_disk
    assert not corpus.home.root.exists()
    assert not (another_disk / ".moved-from").exists()
    check_whole(Home(another_disk), run)


@pytest.mark.parametrize("moment", ["copying", "copied", "clearing"])
def test_stopped_on_the_way_to_another_disk_the_same_call_goes_on(
    run: Run, corpus: Corpus, another_disk: Path, monkeypatch: pytest.MonkeyPatch, moment: str
) -> None:
    import shutil

    with monkeypatch.context() as patch:
        copied = [0]

        def copy(source: Path, target: Path) -> None:
            copied[0] += 1
            if copied[0] == 5:
                raise KeyboardInterrupt
            real(source, target)

        def stop(*_: object) -> None:
            raise KeyboardInterrupt

        real = shutil.copy2
        if moment == "copying":
            patch.setattr(shutil, "copy2", copy)
        elif moment == "copied":
            patch.setattr(os, "sync", stop)
        else:
            patch.setattr(shutil, "rmtree", stop)
        with pytest.raises(KeyboardInterrupt):
            mudata.move_home(another_disk)
    assert corpus.home.root.exists() == (moment != "clearing")
    mudata.move_home(another_disk)
    assert not corpus.home.root.exists()
    check_whole(Home(another_disk), run)


def test_what_was_removed_between_two_attempts_does_not_come_back(
    run: Run, corpus: Corpus, another_disk: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(os, "sync", lambda: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            mudata.move_home(another_disk)
    (corpus.home.raw("tones") / "files" / "copied.wav").unlink()
    mudata.move_home(another_disk)
    assert not (Home(another_disk).raw("tones") / "files" / "copied.wav").exists()


def test_a_link_can_be_left_and_goes_along_with_the_next_move(run: Run, corpus: Corpus, tmp_path: Path) -> None:
    mudata.move_home(tmp_path / "one", link=True)
    assert corpus.home.root.readlink() == tmp_path / "one"
    check_whole(corpus.home, run)
    mudata.move_home(tmp_path / "two")
    assert corpus.home.root.readlink() == tmp_path / "two"
    assert not (tmp_path / "one").exists()
    check_whole(corpus.home, run)


def test_stopped_before_the_link_the_same_call_makes_it(run: Run, corpus: Corpus, tmp_path: Path) -> None:
    mudata.move_home(tmp_path / "one")
    mudata.move_home(tmp_path / "one", link=True)
    check_whole(corpus.home, run)


def test_relative_links_out_of_the_home_stay_true(run: Run, corpus: Corpus, tmp_path: Path) -> None:
    link = corpus.home.raw("tones") / "files" / "linked.wav"
    link.unlink()
    link.symlink_to(os.path.relpath(tmp_path / "own" / "one.wav", link.parent))
    mudata.move_home(tmp_path / "much" / "deeper" / "place")
    check_whole(Home(tmp_path / "much" / "deeper" / "place"), run)


def test_a_place_that_is_not_free_is_refused(corpus: Corpus, tmp_path: Path) -> None:
    for place in (tmp_path / "own", corpus.home.root / "inside", corpus.home.root.parent, corpus.home.root):
        with pytest.raises(HomeError, match=r"is there already|lie in one another"):
            mudata.move_home(place)
    assert (corpus.home.root / "index").is_dir()


def test_a_home_at_work_stays(corpus: Corpus, tmp_path: Path) -> None:
    with corpus.home.lock("fetch-tones"), pytest.raises(Busy, match="fetch-tones"):
        mudata.move_home(tmp_path / "place")
    assert not (tmp_path / "place").exists()


def test_a_home_that_is_not_there_is_told(home: Home, tmp_path: Path) -> None:
    home.root.rmdir()
    with pytest.raises(HomeError, match="There is no home"):
        mudata.move_home(tmp_path / "place")


def test_mv_prints_the_line_to_set(corpus: Corpus, tmp_path: Path) -> None:
    done = typed("mv", "--home", tmp_path / "my place")
    assert done.code == 0
    assert done.out == f"export MUDATA_HOME='{tmp_path / 'my place'}'\n"


@pytest.mark.skipif(not os.access("/dev/shm", os.W_OK), reason="there is no second file system here")
def test_between_two_real_file_systems(run: Run, corpus: Corpus) -> None:
    import tempfile

    with tempfile.TemporaryDirectory(dir="/dev/shm") as folder:
        if Path(folder).stat().st_dev == corpus.home.root.stat().st_dev:
            pytest.skip("both are one file system")
        new = mudata.move_home(Path(folder) / "mudata")
        assert not corpus.home.root.exists()
        check_whole(Home(new), run)
