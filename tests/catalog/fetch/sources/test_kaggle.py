"""Kaggle mirrors against a Kaggle on 127.0.0.1, with the real client."""

from __future__ import annotations

import gc
import hashlib
import json
import os
import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import pytest
from fake_host import Answer, unused_port
from fake_kaggle import DATASET, KEY, SERVICE, TOKEN, USER, Kaggle, Storage, zipped
from kagglesdk import kaggle_env

from mudata.catalog.cards.mirrors import KaggleMirror
from mudata.catalog.fetch.sources import kaggle, kaggle_client
from mudata.catalog.fetch.sources.source import FetchResult, Target
from mudata.errors import ChecksumMismatch, FetchError, NeedsToken, Offline, UnsafeArchive
from mudata.narration import SILENT

pytestmark = pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning")

SOUND = random.Random(1).randbytes(300_000)
FILES = {
    "Data/genres/blues/blues.00000.wav": SOUND,
    "Data/genres/blues/blues 1.wav": SOUND[::-1],
    "Data/genres/rock/rock.00000.wav": SOUND[1:],
    "Data/features.csv": b"filename,label\nblues.00000.wav,blues\n",
    "Data/images/blues.png": b"png",
}
ARCHIVE = zipped(FILES)


def worth(path: str) -> bool:
    return path.endswith((".wav", ".csv"))


@pytest.fixture
def storage() -> Iterator[Storage]:
    with Storage() as host:
        yield host


@pytest.fixture
def there(storage: Storage, monkeypatch: pytest.MonkeyPatch) -> Iterator[Kaggle]:
    with Kaggle(storage, FILES) as host:
        monkeypatch.setitem(kaggle_env._env_to_endpoint, kaggle_env.KaggleEnv.PROD, host.url)
        yield host
        gc.collect()  # the client leaves connections to the garbage collector; they must not warn in another test


@pytest.fixture
def client(monkeypatch: pytest.MonkeyPatch) -> Any:
    """The class of Kaggle's own client, which before 2.2.4 wants credentials to be imported."""
    with monkeypatch.context() as login:
        login.setenv("KAGGLE_USERNAME", USER)
        login.setenv("KAGGLE_KEY", KEY)
        from kaggle.api.kaggle_api_extended import KaggleApi
    return KaggleApi


def mirror(*given: dict[str, Any], **other: Any) -> KaggleMirror:
    return KaggleMirror(kind="kaggle", **{"dataset": DATASET, "files": given} | other)


def get(tmp_path: Path, of: KaggleMirror, **other: Any) -> FetchResult:
    usual = {
        "dataset": "songs", "files": tmp_path / "files", "downloads": tmp_path / "downloads", "subset": None,
        "wanted": worth, "limit": None, "clips": None, "offline": False, "jobs": 2,
    }  # fmt: skip
    return kaggle.fetch(of, Target(**usual | other), SILENT)


def tree(tmp_path: Path) -> dict[str, bytes]:
    files = tmp_path / "files"
    return {path.relative_to(files).as_posix(): path.read_bytes() for path in files.rglob("*") if path.is_file()}


WORTH = {path: data for path, data in FILES.items() if worth(path)}


def test_the_whole_set_comes_as_one_archive_and_nothing_is_printed(
    there: Kaggle, storage: Storage, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    got = get(tmp_path, mirror())
    assert tree(tmp_path) == WORTH
    assert sorted(got.files) == sorted(tmp_path / "files" / path for path in WORTH)
    assert got.bytes == len(ARCHIVE)
    assert [asked.path for asked in storage.asked] == ["/archive.zip"]
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(
    ("variables", "login"),
    [
        ({"KAGGLE_API_TOKEN": TOKEN}, "Bearer "),
        ({"KAGGLE_USERNAME": USER, "KAGGLE_KEY": KEY}, "Basic "),
        ({}, None),
    ],
)
def test_each_kind_of_login_works_and_stays_with_kaggle(
    variables: dict[str, str], login: str | None, there: Kaggle, storage: Storage, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    there.public = not variables
    get(tmp_path, mirror())
    assert tree(tmp_path) == WORTH
    sent = [asked.headers.get("Authorization") for asked in there.asked if asked.path.startswith(SERVICE)]
    assert sent == [None] if login is None else sent[0].startswith(login)
    assert not any("Authorization" in asked.headers for asked in storage.asked)


def test_the_files_of_the_card_choose_among_the_members(there: Kaggle, tmp_path: Path) -> None:
    get(tmp_path, mirror({"path": "Data/genres/**"}, version=2))
    assert {*tree(tmp_path)} == {path for path in FILES if path.startswith("Data/genres/")}


def test_a_file_that_the_card_names_beside_globs_is_verified_within_the_archive(there: Kaggle, tmp_path: Path) -> None:
    features = {"path": "Data/features.csv", "sha256": hashlib.sha256(FILES["Data/features.csv"]).hexdigest()}
    get(tmp_path, mirror({"path": "Data/genres/**"}, features))
    assert tree(tmp_path) == WORTH
    with pytest.raises(ChecksumMismatch, match="c" * 64):
        get(tmp_path, mirror({"path": "Data/genres/**"}, features | {"sha256": "c" * 64}))
    with pytest.raises(FetchError, match=r"has no Data/gone\.csv"):
        get(tmp_path, mirror({"path": "Data/genres/**"}, {"path": "Data/gone.csv"}))


def test_an_archive_of_a_fixed_version_is_not_asked_for_again(there: Kaggle, tmp_path: Path) -> None:
    get(tmp_path, mirror(version=2))
    asked = len(there.asked)
    got = get(tmp_path, mirror(version=2))
    assert (got.bytes, len(got.files), len(there.asked)) == (0, len(WORTH), asked)
    assert json.loads(there.asked[-1].body)["datasetVersionNumber"] == 2


def test_a_limit_fetches_single_files_and_always_the_same_clips(
    there: Kaggle, storage: Storage, tmp_path: Path
) -> None:
    got = get(tmp_path, mirror(), limit=2)
    assert "/archive.zip" not in storage.blobs
    assert len(got.files) == 3
    assert tree(tmp_path).items() <= WORTH.items()
    assert "Data/features.csv" in tree(tmp_path)
    again = get(tmp_path, mirror(), limit=2)
    assert (again.bytes, sorted(again.files)) == (0, sorted(got.files))


def test_named_files_are_fetched_one_by_one_and_verified(there: Kaggle, storage: Storage, tmp_path: Path) -> None:
    path, data = "Data/genres/blues/blues 1.wav", SOUND[::-1]
    got = get(tmp_path, mirror({"path": path, "sha256": hashlib.sha256(data).hexdigest()}))
    assert tree(tmp_path) == {path: data}
    assert got.bytes == len(data)
    assert not list((tmp_path / "downloads").rglob("*.wav"))
    with pytest.raises(ChecksumMismatch, match="b" * 64):
        get(tmp_path, mirror({"path": path, "sha256": "b" * 64}))
    assert not list((tmp_path / "downloads").rglob("*.wav"))


def test_tables_that_kaggle_compresses_are_unpacked(there: Kaggle, tmp_path: Path) -> None:
    there.compress = True
    get(tmp_path, mirror({"path": "Data/features.csv"}))
    assert tree(tmp_path) == {"Data/features.csv": FILES["Data/features.csv"]}


@pytest.mark.parametrize("compress", [False, True])
@pytest.mark.parametrize("at", ["", "Data", "versions/2/Data"])
def test_a_file_is_found_wherever_the_client_leaves_it(
    at: str, compress: bool, there: Kaggle, client: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    really = client.dataset_download_file

    def lay(api: Any, dataset: str, name: str, path: str) -> None:
        really(api, dataset, name, path=path)
        (got,) = (file for file in Path(path).rglob("*") if file.is_file())
        (Path(path) / at).mkdir(parents=True, exist_ok=True)
        got.replace(Path(path, at, got.name))

    monkeypatch.setattr(client, "dataset_download_file", lay)
    there.compress = compress
    get(tmp_path, mirror({"path": "Data/features.csv"}))
    assert tree(tmp_path) == {"Data/features.csv": FILES["Data/features.csv"]}
    assert not list((tmp_path / "downloads/single").iterdir())


def test_what_an_older_client_left_elsewhere_does_not_take_the_place_of_the_new_file(
    there: Kaggle, tmp_path: Path
) -> None:
    path = "Data/features.csv"
    folder = tmp_path / "downloads/single" / hashlib.sha256(path.encode()).hexdigest()[:16] / "client"
    folder.mkdir(parents=True)
    (folder / "unfinished.csv").write_bytes(b"file")
    (folder / "unfinished.csv.kaggle-partial").write_text("{}")
    (folder / "old.csv").write_bytes(b"old")
    os.utime(folder / "old.csv", (0, 0))
    get(tmp_path, mirror({"path": path}))
    assert tree(tmp_path) == {path: FILES[path]}


def test_a_zip_of_several_files_in_place_of_a_table_is_refused(there: Kaggle, storage: Storage, tmp_path: Path) -> None:
    there.compress = True
    both = Answer(200, zipped({"features.csv": b"1", "other.csv": b"2"}), {"ETag": '"x"', "Accept-Ranges": "bytes"})
    storage.trouble["/Data/features.csv.zip"] = [both]
    with pytest.raises(FetchError, match=r"gave Data/features\.csv of somebody/songs as a zip of 2 files"):
        get(tmp_path, mirror({"path": "Data/features.csv"}))
    get(tmp_path, mirror({"path": "Data/features.csv"}))
    assert tree(tmp_path) == {"Data/features.csv": FILES["Data/features.csv"]}


@pytest.mark.parametrize("asked", [(), ({"path": "Data/features.csv"},)])
def test_a_client_that_leaves_nothing_is_a_fetch_error(
    asked: tuple[dict[str, str], ...], there: Kaggle, client: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("dataset_download_file", "dataset_download_files"):
        monkeypatch.setattr(client, name, lambda *given, **named: None)
    with pytest.raises(FetchError, match=r"client ended well, but \S+ of somebody/songs is not in .*downloads"):
        get(tmp_path, mirror(*asked))


def test_an_archive_within_the_set_is_unpacked(there: Kaggle, tmp_path: Path) -> None:
    there.files["inner.zip"] = zipped({"a/b.wav": SOUND, "a/b.txt": b"no"})
    get(tmp_path, mirror({"path": "inner.zip", "unpack": "archive"}))
    assert tree(tmp_path) == {"a/b.wav": SOUND}


def test_wrong_bytes_of_the_right_size_are_found_by_the_sum_of_the_card(
    there: Kaggle, storage: Storage, tmp_path: Path
) -> None:
    of = mirror(sha256=hashlib.sha256(ARCHIVE).hexdigest())
    storage.trouble["/archive.zip"] = [Answer(200, ARCHIVE[:-1] + b"!", {"ETag": '"x"', "Accept-Ranges": "bytes"})]
    with pytest.raises(ChecksumMismatch, match=of.sha256):
        get(tmp_path, of)
    get(tmp_path, of)
    assert tree(tmp_path) == WORTH


def test_wrong_bytes_of_the_right_size_are_found_by_the_sums_in_the_archive(
    there: Kaggle, storage: Storage, tmp_path: Path
) -> None:
    at = ARCHIVE.index(SOUND) + 1000
    wrong = ARCHIVE[:at] + bytes([ARCHIVE[at] ^ 1]) + ARCHIVE[at + 1 :]
    storage.trouble["/archive.zip"] = [Answer(200, wrong, {"ETag": '"x"', "Accept-Ranges": "bytes"})]
    with pytest.raises(FetchError, match=r"songs\.zip is damaged"):
        get(tmp_path, mirror())
    get(tmp_path, mirror())
    assert tree(tmp_path) == WORTH


@pytest.mark.slow
def test_a_cut_connection_is_taken_up_where_it_broke(there: Kaggle, storage: Storage, tmp_path: Path) -> None:
    there.files["Data/long.wav"] = random.Random(2).randbytes(1_500_000)
    archive = zipped(there.files)
    etag = {"ETag": f'"{hashlib.md5(archive).hexdigest()}"', "Accept-Ranges": "bytes"}
    storage.trouble["/archive.zip"] = [Answer(200, archive, etag, cut=1_300_000)]
    get(tmp_path, mirror())
    assert tree(tmp_path).keys() == WORTH.keys() | {"Data/long.wav"}
    assert [asked.headers.get("Range") for asked in storage.asked] == [None, f"bytes={1 << 20}-"]


def test_what_a_killed_process_left_is_gone_on_with(there: Kaggle, storage: Storage, tmp_path: Path) -> None:
    left = tmp_path / "downloads/songs.zip"
    left.parent.mkdir()
    left.write_bytes(ARCHIVE[:400_000])
    mark = {"validator": f'"{hashlib.md5(ARCHIVE).hexdigest()}"', "size": len(ARCHIVE)}
    left.with_name("songs.zip.kaggle-partial").write_text(json.dumps(mark))
    get(tmp_path, mirror(version=1))
    assert tree(tmp_path) == WORTH
    assert storage.asked[-1].headers["Range"] == "bytes=400000-"


@pytest.mark.parametrize("status", [429, 503])
def test_a_busy_host_is_asked_again(status: int, there: Kaggle, tmp_path: Path) -> None:
    there.trouble[f"{SERVICE}/DownloadDataset"] = [Answer(status, b"", {"Retry-After": "0"})] * 2
    get(tmp_path, mirror())
    assert tree(tmp_path) == WORTH


@pytest.mark.parametrize("after", ["-1", "nan", "soon", None])
def test_a_busy_host_that_makes_no_sense_is_asked_again_after_a_second(
    after: str | None, there: Kaggle, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pauses: list[float] = []
    monkeypatch.setattr(kaggle_client.time, "sleep", pauses.append)
    headers = {} if after is None else {"Retry-After": after}
    there.trouble[f"{SERVICE}/DownloadDataset"] = [Answer(503, b"", headers)]
    get(tmp_path, mirror())
    assert tree(tmp_path) == WORTH
    assert pauses == [1.0]


def test_a_busy_host_may_name_a_date(there: Kaggle, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pauses: list[float] = []
    monkeypatch.setattr(kaggle_client.time, "sleep", pauses.append)
    at = format_datetime(datetime.now(UTC) + timedelta(seconds=60), usegmt=True)
    there.trouble[f"{SERVICE}/DownloadDataset"] = [Answer(503, b"", {"Retry-After": at})]
    get(tmp_path, mirror())
    assert 50 < pauses[0] <= 60


def test_a_host_that_asks_for_too_long_a_pause_is_given_up(there: Kaggle, tmp_path: Path) -> None:
    there.trouble[f"{SERVICE}/DownloadDataset"] = [Answer(429, b"", {"Retry-After": "3600"})]
    with pytest.raises(FetchError, match=r"does not give songs\.zip of somebody/songs: it answers 429"):
        get(tmp_path, mirror())


def test_without_credentials_the_user_is_told_where_to_get_them(there: Kaggle, tmp_path: Path) -> None:
    there.public = False
    for limit in (None, 1):
        with pytest.raises(NeedsToken, match=r"https://www\.kaggle\.com/settings .*set KAGGLE_API_TOKEN to it"):
            get(tmp_path, mirror(), limit=limit)


def test_credentials_that_are_refused_are_not_shown(
    there: Kaggle, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KAGGLE_API_TOKEN", "KGAT_wrong")
    with pytest.raises(NeedsToken, match="to the owner of these credentials") as raised:
        get(tmp_path, mirror())
    assert "KGAT_wrong" not in str(raised.value)


@pytest.mark.parametrize(
    "of",
    [
        mirror(dataset="somebody/nothing"),
        mirror(version=3),
        mirror({"path": "gone.csv"}),
        mirror({"path": "gone/*.zip", "unpack": "archive"}),
    ],
)
def test_what_is_not_there_names_the_lines_of_the_card(of: KaggleMirror, there: Kaggle, tmp_path: Path) -> None:
    with pytest.raises(FetchError, match=rf"has no [\s\S]*Correct `dataset: {of.dataset}`, `version:` or `files:`"):
        get(tmp_path, of)


def test_a_file_that_vanished_is_a_failure_and_the_others_come(there: Kaggle, storage: Storage, tmp_path: Path) -> None:
    storage.trouble["/Data/genres/blues/blues.00000.wav"] = [Answer(404)]
    got = get(tmp_path, mirror(), limit=3)
    assert got.failures.keys() == {"Data/genres/blues/blues.00000.wav"}
    assert tree(tmp_path).keys() == WORTH.keys() - got.failures.keys()


def test_if_no_file_at_all_can_be_had_that_is_an_error(there: Kaggle, storage: Storage, tmp_path: Path) -> None:
    for path in FILES:
        storage.trouble[f"/{path}"] = [Answer(404)]
    with pytest.raises(FetchError, match="has no Data/"):
        get(tmp_path, mirror({"path": "**/*.wav"}), limit=3)


def test_a_listing_cannot_make_us_write_elsewhere(there: Kaggle, tmp_path: Path) -> None:
    there.files = {"../../evil.wav": SOUND}
    with pytest.raises(UnsafeArchive, match=r"evil\.wav"):
        get(tmp_path, mirror(), limit=1)
    assert not list(tmp_path.rglob("evil*"))


def test_without_the_network_what_is_there_serves(there: Kaggle, tmp_path: Path) -> None:
    for limit in (None, 2):
        with pytest.raises(Offline, match=r"of Kaggle's somebody/songs is not here"):
            get(tmp_path, mirror(), offline=True, limit=limit)
    get(tmp_path, mirror())
    asked = len(there.asked)
    assert len(get(tmp_path, mirror(), offline=True).files) == len(WORTH)
    assert len(there.asked) == asked


def test_a_host_that_does_not_answer_is_a_fetch_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with unused_port() as port:
        url = f"http://127.0.0.1:{port}"
        monkeypatch.setitem(kaggle_env._env_to_endpoint, kaggle_env.KaggleEnv.PROD, url)
        with pytest.raises(FetchError, match=r"Kaggle does not give songs\.zip of somebody/songs"):
            get(tmp_path, mirror())
