from __future__ import annotations

import email.utils
import hashlib
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from misbehaving import Answer, Server

from mudata.catalog.fetch.checksums import compute_checksums, verify_checksums
from mudata.catalog.fetch.download import DownloadRetries, download, download_many
from mudata.catalog.fetch.transfer import Download, shown
from mudata.errors import ChecksumMismatch, FetchError, HomeError, NeedsToken, Offline

BODY = bytes(range(256)) * 400
SHA256 = hashlib.sha256(BODY).hexdigest()
HASTY = DownloadRetries(tries=3, pause_s=0.01, longest_s=2, timeout_s=0.5)


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as running:
        yield running


def leftovers(folder: Path) -> list[str]:
    return sorted(p.name for p in folder.iterdir() if p.name.startswith("."))


def test_a_file_arrives_verified_and_nothing_else_is_left(server: Server, tmp_path: Path) -> None:
    url = server.serve("/a.bin", Answer(BODY))
    steps: list[float] = []
    want = Download(url, tmp_path / "deep" / "a.bin", len(BODY), {"sha256": SHA256})
    assert download(want, advance=steps.append) == want.target
    assert want.target.read_bytes() == BODY
    assert sum(steps) == len(BODY)
    assert leftovers(want.target.parent) == []


def test_a_file_that_is_there_and_verifies_is_not_asked_for_again(server: Server, tmp_path: Path) -> None:
    url = server.serve("/a.bin", Answer(BODY))
    want = Download(url, tmp_path / "a.bin", checksums={"sha256": SHA256})
    want.target.write_bytes(BODY)
    download(want)
    assert server.seen == []
    want.target.write_bytes(b"an older edition")
    download(want)
    assert want.target.read_bytes() == BODY


@pytest.mark.parametrize("cut", [1, 1000, 70_000])
def test_a_cut_connection_is_resumed_where_it_broke(server: Server, tmp_path: Path, cut: int) -> None:
    url = server.serve("/a.bin", Answer(BODY, etag='"1"', cut=cut), Answer(BODY, etag='"1"'))
    steps: list[float] = []
    download(Download(url, tmp_path / "a.bin"), advance=steps.append, retries=HASTY)
    assert (tmp_path / "a.bin").read_bytes() == BODY
    assert sum(steps) == len(BODY)
    assert server.seen[1].headers["range"] == f"bytes={cut}-"
    assert server.seen[1].headers["if-range"] == '"1"'


@pytest.mark.parametrize(
    ("second", "checksums"),
    [
        (Answer(BODY, etag='"1"', ranges="ignored"), {}),
        (Answer(BODY, etag='"2"'), {}),
        (Answer(BODY, etag='"2"', ranges="careless"), {}),
        (Answer(BODY, etag='"2"', ranges="careless"), {"sha256": SHA256}),
        (Answer(BODY, etag='"1"', ranges="short"), {}),
        (Answer(BODY[:500], etag='"1"'), {}),
    ],
    ids=["Range ignored", "changed", "changed, careless", "changed, known sum", "short pieces", "shrunk"],
)
def test_what_was_half_there_never_mixes_with_another_edition(
    server: Server, tmp_path: Path, second: Answer, checksums: dict[str, str]
) -> None:
    old = b"old " * 25_600
    first = BODY if second.ranges == "short" else old
    url = server.serve("/a.bin", Answer(first, etag='"1"', cut=99_000), second)
    steps: list[float] = []
    download(
        Download(url, tmp_path / "a.bin", checksums=checksums), advance=steps.append, retries=DownloadRetries(9, 0.01)
    )
    assert (tmp_path / "a.bin").read_bytes() == second.body
    assert sum(steps) == len(second.body)


def test_without_validator_and_sum_a_piece_is_thrown_away(server: Server, tmp_path: Path) -> None:
    url = server.serve("/a.bin", Answer(BODY, cut=5000), Answer(BODY))
    download(Download(url, tmp_path / "a.bin"), retries=HASTY)
    assert "range" not in server.seen[1].headers
    assert (tmp_path / "a.bin").read_bytes() == BODY


def test_a_known_sum_lets_another_mirror_go_on_with_the_piece(server: Server, tmp_path: Path) -> None:
    target, checksums = tmp_path / "a.bin", {"sha256": SHA256}
    with pytest.raises(FetchError, match=r"broke.*\(3 tries\)") as caught:
        download(Download(server.serve("/1", Answer(BODY, cut=7000)), target, checksums=checksums), retries=HASTY)
    assert "is kept" in str(caught.value)
    download(Download(server.serve("/2", Answer(BODY)), target, checksums=checksums))
    assert server.asked("/2")[0].headers["range"] == "bytes=21000-"
    assert target.read_bytes() == BODY


def test_a_piece_made_of_two_editions_is_replaced_by_a_whole(server: Server, tmp_path: Path) -> None:
    target = tmp_path / "a.bin"
    (tmp_path / ".a.bin.part").write_bytes(b"junk" * 100)
    download(Download(server.serve("/a", Answer(BODY)), target, len(BODY), {"sha256": SHA256}))
    assert [seen.headers.get("range") for seen in server.seen] == ["bytes=400-", None]
    assert target.read_bytes() == BODY


def test_a_complete_piece_is_taken_without_a_request(server: Server, tmp_path: Path) -> None:
    (tmp_path / ".a.bin.part").write_bytes(BODY)
    download(Download(server.url("/gone"), tmp_path / "a.bin", len(BODY), {"sha256": SHA256}))
    assert server.seen == []
    (tmp_path / ".b.bin.part").write_bytes(BODY)
    download(
        Download(server.serve("/b", Answer(BODY)), tmp_path / "b.bin", checksums={"sha256": SHA256})
    )  # answers 416
    assert (tmp_path / "b.bin").read_bytes() == BODY


@pytest.mark.parametrize(
    ("want", "expected"),
    [
        ({"checksums": {"sha256": "0" * 64}}, "0" * 64),
        ({"checksums": {"md5": "0" * 32}}, f"got      md5 {hashlib.md5(BODY).hexdigest()}"),
        ({"checksums": {"sha256": SHA256, "sha1": "0" * 40}}, "sha1"),
        ({"checksums": {"sha256": ("0" * 64, "1" * 64)}}, f"{'0' * 64} or {'1' * 64}"),
        ({"size": len(BODY) + 1}, f"expected {len(BODY) + 1} bytes"),
        ({"size": len(BODY) - 1}, f"expected {len(BODY) - 1} bytes"),
    ],
)
def test_wrong_bytes_are_deleted_and_both_sums_told(
    server: Server, tmp_path: Path, want: dict[str, object], expected: str
) -> None:
    url = server.serve("/a.bin", Answer(BODY))
    with pytest.raises(ChecksumMismatch, match="not the expected file") as caught:
        download(Download(url, tmp_path / "a.bin", **want))  # type: ignore[arg-type]
    assert expected in str(caught.value)
    assert "deleted" in str(caught.value)
    assert list(tmp_path.iterdir()) == []
    assert len(server.seen) == 1, "a wrong file is not downloaded twice"


def test_any_of_several_sums_will_do_in_any_case(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(BODY)
    verify_checksums(tmp_path / "a", len(BODY), {"sha256": ("0" * 64, SHA256.upper())})
    assert compute_checksums(tmp_path / "a", ["md5", "sha1"]) == {
        "md5": hashlib.md5(BODY).hexdigest(),
        "sha1": hashlib.sha1(BODY).hexdigest(),
    }


@pytest.mark.slow
@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize("form", ["seconds", "date"])
def test_a_busy_host_is_asked_again_when_it_says(server: Server, tmp_path: Path, status: int, form: str) -> None:
    after = "1" if form == "seconds" else email.utils.formatdate(time.time() + 2, usegmt=True)
    url = server.serve("/a", Answer(status=status, headers={"Retry-After": after}), Answer(BODY))
    began = time.monotonic()
    download(Download(url, tmp_path / "a"), retries=HASTY)
    assert time.monotonic() - began >= 0.9
    assert (tmp_path / "a").read_bytes() == BODY


def test_a_host_that_wants_too_long_a_pause_is_given_up(server: Server, tmp_path: Path) -> None:
    url = server.serve("/a", Answer(status=503, headers={"Retry-After": "3600"}))
    with pytest.raises(FetchError, match=r"503 Service Unavailable.*asks to wait 3600 s"):
        download(Download(url, tmp_path / "a"), retries=HASTY)
    assert len(server.seen) == 1


def test_tries_are_bounded(server: Server, tmp_path: Path) -> None:
    with pytest.raises(FetchError, match=r"500 Internal Server Error \(3 tries\)"):
        download(Download(server.serve("/a", Answer(status=500)), tmp_path / "a"), retries=HASTY)
    assert len(server.seen) == 3


def test_progress_gives_new_patience(server: Server, tmp_path: Path) -> None:
    body = os.urandom(5 << 20)
    url = server.serve("/a", Answer(body, etag='"1"', cut=(1 << 20) + 10))
    download(Download(url, tmp_path / "a"), retries=DownloadRetries(tries=2, pause_s=0.01))
    assert (tmp_path / "a").read_bytes() == body
    with pytest.raises(FetchError, match="2 tries"):  # the same cut without Range is no progress
        download(
            Download(server.serve("/b", Answer(body, cut=2 << 20, ranges="ignored")), tmp_path / "b"),
            retries=DownloadRetries(tries=2, pause_s=0.01),
        )


@pytest.mark.parametrize(
    ("status", "error", "match"),
    [
        (401, NeedsToken, "refuses without a login"),
        (403, NeedsToken, "--from FILE"),
        (404, FetchError, "no longer has this file"),
        (410, FetchError, "410 Gone"),
        (418, FetchError, "answers 418"),
    ],
)
def test_a_refusal_is_not_tried_again(
    server: Server, tmp_path: Path, status: int, error: type[FetchError], match: str
) -> None:
    url = server.serve("/a", Answer(status=status))
    with pytest.raises(error, match=match):
        download(Download(url, tmp_path / "a"))
    assert len(server.seen) == 1


@pytest.mark.slow
def test_slow_headers_end_in_a_timeout(server: Server, tmp_path: Path) -> None:
    url = server.serve("/a", Answer(BODY, delay_s=3), Answer(BODY))
    download(Download(url, tmp_path / "a"), retries=HASTY)
    assert len(server.seen) == 2
    with pytest.raises(FetchError, match=r"no answer for 0.5 s \(3 tries\)"):
        download(Download(server.serve("/b", Answer(BODY, delay_s=3)), tmp_path / "b"), retries=HASTY)


def test_nobody_there(tmp_path: Path) -> None:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{held.getsockname()[1]}/a"
        with pytest.raises(FetchError, match=r"cannot connect.*\(2 tries\)"):  # of 3 that HASTY allows
            download(Download(url, tmp_path / "a"), retries=HASTY)


@pytest.mark.parametrize("url", ["ftp://example.org/a", "file:///etc/passwd", "http://[::1/a"])
def test_only_http_addresses_are_fetched(tmp_path: Path, url: str) -> None:
    with pytest.raises(FetchError, match="Nothing can be asked at"):
        download(Download(url, tmp_path / "a"))


def test_a_web_page_is_not_taken_for_an_archive(server: Server, tmp_path: Path) -> None:
    url = server.serve("/a.zip", Answer(b"<html>quota", headers={"Content-Type": "text/html; charset=utf-8"}))
    with pytest.raises(FetchError, match=r"a web page in place of a\.zip"):
        download(Download(url, tmp_path / "a.zip"))


def test_redirects_are_followed_but_secrets_stay_with_their_host(server: Server, tmp_path: Path) -> None:
    server.serve("/file", Answer(BODY))
    near = server.serve("/near", Answer(status=302, headers={"Location": "/file"}))
    far = server.serve("/far", Answer(status=302, headers={"Location": server.url("/file", "localhost")}))
    headers = {"Authorization": "Bearer s3cret", "X-Key": "s3cret"}
    download(Download(near, tmp_path / "near", headers=headers))
    assert server.asked("/file")[-1].headers["x-key"] == "s3cret"
    download(Download(far, tmp_path / "far", headers=headers))
    assert (tmp_path / "far").read_bytes() == BODY
    assert server.asked("/far")[-1].headers["authorization"] == "Bearer s3cret"
    assert "s3cret" not in str(server.asked("/file")[-1].headers)


def test_endless_redirects_end(server: Server, tmp_path: Path) -> None:
    url = server.serve("/a", Answer(status=302, headers={"Location": "/a"}))
    with pytest.raises(FetchError, match="redirects in circles"):
        download(Download(url, tmp_path / "a"))


def test_messages_and_notes_hold_no_secrets(server: Server, tmp_path: Path) -> None:
    server.serve("/a", Answer(BODY, etag='"1"', cut=10))
    url = f"http://user:s3cret@127.0.0.1:{server.port}/a?token=s3cret"
    with pytest.raises(FetchError, match=r"127\.0\.0\.1") as caught:
        download(Download(url, tmp_path / "a"), retries=HASTY)
    assert "s3cret" not in str(caught.value)
    assert "s3cret" not in (tmp_path / ".a.part.json").read_text()
    assert shown("https://u:p@h.org:1/a/b?x=1#y") == "https://h.org:1/a/b"


def test_offline_touches_no_network_and_names_what_is_missing(server: Server, tmp_path: Path) -> None:
    url = server.serve("/a.zip", Answer(BODY))
    with pytest.raises(Offline, match=r"a\.zip is not here") as caught:
        download(Download(url, tmp_path / "a.zip"), offline=True)
    assert "/a.zip" in str(caught.value)
    (tmp_path / "a.zip").write_bytes(BODY)
    download(Download(url, tmp_path / "a.zip"), offline=True)
    assert server.seen == []


@pytest.mark.parametrize(
    "name", ["Benoît 👨‍👩‍👧‍👦.mp3", "x" * 255, os.fsdecode(b"caf\xe9.mp3")], ids=["emoji", "long", "bytes"]
)
def test_names_of_all_sorts(server: Server, tmp_path: Path, name: str) -> None:
    url = server.serve("/ä 👍.mp3", Answer(BODY, etag='"1"', cut=100), Answer(BODY, etag='"1"'))
    download(Download(url, tmp_path / name), retries=HASTY)
    assert [p.name for p in tmp_path.iterdir()] == [name]


SCRIPT = """
import sys
from pathlib import Path
from mudata.catalog.fetch.download import download
from mudata.catalog.fetch.transfer import Download
download(Download(sys.argv[1], Path(sys.argv[2]), checksums={"sha256": sys.argv[3]}))
"""


@pytest.mark.slow
def test_a_killed_process_leaves_a_piece_that_the_next_one_goes_on_with(server: Server, tmp_path: Path) -> None:
    body = os.urandom(4 << 20)
    url = server.serve("/a", Answer(body, etag='"1"', pace_s=0.01), Answer(body, etag='"1"'))
    part = tmp_path / ".a.part"
    command = [sys.executable, "-c", SCRIPT, url, str(tmp_path / "a"), hashlib.sha256(body).hexdigest()]
    with subprocess.Popen(command) as process:
        until = time.monotonic() + 30
        while not (part.exists() and part.stat().st_size > 300_000) and time.monotonic() < until:
            time.sleep(0.01)
        process.send_signal(signal.SIGKILL)
    there = part.stat().st_size
    assert 0 < there < len(body)
    assert not (tmp_path / "a").exists()
    subprocess.run(command, check=True)
    assert (tmp_path / "a").read_bytes() == body
    assert server.seen[-1].headers["range"] == f"bytes={there}-"


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 1 MB."""
    folder = tmp_path / "small"
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(folder)], check=False, capture_output=True
    )
    if mounted.returncode:
        pytest.skip("no file system can be mounted here")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def test_a_full_disk_leaves_a_piece_that_can_be_resumed(server: Server, small_disk: Path) -> None:
    body = os.urandom(900_000)
    ballast = small_disk / "ballast"
    ballast.write_bytes(bytes(500_000))
    url = server.serve("/a", Answer(body, etag='"1"'))
    want = Download(url, small_disk / "a", checksums={"sha256": hashlib.sha256(body).hexdigest()})
    with pytest.raises(HomeError, match="disk is full"):
        download(want)
    kept = (small_disk / ".a.part").stat().st_size
    assert 0 < kept < len(body)
    ballast.unlink()
    download(want)
    assert server.seen[-1].headers["range"] == f"bytes={kept}-"
    assert want.target.read_bytes() == body


def test_many_files_arrive_side_by_side_each_with_its_own_fate(server: Server, tmp_path: Path) -> None:
    wants = [Download(server.serve(f"/{i}", Answer(BODY, delay_s=0.2)), tmp_path / str(i)) for i in range(8)]
    wants.append(Download(server.url("/gone"), tmp_path / "gone"))
    began = time.monotonic()
    results = download_many(wants, jobs=9)
    assert time.monotonic() - began < 1.5
    assert all(results[want.url] == want.target for want in wants[:-1])
    assert isinstance(results[server.url("/gone")], FetchError)


def test_a_host_that_is_away_is_not_asked_for_thousands_of_files(tmp_path: Path) -> None:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        base = f"http://127.0.0.1:{held.getsockname()[1]}"
        wants = [Download(f"{base}/{i}", tmp_path / str(i)) for i in range(500)]
        began = time.monotonic()
        results = download_many(wants, jobs=4, retries=DownloadRetries(tries=2, pause_s=0.01))
    assert time.monotonic() - began < 5
    assert len(results) == 500
    assert all(isinstance(r, FetchError) for r in results.values())


def test_trouble_with_the_disk_ends_all_downloads(server: Server, small_disk: Path) -> None:
    wants = [Download(server.serve(f"/{i}", Answer(os.urandom(400_000))), small_disk / str(i)) for i in range(6)]
    with pytest.raises(HomeError, match="disk is full"):
        download_many(wants, jobs=2)


def test_what_advance_raises_ends_the_download_resumably(server: Server, tmp_path: Path) -> None:
    url = server.serve("/a", Answer(BODY, etag='"1"'))

    def enough(done: float) -> None:
        if done > 0:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        download(Download(url, tmp_path / "a"), advance=enough)
    download(Download(url, tmp_path / "a"))
    assert "range" in server.seen[1].headers
    assert (tmp_path / "a").read_bytes() == BODY
