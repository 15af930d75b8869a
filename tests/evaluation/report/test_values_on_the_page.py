"""Runs that ask for values, on the page and in its figures and files."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb
import pytest
from answered import answered
from exact_questions import CLIPS, KEYS, TEMPI, quiz
from report_page import page
from shell import typed

from mudata.evaluation.report import charts
from mudata.evaluation.report.gather import gather
from mudata.evaluation.report.octave_chart import octaves_off
from mudata.evaluation.run import find

if TYPE_CHECKING:
    from mudata.evaluation.report.data import Panel
    from mudata.home import Home

pytestmark = pytest.mark.slow
FACTORS = ("1", "2", "0.5", "1.5")


@pytest.fixture
def runs(home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    quiz(home, tmp_path / "cards", monkeypatch)
    keys = {f"quiz/{c}": KEYS[0] for c in CLIPS} | {"quiz/03": "in F", "quiz/05": "I cannot tell", "quiz/07": None}
    tempi = {f"quiz/{c}": str(float(TEMPI[i % 4]) * float(FACTORS[i % 4])) for i, c in enumerate(CLIPS)}
    pairs: dict[str, str | None] = {f"quiz/pair {i}": "second" for i in range(12)}
    said: list[tuple[str, dict[str, str | None]]] = [("key", keys), ("tempo", dict(tempi)), ("brighter", pairs)]
    return [
        answered(home, tmp_path, answers, split="quiz", task=task, prompt_text="Say it, (A) or (B).").id
        for task, answers in said
    ]


def panels(home: Home, runs: list[str]) -> list[Panel]:
    return list(gather(home, [find(home, run) for run in runs]).panels)


def test_every_measure_stands_beside_its_floors(home: Home, runs: list[str], tmp_path: Path) -> None:
    assert typed("report", "-o", tmp_path / "page.html", *runs).code == 0
    text = (tmp_path / "page.html").read_text("utf-8")
    assert "Beside what needs no listening" in text
    assert "MIREX-weighted" in text
    assert "22 parsed, 1 refused" not in text  # one gives a tonic alone, one fails
    assert "21 parsed, 1 refused, 1 unparsed, 1 error" in text
    assert "cannot be told from the best constant answer" in text
    assert "difficulty easy" in text
    assert "Value by value" in text
    assert "24 items of 12" in text
    assert "How far answers are off, in octaves" in text


def test_the_explorer_has_what_was_asked(home: Home, runs: list[str], tmp_path: Path) -> None:
    typed("report", "-o", tmp_path / "page.html", *runs)
    data = page(tmp_path / "page.html").data
    assert [panel.get("exact") for panel in data["panels"]] == [True] * 3
    clips = {clip["id"]: clip for clip in data["clips"] if clip["panel"] == 2}
    pair = clips["quiz/pair 0"]
    assert (pair["clips"], pair["options"]) == (["quiz/00", "quiz/01"], ["first", "second"])
    assert pair["question"] == "Say it, (A) or (B)."
    assert pair["answers"][0]["worth"] == {"accuracy": 0.0}
    key = next(clip for clip in data["clips"] if clip["id"] == "quiz/03" and clip["panel"] == 0)
    assert (key["difficulty"], key["category"]) == ("hard", "rock")
    assert key["answers"][0]["fate"] == "unparsed"
    assert data["rules"]["half"]
    assert data["measures"]["mirex"] == "MIREX-weighted"


def test_octaves_are_counted_from_the_truth(home: Home, runs: list[str]) -> None:
    _, tempo, _ = panels(home, runs)
    off = [round(octave, 3) for octave in octaves_off(tempo.entries[0])]
    assert off[:4] == [0.0, 1.0, -1.0, 0.585]
    figure = charts.figures(tempo)["octaves"](8.6)
    heights = [round(bar.get_height(), 3) for bar in figure.axes[0].patches if bar.get_height() > 0]
    assert heights == [0.68] * 4  # a quarter of all each
    assert "octaves" not in charts.figures(panels(home, runs)[0])


def test_the_floors_of_a_panel_are_those_of_its_items(home: Home, runs: list[str]) -> None:
    key, tempo, pair = panels(home, runs)
    assert {name: round(metric["value"], 4) for name, metric in key.references.items()} == {
        "chance": round(1 / 24, 4),
        "constant": 0.25,
    }
    assert key.measures == ["accuracy", "mirex", "tonic_accuracy"]
    beside = tempo.entries[0].beside("constant", "octave_accuracy")
    assert beside is not None
    assert beside["value"] == pytest.approx(0.5)  # 60 and 120 are an octave apart
    assert [one.title for one in (key, tempo, pair)] == ["quiz · key", "quiz · tempo", "quiz · brighter"]


def test_files_for_other_programs_have_the_items(home: Home, runs: list[str], tmp_path: Path) -> None:
    typed(
        "report", "-o", tmp_path / "page.html", "--data", tmp_path / "data", "--markdown", tmp_path / "table.md", *runs
    )
    with duckdb.connect(str(tmp_path / "data" / "report.duckdb"), read_only=True) as connection:
        query = "SELECT count(*), count(clip_id) FROM alignments"
        assert connection.execute(query).fetchall() == [(60, 48)]
    result = json.loads(next((tmp_path / "data" / "results").glob("*-key-*.json")).read_text())
    entry = result["scores"]["test"][0]
    assert (entry["main_metric"], entry["main_score"]) == ("accuracy", pytest.approx(6 / 24))
    assert "constant_mirex" in entry
    assert "tonic accuracy" in (tmp_path / "table.md").read_text()
