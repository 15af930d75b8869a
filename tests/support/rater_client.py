"""Raters as programs, and the server that they ask: load and kills are tried with them."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import random
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit


class RatingServer:
    """`mudata listen serve TEST` as a process of its own, always at the same port."""

    def __init__(self, home: Path, test: str, log: Path) -> None:
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        self._words = [sys.executable, "-m", "mudata", "listen", "serve", test, "--port", str(self.port), "--json"]
        self._environment, self._log = {**os.environ, "MUDATA_HOME": str(home)}, log
        self.links: dict[str, str] = {}
        self.start()

    def start(self) -> None:
        with self._log.open("a") as log:
            self.process = subprocess.Popen(
                self._words,
                stdout=subprocess.PIPE,
                stderr=log,
                stdin=subprocess.DEVNULL,
                env=self._environment,
                text=True,
            )
        assert self.process.stdout
        said = ""
        for line in self.process.stdout:
            said += line
            with contextlib.suppress(ValueError):
                self.links = json.loads(said)["links"]
                return
        raise AssertionError(self._log.read_text())

    def kill(self) -> None:
        """As kill -9 does it, at once."""
        self.process.send_signal(signal.SIGKILL)
        self.end()

    def stop(self) -> int:
        self.process.send_signal(signal.SIGINT)
        self.end()
        return self.process.returncode

    def end(self) -> None:
        self.process.wait(timeout=30)
        if self.process.stdout:
            self.process.stdout.close()


@dataclass
class RaterClient:
    """Consents, reads, hears and answers until all is said; asks again where the server is gone.

    `pick` chooses among the values of a question. `acknowledged` has, by trial, the values that the server said it
    kept; `waits` the seconds that each kind of request took; `weight` the most bytes of a page.
    """

    link: str
    pick: Callable[[list[str]], str]
    acknowledged: dict[str, dict[str, str]] = field(default_factory=dict)
    waits: dict[str, list[float]] = field(default_factory=lambda: {"page": [], "answer": [], "sound": []})
    answered: Callable[[], None] = lambda: None
    weight: int = 0
    retries: int = 0
    _wire: http.client.HTTPConnection | None = None

    def run(self) -> None:
        path: str | None = urlsplit(self.link).path
        try:
            while (path := self._step(path)) is not None:
                pass
        finally:
            self._close()

    def _close(self) -> None:
        if self._wire is not None:
            self._wire.close()
        self._wire = None

    def _step(self, path: str) -> str | None:
        """One page; where to go next, or None at the end."""
        page = self._ask("GET", path)[1].decode()
        self.weight = max(self.weight, len(page))
        form = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', page))
        if "/trial/" not in (action := self._first(r'<form method="post" action="([^"]+)"', page)):
            if action:
                self._ask("POST", action, form | {"agree": "yes"})
                return path
            return self._first(r'<a class="button go" href="([^"]+)"', page) or None
        needed = [float(one) for one in re.findall(r'data-needed="([\d.]+)"', page)]
        shown = time.monotonic()
        for source in re.findall(r'<audio preload="auto" src="([^"]+)"', page):
            assert self._ask("GET", source, kind="sound")[1][:4] == b"fLaC"
        time.sleep(max(0.0, sum(needed) + 0.01 - (time.monotonic() - shown)))
        heard = {f"heard-{i}": f"{seconds + 0.01:.2f}" for i, seconds in enumerate(needed)}
        values: dict[str, list[str]] = {}
        for name, value in re.findall(r'type="radio" id="[^"]+" name="(answer-[^"]+)" value="([^"]+)"', page):
            values.setdefault(name, []).append(value)
        said = {name: self.pick(offered) for name, offered in values.items()}
        answer = json.loads(self._ask("POST", action, form | heard | said, kind="answer")[1])
        assert "told=" not in answer.get("next", "told="), answer
        self.acknowledged[action.rpartition("/")[2]] = {name.removeprefix("answer-"): v for name, v in said.items()}
        self.answered()
        return str(answer["next"])

    def _first(self, pattern: str, page: str) -> str:
        found = re.search(pattern, page)
        return unescape(found[1]) if found else ""

    def _ask(self, method: str, path: str, form: dict[str, str] | None = None, kind: str = "page") -> tuple[int, bytes]:
        """The answer, however often it has to be asked for: a form is sent again as it was."""
        headers = {"Accept": "application/json"} if kind == "answer" else {}
        if form is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        address = urlsplit(self.link)
        until = time.monotonic() + 60
        while True:
            try:
                if self._wire is None:
                    self._wire = http.client.HTTPConnection(address.hostname or "", address.port, timeout=30)
                began = time.perf_counter()
                self._wire.request(method, path, urlencode(form) if form is not None else None, headers)
                reply = self._wire.getresponse()
                content = reply.read()
                self.waits[kind].append(time.perf_counter() - began)
                assert reply.status in (200, 303), (reply.status, content[:300])
                return reply.status, content
            except (OSError, http.client.HTTPException):
                assert time.monotonic() < until, "the server does not come back"
                self.retries += 1
                self._close()
                time.sleep(0.02)


def rate_all(server: RatingServer, seed: int, kills: int = 0, every: tuple[int, int] = (3, 30)) -> list[RaterClient]:
    """All raters of a test at once, to the end; the server is killed `kills` times and started again, each time after
    some further answers (`every`, drawn by the seed). Raises what a rater raised."""
    count, changed = [0], threading.Condition()

    def answered() -> None:
        with changed:
            count[0] += 1
            changed.notify_all()

    failures: list[BaseException] = []

    def run(client: RaterClient) -> None:
        try:
            client.run()
        except BaseException as error:
            failures.append(error)
            with changed:
                changed.notify_all()

    clients = [
        RaterClient(link, random.Random(f"{seed}{name}").choice, answered=answered)
        for name, link in server.links.items()
    ]
    threads = [threading.Thread(target=run, args=(client,)) for client in clients]
    for thread in threads:
        thread.start()
    chance = random.Random(seed)

    def is_time(wanted: int) -> bool:
        return count[0] >= wanted or bool(failures) or not any(map(threading.Thread.is_alive, threads))

    for _ in range(kills):
        wanted = count[0] + chance.randint(*every)
        with changed:
            changed.wait_for(lambda wanted=wanted: is_time(wanted), timeout=60)
        time.sleep(chance.random() * 0.02)  # somewhere within the next answers
        server.kill()
        server.start()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]
    return clients


def lost_and_doubled(folder: Path, links: dict[str, str], clients: list[RaterClient]) -> dict[str, Any]:
    """Answers that were acknowledged and are not in the store as they were given, and rows beyond one for each."""
    import sqlite3

    from mudata.evaluation.listening.rating_store import RatingStore

    with RatingStore(folder) as store:
        kept = {(r.rater, r.trial, r.aspect): r.value for r in store.ratings()}
    with contextlib.closing(sqlite3.connect(folder / "ratings.sqlite")) as database:
        rows = database.execute("SELECT count(*) FROM ratings").fetchone()[0]
    names = {link: rater for rater, link in links.items()}
    said = {
        (names[client.link], trial, aspect): value
        for client in clients
        for trial, values in client.acknowledged.items()
        for aspect, value in values.items()
    }
    lost = sum(kept.get(key) != value for key, value in said.items())
    return {"acknowledged": len(said), "lost": lost, "doubled": rows - len(kept), "rows": rows}
