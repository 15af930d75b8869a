"""What is said while mudata works: never on stdout of a program, changing in place in a notebook."""

from __future__ import annotations

import io
import sys
import threading
import types
from collections.abc import Iterator
from typing import Any

import pytest

from mudata.api.argument_types import fits
from mudata.narration import SILENT, Notebook, Progress, Tally, Terminal, chosen, show_progress


@pytest.fixture(autouse=True)
def as_at_first() -> Iterator[None]:
    yield
    show_progress(None)


@pytest.fixture
def notebook(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """A kernel that keeps what is displayed."""
    shown: list[str] = []

    class Handle:
        def update(self, data: dict[str, str], raw: bool) -> None:
            shown.append(data["text/plain"])

    def display(data: dict[str, str], raw: bool, display_id: bool) -> Handle:
        shown.append(data["text/plain"])
        return Handle()

    ipython: Any = types.ModuleType("IPython")
    ipython.get_ipython = lambda: types.SimpleNamespace(kernel=object())
    ipython.display = types.ModuleType("IPython.display")
    ipython.display.display = display
    monkeypatch.setitem(sys.modules, "IPython", ipython)
    monkeypatch.setitem(sys.modules, "IPython.display", ipython.display)
    return shown


def test_a_program_is_told_nothing_unless_it_asks() -> None:
    assert chosen(None) is SILENT
    assert isinstance(chosen(True), Terminal)
    own = Progress()
    assert chosen(own) is own


def test_whatever_has_notes_and_bars_is_told() -> None:
    class Own:
        def say(self, text: str) -> None: ...

        def bar(self, title: str, total: float | None = None, unit: str = "clips") -> object: ...

    own: Any = Own()
    assert chosen(own) is own
    assert fits(own, Progress | bool | None)
    assert not isinstance(own, Terminal)


def test_a_narrator_written_for_0_1_0_is_told() -> None:
    from mudata import narration

    with pytest.warns(DeprecationWarning, match=r"Narrator is Progress now"):
        narrator = narration.Narrator  # type: ignore[attr-defined]
    own = type("Own", (narrator,), {})()
    assert chosen(own) is own


def test_a_prompt_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "ps1", ">>> ", raising=False)
    assert isinstance(chosen(None), Terminal)
    assert chosen(False) is SILENT


def test_the_switch_holds_for_all_calls_but_those_that_say_otherwise(notebook: list[str]) -> None:
    assert isinstance(chosen(None), Notebook)
    show_progress(False)
    assert chosen(None) is SILENT
    assert isinstance(chosen(True), Notebook)
    show_progress(True)
    assert isinstance(chosen(None), Notebook)
    assert chosen(False) is SILENT


def test_a_bar_in_a_notebook_is_one_line_that_changes(notebook: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Notebook, "PAUSE_S", 0)
    with Notebook().bar("Asking", 3) as advance:
        advance(1)
        advance(1)
    with Notebook().bar("Getting", 2e6, "bytes") as advance:
        advance(1e6)
    assert notebook == [
        "Asking: 0 of 3 clips",
        "Asking: 1 of 3 clips",
        "Asking: 2 of 3 clips",
        "Asking: 2 of 3 clips",
        "Getting: 0 of 2 MB",
        "Getting: 1 of 2 MB",
        "Getting: 1 of 2 MB",
    ]


def test_a_bar_ends_with_what_was_done_when_the_work_fails(notebook: list[str]) -> None:
    def work() -> None:
        with Notebook().bar("Asking") as advance:
            advance(7)
            raise ValueError("broken")

    with pytest.raises(ValueError, match="broken"):
        work()
    assert notebook[-1] == "Asking: 7 clips"


def test_notes_go_to_stderr_in_a_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    Terminal().say("a note")
    out, err = capsys.readouterr()
    assert (out, err) == ("", "a note\n")


class Hours:
    """A clock and a wait that a test moves: nobody waits. Every bar is asked for `lines` lines."""

    def __init__(self, lines: int) -> None:
        self.now, self.lines, self.spoken = 0.0, lines, threading.Event()

    def wait(self, over: threading.Event, seconds: float) -> bool:
        if self.lines == 0:
            self.spoken.set()
            return over.wait()
        self.lines -= 1
        self.now += seconds
        return False


@pytest.mark.parametrize(
    ("total", "unit", "done", "line"),
    [
        (813, "clips", 0, "Asking: 0 of 813 clips, 30 s so far"),
        (813, "clips", 60, "Asking: 60 of 813 clips, 2 clips/s, about 6 min left"),
        (813, "clips", 813, "Asking: 813 of 813 clips, 27.1 clips/s"),
        (None, "files", 15, "Asking: 15 files, 0.5 files/s"),
        (3e9, "bytes", 3e8, "Asking: 300 of 3,000 MB, 10 MB/s, about 4 min left"),
        (None, "", 0, "Asking: 30 s so far"),
    ],
)
def test_long_work_speaks_every_30_s_where_nobody_sees_a_bar(
    capsys: pytest.CaptureFixture[str], total: float | None, unit: str, done: float, line: str
) -> None:
    hours = Hours(lines=0)
    terminal = Terminal(clock=lambda: hours.now, wait=hours.wait)
    with terminal.bar("Asking", total, unit):
        assert hours.spoken.wait(10)
    assert capsys.readouterr().err == ""  # what takes less than that says nothing
    begun = threading.Event()

    def wait(over: threading.Event, seconds: float) -> bool:
        assert begun.wait(10)
        return hours.wait(over, seconds)

    hours = Hours(lines=1)
    with Terminal(clock=lambda: hours.now, wait=wait).bar("Asking", total, unit) as advance:
        advance(done)
        begun.set()
        assert hours.spoken.wait(10)
    assert capsys.readouterr() == ("", f"{line}\n")


def test_work_that_does_not_move_speaks_on(capsys: pytest.CaptureFixture[str]) -> None:
    hours = Hours(lines=4)
    with Terminal(clock=lambda: hours.now, wait=hours.wait).bar("Fitting", unit=""):
        assert hours.spoken.wait(10)
    lines = ["Fitting: 30 s so far", "Fitting: 60 s so far", "Fitting: 2 min so far", "Fitting: 2 min so far"]
    assert capsys.readouterr().err.splitlines() == lines


def test_counted_work_that_does_not_move_speaks_less_and_less(capsys: pytest.CaptureFixture[str]) -> None:
    hours = Hours(lines=12)
    with Terminal(clock=lambda: hours.now, wait=hours.wait).bar("Ratings", 9, "trials"):
        assert hours.spoken.wait(10)
    told = [line.partition(", ")[2] for line in capsys.readouterr().err.splitlines()]
    assert told[:4] == ["30 s so far", "60 s so far", "2 min so far", "4 min so far"]
    assert told[-2:] == ["1 h 6 min so far", "1 h 16 min so far"]


def test_a_closed_stderr_stops_no_work(monkeypatch: pytest.MonkeyPatch) -> None:
    hours = Hours(lines=2)
    closed = io.StringIO()
    closed.close()
    terminal = Terminal(clock=lambda: hours.now, wait=hours.wait)
    monkeypatch.setattr(terminal, "say", closed.write)
    with terminal.bar("Fitting", 10):
        assert hours.spoken.wait(10)
    assert hours.lines == 0


def test_no_thread_is_left_when_the_work_fails() -> None:
    before = threading.active_count()
    with pytest.raises(ValueError, match="broken"), Terminal().bar("Asking", 3):
        raise ValueError("broken")
    assert threading.active_count() == before


@pytest.mark.parametrize(
    ("seconds", "text"), [(0, "0 s"), (89, "89 s"), (90, "2 min"), (3599, "1 h 0 min"), (7500, "2 h 5 min")]
)
def test_times_are_readable(seconds: float, text: str) -> None:
    assert Tally("Fitting", None, "").text(seconds) == f"Fitting: {text} so far"
