"""Runs, answers and scores as tables of the index, whoever writes or asks it."""

from __future__ import annotations

import json
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb

from mudata.catalog.index import database as index
from tests.support.shelf import shelve

if TYPE_CHECKING:
    from mudata.home import Home


def ask(home: Home, sql: str) -> list[tuple[Any, ...]]:
    with index.connect(home) as connection:
        return connection.execute(sql).fetchall()


def _run(home: Home, run: str, answers: bytes = b"", scores: str | None = None) -> Path:
    folder = home.runs / run
    folder.mkdir(parents=True)
    said = {"run": run, "model": "oracle", "split": "s", "task": "genre", "created_at": "2026-11-23T12:00:00+00:00"}
    (folder / "run.json").write_text(json.dumps(said | {"seed": 7, "tasks": [{"dataset": "toy"}]}))
    (folder / "answers.jsonl").write_bytes(answers)
    if scores:
        (folder / "scores.json").write_text(scores)
    return folder


def test_runs_answers_and_scores_are_tables_too(home: Home) -> None:
    answers = b"\n".join(
        json.dumps(line, ensure_ascii=False).encode()
        for line in (
            {"key": "k", "clip_id": "toy/a", "answer": None, "error": "timeout: 5 s", "seconds": 5.0},
            {"key": "k", "clip_id": "toy/b", "answer": "roc\nk ü", "error": None, "seconds": 0.25},
            {"key": "k", "clip_id": "toy/a", "answer": "pop", "error": None, "seconds": 0.5, "batch": 2},
        )
    )
    metric = {"metric": "accuracy", "value": 0.5, "low": 0.1, "high": 0.9, "n": 2, "recipe": "top-1", "dataset": "toy"}
    metric |= {"clusters": 2, "interval": "Wilson"}
    scores = json.dumps({"run": "r1", "metrics": [metric, {"metric": "rest", "value": None, "n": 2}], "n": 2})
    _run(home, "r1", answers + b'\n{"clip_id": "toy/c", "answer": "\xc3', scores)
    _run(home, "r2")
    torn = _run(home, "r3", b"", '{"metrics": [{"metr')
    (torn / "run.json").write_text('{"run": ')
    assert ask(home, "SELECT * EXCLUDE (settings, created_at), epoch(created_at)::BIGINT FROM runs ORDER BY 1") == [
        ("r1", "oracle", "s", "genre", 1795435200),
        ("r2", "oracle", "s", "genre", 1795435200),
    ]
    assert ask(home, "SELECT settings->'$.tasks[0].dataset', (settings->>'seed')::INT FROM runs WHERE run = 'r1'") == [
        ('"toy"', 7)
    ]
    assert ask(home, "SELECT * FROM answers ORDER BY clip_id") == [
        ("r1", "toy/a", "pop", None, 0.5, None),
        ("r1", "toy/b", "roc\nk ü", None, 0.25, None),
    ]
    assert ask(home, "SELECT * FROM scores ORDER BY metric") == [
        ("r1", "accuracy", 0.5, 0.1, 0.9, 2, "top-1", 2, "Wilson"),
        ("r1", "rest", None, None, None, 2, None, None, None),
    ]
    index.rebuild(home)
    with duckdb.connect(str(home.index / index.DATABASE), read_only=True) as connection:
        for table, rows in (("runs", 2), ("answers", 2), ("scores", 2)):
            assert connection.execute(f"SELECT count(*) FROM {table}").fetchall() == [(rows,)]


_CATALOG_ONLY = """
    import sys
    from pathlib import Path
    from mudata.catalog.index import database
    from mudata.home import Home

    database.rebuild(Home(Path(sys.argv[1])))
    ours = {name for name in sys.modules if name.startswith("mudata.evaluation.")}
    assert ours == {"mudata.evaluation.run_views"}
"""


def test_who_imports_the_catalog_alone_does_not_drop_the_tables_of_runs(home: Home) -> None:
    shelve(home, clips=[{"id": "a"}])
    _run(home, "r1", b'{"clip_id": "toy/a", "answer": "pop"}\n')
    command = [sys.executable, "-c", textwrap.dedent(_CATALOG_ONLY), str(home.root)]
    subprocess.run(command, check=True)
    with duckdb.connect(str(home.index / index.DATABASE), read_only=True) as connection:
        assert connection.execute("SELECT run, clip_id, answer FROM answers").fetchall() == [("r1", "toy/a", "pop")]
        assert connection.execute("SELECT count(*) FROM scores").fetchall() == [(0,)]
