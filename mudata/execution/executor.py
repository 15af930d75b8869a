"""The one seam between what is done to clips and where it is done.

A step of the work is a function that is found by its module and name, takes and gives what JSON can carry, and returns
its failures. An executor maps it over calls; the same function gives the same results on each of them.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable
from dataclasses import dataclass
from typing import Any, Protocol


@dataclass(frozen=True)
class Call:
    """One call of a function."""

    value: Any
    """Its argument, as JSON carries it."""
    seconds: float = 0.0
    """Seconds of audio that are worked on, as far as one knows before: what the call weighs. 0: next to nothing."""


class Lost:
    """Instead of a result: the process died with the call in flight, twice."""

    def __init__(self, how: str) -> None:
        self.how = how


class Executor(Protocol):
    """Runs functions; `local_processes.LocalProcesses` and `ray_tasks.RayTasks` are the two that there are."""

    @property
    def name(self) -> str:
        """'local' or 'ray'."""
        ...

    def map(
        self, function: Callable[[Any], Any], calls: Iterable[Call], *, count: int, pays: int = 1
    ) -> Generator[tuple[int, Any], None, None]:
        """Yield (n, function(value of call n)) in the order in which they are finished; `Lost` where a call kills
        whatever process it runs in. `count` is how many calls there are, `pays` for how many of them it is worth
        starting a further process.

        Calls are drawn as they are needed, maybe in a thread: no more are held than are in flight. The function should
        return its failures: an exception in it counts as a crash. Closing the generator ends the work.
        """
        ...
