"""Cards whose labels are folder names, however deep they lie: Music_Classification and, should it have sound, EDM."""

from __future__ import annotations

from pathlib import Path

import pytest

from mudata.catalog.cards import loader
from mudata.catalog.cards.vocabulary import canonical
from mudata.catalog.read.reader import read
from mudata.errors import ReadError


def touch(root: Path, *names: str) -> None:
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(b"sound")


@pytest.mark.parametrize("base", ["", "music_mood/", "dataset_wav/data/"])
def test_moods_are_found_at_any_depth_and_in_either_case(tmp_path: Path, base: str) -> None:
    touch(tmp_path, f"{base}Aggressive/1.wav", f"{base}sad/1.wav", f"{base}sad/notes.txt", f"{base}other/1.wav")
    reading = read(loader.load("music_classification"), tmp_path)
    assert {issue.kind for issue in reading.issues} <= {"unmatched"}
    assert reading.clips["id"].to_pylist() == ["aggressive/1", "sad/1"]
    assert [row["canonical"] for row in reading.labels.to_pylist()] == ["aggressive", "sad"]


def test_rows_of_features_are_never_clips(tmp_path: Path) -> None:
    (tmp_path / "Data").mkdir()
    (tmp_path / "Data" / "train_data_final.csv").write_text("rmse_mean,label\n0.1,dnb\n0.2,Lofi\n")
    (tmp_path / "Data" / "test_data_final.csv").write_text("rmse_mean,label\n0.1,house\n")
    reading = read(loader.load("edm"), tmp_path)
    assert reading.clips.num_rows == reading.labels.num_rows == reading.splits.num_rows == 0
    assert [issue.kind for issue in reading.issues] == ["no-clips"]


def test_a_table_of_features_without_labels_is_told_by_name(tmp_path: Path) -> None:
    (tmp_path / "train_data_final.csv").write_text("rmse_mean,genre\n0.1,dnb\n")
    with pytest.raises(ReadError, match=r"train_data_final\.csv.*label"):
        read(loader.load("edm"), tmp_path)


def test_sound_in_folders_of_genres_would_be_clips(tmp_path: Path) -> None:
    touch(tmp_path, "train/drum_and_bass/1.wav", "test/drum_and_bass/1.wav", "test/future_garage_wave_trap/1.mp3")
    reading = read(loader.load("edm"), tmp_path)
    assert {issue.kind for issue in reading.issues} <= {"unmatched"}
    assert {row["id"]: row["canonical"] for row in reading.labels.to_pylist()} == {
        "train/drum_and_bass/1": "Drum and Bass",
        "test/drum_and_bass/1": "Drum and Bass",
        "test/future_garage_wave_trap/1": "Future Garage/Wave Trap",
    }


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("dnb", "Drum and Bass"),
        ("DnB", "Drum and Bass"),
        ("Drum & Bass", "Drum and Bass"),
        ("Lofi", "Lo-fi"),
        ("lo_fi", "Lo-fi"),
        ("big_room_house", "Big Room House"),
        ("House", "House"),
        ("reggaeton", "Moombahton/Reggaeton"),
        ("wave trap", "Future Garage/Wave Trap"),
        ("Trap", "Trap"),
    ],
)
def test_genres_of_dance_music_are_known_in_all_their_spellings(said: str, meant: str) -> None:
    assert canonical(loader.load("edm").labels["genre"])(said) == meant
