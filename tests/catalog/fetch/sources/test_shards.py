"""Rows of shards: what is written, kept, refused. Shards are made by pyarrow as publishers make them."""

from __future__ import annotations

import io
import json
import subprocess
import sys
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import soundfile
from pydantic import ValidationError

from mudata.catalog.cards.mirrors import Rows
from mudata.catalog.fetch.sources import shards as rows
from mudata.catalog.fetch.sources import templates
from mudata.errors import CardError, ReadError

GENRES = ["blues", "jazz"]
RULES = Rows(audio="audio", path="audio/{genre}/{cname}.wav", table="rows.parquet")
MEDIA = pa.struct({"bytes": pa.binary(), "path": pa.string()})
FEATURES = {
    "audio": {"sampling_rate": 8000, "_type": "Audio"},
    "mel": {"_type": "Image"},
    "genre": {"names": GENRES, "_type": "ClassLabel"},
    "moods": {"feature": {"names": ["calm", "wild"], "_type": "ClassLabel"}, "_type": "List"},
    "cname": {"dtype": "string", "_type": "Value"},
}
SCHEMA = pa.schema(
    {"audio": MEDIA, "mel": MEDIA, "genre": pa.int64(), "moods": pa.list_(pa.int64()), "cname": pa.string()},
    metadata={"huggingface": json.dumps({"info": {"features": FEATURES}})},
)


def sound(seed: int) -> bytes:
    buffer = io.BytesIO()
    soundfile.write(buffer, np.random.default_rng(seed).uniform(-0.5, 0.5, 800), 8000, format="WAV", subtype="PCM_16")
    return buffer.getvalue()


def song(number: int, **other: Any) -> dict[str, Any]:
    return {
        "audio": {"bytes": sound(number), "path": f"there/song.{number:05d}.wav"},
        "mel": {"bytes": b"not even an image", "path": None},
        "genre": number % 2,
        "moods": [number % 2],
        "cname": f"song {number}",
    } | other


def parquet(path: Path, songs: list[dict[str, Any]], schema: pa.Schema = SCHEMA) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.Table.from_pylist(songs, schema=schema), path, row_group_size=4)
    return path


def arrow_stream(path: Path, songs: list[dict[str, Any]], schema: pa.Schema = SCHEMA) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    with pa.ipc.new_stream(str(path), schema) as file:
        file.write_table(pa.Table.from_pylist(songs, schema=schema), max_chunksize=4)
    return path


def arrow_file(path: Path, songs: list[dict[str, Any]], schema: pa.Schema = SCHEMA) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    with pa.ipc.new_file(str(path), schema) as file:
        file.write_table(pa.Table.from_pylist(songs, schema=schema), max_chunksize=4)
    return path


@pytest.mark.parametrize(
    ("make", "name"),
    [
        (parquet, "data/train-00000-of-00001.parquet"),
        (arrow_stream, "default/train/data-00000-of-00001.arrow"),
        (arrow_file, "default/train/data-00000-of-00001.arrow"),
    ],
)
def test_audio_bytes_are_written_as_they_are_and_the_other_columns_go_to_the_table(
    make: Callable[..., Path], name: str, tmp_path: Path
) -> None:
    shard = make(tmp_path / name, [song(n) for n in range(10)])
    files = tmp_path / "files"
    got = rows.write([(name, shard)], RULES, files, source="here")
    assert not got.failures
    assert got.files[-1] == files / "rows.parquet"
    assert (files / "audio/jazz/song 3.wav").read_bytes() == sound(3)
    table = pq.read_table(files / "rows.parquet")
    assert table.column_names == ["split", "genre", "moods", "cname", "path"]
    assert table.slice(3, 1).to_pylist() == [
        {"split": "train", "genre": "jazz", "moods": ["wild"], "cname": "song 3", "path": "audio/jazz/song 3.wav"}
    ]
    assert table.num_rows == 10


def test_numbers_shards_splits_and_embedded_names_may_be_used_in_paths(tmp_path: Path) -> None:
    shards = [
        (name, parquet(tmp_path / name, [song(n + 2 * k) for n in range(2)]))
        for k, name in enumerate(["d/test-0.parquet", "d/train-0.parquet", "d/train-1.parquet"])
    ]
    rules = RULES.model_copy(update={"path": "{split}/{shard}_{index}_{row:03d}_{stem}_{name}"})
    rows.write(shards, rules, tmp_path / "files", source="here")
    table = pq.read_table(tmp_path / "files/rows.parquet")
    assert table["path"].to_pylist() == [
        "test/test-0_0_000_song.00000_song.00000.wav",
        "test/test-0_1_001_song.00001_song.00001.wav",
        "train/train-0_0_000_song.00002_song.00002.wav",
        "train/train-0_1_001_song.00003_song.00003.wav",
        "train/train-1_0_002_song.00004_song.00004.wav",
        "train/train-1_1_003_song.00005_song.00005.wav",
    ]
    assert table["split"].to_pylist() == ["test"] * 2 + ["train"] * 4


def test_a_row_without_bytes_is_a_failure_with_its_id_and_keeps_its_place_in_the_table(tmp_path: Path) -> None:
    silent = [song(0), song(1, audio=None), song(2, audio={"bytes": None, "path": "x.wav"}), song(3, genre=-1)]
    shard = parquet(tmp_path / "train.parquet", silent)
    rules = RULES.model_copy(update={"path": "{cname}.wav"})
    got = rows.write([("train.parquet", shard)], rules, tmp_path / "files", source="here")
    assert got.failures == {
        "song 1": "no audio in row 1 of train.parquet",
        "song 2": "no audio in row 2 of train.parquet",
    }
    table = pq.read_table(tmp_path / "files/rows.parquet")
    assert table["path"].to_pylist() == ["song 0.wav", None, None, "song 3.wav"]
    assert table["genre"].to_pylist() == ["blues", "jazz", "blues", None]


def test_a_limit_takes_no_shard_that_it_does_not_need_and_writes_only_the_rows_asked_for(tmp_path: Path) -> None:
    asked: list[str] = []

    def shards() -> Iterator[tuple[str, Path]]:
        for k in range(3):
            asked.append(f"train-{k}.parquet")
            yield asked[-1], parquet(tmp_path / asked[-1], [song(n + 10 * k) for n in range(10)])

    got = rows.write(shards(), RULES, tmp_path / "files", source="here", limit=10)
    assert asked == ["train-0.parquet"]
    assert len(got.files) == 11
    assert len(list(tmp_path.rglob("files/**/*.wav"))) == 10
    assert pq.read_metadata(tmp_path / "files/rows.parquet").num_rows == 10


@pytest.mark.parametrize(
    ("had", "asked", "enough"),
    [(3, 3, True), (3, 2, True), (3, 4, False), (3, None, False), (None, 3, True), (None, None, True), (9, None, True)],
)
def test_what_an_earlier_run_left_is_enough_only_if_it_was_asked_for_at_least_as_much(
    had: int | None, asked: int | None, enough: bool, tmp_path: Path
) -> None:
    shard = parquet(tmp_path / "train.parquet", [song(n) for n in range(5)])
    wrote = rows.write([("train.parquet", shard)], RULES, tmp_path / "files", source="v1", limit=had)
    found = rows.present(RULES, tmp_path / "files", source="v1", limit=asked)
    assert (found == wrote) if enough else (found is None)
    assert rows.present(RULES, tmp_path / "files", source="v2", limit=asked) is None
    wrote.files[0].unlink()
    assert rows.present(RULES, tmp_path / "files", source="v1", limit=asked) is None


def test_a_second_run_keeps_the_files_that_are_there_and_mends_those_that_are_not(tmp_path: Path) -> None:
    shard = parquet(tmp_path / "train.parquet", [song(n) for n in range(3)])
    rows.write([("train.parquet", shard)], RULES, tmp_path / "files", source="here")
    kept, cut, gone = (tmp_path / f"files/audio/{GENRES[n % 2]}/song {n}.wav" for n in range(3))
    before = kept.stat().st_mtime_ns
    cut.write_bytes(b"RIFF")
    gone.unlink()
    rows.write([("train.parquet", shard)], RULES, tmp_path / "files", source="here")
    assert kept.stat().st_mtime_ns == before
    assert cut.read_bytes() == sound(1)
    assert gone.read_bytes() == sound(2)


def test_plain_bytes_without_features_are_audio_too(tmp_path: Path) -> None:
    schema = pa.schema({"audio": pa.binary(), "genre": pa.string(), "cname": pa.string()})
    shard = parquet(tmp_path / "x.parquet", [{"audio": sound(1), "genre": "folk", "cname": "a"}], schema)
    got = rows.write([("x.parquet", shard)], RULES, tmp_path / "files", source="here")
    assert got.files[0].read_bytes() == sound(1)


@pytest.mark.parametrize("path", [None, "", "/"])
def test_audio_without_a_name_is_kept_under_that_of_its_split_and_row(path: str | None, tmp_path: Path) -> None:
    nameless = [song(n, audio={"bytes": sound(n), "path": path}) for n in range(3)]
    shards = [(name, parquet(tmp_path / name, nameless)) for name in ("test-0.parquet", "train-0.parquet")]
    rules = RULES.model_copy(update={"path": "in/{genre}/{name}"})
    for _ in range(2):  # the same again
        got = rows.write(shards, rules, tmp_path / "files", source="here")
        assert [file.relative_to(tmp_path / "files").as_posix() for file in got.files[:-1]] == [
            "in/blues/test-00000.wav",
            "in/jazz/test-00001.wav",
            "in/blues/test-00002.wav",
            "in/blues/train-00000.wav",
            "in/jazz/train-00001.wav",
            "in/blues/train-00002.wav",
        ]
        assert (got.files[1].read_bytes(), got.failures) == (sound(1), {})


def test_rows_of_one_path_are_all_kept(tmp_path: Path) -> None:
    shard = parquet(tmp_path / "train.parquet", [song(n) for n in range(3)])
    rules = RULES.model_copy(update={"path": "all.wav"})
    got = rows.write([("train.parquet", shard)], rules, tmp_path / "files", source="here")
    assert [file.name for file in got.files[:-1]] == ["all.wav", "all~2.wav", "all~3.wav"]
    assert [file.read_bytes() for file in got.files[:-1]] == [sound(n) for n in range(3)]
    assert pq.read_table(tmp_path / "files/rows.parquet")["path"].to_pylist() == ["all.wav", "all~2.wav", "all~3.wav"]


@pytest.mark.parametrize(
    ("rules", "songs", "error", "says"),
    [
        ({"audio": "sound"}, [song(0)], ReadError, r"has no column 'sound'; it has: audio, mel, genre"),
        ({"path": "{artist}.wav"}, [song(0)], CardError, r"wants 'artist', which a row does not have"),
        ({"path": "../{cname}.wav"}, [song(0)], ReadError, r"no usable file name"),
        ({"path": "{cname}"}, [song(0, cname="..")], ReadError, r"no usable file name"),
    ],
)
def test_what_cannot_be_right_is_refused(
    rules: dict[str, str], songs: list[dict[str, Any]], error: type[Exception], says: str, tmp_path: Path
) -> None:
    shard = parquet(tmp_path / "train.parquet", songs)
    with pytest.raises(error, match=says):
        rows.write([("train.parquet", shard)], RULES.model_copy(update=rules), tmp_path / "files", source="here")
    assert not (tmp_path / "files/rows.parquet").exists()
    assert not list(tmp_path.rglob(".*.part"))


@pytest.mark.parametrize("name", ["train.parquet", "train.arrow"])
def test_a_shard_that_is_cut_short_is_named(name: str, tmp_path: Path) -> None:
    make = parquet if name.endswith("parquet") else arrow_stream
    shard = make(tmp_path / name, [song(n) for n in range(10)])
    shard.write_bytes(shard.read_bytes()[:9000])
    with pytest.raises(ReadError, match=f"{name} cannot be read as"):
        rows.write([(name, shard)], RULES, tmp_path / "files", source="here")


def test_shards_with_different_columns_are_refused(tmp_path: Path) -> None:
    one = parquet(tmp_path / "train-0.parquet", [song(0)])
    two = parquet(tmp_path / "train-1.parquet", [{"audio": None, "genre": 1, "extra": 2}], pa.schema(
        {"audio": MEDIA, "genre": pa.int64(), "extra": pa.int64()}))  # fmt: skip
    with pytest.raises(ReadError, match=r"columns of train-1.parquet differ"):
        rows.write([("train-0.parquet", one), ("train-1.parquet", two)], RULES, tmp_path / "files", source="here")


def test_each_split_may_have_a_table_of_its_own_with_columns_of_its_own(tmp_path: Path) -> None:
    one = parquet(tmp_path / "task_a1/x.parquet", [song(0), song(1)])
    two = parquet(tmp_path / "task_b2/x.parquet", [{"audio": song(2)["audio"], "extra": 2}], pa.schema(
        {"audio": MEDIA, "extra": pa.int64()}))  # fmt: skip
    named = {"path": "{split}/{name}", "table": "{split}.parquet", "split": "task_([a-z][0-9])"}
    rules, files = RULES.model_copy(update=named), tmp_path / "files"
    shards = [("task_a1/x.parquet", one), ("task_b2/x.parquet", two)]
    wrote = rows.write(shards, rules, files, source="here")
    assert wrote.files[-2:] == (files / "a1.parquet", files / "b2.parquet")
    assert pq.read_table(files / "a1.parquet").column_names == ["split", "genre", "moods", "cname", "path"]
    assert pq.read_table(files / "b2.parquet").to_pylist() == [{"split": "b2", "extra": 2, "path": "b2/song.00002.wav"}]
    found = rows.present(rules, files, source="here", limit=None)
    assert found is not None
    assert set(found.files) == set(wrote.files)
    (files / "b2.parquet").unlink()
    assert rows.present(rules, files, source="here", limit=None) is None


def test_a_table_s_name_has_no_other_braces() -> None:
    with pytest.raises(ValidationError, match="hold `split` alone"):
        Rows(audio="audio", path="{name}", table="{genre}.parquet")


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("AC/DC", "AC_DC.wav"),
        ("../../etc/passwd", ".._.._etc_passwd.wav"),
        ("a\x00b\\c:d", "a_b_c_d.wav"),
        ("苏阳", "苏阳.wav"),
        ("-fCGcBn", "-fCGcBn.wav"),
    ],
)
def test_text_from_data_stays_within_its_part_of_a_path(text: str, path: str) -> None:
    assert templates.fill("{text}.wav", {"text": text}) == path


@pytest.mark.parametrize("text", ["", ".", "..", "x" * 300])
def test_text_that_makes_no_file_name_is_refused(text: str) -> None:
    with pytest.raises(ReadError, match="no usable file name"):
        templates.fill("{text}", {"text": text})


@pytest.mark.slow
def test_memory_stays_small_and_nothing_is_left_in_the_cache_of_datasets(tmp_path: Path) -> None:
    big = [song(n, audio={"bytes": bytes(2_000_000), "path": None}) for n in range(60)]
    pq.write_table(
        pa.Table.from_pylist(big, schema=SCHEMA), tmp_path / "t.parquet", row_group_size=60, compression="none"
    )
    script = """
        import resource, sys
        from pathlib import Path
        import datasets, pyarrow.dataset
        from mudata.catalog.cards.mirrors import Rows
        from mudata.catalog.fetch.sources import shards as rows
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        rules = Rows(audio="audio", path="{row}.wav", table="rows.parquet")
        root = Path(sys.argv[1])
        got = rows.write([("t.parquet", root / "t.parquet")], rules, root / "files", source="here")
        print(len(got.files), (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024)
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(script), tmp_path], capture_output=True, text=True, check=True
    )
    files, megabytes = map(int, done.stdout.split())
    assert files == 61
    assert megabytes < 300
    assert not list(Path.home().rglob("*.lock"))
