"""The clusters of a run: over all of its clips, however its files name their artists, in runs of any version."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from answered import GOLD, IDS, answered, read_lines

from mudata.evaluation.comparison.compare import compare
from mudata.evaluation.scoring.score import read_answers, score

if TYPE_CHECKING:
    from small_corpus import Corpus

    from mudata.evaluation.run import Run
    from mudata.home import Home


@pytest.fixture
def run(corpus: Corpus, home: Home, tmp_path: Path) -> Run:
    return answered(home, tmp_path, dict(zip(IDS, GOLD, strict=True)))


def retold(run: Run, rows: Sequence[dict[str, Any]]) -> list[str]:
    """The clusters of a run whose clips are as told, and of nobody otherwise."""
    path = run.folder / "questions.jsonl"
    empty = {"artist": None, "album": None, "track": None, "pcm_sha256": ""}
    lines = [old | empty | new for old, new in zip(read_lines(path), rows, strict=True)]
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return [answer.cluster for answer in read_answers(run)]


def test_the_artists_of_the_index_are_the_clusters_of_a_run(run: Run) -> None:
    assert [answer.cluster for answer in read_answers(run)] == [f"artist:artist {i // 2}" for i in range(6, 12)]
    assert run.scores["clusters"] == {"count": 3, "unknown": 0, "known": "3 artists"}


def test_spellings_and_copies_are_one_and_blanks_are_nobody(run: Run) -> None:
    told = [{"artist": "The Band"}, {"artist": "band"}, {"artist": " "}, {"artist": " "}, {"pcm_sha256": "a" * 64}]
    assert retold(run, [*told, {"pcm_sha256": "a" * 64}]) == [
        "artist:band", "artist:band", "clip:tones/08", "clip:tones/09", "copy:" + "a" * 16, "copy:" + "a" * 16
    ]  # fmt: skip
    assert score(run)["clusters"] == {"count": 4, "unknown": 2, "known": "2 artists or recordings"}


def test_the_artist_12_is_not_the_track_12(run: Run) -> None:
    rows: list[dict[str, Any]] = [{"artist": "12"}, {"track": "12"}, *[{"artist": f"a{i}"} for i in range(4)]]
    assert retold(run, rows)[:2] == ["tones artist:12", "tones track:12"]


def test_one_artist_for_all_is_one_cluster_and_nobody_at_all_are_many(run: Run) -> None:
    assert set(retold(run, [{"artist": "x"}] * 6)) == {"artist:x"}
    assert score(run)["clusters"] == {"count": 1, "unknown": 0, "known": "1 artist"}
    assert len(set(retold(run, [{}] * 6))) == 6
    assert score(run)["clusters"] == {"count": 6, "unknown": 6, "known": ""}


@pytest.mark.parametrize("artist", ["a\x00b", "\x1b[31mred", "\u202ename", "\ud83c\udfb5", "é" * 3000])
def test_whatever_an_artist_is_called_the_run_is_scored(run: Run, artist: str) -> None:
    clusters = retold(run, [{"artist": artist}] * 6)
    assert len(set(clusters)) == 1
    assert clusters[0].isprintable()
    assert score(run)["n"] == 6


def test_files_of_the_same_recording_are_one_where_the_run_knows_them(run: Run) -> None:
    one = {"source_sha256": "b" * 64}
    assert len(set(retold(run, [one, one, *[{}] * 4]))) == 5
    assert "source_sha256" not in read_lines(run.folder / "questions.jsonl")[5]  # as runs of 0.1.0


def test_clusters_depend_on_no_order_and_on_all_clips_of_the_run(run: Run) -> None:
    rows = [{"artist": "z"}, {"artist": "a", "track": "t"}, {"artist": "z", "track": "t"}, {}, {}, {}]
    assert retold(run, rows)[:3] == ["artist:a"] * 3
    assert [answer.cluster for answer in read_answers(run, only={"tones/06"})] == ["artist:a"]


def test_a_comparison_knows_what_either_run_knows(corpus: Corpus, home: Home, tmp_path: Path) -> None:
    said = dict(zip(IDS, GOLD, strict=True))
    first, second = (answered(home, tmp_path, said, model=model) for model in ("them", "us"))
    retold(first, [{}] * 6)
    retold(second, [{"artist": "x"}, {"artist": "x"}, *[{}] * 4])
    for run in (first, second):
        score(run)
    found = compare([(run.scores, read_answers(run)) for run in (first, second)])
    assert found.clusters == {"count": 5, "unknown": 4, "known": "1 artist"}
    assert found.independent == 5
