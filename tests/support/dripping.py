"""Servers on 127.0.0.1 that answer a byte at a time and never come to an end."""

from __future__ import annotations

import contextlib
import itertools
import socket
import threading
import time
from collections.abc import Iterator

PACE_S = 0.02


@contextlib.contextmanager
def dripping(begin: bytes, on: bytes, *, reads: bool = True) -> Iterator[int]:
    """The port of a server that answers each connection with `begin` at once, then with `on` over and over, a byte at a
    time. `reads`: whether it reads what it is asked (the first block of it)."""
    stop = threading.Event()

    def answer(connection: socket.socket) -> None:
        with connection, contextlib.suppress(OSError):
            connection.settimeout(5)
            if reads:
                connection.recv(1 << 16)
            connection.sendall(begin)
            for byte in itertools.cycle(on):
                if stop.is_set():
                    return
                connection.sendall(bytes([byte]))
                time.sleep(PACE_S)

    def listen() -> None:
        while not stop.is_set():
            with contextlib.suppress(TimeoutError):
                connection, _ = held.accept()
                threads.append(threading.Thread(target=answer, args=(connection,)))
                threads[-1].start()

    threads: list[threading.Thread] = []
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        held.listen()
        held.settimeout(0.1)
        threads.append(threading.Thread(target=listen))
        threads[0].start()
        try:
            yield held.getsockname()[1]
        finally:
            stop.set()
            for thread in threads:
                thread.join()
