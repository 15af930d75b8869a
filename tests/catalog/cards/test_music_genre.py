"""CCMusic's Music Genre: pictures are no clips; folders of MP3 files of one's own are, on three levels."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from mudata.catalog.cards import loader
from mudata.catalog.read.reader import read
from mudata.errors import ReadError

CARD = loader.load("music_genre")


def test_pictures_of_segments_are_never_clips(tmp_path: Path) -> None:
    for part, rows in (("train", 8), ("validation", 1), ("test", 1)):
        (tmp_path / "eval" / part).mkdir(parents=True)
        table = pa.table({"mel": [{"bytes": b"jpg", "path": None}] * rows, "fst_level_label": [1] * rows})
        pq.write_table(table, tmp_path / "eval" / part / "0000.parquet")
    reading = read(CARD, tmp_path)
    assert reading.clips.num_rows == reading.splits.num_rows == 0
    assert [issue.kind for issue in reading.issues] == ["no-clips"]


def test_a_damaged_table_of_pictures_is_told_by_name(tmp_path: Path) -> None:
    (tmp_path / "eval" / "train").mkdir(parents=True)
    (tmp_path / "eval" / "train" / "0000.parquet").write_bytes(b"<html>no such file</html>")
    with pytest.raises(ReadError, match=r"eval/train/0000\.parquet"):
        read(CARD, tmp_path)


def test_numbered_folders_give_the_genre_on_every_level(tmp_path: Path) -> None:
    for name in (
        "audio/1_Classic/3_Symphony/a.mp3",
        "audio/2_Non_classic/10_Soul_or_r_and_b/b.mp3",
        "audio/2_Non_classic/11_Rock/21_Soft_rock/c.mp3",
        "audio/unsorted/99_luftballons/d.mp3",
    ):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(b"sound")
    assert read(CARD, tmp_path).clips.num_rows == 0, "the default subset has no sound"
    reading = read(CARD, tmp_path, subset="raw")
    assert {issue.kind for issue in reading.issues} <= {"unmatched"}
    assert reading.clips["id"].to_pylist() == ["a", "b", "c", "d"]
    labels: dict[str, dict[str, set[str]]] = {}
    for row in reading.labels.to_pylist():
        labels.setdefault(row["id"], {}).setdefault(row["namespace"], set()).add(row["canonical"])
    assert labels == {
        "a": {
            "genre": {"Classic", "Symphony"},
            "genre_level_1": {"Classic"},
            "genre_level_2": {"Symphony"},
            "genre_level_3": {"Symphony"},
        },
        "b": {
            "genre": {"Non_classic", "Soul_or_RnB"},
            "genre_level_1": {"Non_classic"},
            "genre_level_2": {"Soul_or_RnB"},
            "genre_level_3": {"Soul_or_RnB"},
        },
        "c": {
            "genre": {"Non_classic", "Rock", "Soft_rock"},
            "genre_level_1": {"Non_classic"},
            "genre_level_2": {"Rock"},
            "genre_level_3": {"Soft_rock"},
        },
    }


def test_levels_have_2_9_and_16_genres_and_are_the_leaves_and_branches_of_one_tree() -> None:
    levels = [CARD.labels[f"genre_level_{level}"].vocabulary for level in (1, 2, 3)]
    assert [len(level) for level in levels] == [2, 9, 16]
    tree = {label.id: label for label in CARD.labels["genre"].vocabulary}
    assert len(tree) == 22
    for level in levels:
        for label in level:
            assert (tree[label.id].code, tree[label.id].name) == (label.code, label.name)
    assert [label.code for label in tree.values()] == [str(number) for number in range(1, 23)]
    assert {tree[label.id].parent for label in levels[1]} == {"Classic", "Non_classic"}
    assert {label.id for label in tree.values()} - {label.parent for label in tree.values()} == {
        label.id for label in levels[2]
    }
