"""Thirty raters at once on one server of a listening test, and the same while it is killed again and again.

    python benchmarks/listening_load.py                  # 30 raters of 22 trials, then 50 kills with seeds
    python benchmarks/listening_load.py --kills 5 --json

Raters are programs that fetch each page, its sounds and send its answers as fast as they are served; a person takes
some twenty seconds for a trial, so that 30 of them ask for a hundredth of this. They run on the same machine as the
server and share its cores: judge by the server's CPU seconds. Stimuli last 50 ms, which nobody has to wait for.
"""

from __future__ import annotations

import argparse
import json
import resource
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "support"))

from listening_tests import listening_test, on_disk
from rater_client import RatingServer, lost_and_doubled, rate_all

from mudata.home import Home
from mudata.web.rating_pages.rater_screens import asset_files

SOUND_S = 0.05


def quantile(waits: list[float], share: float) -> float:
    return sorted(waits)[min(len(waits) - 1, int(share * len(waits)))]


def load(folder: Path, raters: int, rated: int) -> dict[str, Any]:
    """All raters at once, to the end."""
    home = Home(folder / "load")
    test = on_disk(home, listening_test("load", "mos", raters=raters, rated=rated, seconds=SOUND_S))
    server = RatingServer(home.root, "load", folder / "load.log")
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    began = time.perf_counter()
    clients = rate_all(server, seed=0)
    wall = time.perf_counter() - began
    server.stop()
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    waits = {kind: [w for client in clients for w in client.waits[kind]] for kind in ("page", "sound", "answer")}
    requests = sum(map(len, waits.values()))
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return {
        "raters": raters,
        "trials": len(waits["answer"]),
        "requests": requests,
        "seconds": round(wall, 1),
        "answers_per_s": round(len(waits["answer"]) / wall, 1),
        "server_cpu_s": round(cpu, 1),
        "server_cpu_ms_per_request": round(1000 * cpu / requests, 2),
        "ms": {
            kind: {f"p{share}": round(1000 * quantile(w, share / 100), 1) for share in (50, 95, 99)}
            for kind, w in waits.items()
        },
        "bytes_of_a_page": max(client.weight for client in clients),
        "bytes_of_style_and_script": sum(map(len, asset_files().values())),
        **lost_and_doubled(test, server.links, clients),
    }


def kills(folder: Path, number: int, raters: int, per_test: int = 10) -> dict[str, Any]:
    """Some raters with a server that is killed ten times a test, at moments that the seed draws."""
    found = {"kills": 0, "retries": 0, "acknowledged": 0, "lost": 0, "doubled": 0}
    for seed in range(-(-number // per_test)):
        home = Home(folder / f"kills-{seed}")
        times = min(per_test, number - found["kills"])
        test = on_disk(home, listening_test("kills", "mos", raters=raters, rated=30, seconds=SOUND_S))
        server = RatingServer(home.root, "kills", folder / "kills.log")
        clients = rate_all(server, seed=seed, kills=times, every=(1, 2 * raters))
        server.stop()
        one = lost_and_doubled(test, server.links, clients)
        for key in ("acknowledged", "lost", "doubled"):
            found[key] += one[key]
        found["retries"] += sum(client.retries for client in clients)
        found["kills"] += times
    return found


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--raters", type=int, default=30)
    asked.add_argument("--rated", type=int, default=20, help="trials of a rater, besides practice and check")
    asked.add_argument("--kills", type=int, default=50)
    asked.add_argument("--json", action="store_true")
    given = asked.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        result = {"load": load(folder, given.raters, given.rated), "killed": kills(folder, given.kills, 6)}
    if given.json:
        print(json.dumps(result, indent=1))
        return
    for title, found in result.items():
        print(title)
        for key, value in found.items():
            print(f"  {key:28} {value}")


if __name__ == "__main__":
    main()
