"""How often and how patiently a server is asked."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class RetryPolicy:
    """How long to put up with a server. `tries` are in a row for one question; the pause before the
    second is drawn from 0 to `pause_s`, a range that doubles with each further one up to
    `longest_s`; a server that asks for a longer pause than that is given up. `timeout_s` is for one
    whole reply, and a reply that takes longer is not asked for again: it would take as long."""

    tries: int = 6
    pause_s: float = 1.0
    longest_s: float = 60.0
    timeout_s: float = 120.0


PATIENT = RetryPolicy()


class Pace:
    """When the next request may go, for all threads together: a bucket that holds one token and
    gets `per_minute` of them (None: as many as are asked for). It holds no more than one, because
    hosts count in windows shorter than a minute."""

    def __init__(
        self,
        per_minute: float | None = None,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._every = 60.0 / per_minute if per_minute else 0.0
        self._clock, self.sleep = clock, sleep
        self._lock, self._next, self._held = threading.Lock(), 0.0, 0.0

    def wait(self) -> None:
        """Sleep until it is this caller's turn."""
        with self._lock:
            now = self._clock()
            mine = max(now, self._next)
            self._next = mine + self._every
        if mine > now:
            self.sleep(mine - now)

    def hold(self, seconds: float) -> None:
        """Let nobody go for so long."""
        with self._lock:
            self._next = self._held = max(self._next, self._clock() + seconds)

    @property
    def held_s(self) -> float:
        """Seconds for which nobody may go."""
        return max(0.0, self._held - self._clock())
