"""Writers and readers that stop at any moment, stores that stop taking bytes, and two machines at once."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest
from fsspec.implementations.local import LocalFileSystem
from s3_server import Lab, refusing, sound_in
from shell import typed

from mudata.catalog.cards import loader
from mudata.catalog.index import database
from mudata.catalog.index.verify import verify
from mudata.object_store import shared_files
from mudata.object_store.connection import Connection
from mudata.object_store.location import StoreError

if TYPE_CHECKING:
    from tones_on_disk import Tone

pytestmark = pytest.mark.slow

KILLER = """
import os, signal, sys
from mudata.object_store.connection import Connection
operation, left = sys.argv[1], int(sys.argv[2])
real = getattr(Connection, operation)
def counted(self, *arguments):
    global left
    left -= 1
    if left < 0:
        if operation == "fetch":  # in the middle of it
            arguments[1].write_bytes(b"half")
        os.kill(os.getpid(), signal.SIGKILL)
    return real(self, *arguments)
setattr(Connection, operation, counted)
sys.argv = ["mudata", *sys.argv[3:]]
from mudata.cli import main
main()
"""
"""mudata that is killed at a call of an operation of the store: which, after how many, and the command line."""


class Killed(BaseException):
    """As if the process ended here."""


def killed(*words: object) -> bool:
    """Whether the command was killed before it ended."""
    command = [sys.executable, "-c", KILLER, *map(str, words)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode in (0, -signal.SIGKILL), done.stderr
    return done.returncode != 0


@pytest.fixture
def stopping(monkeypatch: pytest.MonkeyPatch) -> dict[str, int]:
    """What is left of the operations that change the store before the process 'ends'."""
    left = {"operations": 10**9}

    def stops(name: str) -> None:
        real = getattr(Connection, name)

        def counted(self: Connection, *arguments: Any) -> Any:
            left["operations"] -= 1
            if left["operations"] < 0:
                raise Killed
            return real(self, *arguments)

        monkeypatch.setattr(Connection, name, counted)

    stops("write")
    stops("send")
    return left


def test_a_writer_that_stops_at_any_moment_shows_nothing_or_all(lab: Lab, tone: Tone, stopping: dict[str, int]) -> None:
    origin = lab.lay(tone)
    first = lab.at("first")
    moments = 0
    while True:
        stopping["operations"] = moments
        lab.at("first")
        try:
            lab.fetch(first, origin)
        except Killed:
            stopping["operations"] = 10**9
            reader = lab.at(f"reader-{moments}")
            assert database.current_generations(reader) == {}
            shared = shared_files.store()
            assert shared is not None
            for key in shared.sizes("objects"):  # what is there is whole
                assert shared.read(key)
            lab.url = lab.url  # the same store, and what is there is not sent again
            moments += 3
            continue
        break
    assert moments > 10
    second = lab.at("second")
    assert [f for f in verify(loader.load("tones"), second, deep=True) if f.severity == "error"] == []
    # the second publication of the same dataset, stopped: the former counts until the record is written
    first = lab.at("first")
    for moment in range(40):
        stopping["operations"] = moment
        try:
            lab.fetch(lab.at("first"), store="reference")
        except Killed:
            stopping["operations"] = 10**9
            reader = lab.at("reader")
            assert {clip.store for clip in lab.clips(reader).values()} == {"flac"}
            assert lab.clips(reader)["tones/a"].samples().shape == (4000,)
            continue
        break
    assert moment > 1
    assert {clip.store for clip in lab.clips(lab.at("last")).values()} == {"reference"}


def test_kill_9(lab: Lab, tone: Tone) -> None:
    origin = lab.lay(tone)
    lab.at("first")
    fetching = ("fetch", "tones", "--from", origin / "files", "--copy", "--workers", "1", "--quiet")
    assert killed("send", 3, *fetching)
    assert not killed("send", 10**6, *fetching)
    second = lab.at("second")
    listing = ("export", "all", "--to", "csv", "--copy", "-o", lab.folder / "out", "--quiet")
    assert killed("fetch", 4, "sql", "SELECT 1")  # among the tables
    assert database.current_generations(second)
    assert typed("split", "all", "--dataset", "tones", "--parts", "test=1").code == 0
    assert killed("fetch", 1, *listing)  # in the middle of the second clip
    assert sound_in(second) == ["a.flac"]
    assert typed(*listing).code == 0
    assert sound_in(second) == ["a.flac", "b.flac", "c.flac"]
    assert not [path for path in (second.root / "clips").rglob(".*") if path.is_file()]
    assert [f for f in verify(loader.load("tones"), second, deep=True) if f.severity == "error"] == []


def test_two_machines_publish_at_once(lab: Lab, tone: Tone) -> None:
    origin = lab.lay(tone)
    card = (lab.folder / "cards/tones.yaml").read_text()
    (lab.folder / "cards/other.yaml").write_text(card.replace("name: tones", "name: other"))
    processes = []
    for machine, own in (("first", "tones"), ("second", "other")):
        home = lab.at(machine)
        words = ("fetch", "tones", own, "--from", origin / "files", "--copy", "--workers", "1", "--quiet")
        words = tuple(dict.fromkeys(words))
        processes.append(subprocess.Popen([sys.executable, "-m", "mudata", *map(str, words)], stderr=subprocess.PIPE))
        assert home
    for process in processes:
        _, err = process.communicate()
        assert process.returncode == 0, err.decode()
    hashes = set()
    for machine in ("first", "second", "third"):
        home = lab.at(machine)
        assert sorted(database.current_generations(home)) == ["other", "tones"]
        hashes.add((database.index_sha256(home, "tones"), database.index_sha256(home, "other")))
        assert all(clip.samples().size for clip in lab.clips(home).values())
    assert len(hashes) == 1


def test_a_store_that_takes_no_more(lab: Lab, tone: Tone, monkeypatch: pytest.MonkeyPatch) -> None:
    origin = lab.lay(tone)
    folder = lab.folder / "shared"
    lab.url = f"file://{folder}"
    first = lab.at("first")
    folder.mkdir()
    real = LocalFileSystem.put_file
    sent = []

    def full(self: LocalFileSystem, source: str, target: str) -> None:
        if len(sent) > 3:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), target)
        sent.append(target)
        real(self, source, target)

    monkeypatch.setattr(LocalFileSystem, "put_file", full)
    with pytest.raises(StoreError, match="indexed here, but not published: The store is full"):
        lab.fetch(first, origin)
    assert sorted(database.current_generations(first)) == ["tones"]
    monkeypatch.setattr(LocalFileSystem, "put_file", real)
    assert lab.fetch(lab.at("first"), origin).unchanged
    assert sorted(database.current_generations(lab.at("second"))) == ["tones"]


def test_a_store_that_cannot_be_written_is_told_before_anything_is_fetched(
    lab: Lab, tone: Tone, monkeypatch: pytest.MonkeyPatch
) -> None:
    origin = lab.lay(tone)
    first = lab.at("first")

    def refused(self: Connection, key: str, data: bytes) -> None:
        raise StoreError(f"You may not write {self.url}/{key}.", "Ask.")

    monkeypatch.setattr(Connection, "write", refused)
    with pytest.raises(StoreError, match="may not write"):
        lab.fetch(first, origin)
    assert sound_in(first) == []


def test_a_server_that_is_slow_ends_the_command_and_no_clip(
    lab: Lab, tone: Tone, monkeypatch: pytest.MonkeyPatch
) -> None:
    lab.fetch(lab.at("first"), lab.lay(tone))
    second = lab.at("second")
    clips = lab.clips(second)
    from fsspec.config import conf

    monkeypatch.setitem(conf, "s3", {"config_kwargs": {"read_timeout": 0.05, "retries": {"max_attempts": 0}}})
    with refusing(500, "InternalError", after_s=60) as address:
        monkeypatch.setenv("AWS_ENDPOINT_URL", address)
        with pytest.raises(StoreError, match="does not answer"):
            clips["tones/a"].samples()
    assert sound_in(second) == []
