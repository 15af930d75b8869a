"""Little memory, few open files: a sentence says so, nothing is judged by it, and the same command goes on."""

from __future__ import annotations

import builtins
import errno
import io
import json
import os
import resource
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb
import pytest
import tiny_set
from misbehaving import Server
from shell import Done, spawned, typed
from tiny_set import CLIPS, TABLE

from mudata import json_files, memory, yaml_files
from mudata.catalog.audio import clip, normalise
from mudata.catalog.index import generations
from mudata.catalog.read import card_sql
from mudata.catalog.splits import manifest
from mudata.errors import MudataError, from_machine_error, is_of_machine

if TYPE_CHECKING:
    from mudata.home import Home

TOO_MANY = OSError(errno.EMFILE, os.strerror(errno.EMFILE), "/somewhere")


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (TOO_MANY, "Too many files are open (/somewhere)."),
        (OSError(errno.ENFILE, "x"), "Too many files are open."),
        (OSError(errno.ENOMEM, "Cannot allocate memory"), "There is not enough memory (Cannot allocate memory)."),
        (MemoryError(), "There is not enough memory."),
        (duckdb.OutOfMemoryException("Out of Memory Error: x"), "There is not enough memory (Out of Memory Error: x)."),
        (duckdb.IOException(f"IO Error: a: {os.strerror(errno.EMFILE)}"), "Too many files are open."),
    ],
)
def test_limits_of_the_machine_are_known_as_such(error: Exception, told: str) -> None:
    assert is_of_machine(error)
    assert str(from_machine_error(error)).startswith(f"{told} What was finished is kept.\n")


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (ImportError(f"x.so: cannot open shared object file: {os.strerror(errno.EMFILE)}"), "Too many files are open."),
        (ImportError("failed to map segment from shared object", name="numpy"), "memory (numpy cannot be loaded)."),
        (ImportError("x.so: cannot create shared object descriptor: Cannot allocate memory"), "There is not enough"),
        (ImportError("No module named 'x'"), None),
    ],
)
def test_libraries_that_cannot_be_loaded_for_want_of_either_are_told(error: Exception, told: str | None) -> None:
    known = from_machine_error(error)
    assert (known is None) if told is None else (known is not None and told in known.what)


@pytest.mark.parametrize("error", [FileNotFoundError(errno.ENOENT, "x"), duckdb.IOException("x"), ValueError("memory")])
def test_other_errors_are_not(error: Exception) -> None:
    assert not is_of_machine(error)


# ------------------------------------------------------------------------ never a verdict on a file


@pytest.fixture
def no_more_files(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any, **__: Any) -> Any:
        raise TOO_MANY

    monkeypatch.setattr(io, "open", refuse)
    monkeypatch.setattr(builtins, "open", refuse)


@pytest.mark.usefixtures("no_more_files")
@pytest.mark.parametrize(
    "look",
    [
        json_files.read_object,
        yaml_files.read,
        manifest._parse,
        lambda path: json_files.read_text(path, "The prompt file"),
        clip.digest,
    ],
)
def test_what_cannot_be_opened_for_want_of_descriptors_is_not_called_damaged(
    look: Callable[[Path], Any], tmp_path: Path
) -> None:
    handle = os.open(tmp_path / "a.json", os.O_CREAT | os.O_WRONLY)
    os.write(handle, b"{}")
    os.close(handle)
    with pytest.raises(OSError, match="Too many open files"):
        look(tmp_path / "a.json")


def test_no_older_generation_counts_instead(tmp_path: Path, request: pytest.FixtureRequest) -> None:
    (tmp_path / "000001").mkdir()
    (tmp_path / "000001" / "about.json").write_text("{}")
    assert generations.newest(tmp_path) is None
    request.getfixturevalue("no_more_files")
    with pytest.raises(OSError, match="Too many open files"):
        generations.newest(tmp_path)


def test_a_card_is_not_blamed_for_little_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sql = card_sql.RawSql("tiny", tmp_path)

    class Full:
        def execute(self, _: str) -> Any:
            raise duckdb.OutOfMemoryException("Out of Memory Error: x")

    monkeypatch.setattr(sql, "_connection", Full())
    with pytest.raises(duckdb.OutOfMemoryException):
        sql._card_sql("clips", "SELECT 1")


def test_clips_that_crashed_are_tried_again_by_the_next_fetch(
    tmp_path: Path, tone: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    tone(tmp_path / "a.wav", seconds=0.2)
    job = normalise.Job("a", "audio", "a.wav")
    options: dict[str, Any] = {"files": tmp_path, "target": tmp_path / "made", "audio_format": clip.AudioFormat()}
    monkeypatch.setattr(normalise, "perform", fails)
    assert "crashed: not enough memory" in normalise.run([job], **options)["reason"].to_pylist()[0]
    monkeypatch.undo()
    assert normalise.run([job], **options)["status"].to_pylist() == ["ok"]


def fails(task: Any) -> dict[str, Any]:
    return normalise._failed("quarantined", "crashed", "not enough memory")


# --------------------------------------------------------------------------------- memory


def test_where_address_space_is_short_little_is_reserved(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MALLOC_ARENA_MAX"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(memory, "address_space", lambda: None)
    assert memory.spare() is None
    assert "MALLOC_ARENA_MAX" not in os.environ
    monkeypatch.setattr(memory, "_few_arenas", lambda count: None)
    monkeypatch.setattr(memory, "address_space", lambda: 2_000_000_000)
    for name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MALLOC_ARENA_MAX", "MKL_NUM_THREADS", "ARROW_IO_THREADS"):
        monkeypatch.setenv(name, "")  # so that they are put back
        monkeypatch.delenv(name)
    monkeypatch.setenv("OMP_NUM_THREADS", "3")
    assert memory.spare() == 2_000_000_000
    assert (os.environ["OPENBLAS_NUM_THREADS"], os.environ["OMP_NUM_THREADS"]) == ("1", "3")
    from mudata.catalog.read.scratch_database import new_instance

    with new_instance() as connection:
        (told,) = connection.sql("SELECT current_setting('threads'), current_setting('memory_limit')").fetchall()
    assert told == (1, "476.8 MiB")


def test_more_threads_where_there_is_more_room(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "cpu_count", lambda: 4)
    assert [memory.threads(gigabytes << 30) for gigabytes in (1, 2, 5, 6, 12)] == [1, 1, 2, 3, 4]


@pytest.mark.parametrize(
    ("groups", "files", "limit", "processes"),
    [
        ("0::/\n", {"memory.max": "1073741824\n"}, 1 << 30, 3),
        (
            "0::/job/step\n",
            {"job/step/memory.max": "max", "job/memory.max": "400000000", "memory.max": "max"},
            400_000_000,
            1,
        ),
        ("4:cpu:/\n3:memory:/a\n0::/\n", {"memory/a/memory.limit_in_bytes": "9223372036854771712"}, None, None),
        ("3:cpu,memory:/a\n", {"memory/a/memory.limit_in_bytes": "2147483648"}, 2 << 30, 6),
        ("nonsense", {}, None, None),
    ],
)
def test_the_memory_of_a_container_decides_how_many_processes_decode(
    groups: str, files: dict[str, str], limit: int | None, processes: int | None, tmp_path: Path, monkeypatch: Any
) -> None:
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    read = Path.read_text
    monkeypatch.setattr(
        Path, "read_text", lambda path, *a: groups if str(path) == "/proc/self/cgroup" else read(path, *a)
    )
    monkeypatch.setattr(memory, "CGROUPS", tmp_path)
    assert (memory.container(), memory.most_processes()) == (limit, processes)


@pytest.fixture(scope="module")
def own(new_folder: Callable[[str], Path]) -> Path:
    """A card, six clips, and a home in which they are fetched."""
    folder = new_folder("own")
    with Server() as server:  # which is never asked
        tiny_set.write(tiny_set.card(server), folder)
    for name, data in (CLIPS | {"tiny.csv": TABLE}).items():
        (folder / "mine" / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / "mine" / name).write_bytes(data)
    return folder


def limited(kind: int, value: int, *words: object, home: Path, cards: Path) -> Done:
    env = {"MUDATA_HOME": str(home), "MUDATA_CARDS": str(cards)}
    return spawned(*words, env=env, preexec_fn=lambda: resource.setrlimit(kind, (value, value)))


WORDS = ("fetch", "tiny", "--from", "mine", "--workers", "1", "--json")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("kind", "value", "enough"),
    [
        (resource.RLIMIT_AS, 450_000_000, False),
        (resource.RLIMIT_AS, 1_500_000_000, True),
        (resource.RLIMIT_NOFILE, 6, False),
        (resource.RLIMIT_NOFILE, 64, True),
    ],
)
def test_a_fetch_under_a_limit_is_whole_or_says_why_not_and_goes_on(
    own: Path, home: Home, monkeypatch: pytest.MonkeyPatch, kind: int, value: int, enough: bool
) -> None:
    words = [own / "mine" if word == "mine" else word for word in WORDS]
    done = limited(kind, value, *words, home=home.root, cards=own)
    assert done.code == 0 or (done.code == 2 and "Error: " in done.err), done.err
    assert enough is (done.code == 0), done.err
    if done.code:
        assert "There is not enough memory" in done.err or "Too many files are open" in done.err
    monkeypatch.setenv("MUDATA_CARDS", str(own))
    again = typed(*words)
    assert (again.code, json.loads(again.out)[0]["usable"]) == (0, 6)


def test_where_there_is_too_little_for_any_work_that_is_told_before_it(monkeypatch: pytest.MonkeyPatch) -> None:
    from mudata.catalog.read.scratch_database import new_instance

    monkeypatch.setattr(memory, "_few_arenas", lambda count: None)
    monkeypatch.setattr(memory, "address_space", lambda: 450_000_000)
    with pytest.raises(
        MudataError, match=r"an address space of 0\.6 GB is needed at least, and this process may have 0\.45"
    ):
        new_instance()
