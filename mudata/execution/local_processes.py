"""Worker processes that survive what they run.

A decoder that crashes takes its process with it, and nothing else: the call that was in flight is
tried once more in a fresh process and then given up; the others go on. That is why these are plain
processes with a pipe each, and not an executor of `concurrent.futures`, which breaks as a whole and
cannot say whose fault it was. Nor do they import the caller's `__main__`: a script without the `if
__name__` guard works. Processes that finished their work wait for more of it until the program ends.
"""

from __future__ import annotations

import atexit
import contextlib
import importlib
import json
import math
import os
import queue
import signal
import subprocess
import sys
import threading
from collections import deque
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, Any, BinaryIO, ClassVar, cast

from mudata.errors import MudataError, from_machine_error
from mudata.execution.executor import Lost
from mudata.execution.worker_environment import take_over, worker_environment
from mudata.memory import most_processes

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Generator, Iterable, Iterator

    from mudata.execution.executor import Call, Executor

AHEAD = 2
"""Calls given to a worker before it answers:
it never waits, and few are left at the end for one worker alone."""

_READY = b"ready\n"
"""What a process says when it is."""

_idle: list[tuple[list[str], subprocess.Popen[bytes]]] = []
"""Processes that wait, with the command that started each: the next pool of the same function takes them."""

_idle_lock = threading.Lock()

_START = (
    "import sys, json; sys.path[:] = json.loads(sys.argv[1]); "
    "from mudata.execution.local_processes import serve; serve()"
)

_ENVIRONMENT = b"!"
"""How a line begins that has variables for a process, and is no call."""


def available() -> int:
    """Cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@dataclass(frozen=True)
class LocalProcesses:
    """The executor of this machine: a process for each core."""

    workers: int | None = None
    """Processes [default: one for each core, as far as they pay and fit into the memory of a container]."""
    name: ClassVar[str] = "local"

    def map(
        self, function: Callable[[Any], Any], calls: Iterable[Call], *, count: int, pays: int = 1
    ) -> Generator[tuple[int, Any], None, None]:
        """See `Executor.map`. Raises MudataError where no process can be started."""
        processes = self.workers or min(available(), math.ceil(count / pays), most_processes() or count)
        return scattered(function, (call.value for call in calls), min(processes, count))


LOCAL: Executor = LocalProcesses()
"""What runs functions unless somebody says otherwise."""


def scattered(
    function: Callable[[Any], Any] | str, values: Iterable[Any], count: int
) -> Generator[tuple[int, Any], None, None]:
    """Yield (n, function(value n)), in the order in which `count` processes finish them.

    Values and results are what JSON can carry; values are drawn (in a thread) as they are needed.
    The function is found by its module and name (or is given as 'module:name'). It should return its failures: an
    exception in it counts as a crash. Closing the iterator ends the processes.
    """
    pool = _Pool(function if isinstance(function, str) else f"{function.__module__}:{function.__qualname__}", values)
    threads = [threading.Thread(target=pool.drive, daemon=True) for _ in range(count)]
    busy = len(threads)
    try:
        for thread in threads:
            thread.start()
        while busy:
            match pool.results.get():
                case None:
                    busy -= 1
                case Exception() as error:
                    raise error
                case answer:
                    yield answer
    finally:
        pool.stop()
        for thread in threads:
            thread.join()


class _Pool:
    def __init__(self, function: str, values: Iterable[Any]) -> None:
        self._function = function
        self._calls = enumerate(values)
        self._lock = threading.Lock()
        self._processes: set[subprocess.Popen[bytes]] = set()
        self._stopped = False
        self.results: queue.SimpleQueue[tuple[int, Any] | Exception | None] = queue.SimpleQueue()

    def drive(self) -> None:
        """Thread: keep one process busy until nothing is left,
        and replace it when it dies. Ends with None."""
        sent: deque[tuple[int, Any]] = deque()
        suspect = None
        try:
            while not self._stopped:
                with self._process(sent) as process:
                    for _, value in sent:
                        _send(process, value)
                    while self._feed(process, sent):
                        answer = cast("IO[bytes]", process.stdout).readline()
                        if not answer.endswith(b"\n"):
                            break
                        self.results.put((sent.popleft()[0], json.loads(answer)))
                    else:
                        return
                if suspect == sent[0][0]:
                    self.results.put((sent.popleft()[0], Lost(_cause(process.returncode))))
                    suspect = None
                else:
                    suspect = sent[0][0]
        except Exception as error:
            self.results.put(error)
        finally:
            self.results.put(None)

    def stop(self) -> None:
        with self._lock:
            self._stopped = True
            for process in self._processes:
                process.kill()

    @contextlib.contextmanager
    def _process(self, sent: Collection[object]) -> Iterator[subprocess.Popen[bytes]]:
        """A process that is ready. Afterwards it waits for another pool, unless it owes answers or is to stop."""
        command = [sys.executable, "-c", _START, json.dumps(sys.path), self._function]
        waiting = _take(command)
        with self._lock:
            process = waiting or _started(command)
            self._processes.add(process)
            if self._stopped:
                process.kill()
        kept = False
        try:
            if waiting:
                _write(process, _ENVIRONMENT + json.dumps(worker_environment()).encode() + b"\n")
            else:
                try:
                    _await(process)
                except MudataError:
                    if not self._stopped:
                        raise
            yield process
            kept = not sent
        finally:
            with self._lock:
                self._processes.discard(process)
                kept = kept and not self._stopped
            if kept:
                _keep(command, process)
            else:
                _end(process)

    def _feed(self, process: subprocess.Popen[bytes], sent: deque[tuple[int, Any]]) -> bool:
        """Whether the process still owes an answer, after it was given as much as it may have."""
        while len(sent) < AHEAD:
            with self._lock:
                call = next(self._calls, None)
            if call is None:
                break
            sent.append(call)
            _send(process, call[1])
        return bool(sent)


def _started(command: list[str]) -> subprocess.Popen[bytes]:
    one_thread = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}  # the processes are the parallelism
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=os.environ | one_thread)


def _await(process: subprocess.Popen[bytes]) -> None:
    """Wait until a new process is ready. Raises MudataError where it says why it cannot be, or ends."""
    said = cast("IO[bytes]", process.stdout).readline()
    if said == _READY:
        return
    try:
        what, hint = json.loads(said)
    except ValueError:
        what, hint = "A worker process could not start.", "What it said is above; most often memory was short."
    raise MudataError(what, hint)


def _take(command: list[str]) -> subprocess.Popen[bytes] | None:
    """A process that waits and was started by this command."""
    with _idle_lock:
        for idle in [idle for idle in _idle if idle[0] == command]:
            _idle.remove(idle)
            if idle[1].poll() is None:
                return idle[1]
            _end(idle[1])
    return None


def _keep(command: list[str], process: subprocess.Popen[bytes]) -> None:
    """Let a process wait, and end those that waited longest: at most one per core waits."""
    with _idle_lock:
        _idle.append((command, process))
        too_many = _idle[: -available()]
        del _idle[: -available()]
    for _, other in too_many:
        _end(other)


@atexit.register
def _end_all() -> None:
    while _idle:
        _end(_idle.pop()[1])


def _end(process: subprocess.Popen[bytes]) -> None:
    with contextlib.suppress(BrokenPipeError):
        cast("IO[bytes]", process.stdin).close()
    process.wait()
    cast("IO[bytes]", process.stdout).close()


def _send(process: subprocess.Popen[bytes], value: Any) -> None:
    _write(process, json.dumps(value).encode() + b"\n")


def _write(process: subprocess.Popen[bytes], line: bytes) -> None:
    pipe = cast("IO[bytes]", process.stdin)
    with contextlib.suppress(BrokenPipeError):  # it died; the missing answer tells
        pipe.write(line)
        pipe.flush()


def _cause(code: int) -> str:
    if code >= 0:
        return f"the process ended with code {code}"
    with contextlib.suppress(ValueError):
        return f"the process was ended by {signal.Signals(-code).name}"
    return f"the process was ended by signal {-code}"


def serve() -> None:
    """Main function of a worker: answer each line on stdin with one on stdout, until stdin ends.

    Decoders print warnings of their own:
    once the function is imported, both standard streams lead nowhere.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent decides
    module, _, name = sys.argv[2].partition(":")
    with os.fdopen(os.dup(1), "wb") as answers, open(os.devnull, "wb") as nowhere:  # noqa: PTH123
        try:
            function = getattr(importlib.import_module(module), name)
        except Exception as error:
            if (known := from_machine_error(error)) is None:
                raise
            answers.write(json.dumps([known.what, known.hint]).encode() + b"\n")
            return
        _tell(answers, _READY)
        os.dup2(nowhere.fileno(), 1)
        os.dup2(nowhere.fileno(), 2)
        for line in sys.stdin.buffer:
            if line.startswith(_ENVIRONMENT):
                take_over(json.loads(line.removeprefix(_ENVIRONMENT)))
                continue
            _tell(answers, json.dumps(function(json.loads(line))).encode() + b"\n")


def _tell(answers: BinaryIO, line: bytes) -> None:
    try:
        answers.write(line)
        answers.flush()
    except BrokenPipeError:  # the parent is gone, and nobody reads what closing the pipe would complain of
        os._exit(1)
