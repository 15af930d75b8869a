from __future__ import annotations

import gzip
import io
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import fake_hub
import mutated_archives
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import tiny_set
from misbehaving import Answer, Server
from tiny_set import CLIPS, IDS, TABLE, archive, as_dict, built, card, clipwise, http, plain, zipped

from mudata.catalog.cards.subsets import subsets_of
from mudata.catalog.fetch.fetcher import fetch
from mudata.catalog.fetch.ledger import FetchRecord, Ledger
from mudata.catalog.fetch.plan import plan
from mudata.catalog.fetch.request import Fetched, FetchRequest
from mudata.errors import ChecksumMismatch, FetchError, HomeError, NeedsToken, Offline, QueryError, UnknownName
from mudata.narration import Progress

if TYPE_CHECKING:
    from mudata.catalog.cards.schema import Card
    from mudata.home import Home


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as running:
        yield running


class Heard(Progress):
    def __init__(self) -> None:
        self.text = ""

    def say(self, text: str) -> None:
        self.text += text + "\n"


def files_of(home: Home) -> dict[str, bytes]:
    root = home.raw("tiny") / "files"
    return {p.relative_to(root).as_posix(): p.read_bytes() for p in sorted(root.rglob("*")) if p.is_file()}


EVERYTHING = CLIPS | {"tiny.csv": TABLE}


def only_audio(server: Server, *mirrors: dict[str, Any], **more: Any) -> Card:
    sources = as_dict(server)["sources"]
    return card(server, sources=sources | {"audio": {"what": "the clips", "mirrors": list(mirrors)}} | more)


def test_a_dataset_arrives_and_a_second_time_nothing_is_asked(server: Server, home: Home) -> None:
    first = fetch(card(server), home, FetchRequest())
    assert files_of(home) == EVERYTHING
    assert not list((home.raw("tiny") / "downloads").rglob("*.zip")), "archives go when they are unpacked"
    assert first.files == 7
    assert first.bytes == len(TABLE) + len(zipped())
    assert first.mirrors == {"metadata": "http 127.0.0.1", "audio": "http 127.0.0.1"}
    records = Ledger(home.raw("tiny") / "fetched.json").records.values()
    assert {record.address for record in records} == {server.url("/tiny.csv"), server.url("/tiny.zip")}
    asked = len(server.seen)
    second = fetch(card(server), home, FetchRequest())
    nothing_new = Fetched(dataset="tiny", mirrors=first.mirrors, files=7, bytes=0, failures={}, notes=())
    assert second == nothing_new
    assert len(server.seen) == asked


def test_offline_is_enough_for_what_is_there_and_names_what_is_not(
    server: Server, home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(Offline, match=r"tiny: metadata \(the table\) could not be had") as caught:
        fetch(card(server), home, FetchRequest(offline=True))
    assert "tiny.csv is not here" in str(caught.value)
    assert server.seen == []
    fetch(card(server), home, FetchRequest())
    server.seen.clear()
    fetch(card(server), home, FetchRequest(offline=True))
    monkeypatch.setenv("MUDATA_OFFLINE", "1")
    fetch(card(server), home, FetchRequest())
    (home.raw("tiny") / "files" / "tiny.csv").unlink()
    with pytest.raises(Offline, match="tiny"):
        fetch(card(server), home, FetchRequest())
    assert server.seen == []


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (Answer(status=404), "no longer has this file"),
        (Answer(status=403), "refuses without a login"),
        (Answer(b"wrong bytes"), "not the expected file"),
        (Answer(b"PK\x03\x04 broken"), "not the expected file"),
    ],
)
def test_the_next_mirror_is_taken_and_the_reason_told(server: Server, home: Home, answer: Answer, reason: str) -> None:
    bad = http(archive(server, "bad.zip", zipped(), answer))
    good = http(archive(server, "good.zip", zipped()))
    heard = Heard()
    fetch(only_audio(server, bad, good), home, FetchRequest(), heard)
    assert files_of(home) == EVERYTHING
    assert reason in heard.text


def test_when_no_mirror_gives_it_all_reasons_are_told(server: Server, home: Home) -> None:
    made = only_audio(
        server,
        http(archive(server, "a.zip", zipped(), Answer(status=410))),
        http(archive(server, "b.zip", zipped(), Answer(b"wrong"))),
        http(archive(server, "c.zip", zipped()), status="dead", checked="2022-10", note="The first host."),
        {"kind": "local", "how": "Write to the authors."},
    )
    with pytest.raises(FetchError, match=r"audio \(the clips\) could not be had") as caught:
        fetch(made, home, FetchRequest())
    text = str(caught.value)
    assert "410 Gone" in text
    assert "not the expected file" in text
    assert "known to be gone, seen 2022-10. The first host." in text
    assert "local: Write to the authors." in text
    assert "mudata fetch tiny --from FOLDER" in text
    assert not server.asked("/c.zip"), "a dead host is not asked"
    assert (home.raw("tiny") / "files" / "tiny.csv").exists(), "what could be had is kept"


@pytest.mark.parametrize(("status", "error", "code"), [(401, NeedsToken, 2), (404, FetchError, 1)])
def test_the_error_is_of_the_mirrors_kind(
    server: Server, home: Home, status: int, error: type[FetchError], code: int
) -> None:
    made = only_audio(server, http(archive(server, "a.zip", zipped(), Answer(status=status))))
    with pytest.raises(error, match="could not be had") as caught:
        fetch(made, home, FetchRequest())
    assert type(caught.value) is error
    assert caught.value.exit_code == code


def test_wrong_bytes_everywhere_is_a_checksum_error(server: Server, home: Home) -> None:
    made = only_audio(server, http(archive(server, "a.zip", zipped(), Answer(b"wrong"))))
    with pytest.raises(ChecksumMismatch, match=r"expected \d+ bytes"):
        fetch(made, home, FetchRequest())
    assert "tiny.zip" not in str(list(home.root.rglob("*")))


def test_an_optional_component_that_fails_is_a_note(server: Server, home: Home) -> None:
    sources = as_dict(server)["sources"]
    extra = {"what": "more", "optional": True, "mirrors": [http(plain(server, "more.txt", b"x", Answer(status=404)))]}
    made = card(server, sources={"extra": extra} | sources)
    got = fetch(made, home, FetchRequest())
    assert len(got.notes) == 1
    assert got.notes[0].startswith("extra (more) is missing: ")
    assert files_of(home) == EVERYTHING
    plain(server, "more.txt", b"x")
    assert fetch(made, home, FetchRequest()).notes == ()


def test_the_line_for_the_card_is_told_and_its_later_entry_changes_nothing(server: Server, home: Home) -> None:
    entry = archive(server, "own.zip", zipped())
    del entry["sha256"], entry["size"]
    heard = Heard()
    fetch(only_audio(server, http(entry)), home, FetchRequest(), heard)
    assert "own.zip has no checksum in the card" in heard.text
    assert f"  size: {len(zipped())}\n  sha256: {tiny_set.sha256(zipped())}\n" in heard.text
    server.seen.clear()
    fetch(only_audio(server, http(archive(server, "own.zip", zipped()))), home, FetchRequest())
    assert server.seen == []
    other = zipped(CLIPS)
    fetch(only_audio(server, http(archive(server, "own.zip", other))), home, FetchRequest())
    assert len(server.asked("/own.zip")) == 1, "the card promises other bytes now"


def test_nobody_is_advised_to_hold_on_to_a_damaged_archive(server: Server, home: Home) -> None:
    entry = archive(server, "own.zip", zipped()[:-50])
    del entry["sha256"], entry["size"]
    heard = Heard()
    with pytest.raises(FetchError, match=r"own\.zip is damaged"):
        fetch(only_audio(server, http(entry)), home, FetchRequest(), heard)
    assert "has no checksum in the card" not in heard.text


def test_a_file_that_was_lost_or_changed_is_fetched_again(server: Server, home: Home) -> None:
    fetch(card(server), home, FetchRequest())
    files = home.raw("tiny") / "files"
    kept = files / f"tiny/{IDS[2]}.wav"
    before = kept.stat().st_mtime_ns
    (files / f"tiny/{IDS[0]}.wav").unlink()
    (files / f"tiny/{IDS[1]}.wav").write_bytes(bytes(len(CLIPS[f"tiny/{IDS[1]}.wav"])))
    (files / "tiny.csv").write_text("id\n")
    fetch(card(server), home, FetchRequest())
    assert files_of(home) == EVERYTHING
    assert kept.stat().st_mtime_ns == before, "what is as it was stays untouched"


def test_a_touched_file_is_only_checked(server: Server, home: Home) -> None:
    fetch(card(server), home, FetchRequest())
    os.utime(home.raw("tiny") / "files" / "tiny.csv")
    server.seen.clear()
    fetch(card(server), home, FetchRequest())
    assert server.seen == []


def test_archives_are_kept_when_asked(server: Server, home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MUDATA_KEEP_ARCHIVES", "1")
    fetch(card(server), home, FetchRequest())
    assert (home.raw("tiny") / "downloads" / "audio" / "tiny.zip").read_bytes() == zipped()


def test_only_what_the_card_reads_is_unpacked_unless_it_says_what_to_keep(server: Server, home: Home) -> None:
    entry = archive(server, "own.zip", zipped()) | {"keep": ["**/README.txt", "**/rock.*"]}
    fetch(only_audio(server, http(entry)), home, FetchRequest())
    assert set(files_of(home)) == {"tiny.csv", "tiny/README.txt", *(f"tiny/rock.{n:05}.wav" for n in range(3))}


def test_an_archive_without_anything_to_read_is_an_error(server: Server, home: Home) -> None:
    made = only_audio(server, http(archive(server, "own.zip", zipped({"other/a.flac": b"x"}))))
    with pytest.raises(FetchError, match="holds none of the files that the card reads"):
        fetch(made, home, FetchRequest())


def test_a_damaged_archive_gives_nothing_and_comes_anew(server: Server, home: Home) -> None:
    packed = gzip.compress(mutated_archives.tarred(CLIPS))
    cut = gzip.compress(mutated_archives.tarred(CLIPS)[:60_000])
    entry = archive(server, "tiny.tar.gz", packed, Answer(cut), Answer(packed))
    of = only_audio(server, http({key: entry[key] for key in ("path", "url", "unpack")}))
    with pytest.raises(FetchError, match=r"tiny\.tar\.gz is damaged.*: after member \d, 'tiny/.*', which ends at"):
        fetch(of, home, FetchRequest())
    assert files_of(home) == {"tiny.csv": TABLE}
    assert not list((home.raw("tiny") / "downloads").rglob("*.gz"))
    assert fetch(of, home, FetchRequest()).files == 7
    assert files_of(home) == EVERYTHING


def test_an_unsafe_archive_is_refused_and_the_next_mirror_taken(server: Server, home: Home) -> None:
    evil = zipped(CLIPS | {"../../../evil.wav": b"x"})
    heard = Heard()
    made = only_audio(server, http(archive(server, "evil.zip", evil)), http(archive(server, "tiny.zip", zipped())))
    fetch(made, home, FetchRequest(), heard)
    assert "'../../../evil.wav' would be written outside its folder" in heard.text
    assert files_of(home) == EVERYTHING
    assert not list(home.root.rglob("evil.wav"))


def test_the_cap_of_the_card_holds(server: Server, home: Home) -> None:
    entry = archive(server, "own.zip", zipped()) | {"max_unpacked": 20_000}
    with pytest.raises(FetchError, match="more than the 20000 that are allowed"):
        fetch(only_audio(server, http(entry)), home, FetchRequest())


# ------------------------------------------------------------------------------------ subsets


def with_subsets(server: Server) -> Card:
    parts = {"small": "rock", "large": "jazz"}
    files = [
        archive(server, f"{name}.zip", zipped({p: d for p, d in CLIPS.items() if genre in p})) | {"subset": name}
        for name, genre in parts.items()
    ]
    made = as_dict(server)
    made["sources"]["audio"]["mirrors"] = [http(*files)]
    made["subsets"] = {name: {"title": genre} for name, genre in parts.items()}
    made["default_subset"] = "small"
    made["clips"][0]["select"] = (
        "SELECT id, 'tiny/' || id || '.wav' AS path, artist, genre,"
        " if(genre = 'rock', 'small', 'large') AS subset FROM listed"
    )
    return built(made)


def test_files_of_ones_own_stand_for_the_subset_they_were_given_for_only(
    server: Server, home: Home, tmp_path: Path
) -> None:
    made = with_subsets(server)
    for name, data in ({"tiny.csv": TABLE} | {p: d for p, d in CLIPS.items() if "rock" in p}).items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(data)
    fetch(made, home, FetchRequest(subset="small", origin=(tmp_path,)))
    assert server.seen == []
    with pytest.raises(Offline, match=r"large\.zip is not here"):
        fetch(made, home, FetchRequest(subset="large", offline=True))
    assert fetch(made, home, FetchRequest(subset="large")).bytes == len(
        zipped({p: d for p, d in CLIPS.items() if "jazz" in p})
    )


def test_subsets_are_fetched_as_they_are_asked_for(server: Server, home: Home) -> None:
    made = with_subsets(server)
    fetch(made, home, FetchRequest())
    assert {p for p in files_of(home) if "jazz" in p} == set()
    fetch(made, home, FetchRequest(subset="large"))
    assert files_of(home) == EVERYTHING
    server.seen.clear()
    for subset in ("small", "large", "small,large", None):
        fetch(made, home, FetchRequest(subset=subset))
    assert server.seen == []


def test_several_subsets_at_once(server: Server, home: Home) -> None:
    fetch(with_subsets(server), home, FetchRequest(subset="small, large"))
    assert files_of(home) == EVERYTHING


def test_an_unknown_subset_is_told_before_anything_happens(server: Server, home: Home) -> None:
    with pytest.raises(UnknownName, match=r"No subset named 'smal'\. Did you mean 'small'"):
        fetch(with_subsets(server), home, FetchRequest(subset="smal"))
    with pytest.raises(UnknownName, match="tiny has no subsets"):
        fetch(card(server), home, FetchRequest(subset="small"))
    assert server.seen == []


def test_components_of_other_subsets_are_not_needed(server: Server, home: Home) -> None:
    made = as_dict(server)
    made["sources"]["large_audio"] = {
        "what": "more",
        "mirrors": [http(plain(server, "gone", b"x", Answer(status=404)) | {"subset": "large"})],
    }
    made |= {"subsets": {"small": {"title": "s"}, "large": {"title": "l"}}, "default_subset": "small"}
    got = fetch(built(made), home, FetchRequest())
    assert set(got.mirrors) == {"metadata", "audio"}


# --------------------------------------------------------------------- some of the clips only


@pytest.mark.slow
def test_with_a_limit_single_clips_are_preferred_to_the_archive(server: Server, home: Home) -> None:
    made = only_audio(server, http(archive(server, "tiny.zip", zipped())), clipwise(server))
    got = fetch(made, home, FetchRequest(limit=2))
    assert got.mirrors["audio"] == "http-clips 127.0.0.1"
    assert len(files_of(home)) == 3
    assert not server.asked("/tiny.zip")
    fetch(made, home, FetchRequest(limit=4))
    assert len([s for s in server.seen if s.path.startswith("/clips/")]) == 4, "two were there already"
    server.seen.clear()
    fetch(made, home, FetchRequest(limit=4))
    assert server.seen == []
    fetch(made, home, FetchRequest())
    assert server.asked("/tiny.zip")
    server.seen.clear()
    fetch(made, home, FetchRequest(limit=5))
    assert server.seen == [], "who has all has some"


def test_a_condition_chooses_clips(server: Server, home: Home) -> None:
    made = only_audio(server, clipwise(server))
    fetch(made, home, FetchRequest(where="list_contains(genre, 'rock') AND artist <> 'artist 1'"))
    assert set(files_of(home)) == {"tiny.csv", "tiny/rock.00000.wav", "tiny/rock.00002.wav"}
    with pytest.raises(QueryError, match="nonsense"):
        fetch(made, home, FetchRequest(where="nonsense"))


def test_without_single_clips_the_archive_gives_only_what_is_asked_for(server: Server, home: Home) -> None:
    fetch(card(server), home, FetchRequest(where="artist = 'artist 0'"))
    assert set(files_of(home)) == {"tiny.csv", "tiny/rock.00000.wav", "tiny/jazz.00000.wav"}
    server.seen.clear()
    fetch(card(server), home, FetchRequest(where="artist = 'artist 0'"))
    assert server.seen == []
    fetch(card(server), home, FetchRequest())
    assert files_of(home) == EVERYTHING


def test_where_tables_cannot_tell_which_clips_are_meant_all_are_unpacked_and_kept_for_later(
    server: Server, home: Home
) -> None:
    made = as_dict(server)
    made["clips"] = [{"files": "**/tiny/{stem}.wav"}]
    made = built(made)
    fetch(made, home, FetchRequest(limit=1))
    assert files_of(home) == EVERYTHING
    server.seen.clear()
    fetch(made, home, FetchRequest())
    assert server.seen == []


@pytest.mark.slow
def test_clips_that_are_gone_are_failures_and_tried_again_next_time(server: Server, home: Home) -> None:
    made = only_audio(server, clipwise(server, "rock.00001", "jazz.00002"))
    server.serve("/clips/rock.00001.wav", Answer(status=410))
    got = fetch(made, home, FetchRequest())
    assert set(got.failures) == {"rock.00001", "jazz.00002"}
    assert "410 Gone" in got.failures["rock.00001"]
    assert len(files_of(home)) == 5
    assert fetch(made, home, FetchRequest(offline=True)).failures == got.failures
    clipwise(server)
    assert fetch(made, home, FetchRequest()).failures == {}
    assert files_of(home) == EVERYTHING


def test_no_clip_at_all_is_the_mirrors_failure(server: Server, home: Home) -> None:
    made = only_audio(server, clipwise(server, *IDS), http(archive(server, "tiny.zip", zipped())))
    heard = Heard()
    fetch(made, home, FetchRequest(), heard)
    assert "none of the 6 clips could be had" in heard.text
    assert files_of(home) == EVERYTHING


def test_clips_are_verified_by_a_column_and_their_names_escaped(server: Server, home: Home) -> None:
    sums = {Path(path).stem: tiny_set.sha256(data) for path, data in CLIPS.items()}
    table = "id,genre,artist,sum\n" + "".join(f"a b?#{i},rock,x,{sums[i]}\n" for i in IDS)
    made = as_dict(server)
    made["sources"]["metadata"]["mirrors"] = [http(plain(server, "tiny.csv", table.encode()))]
    made["tables"]["listed"]["columns"]["sum"] = "VARCHAR"
    made["clips"][0]["select"] = "SELECT id, 'tiny/' || id || '.wav' AS path, sum FROM listed"
    for path, data in CLIPS.items():
        server.serve(f"/clips/a b?#{Path(path).name}", Answer(data))
    server.serve("/clips/a b?#rock.00000.wav", Answer(b"wrong"))
    made["sources"]["audio"]["mirrors"] = [clipwise(server) | {"sha256": "sum"}]
    got = fetch(built(made), home, FetchRequest())
    assert set(got.failures) == {"a b?#rock.00000"}
    assert f"tiny/a b?#{IDS[1]}.wav" in files_of(home)


def test_a_table_cannot_lead_a_clip_out_of_the_folder(server: Server, home: Home) -> None:
    table = "id,genre,artist\nx,rock,../../../../evil\n"
    made = as_dict(server)
    made["sources"]["metadata"]["mirrors"] = [http(plain(server, "tiny.csv", table.encode()))]
    made["sources"]["audio"]["mirrors"] = [clipwise(server) | {"path": "tiny/{artist}.wav"}]
    with pytest.raises(FetchError, match="outside its folder"):
        fetch(built(made), home, FetchRequest())


# ------------------------------------------------------------------------------- other kinds


def from_hub(server: Server, home: Home, monkeypatch: pytest.MonkeyPatch, mirror: dict[str, Any]) -> Card:
    monkeypatch.setenv("HF_HOME", str(home.root / "hf"))
    whole = {"kind": "huggingface", "repo": fake_hub.REPO, "revision": fake_hub.COMMIT} | mirror
    return only_audio(server, whole)


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[fake_hub.Hub]:
    import huggingface_hub

    rows = [{"audio": data, "id": Path(path).stem} for path, data in CLIPS.items()]
    shards = {}
    for n in range(3):
        out = io.BytesIO()
        pq.write_table(pa.Table.from_pylist(rows[2 * n : 2 * n + 2]), out)
        shards[f"data/{n}.parquet"] = out.getvalue()
    with fake_hub.Cdn() as cdn, fake_hub.Hub(cdn, {"tiny.zip": zipped()} | shards) as host:
        monkeypatch.setenv("HF_ENDPOINT", host.url)
        yield host
        huggingface_hub.close_session()


def test_an_archive_that_was_unpacked_under_a_limit_counts_for_all(
    server: Server, home: Home, hub: fake_hub.Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = from_hub(server, home, monkeypatch, {"files": [{"path": "tiny.zip", "unpack": "archive"}]})
    made = made.model_copy(update={"clips": (made.clips[0].model_copy(update={"select": None}),)})
    fetch(made, home, FetchRequest(limit=1))
    assert files_of(home) == EVERYTHING
    asked = len(hub.asked)
    fetch(made, home, FetchRequest())
    assert len(hub.asked) == asked
    assert not list((home.raw("tiny") / "downloads").rglob("*.zip"))


@pytest.mark.slow
def test_rows_come_as_far_as_the_limit_and_a_larger_one_goes_on(
    server: Server, home: Home, hub: fake_hub.Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = {"audio": "audio", "path": "tiny/{id}.wav", "table": "rows.parquet"}
    made = from_hub(server, home, monkeypatch, {"files": [{"path": "data/*.parquet", "unpack": "rows"}], "rows": rows})
    made = made.model_copy(update={"clips": (made.clips[0].model_copy(update={"select": None}),)})

    def shards() -> list[str]:
        return [asked.path for asked in hub.cdn.asked if asked.method == "GET"]

    fetch(made, home, FetchRequest(limit=2))
    assert (len(shards()), len(files_of(home))) == (1, 4)
    fetch(made, home, FetchRequest(limit=3))
    assert (len(shards()), len(files_of(home))) == (2, 5)
    fetch(made, home, FetchRequest())
    assert len(shards()) == 3
    assert files_of(home).keys() == EVERYTHING.keys() | {"rows.parquet"}
    asked = len(hub.asked)
    fetch(made, home, FetchRequest())
    assert len(hub.asked) == asked


def test_a_missing_extra_of_an_optional_component_is_a_note_with_the_command(
    server: Server, home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "yt_dlp", None)
    made = as_dict(server)
    youtube = {"kind": "youtube", "video": "id", "path": "videos/{id}.wav"}
    made["sources"]["videos"] = {"what": "cut here", "optional": True, "mirrors": [youtube]}
    made["clips"][0]["select"] = "SELECT id, 'tiny/' || id || '.wav' AS path, 0 AS start_s, 1 AS end_s FROM listed"
    notes = fetch(built(made), home, FetchRequest()).notes
    assert notes[0].startswith("videos (cut here) is missing: ")
    assert "pip install 'mudata-music[youtube]'" in notes[1]


def test_what_is_composed_needs_no_network_and_an_unknown_composer_is_told(server: Server, home: Home) -> None:
    composed = {"kind": "composed", "composer": "nobody"}
    with pytest.raises(FetchError, match=r"no composer 'nobody'\.\n.*There are: demo"):
        fetch(only_audio(server, composed), home, FetchRequest())


# ------------------------------------------------------------------------------ the plan itself


def test_the_plan_is_a_function_of_what_it_is_given(server: Server) -> None:
    made = only_audio(server, http(archive(server, "tiny.zip", zipped())), clipwise(server))
    requirements = plan(made, (), None, {}, lambda path: None)
    assert [(need.name, [option.mirror.kind for option in need.options]) for need in requirements] == [
        ("metadata", ["http"]),
        ("audio", ["http", "http-clips"]),
    ]
    states = [state for need in requirements for option in need.options for _, state in option.jobs]
    assert states == ["missing"] * 3
    limited = plan(made, (), "a limit", {}, lambda path: None)
    assert [option.mirror.kind for option in limited[1].options] == ["http-clips", "http"]
    job = requirements[0].options[0].jobs[0][0]
    right, wrong = f"sha256:{tiny_set.sha256(TABLE)}", f"sha256:{'0' * 64}"

    def state(at: tuple[int, int] | None, sum_: str = right, **more: Any) -> str:
        files = {"tiny.csv": (1, 2)}
        record = FetchRecord(component="metadata", mirror="http", files=files, sums={"tiny.csv": sum_}, **more)
        return plan(made, (), None, {job.key: record}, lambda path: at)[0].options[0].jobs[0][1]

    assert state((1, 2)) == "present"
    assert state((1, 3)) == "stale"
    assert state(None) == "stale"
    assert state((1, 2), wrong) == "stale"
    assert state((1, 2), failures={"x": "gone"}) == "incomplete"


def test_subsets_of_a_card(server: Server) -> None:
    assert subsets_of(card(server), None) == ()
    assert subsets_of(with_subsets(server), None) == ("small",)
    assert subsets_of(with_subsets(server), "large,small") == ("large", "small")


@pytest.mark.slow
def test_ten_thousand_files_are_recognised_in_well_under_a_second(server: Server, home: Home) -> None:
    members = {f"tiny/{n:05}.wav": b"x" for n in range(10_000)}
    made = only_audio(server, http(archive(server, "own.zip", zipped(members))))
    fetch(made, home, FetchRequest())
    server.seen.clear()
    began = time.process_time()  # that of a busy machine would measure others' work
    assert fetch(made, home, FetchRequest()).files == 10_001
    assert time.process_time() - began < 1
    assert server.seen == []


def test_a_broken_ledger_is_told_and_without_it_nothing_is_fetched_that_is_there(server: Server, home: Home) -> None:
    fetch(card(server), home, FetchRequest())
    ledger = home.raw("tiny") / "fetched.json"
    read = json.loads(ledger.read_text())
    assert read["version"] == 1
    assert {record["component"] for record in read["records"].values()} == {"metadata", "audio"}
    ledger.write_text("{")
    with pytest.raises(HomeError, match=r"fetched\.json cannot be read"):
        fetch(card(server), home, FetchRequest())
    ledger.write_text('{"version": 99, "records": {}}')
    with pytest.raises(HomeError, match="newer mudata"):
        Ledger(ledger)
    ledger.unlink()
    server.seen.clear()
    fetch(card(server), home, FetchRequest())
    assert {seen.path for seen in server.seen} == {"/tiny.zip"}, "the table verifies where it lies"


def test_no_token_is_written_anywhere(server: Server, home: Home) -> None:
    made = as_dict(server)
    entry = made["sources"]["metadata"]["mirrors"][0]["files"][0]
    entry["url"] = entry["url"].replace("http://", "http://user:s3cret@") + "?token=s3cret"
    del entry["sha256"], entry["size"]
    heard = Heard()
    fetch(built(made), home, FetchRequest(), heard)
    assert "s3cret" not in heard.text
    for path in home.root.rglob("*"):
        assert not path.is_file() or b"s3cret" not in path.read_bytes()


# --------------------------------------------------------------------------- rough treatment


SCRIPT = """
import sys, yaml
from pathlib import Path
from mudata.catalog.cards.subsets import subsets_of
from mudata.catalog.fetch.fetcher import fetch
from mudata.catalog.fetch.request import FetchRequest
from mudata.catalog.cards.schema import Card
from mudata.home import Home
fetch(Card.model_validate(yaml.safe_load(Path(sys.argv[1]).read_text())), Home.default(), FetchRequest())
"""


def a_big_set(server: Server, *answers: Answer) -> tuple[Card, dict[str, bytes]]:
    members = {f"tiny/{n:05}.wav": os.urandom(2000) for n in range(1500)}
    packed = zipped(members)
    paced = [Answer(packed, etag='"1"', pace_s=0.005)] if not answers else [Answer(packed, etag='"1"')]
    return only_audio(server, http(archive(server, "big.zip", packed, *paced))), members


@pytest.mark.parametrize("moment", ["download", "extraction"])
@pytest.mark.slow
def test_a_killed_fetch_goes_on_where_it_ended(server: Server, home: Home, tmp_path: Path, moment: str) -> None:
    made, members = a_big_set(server, *([Answer()] if moment == "extraction" else []))
    command = [sys.executable, "-c", SCRIPT, str(tiny_set.write(made, tmp_path))]
    part = home.raw("tiny") / "downloads" / "audio" / ".big.zip.part"
    out = home.raw("tiny") / "files" / "tiny"

    def reached() -> bool:
        if moment == "download":
            return part.exists() and part.stat().st_size > 200_000
        return out.exists() and sum(1 for _ in out.iterdir()) > 50

    with subprocess.Popen(command) as process:
        until = time.monotonic() + 30
        while not reached() and time.monotonic() < until and process.poll() is None:
            time.sleep(0.001)
        process.send_signal(signal.SIGKILL)
    there = part.stat().st_size if moment == "download" else 0
    before = {p: p.stat().st_mtime_ns for p in out.glob("*.wav")} if out.exists() else {}
    assert there if moment == "download" else 0 < len(before) < len(members)
    server.seen.clear()
    subprocess.run(command, check=True)
    assert files_of(home) == members | {"tiny.csv": TABLE}
    if moment == "download":
        assert [s.headers["range"] for s in server.asked("/big.zip")] == [f"bytes={there}-"]
    else:
        assert server.asked("/big.zip") == []
        assert all(p.stat().st_mtime_ns == mtime for p, mtime in before.items())


@pytest.fixture
def small_home(home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Home]:
    """A home on a file system of 2 MB."""
    folder = tmp_path / "small"
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(folder)], check=False, capture_output=True
    )
    if mounted.returncode:
        pytest.skip("no file system can be mounted here")
    yield type(home)(folder)
    subprocess.run(["umount", str(folder)], check=True)


def test_a_download_that_cannot_fit_is_not_begun(server: Server, small_home: Home) -> None:
    made = only_audio(server, http(archive(server, "own.zip", zipped()) | {"size": 3_000_000}))
    with pytest.raises(HomeError, match=r"needs 0\.0 GB more"):
        fetch(made, small_home, FetchRequest())
    assert not server.asked("/own.zip")


def test_a_full_disk_in_the_middle_leaves_what_the_next_run_goes_on_with(server: Server, small_home: Home) -> None:
    members = {f"tiny/{n:05}.wav": os.urandom(2000) for n in range(600)}
    made = only_audio(server, http(archive(server, "big.zip", zipped(members))))
    with pytest.raises(HomeError, match="disk is full"):
        fetch(made, small_home, FetchRequest())
    subprocess.run(["mount", "-o", "remount,size=20m", str(small_home.root)], check=True)
    fetch(made, small_home, FetchRequest())
    assert len(server.asked("/big.zip")) == 1
    assert files_of(small_home) == members | {"tiny.csv": TABLE}


@pytest.mark.slow
def test_a_home_that_cannot_be_written_is_told(server: Server, home: Home, tmp_path: Path) -> None:
    if os.geteuid() != 0 or shutil.which("setpriv") is None:
        pytest.skip("needs root, to become nobody")
    readable = Path(tmp_path.anchor, "tmp", f"mudata-readonly-{os.getpid()}")
    readable.mkdir(mode=0o755)
    try:
        copy = shutil.copy(tiny_set.write(card(server), tmp_path), readable)
        ran = subprocess.run(
            [*["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"], sys.executable, "-c", SCRIPT, str(copy)],
            env=os.environ | {"MUDATA_HOME": str(readable / "home"), "HOME": str(readable)},
            capture_output=True,
            text=True,
            check=False,
        )
    finally:
        shutil.rmtree(readable)
    unstarted = ran.returncode == 127  # not even its shared library could be read
    if unstarted or "No module named" in ran.stderr or "Permission denied" in ran.stderr.partition("Traceback")[0]:
        pytest.skip("nobody cannot run this Python")
    assert ran.returncode == 1
    assert "HomeError: Cannot write to" in ran.stderr
    assert "Set MUDATA_HOME" in ran.stderr


def test_names_of_all_sorts_survive(server: Server, home: Home) -> None:
    members = {"tiny/Benoît 👨‍👩‍👧‍👦.wav": b"1", "tiny/ナ.wav": b"2"}
    fetch(only_audio(server, http(archive(server, "own.zip", zipped(members)))), home, FetchRequest())
    assert files_of(home) == members | {"tiny.csv": TABLE}
    server.seen.clear()
    fetch(only_audio(server, http(archive(server, "own.zip", zipped(members)))), home, FetchRequest())
    assert server.seen == []


@pytest.mark.slow
def test_several_files_arrive_side_by_side(server: Server, home: Home) -> None:
    data = {id_: zipped({f"tiny/{id_}.wav": CLIPS[f"tiny/{id_}.wav"]}) for id_ in IDS}
    parts = [archive(server, f"{id_}.zip", data[id_], Answer(data[id_], delay_s=0.4)) for id_ in IDS]
    began = time.monotonic()
    fetch(only_audio(server, http(*parts)), home, FetchRequest(jobs=6))
    assert time.monotonic() - began < 2
    assert files_of(home) == EVERYTHING


@pytest.mark.slow
def test_of_several_files_those_that_came_are_not_fetched_again(server: Server, home: Home) -> None:
    data = {id_: zipped({f"tiny/{id_}.wav": CLIPS[f"tiny/{id_}.wav"]}) for id_ in IDS}
    parts = [archive(server, f"{id_}.zip", data[id_]) for id_ in IDS]
    server.serve(f"/{IDS[-1]}.zip", Answer(status=404), Answer(data[IDS[-1]]))
    made = only_audio(server, http(*parts))
    with pytest.raises(FetchError, match="no longer has this file"):
        fetch(made, home, FetchRequest(jobs=1))
    server.seen.clear()
    fetch(made, home, FetchRequest())
    assert [seen.path for seen in server.seen] == [f"/{IDS[-1]}.zip"]
    assert files_of(home) == EVERYTHING
