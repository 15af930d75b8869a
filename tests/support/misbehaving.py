"""A loopback HTTP server that does what servers do when they are not well.

`server.serve("/a.bin", Answer(cut=1000), Answer())` cuts the first answer after 1000 bytes and behaves from the
second request on; the last answer given stays. What was asked is in `server.seen`.
"""

from __future__ import annotations

import contextlib
import re
import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Literal
from urllib.parse import unquote


@dataclass(frozen=True)
class Answer:
    body: bytes = b""
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    etag: str | None = None
    ranges: Literal["honoured", "ignored", "careless", "short"] = "honoured"
    """ignored: always all of it; careless: If-Range is not looked at; short: at most 1000 bytes at a time."""
    cut: int | None = None
    """Close the connection after so many bytes of the body."""
    delay_s: float = 0
    """Before the first header."""
    pace_s: float = 0
    """Between blocks of 16 KiB."""
    length: bool = True
    """Whether Content-Length is sent; without it the end of the connection is the end of the body."""


@dataclass(frozen=True)
class Seen:
    path: str
    headers: Mapping[str, str]


class _Httpd(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: object, client_address: object) -> None:
        """Clients that hang up are what this is for."""


class Server:
    def __init__(self) -> None:
        self.seen: list[Seen] = []
        self.answers: dict[str, list[Answer]] = {}
        self._lock = threading.Lock()
        self._httpd = _Httpd(("127.0.0.1", 0), _handler(self))
        self.port = self._httpd.server_address[1]
        self._thread = threading.Thread(target=self._httpd.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)

    def url(self, path: str, host: str = "127.0.0.1") -> str:
        return f"http://{host}:{self.port}{path}"

    def serve(self, path: str, *answers: Answer) -> str:
        """What `path` answers, request after request; gives its address."""
        with self._lock:
            self.answers[path] = list(answers)
        return self.url(path)

    def asked(self, path: str) -> list[Seen]:
        return [seen for seen in self.seen if seen.path == path]

    def answer(self, path: str, headers: Mapping[str, str]) -> Answer:
        with self._lock:
            self.seen.append(Seen(path, headers))
            answers = self.answers.get(path)
            if not answers:
                return Answer(b"no such file", 404)
            return answers.pop(0) if len(answers) > 1 else answers[0]

    def __enter__(self) -> Server:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._httpd.shutdown()
        self._httpd.server_close()
        self._thread.join()


def _handler(server: Server) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            path = unquote(self.path.partition("?")[0])
            answer = server.answer(path, {k.lower(): v for k, v in self.headers.items()})
            time.sleep(answer.delay_s)
            status, body, extra = _cut_out(answer, self.headers.get("Range"), self.headers.get("If-Range"))
            with contextlib.suppress(BrokenPipeError, ConnectionResetError):
                self.send_response(status)
                for name, value in {**answer.headers, **extra}.items():
                    self.send_header(name, value)
                if answer.etag:
                    self.send_header("ETag", answer.etag)
                if answer.length:
                    self.send_header("Content-Length", str(len(body)))
                else:
                    self.send_header("Connection", "close")
                self.end_headers()
                for block in _blocks(body if answer.cut is None else body[: answer.cut]):
                    self.wfile.write(block)
                    time.sleep(answer.pace_s)
                self.wfile.flush()
            if answer.cut is not None or not answer.length:
                self.close_connection = True

        def log_message(self, *_: object) -> None:
            pass

    return Handler


def _blocks(body: bytes) -> Iterator[bytes]:
    for start in range(0, len(body), 1 << 14):
        yield body[start : start + (1 << 14)]


def _cut_out(answer: Answer, range_: str | None, if_range: str | None) -> tuple[int, bytes, dict[str, str]]:
    whole = answer.body
    found = re.fullmatch(r"bytes=(\d+)-", range_ or "")
    if answer.status != 200 or not found or answer.ranges == "ignored":
        return answer.status, whole, {}
    if if_range and if_range != answer.etag and answer.ranges != "careless":
        return 200, whole, {}
    start = int(found[1])
    if start >= len(whole):
        return 416, b"", {"Content-Range": f"bytes */{len(whole)}"}
    end = min(len(whole), start + 1000) if answer.ranges == "short" else len(whole)
    return 206, whole[start:end], {"Content-Range": f"bytes {start}-{end - 1}/{len(whole)}"}
