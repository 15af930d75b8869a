"""One process at a time per dataset or part of a model."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import TYPE_CHECKING

from mudata.errors import Busy

if TYPE_CHECKING:
    from mudata.home import Home
    from mudata.narration import Progress


@contextlib.contextmanager
def alone(home: Home, name: str, progress: Progress) -> Iterator[None]:
    """Hold the lock of a dataset or a model's part; say so if another process has it."""
    with contextlib.ExitStack() as stack:
        try:
            stack.enter_context(home.lock(f"fetch-{name}", wait_s=0))
        except Busy:
            progress.say(f"{name}: waiting for another mudata process")
            stack.enter_context(home.lock(f"fetch-{name}"))
        yield
