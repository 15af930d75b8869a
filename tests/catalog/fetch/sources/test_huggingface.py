"""Hugging Face mirrors against a Hub on 127.0.0.1, with the real client and its real cache."""

from __future__ import annotations

import io
import random
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import huggingface_hub
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from fake_host import Answer, unused_port
from fake_hub import COMMIT, REPO, Cdn, Hub, sha256

from mudata.catalog.cards.mirrors import HubMirror
from mudata.catalog.fetch.sources import huggingface
from mudata.catalog.fetch.sources.source import FetchResult, Target
from mudata.errors import ChecksumMismatch, FetchError, NeedsToken, Offline
from mudata.narration import SILENT

SECRET = "hf_secretsecretsecret"
SMALL, LARGE = b"id,label\n1,rock\n", random.Random(1).randbytes(300_000)


def zipped(members: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as file:
        for name, data in members.items():
            file.writestr(zipfile.ZipInfo(name), data)
    return buffer.getvalue()


def shard(first: int, count: int) -> bytes:
    rows = [{"audio": b"%05d" % n + bytes(1000), "name": f"song{n}"} for n in range(first, first + count)]
    buffer = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(rows), buffer)
    return buffer.getvalue()


FILES = {
    "README.md": b"# songs",
    "meta/labels.csv": SMALL,
    "big/a.wav": LARGE,
    "big/b.wav": LARGE[::-1],
    "big/c.wav": LARGE[1:] + LARGE[:1],
    "packed/genres.zip": zipped({"genres/rock/1.wav": LARGE, "genres/notes.txt": b"no", "tables/x.csv": SMALL}),
    "data/train-00000-of-00002.parquet": shard(0, 5),
    "data/train-00001-of-00002.parquet": shard(5, 5),
}
ROWS = {"audio": "audio", "path": "rows/{name}.wav", "table": "rows.parquet"}


@pytest.fixture
def cdn() -> Iterator[Cdn]:
    with Cdn() as host:
        yield host


@pytest.fixture
def there(cdn: Cdn, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Hub]:
    with Hub(cdn, FILES) as host:
        monkeypatch.setenv("HF_ENDPOINT", host.url)
        monkeypatch.setenv("HF_HOME", str(tmp_path / "hf"))
        yield host
        huggingface_hub.close_session()


def mirror(*given: dict[str, Any], **other: Any) -> HubMirror:
    return HubMirror(kind="huggingface", **{"repo": REPO, "revision": COMMIT, "files": given} | other)


def get(tmp_path: Path, of: HubMirror, **other: Any) -> FetchResult:
    usual = {
        "dataset": "songs", "files": tmp_path / "files", "downloads": tmp_path / "downloads", "subset": None,
        "wanted": lambda path: True, "limit": None, "clips": None, "offline": False, "jobs": 2,
    }  # fmt: skip
    return huggingface.fetch(of, Target(**usual | other), SILENT)


def tree(tmp_path: Path) -> dict[str, bytes]:
    files = tmp_path / "files"
    return {path.relative_to(files).as_posix(): path.read_bytes() for path in files.rglob("*") if path.is_file()}


def test_globs_and_names_are_fetched_from_the_fixed_revision_and_the_token_stays_with_the_hub(
    there: Hub, cdn: Cdn, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    there.token = SECRET
    monkeypatch.setenv("HF_TOKEN", SECRET)
    got = get(tmp_path, mirror({"path": "big/*.wav"}, {"path": "meta/labels.csv"}))
    assert tree(tmp_path) == {path: FILES[path] for path in ("big/a.wav", "big/b.wav", "big/c.wav", "meta/labels.csv")}
    assert sorted(got.files) == sorted(tmp_path / "files" / path for path in tree(tmp_path))
    assert got.bytes == 3 * len(LARGE) + len(SMALL)
    assert not got.failures
    assert cdn.asked
    assert not any("Authorization" in asked.headers for asked in cdn.asked)
    assert all(asked.headers["Authorization"] == f"Bearer {SECRET}" for asked in there.asked)
    assert all(COMMIT in asked.path for asked in there.asked)


def test_the_commit_behind_a_branch_is_told_and_one_that_is_pinned_is_fetched(there: Hub, tmp_path: Path) -> None:
    assert get(tmp_path, mirror({"path": "meta/labels.csv"}, revision="main")).revision == COMMIT
    assert any("/main/" in asked.path for asked in there.asked)
    there.asked.clear()
    of = mirror({"path": "big/*.wav"}, revision="main")
    assert get(tmp_path, of, pins={REPO: COMMIT}).revision is None
    assert all(COMMIT in asked.path for asked in there.asked)


def test_which_archive_a_file_came_out_of_is_told_where_there_are_several(there: Hub, tmp_path: Path) -> None:
    there.files["packed/more.zip"] = zipped({"genres/jazz/2.wav": LARGE})
    got = get(tmp_path, mirror({"path": "packed/*.zip", "unpack": "archive"}))
    assert got.archives["genres/jazz/2.wav"] == "packed/more.zip"
    assert got.archives["genres/rock/1.wav"] == "packed/genres.zip"


def test_a_second_run_downloads_nothing(there: Hub, cdn: Cdn, tmp_path: Path) -> None:
    for _ in range(2):
        got = get(tmp_path, mirror({"path": "big/*"}))
    assert len(cdn.asked) == 3
    assert got.bytes == 0
    assert len(got.files) == 3


def test_an_archive_is_unpacked_and_only_what_is_worth_having(there: Hub, tmp_path: Path) -> None:
    packed = {"path": "packed/genres.zip", "unpack": "archive"}
    get(tmp_path, mirror(packed), wanted=lambda path: path.endswith((".wav", ".csv")))
    assert tree(tmp_path) == {"genres/rock/1.wav": LARGE, "tables/x.csv": SMALL}


def test_the_keep_globs_of_the_card_choose_among_the_members(there: Hub, tmp_path: Path) -> None:
    get(tmp_path, mirror({"path": "packed/genres.zip", "unpack": "archive", "keep": "genres/**"}))
    assert {*tree(tmp_path)} == {"genres/rock/1.wav", "genres/notes.txt"}


def test_rows_of_all_shards_are_written_and_a_second_run_asks_the_hub_for_nothing(there: Hub, tmp_path: Path) -> None:
    of = mirror({"path": "data/*.parquet", "unpack": "rows"}, rows=ROWS)
    first = get(tmp_path, of)
    assert len(first.files) == 11
    assert tree(tmp_path)["rows/song7.wav"][:5] == b"00007"
    asked = len(there.asked)
    assert get(tmp_path, of).files == first.files
    assert len(there.asked) == asked


@pytest.mark.slow
def test_a_limit_fetches_the_first_shard_only_and_a_larger_one_goes_on(there: Hub, cdn: Cdn, tmp_path: Path) -> None:
    of = mirror({"path": "data/*.parquet", "unpack": "rows"}, rows=ROWS)
    assert len(get(tmp_path, of, limit=3).files) == 4
    assert [asked.path[1:] for asked in cdn.asked] == [sha256(FILES["data/train-00000-of-00002.parquet"])]
    assert len(get(tmp_path, of, limit=7).files) == 8
    assert len(cdn.asked) == 2
    assert pq.read_metadata(tmp_path / "files/rows.parquet").num_rows == 7


def test_without_rows_the_shards_are_left_alone(there: Hub, tmp_path: Path) -> None:
    of = mirror({"path": "data/*.parquet", "unpack": "rows"}, {"path": "meta/labels.csv"})
    assert get(tmp_path, of).files == (tmp_path / "files/meta/labels.csv",)


def test_a_limit_on_plain_files_takes_all_tables_and_always_the_same_clips(there: Hub, tmp_path: Path) -> None:
    of = mirror({"path": "**"})
    chosen = {*get(tmp_path / "a", of, limit=2, wanted=lambda path: "." in path).files}
    clips = {path.name for path in chosen if path.suffix == ".wav"}
    assert len(clips) == 2
    assert tmp_path / "a/files/meta/labels.csv" in chosen
    del there.files["big/" + ({"a.wav", "b.wav", "c.wav"} - clips).pop()]
    again = {path.name for path in get(tmp_path / "b", of, limit=2).files if path.suffix == ".wav"}
    assert again == clips


def test_clips_asked_for_by_path_are_the_ones_fetched(there: Hub, tmp_path: Path) -> None:
    asked = pa.table({"id": ["b"], "path": ["big/b.wav"]})
    get(tmp_path, mirror({"path": "**/*.wav"}, {"path": "meta/*"}), clips=asked)
    assert {*tree(tmp_path)} == {"big/b.wav", "meta/labels.csv"}


def test_wrong_bytes_of_the_right_size_are_refused_and_deleted(there: Hub, cdn: Cdn, tmp_path: Path) -> None:
    cdn.trouble[f"/{sha256(LARGE)}"] = [Answer(200, LARGE[:-1] + b"!")]
    with pytest.raises(ChecksumMismatch, match=rf"not the expected file[\s\S]*{sha256(LARGE)}"):
        get(tmp_path, mirror({"path": "big/a.wav"}))
    assert not [path for path in tmp_path.rglob("*") if path.is_file() and "a.wav" in path.name]
    assert get(tmp_path, mirror({"path": "big/a.wav"})).files[0].read_bytes() == LARGE


def test_small_files_are_checked_against_their_git_blob(there: Hub, tmp_path: Path) -> None:
    there.trouble[f"/datasets/{REPO}/resolve/{COMMIT}/meta/labels.csv"] = [Answer(200, SMALL.replace(b"rock", b"jazz"))]
    with pytest.raises(ChecksumMismatch, match="expected git "):
        get(tmp_path, mirror({"path": "meta/labels.csv"}))


def test_the_sum_in_the_card_outweighs_that_of_the_host(there: Hub, tmp_path: Path) -> None:
    with pytest.raises(ChecksumMismatch, match="a" * 64):
        get(tmp_path, mirror({"path": "meta/labels.csv", "sha256": "a" * 64}))
    either = {"path": "meta/labels.csv", "sha256": "a" * 64, "also": [sha256(SMALL)]}
    assert get(tmp_path, mirror(either)).files[0].read_bytes() == SMALL


def test_a_broken_glob_file_is_a_failure_and_the_others_are_fetched(there: Hub, cdn: Cdn, tmp_path: Path) -> None:
    cdn.trouble[f"/{sha256(LARGE)}"] = [Answer(200, LARGE[:-1] + b"!")]
    there.trouble[f"/datasets/{REPO}/resolve/{COMMIT}/big/b.wav"] = [Answer(404)]
    got = get(tmp_path, mirror({"path": "big/*"}))
    assert {*tree(tmp_path)} == {"big/c.wav"}
    assert got.failures.keys() == {"big/a.wav", "big/b.wav"}
    assert "not the expected file" in got.failures["big/a.wav"]
    assert "has no big/b.wav" in got.failures["big/b.wav"]


def test_if_no_file_at_all_can_be_had_that_is_an_error(there: Hub, tmp_path: Path) -> None:
    for path in FILES:
        there.trouble[f"/datasets/{REPO}/resolve/{COMMIT}/{path}"] = [Answer(404)]
    with pytest.raises(FetchError, match=r"has no big/.\.wav at revision"):
        get(tmp_path, mirror({"path": "big/*"}))


@pytest.mark.slow
def test_a_cut_download_goes_on_in_a_later_run_where_it_ended(there: Hub, cdn: Cdn, tmp_path: Path) -> None:
    path = f"/{sha256(LARGE)}"
    etag = {"ETag": f'"{sha256(LARGE)}"'}
    cdn.trouble[path] = [Answer(200, LARGE, etag, cut=200_000)] + [Answer(429, b"", {"Retry-After": "0"})] * 4
    with pytest.raises(FetchError, match="429"):
        get(tmp_path, mirror({"path": "big/a.wav"}))
    assert get(tmp_path, mirror({"path": "big/a.wav"})).files[0].read_bytes() == LARGE
    start = int(cdn.asked[-1].headers["Range"].removeprefix("bytes=").rstrip("-"))
    assert 0 < start <= 200_000


@pytest.mark.slow
@pytest.mark.parametrize("status", [429, 503])
def test_a_busy_hub_is_asked_again(status: int, there: Hub, tmp_path: Path) -> None:
    busy = Answer(status, b"", {"Retry-After": "0"})
    there.trouble[f"/api/datasets/{REPO}/tree/{COMMIT}"] = [busy]
    there.trouble[f"/datasets/{REPO}/resolve/{COMMIT}/meta/labels.csv"] = [busy, busy]
    assert get(tmp_path, mirror({"path": "meta/*"})).files[0].read_bytes() == SMALL


def test_without_a_token_the_user_is_told_where_to_get_one(there: Hub, tmp_path: Path) -> None:
    there.token = SECRET
    with pytest.raises(NeedsToken, match=rf"{there.url}/settings/tokens; \(2\) set HF_TOKEN to it"):
        get(tmp_path, mirror({"path": "**"}))
    with pytest.raises(NeedsToken, match="HF_TOKEN"):
        get(tmp_path, mirror({"path": "meta/labels.csv", "sha256": sha256(SMALL)}))


def test_a_gated_repository_wants_its_terms_accepted_on_its_page(
    there: Hub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    there.gated = True
    monkeypatch.setenv("HF_TOKEN", SECRET)
    with pytest.raises(NeedsToken, match=rf"log in at {there.url}/datasets/{REPO} and accept the terms") as raised:
        get(tmp_path, mirror({"path": "meta/labels.csv", "sha256": sha256(SMALL)}, gated=True))
    assert SECRET not in str(raised.value)


def test_a_token_that_is_refused_is_not_shown(there: Hub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    there.token = "another"
    monkeypatch.setenv("HF_TOKEN", SECRET)
    with pytest.raises(NeedsToken, match="the owner of this HF_TOKEN") as raised:
        get(tmp_path, mirror({"path": "**"}))
    assert SECRET not in str(raised.value)


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"revision": "feed" * 10}, r"no revision (feed)+\.\nCorrect `revision: (feed)+` in the card 'songs'"),
        ({"repo": "nobody/none"}, r"no dataset nobody/none\.\nCorrect `repo: nobody/none` in the card 'songs'"),
        ({"files": [{"path": "*/*.mp3"}]}, r"has no \*/\*\.mp3 at revision .*\nCorrect `path: \*/\*\.mp3` or"),
        ({"files": [{"path": "x.csv", "sha256": "a" * 64}]}, r"has no x\.csv at revision .*\nCorrect `path: x\.csv`"),
    ],
)
def test_what_is_not_there_names_the_line_of_the_card(
    wrong: dict[str, Any], says: str, there: Hub, tmp_path: Path
) -> None:
    with pytest.raises(FetchError, match=says):
        get(tmp_path, mirror(**{"files": [{"path": "**"}]} | wrong))


def test_a_hub_that_does_not_answer_is_a_fetch_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("huggingface_hub.utils._http.time.sleep", lambda seconds: None)
    with unused_port() as port:
        monkeypatch.setenv("HF_ENDPOINT", f"http://127.0.0.1:{port}")
        with pytest.raises(FetchError, match="cannot be reached"):
            get(tmp_path, mirror({"path": "**"}))


def cached(there: Hub, tmp_path: Path, *paths: str) -> dict[str, Path]:
    """Files put into the cache by the client itself."""
    return {
        path: Path(
            huggingface_hub.hf_hub_download(
                REPO, path, repo_type="dataset", revision=COMMIT, endpoint=there.url, cache_dir=tmp_path / "hf/hub"
            )
        )
        for path in paths
    }


def test_what_lies_in_the_cache_of_the_client_is_linked(there: Hub, cdn: Cdn, tmp_path: Path) -> None:
    paths = cached(there, tmp_path, "big/a.wav", "meta/labels.csv")
    before = len([asked for asked in cdn.asked if asked.method == "GET"])
    got = get(tmp_path, mirror({"path": "big/a.wav"}, {"path": "meta/labels.csv"}))
    assert got.bytes == 0
    assert len([asked for asked in cdn.asked if asked.method == "GET"]) == before
    for path, of in paths.items():
        assert (tmp_path / "files" / path).samefile(of)
        assert not (tmp_path / "files" / path).is_symlink()


def test_a_damaged_cache_is_not_used(there: Hub, tmp_path: Path) -> None:
    blob = cached(there, tmp_path, "big/a.wav")["big/a.wav"].resolve()
    blob.write_bytes(LARGE[:-1] + b"!")
    get(tmp_path, mirror({"path": "big/a.wav"}))
    assert (tmp_path / "files/big/a.wav").read_bytes() == LARGE
    assert blob.read_bytes() != LARGE


@pytest.mark.parametrize("says", [Path, str, lambda path: f"{path}.gone", lambda path: object(), lambda path: None])
def test_the_client_is_taken_at_its_word_only_where_a_file_is(
    there: Hub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, says: Callable[[Path], object]
) -> None:
    """It gives text today, a path or a marker of absence tomorrow, and may name a file that was cleared away."""
    kept = cached(there, tmp_path, "big/a.wav")["big/a.wav"]
    monkeypatch.setattr(huggingface_hub, "try_to_load_from_cache", lambda *_, **__: says(kept))
    got = get(tmp_path, mirror({"path": "big/a.wav"}))
    assert (tmp_path / "files/big/a.wav").read_bytes() == LARGE
    assert (got.bytes == 0) == (says(kept) in (kept, str(kept)))


@pytest.mark.parametrize("variable", [None, "HF_HUB_OFFLINE"])
def test_without_the_network_the_cache_serves_and_what_it_lacks_is_said(
    variable: str | None, there: Hub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cached(there, tmp_path, "big/a.wav", "meta/labels.csv")
    if variable:
        monkeypatch.setenv(variable, "1")
    asked = len(there.asked)
    get(tmp_path, mirror({"path": "big/*"}, {"path": "meta/*"}), offline=not variable)
    assert tree(tmp_path) == {"big/a.wav": LARGE, "meta/labels.csv": SMALL}
    with pytest.raises(Offline, match=r"gone\.csv is neither here nor in the cache"):
        get(tmp_path, mirror({"path": "gone.csv", "sha256": "a" * 64}), offline=not variable)
    with pytest.raises(Offline, match="others/songs is neither here nor in the cache"):
        get(tmp_path, mirror({"path": "**"}, repo="others/songs"), offline=not variable)
    assert len(there.asked) == asked
