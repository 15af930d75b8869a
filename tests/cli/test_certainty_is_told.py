"""Wherever numbers leave the program, they tell of how many clips and clusters they are, how their interval was found,
and what p is corrected for: on stdout or in the file, with and without --quiet."""

from __future__ import annotations

import csv
import io
import json
import re
import shutil
from pathlib import Path
from typing import Any

import duckdb
import pytest
from shell import typed

pytestmark = pytest.mark.slow

DATA = Path(__file__).parents[1] / "data" / "home-0.1.0"
CLIPS = "12 clips of 6 artists"
METHOD = re.compile(r"95 % (Wilson|cluster jackknife|jackknife)|none: ")
PAIRS = ("features-half-genre-d9088f15c4", "majority-half-genre-29a3eff86d", "served-half-genre-9d89e8d1ac")


@pytest.fixture(scope="module")
def scored(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The home of version 0.1.0, scored again; half-finished runs left out."""
    root = tmp_path_factory.mktemp("scored")
    shutil.copytree(DATA, root, dirs_exist_ok=True)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MUDATA_HOME", str(root / "home"))
        patch.setenv("MUDATA_CARDS", str(root / "cards"))
        assert typed("score", "-q").code == 0
    return root


@pytest.fixture(autouse=True)
def moved_in(scored: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MUDATA_HOME", str(scored / "home"))
    monkeypatch.setenv("MUDATA_CARDS", str(scored / "cards"))


@pytest.fixture(scope="module")
def report(scored: Path) -> Path:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MUDATA_HOME", str(scored / "home"))
        patch.setenv("MUDATA_CARDS", str(scored / "cards"))
        to = scored / "report"
        to.mkdir()
        done = typed("report", "-q", "-o", to / "page.html", "--data", to / "data", "--markdown", to / "table.md",
                     "--latex", to / "table.tex", "--no-waveforms")  # fmt: skip
        assert done.code == 0, done.err
    return to


@pytest.mark.parametrize("quiet", [(), ("-q",)])
def test_the_table_of_scores(quiet: tuple[str, ...]) -> None:
    out = typed("score", *quiet).out
    tables = out.split("\nmodel ")
    assert len(tables) == 3
    for table in tables:
        assert CLIPS in table
        assert METHOD.search(table), table
    one = typed("score", PAIRS[0], *quiet).out
    assert CLIPS in one
    assert METHOD.search(one)


def test_scores_as_json() -> None:
    for scores in json.loads(typed("score", "--json", "-q").out):
        for part in (scores, *scores["datasets"].values()):
            assert part["clusters"] == {"count": 6, "unknown": 0, "known": "6 artists"}
            for metric in part["metrics"]:
                told(metric)
        for row in (*scores["per_label"], *scores["policies"], *scores["opinions"]):
            assert row["n"] is not None
            assert row["clusters"] is not None
            assert row["interval"]


def told(metric: dict[str, Any]) -> None:
    """A number with its interval, or a constant, which needs none."""
    assert metric["n"] >= 1
    if metric["clusters"] is not None:
        assert metric["interval"], metric
        assert (metric["low"] is None) == metric["interval"].startswith("none")
    else:
        assert metric["value"] == metric["low"] == metric["high"], metric


@pytest.mark.parametrize("quiet", [(), ("-q",)])
def test_a_comparison(quiet: tuple[str, ...]) -> None:
    out = typed("compare", *PAIRS, *quiet).out
    assert re.search(r"12 clips.*6 (artists|groups of one artist)", out)
    assert re.search(r"Wilson|jackknife|none", out)
    assert re.search(r"Holm[^\n]*(3|all) pairs", out)


def test_a_comparison_as_json() -> None:
    said = json.loads(typed("compare", *PAIRS, "--json").out)
    assert (said["n"], said["independent"]) == (12, 6)
    for metric in said["metrics"]:
        assert "Holm" in metric["recipe"]
        assert re.search("Wilson|jackknife|none", metric["recipe"])


@pytest.mark.parametrize("name", ["table.md", "table.tex"])
def test_tables_for_papers(report: Path, name: str) -> None:
    text = (report / name).read_text("utf-8").replace("\\%", "%")
    tables = text.split("### ")[1:] if name.endswith(".md") else text.split(r"\begin{table}")[1:]
    assert len(tables) == 3
    for table in tables:
        assert CLIPS in table
        assert METHOD.search(table), table
    assert "Holm" in tables[0]


def test_the_page(report: Path) -> None:
    text = (report / "page.html").read_text("utf-8")
    captions = re.findall(r"<caption><span>(.*?)</span></caption>", text, re.DOTALL)
    scores = [one for one in captions if one.startswith("Best first.")]
    assert len(scores) == 3
    for caption in scores:
        assert CLIPS in caption
        assert METHOD.search(caption)
    (pairs,) = [one for one in captions if "on the clips that all runs have" in one]
    assert "Holm" in pairs
    assert CLIPS in pairs
    for caption in captions:
        if "ecall of each label" in caption:
            assert METHOD.search(caption), caption
        if "In per cent of all clips" in caption:
            assert CLIPS in caption


def test_data_for_other_programs(report: Path) -> None:
    overview = json.loads((report / "data" / "report.json").read_text("utf-8"))
    for panel in overview["panels"]:
        assert CLIPS in panel["basis"]
        assert METHOD.search(panel["basis"])
        assert "Holm" in panel["test"] or len(panel["runs"]) == 1
        for run in panel["runs"]:
            assert run["n"] == 12
            assert run["basis"] == CLIPS
            assert run["interval"]
    results = list((report / "data" / "results").glob("*.json"))
    assert results
    for path in results:
        for entries in json.loads(path.read_text("utf-8"))["scores"].values():
            for entry in entries:
                assert (entry["n"], entry["basis"]) == (12, CLIPS)
                assert set(entry["intervals"]) == set(entry["interval_methods"])
                assert entry["interval_methods"][entry["main_metric"]]
    badges = list((report / "data").glob("badge-*.svg"))
    assert len(badges) == len(results)
    for path in badges:
        svg = path.read_text("utf-8")
        assert re.search(f"<title>[^<]*of {CLIPS}; interval: [^<]*({METHOD.pattern})", svg), svg
        assert " n 12</text>" in svg


def test_what_sql_tells(report: Path) -> None:
    rows = list(csv.DictReader(io.StringIO(typed("sql", "--csv", "SELECT * FROM scores").out)))
    assert rows
    for row in rows:
        assert row["n"]
        assert (row["clusters"] and row["interval"]) or row["low"] == row["high"] == row["value"]
    with duckdb.connect(str(report / "data" / "report.duckdb"), read_only=True) as connection:
        for table in ("scores", "per_label"):
            named = {row[0] for row in connection.execute(f"DESCRIBE {table}").fetchall()}
            assert {"n", "low", "high", "clusters", "interval"} <= named


def test_results_in_python_show_it() -> None:
    import mudata

    runs = mudata.runs()
    shown, drawn = repr(runs), runs._repr_html_()
    for text in (shown, drawn):
        assert text.count(CLIPS) == 3
        assert METHOD.search(text)
    assert CLIPS in repr(next(run for run in runs if run.id == PAIRS[0]))
