"""What mudata says while it works: notes and progress bars, on stderr, never on stdout.

Library functions take a `Progress`; the silent one is the default, and the command line passes one that
draws with rich when stderr is a terminal.
"""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable, Iterator

Advance = Callable[[float], None]


class Progress:
    """Says nothing. The base, and what library calls use unless told otherwise."""

    def say(self, text: str) -> None:
        """A line a person may want to know, such as which mirror is used."""

    @contextlib.contextmanager
    def bar(self, title: str, total: float | None = None, unit: str = "clips") -> Iterator[Advance]:
        """A progress bar; call what it yields with how much was done. `unit` 'bytes' is shown in MB."""
        yield lambda done: None


class Terminal(Progress):
    """Notes on stderr; bars with rate and time left when stderr is a terminal."""

    def say(self, text: str) -> None:
        print(text, file=sys.stderr, flush=True)

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


SILENT = Progress()
