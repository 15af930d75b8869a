"""A home pinned in one file, and made again from it: the same, or each difference explained."""

from __future__ import annotations

import json
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import tiny_set
from misbehaving import Answer, Server
from shell import ended, spawned, started, typed, wait_for
from tiny_set import CLIPS, TABLE, as_dict, built, http, zipped

import mudata
from mudata.catalog.index import database
from mudata.catalog.pinning.home_lock import read_lock
from mudata.catalog.splits import manifest
from mudata.errors import ArgumentError, HomeError, UnknownName
from mudata.home import Home

pytestmark = pytest.mark.slow


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as running:
        yield running


class Place:
    """A home to lock, a lock, and fresh homes to make of it."""

    def __init__(self, server: Server, home: Home, folder: Path, patch: pytest.MonkeyPatch) -> None:
        self.server, self.home, self.folder, self.patch = server, home, folder, patch
        self.file = folder / "mudata.lock.json"
        self.cards = folder / "cards"
        self.cards.mkdir()
        patch.setenv("MUDATA_CARDS", str(self.cards))

    def card(self, **changes: Any) -> None:
        """Write the card of a dataset of six clips, without sums of its own."""
        said = as_dict(self.server) | changes
        for component in said["sources"].values():
            for mirror in component["mirrors"]:
                for file in mirror.get("files", ()):
                    file.pop("sha256"), file.pop("size")
        tiny_set.write(built(said), self.cards)

    def fetched(self, *names: str) -> None:
        for name in names:
            assert typed("fetch", name, "--workers", "1").code == 0

    def fresh(self) -> Home:
        """An empty home on another machine, where nobody knows the card."""
        root = self.folder / f"fresh-{len(list(self.folder.glob('fresh-*')))}"
        self.patch.setenv("MUDATA_HOME", str(root))
        self.patch.delenv("MUDATA_CARDS", raising=False)
        return Home(root)

    def again(self, *words: str) -> tuple[int, dict[str, str], list[dict[str, Any]]]:
        """`fetch --locked`: exit code, states, differences."""
        done = typed("fetch", "--locked", self.file, *words, "--workers", "1", "--json")
        told = json.loads(done.out)
        return done.code, {f"{r['kind']} {r['name']}": r["state"] for r in told["items"]}, told["differences"]


@pytest.fixture
def place(server: Server, home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Place:
    made = Place(server, home, tmp_path, monkeypatch)
    made.card()
    made.fetched("tiny")
    return made


OWN = (
    "faults:\n  - {ids: rock.00000, kind: disputed, action: warn, note: soft, source: me,"
    " repair: {labels: {genre: jazz}}}\n"
)


def test_a_fresh_home_is_made_the_same_and_a_second_time_nothing_is_asked(place: Place) -> None:
    place.home.make(place.home.faults)
    (place.home.faults / "tiny.yaml").write_text(OWN)
    split = mudata.split("exam", dataset="tiny", parts={"train": 0.5, "test": 0.5}, faults="repair")
    done = typed("lock", "--to", place.file)
    assert done.code == 0, done.err
    assert "tiny" in done.out
    assert "exam" in done.out
    lock = read_lock(place.file)
    assert lock.datasets["tiny"].sources["audio"][0].address == place.server.url("/tiny.zip")
    assert place.server.url("/tiny.zip") in lock.by_sums_alone["tiny"]
    assert "no version to ask for. Its files are pinned by their sums alone" in done.err
    assert set(lock.datasets["tiny"].clips) == {Path(path).stem for path in CLIPS}
    assert {"mudata", "soundfile", "libsndfile"} <= set(lock.tools)
    before = database.index_sha256(place.home, "tiny")
    fresh = place.fresh()
    code, states, differences = place.again()
    assert (code, states, differences) == (0, {"dataset tiny": "same", "split exam": "same"}, [])
    assert database.index_sha256(fresh, "tiny") == before == lock.datasets["tiny"].index_sha256
    assert manifest.load(fresh, "exam").sha256 == split.sha256
    assert (fresh.faults / "tiny.yaml").read_text() == OWN
    asked = len(place.server.seen)
    assert place.again() == (0, states, [])
    assert len(place.server.seen) == asked
    assert mudata.fetch_locked(place.file, "exam", progress=False).is_same
    with pytest.raises(UnknownName):
        mudata.fetch_locked(place.file, "other", progress=False)
    with pytest.raises(ArgumentError):
        mudata.fetch_locked(place.file, source=place.folder, progress=False)


@pytest.mark.parametrize("store", ["flac", "reference"])
def test_clips_are_kept_as_they_were(place: Place, store: str) -> None:
    assert typed("fetch", "tiny", "--workers", "1", "--store", store).code == 0
    mudata.lock(to=place.file)
    place.fresh()
    assert place.again() == (0, {"dataset tiny": "same"}, [])
    assert mudata.sql("SELECT DISTINCT store FROM clips").fetchall() == [(store,)]


def test_a_source_that_is_gone_is_told_and_the_rest_is_made(place: Place) -> None:
    place.server.serve("/other.zip", Answer(zipped()))
    audio = http(
        {"path": "other.zip", "url": place.server.url("/other.zip"), "unpack": "archive", "sha256": "", "size": 1}
    )
    sources = as_dict(place.server)["sources"] | {"audio": {"what": "the clips", "mirrors": [audio]}}
    place.card(name="other", sources=sources)
    place.fetched("other")
    mudata.split("exam", dataset="tiny", parts={"test": 1.0})
    mudata.split("more", dataset="other", parts={"test": 1.0})
    mudata.lock(to=place.file)
    place.server.serve("/tiny.zip", Answer(b"", 404))
    place.fresh()
    code, states, told = place.again()
    assert code == 1
    assert states == {"dataset other": "same", "dataset tiny": "gone", "split exam": "differs", "split more": "same"}
    (gone,) = (one for one in told if one["kind"] == "gone")
    assert "tiny: audio (the clips) could not be had" in gone["text"]
    assert f"{place.server.url('/tiny.zip')}: the host no longer has this file (404 Not Found)" in gone["text"]
    assert any(one["what"] == "exam" and "tiny is not in the index" in one["text"] for one in told)
    # who has the files elsewhere goes on with them
    own = place.folder / "own"
    for path, data in {**CLIPS, "tiny.csv": TABLE}.items():
        (own / path).parent.mkdir(parents=True, exist_ok=True)
        (own / path).write_bytes(data)
    done = typed("fetch", "--locked", place.file, "tiny", "--from", own, "--workers", "1")
    assert done.code == 0, done.err
    assert "it was locked from http 127.0.0.1" in done.err
    assert place.again()[:2] == (0, dict.fromkeys(states, "same"))


def test_other_bytes_are_told_by_archive_and_clip(place: Place) -> None:
    mudata.split("exam", dataset="tiny", parts={"test": 1.0})
    mudata.lock(to=place.file)
    changed = CLIPS | {"tiny/jazz.00001.wav": tiny_set.tone(999)}
    place.server.serve("/tiny.zip", Answer(zipped(changed)))
    place.fresh()
    code, states, told = place.again()
    assert (code, states) == (1, {"dataset tiny": "differs", "split exam": "differs"})
    texts = [one["text"] for one in told]
    assert any(text.startswith("audio: tiny.zip has other bytes than were locked (sha256:") for text in texts), texts
    (clips,) = (one for one in told if one["kind"] == "clips")
    assert clips["text"] == "1 of 6 clips sounds otherwise than when it was locked: jazz.00001"
    assert clips["clip_ids"] == ["jazz.00001"]
    (split,) = (one for one in told if one["kind"] == "split")
    assert split["clip_ids"] == ["tiny/jazz.00001"]


def test_what_is_told_of_clips_is_told_apart_from_how_they_sound(place: Place) -> None:
    mudata.lock(to=place.file)
    place.server.serve("/tiny.csv", Answer(TABLE.replace(b"rock.00001,rock", b"rock.00001,jazz")))
    place.fresh()
    code, states, told = place.again()
    assert (code, states) == (1, {"dataset tiny": "differs"})
    assert [one["text"] for one in told if one["kind"] == "rows"] == [
        "all 6 clips sound as they were locked; what is told of them differs: labels"
    ]


def test_other_versions_are_told_with_whether_they_mattered(place: Place) -> None:
    mudata.lock(to=place.file)
    said = json.loads(place.file.read_text())
    said["tools"] |= {"soxr": "0.0.1", "duckdb": "0.0.2"}
    place.file.write_text(json.dumps(said))
    place.fresh()
    code, _, told = place.again()
    assert code == 0
    assert [one["kind"] for one in told] == ["tools"]
    assert "soxr 0.0.1, here" in told[0]["text"]
    assert told[0]["text"].endswith("it did not matter: all clips that are here sound as they were locked")
    said["datasets"]["tiny"]["clips"]["rock.00002"] = "0" * 16
    said["datasets"]["tiny"]["index_sha256"] = "0" * 64
    said["datasets"]["tiny"]["item_files"] = {"items": {"items.json": "1" * 64}}
    place.file.write_text(json.dumps(said))
    code, _, told = place.again()
    assert code == 1
    items = "its items are of another edition: items.json (sha256 111111111111 was locked)"
    assert items in [one["text"] for one in told]
    assert "this may be why clips sound otherwise (soxr decode and mix them)" in told[-1]["text"]


def test_another_split_of_the_name_another_card_and_other_faults_stay(place: Place) -> None:
    mudata.split("exam", dataset="tiny", parts={"test": 1.0})
    place.home.make(place.home.faults)
    (place.home.faults / "tiny.yaml").write_text(OWN)
    mudata.lock(to=place.file)
    mudata.split("exam", dataset="tiny", parts={"test": 1.0}, faults="keep", force=True)
    (place.home.faults / "tiny.yaml").write_text(OWN.replace("soft", "loud"))
    place.card(title="Tiny, told anew")
    before = (place.home.splits / "exam.json").read_bytes()
    code, states, told = place.again()
    assert (code, states) == (1, {"dataset tiny": "same", "split exam": "differs"})
    assert {(one["kind"], one["severity"]) for one in told} == {
        ("card", "note"),
        ("faults", "error"),
        ("split", "error"),
    }
    assert (place.home.splits / "exam.json").read_bytes() == before
    assert "loud" in (place.home.faults / "tiny.yaml").read_text()


def test_killed_on_the_way_the_same_command_goes_on(place: Place) -> None:
    mudata.split("exam", dataset="tiny", parts={"test": 1.0})
    mudata.lock(to=place.file)
    fresh = place.fresh()
    place.server.serve("/tiny.zip", Answer(zipped(), delay_s=30), Answer(zipped()))
    words = ("fetch", "--locked", str(place.file), "--workers", "1")
    with started(*words) as process:
        recorded = fresh.raw("tiny") / "fetched.json"
        wait_for(lambda: recorded.exists() and bool(place.server.asked("/tiny.zip")), process)
        process.send_signal(signal.SIGKILL)
        ended(process)
    assert database.current_generation(fresh, "tiny") is None
    done = spawned(*words)
    assert done.code == 0, done.err
    assert place.again()[:2] == (0, {"dataset tiny": "same", "split exam": "same"})


def test_a_composed_exam_is_composed_again_of_its_seed(
    home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = mudata.compose("structure", seed=4, n=8, progress=False)
    mudata.lock(made.split.name, to=tmp_path / "lock.json")
    monkeypatch.setenv("MUDATA_HOME", str(tmp_path / "fresh"))
    again = mudata.fetch_locked(tmp_path / "lock.json", progress=False)
    assert again.states == {f"dataset {made.dataset}": "same", f"split {made.split.name}": "same"}
    assert again.is_same
    assert again.differences == ()


@pytest.mark.parametrize(
    ("content", "what"),
    [
        ("{", "line 1 is no JSON: it is cut short"),
        ("[]", "no JSON object but a list"),
        ('{"datasets": {}}', "it has no mudata_lock"),
        ('{"mudata_lock": 99, "datasets": {}}', "written by a newer mudata"),
        ('{"mudata_lock": 1, "datasets": {"tiny": {}}}', "card_sha256"),
        ('{"mudata_lock": 1, "datasets": {}, "plus": 1}', "plus"),
    ],
)
def test_what_is_no_lock_is_refused(tmp_path: Path, content: str, what: str) -> None:
    (tmp_path / "lock.json").write_text(content)
    done = typed("fetch", "--locked", tmp_path / "lock.json")
    assert done.code == 2
    assert str(tmp_path / "lock.json") in done.err
    with pytest.raises(HomeError, match=what):
        read_lock(tmp_path / "lock.json")


def test_an_empty_home_is_not_locked(home: Home, tmp_path: Path) -> None:
    with pytest.raises(HomeError, match=r"Nothing is indexed in .*\n*Run `mudata fetch NAME` first"):
        mudata.lock(to=tmp_path / "lock.json")
    assert typed("lock", "--to", tmp_path / "lock.json").code == 2
    assert list(tmp_path.glob("*.json")) == []


def test_wishes_that_a_lock_decides_are_refused(place: Place) -> None:
    mudata.lock("tiny", to=place.file)
    for wish in (("--limit", "3"), ("--rate", "8000"), ("--from", str(place.folder)), ("--card", str(place.file))):
        assert typed("fetch", "--locked", place.file, *wish).code == 2
    with pytest.raises(UnknownName, match=r"No indexed dataset or split named 'tinny'\. Did you mean 'tiny'"):
        mudata.lock("tinny", to=None)
