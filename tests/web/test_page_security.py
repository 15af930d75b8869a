"""What stands before every page, whichever application it is."""

from __future__ import annotations

import logging
import socket
from collections.abc import Iterator

import pytest

from mudata.errors import EvaluationError

pytest.importorskip("starlette")
pytest.importorskip("uvicorn")

from typing import TYPE_CHECKING

from starlette.applications import Starlette
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from starlette.testclient import TestClient

from mudata.web import page_server, security

if TYPE_CHECKING:
    from starlette.requests import Request


async def length(request: Request) -> Response:
    own = {"Referrer-Policy": "same-origin"}
    return PlainTextResponse(str(len(await request.body())), headers=own)


@pytest.fixture
def browser() -> TestClient:
    routes = [Route("/", length, methods=["GET", "POST"])]
    middleware = security.middleware(security.LOOPBACK, largest_body=100)
    return TestClient(Starlette(routes=routes, middleware=middleware), base_url="http://127.0.0.1:8000")


@pytest.mark.parametrize(
    ("host", "status"),
    [
        *((host, 200) for host in ("127.0.0.1:8000", "localhost", "LOCALHOST:1", "[::1]:8000")),
        *(
            (host, 400)
            for host in ("evil.example", "localhost.evil.example", "127.0.0.1.evil.example:80", "10.0.0.1", "")
        ),
    ],
)
def test_a_page_is_asked_for_by_names_of_this_machine_alone(browser: TestClient, host: str, status: int) -> None:
    answer = browser.get("/", headers={"Host": host})
    assert answer.status_code == status
    assert answer.headers["content-security-policy"] == security.POLICY


def test_an_answer_keeps_its_own_headers_and_gets_the_others(browser: TestClient) -> None:
    headers = browser.get("/").headers
    assert headers["referrer-policy"] == "same-origin"
    assert all(name.lower() in headers for name in security.HEADERS)


def test_a_body_has_a_limit_said_or_not(browser: TestClient) -> None:
    def in_pieces() -> Iterator[bytes]:
        yield from [b"x" * 60] * 2

    assert browser.post("/", content=b"x" * 100).text == "100"
    assert browser.post("/", content=b"x" * 101).status_code == 413
    assert browser.post("/", content=in_pieces()).status_code == 413
    assert "100 bytes" in browser.post("/", content=in_pieces()).text


def test_too_many_connections_are_told_once_in_a_line(caplog: pytest.LogCaptureFixture) -> None:
    logger, full = logging.getLogger("asyncio"), OSError("Too many open files")
    with page_server.once_of_too_many():
        for _ in range(3):
            logger.error("socket.accept() out of system resource\nsocket: ...", exc_info=full)
        logger.error("another fault", exc_info=full)
    told = [(record.getMessage(), record.exc_info is None) for record in caplog.records]
    assert told == [(page_server.TOO_MANY, True), ("another fault", False)]


def test_where_nothing_can_be_served_is_told() -> None:
    assert [page_server.is_loopback(host) for host in ("127.0.0.1", "127.9.9.9", "::1", "localhost")] == [True] * 4
    assert [page_server.is_loopback(host) for host in ("0.0.0.0", "::", "192.0.2.1", "example.org")] == [False] * 4
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(EvaluationError, match=f"127.0.0.1, port {port}"):
            page_server.serve(Starlette(), "127.0.0.1", port, print)
    with pytest.raises(EvaluationError, match="Nothing can be served"):
        page_server.serve(Starlette(), "192.0.2.1", 0, print)  # TEST-NET-1 (RFC 5737), which is no machine's
