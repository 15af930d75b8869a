"""What mudata says while it works: notes and progress bars, on stderr, never on stdout.

Library functions take a `Progress`; the silent one is the default, and the command line passes one
that draws with rich when stderr is a terminal.
"""

from __future__ import annotations

import contextlib
import sys
import time
import warnings
from abc import ABC
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, ClassVar

from mudata.safe_text import safe

Advance = Callable[[float], None]


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
        """A progress bar; call what it yields with how much was done.
        `unit` 'bytes' is shown in MB."""
        yield lambda done: None


class Terminal(Progress):
    """Notes on stderr; bars with rate and time left when stderr is a terminal."""

    def say(self, text: str) -> None:
        print(safe(text), file=sys.stderr, flush=True)

    @contextlib.contextmanager
    def bar(self, title: str, total: float | None = None, unit: str = "clips") -> Iterator[Advance]:
        if not sys.stderr.isatty():
            yield lambda done: None
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
            ),
            progress.TimeRemainingColumn(),
        ]
        with progress.Progress(*columns, console=Console(stderr=True), transient=True) as drawn:
            task = drawn.add_task(title, total=total, rate="")

            def advance(done: float) -> None:
                drawn.advance(task, done)
                if not bytes_ and (speed := drawn.tasks[0].speed):
                    drawn.update(task, rate=f"{speed:,.0f} {unit}/s")

            yield advance


class Notebook(Progress):
    """Notes and bars in the output of a notebook's cell; one line of text that changes in place."""

    PAUSE_S: ClassVar[float] = 0.2
    """Between two changes of a bar."""

    def say(self, text: str) -> None:
        print(safe(text), flush=True)

    @contextlib.contextmanager
    def bar(self, title: str, total: float | None = None, unit: str = "clips") -> Iterator[Advance]:
        from IPython.display import display

        done, shown_at = 0.0, time.monotonic()
        scale, name = (1e6, "MB") if unit == "bytes" else (1, unit)

        def text() -> dict[str, str]:
            of = f" of {total / scale:,.0f}" if total else ""
            return {"text/plain": f"{title}: {done / scale:,.0f}{of} {name}"}

        line = display(text(), raw=True, display_id=True)

        def advance(more: float) -> None:
            nonlocal done, shown_at
            done += more
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
