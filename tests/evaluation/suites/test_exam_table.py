"""Suites whose exams have rows: what stands in them, their order, their chart."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from mudata.evaluation.align.alignment import Alignment, Shown
from mudata.evaluation.kinds.kind_registry import kind_of
from mudata.evaluation.kinds.question_kind import AskedItem
from mudata.evaluation.metrics.exact_truth import exact_details, exact_metrics
from mudata.evaluation.metrics.scored import ScoredAnswer
from mudata.evaluation.suites.exam_table import ExamTable, exam_table
from mudata.evaluation.suites.suite import Draw, Exam, Publication, Suite
from mudata.evaluation.suites.suite_table import Result

SUITE = Suite(
    name="own",
    title="Own exams",
    source=Publication(text="nobody"),
    rows="exams",
    exams={
        "metre": Exam(title="Metre", dataset="composed", task="metre", split=Draw(), also="composed_metre_*"),
        "key": Exam(title="Key", dataset="composed", task="key", split=Draw()),
    },
)


def scores(kind: str, dataset: str, answers: dict[str, list[tuple[str, str]]], run: str = "r") -> dict[str, Any]:
    """What scores.json says of some answers by difficulty: pairs of truth and answer."""
    asked = AskedItem(shown=Shown())
    scored = [
        ScoredAnswer(
            f"{dataset}/{level}{i}", dataset, (truth,), said, Alignment("ALIGNED", (said,)), asked=asked,
            worth=kind_of(kind).score(said, truth, asked), difficulty=level,
        )
        for level, pairs in answers.items()
        for i, (truth, said) in enumerate(pairs)
    ]  # fmt: skip
    metrics = [asdict(metric) for metric in exact_metrics(kind, scored)]
    return {
        "kind": kind,
        "run": run,
        "datasets": {dataset: {}},
        "metrics": metrics,
        "exact": exact_details(kind, scored),
    }


LEVELS = {"hard": [("6/8", "3/4")] * 8, "easy": [("6/8", "6/8")] * 4 + [("3/4", "6/8")] * 4}
METRE = Result("metre", "a", "a", scores("metre", "composed", LEVELS))
ANEW = Result("metre", "a", "a", scores("metre", "composed_metre_7_8", {"easy": [("4/4", "4/4")] * 8}))
KEY = Result("key", "b", "b", scores("key", "composed", {"easy": [("C major", "G major")] * 8}))


@pytest.fixture
def table() -> ExamTable:
    return exam_table(SUITE, [KEY, ANEW, METRE])


def test_rows_stand_in_the_order_of_the_suite_all_before_each_difficulty_what_is_composed_anew_last(
    table: ExamTable,
) -> None:
    assert [(r.exam, r.dataset, r.difficulty, r.metric) for r in table.rows] == [
        ("metre", "composed", "all", "accuracy"),
        ("metre", "composed", "all", "class_accuracy"),
        ("metre", "composed", "easy", "accuracy"),
        ("metre", "composed", "hard", "accuracy"),
        ("metre", "composed_metre_7_8", "easy", "accuracy"),
        ("metre", "composed_metre_7_8", "easy", "class_accuracy"),
        ("key", "composed", "easy", "accuracy"),
        ("key", "composed", "easy", "mirex"),
        ("key", "composed", "easy", "tonic_accuracy"),
    ]
    assert table.models == ("a", "b")


def test_each_value_has_its_own_floors(table: ExamTable) -> None:
    whole, _, easy, hard, *_ = table.rows
    assert (whole.models["a"].value, whole.models["a"].n, whole.constant, whole.constant_answer) == (
        0.25,
        16,
        0.75,
        "6/8",
    )
    assert (easy.models["a"].value, easy.constant, easy.chance) == (0.5, 0.5, pytest.approx(1 / 14))
    assert (hard.models["a"].value, hard.constant) == (0.0, 1.0)
    mirex = table.rows[7]
    assert (mirex.models["b"].value, mirex.chance, mirex.style) == (0.5, pytest.approx(1 / 12), "number")


def test_models_of_one_exam_share_its_rows() -> None:
    other = Result("metre", "z", "z", scores("metre", "composed", LEVELS, run="other"))
    rows = exam_table(SUITE, [METRE, other]).rows
    assert len(rows) == 4
    assert all(list(row.models) == ["z", "a"] or list(row.models) == ["a", "z"] for row in rows)
    assert {row.models["z"].run for row in rows} == {"other"}


def test_the_text_leaves_out_what_repeats(table: ExamTable) -> None:
    lines = table.table().lines()
    assert lines[2].startswith("Metre  composed            all         accuracy        7.1 %   75.0 % ('6/8')")
    assert lines[4].split()[:2] == ["easy", "accuracy"]
    assert "chance: a uniform guess" in repr(table.table())
    assert "| Metre | composed | all | accuracy |" in table.markdown()


def test_all_clips_or_so_many() -> None:
    with pytest.raises(ValueError, match="there is no n"):
        Draw(train=3)


@pytest.mark.slow
def test_the_chart_has_a_mark_for_every_model_and_both_floors(table: ExamTable, tmp_path: Path) -> None:
    from mudata.evaluation.report import style
    from mudata.evaluation.report.exam_chart import small_multiples

    figure = small_multiples(table)
    titles = [[text.get_text() for text in axes.texts] for axes in figure.axes]
    assert titles == [["Metre", "accuracy"], ["Key", "accuracy"]]
    metre, _ = figure.axes
    assert [label.get_text() for label in metre.get_xticklabels()] == ["easy", "hard"]
    marks = [line for line in metre.lines if line.get_marker() == "o"]
    assert [line.get_ydata()[0] for line in marks] == [0.5, 0.0, 1.0]
    assert [line.get_markerfacecolor() == line.get_color() for line in marks] == [True, True, False]  # anew: open
    floors = [
        (line.get_linestyle(), round(line.get_ydata()[0], 3)) for line in metre.lines if len(line.get_xdata()) == 2
    ]
    assert {(":", 0.071), ("--", 0.5), ("--", 1.0)} <= set(floors)
    names = [text.get_text() for legend in figure.legends for text in legend.get_texts()]
    assert names == ["a", "b", "uniform guess", "best constant answer", "open: composed anew"]
    style.write(lambda width: small_multiples(table, width), style.NARROW, tmp_path / "narrow.png")
    assert (tmp_path / "narrow.png").stat().st_size > 10_000
