"""What is said while mudata works: never on stdout of a program, changing in place in a notebook."""

from __future__ import annotations

import sys
import types
from collections.abc import Iterator
from typing import Any

import pytest

from mudata.api.argument_types import fits
from mudata.narration import SILENT, Notebook, Progress, Terminal, chosen, show_progress


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
