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
        ("r1", "toy/a", "pop", None, 0.5, None, "toy/a", None),
        ("r1", "toy/b", "roc\nk ü", None, 0.25, None, "toy/b", None),
    ]
    assert ask(home, "SELECT * FROM scores ORDER BY metric") == [
        ("r1", "accuracy", 0.5, 0.1, 0.9, 2, "top-1", 2, "Wilson"),
        ("r1", "rest", None, None, None, 2, None, None, None),
    ]
    index.rebuild(home)
    with duckdb.connect(str(home.index / index.DATABASE), read_only=True) as connection:
        for table, rows in (("runs", 2), ("answers", 2), ("scores", 2)):
            assert connection.execute(f"SELECT count(*) FROM {table}").fetchall() == [(rows,)]


def test_floors_of_all_kinds_are_a_table(home: Home) -> None:
    metric = {"metric": "micro_f1", "value": 0.5, "low": None, "high": None, "n": 2, "recipe": "r"}
    floors = {"metrics": [{**metric, "metric": "constant", "value": 0.25, "recipe": "always pop"}]}
    exam = {"floors": [{"name": "longest", "title": "longest option", "value": 0.4, "n": 5, "option": None}]}
    _run(home, "r1", scores=json.dumps({"metrics": [metric], "floors": floors, "exam": exam}))
    chance = {**metric, "metric": "chance_mirex", "value": 0.08}
    _run(home, "r2", scores=json.dumps({"metrics": [metric, chance], "exam": None}))
    assert ask(home, "SELECT * FROM floors ORDER BY run, floor") == [
        ("r1", "constant", 0.25, 2, "always pop"),
        ("r1", "longest", 0.4, 5, "longest option"),
        ("r2", "chance_mirex", 0.08, 2, "r"),
    ]
    assert ask(home, "SELECT run, metric FROM scores WHERE metric = 'constant'") == []


def test_items_are_joined_by_their_own_id_and_clips_by_theirs(home: Home) -> None:
    said = [
        {"key": "k", "item_id": "toy/p1", "answer": "first", "error": None, "joined": 1.0},
        {"key": "k", "item_id": "toy/p2", "answer": None, "error": "crash: x"},
        {"key": "k", "clip_id": "toy/a", "answer": "120", "error": None},
        {"key": "k", "item_id": "toy/p2", "answer": "second", "error": None},
    ]
    asked = [
        {
            "item_id": "toy/p1", "dataset": "toy", "gold": ["first"], "prompt": "Which?",
            "options": ["first", "second"],
            "clips": [{"clip_id": "toy/b", "artist": "x"}, {"clip_id": "toy/a", "pcm_sha256": "0"}], "cluster": "piece",
        },
        {
            "item_id": "toy/p2", "dataset": "toy", "gold": ["first"],
            "clips": [{"clip_id": "toy/b"}, {"clip_id": "toy/c"}],
        },
        {"clip_id": "toy/a", "dataset": "toy", "pcm_sha256": "", "gold": ["119"], "artist": None},
    ]  # fmt: skip
    read = [{"item_id": "toy/p1", "dataset": "toy", "status": "ALIGNED", "label": "first", "worth": {"accuracy": 1.0}}]
    folder = _run(home, "r1", "".join(json.dumps(line) + "\n" for line in said).encode())
    for name, lines in (("questions", asked), ("alignments", read)):
        (folder / f"{name}.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    query = "SELECT item_id, questions.clip_id, clips, gold[1], answer, joined"
    assert ask(home, f"{query} FROM questions JOIN answers USING (run, item_id) ORDER BY item_id") == [
        ("toy/a", "toy/a", ["toy/a"], "119", "120", None),
        ("toy/p1", None, ["toy/b", "toy/a"], "first", "first", 1.0),
        ("toy/p2", None, ["toy/b", "toy/c"], "first", "second", None),
    ]
    rest = "SELECT prompt, options, category, cluster, difficulty FROM questions ORDER BY item_id"
    assert ask(home, rest)[1] == ("Which?", ["first", "second"], None, "piece", None)
    assert ask(home, "SELECT item_id, clip_id, label, (worth->'accuracy')::DOUBLE FROM alignments") == [
        ("toy/p1", None, "first", 1.0)
    ]


_CATALOG_ONLY = """
    import sys
    from pathlib import Path
    from mudata.catalog.index import database
    from mudata.home import Home

    database.rebuild(Home(Path(sys.argv[1])))
    ours = {name for name in sys.modules if name.startswith("mudata.evaluation.")}
    views = {"mudata.evaluation.run_views", "mudata.evaluation.listening.rating_views"}
    assert ours == views | {"mudata.evaluation.listening"}
"""


def test_who_imports_the_catalog_alone_does_not_drop_the_tables_of_runs(home: Home) -> None:
    shelve(home, clips=[{"id": "a"}])
    _run(home, "r1", b'{"clip_id": "toy/a", "answer": "pop"}\n')
    command = [sys.executable, "-c", textwrap.dedent(_CATALOG_ONLY), str(home.root)]
    subprocess.run(command, check=True)
    with duckdb.connect(str(home.index / index.DATABASE), read_only=True) as connection:
        assert connection.execute("SELECT run, clip_id, answer FROM answers").fetchall() == [("r1", "toy/a", "pop")]
        assert connection.execute("SELECT count(*) FROM scores").fetchall() == [(0,)]
