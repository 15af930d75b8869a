"""What one machine published, another has: index, sound, and nothing from the host a second time."""

from __future__ import annotations

from dataclasses import asdict
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from s3_server import Lab, new_prefix, sound_in
from shell import typed

import mudata
from mudata.catalog.audio.normalise import Job, perform
from mudata.catalog.audio.stored_clip import COLUMNS, clips_as
from mudata.catalog.cards import loader
from mudata.catalog.duplicates import listening
from mudata.catalog.index import database
from mudata.catalog.index.verify import verify
from mudata.catalog.sharing import sweeping
from mudata.catalog.splits import manifest
from mudata.errors import AudioError, FetchError, HomeError
from mudata.home import Home
from mudata.object_store import location, shared_files
from mudata.object_store.location import StoreError

if TYPE_CHECKING:
    from tones_on_disk import Tone

pytestmark = pytest.mark.slow


@pytest.mark.parametrize(("kind", "store"), [("s3", "flac"), ("file", "reference"), ("memory", "flac")])
def test_another_machine_needs_nothing_but_the_store(
    lab: Lab, tone: Tone, kind: str, store: Any, tmp_path: Path
) -> None:
    lab.url = {"s3": lab.url, "file": f"file://{tmp_path}/shared", "memory": f"memory://{new_prefix()}"}[kind]
    first = lab.at("first")
    made = lab.fetch(first, lab.lay(tone), store=store)
    samples = {name: clip.samples() for name, clip in lab.clips(first).items()}
    rows, content = database.connect(first).sql("FROM clips ORDER BY clip_id").fetchall(), database.index_sha256

    second = lab.at("second")
    assert database.connect(second).sql("FROM clips ORDER BY clip_id").fetchall() == rows
    assert content(second, "tones") == content(first, "tones")
    taken = lab.fetch(second, store=store)  # its card knows no host that has it
    assert (taken.usable, taken.issues, taken.quarantined) == (made.usable, made.issues, made.quarantined)
    assert sound_in(second) == []
    clips = lab.clips(second)
    np.testing.assert_array_equal(clips["tones/b"].samples(), samples["tones/b"])
    assert sound_in(second) == ["b.wav" if store == "reference" else "b.flac"]
    assert all(clip.is_here() for clip in clips.values())
    assert [f for f in verify(loader.load("tones"), second) if f.severity == "error"] == []
    assert clips["tones/b"].channels().shape == (1, 4000)  # of the original
    assert "b.wav" in sound_in(second)
    assert not [path for path in second.root.rglob(".*") if path.is_file()]


def test_what_is_asked_for_in_another_way_is_made_of_what_the_store_has(lab: Lab, tone: Tone) -> None:
    first = lab.at("first")
    lab.fetch(first, lab.lay(tone))
    second = lab.at("second")
    part = lab.fetch(second, limit=2)  # no host has it: all comes from the store
    assert (part.usable, part.unchanged) == (2, False)
    assert sound_in(second) == ["a.flac", "a.wav", "b.flac", "b.wav", "c.flac", "c.wav"]
    first = lab.at("first")  # the last who published counts, here as there
    assert database.connect(first).sql("SELECT count(*) FROM clips").fetchall() == [(2,)]
    whole = lab.fetch(first, store="reference")
    assert (whole.usable, whole.store, whole.freed_bytes > 0) == (3, "reference", True)
    third = lab.at("third")
    assert {clip.store for clip in lab.clips(third).values()} == {"reference"}
    assert lab.clips(third)["tones/c"].samples().shape == (4000,)
    assert lab.fetch(third).store == "reference"


def test_a_split_drawn_there_holds_here_and_locks_know_where_files_came_from(lab: Lab, tone: Tone) -> None:
    first = lab.at("first")
    lab.fetch(first, lab.lay(tone))
    split = ("split", "halves", "--dataset", "tones", "--parts", "train=0.5,test=0.5", "--seed", "1")
    assert typed(*split).code == 0
    assert typed("lock", "--to", lab.folder / "lock.json").code == 0
    lab.at("second")
    assert typed(*split).code == 0
    drawn = [manifest.load(Home(lab.folder / name), "halves").sha256 for name in ("first", "second")]
    assert drawn[0] == drawn[1]
    lab.at("third")
    done = typed("fetch", "--locked", lab.folder / "lock.json")
    assert done.code == 0, done.err
    done = typed("export", "halves", "--to", "parquet", "--copy", "-o", lab.folder / "export")
    assert done.code == 0, done.err
    assert len([*(lab.folder / "export").rglob("*.flac")]) == 3


def test_a_card_that_is_not_built_in_comes_along(lab: Lab, tone: Tone, monkeypatch: pytest.MonkeyPatch) -> None:
    lab.fetch(lab.at("first"), lab.lay(tone))
    second = lab.at("second")
    monkeypatch.setenv("MUDATA_CARDS", str(lab.folder / "nothing"))
    assert database.current_generations(second)
    assert typed("info", "tones").code == 0
    assert typed("verify", "tones").code == 0
    card = second.cards / "tones.yaml"
    card.write_text(card.read_text().replace("Tones on disk", "Mine"))
    lab.fetch(lab.at("first"), limit=2)  # with its card as it was
    second = lab.at("second")
    monkeypatch.setenv("MUDATA_CARDS", str(lab.folder / "nothing"))
    assert database.connect(second).sql("SELECT count(*) FROM clips").fetchall() == [(2,)]
    assert "Mine" in card.read_text()


def test_another_dataset_of_the_same_name_is_neither_taken_nor_replaced(lab: Lab, tone: Tone) -> None:
    lab.fetch(lab.at("first"), lab.lay(tone), limit=2)
    second = lab.at("second")
    card = lab.folder / "cards" / "tones.yaml"
    mine = card.read_text().replace("Tones on disk", "Bells").replace("example.org/tones", "example.org/bells")
    card.write_text(mine)
    lab.environment.setenv("MUDATA_STORE", "")
    fetch = ("fetch", "tones", "--from", str(lab.folder / "host" / "raw" / "tones"), "--copy", "--quiet")
    assert typed(*fetch).code == 0
    lab.environment.setenv("MUDATA_STORE", lab.url)
    count = ("sql", "SELECT count(*) AS n FROM clips", "--json")
    assert _json(*count) == [{"n": 3}]  # its own, as before
    lost = lab.clips(second)["tones/a"]
    kept = lost.path.rename(lost.path.with_suffix(".kept"))
    with pytest.raises(AudioError, match="no such file"):
        lost.samples()  # and not what the other one has at that path
    kept.rename(lost.path)
    done = typed(*fetch)
    assert (done.code, "another dataset that is named tones" in done.err, "'Bells'" in done.err) == (2, True, True)
    card.write_text(mine.replace("Bells", "Tones on disk"))  # a version of the same
    assert typed(*fetch).code == 0
    assert (lab.at("first"), _json(*count)) == (lab.at("first"), [{"n": 3}])
    assert second.root.exists()


def test_what_the_store_lost_is_told_and_published_again(lab: Lab, tone: Tone) -> None:
    first = lab.at("first")
    lab.fetch(first, lab.lay(tone))
    shared = shared_files.store()
    assert shared is not None
    stored = {file.path.rpartition("/")[2]: file for file in shared_files.files_of(first, "tones") or ()}
    shared.remove(stored["a.flac"].key)
    shared.write(stored["b.flac"].key, b"x" * stored["b.flac"].size)
    second = lab.at("second")
    clips = lab.clips(second)
    with pytest.raises(AudioError, match=r"is not here, and s3://.* is gone"):
        clips["tones/a"].samples()
    with pytest.raises(AudioError, match="has other bytes than its name says") as damaged:
        clips["tones/b"].samples()
    assert (damaged.value.reason, sound_in(second)) == ("damaged", [])
    card = loader.load("tones")
    assert [f.check for f in verify(card, second) if f.severity == "error"] == ["not-shared", "clip-missing"]
    found = [f.check for f in verify(card, second, deep=True) if f.severity == "error"]
    assert sorted(found) == ["clip-changed", "clip-missing", "not-shared"]
    assert lab.fetch(second).usable == 3  # made anew of the originals, and published
    third = lab.at("third")
    assert [f for f in verify(card, third, deep=True) if f.severity == "error"] == []
    assert len(lab.clips(third)) == 3


def test_an_original_that_is_nowhere_fails_its_clip_alone(lab: Lab, tone: Tone) -> None:
    first = lab.at("first")
    lab.fetch(first, lab.lay(tone), store="reference")
    shared = shared_files.store()
    stored = {file.path.rpartition("/")[2]: file for file in shared_files.files_of(first, "tones") or ()}
    assert shared is not None
    shared.remove(stored["a.wav"].key)
    second = lab.at("second")
    source = f"{clips_as(repaired=False)} ORDER BY clip_id"
    row = database.connect(second).sql(f"FROM {source}").to_arrow_table().to_pylist()
    heard = [listening.heard([str(second.root), {name: one[name] for name in COLUMNS}]) for one in row]
    assert heard[0]["failed"].startswith("vanished: ")
    assert [sorted(one) for one in heard[1:]] == [["reason", "words"]] * 2
    assert sound_in(second) == ["b.wav", "c.wav"]
    with pytest.raises(FetchError, match="could not be had"):
        lab.fetch(second)


def test_names_in_a_store_lead_nowhere_else(lab: Lab, tone: Tone) -> None:
    first = lab.at("first")
    lab.fetch(first, lab.lay(tone))
    shared = shared_files.store()
    assert shared is not None
    record = shared.read("records/tones.json")
    shared.write("records/other.json", record)
    shared.write("records/..json", record)
    lab.at("second")
    with pytest.raises(StoreError, match="is damaged, or of something else"):
        database.current_generations(lab.at("second"))
    shared.write("records/other.json", b"{")
    with pytest.raises(StoreError, match="is damaged: line 1 is no JSON"):
        database.current_generations(lab.at("third"))
    shared.write("records/other.json", record.replace(b'"version": 1', b'"version": 99'))
    with pytest.raises(HomeError, match="newer mudata"):
        database.current_generations(lab.at("fourth"))


def test_places_sizes_and_removal(lab: Lab, tone: Tone) -> None:
    first = lab.at("first")
    lab.fetch(first, lab.lay(tone))
    lab.at("second")
    row = next(row for row in _json("du", "--json") if row["name"] == "tones")
    files = list(shared_files.files_of(lab.at("second"), "tones") or ())
    assert row["store"] == sum(file.size for file in files) > row["bytes"]
    places = {row["what"]: row["path"] for row in _json("where", "tones", "--json")}
    assert places["in the store"] == f"{lab.url}/objects/tones"
    assert lab.url in {row["path"] for row in _json("where", "--json")}
    done = typed("rm", "tones", "--yes")
    assert f"{lab.url} keeps tones" in done.err
    assert len(lab.clips(lab.at("second"))) == 3
    done = typed("rm", "tones", "--yes", "--everywhere")
    assert done.code == 0, done.err
    third = lab.at("third")
    assert database.current_generations(third) == {}
    shared = shared_files.store()
    assert shared is not None
    assert set(shared.sizes("")) == {"mudata-store.json"}
    first = lab.at("first")  # which still has all of it
    assert lab.fetch(first).usable == 3
    assert len(lab.clips(lab.at("third"))) == 3


def test_what_no_record_names_is_swept_when_it_is_old(lab: Lab, tone: Tone, monkeypatch: pytest.MonkeyPatch) -> None:
    first = lab.at("first")
    lab.fetch(first, lab.lay(tone))
    before = lab.clips(first)
    lab.fetch(first, limit=2)  # names fewer
    shared = shared_files.store()
    assert shared is not None
    shared.write("objects/gone/ab/abc", b"left by a killed writer")
    objects = shared.sizes("")
    assert _json("sweep", "--yes", "--json") == []  # all is younger than a day
    monkeypatch.setattr(sweeping, "AGE", timedelta(0))
    found = {row["dataset"]: row["objects"] for row in mudata.sweep_store()}
    assert (found["gone"], found["tones"] > 1, shared.sizes("")) == (1, True, objects)  # nothing was removed
    rows = _json("sweep", "--yes", "--json")
    assert {row["dataset"]: row["objects"] for row in rows} == found
    assert len(shared.sizes("")) == len(objects) - sum(found.values())
    assert typed("verify", "tones", "--deep").code == 0
    second = lab.at("second")
    assert (len(lab.clips(second)), lab.clips(second).keys() < before.keys()) == (2, True)
    assert all(clip.samples().size for clip in lab.clips(second).values())
    shared.write("records/tones.json", b"{")
    with pytest.raises(StoreError, match="There is no store to sweep"), location.disconnected():
        mudata.sweep_store()
    assert (list(mudata.sweep_store()), bool(shared.sizes("objects/tones"))) == ([], True)


def _json(*words: str) -> Any:
    import json

    done = typed(*words)
    assert done.code == 0, done.err
    return json.loads(done.out)


def test_without_the_network_what_is_here_is_used(lab: Lab, tone: Tone, monkeypatch: pytest.MonkeyPatch) -> None:
    first = lab.at("first")
    lab.fetch(first, lab.lay(tone))
    second = lab.at("second")
    clips = lab.clips(second)
    clips["tones/a"].samples()
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("MUDATA_OFFLINE", "1")
    clips = lab.clips(second)
    assert (clips["tones/a"].samples().shape, clips["tones/a"].is_here(), clips["tones/b"].is_here()) == (
        (4000,),
        True,
        False,
    )
    with pytest.raises(AudioError, match="no such file") as told:
        clips["tones/b"].samples()
    assert (told.value.reason, f"{lab.url} has it" in str(told.value)) == ("vanished", True)
    assert "without MUDATA_OFFLINE" in str(told.value)
    monkeypatch.setenv("MUDATA_STORE", "")  # of no store nothing is said
    with pytest.raises(AudioError, match=r"^no such file$"):
        clips["tones/b"].samples()


def test_a_worker_brings_its_original_and_takes_a_silent_store_for_no_fault_of_the_clip(
    lab: Lab, tone: Tone, monkeypatch: pytest.MonkeyPatch
) -> None:
    lab.fetch(lab.at("first"), lab.lay(tone), store="reference")
    worker = lab.at("worker")  # a home with nothing in it
    files, target = worker.raw("tones") / "files", worker.clips("tones", "native")
    tasks = [
        [str(files), str(target), None, asdict(Job(id=id_, kind="audio", source=f"audio/{genre}/{id_}.wav"))]
        for id_, genre in (("a", "low"), ("b", "middle"))
    ]
    row = perform(tasks[0])
    assert (row["status"], (target / row["path"]).is_file(), sound_in(worker)) == ("ok", True, ["a.flac", "a.wav"])
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    assert "does not answer" in perform(tasks[1])["fatal"][0]
