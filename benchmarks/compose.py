"""What composing an exam costs beside the bare synthesiser that plays it, in one run.

    python benchmarks/compose.py                    # 1,000 pieces of about 20 s
    python benchmarks/compose.py --items 100 --json

`floor` is a loop in one process that does nothing but play the pieces (`renderer.render`, embedded engine), their
notes made before and imports not counted; `synthesise` is the inmost part of it, without fades, mean and scaling.
`compose` is `mudata compose tempo` as a user types it, with its processes: planned, written as notes, played, kept as
WAV, hashed, normalised to FLAC, indexed with items, split. CPU seconds of all processes are counted, so that a busy
machine disturbs little; `x_real_time` is seconds of music per CPU second. Aims: 100 times real time, 1.4 times the
floor.
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
from math import ceil

SEED = 20240901


def cpu() -> float:
    """CPU seconds of this process and of those that it waited for."""
    own, children = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return own.ru_utime + own.ru_stime + children.ru_utime + children.ru_stime


def bare(items: int) -> dict[str, float]:
    """CPU seconds of composing notes, of the synthesiser, and of rendering; seconds of music."""
    from mudata.catalog.compose.arrangement import arrange
    from mudata.catalog.compose.exam_plan import ExamRequest
    from mudata.catalog.compose.exams import planned
    from mudata.catalog.compose.performance import rendered_parts
    from mudata.catalog.render.integer_tables import RATE
    from mudata.catalog.render.renderer import render
    from mudata.catalog.render.synthesiser import synthesise

    pieces = planned(ExamRequest(exam="tempo", seed=SEED, n=items)).pieces
    begun = cpu()
    played = [(rendered_parts(arrange(piece)), piece.duration_s) for piece in pieces]
    notes = cpu() - begun
    render(played[0][0], seconds=1.0)  # its tables are made
    begun = cpu()
    for parts, seconds in played:
        synthesise(parts, ceil(seconds * RATE))
    synthesised = cpu() - begun
    begun = cpu()
    for parts, seconds in played:
        render(parts, seconds=seconds)
    return {
        "music_s": sum(seconds for _, seconds in played),
        "notes": notes,
        "synthesise": synthesised,
        "floor": cpu() - begun,
    }


def whole(items: int) -> dict[str, float]:
    """CPU and wall seconds of `mudata compose`, in a home that is thrown away."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "mudata", "compose", "tempo", "--seed", str(SEED), "--n", str(items), "-q"]
        begun, started = cpu(), time.perf_counter()
        subprocess.run(command, env=os.environ | {"MUDATA_HOME": folder}, check=True, stdout=subprocess.DEVNULL)
        return {"compose": cpu() - begun, "wall_s": time.perf_counter() - started}


def measure(items: int) -> dict[str, float]:
    """All figures, and the ratios that count."""
    command = [sys.executable, __file__, "--items", str(items), "--bare"]
    figures: dict[str, float] = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    figures |= whole(items)
    return figures | {
        "of_floor": figures["compose"] / figures["floor"],
        "of_synthesise": figures["compose"] / figures["synthesise"],
        "x_real_time": figures["music_s"] / figures["compose"],
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--items", type=int, default=1000)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--bare", action="store_true", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.bare:
        print(json.dumps(bare(given.items)))
        return
    figures = measure(given.items)
    if given.json:
        print(json.dumps(figures, indent=2))
        return
    for name, value in figures.items():
        print(f"{name:14} {value:10.2f}")


if __name__ == "__main__":
    main()
