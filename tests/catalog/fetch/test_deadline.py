"""Servers that send a byte now and then: no timeout of one operation ends them, the deadline does."""

from __future__ import annotations

import time
from pathlib import Path

import httpx2
import pytest
from dripping import dripping

from mudata.catalog.fetch.deadline import deadline
from mudata.catalog.fetch.download import DownloadRetries, download
from mudata.catalog.fetch.transfer import Download, open_client
from mudata.errors import FetchError
from mudata.evaluation.chat.client import ChatServer, NoReply
from mudata.evaluation.chat.rate_limit import RetryPolicy
from mudata.evaluation.chat.server_pool import PooledServer, ServerPool

SLOW = {
    "status line": (b"", b"H"),
    "header": (b"HTTP/1.1 200 OK\r\nX-Padding: ", b"a"),
    "headers": (b"HTTP/1.1 200 OK\r\n", b"A: b\r\n"),
    "interim answers": (b"", b"HTTP/1.1 102 Processing\r\n\r\n"),
    "body": (b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n", b"a"),
    "chunk head": (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1;", b"a"),
    "error body": (b"HTTP/1.1 500 Oh\r\nContent-Length: 1000000\r\n\r\n", b"a"),
}


@pytest.mark.parametrize("slow", SLOW)
def test_a_model_server_that_drips_is_given_up_in_time(slow: str) -> None:
    with dripping(*SLOW[slow]) as port:
        server = ChatServer(f"http://127.0.0.1:{port}/v1", "NO_SUCH_KEY", patience=RetryPolicy(timeout_s=0.4, tries=1))
        begun = time.monotonic()
        with pytest.raises(NoReply) as caught:
            ServerPool([PooledServer(server)]).complete({})
        assert caught.value.kind == "timeout"
        assert time.monotonic() - begun < 20
        server.close()


@pytest.mark.parametrize("slow", [slow for slow in SLOW if "body" not in slow])
def test_a_download_whose_file_does_not_begin_is_given_up_in_time(slow: str, tmp_path: Path) -> None:
    with dripping(*SLOW[slow]) as port:
        begun = time.monotonic()
        want = Download(f"http://127.0.0.1:{port}/a.bin", tmp_path / "a.bin")
        with pytest.raises(FetchError, match=r"no answer for 0\.3 s"):
            download(want, retries=DownloadRetries(tries=2, pause_s=0.01, timeout_s=0.3))
        assert time.monotonic() - begun < 20


def test_redirects_and_what_they_lead_to_share_one_deadline(tmp_path: Path) -> None:
    with dripping(b"HTTP/1.1 200 OK\r\nX: ", b"a") as slow:
        to = f"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:{slow}/\r\nContent-Length: 0\r\n\r\n"
        with dripping(to.encode(), b"\n") as first:
            begun = time.monotonic()
            want = Download(f"http://127.0.0.1:{first}/a.bin", tmp_path / "a.bin")
            with pytest.raises(FetchError, match="no answer for"):
                download(want, retries=DownloadRetries(tries=1, timeout_s=0.4))
            assert time.monotonic() - begun < 20


@pytest.mark.parametrize(
    ("address", "begin", "on"),
    [
        ("https://127.0.0.1:{port}/", b"\x16\x03\x03\x40\x00", b"\x02"),  # a TLS record of 16 KiB
        ("http://localhost.invalid/", b"HTTP/1.1 200 OK\r\nX: ", b"a"),  # through a proxy
        ("https://localhost.invalid/", b"HTTP/1.1 200 OK\r\nX: ", b"a"),
    ],
    ids=["TLS handshake", "proxy", "tunnel of a proxy"],
)
def test_the_whole_of_a_connection_counts(
    address: str, begin: bytes, on: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    with dripping(begin, on) as port:
        if "invalid" in address:
            for name in ("HTTP_PROXY", "HTTPS_PROXY"):
                monkeypatch.setenv(name, f"http://127.0.0.1:{port}")
        begun = time.monotonic()
        with open_client(timeout=60) as client, deadline(0.4), pytest.raises(httpx2.TimeoutException):
            client.get(address.format(port=port))
        assert time.monotonic() - begun < 20


def test_a_server_that_does_not_read_is_given_up_in_time() -> None:
    with dripping(b"", b"H", reads=False) as port:
        begun = time.monotonic()
        with open_client(timeout=60) as client, deadline(0.4), pytest.raises(httpx2.TimeoutException):
            client.post(f"http://127.0.0.1:{port}/", content=b"a" * (32 << 20))
        assert time.monotonic() - begun < 20


def test_of_several_deadlines_the_nearest_counts() -> None:
    with dripping(b"HTTP/1.1 200 OK\r\nX: ", b"a") as port, open_client(timeout=60) as client:
        begun = time.monotonic()
        with deadline(0.3), deadline(30), pytest.raises(httpx2.ReadTimeout):
            client.get(f"http://127.0.0.1:{port}/")
        assert time.monotonic() - begun < 20
