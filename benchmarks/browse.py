"""What pages of a million clips cost: `mudata browse` in a process of its own, asked over HTTP.

    python benchmarks/browse.py                       # about three minutes, most of it to write the index
    python benchmarks/browse.py --clips 100000 --rounds 5 --json
    python benchmarks/browse.py --home FOLDER         # keeps the index, or takes the one that is there

Rows are those of `simulated_index`, and a caption of ten words for every fourth clip. Each round asks each page with
other words, labels and places, so that no count is known from before; the first round is told by itself. Seconds are by
the clock and by the server's processor; judge by the latter on a busy machine. At last several ask at once.
"""

from __future__ import annotations

import argparse
import base64
import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import quote

import httpx2
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from simulated_index import DATASET, LABELS, SEED, write

from mudata.catalog.index import database
from mudata.home import Home

TARGETS = {"first page": 0.5, "start again": 0.5}
FILTER_S = 1.0
"""Seconds: what is aimed at, of every page but the first."""
ROOM = 120
SPOKEN = ("piano+voice+warm", "slow+fast", "calm+drums")


def make(home: Home, clips: int) -> None:
    """An index of so many clips."""
    with tempfile.TemporaryDirectory() as folder:
        files: dict[str, pa.Table | Path] = dict(write(clips, Path(folder)))
        rng = np.random.default_rng(SEED)
        words = np.array(["warm", "bright", "slow", "fast", "piano", "guitar", "voice", "drums", "calm", "strange"])
        ids = [f"{DATASET}/track_{i:08d}" for i in range(0, clips, 4)]
        texts = [" ".join(own) for own in words[rng.integers(0, len(words), (len(ids), 10))]]
        captions = {"clip_id": ids, "dataset": [DATASET] * len(ids), "kind": ["caption"] * len(ids), "text": texts}
        files["captions"] = Path(folder) / "captions.parquet"
        pq.write_table(pa.table(captions), files["captions"])
        about = {"dataset": DATASET, "title": "Simulated", "declared": clips, "usable": clips, "card_sha256": "0" * 64}
        shape = {row.name: row for row in database.TABLES["datasets"]}
        kinds = {"VARCHAR": pa.string(), "BIGINT": pa.int64(), "VARCHAR[]": pa.list_(pa.string())}
        columns = {
            name: pa.array([about.get(name)], kinds.get(column.type, pa.timestamp("us", "UTC")))
            for name, column in shape.items()
        }
        database.publish(home, DATASET, {"datasets": pa.table(columns), **files})


def pages(clips: int) -> dict[str, Callable[[int], str]]:
    """By name, the address of a page in a round."""

    def label(n: int) -> str:
        which = (7 * n) % LABELS
        return quote(f"{('genre', 'mood', 'instrument')[which % 3]}:label {which:03d}")

    def place(n: int, clips: int) -> str:
        clip_id = f"{DATASET}/track_{(500_000 + 50 * n) % clips:08d}"
        return base64.urlsafe_b64encode(json.dumps([clip_id, clip_id]).encode()).decode().rstrip("=")

    return {
        "start again": lambda n: "/",
        "clips": lambda n: "/clips",
        "page 10,000": lambda n: f"/clips?after={place(n, clips)}",
        "by label": lambda n: f"/clips?label={label(n)}",
        "by two labels": lambda n: f"/clips?label={label(n)}&label={label(n + 1)}",
        "by artist": lambda n: f"/clips?artist=artist_{n * 13 % 40000:06d}",
        "words anywhere": lambda n: f"/clips?q={'abcdefghij'[n % 10]}{'klmnopqrst'[n % 7]}",
        "words in captions": lambda n: (
            f"/clips?text={['piano+voice+warm', 'slow+fast', 'calm+drums'][n % 3]}&min={30 + n / 1e4}"
        ),
        "by duration": lambda n: f"/clips?min={30 + n / 1e3}&max=30.05",
        "by status": lambda n: f"/clips?status=quarantined&min={n / 10}",
        "sorted by title": lambda n: f"/clips?sort=title&min={n / 10}",
        "longest first": lambda n: f"/clips?sort=longest&max={30.09 - n / 1e4}",
        "dataset": lambda n: f"/dataset/{DATASET}",
        "clip": lambda n: f"/clip?id={DATASET}/track_{n * 7919 % clips:08d}",
    }


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--clips", type=int, default=1_000_000)
    options.add_argument("--rounds", type=int, default=20)
    options.add_argument("--users", type=int, default=8)
    options.add_argument("--home", type=Path)
    options.add_argument("--json", action="store_true")
    asked = options.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        home = Home(asked.home or Path(folder) / "home")
        if not database.current_generation(home, DATASET):
            make(home, asked.clips)
        told = measure(home, asked.clips, asked.rounds, asked.users)
    print(json.dumps(told, indent=1) if asked.json else "\n".join(lines(told)))


def measure(home: Home, clips: int, rounds: int, users: int) -> dict[str, object]:
    """Times of every page (ms), and the server's memory (MB)."""
    command = [sys.executable, "-m", "mudata", "browse", "--no-open", "--port", "0"]
    environment = os.environ | {"MUDATA_HOME": str(home.root)}
    server = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment)
    try:
        assert server.stdout is not None
        found = re.search(r"http://\S+", server.stdout.readline())
        assert found is not None
        process = Path(f"/proc/{server.pid}")
        begin = time.perf_counter()
        with httpx2.Client(base_url=found[0], timeout=ROOM) as client:
            first = client.get("/")
            first_s = time.perf_counter() - begin
            assert first.status_code == 200, first.text
            table = {name: timed(client, process, address, rounds) for name, address in pages(clips).items()}
            alone_mb = memory_mb(process)
            together = crowd(found[0], pages(clips), users)
        peak_mb = memory_mb(process)
    finally:
        server.terminate()
        server.wait()
    return {
        "clips": clips,
        "first page, s": round(first_s, 3),
        "pages": table,
        "together": together,
        "memory, MB": {"alone": round(alone_mb), "together": round(peak_mb)},
    }


def memory_mb(process: Path) -> float:
    """Resident memory of a process, by its folder in /proc."""
    return float(re.findall(r"VmRSS:\s+(\d+) kB", (process / "status").read_text())[0]) / 1000


def processor_s(process: Path) -> float:
    """Seconds of the processor that it has used, its own and the system's."""
    user, system = (process / "stat").read_text().rpartition(")")[2].split()[11:13]
    return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")


def timed(client: httpx2.Client, process: Path, address: Callable[[int], str], rounds: int) -> dict[str, float]:
    """Milliseconds of the first round, and p50 and p95 of the others, by the clock; of the processor; bytes."""
    seconds, sizes = [], []
    used = -processor_s(process)
    for n in range(rounds):
        begin = time.perf_counter()
        answer = client.get(address(n))
        seconds.append(time.perf_counter() - begin)
        assert answer.status_code == 200, (address(n), answer.status_code, answer.text[-600:])
        sizes.append(len(answer.content))
    used += processor_s(process)
    rest = sorted(seconds[1:]) or seconds
    return {
        "first": round(1000 * seconds[0]),
        "p50": round(1000 * statistics.median(rest)),
        "p95": round(1000 * rest[min(len(rest) - 1, int(0.95 * len(rest)))]),
        "cpu": round(1000 * used / rounds),
        "kB": round(max(sizes) / 1000, 1),
    }


def crowd(base: str, of: dict[str, Callable[[int], str]], users: int) -> dict[str, float]:
    """So many ask at once, each for every page: milliseconds of a page."""

    def one(user: int) -> list[float]:
        taken = []
        with httpx2.Client(base_url=base, timeout=ROOM) as client:
            for name, address in of.items():
                begin = time.perf_counter()
                answer = client.get(address(100 + user))
                assert answer.status_code == 200, (name, answer.status_code)
                taken.append(time.perf_counter() - begin)
        return taken

    with ThreadPoolExecutor(users) as pool:
        seconds = sorted(second for own in pool.map(one, range(users)) for second in own)
    p95 = seconds[int(0.95 * len(seconds))]
    return {"users": users, "p50": round(1000 * statistics.median(seconds)), "p95": round(1000 * p95)}


def lines(told: dict[str, object]) -> list[str]:
    """The figures as a Markdown table."""
    rows: dict[str, dict[str, float]] = told["pages"]  # type: ignore[assignment]
    first = told["first page, s"]
    made = [
        f"{told['clips']:,} clips; the very first page after the start: {first} s (target {TARGETS['first page']} s).",
        "",
        "| page | first, ms | p50, ms | p95, ms | processor, ms | kB | target, ms |",
        "|---|---|---|---|---|---|---|",
    ]
    for name, row in rows.items():
        target = 1000 * TARGETS.get(name, FILTER_S)
        values = " | ".join(f"{row[key]:,}" for key in ("first", "p50", "p95", "cpu", "kB"))
        made.append(f"| {name} | {values} | {target:,.0f} |")
    return [*made, "", f"Together: {told['together']}. Memory, MB: {told['memory, MB']}."]


if __name__ == "__main__":
    main()
