"""What was gathered as files for other programs: Parquet, DuckDB, JSON, badges."""

# ruff: noqa: S608 - names come from `tables`, values go through `quote`

from __future__ import annotations

import json
import re
from dataclasses import asdict
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from mudata.catalog.read.scratch_database import scratch_database
from mudata.catalog.read.sql_literals import quote
from mudata.evaluation.metrics.interval_notes import clips_and_clusters
from mudata.evaluation.metrics.scored import headline_of
from mudata.evaluation.report import headline
from mudata.evaluation.report.badge import badge
from mudata.evaluation.run_views import RUN_TABLES, run_selects
from mudata.home import write_atomic
from mudata.version import __version__

if TYPE_CHECKING:
    import duckdb

    from mudata.evaluation.report.data import Panel, Report
    from mudata.evaluation.report.report_run import ReportRun

_PER_LABEL = pa.schema(
    [(name, pa.string()) for name in ("run", "dataset", "label")]
    + [(name, pa.int64()) for name in ("n", "said", "right")]
    + [(name, pa.float64()) for name in ("recall", "low", "high")]
    + [("clusters", pa.int64()), ("interval", pa.string())]
    + [(name, pa.float64()) for name in ("precision", "f1")]
)
_FLAT = (
    "SELECT run, model, task, split, answers.* EXCLUDE (run), alignments.* EXCLUDE (run, clip_id, item_id)"
    " FROM runs JOIN answers USING (run) JOIN alignments USING (run, item_id) ORDER BY run, item_id"
)


def save(report: Report, folder: Path) -> dict[Path, str]:
    """Write answers.parquet, report.duckdb, report.json, results/<run>.json and badge-<run>.svg;
    what each file is, by path."""
    files: dict[str, tuple[bytes | str, str]] = {
        "answers.parquet": (parquet(report), "every answer and how it was read"),
        "report.json": (_json(overview(report)), "headlines, scores, tests and published values"),
        "report.duckdb": (database(report), "tables runs, questions, answers, alignments, scores, per_label"),
    }
    for run in report.runs:
        files[f"results/{stem(run)}.json"] = result_text(run), "results"
        files[f"badge-{stem(run)}.svg"] = badge(run) + "\n", "badge"
    for name, (data, _) in files.items():
        write_atomic(folder / name, data)
    return {folder / name: what for name, (_, what) in files.items()}


def parquet(report: Report) -> bytes:
    """One row per run and clip:
    the columns of the tables `answers` and `alignments`, and whose they are."""
    with TemporaryDirectory() as folder, scratch_database() as connection:
        _fill(connection, report)
        path = Path(folder) / "answers.parquet"
        connection.execute(f"COPY ({_FLAT}) TO {quote(str(path))} (FORMAT parquet, COMPRESSION zstd)")
        return path.read_bytes()


def database(report: Report) -> bytes:
    """A DuckDB file with the tables of RUN_TABLES, of these runs alone, and per_label."""
    with TemporaryDirectory() as folder:
        file = Path(folder) / "report.duckdb"
        with scratch_database(file) as connection:
            _fill(connection, report)
        return file.read_bytes()


def result(run: ReportRun) -> dict[str, Any]:
    """A run's scores in the manner of MTEB's task results: one entry per dataset under the name of
    the part, its headline as `main_score`, every metric beside its interval. A revision is the hash
    of the indexed rows, or of the card where answers were imported with references of their own."""
    settings, scores = run.settings, run.scores
    tasks = {task.dataset: task for task in settings.tasks}
    entries = []
    for dataset, part in scores["datasets"].items():
        metrics = {metric["metric"]: metric for metric in part["metrics"]}
        main = headline_of(scores["kind"], metrics)
        entries.append(
            {
                "dataset": dataset,
                "dataset_revision": settings.index_sha256.get(dataset) or tasks[dataset].card_sha256,
                "main_metric": main,
                "main_score": metrics[main]["value"],
                "n": part["n"],
                "basis": clips_and_clusters(part["n"], part.get("clusters")),
                "outcomes": part["outcomes"],
                **{name: metric["value"] for name, metric in metrics.items()},
                "intervals": {name: [metric["low"], metric["high"]] for name, metric in metrics.items()},
                "interval_methods": {name: metric.get("interval", "") for name, metric in metrics.items()},
                "clusters": {name: metric.get("clusters") for name, metric in metrics.items()},
            }
        )
    seconds = round(sum(float(session.wall_s) for session in settings.sessions), 3)
    return {
        "task_name": scores["task"],
        "model": run.model,
        "run": run.id,
        "mudata_version": scores.get("mudata_version") or __version__,
        "aligner": scores.get("aligner"),
        "control": settings.control,
        "split": {"name": scores["split"], "sha256": settings.split_sha256},
        "prompt_sha256": {dataset: task.prompt_sha256 for dataset, task in tasks.items()},
        "scores": {scores.get("part") or "all": entries},
        "evaluation_time": seconds if settings.sessions else None,
    }


def result_text(run: ReportRun) -> str:
    return _json(result(run))


def overview(report: Report) -> dict[str, Any]:
    """What the page says before any answer is looked at: per panel its headline, the runs with what
    must be known of them, the tests, and what was published. Shares are fractions."""
    return {
        "title": report.title,
        "mudata_version": __version__,
        "tests": headline.tests(report),
        "panels": [_panel(panel) for panel in report.panels],
    }


def _panel(panel: Panel) -> dict[str, Any]:
    pairs = panel.measured.pairs if panel.measured else ()
    return {
        "dataset": panel.dataset,
        "task": panel.task,
        "split": panel.split,
        "part": panel.part,
        "metric": panel.headline,
        "headline": headline.headline(panel),
        "clips": panel.clips,
        "basis": panel.basis,
        "compared": panel.compared,
        "test": panel.test,
        "same_clips": not panel.unequal,
        "not_compared": panel.incomparable,
        "runs": [
            {
                "run": entry.run.id,
                "name": entry.name,
                "control": entry.run.settings.control,
                "n": entry.n,
                "basis": entry.basis,
                **{key: entry.metrics[panel.headline].get(key) for key in ("value", "low", "high", "interval")},
                **{key: entry.metrics[panel.headline].get(key) for key in ("clusters", "interval")},
                "group": panel.groups.get(entry.run.id),
                "floor": asdict(panel.floors[entry.run.id]) if entry.run.id in panel.floors else None,
                "flags": [{"flag": flag.text, "why": flag.why} for flag in entry.flags],
            }
            for entry in panel.entries
        ],
        "pairs": [
            {key: value for key, value in asdict(pair).items() if not key.startswith("clips_")} for pair in pairs
        ],
        "published": [asdict(anchor) for anchor in panel.anchors],
    }


def _json(value: dict[str, Any]) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"


def stem(run: ReportRun) -> str:
    """A run's id as part of a file's name."""
    return re.sub(r"[^\w.-]+", "-", run.id)


def _fill(connection: duckdb.DuckDBPyConnection, report: Report) -> None:
    """Put the runs into an empty database."""
    selects = run_selects([run.folder for run in report.runs])
    rows = [{"run": run.id, **row} for run in report.runs for row in run.scores["per_label"]]
    connection.execute("BEGIN")  # in one go: every commit waits for the disk
    for table, select in selects.items():
        keys = ", ".join(column.name for column in RUN_TABLES[table] if column.name in ("run", "item_id"))
        connection.execute(f"CREATE TABLE {table} AS SELECT * FROM ({select}) ORDER BY {keys}")
    connection.register("said", pa.Table.from_pylist(rows, _PER_LABEL))
    connection.execute("CREATE TABLE per_label AS SELECT * FROM said")
    connection.execute("COMMIT")
