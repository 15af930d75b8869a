"""A time within which all of an exchange with a server has to be over, whatever the server does.

The timeouts of httpx2 are for one operation of a socket: who sends a byte now and then, of a header or of a TLS
handshake, never exceeds them. So connections of a client that is `keeping_deadlines` look at the deadline of their
thread before each operation. Only names are looked up without one: the system knows no other way.
"""

from __future__ import annotations

import contextlib
import math
import time
from collections.abc import Iterator
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import httpx2

_AT_ONCE = 1 << 14
"""Bytes that are written before the deadline is looked at again."""

_until: ContextVar[float] = ContextVar("until", default=math.inf)


@contextlib.contextmanager
def deadline(seconds: float) -> Iterator[None]:
    """Within this context exchanges of this thread raise httpx2.TimeoutException when the time is over; of several
    deadlines the nearest counts."""
    token = _until.set(min(_until.get(), time.monotonic() + seconds))
    try:
        yield
    finally:
        _until.reset(token)


def keeping_deadlines(client: httpx2.Client) -> httpx2.Client:
    """The client itself, whose connections, also those through proxies, keep to `deadline` from now on."""
    for transport in (client._transport, *client._mounts.values()):  # httpx2 takes no backend, httpcore2 would
        if pool := getattr(transport, "_pool", None):
            pool._network_backend = _Backend(pool._network_backend)
    return client


def _left(timeout: float | None) -> float | None:
    """Seconds that the next operation may take. Raises httpx2.ReadTimeout where none are left."""
    left = _until.get() - time.monotonic()
    if left <= 0:
        import httpx2

        raise httpx2.ReadTimeout("the time for the whole exchange is over")
    return timeout if math.isinf(left) else left if timeout is None else min(timeout, left)


class _Backend:
    """An httpcore2.NetworkBackend."""

    def __init__(self, inner: Any) -> None:
        self._inner = inner

    def connect_tcp(self, host: str, port: int, timeout: float | None = None, **more: Any) -> _Stream:
        return _Stream(self._inner.connect_tcp(host, port, timeout=_left(timeout), **more))

    def connect_unix_socket(self, path: str, timeout: float | None = None, **more: Any) -> _Stream:
        return _Stream(self._inner.connect_unix_socket(path, timeout=_left(timeout), **more))

    def sleep(self, seconds: float) -> None:
        self._inner.sleep(seconds)


class _Stream:
    """An httpcore2.NetworkStream."""

    def __init__(self, inner: Any) -> None:
        self._inner = inner

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        got: bytes = self._inner.read(max_bytes, timeout=_left(timeout))
        return got

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        for start in range(0, len(buffer), _AT_ONCE):
            self._inner.write(buffer[start : start + _AT_ONCE], timeout=_left(timeout))

    def start_tls(self, ssl_context: Any, server_hostname: str | None = None, timeout: float | None = None) -> _Stream:
        return _Stream(self._inner.start_tls(ssl_context, server_hostname, timeout=_left(timeout)))

    def get_extra_info(self, info: str) -> Any:
        return self._inner.get_extra_info(info)

    def close(self) -> None:
        self._inner.close()
