"""Publishing, reading and repairing the index; several processes at once, and kills in the middle."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pytest
from shelf import sha, shelve

from mudata.catalog.index import database as index
from mudata.catalog.index import generations
from mudata.catalog.index.registered_views import all_tables
from mudata.catalog.read import scratch_database
from mudata.catalog.tables import INDEX_VERSION, TABLES
from mudata.errors import HomeError, ReadError
from mudata.home import Home


def ask(home: Home, sql: str) -> list[tuple[Any, ...]]:
    with index.connect(home) as connection:
        return connection.execute(sql).fetchall()


def clips(*ids: str, dataset: str = "toy", **columns: Any) -> pa.Table:
    n = len(ids)
    given = {"status": "ok", "kind": "audio"} | columns
    table = {"clip_id": [f"{dataset}/{i}" for i in ids], "dataset": [dataset] * n}
    table |= {name: value if isinstance(value, list) else [value] * n for name, value in given.items()}
    nothing = {c.name: pa.nulls(n) for c in TABLES["clips"] if c.name not in table}
    return pa.table(table | nothing)


def labels(*pairs: tuple[str, str | None], dataset: str = "toy") -> pa.Table:
    rows = [(f"{dataset}/{i}", dataset, "genre", label, label) for i, label in pairs]
    return pa.table({c.name: [row[n] for row in rows] for n, c in enumerate(TABLES["labels"])})


# ----------------------------------------------------------------------------- what comes back


@pytest.mark.slow
def test_every_view_has_the_columns_and_types_that_are_documented(home: Home) -> None:
    for filled in (False, True):
        if filled:
            shelve(home, clips=[{"id": "a"}])
        with index.connect(home) as connection:
            for table, columns in all_tables().items():
                described = connection.execute(f"DESCRIBE {table}").fetchall()
                types = {"TIMESTAMPTZ": "TIMESTAMP WITH TIME ZONE"}
                assert [row[:2] for row in described] == [(c.name, types.get(c.type, c.type)) for c in columns], table


def test_rows_come_back_as_they_were_published(home: Home) -> None:
    row = {
        "clip_id": "toy/ä'b", "dataset": "toy", "kind": "audio", "path": "clips/toy/native/a.flac",
        "source_path": "a b.wav", "source_sha256": sha("file"), "source_size": 12, "pcm_sha256": sha("samples"),
        "start_s": 1.5, "duration_s": 30.013, "sample_rate": 22050, "peak": 0.9, "rms": 0.1,
        "clipped": 3, "decoder": "libsndfile", "store": "flac", "mix": "mean", "source_mtime_ns": 1_700_000_000_000,
        "source_format": "WAV/PCM_16", "source_rate": 22050, "source_channels": 2, "source_duration_s": 60.0,
        "licence": "CC0", "usage": "unrestricted", "artist": "Ä", "album": "", "track": None,
        "title": "tab\tnew\nline", "flavour": "native", "status": "ok", "reason": None,
    }  # fmt: skip
    index.publish(home, "toy", {"clips": pa.Table.from_pylist([row])})
    ((found,),) = ask(home, "SELECT clips FROM clips")
    assert found["peak"] == pytest.approx(0.9, abs=1e-7)
    assert found["rms"] == pytest.approx(0.1, abs=1e-7)
    assert found | {"peak": 0.9, "rms": 0.1} == row


def test_a_clip_without_a_copy_is_shown_as_its_source_and_has_the_hash_of_one_with_a_copy(home: Home) -> None:
    known = {"path": "clips/toy/native/00/a.flac", "source_path": "a b.wav", "mix": "mean", "source_mtime_ns": 5}
    hashes, shown, folders = [], [], []
    for more in ({"store": "flac"}, {"store": "reference"}, {"store": "reference", "source_mtime_ns": 6}):
        folders.append(index.publish(home, "toy", {"clips": clips("a", **known | more)}))
        hashes.append(index.index_sha256(home, "toy"))
        shown += ask(home, "SELECT path, store FROM clips")
    assert len(set(hashes)) == 1
    assert len(set(folders)) == 3  # another store, and another state of the source, are another index
    source = ("raw/toy/files/a b.wav", "reference")
    assert shown == [("clips/toy/native/00/a.flac", "flac"), source, source]
    assert index.publish(home, "toy", {"clips": clips("a", **known | more)}) == folders[-1]


def test_hashes_lie_as_bytes_and_are_shown_in_hexadecimal(home: Home) -> None:
    index.publish(home, "toy", {"clips": clips("a", pcm_sha256=sha("a"))})
    assert ask(home, f"SELECT clip_id FROM clips WHERE pcm_sha256 = '{sha('a')}'") == [("toy/a",)]
    part = index.current_generation(home, "toy")
    assert part is not None
    with duckdb.connect() as connection:
        stored = connection.execute(f"SELECT pcm_sha256 FROM '{part}/clips.parquet'").fetchall()
    assert stored == [(bytes.fromhex(sha("a")),)]


def test_labels_come_back_raw_and_canonical(home: Home) -> None:
    rows = [
        ("toy/a", "toy", "genre", *pair)
        for pair in (("rock", "rock"), ("Hip-Hop", "hiphop"), ("polka", None), ("", ""))
    ]
    table = pa.table([list(column) for column in zip(*rows, strict=True)], [c.name for c in TABLES["labels"]])
    index.publish(home, "toy", {"clips": clips("a"), "labels": table})
    assert sorted(ask(home, "FROM labels"), key=str) == sorted(rows, key=str)


@pytest.mark.slow
def test_a_dataset_is_replaced_and_others_stay(home: Home) -> None:
    index.publish(home, "toy", {"clips": clips("a", "b"), "labels": labels(("a", "rock"), ("b", "pop"))})
    index.publish(home, "other", {"clips": clips("a", dataset="other")})
    index.publish(home, "toy", {"clips": clips("b", "c")})
    assert ask(home, "SELECT clip_id FROM clips ORDER BY 1") == [("other/a",), ("toy/b",), ("toy/c",)]
    assert ask(home, "SELECT * FROM labels") == []


@pytest.mark.slow
def test_what_says_the_same_is_not_written_again(home: Home) -> None:
    tables = {"clips": clips("a", "b"), "labels": labels(("a", "x"), ("b", "y"))}
    first = index.publish(home, "toy", tables | {"datasets": _about(1)})
    again = index.publish(home, "toy", {name: t.take([1, 0]) for name, t in tables.items()} | {"datasets": _about(2)})
    assert again == first
    assert index.publish(home, "toy", tables, selection={"limit": 2}) != first


def _about(minute: int) -> pa.Table:
    row = {c.name: None for c in TABLES["datasets"]} | {"dataset": "toy", "declared": 2}
    return pa.Table.from_pylist([row | {"tags": ["genre"], "indexed_at": datetime(2026, 1, 1, 0, minute, tzinfo=UTC)}])


@pytest.mark.parametrize("folder", ["plain", "wi'th quo\"tes", "gl[o]b*s", "key=value", "ünïcode 音"])
def test_the_home_may_have_any_name(tmp_path: Path, folder: str) -> None:
    home = Home(tmp_path / folder)
    index.publish(home, "toy", {"clips": clips("a")})
    (home.runs / "r1").mkdir(parents=True)
    (home.runs / "r1" / "run.json").write_text("{}")
    assert ask(home, "SELECT clip_id FROM clips") == [("toy/a",)]
    assert ask(home, "SELECT run FROM runs") == [("r1",)]
    with duckdb.connect(str(home.index / index.DATABASE), read_only=True) as connection:
        assert connection.execute("SELECT clip_id FROM clips").fetchall() == [("toy/a",)]


# --------------------------------------------------------------------------- what is refused

_WRONG: list[tuple[dict[str, pa.Table], str]] = [
    ({"songs": pa.table({})}, "No table of the index is named 'songs'"),
    ({"clips": clips("a").drop(["path"])}, "column 'path' of the table 'clips': expected VARCHAR, got no such column"),
    ({"clips": clips("a", duration_s="long")}, "column 'duration_s' .* expected DOUBLE, got VARCHAR"),
    ({"clips": clips("a", sample_rate=2**40)}, "out of range"),
    ({"clips": clips("a").append_column("mood", [["x"]])}, "the table 'clips' has no column 'mood'"),
    ({"clips": clips("a", dataset="other")}, "clip_id that does not begin with the dataset's name: 'other/a'"),
    ({"clips": clips("a", "a")}, "a clip_id that comes twice: 'toy/a'"),
    ({"clips": clips("a", status="fine")}, "a status that is not ok, quarantined or missing: 'fine'"),
    ({"clips": clips("a", pcm_sha256="A" * 64)}, "pcm_sha256 that is not 64 hexadecimal digits in small letters"),
    ({"clips": clips("a"), "labels": labels(("a", None))}, "labels: a row without a label: 'toy/a'"),
    ({"clips": clips("a"), "labels": labels(("b", "rock"))}, "labels: a clip_id that is not in clips: 'toy/b'"),
]  # fmt: skip


@pytest.mark.parametrize(("tables", "message"), _WRONG)
@pytest.mark.slow
def test_tables_of_another_shape_are_refused_and_nothing_changes(
    home: Home, tables: dict[str, pa.Table], message: str
) -> None:
    before = index.publish(home, "toy", {"clips": clips("old")})
    with pytest.raises(ReadError, match=message):
        index.publish(home, "toy", tables)
    assert index.current_generation(home, "toy") == before
    assert ask(home, "SELECT clip_id FROM clips") == [("toy/old",)]


def test_an_index_of_a_newer_version_is_refused_by_name(home: Home) -> None:
    folder = index.publish(home, "toy", {"clips": clips("a")})
    about = json.loads((folder / generations.ABOUT).read_text())
    (folder / generations.ABOUT).write_text(
        json.dumps(about | {"index_version": INDEX_VERSION + 1, "mudata_version": "9.9"})
    )
    for attempt in (
        lambda: index.connect(home),
        lambda: index.index_sha256(home, "toy"),
        lambda: index.publish(home, "toy", {"clips": clips("b")}),
    ):
        with pytest.raises(HomeError, match=r"'toy' was written by mudata 9.9 .*up to version \d+.\nUpdate mudata"):
            attempt()


def test_a_damaged_part_is_told(home: Home) -> None:
    part = index.publish(home, "toy", {"clips": clips("a")}) / "clips.parquet"
    part.write_bytes(b"x" * part.stat().st_size)
    with pytest.raises(HomeError, match=r"cannot be read: .*clips\.parquet"):
        index.connect(home)


def test_a_home_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "index").write_text("a file where a folder should be")
    with pytest.raises(HomeError, match=r"Cannot write to .*index"):
        index.publish(Home(tmp_path), "toy", {"clips": clips("a")})


# ------------------------------------------------------------------------------- generations


@pytest.mark.slow
def test_torn_generations_are_ignored(home: Home) -> None:
    whole = index.publish(home, "toy", {"clips": clips("a")})
    for number, damage in enumerate((_no_about, _no_part, _short_part, _broken_about), start=2):
        torn = whole.with_name(f"{number:06d}")
        subprocess.run(["cp", "-r", whole, torn], check=True)
        damage(torn)
        assert index.current_generation(home, "toy") == whole
        assert ask(home, "SELECT clip_id FROM clips") == [("toy/a",)]
    assert index.publish(home, "toy", {"clips": clips("b")}).name == "000006"
    assert ask(home, "SELECT clip_id FROM clips") == [("toy/b",)]


def _no_about(torn: Path) -> None:
    (torn / generations.ABOUT).unlink()


def _no_part(torn: Path) -> None:
    (torn / "labels.parquet").unlink()


def _short_part(torn: Path) -> None:
    (torn / "clips.parquet").write_bytes((torn / "clips.parquet").read_bytes()[:-7])


def _broken_about(torn: Path) -> None:
    (torn / generations.ABOUT).write_text('{"index_ver')


@pytest.mark.slow
def test_the_generation_before_the_current_one_stays_and_older_ones_go_in_time(home: Home) -> None:
    made = [index.publish(home, "toy", {"clips": clips(f"{n}")}) for n in range(3)]
    assert all(folder.exists() for folder in made)
    long_ago = time.time() - generations.GRACE_S - 1
    os.utime(made[1], (long_ago, long_ago))
    latest = index.publish(home, "toy", {"clips": clips("3")})
    assert [folder.exists() for folder in (*made, latest)] == [False, True, True, True]


@pytest.mark.slow
def test_a_reader_keeps_its_snapshot_while_others_publish(home: Home) -> None:
    index.publish(home, "toy", {"clips": clips("old")})
    with index.connect(home) as reader:
        for n in range(3):
            index.publish(home, "toy", {"clips": clips(f"new {n}")})
        assert reader.execute("SELECT clip_id FROM clips").fetchall() == [("toy/old",)]
    assert ask(home, "SELECT clip_id FROM clips") == [("toy/new 2",)]


# --------------------------------------------------------------------------------- the hash


@pytest.mark.slow
def test_the_hash_is_of_the_content_in_any_order_on_any_day(tmp_path: Path) -> None:
    first, second = Home(tmp_path / "1"), Home(tmp_path / "2")
    index.publish(
        first, "toy", {"clips": clips("a", "b"), "labels": labels(("a", "x"), ("b", "y")), "datasets": _about(1)}
    )
    index.publish(second, "toy", {"clips": clips("c")})
    index.publish(
        second, "toy", {"clips": clips("b", "a"), "labels": labels(("b", "y"), ("a", "x")), "datasets": _about(9)}
    )
    assert index.index_sha256(first, "toy") == index.index_sha256(second, "toy")


@pytest.mark.slow
def test_the_hash_leaves_out_the_last_bits_of_measured_levels(tmp_path: Path) -> None:
    homes = [Home(tmp_path / str(n)) for n in range(2)]
    for home, rms in zip(homes, (0.1, 0.1 + 1e-9), strict=True):
        index.publish(home, "toy", {"clips": clips("a", rms=rms)})
    assert len({index.index_sha256(home, "toy") for home in homes}) == 1


_DIFFERENT: list[Callable[[], dict[str, pa.Table]]] = [
    lambda: {"clips": clips("a", "b"), "labels": labels(("a", "x"), ("b", "y"))},
    lambda: {"clips": clips("a", "b"), "labels": labels(("a", "y"), ("b", "x"))},
    lambda: {"clips": clips("a", "b"), "labels": labels(("a", "x"))},
    lambda: {"clips": clips("a", "b"), "labels": labels(("a", "x"), ("a", "x"))},
    lambda: {"clips": clips("a", "b", artist="")},
    lambda: {"clips": clips("a", "b")},
    lambda: {"clips": clips("a", "b", artist="x", album="y")},
    lambda: {"clips": clips("a", "b", artist="xy", album="")},
    lambda: {"clips": clips("a", "b", duration_s=1.0)},
    lambda: {"clips": clips("a", "b", pcm_sha256=sha("1"))},
]


@pytest.mark.slow
def test_any_other_content_has_another_hash(home: Home) -> None:
    hashes = set()
    for tables in _DIFFERENT:
        index.publish(home, "toy", tables())
        hashes.add(index.index_sha256(home, "toy"))
    assert len(hashes) == len(_DIFFERENT)


def test_the_hash_of_what_is_not_indexed_is_refused(home: Home) -> None:
    with pytest.raises(HomeError, match=r"'toy' is not in the index\.\nRun: mudata fetch --card FILE"):
        index.index_sha256(home, "toy")


# ------------------------------------------------------------------------------ mudata.duckdb


@pytest.mark.slow
def test_other_programs_open_the_database_while_mudata_goes_on(home: Home) -> None:
    index.publish(home, "toy", {"clips": clips("a"), "labels": labels(("a", "rock"))})
    with duckdb.connect(str(home.index / index.DATABASE)) as other:  # read-write, as the duckdb command line opens it
        assert other.execute("SELECT label FROM clips JOIN labels USING (clip_id)").fetchall() == [("rock",)]
        index.publish(home, "toy", {"clips": clips("a", "b")})
        assert ask(home, "SELECT count(*) FROM clips") == [(2,)]
        assert other.execute("SELECT count(*) FROM clips").fetchall() == [(1,)]
    with duckdb.connect(str(home.index / index.DATABASE), read_only=True) as other:
        assert other.execute("SELECT count(*) FROM clips").fetchall() == [(2,)]


@pytest.mark.slow
def test_deleting_the_database_loses_nothing(home: Home) -> None:
    tables = {"clips": clips("a")}
    index.publish(home, "toy", tables)
    database = home.index / index.DATABASE
    database.unlink()
    assert ask(home, "SELECT clip_id FROM clips") == [("toy/a",)]
    index.publish(home, "toy", tables)
    assert database.exists()
    database.write_bytes(b"not a database")
    index.rebuild(home)
    with duckdb.connect(str(database), read_only=True) as connection:
        assert connection.execute("SELECT clip_id FROM clips").fetchall() == [("toy/a",)]


def test_what_a_killed_rebuild_left_is_swept_away(home: Home) -> None:
    index.publish(home, "toy", {"clips": clips("a")})
    (home.index / f".123-4.{index.DATABASE}").write_bytes(b"half")
    (home.index / f"{index.DATABASE}.wal").write_bytes(b"of the file before")
    (home.index / "parts" / "toy" / ".123-4").mkdir()
    index.publish(home, "toy", {"clips": clips("b")})
    assert sorted(path.name for path in home.index.iterdir()) == [index.DATABASE, "parts"]
    assert sorted(path.name for path in (home.index / "parts" / "toy").iterdir()) == ["000001", "000002"]


# ------------------------------------------------------------------------- registered views

_OTHER = """
    import json, sys
    from pathlib import Path
    from mudata.catalog.index import database, query
    from mudata.catalog.index.registered_views import RegisteredView, register
    from mudata.catalog.tables import Column
    from mudata.home import Home

    columns = (Column("name", "VARCHAR", "whose note it is"), Column("n", "BIGINT", "how many"))
    read = "SELECT name, n FROM read_json({}, columns = {{name: 'VARCHAR', n: 'BIGINT'}})"
    register(lambda: {"notes": RegisteredView(columns, "notes/*/n.json", read.format)})
    home = Home(Path(sys.argv[1]))
    database.rebuild(home)
    rows = query.run(home, "FROM notes ORDER BY name").fetchall()
    print(json.dumps([rows, "notes" in {row["table"] for row in query.schema()}]))
"""


@pytest.mark.parametrize("names", [(), ("a",), ("a", "b*[c]")])
@pytest.mark.slow
def test_others_add_tables_over_their_own_files(home: Home, names: tuple[str, ...]) -> None:
    for n, name in enumerate(names):
        (home.root / "notes" / name).mkdir(parents=True)
        (home.root / "notes" / name / "n.json").write_text(json.dumps({"name": name, "n": n}))
    rows = [[name, n] for n, name in enumerate(names)]
    command = [sys.executable, "-c", textwrap.dedent(_OTHER), str(home.root)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) == [rows, True]
    with duckdb.connect(str(home.index / index.DATABASE), read_only=True) as connection:
        assert connection.execute("FROM notes ORDER BY name").fetchall() == [tuple(row) for row in rows]
        tables = {row[0] for row in connection.execute("SHOW TABLES").fetchall()}
    assert tables == {*all_tables(), "notes"}


# ---------------------------------------------------------------------------- many processes

_WRITER = """
    import sys
    from pathlib import Path
    from mudata.home import Home
    from mudata.catalog.index import database as index
    import pyarrow as pa
    from mudata.catalog.tables import TABLES

    home, dataset, rounds = Home(Path(sys.argv[1])), sys.argv[2], int(sys.argv[3])
    n = 2000
    for number in range(1, rounds + 1):
        ids = [f"{dataset}/{i:05d}" for i in range(n)]
        given = {"clip_id": ids, "dataset": [dataset] * n, "status": ["ok"] * n, "title": [str(number)] * n}
        nothing = {c.name: pa.nulls(n) for c in TABLES["clips"] if c.name not in given}
        clips = pa.table(given | nothing)
        labels = pa.table([ids, given["dataset"], ["genre"] * n, given["title"], given["title"]],
            [c.name for c in TABLES["labels"]])
        index.publish(home, dataset, {"clips": clips, "labels": labels})
        print(number, flush=True)
"""


def _writer(home: Home, dataset: str, rounds: int) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", textwrap.dedent(_WRITER), str(home.root), dataset, str(rounds)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def _consistent(home: Home) -> dict[str, int]:
    """Every dataset is whole, and its clips and labels are of one and the same round; the round by dataset."""
    rows = ask(
        home,
        "SELECT dataset, count(*), min(title), max(title), min(label), max(label)"
        " FROM clips JOIN labels USING (clip_id, dataset) GROUP BY dataset",
    )
    assert all(row[1] == 2000 and len(set(row[2:])) == 1 for row in rows), rows
    return {row[0]: int(row[2]) for row in rows}


@pytest.mark.slow
def test_writers_of_different_datasets_both_survive_and_readers_see_whole_ones(home: Home) -> None:
    writers = [_writer(home, dataset, 6) for dataset in ("one", "two")]
    seen: dict[str, int] = {}
    while any(writer.poll() is None for writer in writers):
        now = _consistent(home)
        assert all(now.get(dataset, 0) >= number for dataset, number in seen.items())
        seen = now
        time.sleep(0.03)
    for writer in writers:
        assert writer.communicate()[1] == ""
        assert writer.returncode == 0
    assert _consistent(home) == {"one": 6, "two": 6}
    with duckdb.connect(str(home.index / index.DATABASE), read_only=True) as connection:
        assert connection.execute("SELECT count(*) FROM labels").fetchall() == [(4000,)]


@pytest.mark.slow
def test_writers_of_the_same_dataset_take_turns(home: Home) -> None:
    writers = [_writer(home, "one", 4) for _ in range(2)]
    for writer in writers:
        assert writer.communicate()[1] == ""
    assert _consistent(home) == {"one": 4}


@pytest.mark.slow
def test_a_kill_at_any_moment_loses_nothing(home: Home) -> None:
    moments = random.Random(20261123)
    done = 0
    for _ in range(6):
        writer = _writer(home, "one", 1000)
        assert writer.stdout is not None
        done = int(writer.stdout.readline())  # the interpreter is up, and one round is published
        time.sleep(moments.random() * 0.3)
        writer.send_signal(signal.SIGKILL)
        said = [int(line) for line in writer.communicate()[0].split()]
        done = max([done, *said])
        assert _consistent(home)["one"] in (done, done + 1)
        with duckdb.connect(str(home.index / index.DATABASE), read_only=True) as connection:
            assert connection.execute("SELECT count(*) FROM clips").fetchall() == [(2000,)]
    index.publish(home, "one", {"clips": clips("a", dataset="one")})
    assert ask(home, "SELECT clip_id FROM clips") == [("one/a",)]
    assert not list((home.index / "parts" / "one").glob(".*"))


def test_what_killed_queries_put_on_the_disk_is_swept(home: Home) -> None:
    dead = subprocess.Popen([sys.executable, "-c", ""])
    dead.wait()
    folders = {name: home.index / name for name in (f".spill-{dead.pid}", f".spill-{os.getpid()}", ".spill-x", "spill")}
    for folder in folders.values():
        folder.mkdir(parents=True)
        (folder / "duckdb_temp_storage_DEFAULT-0.tmp").write_bytes(b"x")
    index.publish(home, "toy", {"clips": clips("a")})
    assert [name for name, folder in folders.items() if folder.exists()] == [f".spill-{os.getpid()}"]


# ------------------------------------------------------------------------------------- many rows


@pytest.mark.slow
def test_files_are_published_as_tables_are_in_little_memory(home: Home, tmp_path: Path) -> None:
    facts = {"dataset": "'toy'", "status": "'ok'", "kind": "'audio'", "clip_id": "'toy/' || printf('%07d', i)"}
    facts |= {"source_sha256": "sha256(i::VARCHAR)", "pcm_sha256": "sha256('x' || i)", "title": "md5(i::VARCHAR)"}
    columns = ", ".join(f"{facts.get(c.name, 'NULL')}::{c.type} AS {c.name}" for c in TABLES["clips"])
    told = ", ".join(f"{facts.get(c.name, repr(c.name))}::{c.type} AS {c.name}" for c in TABLES["labels"])
    files = {"clips": tmp_path / "clips.parquet", "labels": tmp_path / "labels.parquet"}
    with duckdb.connect() as connection:
        connection.execute(f"COPY (SELECT {columns} FROM range(300_000) r(i)) TO '{files['clips']}'")
        connection.execute(f"COPY (SELECT {told} FROM range(300_000) r(i)) TO '{files['labels']}'")
        tables = {name: connection.sql(f"FROM '{file}'").to_arrow_table() for name, file in files.items()}
    with pytest.MonkeyPatch.context() as frugal:
        frugal.setattr(scratch_database, "FRUGAL", 64 << 20)
        index.publish(home, "toy", files)
    from_files = index.index_sha256(home, "toy")
    assert not list(home.index.glob(".spill-*"))
    index.forget(home, "toy")
    index.publish(home, "toy", tables)
    assert index.index_sha256(home, "toy") == from_files
    assert ask(home, "SELECT count(*), count(DISTINCT title) FROM clips") == [(300_000, 300_000)]


def test_duckdb_prints_no_progress() -> None:
    with scratch_database.new_instance() as connection:
        assert connection.sql("SELECT current_setting('enable_progress_bar')").fetchall() == [(False,)]
