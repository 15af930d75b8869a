"""A web host on 127.0.0.1 that can misbehave; the fake Hub, the fake Kaggle and the fake video site are made of it."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Self
from urllib.parse import parse_qs, unquote, urlsplit


@dataclass(frozen=True)
class Asked:
    """A request that arrived."""

    method: str
    path: str
    query: dict[str, list[str]]
    headers: Message
    body: bytes


@dataclass(frozen=True)
class Answer:
    """What goes back. A 200 with an ETag honours Range and If-Range; `cut` breaks the connection after so much."""

    status: int = 200
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    cut: int | None = None


class Host:
    """Serves `answer` of a subclass until it is closed. `asked` holds every request, `trouble` what to answer instead.

    `trouble[path]` is a list of answers that are given first, each once; None stands for the right answer.
    """

    def __init__(self) -> None:
        self.asked: list[Asked] = []
        self.trouble: dict[str, list[Answer | None]] = defaultdict(list)
        self._lock = threading.Lock()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._server.daemon_threads = False
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02})
        self._thread.start()
        self.port = self._server.server_port
        self.url = f"http://127.0.0.1:{self.port}"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def answer(self, asked: Asked) -> Answer:
        raise NotImplementedError

    def answer_or_trouble(self, asked: Asked) -> Answer:
        with self._lock:
            self.asked.append(asked)
            waiting = self.trouble[asked.path] if asked.method != "HEAD" else []
            trouble = waiting.pop(0) if waiting else None
        return trouble or self.answer(asked)

    def gets(self, path: str) -> list[Asked]:
        return [asked for asked in self.asked if asked.path == path and asked.method == "GET"]


def _handler(host: Host) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        timeout = 5

        def log_message(self, *_: object) -> None:
            """Nothing: the tests look at `asked`."""

        def _do(self) -> None:
            parts = urlsplit(self.path)
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            asked = Asked(self.command, unquote(parts.path), parse_qs(parts.query), self.headers, body)
            answer = ranged(host.answer_or_trouble(asked), self.headers)
            self.send_response(answer.status)
            self.close_connection = True
            for name, value in (
                {"Content-Length": str(len(answer.body)), "Connection": "close"} | answer.headers
            ).items():
                self.send_header(name, value)
            self.end_headers()
            if self.command == "HEAD":
                return
            with contextlib.suppress(OSError):
                self.wfile.write(answer.body[: answer.cut])
                if answer.cut is not None:
                    self.wfile.flush()
                    self.connection.shutdown(socket.SHUT_RDWR)

        do_GET = do_HEAD = do_POST = _do

    return Handler


def ranged(answer: Answer, headers: Message) -> Answer:
    wanted = headers.get("Range")
    etag = answer.headers.get("ETag")
    if answer.status != 200 or not etag or not wanted or headers.get("If-Range", etag) != etag:
        return answer
    start = int(wanted.removeprefix("bytes=").partition("-")[0])
    total = len(answer.body)
    if start >= total:
        return Answer(416, b"", {"Content-Range": f"bytes */{total}"})
    more = {"Content-Range": f"bytes {start}-{total - 1}/{total}"}
    return Answer(206, answer.body[start:], answer.headers | more, answer.cut)


@contextlib.contextmanager
def unused_port() -> Iterator[int]:
    """A port on which nobody answers."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        yield held.getsockname()[1]
