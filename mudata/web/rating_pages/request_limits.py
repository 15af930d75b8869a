"""How many requests one asker may make: in memory, and bounded whoever asks."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable


class RequestLimit:
    """So many requests at once, refilled within a minute (a token bucket for each key).

    Args:
        per_minute: requests that a key may make at once, and in every minute.
        most: keys that are remembered; who was silent longest is forgotten first.
        clock: seconds, rising.
    """

    def __init__(self, per_minute: float, most: int = 10_000, clock: Callable[[], float] = time.monotonic) -> None:
        self._per_minute, self._most, self._clock = per_minute, most, clock
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()
        self._turn = threading.Lock()

    def take(self, key: str) -> bool:
        """Whether one more request is within the limit."""
        with self._turn:
            now = self._clock()
            left, at = self._left.pop(key, (self._per_minute, now))
            left = min(self._per_minute, left + (now - at) * self._per_minute / 60)
            allowed = left >= 1
            self._left[key] = (left - allowed, now)
            if len(self._left) > self._most:
                self._left.popitem(last=False)
            return allowed
