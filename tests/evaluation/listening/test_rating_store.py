"""The store of ratings: all or nothing, one after the other, and clear words where it cannot be used."""

from __future__ import annotations

import resource
import sqlite3
import threading
from pathlib import Path

import pytest

from mudata.errors import EvaluationError
from mudata.evaluation.listening.rating_store import (
    SCHEMA,
    AnsweredMeanwhile,
    NotKept,
    RaterRecord,
    Rating,
    RatingStore,
)


def said(value: str, trial: str = "t1", rater: str = "r01", heard_s: float | None = 9.5) -> list[Rating]:
    return [Rating(rater=rater, trial=trial, aspect=a, value=value, heard_s=heard_s) for a in ("fit", "detail")]


def values(store: RatingStore, rater: str = "r01") -> list[tuple[str, str, str]]:
    return [(r.trial, r.aspect, r.value) for r in store.ratings(rater)]


def test_the_last_rating_counts_and_none_is_doubled(tmp_path: Path) -> None:
    with RatingStore(tmp_path) as store:
        store.meet(RaterRecord(rater="r01", language="de", consented_at="2026-01-01"))
        store.meet(RaterRecord(rater="r01", language="zh", consented_at="2027-01-01"))
        assert store.revision("r01", "t1") == 0
        store.add(said("3"), after=0)
        first = store.revision("r01", "t1")
        with pytest.raises(AnsweredMeanwhile):
            store.add(said("4"), after=0)
        store.add(said("5"), after=first, finished_at="2028-01-01")
        store.add(said("1", rater="r02"))
        assert values(store) == [("t1", "fit", "5"), ("t1", "detail", "5")]
        assert [r.heard_s for r in store.ratings()] == [9.5] * 4
        rater = store.raters()[0]
        assert (rater.language, rater.consented_at, rater.finished_at) == ("zh", "2026-01-01", "2028-01-01")
    with RatingStore(tmp_path) as again:
        again.add(said("a mark like no other", trial="t9"))
        assert b"no other" in (tmp_path / "ratings.sqlite-wal").read_bytes()
        assert again.forget("r01") == 6
        assert not any(b"no other" in path.read_bytes() for path in tmp_path.iterdir()), "deleted is overwritten"
        assert (values(again), [r.rater for r in again.raters()], len(again.ratings("r02"))) == ([], [], 2)


def test_threads_share_a_store_and_only_one_of_a_revision_wins(tmp_path: Path) -> None:
    refused = []
    with RatingStore(tmp_path) as store:

        def rate(number: int) -> None:
            try:
                store.add(said(str(number)), after=0)
            except AnsweredMeanwhile:
                refused.append(number)
            store.add(said("1", rater=f"x{number}"))

        threads = [threading.Thread(target=rate, args=(i,)) for i in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(refused) == 7
        assert len({value for _, _, value in values(store)}) == 1
        assert len(store.ratings()) == 18


def test_an_answer_that_does_not_go_onto_the_disk_is_told_and_the_next_one_is_kept(tmp_path: Path) -> None:
    """A limit on the size of files stands for a full disk: SQLite is told that there is no room."""
    with RatingStore(tmp_path) as store:
        store.add(said("1"))
        soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (1000, hard))
        try:
            with pytest.raises(NotKept, match="could not be written"):
                store.add(said("2"))
            assert values(store) == [("t1", "fit", "1"), ("t1", "detail", "1")]
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        store.add(said("3"))
        assert values(store) == [("t1", "fit", "3"), ("t1", "detail", "3")]


def test_a_database_that_another_program_holds_is_told_and_usable_afterwards(tmp_path: Path) -> None:
    with RatingStore(tmp_path, wait_s=0) as store:
        other = sqlite3.connect(store.path, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(NotKept, match="locked"):
            store.add(said("2"))
        with pytest.raises(EvaluationError, match="another program holds it"):
            RatingStore(tmp_path, wait_s=0)
        assert store.ratings() == []
        other.execute("COMMIT")
        store.add(said("2"))
        assert len(store.ratings()) == 2
        other.close()


def test_answers_do_not_go_into_a_file_that_was_moved_or_deleted(tmp_path: Path) -> None:
    (tmp_path / "test").mkdir()
    with RatingStore(tmp_path / "test") as store:
        store.add(said("1"))
        (tmp_path / "test").rename(tmp_path / "elsewhere")
        with pytest.raises(NotKept, match="moved or deleted"):
            store.add(said("2"))
        (tmp_path / "test").mkdir()
        (tmp_path / "test" / "ratings.sqlite").touch()
        with pytest.raises(NotKept, match="moved or deleted"):
            store.meet(RaterRecord(rater="r01"))
    with RatingStore(tmp_path / "elsewhere") as moved:
        assert values(moved) == [("t1", "fit", "1"), ("t1", "detail", "1")]


def test_what_is_no_database_of_ratings_is_told(tmp_path: Path) -> None:
    with pytest.raises(EvaluationError, match=r"unable to open(.*\n)+.*has to be writable"):
        RatingStore(tmp_path / "gone")
    path = tmp_path / "ratings.sqlite"
    with RatingStore(tmp_path) as store:
        store.add([Rating(rater="r01", trial=f"t{i}", aspect="fit", value="3") for i in range(2000)])
    whole = path.read_bytes()
    path.write_bytes(whole[:8192] + b"\xff" * 20000 + whole[28192:])
    with pytest.raises(EvaluationError, match=r"cannot be opened as a database of ratings .*\n.*copy"):
        RatingStore(tmp_path)
    path.write_bytes(b"these are no ratings\n" * 200)
    with pytest.raises(EvaluationError, match="not a database"):
        RatingStore(tmp_path)
    path.write_bytes(whole)
    newer = sqlite3.connect(path)
    newer.execute(f"PRAGMA user_version = {SCHEMA + 1}")
    newer.close()
    with pytest.raises(EvaluationError, match=f"newer mudata .schema {SCHEMA + 1}"):
        RatingStore(tmp_path)
    assert sqlite3.connect(path).execute("SELECT count(*) FROM ratings").fetchone() == (2000,)
