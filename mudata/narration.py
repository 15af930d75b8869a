"""What mudata says while it works: notes and progress bars, on stderr, never on stdout.

Library functions take a `Progress`; the silent one is the default, and the command line passes one
that draws with rich when stderr is a terminal, and else says a line now and then.
"""

from __future__ import annotations

import contextlib
import sys
import threading
import time
import warnings
from abc import ABC
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from mudata.safe_text import safe

Advance = Callable[[float], None]


def untold(done: float) -> None:
    """Tells nobody how much was done."""


class Progress(ABC):  # noqa: B024 - every method may stay as it is
    """Says nothing. The base, and what library calls use unless told otherwise.

    Whatever has `say` and `bar` counts as one.
    """

    @classmethod
    def __subclasshook__(cls, other: type) -> bool:
        return (cls is Progress and all(hasattr(other, name) for name in ("say", "bar"))) or NotImplemented

    def say(self, text: str) -> None:  # noqa: B027 - says nothing on purpose
        """A line a person may want to know, such as which mirror is used."""

    @contextlib.contextmanager
    def bar(self, title: str, total: float | None = None, unit: str = "clips") -> Iterator[Advance]:
        """A progress bar; call what it yields with how much was done. `unit` 'bytes' is shown in MB;
        an empty unit is of work that nobody can count, of which only the time is shown."""
        yield lambda done: None


@dataclass
class Tally:
    """How far something is, in words."""

    title: str
    total: float | None
    unit: str
    done: float = 0.0

    def text(self, elapsed_s: float | None = None) -> str:
        """'Asking: 120 of 813 clips'; with the time that it took so far, also the pace and the time that is left."""
        if not self.unit:
            return f"{self.title}: {_time(elapsed_s or 0)} so far"
        scale, name = (1e6, "MB") if self.unit == "bytes" else (1, self.unit)
        of = f" of {self.total / scale:,.0f}" if self.total else ""
        told = f"{self.title}: {self.done / scale:,.0f}{of} {name}"
        if elapsed_s is None:
            return told
        if not self.done:
            return f"{told}, {_time(elapsed_s)} so far"
        pace = self.done / elapsed_s
        left = f", about {_time((self.total - self.done) / pace)} left" if self.total and self.total > self.done else ""
        return f"{told}, {pace / scale:,.3g} {name}/s{left}"


def _time(seconds: float) -> str:
    """Seconds for people: '45 s', '4 min', '2 h 5 min'."""
    minutes = round(seconds / 60)
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{minutes} min" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"


class Terminal(Progress):
    """Notes on stderr. Of long work a bar with rate and time left when stderr is a terminal, else a line every
    `PAUSE_S` seconds: a log shows that it goes on. Of counted work that does not move (people who are waited for) lines
    come less and less often, down to one in `LONGEST_PAUSE_S`.

    `clock` gives seconds; `wait` waits for an event so many seconds, and says whether it came.
    """

    PAUSE_S: ClassVar[float] = 30.0
    LONGEST_PAUSE_S: ClassVar[float] = 600.0

    def __init__(
        self,
        clock: Callable[[], float] = time.monotonic,
        wait: Callable[[threading.Event, float], bool] = threading.Event.wait,
    ) -> None:
        self._clock, self._wait = clock, wait

    def say(self, text: str) -> None:
        print(safe(text), file=sys.stderr, flush=True)

    @contextlib.contextmanager
    def bar(self, title: str, total: float | None = None, unit: str = "clips") -> Iterator[Advance]:
        if not sys.stderr.isatty():
            with self._spoken(Tally(title, total, unit)) as advance:
                yield advance
            return
        from rich import progress
        from rich.console import Console

        bytes_ = unit == "bytes"
        columns = [
            progress.TextColumn("{task.description}"),
            progress.BarColumn(),
            *(
                (progress.DownloadColumn(), progress.TransferSpeedColumn())
                if bytes_
                else (progress.MofNCompleteColumn(), progress.TextColumn("{task.fields[rate]}"))
                if unit
                else ()
            ),
            progress.TimeRemainingColumn() if unit else progress.TimeElapsedColumn(),
        ]
        with progress.Progress(*columns, console=Console(stderr=True), transient=True) as drawn:
            task = drawn.add_task(title, total=total, rate="")

            def advance(done: float) -> None:
                drawn.advance(task, done)
                if not bytes_ and (speed := drawn.tasks[0].speed):
                    drawn.update(task, rate=f"{speed:,.0f} {unit}/s")

            yield advance

    @contextlib.contextmanager
    def _spoken(self, tally: Tally) -> Iterator[Advance]:
        """Says now and then how far it is, whether or not anything moves."""
        begun, over = self._clock(), threading.Event()

        def speak() -> None:
            pause, before = self.PAUSE_S, -1.0
            while not self._wait(over, pause):
                with contextlib.suppress(OSError, ValueError):  # nobody reads it any more
                    self.say(tally.text(self._clock() - begun))
                stands = tally.unit and tally.done == before
                pause, before = min(2 * pause, self.LONGEST_PAUSE_S) if stands else self.PAUSE_S, tally.done

        def advance(done: float) -> None:
            tally.done += done

        speaker = threading.Thread(target=speak, daemon=True)
        speaker.start()
        try:
            yield advance
        finally:
            over.set()
            speaker.join()


class Notebook(Progress):
    """Notes and bars in the output of a notebook's cell; one line of text that changes in place."""

    PAUSE_S: ClassVar[float] = 0.2
    """Between two changes of a bar."""

    def say(self, text: str) -> None:
        print(safe(text), flush=True)

    @contextlib.contextmanager
    def bar(self, title: str, total: float | None = None, unit: str = "clips") -> Iterator[Advance]:
        from IPython.display import display

        tally, begun = Tally(title, total, unit), time.monotonic()
        shown_at = begun

        def text() -> dict[str, str]:
            return {"text/plain": tally.text() if unit else tally.text(time.monotonic() - begun)}

        line = display(text(), raw=True, display_id=True)

        def advance(more: float) -> None:
            nonlocal shown_at
            tally.done += more
            if time.monotonic() - shown_at >= self.PAUSE_S:
                line.update(text(), raw=True)
                shown_at = time.monotonic()

        try:
            yield advance
        finally:
            line.update(text(), raw=True)


SILENT = Progress()

_shown: bool | None = None


def show_progress(shown: bool | None = None) -> None:
    """Say whether functions of mudata tell in Python how far they are.

    True: always. False: never.
    None, as at first: in notebooks and at a prompt, but not in programs.
    """
    global _shown  # noqa: PLW0603 - one switch for the whole process, like a logging level
    _shown = shown


def chosen(progress: Progress | bool | None) -> Progress:
    """What a function reports to: a Progress as given; True or False for this call alone; None as
    `show_progress` says."""
    if isinstance(progress, Progress):
        return progress
    wish = _shown if progress is None else progress
    if wish is False:
        return SILENT
    if _in_notebook():
        return Notebook()
    return Terminal() if wish or hasattr(sys, "ps1") else SILENT


def _in_notebook() -> bool:
    shell = getattr(sys.modules.get("IPython"), "get_ipython", lambda: None)()
    return shell is not None and getattr(shell, "kernel", None) is not None


if not TYPE_CHECKING:  # type checkers know the new name only

    def __getattr__(name: str) -> object:
        """`Narrator` is what mudata 0.1.0 called Progress."""
        if name != "Narrator":
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        warnings.warn("mudata.narration.Narrator is Progress now.", DeprecationWarning, stacklevel=2)
        return Progress
