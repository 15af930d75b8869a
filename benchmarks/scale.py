"""What a Ray cluster costs beside the processes of one machine, whether it gives the same, and what it survives.

    python benchmarks/scale.py                  # all of it, with few seeds
    python benchmarks/scale.py --pool           # clips per CPU second: the local pool and two workers of Ray, in turns
    python benchmarks/scale.py --same 2000      # so many short clips fetched on three nodes and here: all is compared
    python benchmarks/scale.py --kills 20       # seeds: workers killed at random, and a node
    python benchmarks/scale.py --pile 100000    # tiny calls: how many are held at a time

CPU seconds are those of /proc: of the processes that do the work (the pool's; Ray's workers and what they started), and
apart from them of this process and of Ray's own services. Both sides are warm: each has done a round that does not
count. A round is both sides, one after the other, and who comes first changes. Linux.
"""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import json
import os
import random
import resource
import signal
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "support"))

import hums
import numpy as np
import ray_calls
import soundfile
from normalise import make
from three_nodes import ThreeNodes, three_nodes

from mudata.catalog.audio.clip import AudioFormat
from mudata.catalog.audio.normalise import Job, run
from mudata.execution import ray_tasks
from mudata.execution.executor import Call, Executor
from mudata.execution.executor_choice import executor_on
from mudata.execution.local_processes import LocalProcesses
from mudata.home import Home
from mudata.narration import Advance, Progress

TIMES = 4
"""How often --pool makes a clip of each file: encoding mp3 takes longer than all else."""

TICK_S = 1 / os.sysconf("SC_CLK_TCK")


# ------------------------------------------------------------------------------------ processes


def children(pid: int) -> list[int]:
    """A process and all below it."""
    try:
        below = [int(p) for t in Path(f"/proc/{pid}/task").iterdir() for p in (t / "children").read_text().split()]
    except OSError:
        return []
    return [pid, *(each for child in below for each in children(child))]


def cpu_s(pids: list[int]) -> float:
    """Seconds of CPU of these processes, and of those of theirs that have ended."""
    total = 0.0
    for pid in pids:
        with contextlib.suppress(OSError):
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
            total += sum(map(int, fields[11:15])) * TICK_S
    return total


def workers_of(nodes: ThreeNodes) -> list[int]:
    """Ray's worker processes: children of the raylets that run functions."""
    found = []
    for node in (nodes.cluster.head_node, *nodes.cluster.worker_nodes):
        raylet = node.all_processes["raylet"][0].process.pid
        for pid in children(raylet)[1:]:
            with contextlib.suppress(OSError):
                name = Path(f"/proc/{pid}/cmdline").read_bytes()
                if name.startswith(b"ray::") and b"Agent" not in name:
                    found.append(pid)
    return found


def of_workers(nodes: ThreeNodes) -> float:
    return cpu_s([each for pid in workers_of(nodes) for each in children(pid)])


def of_cluster(nodes: ThreeNodes) -> set[int]:
    """All processes of the nodes."""
    return {
        each
        for node in (nodes.cluster.head_node, *nodes.cluster.worker_nodes)
        for kind in node.all_processes.values()
        for started in kind
        for each in children(started.process.pid)
    }


def of_services(nodes: ThreeNodes) -> float:
    """GCS, raylets, agents, monitors."""
    work = {each for pid in workers_of(nodes) for each in children(pid)}
    return cpu_s(list(of_cluster(nodes) - work))


def of_pool(nodes: ThreeNodes) -> float:
    """Children of this process that are no part of the cluster: all of these are children, too."""
    theirs = of_cluster(nodes)
    return cpu_s([pid for pid in children(os.getpid())[1:] if pid not in theirs])


# ----------------------------------------------------------------------------------------- pool


def pool(folder: Path, minutes: float, rounds: int) -> None:
    make(folder, minutes, short_alone=True)
    sources = sorted((folder / "mp3").iterdir())
    jobs = [Job(f"{source.stem}-{n}", "audio", source.name) for n in range(TIMES) for source in sources]
    with three_nodes(count=1, num_cpus=2) as nodes, homes(nodes) as home:
        sides: dict[str, Executor] = {"local": LocalProcesses(2), "ray": executor_on("ray", home)}

        def once(side: str, rate: int | None) -> dict[str, float]:
            with tempfile.TemporaryDirectory(dir=home.root) as target:
                before = (of_workers(nodes), of_pool(nodes), cpu_s([os.getpid()]), of_services(nodes))
                begun = time.perf_counter()
                table = run(
                    jobs,
                    files=folder / "mp3",
                    target=Path(target),
                    audio_format=AudioFormat(rate),
                    executor=sides[side],
                )
                wall = time.perf_counter() - begun
                after = (of_workers(nodes), of_pool(nodes), cpu_s([os.getpid()]), of_services(nodes))
            assert set(table["status"].to_pylist()) == {"ok"}
            work, own, driver, services = (b - a for a, b in zip(before, after, strict=True))
            return {"work": work if side == "ray" else own, "driver": driver, "services": services, "wall": wall}

        for rate in (None, 16_000):
            figures: dict[str, list[dict[str, float]]] = {"local": [], "ray": []}
            for side in sides:
                once(side, rate)
            for n in range(rounds):
                for side in list(sides)[:: 1 if n % 2 else -1]:
                    figures[side].append(once(side, rate))
            print(f"\n{len(jobs)} clips of 30 s, mp3, {rate or 'native'}; medians of {rounds} rounds")
            for side, found in figures.items():
                middle = {key: statistics.median(each[key] for each in found) for key in found[0]}
                print(
                    f"{side:6}{len(jobs) / middle['work']:8.1f} clips per CPU s of workers; CPU ms per clip: workers"
                    f" {middle['work'] / len(jobs) * 1e3:.1f}, this process {middle['driver'] / len(jobs) * 1e3:.2f},"
                    f" Ray's services {middle['services'] / len(jobs) * 1e3:.2f}; wall {middle['wall']:.1f} s"
                )
            ratios = [a["work"] / b["work"] for a, b in zip(figures["local"], figures["ray"], strict=True)]
            print(
                f"clips per CPU s, ray / local: {statistics.median(ratios):.3f}", [round(r, 3) for r in sorted(ratios)]
            )


@contextlib.contextmanager
def homes(nodes: ThreeNodes) -> Iterator[Home]:
    """An empty home, and the cluster as what `--on ray` means."""
    with tempfile.TemporaryDirectory() as folder:
        os.environ |= {"RAY_ADDRESS": nodes.address, "MUDATA_HOME": folder}
        yield Home(Path(folder))


# ------------------------------------------------------------------------------ the same, killed


def lay(folder: Path, count: int, seconds: float) -> list[Job]:
    rng = np.random.default_rng(15)
    folder.mkdir(parents=True)
    for n in range(count):
        soundfile.write(folder / f"{n:05}.wav", rng.uniform(-0.5, 0.5, round(seconds * 22_050)), 22_050)
    return [Job(f"{n:05}", "audio", f"{n:05}.wav") for n in range(count)]


def made(target: Path, table: Any) -> dict[str, Any]:
    """All that a run gave: rows, lines of the journal in any order, files."""
    journal = sorted((target / "journal.jsonl").read_text().splitlines())
    files = {p.name: hashlib.sha256(p.read_bytes()).hexdigest() for p in target.rglob("*.flac")}
    return {"rows": table.to_pylist(), "journal": journal, "files": files}


class Killing(Progress):
    """Kills when so many clips are done."""

    def __init__(self, plan: dict[int, Any]) -> None:
        self.plan, self.done = plan, 0

    @contextlib.contextmanager
    def bar(self, title: str, total: float | None = None, unit: str = "clips") -> Iterator[Advance]:
        def advance(done: float) -> None:
            self.done += int(done)
            if act := self.plan.pop(self.done, None):
                act()

        yield advance


def kills(seeds: range, count: int) -> None:
    """Each seed: three kills of a worker or of what it started, and one of a node; then all is held against local."""
    ray_tasks.BUNDLE_S = 20.0  # as many bundles as with far more clips
    with three_nodes() as nodes, homes(nodes) as home:
        files = home.root / "files"
        jobs = lay(files, count, 2.0)
        form = AudioFormat(16_000)
        there = home.root / "local"
        expected = made(there, run(jobs, files=files, target=there, audio_format=form))
        spare = list(nodes.cluster.worker_nodes)
        for seed in seeds:
            rng = random.Random(seed)
            done: list[str] = []

            def worker(rng: random.Random = rng, done: list[str] = done) -> None:
                if pids := workers_of(nodes):
                    pid = rng.choice([each for pid in sorted(pids) for each in children(pid)])
                    done.append("worker" if pid in pids else "its process")
                    with contextlib.suppress(ProcessLookupError):
                        os.kill(pid, signal.SIGKILL)

            def node(rng: random.Random = rng, done: list[str] = done) -> None:
                gone = rng.choice(spare)
                spare.remove(gone)
                done.append("node")
                nodes.remove_node(gone)

            at = sorted(rng.sample(range(1, count * 3 // 4), 4))
            plan = dict(zip(at, rng.sample([worker, worker, worker, node], 4), strict=True))
            target = home.root / f"ray-{seed}"
            killing = Killing(plan)
            table = run(
                jobs, files=files, target=target, audio_format=form, executor=executor_on("ray", home), progress=killing
            )
            found = made(target, table)
            same = {key: found[key] == expected[key] for key in expected}
            left = len(list(target.rglob(".*.part")))
            print(f"seed {seed:2}: killed {', '.join(done)} after {at} of {count}; the same: {same}; {left} left over")
            assert all(same.values()), seed
            assert (killing.done, len(found["journal"])) == (count, count)
            if len(spare) < 2:
                spare.append(nodes.add_node())
    print(f"{len(seeds)} seeds: nothing lost, nothing twice")


def same(count: int) -> None:
    """`fetch` of so many clips of half a second, by the command, on three nodes and here."""
    from shell import typed

    from mudata.catalog.index import database

    with three_nodes() as nodes, homes(nodes) as home:
        lay(home.root / "raw/low", count, 0.5)
        (home.root / "cards").mkdir()
        (home.root / "cards/hums.yaml").write_text(hums.CARD)
        os.environ["MUDATA_CARDS"] = str(home.root / "cards")
        found = []
        for where in ("local", "ray"):
            own = Home(home.root / where)
            os.environ["MUDATA_HOME"] = str(own.root)
            told = typed("fetch", "hums", "--from", home.root / "raw", "--on", where, "--quiet", "--json")
            assert told.code == 0, told.err
            target = own.clips("hums", "native")
            found.append(
                {
                    "usable": json.loads(told.out)[0]["usable"],
                    "index_sha256": database.index_sha256(own, "hums"),
                    "journal": sorted((target / "journal.jsonl").read_text().splitlines()),
                    "files": {
                        str(p.relative_to(target)): hashlib.sha256(p.read_bytes()).hexdigest()
                        for p in target.rglob("*.flac")
                    },
                }
            )
    here, there = found
    assert len(here["files"]) == here["usable"] == count
    for key in here:
        print(f"{key}: {'the same' if here[key] == there[key] else 'DIFFERS'}")
    print(here["index_sha256"])
    assert here == there


# ----------------------------------------------------------------------------------------- pile


def pile(count: int) -> None:
    """Calls that weigh nothing: how many are drawn and not answered, what this process holds, what a call costs."""
    with three_nodes() as nodes, homes(nodes) as home:
        executor = executor_on("ray", home)
        list(executor.map(ray_calls.double, (Call(n) for n in range(1000)), count=1000))
        drawn, most = 0, 0

        def calls() -> Iterator[Call]:
            nonlocal drawn
            for n in range(count):
                drawn += 1
                yield Call(n)

        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        driver, services, begun = cpu_s([os.getpid()]), of_services(nodes), time.perf_counter()
        answered = 0
        for n, result in executor.map(ray_calls.double, calls(), count=count):
            assert result == {"twice": 2 * n}
            answered += 1
            most = max(most, drawn - answered)
        wall = time.perf_counter() - begun
        after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(
            f"{answered:,} calls in {wall:.1f} s: at most {most:,} drawn and not answered; memory of this process"
            f" {before:.0f} -> {after:.0f} MB at its peak; CPU ms per call: this process"
            f" {(cpu_s([os.getpid()]) - driver) / count * 1e3:.3f}, Ray's services"
            f" {(of_services(nodes) - services) / count * 1e3:.3f}"
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pool", action="store_true")
    parser.add_argument("--minutes", type=float, default=20, help="of mp3 that --pool makes")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--folder", type=Path, default=Path(tempfile.gettempdir()) / "mudata-benchmark-audio")
    parser.add_argument("--same", type=int, metavar="CLIPS")
    parser.add_argument("--kills", type=int, metavar="SEEDS")
    parser.add_argument("--first-seed", type=int, default=0, help="of --kills")
    parser.add_argument("--clips", type=int, default=900, help="of each seed of --kills")
    parser.add_argument("--pile", type=int, metavar="CALLS")
    options = parser.parse_args()
    if not any((options.pool, options.same, options.kills, options.pile)):
        options.pool, options.same, options.kills, options.pile = True, 2000, 3, 100_000
    if options.pool:
        pool(options.folder / f"{options.minutes:g}-minutes", options.minutes, options.rounds)
    if options.same:
        same(options.same)
    if options.kills:
        kills(range(options.first_seed, options.first_seed + options.kills), options.clips)
    if options.pile:
        pile(options.pile)


if __name__ == "__main__":
    main()
