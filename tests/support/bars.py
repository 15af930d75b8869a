"""Progress that remembers: which bars there were, of how much, how much was done, and which are open."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from mudata.narration import Advance, Progress


class Bars(Progress):
    def __init__(self) -> None:
        self.open: list[str] = []
        self.done: dict[str, float] = {}
        self.totals: dict[str, float | None] = {}

    @contextlib.contextmanager
    def bar(self, title: str, total: float | None = None, unit: str = "clips") -> Iterator[Advance]:
        self.open.append(title)
        self.totals[title] = total
        self.done[title] = 0

        def advance(done: float) -> None:
            self.done[title] += done

        yield advance
        self.open.remove(title)
