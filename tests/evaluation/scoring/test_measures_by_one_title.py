"""Tables of scores and of comparisons call a measure of exact truth by one title, which no model has, in one unit."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from answered import answered
from exact_questions import CLIPS, quiz

from mudata.evaluation.comparison.compare import compare
from mudata.evaluation.comparison.score_table import tables
from mudata.evaluation.scoring import score

if TYPE_CHECKING:
    from pathlib import Path

    from mudata.evaluation.run import Run
    from mudata.home import Home


@pytest.fixture
def tempi(home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[Run]:
    quiz(home, tmp_path / "cards", monkeypatch)
    return [
        answered(home, tmp_path, {f"quiz/{clip}": said for clip in CLIPS}, split="quiz", task="tempo", model=model)
        for model, said in (("constant", "120 bpm"), ("other", "61 bpm"))
    ]


def test_the_floor_of_constant_answers_has_a_column_that_no_model_has(tempi: list[Run]) -> None:
    (table,) = tables([run.scores for run in tempi])
    assert {"best constant", "distinct (commonest)"} <= set(table.rows[0])
    assert "constant" not in table.rows[0]
    assert table.rows[0]["distinct (commonest)"] == "1 (100.0 %)"


def test_measures_are_compared_by_the_title_and_in_the_unit_of_the_scores(tempi: list[Run]) -> None:
    (table,) = tables([run.scores for run in tempi])
    found = compare([(run.scores, score.read_answers(run)) for run in tempi])
    octaves = found.metrics[1]
    assert octaves.metric == "octave_accuracy"  # in JSON the name
    assert found.heading(octaves).startswith("octave accuracy (Acc2) on 24 items of ")
    compared = {rank["model"]: rank["octave accuracy (Acc2)"] for rank in found.ranks(octaves)}
    for row in table.rows:
        assert str(compared[row["model"]]).startswith(f"{row['octave accuracy (Acc2)']} ")
    assert " points" in octaves.pairs[0].verdict
