"""What a store that machines share costs: publishing, the first query, clips cold and warm, beside the home alone.

    python benchmarks/object_store.py                      # 1,000 clips of 10 s, moto's server of S3 on 127.0.0.1
    python benchmarks/object_store.py --clips 200 --json
    python benchmarks/object_store.py --url s3://bucket/prefix   # a real one: `bench` is published, and removed

The server is a process of its own; CPU seconds are those of mudata alone, with its workers. Loopback shows what mudata
and its client add to a byte. It shows no latency, no bandwidth of a network, and no limit of requests; the server is
Python, so that wall time of cold reads is mostly its own. Judge by CPU seconds, and by ratios of the same run.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import soundfile
from loading import CARD
from normalise import music

SERVER = """
import sys, time
from moto.server import ThreadedMotoServer
server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
server.start()
print(*server.get_host_and_port(), flush=True)
sys.stdin.read()
"""
KEYS = {"AWS_ACCESS_KEY_ID": "bench", "AWS_SECRET_ACCESS_KEY": "bench", "AWS_DEFAULT_REGION": "us-east-1"}
ROUNDS = 5
QUERY = "SELECT genre, count(*), avg(duration_s) FROM {clips} JOIN {labels} USING (clip_id) GROUP BY ALL"


def cpu() -> float:
    return sum(sum(resource.getrusage(who)[:2]) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))


def measured(work: Callable[[], Any]) -> dict[str, float]:
    """Wall and CPU seconds of some work."""
    began, before = time.perf_counter(), cpu()
    work()
    return {"wall_s": time.perf_counter() - began, "cpu_s": cpu() - before}


def mudata_in(home: Path, url: str | None, *words: str) -> dict[str, float]:
    """A command in a process of its own, as a user types it."""
    environment = {key: value for key, value in os.environ.items() if not key.startswith("MUDATA_STORE")}
    environment |= {"MUDATA_HOME": str(home)} | ({"MUDATA_STORE": url} if url else {})
    command = [sys.executable, "-m", "mudata", *words]
    return measured(lambda: subprocess.run(command, env=environment, check=True, capture_output=True))


def clips_of(home: Path) -> list[Any]:
    from mudata.catalog.audio.stored_clip import COLUMNS, StoredClip, clips_as
    from mudata.catalog.index import database
    from mudata.home import Home

    with database.connect(Home(home)) as connection:
        source = f"SELECT {', '.join(COLUMNS)} FROM {clips_as(repaired=False)} WHERE status = 'ok' ORDER BY clip_id"
        return [StoredClip.of_row(Home(home), row) for row in connection.sql(source).to_arrow_table().to_pylist()]


def hear(home: Path, url: str | None, threads: int) -> dict[str, float]:
    """All clips of a home, in this process."""
    os.environ.pop("MUDATA_STORE", None)
    os.environ |= {"MUDATA_HOME": str(home)} | ({"MUDATA_STORE": url} if url else {})
    clips = clips_of(home)
    with ThreadPoolExecutor(threads) as pool:
        return measured(lambda: list(pool.map(lambda clip: len(clip.samples()), clips)))


def queries(home: Path, url: str) -> dict[str, dict[str, float]]:
    """One query over the index, where it was copied to and where it lies, by DuckDB through fsspec."""
    import duckdb

    from mudata.catalog.index import database
    from mudata.home import Home
    from mudata.object_store import shared_files

    os.environ |= {"MUDATA_HOME": str(home), "MUDATA_STORE": url}
    here = database.current_generation(Home(home), "bench")
    seen, shared = shared_files.seen(Home(home), "bench"), shared_files.store()
    assert here
    assert seen
    assert shared
    with duckdb.connect() as connection:
        connection.register_filesystem(shared.fs)
        found = {}
        for name, folder in (("copied", str(here)), ("through fsspec", f"{shared.url}/{seen.record.index}")):
            tables = {table: f"read_parquet('{folder}/{table}.parquet')" for table in ("clips", "labels")}
            tables["labels"] = f"(SELECT clip_id, label AS genre FROM {tables['labels']})"
            ask = QUERY.format(**tables)
            connection.execute(ask).fetchall()
            rounds = measured(lambda ask=ask: [connection.execute(ask).fetchall() for _ in range(ROUNDS)])
            found[f"query, index {name}"] = {key: value / ROUNDS for key, value in rounds.items()}
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clips", type=int, default=1000)
    parser.add_argument("--url", help="a store that is there; the environment has its keys")
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        server = None
        url = asked.url
        if not url:
            pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL}
            server = subprocess.Popen([sys.executable, "-c", SERVER], **pipes)
            host, port = server.stdout.readline().decode().split()
            os.environ |= KEYS | {"AWS_ENDPOINT_URL": f"http://{host}:{port}"}
            import s3fs

            s3fs.S3FileSystem().mkdir("bench")
            url = "s3://bench/lab"
        try:
            report(run(folder, url, asked.clips), asked.clips, as_json=asked.json)
        finally:
            if server:
                server.stdin.close()
                server.wait()


def run(folder: Path, url: str, clips: int) -> dict[str, dict[str, float]]:
    samples = music(0, 60.0, 22_050, 1)
    for number in range(clips):
        path = folder / "raw" / ("odd" if number % 2 else "even") / f"{number:05}.wav"
        path.parent.mkdir(parents=True, exist_ok=True)
        begin = 997 * number % (len(samples) - 220_500)
        soundfile.write(path, samples[begin : begin + 220_500], 22_050, subtype="PCM_16")
    (folder / "cards").mkdir()
    card = CARD.format(name="bench", form="wav").replace("min: 29, max: 31", "min: 9, max: 11")
    (folder / "cards" / "bench.yaml").write_text(card)
    os.environ["MUDATA_CARDS"] = str(folder / "cards")
    first, second, alone = (folder / name for name in ("first", "second", "alone"))
    fetch = ("fetch", "bench", "--from", str(folder / "raw"), "--copy")
    count = ("sql", "SELECT count(*) FROM clips")
    rows = {"fetch, without a store": mudata_in(alone, None, *fetch)}
    rows["fetch and publish"] = mudata_in(first, url, *fetch)
    rows["fetch of what the store has"] = mudata_in(folder / "third", url, "fetch", "bench")
    rows["first sql on an empty home"] = mudata_in(second, url, *count)
    rows["sql again"] = mudata_in(second, url, *count)
    rows["sql, without a store"] = mudata_in(alone, None, *count)
    rows |= queries(second, url)
    hear(alone, None, 1)  # what decodes is imported, and files are in the system's cache
    rows["clips, home alone"] = hear(alone, None, 1)
    rows["clips, store, cold"] = hear(second, url, 1)
    rows["clips, store, warm"] = hear(second, url, 1)
    rows["clips, store, cold, 16 threads"] = hear(folder / "third", url, 16)
    mudata_in(first, url, "rm", "bench", "--yes", "--everywhere")
    return rows


def report(rows: dict[str, dict[str, float]], clips: int, *, as_json: bool) -> None:
    if as_json:
        print(json.dumps({"clips": clips, **rows}, indent=1))
        return
    print(f"{clips} clips of 10 s, wav 22,050 Hz mono, FLAC copies")
    for name, row in rows.items():
        print(f"{name:34} {row['wall_s']:8.3f} s wall {row['cpu_s']:8.3f} s CPU")


if __name__ == "__main__":
    main()
