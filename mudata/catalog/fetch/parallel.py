"""Jobs side by side, shown as one: one progress bar, each result as soon as it is there."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import CancelledError, ThreadPoolExecutor, as_completed
from typing import TypeVar

from mudata.errors import FetchError, ReadError
from mudata.narration import Advance, Progress

Job = TypeVar("Job")
Result = TypeVar("Result")


def run_parallel(
    jobs: Sequence[Job],
    work: Callable[[Job, Progress], Result],
    *,
    at_a_time: int,
    progress: Progress,
    title: str,
    total: float | None,
) -> Generator[tuple[Job, Result], None, None]:
    """Do `work` for each job, `at_a_time` of them at once, with one bar over `total` bytes.

    After the first FetchError or ReadError no further job is begun, those under way are finished,
    then it is raised. Any other error, and closing the generator, stops all at their next call of
    `advance`.
    """
    with progress.bar(title, total, "bytes") as advance, ThreadPoolExecutor(at_a_time) as pool:
        shared = _SharedBar(progress, advance)
        tasks = {pool.submit(work, job, shared): job for job in jobs}
        failed: FetchError | ReadError | None = None
        try:
            for task in as_completed(tasks):
                if task.cancelled():
                    continue
                try:
                    result = task.result()
                except (FetchError, ReadError) as error:
                    failed = failed or error
                    for other in tasks:
                        other.cancel()
                else:
                    yield tasks[task], result
        finally:
            shared.stop()
            for task in tasks:
                task.cancel()
    if failed:
        raise failed


class _SharedBar(Progress):
    """One bar for many threads; stops them by what their `advance` raises."""

    def __init__(self, progress: Progress, advance: Advance) -> None:
        self._progress, self._advance = progress, advance
        self._lock = threading.Lock()
        self._stopped = threading.Event()

    def stop(self) -> None:
        self._stopped.set()

    def say(self, text: str) -> None:
        with self._lock:
            self._progress.say(text)

    @contextlib.contextmanager
    def bar(self, title: str, total: float | None = None, unit: str = "clips") -> Iterator[Advance]:
        def advance(done: float) -> None:
            if self._stopped.is_set():
                raise CancelledError
            with self._lock:
                self._advance(done if unit == "bytes" else 0)

        yield advance
