"""Numbers that have no interval are told as such wherever they are shown."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from mudata.errors import EvaluationError
from mudata.evaluation import scores_file
from mudata.evaluation.comparison.score_table import tables
from mudata.evaluation.metrics.scored import Metric, interval_text
from mudata.evaluation.report.wording import written
from mudata.evaluation.suites.suite_table import Cell, verdict

NONE = {"metric": "accuracy", "value": 1.0, "low": None, "high": None, "n": 2, "recipe": "right / all"}
NONE |= {"clusters": 1, "interval": "none: 2 clips of 1 artist"}


def scores(metric: dict[str, Any]) -> dict[str, Any]:
    part = {"n": 2, "outcomes": {"ALIGNED": 2}, "metrics": [metric]}
    return part | {
        "run": "r",
        "model": "m",
        "split": "s",
        "part": None,
        "task": "genre",
        "kind": "classify",
        "aligner": "a",
        "labels_sha256": {"d": "0"},
        "forced_choice": False,
        "control": None,
        "datasets": {"d": part},
        "per_label": [],
        "confusion": [],
    }


@pytest.mark.parametrize("metric", [NONE, {**NONE, "low": 0.3, "high": 1.0}])
def test_scores_with_and_without_an_interval_are_read(tmp_path: Path, metric: dict[str, Any]) -> None:
    file = tmp_path / "scores.json"
    file.write_text(json.dumps(scores(metric)))
    (read,) = scores_file.read(file)["metrics"]
    assert Metric(**read) == Metric(**metric)
    old = {key: value for key, value in metric.items() if key not in ("clusters", "interval")}
    file.write_text(json.dumps(scores(old)))
    (read,) = scores_file.read(file)["metrics"]
    assert (Metric(**read).clusters, Metric(**read).interval) == (None, "")
    file.write_text(json.dumps(scores({**metric, "clusters": -1})))
    with pytest.raises(EvaluationError, match="clusters"):
        scores_file.read(file)


def test_tables_say_that_there_is_none() -> None:
    assert interval_text(0.1, None, str) == "[too few to say]"
    assert written("accuracy", NONE) == "100.0 % [too few to say]"
    (table,) = tables([scores(NONE)])
    assert table.rows[0]["accuracy"] == "100.0 % [too few to say]"
    cell = Cell("accuracy", 1.0, None, None, 2, run="r")
    assert cell.text(2) == "100.0 % [too few to say]"
    assert verdict(cell, Cell("accuracy", 0.5, 0.4, 0.6, 100)) is None
