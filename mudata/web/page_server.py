"""Serves an application on this machine until it is told to stop."""

from __future__ import annotations

import contextlib
import ipaddress
import logging
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from typing import TYPE_CHECKING

from mudata.errors import EvaluationError, MissingExtra

if TYPE_CHECKING:
    from starlette.types import ASGIApp

BACKLOG = 128
"""Connections that the system holds until they are taken."""
TOO_MANY = "Too many connections are open at once: further ones wait (ulimit -n allows more)."


def require_extra(purpose: str, extra: str, *packages: str) -> None:
    """Raises MissingExtra where one of the packages is not installed."""
    for package in ("starlette", "uvicorn", "jinja2", *packages):
        try:
            __import__(package)
        except ImportError as error:
            raise MissingExtra(purpose, package, extra) from error


def is_loopback(host: str) -> bool:
    """Whether only this machine reaches a server at `host`."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def serve(app: ASGIApp, host: str, port: int, ready: Callable[[str], None]) -> None:
    """Serve until SIGINT or SIGTERM; what is being answered then is finished.

    Args:
        app: the application, with `security.middleware` before it.
        host: an address of this machine.
        port: 0: any that is free.
        ready: told the address, such as http://127.0.0.1:8000, once connections are taken.

    Raises:
        EvaluationError: the address is not of this machine, or the port is taken or not allowed.
    """
    import uvicorn

    with closing(_listening(host, port)) as listener, once_of_too_many(), _until_told():
        bound = listener.getsockname()[1]
        config = uvicorn.Config(
            app,
            log_level="error",
            access_log=False,  # addresses hold the tokens of raters
            server_header=False,
            lifespan="off",
            ws="none",
            timeout_keep_alive=30,
            timeout_graceful_shutdown=5,
            backlog=BACKLOG,
        )
        ready(f"http://{f'[{host}]' if ':' in host else host}:{bound}")
        uvicorn.Server(config).run(sockets=[listener])


@contextlib.contextmanager
def once_of_too_many() -> Iterator[None]:
    """asyncio writes a page to stderr for each connection that it has no file for, hundreds a second, which would fill
    a disk: it is told once, in a line. Those connections wait, and are taken as soon as others end."""
    told = []

    def first(record: logging.LogRecord) -> bool:
        if "out of system resource" not in record.getMessage():
            return True
        told.append(record)
        record.msg, record.args, record.exc_info = TOO_MANY, (), None
        return len(told) == 1

    logger = logging.getLogger("asyncio")
    logger.addFilter(first)
    try:
        yield
    finally:
        logger.removeFilter(first)


@contextlib.contextmanager
def _until_told() -> Iterator[None]:
    """uvicorn stops for a signal and raises it again: a server that was told to stop has done all that it should."""
    if threading.current_thread() is not threading.main_thread():  # others cannot be told by signals
        yield
        return
    former = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        with contextlib.suppress(KeyboardInterrupt):
            yield
    finally:
        signal.signal(signal.SIGTERM, former)


def _listening(host: str, port: int) -> socket.socket:
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        listener = socket.create_server((host, port), family=family, backlog=BACKLOG)
    except OSError as error:
        raise EvaluationError(
            f"Nothing can be served at {host}, port {port}: {error.strerror or error}.",
            "Choose another port with --port (0: any that is free), or an address of this machine with --host.",
        ) from error
    return listener
