"""The home as a cache of the store: what goes, and what never does."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from s3_server import ROWS, Lab, sound_in

from mudata.errors import AudioError
from mudata.object_store import shared_files
from mudata.object_store.local_cache import at_hand, bring, make_room

if TYPE_CHECKING:
    from tones_on_disk import Tone

    from mudata.home import Home

pytestmark = pytest.mark.slow

READER = """
import sys
from pathlib import Path
from mudata.object_store.local_cache import at_hand
with at_hand(Path(sys.argv[1])):
    print("open", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def reader(lab: Lab, tone: Tone, monkeypatch: pytest.MonkeyPatch) -> Home:
    """A machine that has brought all clips of another, with room for two of them at its next look."""
    lab.fetch(lab.at("first"), lab.lay(tone))
    home = lab.at("reader")
    for n, name in enumerate("cab"):  # the order in which they were used
        path = copy(home, name)
        lab.clips(home)[f"tones/{name}"].samples()
        os.utime(path, ns=(time.time_ns() - (1000 - n) * 10**9, path.stat().st_mtime_ns))
    size = sum(copy(home, name).stat().st_size for name in "abc")
    monkeypatch.setenv("MUDATA_CACHE_GB", str(0.85 * size / 1e9))
    return home


def copy(home: Home, name: str) -> Path:
    files = shared_files.files_of(home, "tones") or ()
    return home.root / next(file.path for file in files if file.path.endswith(f"/{name}.flac"))


def test_the_longest_unused_goes_first_and_comes_again(reader: Home, lab: Lab) -> None:
    make_room(reader)
    assert sound_in(reader) == ["a.flac", "b.flac"]
    lab.clips(reader)["tones/a"].samples()  # and is the last that was used now
    lab.clips(reader)["tones/c"].samples()
    make_room(reader)
    assert sound_in(reader) == ["a.flac", "c.flac"]
    assert (reader.raw("tones") / "fetched.json").exists()


def test_what_is_read_stays(reader: Home) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", READER, str(copy(reader, "c"))], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stdin is not None
        assert process.stdout.readline() == b"open\n"
        with at_hand(copy(reader, "a")):
            make_room(reader)
        assert sound_in(reader) == ["a.flac", "c.flac"]  # b went, although it was used later
        process.stdin.close()


def test_what_the_store_does_not_have_stays(reader: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MUDATA_CACHE_GB", "0")
    shared = shared_files.store()
    assert shared is not None
    stored = {file.path: file for file in shared_files.files_of(reader, "tones") or ()}
    shared.remove(stored[copy(reader, "c").relative_to(reader.root).as_posix()].key)
    copy(reader, "a").write_bytes(copy(reader, "a").read_bytes() + b"\0")  # another file by now
    (reader.raw("tones") / "files").mkdir(parents=True)
    (reader.raw("tones") / "files" / "own.wav").write_bytes(b"RIFF" * 10000)
    make_room(reader)
    assert sound_in(reader) == ["a.flac", "c.flac", "own.wav"]


def test_a_dataset_that_is_being_fetched_keeps_its_files(reader: Home) -> None:
    with reader.lock("fetch-tones"):
        make_room(reader)
        assert sound_in(reader) == ["a.flac", "b.flac", "c.flac"]
    make_room(reader)
    assert sound_in(reader) == ["a.flac", "b.flac"]


def test_a_fetch_ends_with_room_made(reader: Home, lab: Lab, tone: Tone) -> None:
    lab.fetch(reader, limit=2)  # which needs all of it
    assert len(sound_in(reader)) == 2 != len(ROWS)
    assert lab.clips(reader)["tones/a"].samples().shape == (4000,)


def test_a_cache_of_no_size_hears_every_clip(reader: Home, lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MUDATA_CACHE_GB", "0")
    make_room(reader)
    assert sound_in(reader) == []
    for name, clip in lab.clips(reader).items():
        assert clip.samples().shape == (4000,)
        assert sound_in(reader) == [f"{name[-1]}.flac"]  # the others have gone for it


def test_what_a_killed_reader_left_is_swept_and_damage_leaves_nothing(lab: Lab, tone: Tone) -> None:
    lab.fetch(lab.at("first"), lab.lay(tone))
    home = lab.at("other")
    lab.clips(home)
    path = copy(home, "a")
    path.parent.mkdir(parents=True)
    (path.parent / ".a.flac.1-1.part").write_bytes(b"half")
    stored = next(file for file in shared_files.files_of(home, "tones") or () if file.path.endswith("/a.flac"))
    shared = shared_files.store()
    assert shared is not None
    whole = shared.read(stored.key)
    shared.write(stored.key, whole[:-1] + b"\0")
    with pytest.raises(AudioError, match="has other bytes"):
        bring(path)
    assert [entry.name for entry in path.parent.iterdir()] == []
    shared.write(stored.key, whole)
    assert bring(path)
    assert (path.read_bytes() == whole, path.stat().st_mtime_ns) == (True, stored.mtime_ns)
