"""How much of a server one client process uses, and whether anything is lost when servers throttle or die.

    python benchmarks/served.py                          # 4,800 questions about clips of 1 s, three rounds
    python benchmarks/served.py --against ../before      # in turns with another checkout, the commit before
    python benchmarks/served.py --only faults

The server is a process of its own on loopback. It answers every question after 200 ms, 64 at once, and refuses what is
more with 429: 320 answers a second are its ceiling. `mudata eval` asks it from a cold start; the rate is that of all
answers over the time from the first question to the last answer, as the server saw them: finding out how many
requests it takes is in it, imports are not. Checkouts take turns, so that a busy machine disturbs both alike: judge by
the medians, by CPU seconds, and beside a client that does nothing but ask. Of faults, what counts is that no question
is lost and none is recorded twice.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import multiprocessing
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import numpy as np
import soundfile

HERE = Path(__file__).resolve().parents[1]
ANSWER_S, SLOTS, RATE = 0.2, 64, 16_000
PROBE = b"What do you hear?"
REPLY = json.dumps(
    {
        "model": "ears",
        "choices": [{"message": {"role": "assistant", "content": "odd"}, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 60, "completion_tokens": 2, "prompt_tokens_details": {"audio_tokens": 50}},
    }
).encode()
CARD = """
name: clicks
title: Short noise
summary: Made by a benchmark.
tags: [genre]
format: wav
duration: {min: 0.5, max: 2}
licence: {text: CC0, spdx: CC0-1.0, usage: unrestricted, redistributable: true}
citation: {text: Nobody, bibtex: "@misc{nobody}"}
homepage: https://example.org
availability: do-it-yourself
sources: {audio: {what: clips, mirrors: [{kind: local, how: Make them.}]}}
clips: [{files: "{genre}/{stem}.wav", id: "{genre}.{stem}"}]
labels: {genre: {part: genre, vocabulary: [even, odd]}}
tasks: {genre: {kind: classify, namespace: genre, noun: genre}}
"""


@dataclass
class Seen:
    """What a server saw of questions: each by a hash of its request, and times in seconds."""

    answered: Counter[str] = field(default_factory=Counter)
    refused: int = 0
    most: int = 0
    first_s: float = 0.0
    last_s: float = 0.0


def serve(pipe: Connection, throttle: tuple[int, int, int] | None, dies_after: int | None) -> None:
    """Serve until the pipe is asked for what was seen. throttle: from which answer to which there are
    fewer slots, and how many. dies_after: answers after which the process ends in the middle of its work."""
    seen, busy = Seen(), 0

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal busy
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                lengths = [line for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")]
                body = await reader.readexactly(int(lengths[0].split(b":")[1])) if lengths else b""
                if head.startswith(b"GET"):
                    reply(writer, b'{"data": []}')
                    continue
                question = PROBE not in body[-400:]
                slots, done = SLOTS, seen.answered.total()
                if throttle and throttle[0] <= done < throttle[1]:
                    slots = throttle[2]
                if busy >= slots:
                    seen.refused += 1
                    reply(writer, b'{"error": "too many requests"}', b"429 Too Many Requests")
                    continue
                if question:
                    seen.first_s = seen.first_s or time.monotonic()
                busy += 1
                seen.most = max(seen.most, busy)
                await asyncio.sleep(ANSWER_S)
                busy -= 1
                if question:
                    seen.answered[sha256(body).hexdigest()] += 1
                    seen.last_s = time.monotonic()
                    if dies_after and seen.answered.total() >= dies_after:
                        os._exit(1)
                reply(writer, REPLY)
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    async def main() -> None:
        server = await asyncio.start_server(handle, "127.0.0.1", 0, limit=1 << 24, backlog=1024)
        pipe.send(server.sockets[0].getsockname()[1])
        async with server:
            await asyncio.get_running_loop().run_in_executor(None, pipe.recv)
        pipe.send(seen)
        os._exit(0)

    asyncio.run(main())


def reply(writer: asyncio.StreamWriter, body: bytes, status: bytes = b"200 OK") -> None:
    writer.write(b"HTTP/1.1 %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % (status, len(body)))
    writer.write(body)


class Server:
    """A server process, its address, and in the end what it `saw` (None where it died)."""

    def __init__(self, throttle: tuple[int, int, int] | None = None, dies_after: int | None = None) -> None:
        context = multiprocessing.get_context("spawn")
        self._pipe, other = context.Pipe()
        self._process = context.Process(target=serve, args=(other, throttle, dies_after), daemon=True)
        self._process.start()
        other.close()
        self.url = f"http://127.0.0.1:{self._pipe.recv()}/v1"

    def saw(self) -> Seen | None:
        try:
            self._pipe.send("enough")
            seen: Seen = self._pipe.recv()
        except (OSError, EOFError):
            return None
        finally:
            self._process.join(5)
        return seen


def mudata(checkout: Path, home: Path, *words: str) -> tuple[str, float]:
    """stderr and CPU seconds of a command. Raises where it fails."""
    environment = {"MUDATA_HOME": str(home), "MUDATA_CARDS": str(home.parent / "cards"), "PYTHONPATH": str(checkout)}
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(
        [sys.executable, "-m", "mudata", *words],
        env=os.environ | environment,
        cwd=home.parent,
        capture_output=True,
        text=True,
        check=False,
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode:
        raise SystemExit(f"mudata {' '.join(words)}: {done.stderr}")
    return done.stderr, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def prepare(folder: Path, clips: int) -> Path:
    """A home with so many clips of a second, and a split of all of them."""
    rng = np.random.default_rng(0)
    (folder / "cards").mkdir()
    (folder / "cards" / "clicks.yaml").write_text(CARD)
    for n in range(clips):
        path = folder / "raw" / ("odd" if n % 2 else "even") / f"{n:05}.wav"
        path.parent.mkdir(parents=True, exist_ok=True)
        soundfile.write(path, 0.1 * rng.standard_normal(RATE), RATE)
    home = folder / "home"
    mudata(HERE, home, "fetch", "clicks", "--from", str(folder / "raw"))
    mudata(HERE, home, "split", "all", "--dataset", "clicks", "--parts", "test=1")
    return home


@contextmanager
def fresh(home: Path) -> Iterator[Path]:
    """The home without runs, before and after."""
    shutil.rmtree(home / "runs", ignore_errors=True)
    yield home
    shutil.rmtree(home / "runs", ignore_errors=True)


def asked(checkout: Path, home: Path, servers: Sequence[Server], limit: int, *options: str) -> dict[str, Any]:
    """Ask so many questions, and what came of it: rate, share of the ceiling, CPU, and what was lost or twice."""
    with fresh(home):
        urls = ",".join(server.url for server in servers)
        words = ["-o", f"base_url={urls}", "-o", "model=ears", "--limit", str(limit), *options]
        begun = time.monotonic()
        _, cpu_s = mudata(checkout, home, "eval", "--model", "served", "--split", "all", "--task", "genre", *words)
        wall_s = time.monotonic() - begun
        (run,) = (home / "runs").iterdir()
        lines = [json.loads(line) for line in (run / "answers.jsonl").read_text().splitlines()]
        session = json.loads((run / "run.json").read_text())["sittings"][-1]["model"]
    answered = Counter(line["clip_id"] for line in lines if line["answer"] is not None)
    seen = [one for server in servers if (one := server.saw()) is not None]
    span = max(one.last_s for one in seen) - min(one.first_s for one in seen)
    return {
        "per_s": limit / span,
        "share": limit / span / (SLOTS / ANSWER_S),
        "wall_s": wall_s,
        "cpu_s": cpu_s,
        "answered": len(answered),
        "failed": sum(line["answer"] is None for line in lines),
        "twice": sum(count > 1 for count in answered.values()),
        "refused": sum(one.refused for one in seen),
        "most": [one.most for one in seen],
        "asked_twice": sum(count - 1 for one in seen for count in one.answered.values()),
        "retries": session["retries"],
    }


def bare(server: Server, questions: int) -> dict[str, Any]:
    """What a client gets that does nothing but ask: SLOTS loops that send the same bytes over kept connections."""
    host, port = server.url.removeprefix("http://").removesuffix("/v1").split(":")
    content = [{"type": "input_audio", "input_audio": {"data": "A" * 42_732, "format": "wav"}}]
    left = iter(range(questions))

    async def ask() -> None:
        reader, writer = await asyncio.open_connection(host, int(port))
        for number in left:
            body = json.dumps({"id": number, "messages": content, "prompt": "Which?"}).encode()
            writer.write(b"POST /v1/chat/completions HTTP/1.1\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
            await reader.readuntil(b"\r\n\r\n")
            await reader.readexactly(len(REPLY))
        writer.close()

    async def main() -> None:
        await asyncio.gather(*(ask() for _ in range(SLOTS)))

    cpu_s = time.process_time()
    asyncio.run(main())
    cpu_s = time.process_time() - cpu_s
    seen = server.saw()
    assert seen is not None
    per_s = questions / (seen.last_s - seen.first_s)
    return {"per_s": per_s, "share": per_s / (SLOTS / ANSWER_S), "cpu_s": cpu_s, "refused": seen.refused}


def show(title: str, rounds: Sequence[dict[str, Any]]) -> None:
    middle = {key: statistics.median(one[key] for one in rounds) for key in ("per_s", "share", "cpu_s", "refused")}
    shares = ", ".join(f"{100 * one['share']:.1f}" for one in rounds)
    print(
        f"{title:44} {middle['per_s']:6.1f} answers/s  {100 * middle['share']:5.1f} % of the ceiling ({shares})  "
        f"{middle['cpu_s']:5.1f} CPU s  {middle['refused']:.0f} refused",
        flush=True,
    )


def speed(home: Path, clips: int, rounds: int, against: Path | None) -> None:
    ways: dict[str, tuple[Path, int, tuple[str, ...]]] = {"this checkout": (HERE, clips, ())}
    if against:
        ways |= {
            "against, -o concurrency=64": (against, clips, ("-o", "concurrency=64")),
            "against, its default": (against, max(1, clips // 8), ()),
        }
    measured: dict[str, list[dict[str, Any]]] = {way: [] for way in ways}
    ceiling = []
    for _ in range(rounds):
        ceiling.append(bare(Server(), clips))
        for way, (checkout, limit, options) in ways.items():
            measured[way].append(asked(checkout, home, [Server()], limit, *options))
            assert measured[way][-1]["answered"] == limit
    show("a client that only asks", ceiling)
    for way, results in measured.items():
        show(way, results)


def faults(home: Path, clips: int) -> bool:
    """Whether nothing is lost and nothing twice."""
    third = clips // 3
    cases = {
        f"one server, {SLOTS // 4} slots for the middle third": [Server(throttle=(third, 2 * third, SLOTS // 4))],
        "two servers, one dies after a third": [Server(), Server(dies_after=third)],
    }
    good = True
    for title, servers in cases.items():
        found = asked(HERE, home, servers, clips)
        whole = found["answered"] == clips and not found["twice"] and not found["failed"]
        good = good and whole
        print(
            f"{title:44} {found['per_s']:6.1f} answers/s  {found['answered']} of {clips} answered, "
            f"{found['twice']} twice, {found['failed']} failed; {found['retries']} requests sent again, "
            f"{found['asked_twice']} answered twice",
            flush=True,
        )
    return good


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clips", type=int, default=4800)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--against", type=Path, help="another checkout of mudata")
    parser.add_argument("--only", choices=["speed", "faults"])
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        home = prepare(Path(folder), given.clips)
        print(f"{os.cpu_count()} cores, {given.clips} questions, {SLOTS} slots, {ANSWER_S:g} s each", flush=True)
        if given.only != "faults":
            speed(home, given.clips, given.rounds, given.against and given.against.resolve())
        if given.only != "speed" and not faults(home, given.clips):
            raise SystemExit("questions were lost, failed or recorded twice")


if __name__ == "__main__":
    main()
