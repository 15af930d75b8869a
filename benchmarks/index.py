"""What the index costs, side by side with pandas and Hugging Face datasets, on a million synthetic clips.

    python benchmarks/index.py                    # about a minute
    python benchmarks/index.py --clips 100000 --rounds 3 --json
    python benchmarks/index.py --files 10000      # also: fetching again when there is nothing to do
    python benchmarks/index.py --beside FOLDER    # also: dealing into parts, beside another checkout of mudata
    python benchmarks/index.py --grow FOLDER --clips 1000000 4000000 16000000 --beside OTHER --write

The last: how time and memory grow (see `index_growth`), the table into docs/performance.md. FOLDER keeps what was
simulated and measured (6 GB), so that the sizes can be measured in several runs; the largest takes ten minutes.

The rows are seeded, see `simulated_index`. All methods read the same Parquet file and take turns, so that a busy
machine disturbs all of them alike; judge by the ratios. Targets are printed beside the figures; they hold for a
million clips.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import duckdb
import index_growth
import numpy as np
from simulated_index import DATASET, LABELS, SEED, tables

from mudata.catalog.index import database, generations
from mudata.catalog.splits import stratify
from mudata.home import Home

PER_LABEL = 100
SOURCE = "(SELECT clip_id, namespace, canonical AS label FROM labels)"
HF_ROWS = 400_000
"""Rows of labels that Hugging Face datasets is given; its time for all of them is extrapolated in proportion."""


class Row(NamedTuple):
    """One line of the report."""

    what: str
    value: float
    unit: str
    target: str = ""


# ----------------------------------------------------------------------------------- the methods


def measured(methods: dict[str, Callable[[], object]], rounds: int) -> dict[str, float]:
    """Median seconds of each; they take turns."""
    seconds: dict[str, list[float]] = {name: [] for name in methods}
    for _ in range(rounds):
        for name, method in methods.items():
            begin = time.perf_counter()
            method()
            seconds[name].append(time.perf_counter() - begin)
    return {name: statistics.median(found) for name, found in seconds.items()}


def by_pandas(file: Path, frame: Any = None) -> Any:
    """Shuffle, then the first rows of every label; reads the file unless a frame is given."""
    import pandas as pd

    if frame is None:
        frame = pd.read_parquet(file, columns=["clip_id", "canonical"])
    return frame.sample(frac=1, random_state=SEED).groupby("canonical", sort=False).head(PER_LABEL)


def by_hugging_face(file: Path, rows: int) -> Any:
    """Shuffle, walk, take the first rows of every label; of the first `rows` rows."""
    import datasets

    datasets.disable_progress_bars()
    with tempfile.TemporaryDirectory() as cache:
        made = datasets.Dataset.from_parquet(str(file), columns=["clip_id", "canonical"], cache_dir=cache)
        made = made.select(range(min(rows, len(made))))
        begin = time.perf_counter()
        seen: dict[str, int] = {}
        chosen = []
        for position, row in enumerate(made.shuffle(seed=SEED)):
            seen[row["canonical"]] = seen.get(row["canonical"], 0) + 1
            if seen[row["canonical"]] <= PER_LABEL:
                chosen.append(position)
        made.shuffle(seed=SEED).select(chosen)
        return time.perf_counter() - begin


def drawn(connection: duckdb.DuckDBPyConnection, source: str = SOURCE) -> str:
    """A hash of the clips that are drawn."""
    rows = stratify.per_label(connection, source, None, PER_LABEL, SEED).to_pylist()
    return hashlib.sha256(json.dumps(rows).encode()).hexdigest()


def always_the_same(home: Home) -> tuple[int, int]:
    """How many draws there were, and how many different ones, over thread counts and row orders."""
    generation = database.current_generations(home)[DATASET]
    found = []
    for threads in (1, 2, 4):
        for order in ("", "ORDER BY md5(clip_id)", "ORDER BY label, clip_id DESC"):
            with duckdb.connect(config={"threads": threads}) as connection:
                connection.execute(f"CREATE VIEW labels AS {generations.select('labels', [generation.part('labels')])}")
                found.append(drawn(connection, f"(FROM {SOURCE} {order})"))
    return len(found), len(set(found))


def command_line(home: Home, query: str) -> Callable[[], object]:
    command = [sys.executable, "-m", "mudata", "sql", query]
    environment = {**os.environ, "MUDATA_HOME": str(home.root)}
    return lambda: subprocess.run(command, env=environment, check=True, capture_output=True)


_DEAL = """
import sys, time
from pathlib import Path
import mudata, numpy as np
from mudata.catalog.splits import stratify
assert Path(mudata.__file__).parents[1] == Path.cwd(), mudata.__file__
begins, found = np.load(sys.argv[1]).values()
found, begins = found.tolist(), begins.tolist()
labels = [found[a:b] for a, b in zip(begins, begins[1:])]
for shares in ((0.7, 0.1, 0.2), (0.1, 0.9)):
    sizes = stratify.apportion(len(labels), shares)
    begin = time.process_time()
    stratify.assign(range(len(labels)), labels, sizes, everywhere=len(shares) == 3)
    print(time.process_time() - begin)
"""


def dealing(n: int, rounds: int, beside: Path, folder: Path) -> list[Row]:
    """Dealing n clips into three parts, and drawing a tenth of them; processor time, both builds taking turns."""
    made = tables(n)["labels"]
    clip = np.asarray(made["clip_id"].dictionary_encode().combine_chunks().indices)
    label = np.asarray(made["canonical"].dictionary_encode().combine_chunks().indices)
    np.savez(folder / "labels.npz", begins=np.searchsorted(clip, np.arange(n + 1)), found=label)
    own = Path(__file__).parents[1]
    seconds: dict[Path, list[list[float]]] = {own: [], beside.resolve(): []}
    for _ in range(rounds):
        for build, found in seconds.items():
            done = subprocess.run(
                [sys.executable, "-c", _DEAL, str(folder / "labels.npz")],
                cwd=build,  # where python -c looks first for mudata
                check=True, capture_output=True, text=True,
            )  # fmt: skip
            found.append([float(line) for line in done.stdout.split()])
    rows = []
    for number, what in enumerate((f"deal {n:,} clips into three parts", "draw a tenth of them")):
        ours, theirs = (statistics.median(row[number] for row in found) for found in seconds.values())
        rows += [
            Row(what, ours, "s"),
            Row("  the other build", theirs, "s"),
            Row("  this build / the other", ours / theirs, "x", "<= 1.3"),
        ]
    return rows


# ---------------------------------------------------------------------------------- the report


def report(n: int, rounds: int, folder: Path) -> list[Row]:
    home = Home(folder)
    made = tables(n)
    labels = made["labels"].num_rows
    begin = time.perf_counter()
    generation = database.publish(home, DATASET, made)
    seconds = time.perf_counter() - begin
    size = sum(path.stat().st_size for path in generation.iterdir()) / 1e6
    del made
    file = generation / "labels.parquet"
    import pandas as pd

    frame = pd.read_parquet(file, columns=["clip_id", "canonical"])
    count = "SELECT canonical, count(*) FROM labels GROUP BY 1"
    with database.connect(home) as connection:
        found = measured(
            {
                "connect": lambda: database.connect(home).close(),
                "counts": lambda: connection.execute(count).fetchall(),
                "counts, pandas": frame["canonical"].value_counts,
                "draw": lambda: stratify.per_label(connection, SOURCE, None, PER_LABEL, SEED),
                "draw, pandas": lambda: by_pandas(file, frame),
                "draw, pandas from the file": lambda: by_pandas(file),
            },
            rounds,
        )
    cold = measured({q: command_line(home, q) for q in ("select 1", count)}, rounds)
    given = min(HF_ROWS, labels)
    hugging_face = by_hugging_face(file, given) * labels / given
    draws, different = always_the_same(home)
    draw, in_memory, from_file = (found[key] for key in ("draw", "draw, pandas", "draw, pandas from the file"))
    return [
        Row(f"publish {n:,} clips, {labels:,} labels", seconds, "s", "< 20"),
        Row("size of the parts", size, "MB", "< 100"),
        Row("connect", found["connect"], "s"),
        Row("count the labels", found["counts"], "s", "< 0.15"),
        Row("  pandas, in memory", found["counts, pandas"], "s"),
        Row(f"draw {PER_LABEL} clips for each of {LABELS} labels", draw, "s", "< 0.6"),
        Row("  pandas, in memory", in_memory, "s"),
        Row("  pandas, from the file", from_file, "s"),
        Row(f"  datasets, extrapolated from {given:,} rows", hugging_face, "s"),
        Row("  pandas in memory / index", in_memory / draw, "x", ">= 1.5"),
        Row("  pandas from the file / index", from_file / draw, "x", ">= 1.5"),
        Row("  datasets / index", hugging_face / draw, "x", ">= 100"),
        Row(f"different draws of {draws} (threads, orders)", different, "", "1"),
        Row('mudata sql "select 1", cold', cold["select 1"], "s", "< 0.5"),
        Row("mudata sql: count the labels, cold", cold[count], "s"),
    ]


def again(files: int, folder: Path) -> list[Row]:
    """Ingesting many tiny clips, and once more when nothing has changed."""
    import soundfile

    from mudata.catalog.audio.clip import AudioFormat
    from mudata.catalog.cards import loader
    from mudata.catalog.fetch.request import FetchRequest
    from mudata.catalog.ingest import ingest
    from mudata.catalog.read import reader

    home = Home(folder)
    rng = np.random.default_rng(SEED)
    for number in range(files):
        path = home.raw("tiny") / "files" / f"{number % 100:02d}" / f"{number:06d}.wav"
        path.parent.mkdir(parents=True, exist_ok=True)
        soundfile.write(path, rng.uniform(-0.5, 0.5, 800), 8000)
    (folder / "tiny.yaml").write_text(_TINY)
    card = loader.load(folder / "tiny.yaml")

    def take() -> object:
        return ingest(card, home, request=FetchRequest(), audio_format=AudioFormat())

    begin = time.perf_counter()
    take()
    first = time.perf_counter() - begin
    found = measured({"again": take, "read": lambda: reader.read(card, home.raw("tiny") / "files")}, 5)
    return [
        Row(f"ingest {files:,} tiny files", first, "s"),
        Row("again, nothing to do", found["again"], "s", "< 1 per 10,000"),
        Row("  of which reading", found["read"], "s"),
    ]


_TINY = """
name: tiny
title: Tiny files
summary: Noise for a tenth of a second.
tags: [genre]
format: wav
duration: {min: 0.1, max: 0.1}
licence: {text: CC0, usage: unrestricted, redistributable: true}
citation: {text: Nobody., bibtex: "@misc{nobody}"}
homepage: https://example.org
availability: open
sources: {all: {what: noise, mirrors: [{kind: local, how: Made by the benchmark.}]}}
clips: [{files: "{folder}/{stem}.wav"}]
labels: {genre: {part: folder, open: true}}
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clips", type=int, nargs="+", default=[1_000_000])
    parser.add_argument("--grow", type=Path, metavar="FOLDER", help="how time and memory grow with the number of clips")
    parser.add_argument("--write", action="store_true", help=f"with --grow: the table into {index_growth.DOCS.name}")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--files", type=int, default=0, help="also ingest so many tiny files, twice")
    parser.add_argument("--beside", type=Path, help="also deal clips into parts, beside the mudata of this checkout")
    parser.add_argument("--json", action="store_true", help="print JSON")
    asked = parser.parse_args()
    if asked.grow:
        for clips in asked.clips:
            index_growth.measure(clips, asked.grow, asked.rounds, asked.beside)
        print(*index_growth.table(asked.grow), sep="\n")
        if asked.write:
            index_growth.write(asked.grow)
        return
    with tempfile.TemporaryDirectory(prefix="mudata-benchmark-") as folder:
        clips = asked.clips[0]
        rows = report(clips, asked.rounds, Path(folder) / "index") if clips else []
        if asked.beside:
            rows += dealing(clips, asked.rounds, asked.beside, Path(folder))
        rows += again(asked.files, Path(folder) / "files") if asked.files else []
    if asked.json:
        print(
            json.dumps(
                {"cores": os.cpu_count(), "duckdb": duckdb.__version__, "rows": [row._asdict() for row in rows]},
                indent=1,
            )
        )
        return
    for row in rows:
        print(f"{row.what:50} {row.value:10.3f} {row.unit:2}  {row.target}".rstrip())


if __name__ == "__main__":
    main()
