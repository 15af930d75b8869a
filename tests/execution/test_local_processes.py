"""Workers answer everything, in any order, and outlive what kills them."""

from __future__ import annotations

import importlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mudata.errors import MudataError
from mudata.execution.executor import Lost
from mudata.execution.local_processes import _START, AHEAD, available, scattered

CALLS = """
import os, signal, sys, time
from pathlib import Path

def double(x): return {"twice": 2 * x}
def noisy(x):
    os.write(1, b"a decoder says something\\n"); print("so does Python"); os.write(2, b"and complains\\n")
    return x
def deadly(x):
    if x % 10 == 3: os.kill(os.getpid(), signal.SIGSEGV)
    if x % 10 == 7: os._exit(4)
    if x % 10 == 9: raise ValueError("unexpected")
    return x
def once(folder_and_x):
    folder, x = folder_and_x
    try: (Path(folder) / str(x)).touch(exist_ok=False)
    except FileExistsError: return x
    os._exit(1)
def who(x): return os.getpid()
def only_the_first(x):
    if x: time.sleep(60)
    return x
def slow(folder):
    (Path(folder) / f'slow-{os.getpid()}').touch()
    time.sleep(60)
"""


@pytest.fixture
def calls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """A module that processes can import."""
    (tmp_path / "some_calls.py").write_text(CALLS)
    monkeypatch.syspath_prepend(tmp_path)
    yield importlib.import_module("some_calls")
    del sys.modules["some_calls"]


@pytest.mark.parametrize("count", [1, 3])
def test_every_value_is_answered_once(calls: Any, count: int) -> None:
    assert sorted(scattered(calls.double, range(50), count)) == [(n, {"twice": 2 * n}) for n in range(50)]


def test_nothing_to_do_is_no_work(calls: Any) -> None:
    assert list(scattered(calls.double, [], 2)) == []


def test_values_are_drawn_only_as_they_are_needed(calls: Any) -> None:
    drawn: list[int] = []

    def values() -> Iterator[int]:
        for n in range(100):
            drawn.append(n)
            yield n

    results = scattered(calls.only_the_first, values(), 1)
    assert next(results) == (0, 0)
    results.close()
    assert len(drawn) <= 1 + AHEAD


def test_what_decoders_print_does_not_get_in_the_way(calls: Any, capfd: pytest.CaptureFixture[str]) -> None:
    assert sorted(scattered(calls.noisy, range(5), 2)) == [(n, n) for n in range(5)]
    assert capfd.readouterr() == ("", "")


@pytest.mark.slow
def test_a_call_that_kills_its_process_is_lost_alone(calls: Any) -> None:
    answers = dict(scattered(calls.deadly, range(40), 2))
    lost = {n: answer.how for n, answer in answers.items() if isinstance(answer, Lost)}
    assert lost == {
        **dict.fromkeys((3, 13, 23, 33), "the process was ended by SIGSEGV"),
        **dict.fromkeys((7, 17, 27, 37), "the process ended with code 4"),
        **dict.fromkeys((9, 19, 29, 39), "the process ended with code 1"),
    }
    assert {n for n, answer in answers.items() if answer == n} == set(range(40)) - lost.keys()


@pytest.mark.slow
def test_a_process_that_dies_by_accident_costs_nothing(calls: Any, tmp_path: Path) -> None:
    (tmp_path / "seen").mkdir()
    values = [[str(tmp_path / "seen"), n] for n in range(6)]
    assert sorted(scattered(calls.once, values, 2)) == [(n, n) for n in range(6)]


def test_an_error_in_the_values_reaches_the_caller(calls: Any) -> None:
    def values() -> Iterator[int]:
        yield 1
        raise ValueError("no more")

    with pytest.raises(ValueError, match="no more"):
        list(scattered(calls.double, values(), 1))


def test_a_worker_that_cannot_import_its_function_says_so(capfd: pytest.CaptureFixture[str]) -> None:
    def local() -> None: ...

    with pytest.raises(MudataError, match="A worker process could not start"):
        list(scattered(local, [1], 1))
    assert "AttributeError" in capfd.readouterr().err


def test_a_worker_whose_caller_is_gone_ends_in_silence() -> None:
    command = [sys.executable, "-c", _START, json.dumps(sys.path), "math:sqrt"]
    reading, writing = os.pipe()
    os.close(reading)
    ended = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=writing, stderr=subprocess.PIPE, check=False)
    os.close(writing)
    assert (ended.returncode, ended.stderr) == (1, b"")


def test_a_process_that_finished_its_work_takes_on_the_next(calls: Any) -> None:
    ((_, first),) = scattered(calls.who, [1], 1)
    assert list(scattered(calls.who, [1, 2], 1)) == [(0, first), (1, first)]
    assert list(scattered(calls.double, [1], 1)) == [(0, {"twice": 2})]  # another function, another process


def test_a_process_that_died_while_it_waited_is_replaced(calls: Any) -> None:
    ((_, first),) = scattered(calls.who, [1], 1)
    os.kill(first, signal.SIGKILL)
    ((_, second),) = scattered(calls.who, [1], 1)
    assert second != first


def test_no_process_waits_longer_than_the_program(calls: Any, tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text(
        "import some_calls\nfrom mudata.execution.local_processes import scattered\n"
        "print(*{pid for _, pid in scattered(some_calls.who, range(20), 2)})\n"
    )
    done = subprocess.run([sys.executable, script], capture_output=True, text=True, check=True)
    assert not done.stderr
    for pid in done.stdout.split():
        with pytest.raises(ProcessLookupError, match="No such process"):
            os.kill(int(pid), 0)


@pytest.mark.slow
def test_an_interrupt_ends_the_processes_at_once(calls: Any, tmp_path: Path) -> None:
    """Ctrl-C in the caller while both processes are busy for a minute."""
    script = tmp_path / "script.py"
    script.write_text(
        "import some_calls\nfrom mudata.execution.local_processes import scattered\n"
        "print(list(scattered(some_calls.slow, tmp(), 2)))\n".replace("tmp()", f"[{str(tmp_path)!r}] * 4")
    )
    with subprocess.Popen([sys.executable, script], stderr=subprocess.PIPE, text=True) as process:
        while len(list(tmp_path.glob("slow-*"))) < 2:
            time.sleep(0.05)
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=20)
    assert said.endswith("KeyboardInterrupt\n")
    for busy in tmp_path.glob("slow-*"):
        with pytest.raises(ProcessLookupError, match="No such process"):
            os.kill(int(busy.name.removeprefix("slow-")), 0)


def test_a_script_without_a_main_guard_works(calls: Any, tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text(
        "import some_calls\nfrom mudata.execution.local_processes import scattered\n"
        "print(sorted(scattered(some_calls.double, [1, 2], 2)))\n"
    )
    done = subprocess.run([sys.executable, script], capture_output=True, text=True, check=True)
    assert done.stdout == "[(0, {'twice': 2}), (1, {'twice': 4})]\n"


def test_at_least_one_core_is_available() -> None:
    assert available() >= 1
