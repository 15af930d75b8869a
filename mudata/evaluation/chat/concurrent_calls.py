"""Calls that wait for servers, many at once, by threads."""

from __future__ import annotations

import contextlib
import queue
import threading
import time
from collections.abc import Callable, Generator, Iterable, Sequence
from typing import TypeVar

T = TypeVar("T")
R = TypeVar("R")

TOGETHER_S = 0.05
"""Seconds within which results are handed on together: whoever gets them writes them to disk each time. Ours."""


def as_they_come(
    call: Callable[[T], R], things: Iterable[T], most: Callable[[], int]
) -> Generator[list[tuple[int, R]], None, None]:
    """What the call makes of each thing, with its place: all that has come since, a list at a time.

    `most()` things at most are on their way, and no more are drawn; it may change. Raises what a
    call raises. The threads keep no process from ending: an interrupt does not wait for servers.
    """
    todo = queue.SimpleQueue[tuple[int, T] | None]()
    done = queue.SimpleQueue[tuple[int, R | BaseException, bool]]()

    def work() -> None:
        while (given := todo.get()) is not None:
            place, thing = given
            try:
                done.put((place, call(thing), True))
            except BaseException as error:
                done.put((place, error, False))

    drawn, on_their_way, threads, left, source = 0, 0, 0, True, iter(things)
    came: list[tuple[int, R]] = []
    until = 0.0
    try:
        while left or on_their_way:
            if room := left and on_their_way < max(1, most()):
                try:
                    todo.put((drawn, next(source)))
                except StopIteration:
                    left = False
                    continue
                drawn, on_their_way = drawn + 1, on_their_way + 1
                if threads < on_their_way:
                    threading.Thread(target=work, daemon=True).start()
                    threads += 1
            pause = 0.0 if room else max(0.0, until - time.monotonic()) if came else None
            with contextlib.suppress(queue.Empty):
                while on_their_way:
                    place, what, good = done.get(timeout=pause) if pause != 0.0 else done.get_nowait()
                    pause, on_their_way = 0.0, on_their_way - 1
                    if not good:
                        assert isinstance(what, BaseException)  # noqa: S101 - for the type checker
                        raise what
                    until = until if came else time.monotonic() + TOGETHER_S
                    came.append((place, what))  # type: ignore[arg-type]
            if came and (time.monotonic() >= until or not on_their_way):
                yield came
                came = []
    finally:
        with contextlib.suppress(queue.Empty):
            while True:
                todo.get_nowait()
        for _ in range(threads):
            todo.put(None)


def at_once(call: Callable[[T], R], things: Sequence[T], most: int) -> list[R]:
    """What the call makes of each thing, in order, by at most so many threads; raises what it raises."""
    made = dict(pair for some in as_they_come(call, things, lambda: most) for pair in some)
    return [made[place] for place in range(len(things))]
