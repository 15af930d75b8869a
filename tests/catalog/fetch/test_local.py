from __future__ import annotations

import io
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from misbehaving import Answer, Server
from tiny_set import CLIPS, TABLE, archive, as_dict, built, http, plain, zipped

from mudata.catalog.fetch.fetcher import fetch
from mudata.catalog.fetch.request import FetchRequest
from mudata.catalog.read.reader import read
from mudata.errors import FetchError, Offline
from mudata.narration import Progress

if TYPE_CHECKING:
    from mudata.catalog.cards.schema import Card
    from mudata.home import Home


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as running:
        yield running


def lay_out(folder: Path, files: dict[str, bytes]) -> Path:
    for name, data in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return folder


def files_of(home: Home) -> dict[str, bytes]:
    root = home.raw("tiny") / "files"
    return {p.relative_to(root).as_posix(): p.read_bytes() for p in sorted(root.rglob("*")) if p.is_file()}


def get(card: Card, home: Home, *origin: Path, **more: Any) -> dict[str, str]:
    return fetch(card, home, FetchRequest(origin=origin, **more)).mirrors


EVERYTHING = CLIPS | {"tiny.csv": TABLE}


@pytest.mark.parametrize("copy", [False, True])
def test_a_folder_of_the_users_is_used_in_place_of_downloads(
    server: Server, home: Home, tmp_path: Path, copy: bool
) -> None:
    own = lay_out(tmp_path / "own", EVERYTHING | {"notes.txt": b"mine", "tiny/.hidden.wav": b"x"})
    mirrors = get(built(as_dict(server)), home, own, copy=copy)
    assert files_of(home) == EVERYTHING
    assert mirrors == dict.fromkeys(("metadata", "audio"), f"own files: {own}")
    assert server.seen == []
    links = [p for p in (home.raw("tiny") / "files").rglob("*") if p.is_symlink()]
    assert len(links) == (0 if copy else 7)
    assert get(built(as_dict(server)), home) == mirrors, "and so it stays"
    assert server.seen == []


@pytest.mark.parametrize(
    ("inside", "given"),
    [
        ("", "own"),
        ("some/deep/copy/", "own"),
        ("", "own/tiny"),
        ("", "own/."),
    ],
)
def test_the_folder_may_lie_higher_or_lower_than_the_card_thinks(
    server: Server, home: Home, tmp_path: Path, inside: str, given: str
) -> None:
    made = as_dict(server)
    made["clips"][0]["files"] = "tiny/{stem}.wav"  # without **/
    lay_out(tmp_path / "own", {inside + name: data for name, data in CLIPS.items()})
    get(built(made), home, tmp_path / given)
    assert files_of(home) == EVERYTHING
    assert [seen.path for seen in server.seen] == ["/tiny.csv"], "the clips are not downloaded"


def test_what_is_missing_is_fetched_and_offline_told(server: Server, home: Home, tmp_path: Path) -> None:
    own = lay_out(tmp_path / "own", CLIPS)
    got = fetch(built(as_dict(server)), home, FetchRequest(origin=(own,), offline=True))
    assert got.mirrors == {"audio": f"own files: {own}"}
    (note,) = got.notes
    assert note.startswith("metadata (")
    assert note.endswith("Of your own files 6 were taken, such as tiny/jazz.00000.wav; no file matches **/tiny.csv.")
    with pytest.raises(
        Offline, match=r"audio (.|\n)*Of your own files 1 were taken, such as tiny\.csv; no file matches"
    ):
        get(
            built(as_dict(server)),
            type(home)(tmp_path / "other"),
            lay_out(tmp_path / "table", {"tiny.csv": TABLE}),
            offline=True,
        )
    got = fetch(built(as_dict(server)), home, FetchRequest(origin=(own,)))
    assert got.mirrors["metadata"] == "http 127.0.0.1"
    assert files_of(home) == EVERYTHING


def test_optional_tables_are_still_fetched_unless_offline(server: Server, home: Home, tmp_path: Path) -> None:
    made = as_dict(server)
    extra = http(plain(server, "extra.txt", b"more"))
    made["sources"]["extra"] = {"what": "more", "optional": True, "mirrors": [extra]}
    made["tables"]["extra"] = {
        "path": "extra.txt",
        "optional": True,
        "select": "SELECT 1 AS x FROM read_text({path})",
        "columns": {"x": "INTEGER"},
    }
    own = lay_out(tmp_path / "own", EVERYTHING)
    got = fetch(built(made), home, FetchRequest(origin=(own,), offline=True))
    assert len(got.notes) == 1
    assert "extra.txt is not here" in got.notes[0]
    got = fetch(built(made), home, FetchRequest(origin=(own,)))
    assert got.notes == ()
    assert files_of(home) == EVERYTHING | {"extra.txt": b"more"}


def test_of_a_card_without_audio_the_tables_are_all_there_is(server: Server, home: Home, tmp_path: Path) -> None:
    own = lay_out(tmp_path / "own", {"tiny.csv": TABLE})
    card = as_dict(server)
    card["sources"] = {"labels": {"what": "tiny.csv", "mirrors": [{"kind": "local", "how": "Write it."}]}}
    with pytest.raises(FetchError, match="could not be had"):
        get(built(card), home, own)
    card |= {"audio": "no", "audio_note": "only labels are read"}
    assert get(built(card), home, own) == {"labels": f"own files: {own}"}


@pytest.mark.parametrize("where", ["the file", "its folder"])
def test_an_archive_is_unpacked(server: Server, home: Home, tmp_path: Path, where: str) -> None:
    own = lay_out(tmp_path / "own", {"tiny.zip": zipped(), "tiny.csv": TABLE, "other.zip": b"not looked at"})
    origin = (own,) if where == "its folder" else (own / "tiny.zip", own / "tiny.csv")
    get(built(as_dict(server)), home, *origin)
    assert files_of(home) == EVERYTHING
    assert server.seen == []
    assert (own / "tiny.zip").exists()


def test_an_archive_under_any_name_is_unpacked_if_it_is_given_itself(
    server: Server, home: Home, tmp_path: Path
) -> None:
    own = lay_out(tmp_path, {"my copy.zip": zipped(EVERYTHING)})
    get(built(as_dict(server)), home, own / "my copy.zip")
    assert files_of(home) == EVERYTHING
    assert server.seen == []


def test_nothing_of_use_is_told_with_what_was_looked_for(server: Server, home: Home, tmp_path: Path) -> None:
    own = lay_out(tmp_path / "own", {"a.txt": b"", "b/c.mp3": b""})
    with pytest.raises(FetchError, match="nothing of use in") as caught:
        get(built(as_dict(server)), home, own)
    text = str(caught.value)
    assert "**/tiny/{stem}.wav, **/tiny.csv, tiny.zip" in text
    assert "for instance: a.txt, b/c.mp3" in text
    empty = lay_out(tmp_path / "empty", {})
    empty.mkdir()
    with pytest.raises(FetchError, match="There are no files at all"):
        get(built(as_dict(server)), home, empty)
    with pytest.raises(FetchError, match=r"There is no .*nowhere"):
        get(built(as_dict(server)), home, tmp_path / "nowhere")
    assert server.seen == []


def test_what_the_user_takes_away_is_downloaded(server: Server, home: Home, tmp_path: Path) -> None:
    own = lay_out(tmp_path / "own", EVERYTHING)
    get(built(as_dict(server)), home, own)
    (own / "tiny" / "rock.00000.wav").unlink()
    mirrors = get(built(as_dict(server)), home)
    assert mirrors["audio"] == "http 127.0.0.1"
    assert files_of(home) == EVERYTHING
    assert not (own / "tiny" / "rock.00000.wav").exists(), "nothing is written into the user's folder"
    assert (own / "tiny" / "rock.00001.wav").read_bytes() == CLIPS["tiny/rock.00001.wav"]


def test_the_home_itself_may_be_given(server: Server, home: Home, tmp_path: Path) -> None:
    lay_out(home.raw("tiny") / "files", EVERYTHING)
    get(built(as_dict(server)), home, home.raw("tiny") / "files")
    assert files_of(home) == EVERYTHING
    assert not any(p.is_symlink() for p in home.root.rglob("*"))


def hub_cache(root: Path) -> Path:
    repo = root / "hub" / "datasets--me--tiny"
    for revision, data in (("a" * 40, CLIPS), ("b" * 40, dict.fromkeys(CLIPS, b"another edition"))):
        for name, content in data.items():
            blob = repo / "blobs" / f"{revision[0]}{Path(name).name}.blob"
            lay_out(blob.parent, {blob.name: content})
            link = repo / "snapshots" / revision / name
            link.parent.mkdir(parents=True, exist_ok=True)
            link.symlink_to(os.path.relpath(blob, link.parent))
    lay_out(repo, {"refs/main": b"a" * 40})
    return root


def kaggle_cache(root: Path) -> Path:
    lay_out(root / "datasets" / "me" / "tiny" / "versions" / "2", dict.fromkeys(CLIPS, b"another edition"))
    lay_out(root / "datasets" / "me" / "tiny" / "versions" / "10", CLIPS)
    return root


@pytest.mark.parametrize(
    ("make", "below"),
    [
        (hub_cache, ""),
        (hub_cache, "hub"),
        (hub_cache, "hub/datasets--me--tiny"),
        (kaggle_cache, ""),
        (kaggle_cache, "datasets/me/tiny"),
    ],
)
def test_the_caches_of_other_tools_give_one_edition(
    server: Server, home: Home, tmp_path: Path, make: Callable[[Path], Path], below: str
) -> None:
    made = as_dict(server)
    made["sources"]["audio"]["mirrors"] = [
        {"kind": "huggingface", "repo": "me/tiny", "revision": "main", "files": [{"path": "**/*.wav"}]},
        {"kind": "kaggle", "dataset": "me/tiny"},
    ]
    get(built(made), home, make(tmp_path / "cache") / below)
    assert files_of(home) == EVERYTHING


def test_rows_of_shards_are_written_out(server: Server, home: Home, tmp_path: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    made = as_dict(server)
    made["sources"]["audio"]["mirrors"] = [
        {
            "kind": "huggingface",
            "repo": "me/tiny",
            "revision": "main",
            "files": [{"path": "data/*.parquet", "unpack": "rows"}],
            "rows": {"audio": "audio", "path": "tiny/{id}.wav", "table": "rows.parquet"},
        }
    ]
    audio = pa.array(
        [{"bytes": data, "path": None} for data in CLIPS.values()],
        pa.struct([("bytes", pa.binary()), ("path", pa.string())]),
    )
    out = io.BytesIO()
    pq.write_table(pa.table({"id": [Path(name).stem for name in CLIPS], "audio": audio}), out)
    own = lay_out(tmp_path / "own", {"data/train-00000.parquet": out.getvalue(), "tiny.csv": TABLE})
    get(built(made), home, own)
    found = files_of(home)
    assert found.pop("rows.parquet")
    assert found == EVERYTHING
    assert server.seen == []
    silent = pa.table({"id": [*(Path(name).stem for name in CLIPS), "x"], "audio": [*audio.to_pylist(), None]})
    pq.write_table(silent, own / "data/train-00000.parquet")
    why = {"x": f"no audio in row {len(CLIPS)} of data/train-00000.parquet"}
    assert fetch(built(made), home, FetchRequest(origin=(own,))).failures == why
    assert fetch(built(made), home, FetchRequest(offline=True)).failures == why, "and it is told again"


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("Benoît 👨‍👩‍👧‍👦.wav", "Benoît 👨‍👩‍👧‍👦.wav"),
        (os.fsdecode(b"caf\xe9.wav"), "café.wav"),
        ("x" * 251 + ".wav", "x" * 251 + ".wav"),
    ],
    ids=["emoji", "Latin-1", "long"],
)
def test_names_of_all_sorts_are_linked(server: Server, home: Home, tmp_path: Path, name: str, kept: str) -> None:
    own = lay_out(tmp_path / "own", {f"tiny/{name}": b"1", "tiny.csv": TABLE})
    get(built(as_dict(server)), home, own)
    assert f"tiny/{kept}" in files_of(home)
    get(built(as_dict(server)), home, own, copy=True)
    assert not (home.raw("tiny") / "files" / "tiny" / kept).is_symlink()
    fetch(built(as_dict(server)), home, FetchRequest())
    assert server.seen == []


def test_a_table_that_only_the_archive_can_have_makes_it_needed(server: Server, home: Home, tmp_path: Path) -> None:
    made = as_dict(server)
    both = zipped(CLIPS | {"tiny/tiny.csv": TABLE})
    made["sources"] = {"everything": {"what": "all", "mirrors": [http(archive(server, "all.zip", both))]}}
    get(built(made), home, lay_out(tmp_path / "half", CLIPS))
    assert len(server.asked("/all.zip")) == 1
    server.serve("/all.zip", Answer(status=404))
    other = type(home)(tmp_path / "home")
    get(built(made), other, lay_out(tmp_path / "whole", EVERYTHING))
    assert files_of(other) == EVERYTHING


def test_linked_folders_are_followed_and_what_matches_nothing_is_counted(
    server: Server, home: Home, tmp_path: Path
) -> None:
    disk = lay_out(tmp_path / "disk", {name.removeprefix("tiny/"): data for name, data in CLIPS.items()})
    root = lay_out(tmp_path / "mine", {"tiny.csv": TABLE, "notes.txt": b"?", "cover.jpg": b"?", ".DS_Store": b"?"})
    (root / "tiny").symlink_to(disk)
    (root / "loop").symlink_to(root)
    heard = Heard()
    assert fetch(of_own(server), home, FetchRequest(origin=(root,)), heard).files == 7
    assert f"{root}/loop leads back to a folder that it lies in; left out." in heard.text
    assert "tiny: 2 of 10 files match nothing in the card: cover.jpg, notes.txt." in heard.text


def test_a_folder_that_is_come_to_twice_is_taken_once(server: Server, home: Home, tmp_path: Path) -> None:
    root = lay_out(tmp_path / "mine", CLIPS | {"tiny.csv": TABLE})
    (root / "latest").mkdir()
    (root / "latest" / "tiny").symlink_to(root / "tiny")
    assert fetch(of_own(server), home, FetchRequest(origin=(root,))).files == 7
    assert read(of_own(server), home.raw("tiny") / "files").clips.num_rows == 6


@pytest.mark.parametrize("packed", [False, True])
def test_the_case_of_letters_does_not_count(packed: bool, server: Server, home: Home, tmp_path: Path) -> None:
    files = {f"Tiny/{name[5:-4]}.WAV": data for name, data in CLIPS.items()} | {"TINY.csv": TABLE}
    root = tmp_path / "TINY.ZIP"
    if packed:
        root.write_bytes(zipped(files))
    else:
        root = lay_out(tmp_path / "mine", files)
    of = of_own(server)
    assert fetch(of, home, FetchRequest(origin=(root,))).files == 7
    paths = read(of, home.raw("tiny") / "files").clips["path"].to_pylist()
    assert sorted(paths) == sorted(name for name in files if name.endswith(".WAV"))


def test_of_two_files_that_differ_by_case_the_exact_one_counts(server: Server, home: Home, tmp_path: Path) -> None:
    clips = {name[:-3] + "WAV": b"another" for name in CLIPS}
    root = lay_out(tmp_path / "mine", CLIPS | clips | {"tiny.csv": TABLE})
    of = of_own(server)
    fetch(of, home, FetchRequest(origin=(root,)))
    assert sorted(read(of, home.raw("tiny") / "files").clips["path"].to_pylist()) == sorted(CLIPS)


def test_clips_that_differ_by_case_keep_their_own_files(server: Server, home: Home, tmp_path: Path) -> None:
    table = TABLE + b"Rock.00000,rock,artist 9\n"
    root = lay_out(tmp_path / "mine", CLIPS | {"tiny.csv": table})
    of = of_own(server)
    fetch(of, home, FetchRequest(origin=(root,)))
    clips = read(of, home.raw("tiny") / "files").clips.to_pylist()
    assert {clip["path"] for clip in clips} == {*CLIPS, "tiny/Rock.00000.wav"}


class Heard(Progress):
    def __init__(self) -> None:
        self.text = ""

    def say(self, text: str) -> None:
        self.text += text + "\n"


def of_own(server: Server) -> Card:
    """The card, which no host has."""
    made = as_dict(server)
    for component in made["sources"].values():
        component["mirrors"] = [{"kind": "local", "how": "By hand."}]
    return built(made)
