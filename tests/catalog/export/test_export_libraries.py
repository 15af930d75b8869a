"""What is exported loads again, with the real library of each format, and by the lines of its README.md."""

from __future__ import annotations

import io
import json
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import soundfile
from exports import CLOSED, in_reference, licensed, rewrite

import mudata
from mudata.cli.cmd_export import FORMATS

if TYPE_CHECKING:
    from small_corpus import Corpus

    from mudata.catalog.export.export_options import SplitFormat

pytestmark = [
    pytest.mark.slow,
    # what these libraries do of old, and files that they leave open
    pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]

ODD = 'a, "b"\nNA'
"""A label that is no word."""


@pytest.fixture
def mixed(corpus: Corpus) -> Corpus:
    """With a clip that is kept by reference, one that may not be passed on, odd labels, and one nobody knows."""
    in_reference(corpus, "07")
    licensed(corpus, {"08": CLOSED, "09": "CC BY 3.0"})
    labels = {"tones/06": ODD, "tones/07": "NA", "tones/09": "None"}

    def change(row: dict[str, Any]) -> dict[str, Any]:
        label = labels.get(row["clip_id"], row["label"]) if row["namespace"] == "genre" else row["label"]
        return {"label": label, "canonical": None if row["namespace"] == "genre" else row["canonical"]}

    rewrite(corpus.home, labels=change)
    return corpus


def heard(corpus: Corpus, number: str) -> np.ndarray[Any, Any]:
    """A clip of the part `test`, as the index has it."""
    clips = {clip.clip_id: clip for clip in mudata.load("half", part="test")}
    clip = clips[f"tones/{number}"]
    if number != "07":
        return soundfile.read(clip.path, dtype="float32")[0]
    return soundfile.read(corpus.home.root / "as-flac" / "07.flac", dtype="float32")[0]


@pytest.mark.parametrize("to", FORMATS)
def test_the_lines_of_its_readme_load_it(mixed: Corpus, tmp_path: Path, to: SplitFormat) -> None:
    folder = mudata.export("half", to, tmp_path / "out").folder
    found = re.search(r"```python\n(.*?)```", (folder / "README.md").read_text("utf-8"), re.DOTALL)
    assert found
    shown = {
        "webdataset": "(told['clip_id'], len(samples))",
        "mirdata-index": "missing['tracks'], len(index['tracks'])",
    }
    said = {"webdataset": "('tones/05', 4800)", "mirdata-index": "{} 12", "croissant": "12"}
    code = f"{found[1]}\nprint({shown.get(to, 'len(clips)')})"
    env = {"HF_HUB_OFFLINE": "1", "HF_HOME": str(tmp_path / "hf"), "PATH": "", "HOME": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=folder, env=env, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == said.get(to, "6")


def test_datasets_gives_path_or_bytes_without_torchcodec(
    mixed: Corpus, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    datasets = pytest.importorskip("datasets")
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    for copy in (False, True):
        folder = mudata.export("half", "hf", tmp_path / f"hf-{copy}", copy=copy).folder
        loaded = datasets.load_dataset(str(folder), cache_dir=str(tmp_path / "cache"))
        assert {name: len(rows) for name, rows in loaded.items()} == {"train": 6, "test": 6}
        rows = loaded["test"]
        assert rows.features["audio"] == datasets.Audio(decode=False)
        assert [rows[1]["genre"], rows[0]["genre"], rows[3]["genre"]] == ["NA", ODD, "None"]
        assert rows[0]["mood"] == ["calm", "dark"]
        free, cut, closed = rows[0]["audio"], rows[1]["audio"], rows[2]["audio"]
        assert closed == {"bytes": None, "path": str(mixed.home.clips("tones", "native") / "08.flac")}
        if copy:
            np.testing.assert_array_equal(
                soundfile.read(io.BytesIO(free["bytes"]), dtype="float32")[0], heard(mixed, "06")
            )
            np.testing.assert_array_equal(
                soundfile.read(io.BytesIO(cut["bytes"]), dtype="float32")[0], heard(mixed, "07")
            )
        else:
            np.testing.assert_array_equal(soundfile.read(free["path"], dtype="float32")[0], heard(mixed, "06"))
            assert (cut["path"][-6:], rows[1]["path_start_s"], rows[1]["path_end_s"]) == ("07.wav", 0.125, 0.375)


def test_parts_of_any_name_become_splits_of_datasets(
    corpus: Corpus, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    datasets = pytest.importorskip("datasets")
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    hashes = corpus.publish()
    names = ("fold-0", "fold_0", "all", "fold-0-00000", "empty")
    ids = sorted(hashes)
    corpus.split("folds", {name: {i: hashes[i] for i in ids[n::4]} if n < 4 else {} for n, name in enumerate(names)})
    folder = mudata.export("folds", "hf", tmp_path / "out").folder
    loaded = datasets.load_dataset(str(folder), cache_dir=str(tmp_path / "cache"))
    assert {name: len(rows) for name, rows in loaded.items()} == dict.fromkeys(
        ("fold_0", "fold_0_", "all_", "fold_0_00000"), 3
    )
    assert loaded["fold_0_"]["clip_id"][0] == "tones/01"


def test_webdataset_gives_clips_whole(mixed: Corpus, tmp_path: Path) -> None:
    webdataset = pytest.importorskip("webdataset")
    done = mudata.export("half", "webdataset", tmp_path / "out")
    assert list(done.left_out) == ["tones/08"]
    loaded = list(webdataset.WebDataset(str(done.folder / "test-000000.tar"), shardshuffle=False).decode())
    assert [clip["json"]["clip_id"] for clip in loaded] == [f"tones/{n:02}" for n in (6, 7, 9, 10, 11)]
    assert loaded[0]["__key__"] == "tones/06"
    assert (loaded[0]["json"]["genre"], loaded[0]["json"]["mood"]) == (ODD, ["calm", "dark"])
    for clip, number in zip(loaded, ("06", "07", "09"), strict=False):
        np.testing.assert_array_equal(
            soundfile.read(io.BytesIO(clip["flac"]), dtype="float32")[0], heard(mixed, number)
        )


@pytest.mark.parametrize("copy", [False, True])
def test_mlcroissant_finds_no_fault_and_gives_the_records(mixed: Corpus, tmp_path: Path, copy: bool) -> None:
    mlcroissant = pytest.importorskip("mlcroissant")
    folder = mudata.export("half", "croissant", tmp_path / "out", copy=copy).folder
    program = Path(sys.executable).with_name("mlcroissant")
    command = [program, "validate", "--jsonld", folder / "croissant.json"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, "Done." in done.stderr, "WARNING" in done.stderr) == (0, True, False), done.stderr
    dataset = mlcroissant.Dataset(str(folder / "croissant.json"))
    assert (dataset.metadata.issues.errors, dataset.metadata.issues.warnings) == (set(), set())
    clips = list(dataset.records("clips"))
    assert len(clips) == 12
    assert clips[6]["clips/genre"] == ODD.encode()
    assert clips[6]["clips/mood"] == [b"calm", b"dark"]
    assert clips[7]["clips/duration_s"] == 0.25
    assert [part["parts/name"] for part in dataset.records("parts")] == ["train", "test"]
    assert sorted(dataset.metadata.license) == [
        CLOSED,
        "https://creativecommons.org/licenses/by/3.0/",
        "https://creativecommons.org/publicdomain/zero/1.0/",
    ]


def test_audformat_has_schemes_splits_usage_and_segments(mixed: Corpus, tmp_path: Path) -> None:
    audformat = pytest.importorskip("audformat")
    rewrite(mixed.home, clips=lambda row: {"usage": "noncommercial"} if row["clip_id"] == "tones/09" else {})
    database = audformat.Database.load(str(mudata.export("half", "audformat", tmp_path / "out").folder))
    assert (database.usage, database.splits["test"].type) == ("other", "test")
    assert CLOSED in database.license
    assert set(database.schemes["genre"].labels) == {ODD, "NA", "None", "low", "mid", "high"}
    table = database["clips.test"]
    assert table.is_segmented
    files, starts, ends = (list(table.index.get_level_values(level)) for level in ("file", "start", "end"))
    assert files[1].endswith("raw/tones/files/07.wav")
    assert [(starts[1].total_seconds(), ends[1].total_seconds())] == [(0.125, 0.375)]
    assert list(table["genre"].get())[:4] == [ODD, "NA", "high", "None"]
    assert list(table["mood.calm"].get())[:3] == [True, True, False]
    assert database["clips.train"].is_filewise
    samples = soundfile.read(files[0], dtype="float32")[0]
    np.testing.assert_array_equal(samples, heard(mixed, "06"))


def test_audformat_with_the_sound_is_portable(corpus: Corpus, tmp_path: Path) -> None:
    audformat = pytest.importorskip("audformat")
    in_reference(corpus, "07")
    folder = mudata.export("half", "audformat", tmp_path / "out", copy=True).folder
    database = audformat.Database.load(str(folder))
    assert (database.is_portable, database.usage) == (True, "unrestricted")
    assert database["clips.test"].is_filewise
    assert all((folder / file).is_file() for file in database.files)
    assert len(database.files) == 12
    database.save(str(tmp_path / "again"), storage_format="csv")
    again = audformat.Database.load(str(tmp_path / "again"))
    assert list(again["clips.test"]["genre"].get()) == ["low", "mid", "high"] * 2


def test_jams_are_valid_and_say_what_is_known(mixed: Corpus, tmp_path: Path) -> None:
    jams = pytest.importorskip("jams")
    folder = mudata.export("half", "jams", tmp_path / "out").folder
    assert len(list(folder.rglob("*.jams"))) == 12
    loaded = jams.load(str(folder / "test" / "tones" / "07.jams"), validate=True, strict=True)
    assert loaded.validate(strict=True)
    assert (loaded.file_metadata.duration, loaded.file_metadata.artist) == (0.25, "artist 3")
    told = {
        annotation.sandbox["namespace"]: [observation.value for observation in annotation.data]
        for annotation in loaded.search(namespace="tag_open")
    }
    assert told == {"genre": ["NA"], "mood": ["calm"], "caption": ["A mid tone that sounds calm, number 7."]}
    assert loaded.sandbox["part"] == "test"
    assert loaded.sandbox["path_start_s"] == 0.125
    odd = jams.load(str(folder / "test" / "tones" / "06.jams"), validate=True, strict=True)
    assert odd.search(namespace="tag_open")[0].data[0].value == ODD


@pytest.mark.parametrize("copy", [False, True])
def test_mirdata_finds_every_file_whole_and_sees_when_one_is_not(mixed: Corpus, tmp_path: Path, copy: bool) -> None:
    validate = pytest.importorskip("mirdata.validate")
    folder = mudata.export("half", "mirdata-index", tmp_path / "out", copy=copy).folder
    index = json.loads((folder / "index.json").read_text("utf-8"))
    assert len(index["tracks"]) == 12
    assert validate.validator(index, str(folder), verbose=False) == (
        {"metadata": {}, "tracks": {}},
        {"metadata": {}, "tracks": {}},
    )
    file = folder / index["tracks"]["tones/06"]["audio"][0]
    file.write_bytes(file.read_bytes() + b"\0")
    (folder / index["tracks"]["tones/10"]["audio"][0]).unlink()
    missing, invalid = validate.validator(index, str(folder), verbose=False)
    assert (list(missing["tracks"]), list(invalid["tracks"])) == (["tones/10"], ["tones/06"])


def test_a_dataset_of_mirdata_takes_the_index(mixed: Corpus, tmp_path: Path) -> None:
    core = pytest.importorskip("mirdata.core")
    folder = mudata.export("half", "mirdata-index", tmp_path / "out", copy=True).folder

    class Track(core.Track):  # type: ignore[misc, name-defined]
        """A clip of the split."""

        def __init__(self, *args: Any) -> None:
            super().__init__(*args)
            self.audio_path = self.get_path("audio")

    index = core.Index(filename=str(folder / "index.json"))
    dataset = core.Dataset(str(folder), "1", "half", Track, indexes={"1": index})
    assert len(dataset.track_ids) == 12
    np.testing.assert_array_equal(
        soundfile.read(dataset.track("tones/07").audio_path, dtype="float32")[0], heard(mixed, "07")
    )
    assert dataset.validate(verbose=False)[0]["tracks"] == {}


def test_pandas_reads_the_tables(mixed: Corpus, tmp_path: Path) -> None:
    pandas = pytest.importorskip("pandas")
    for to in ("parquet", "jsonl", "csv"):
        mudata.export("half", to, tmp_path / to)
    parquet = pandas.read_parquet(tmp_path / "parquet" / "test.parquet")
    lines = pandas.read_json(tmp_path / "jsonl" / "test.jsonl", lines=True, dtype=False)
    table = pandas.read_csv(tmp_path / "csv" / "test.csv", keep_default_na=False, na_values=[""])
    for frame in (parquet, lines, table):
        assert list(frame["genre"])[:4] == [ODD, "NA", "high", "None"]
        assert list(frame["duration_s"])[:2] == pytest.approx([0.7, 0.25])
        assert frame["title"].isna().all()
    assert list(parquet["mood"][0]) == lines["mood"][0] == json.loads(table["mood"][0]) == ["calm", "dark"]
