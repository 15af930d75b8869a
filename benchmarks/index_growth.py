"""How time and memory grow with the number of clips: what `benchmarks/index.py` does with more than one size.

Every step is a process of its own, so that its peak of memory is its own; steps of two builds take turns. The index of
each size is simulated, published from Parquet files and kept in a folder, with what was measured, so that sizes can be
measured one after another and the table be made of all.
"""

from __future__ import annotations

import json
import os
import shutil
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import simulated_index

from mudata.catalog.index import database
from mudata.home import Home

OWN = Path(__file__).parents[1]
DOCS = OWN / "docs" / "performance.md"
BEGIN, END = "<!-- table: python benchmarks/index.py --write -->", "<!-- end of table -->"
SMALL = 1_000
"""Clips of the index beside which the cold start of `mudata sql` is looked at."""

_STEP = """
import json, sys, time
from pathlib import Path
import mudata
assert Path(mudata.__file__).parents[1] == Path.cwd(), mudata.__file__
from mudata.catalog.index import database
from mudata.catalog.splits import draw, leaks, manifest, stratify
from mudata.catalog.splits.split_request import SplitRequest
from mudata.home import Home

step, home, given = sys.argv[1], Home(Path(sys.argv[2])), Path(sys.argv[3])
SOURCE = "(SELECT clip_id, namespace, canonical AS label FROM labels)"

def publish():
    files = {name: given / f"{name}.parquet" for name in ("clips", "labels")}
    return str(database.publish(home, "synthetic", {**files, "datasets": about()}).name)

def about():
    import duckdb
    from mudata.catalog.tables import TABLES
    told = {"dataset": "'synthetic'", "card_sha256": "repeat('0', 64)", "usage": "'unrestricted'"}
    row = ", ".join(f"{told.get(c.name, 'NULL')}::{c.type} AS {c.name}" for c in TABLES["datasets"])
    return duckdb.sql(f"SELECT {row}").to_arrow_table()

def count():
    with database.connect(home) as connection:
        rows = timed(lambda: connection.execute("SELECT canonical, count(*) FROM labels GROUP BY 1").fetchall())
    return len(rows)

def drawn():
    with database.connect(home) as connection:
        table = timed(lambda: stratify.per_label(connection, SOURCE, None, 100, 20261123))
    return hash_of(sorted(zip(table["label"].to_pylist(), table["clip_id"].to_pylist())))

def split():
    wish = SplitRequest(name="grown", datasets=("synthetic",), stratify=("genre", "mood", "instrument"), per_label=100,
                        group=("artist",), parts={"train": 0.7, "test": 0.3}, best_effort=True)
    made = timed(lambda: draw.make(home, wish))
    manifest.save(home, made, force=True)
    return made.sha256

def leaky():
    with database.connect(home) as connection:
        part_of = manifest.load(home, "grown").part_of()
        counts = timed(lambda: leaks.find(connection, part_of)).counts()
        return hash_of([text.replace(",", "") for text in counts])  # builds write thousands in their own ways

def hash_of(value):
    import hashlib
    return hashlib.sha256(json.dumps(value).encode()).hexdigest()

seconds = None

def timed(work):
    global seconds
    begin = time.perf_counter()
    made = work()
    seconds = time.perf_counter() - begin
    return made

begin = time.perf_counter()
made = {"publish": publish, "count": count, "draw": drawn, "split": split, "leaks": leaky}[step]()
whole = time.perf_counter() - begin
# ru_maxrss begins at what the parent had
status = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
peak = int(status["VmHWM"].split()[0]) / 1024
print(json.dumps({"s": seconds or whole, "cpu": time.process_time(), "mb": peak, "made": made}))
"""


def measure(n: int, folder: Path, rounds: int, beside: Path | None) -> dict[str, Any]:
    """All steps for n clips, by their names, each the median of the rounds: seconds, processor seconds of the process,
    peak of its memory in MB; those of the other build as 'other ...'. Kept in the folder."""
    home = Home(folder / str(n))
    found: dict[str, list[dict[str, Any]]] = {}
    if database.current_generation(home, simulated_index.DATASET) is None:
        given = folder / f"given-{n}"
        given.mkdir(parents=True, exist_ok=True)
        simulated_index.write(n, given)
        found["publish"] = [_step("publish", home, given, OWN)]
        shutil.rmtree(given)
    builds = {"": OWN} | ({"other ": beside.resolve()} if beside else {})
    for step in ("count", "draw", "split", "leaks"):
        for _ in range(1 if step == "leaks" else rounds):
            for name, build in builds.items():
                found.setdefault(f"{name}{step}", []).append(_step(step, home, folder, build))
    small = Home(folder / str(SMALL))
    if n != SMALL:
        if database.current_generation(small, simulated_index.DATASET) is None:
            database.publish(small, simulated_index.DATASET, simulated_index.tables(SMALL))
        for _ in range(rounds * 3):
            for name, own in (("sql", home), ("sql of 1,000", small)):
                found.setdefault(name, []).append(_cold(own))
    for name in builds:
        for step in ("draw", "split", "leaks"):
            made = {row["made"] for row in found[f"{name}{step}"] + found[step]}
            assert len(made) == 1, f"{step} gives {made}"
    file = folder / f"growth-{n}.json"
    kept = json.loads(file.read_text()) if file.exists() else {}
    told = {
        step: {key: statistics.median(row[key] for row in rows) for key in ("s", "cpu", "mb")}
        for step, rows in found.items()
    }
    size = sum(path.stat().st_size for path in database.current_generations(home)["synthetic"].folder.iterdir())
    made = {**kept, **told, "size_mb": size / 1e6, "load": os.getloadavg()[1]}
    file.write_text(json.dumps(made, indent=1))
    return made


def _step(step: str, home: Home, given: Path, build: Path) -> dict[str, Any]:
    command = [sys.executable, "-c", _STEP, step, str(home.root), str(given)]
    done = subprocess.run(command, cwd=build, check=True, capture_output=True, text=True)  # -c looks into cwd first
    told: dict[str, Any] = json.loads("{" + done.stdout.rpartition("{")[2])  # older builds print DuckDB's progress
    return told


def _cold(home: Home) -> dict[str, float]:
    before = os.times()
    begin = time.perf_counter()
    command = [sys.executable, "-m", "mudata", "sql", "select 1"]
    subprocess.run(command, cwd=OWN, env={**os.environ, "MUDATA_HOME": str(home.root)}, check=True, capture_output=True)
    after = os.times()
    cpu = after.children_user + after.children_system - before.children_user - before.children_system
    return {"s": time.perf_counter() - begin, "cpu": cpu, "mb": 0}


def table(folder: Path) -> list[str]:
    """What was measured of all sizes, as lines of Markdown."""
    files = {int(path.stem.removeprefix("growth-")): path for path in folder.glob("growth-*.json")}
    found = {n: json.loads(files[n].read_text()) for n in sorted(files)}
    lines = ["| step | " + " | ".join(f"{n:,} clips" for n in found) + " |", "|---|" + "---:|" * len(found)]
    for step, what in _STEPS.items():
        cells = [_cell(own.get(step)) for own in found.values()]
        if any(cells):
            lines.append(f"| {what} | {' | '.join(cells)} |")
    for what, key in (("files on the disk, MB", "size_mb"), ("processes that ran or waited to (load)", "load")):
        lines.append(f"| {what} | {' | '.join(f'{own.get(key, 0):,.0f}' for own in found.values())} |")
    return lines


def _cell(told: dict[str, float] | None) -> str:
    if told is None:
        return ""
    memory = f", {told['mb']:,.0f} MB" if told["mb"] else ""
    return f"{told['s']:.3g} s ({told['cpu']:.3g} CPU){memory}"


_STEPS = {
    "publish": "write the index",
    "count": f"count {simulated_index.LABELS} labels",
    "draw": "draw 100 clips for each label",
    "other draw": "the same, the build before",
    "split": "`split --per-label 100 --group artist`",
    "other split": "the same, the build before",
    "leaks": "`split leaks` of it",
    "other leaks": "the same, the build before",
    "sql": '`mudata sql "select 1"`, cold',
    "sql of 1,000": "the same with 1,000 clips",
}


def write(folder: Path) -> None:
    """The table into docs/performance.md."""
    text = DOCS.read_text(encoding="utf-8")
    before, _, rest = text.partition(BEGIN)
    after = rest.partition(END)[2]
    DOCS.write_text("\n".join([f"{before}{BEGIN}", *table(folder), f"{END}{after}"]), encoding="utf-8")
