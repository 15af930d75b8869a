"""Tables of scores."""

from __future__ import annotations

from typing import Any

import pytest
from judged_answers import LABELS, many

from mudata.evaluation.comparison.score_table import tables
from mudata.evaluation.metrics.label_floors import label_floors

CLASSIFY = {
    "accuracy": (0.5, 0.404, 0.596),
    "coverage": (0.9, 0.8, 0.95),
    "any_mention_accuracy": (0.55, 0.45, 0.65),
    "macro_f1": (0.4567, 0.4, 0.5),
    "chance": (0.1, 0.1, 0.1),
    "majority": (0.125, 0.1, 0.2),
}
TAG = {
    "micro_f1": (0.25, 0.2, 0.3),
    "micro_precision": (0.2, 0.1, 0.3),
    "micro_recall": (0.3, 0.2, 0.4),
    "macro_f1": (1.0, 1.0, 1.0),
    "jaccard": (0.2, 0.1, 0.3),
    "coverage": (1.0, 0.9, 1.0),
    "majority_micro_f1": (0.1, 0.1, 0.1),
}
CAPTION = {f"rouge{n}_{part}": (0.2, 0.19, 0.21) for n in "12L" for part in "prf"} | {
    "rougeL_f_lift": (-0.01, -0.02, 0.0),
    "rouge1_f_constant": (0.2685, 0.26, 0.27),
    "rougeL_f_constant": (0.193, 0.19, 0.2),
    "refusals": (0.034, 0.03, 0.04),
}
OF = {"classify": CLASSIFY, "tag": TAG, "caption": CAPTION}


def scores(kind: str = "classify", n: int = 100, **changes: Any) -> dict[str, Any]:
    shift = changes.pop("shift", 0.0)
    metrics = [
        {"metric": name, "value": value + shift, "low": low, "high": high, "n": n, "recipe": "r"}
        for name, (value, low, high) in OF[kind].items()
    ]
    said = {"run": "qwen2-audio-1a2b3c4d", "model": "qwen2-audio", "split": "survey", "task": "genre", "kind": kind}
    said |= {"n": n, "forced_choice": False, "metrics": metrics, "datasets": {"gtzan": {"n": n, "metrics": metrics}}}
    return said | changes


def widths(row: dict[str, str], columns: tuple[str, ...]) -> int:
    return sum(max(len(name), len(row[name])) for name in columns) + 2 * (len(columns) - 1)


@pytest.mark.parametrize("kind", list(OF))
@pytest.mark.parametrize("runs", [1, 2])
def test_a_line_fits_into_120_characters(kind: str, runs: int) -> None:
    (table,) = tables([scores(kind, run=f"qwen2-audio-1a2b3c4{i}") for i in range(runs)])
    assert len(table.rows) == runs
    assert widths(table.rows[0], table.columns) <= 120


def test_accuracy_stands_between_its_interval_and_the_parsers() -> None:
    one = scores()
    one["metrics"][0] |= {"clusters": 30, "interval": "Wilson, effective n 90"}
    one["datasets"]["gtzan"]["clusters"] = {"count": 30, "unknown": 0, "known": "30 artists"}
    (table,) = tables([one])
    assert table.columns[:5] == ("model", "split", "dataset", "task", "n")
    (row,) = table.rows
    assert (row["accuracy"], row["parser"], row["coverage"]) == ("50.0 % [40.4, 59.6]", "50.0–55.0", "90.0 %")
    assert (row["macro F1"], row["chance"], row["majority"]) == (".457", "10.0 %", "12.5 %")
    assert (
        table.note
        == "Smallest difference of accuracy told apart, 80 % power, not paired: gtzan (100 clips) 19.3 points."
        " gtzan: 100 clips of 30 artists; intervals: 95 % Wilson, effective n 90."
    )


def test_tags_and_captions_have_columns_of_their_own() -> None:
    (tags,), (captions,) = tables([scores("tag")]), tables([scores("caption")])
    assert tags.rows[0]["micro F1"] == ".250 [.200, .300]"
    assert (tags.rows[0]["P/R"], tags.rows[0]["macro F1"], tags.rows[0]["Jaccard"]) == (".200 .300", "1.000", ".200")
    row = captions.rows[0]
    assert (row["ROUGE-1 P/R/F"], row["ROUGE-L P/R/F"]) == (".200 .200 .200", ".200 .200 .200 ±.010")
    assert (row["lift"], row["constant"], row["refusals"]) == ("-.010 ±.010", ".269 .193", "3.4 %")
    assert "gtzan (100 clips) .020" in captions.note


def test_several_runs_are_best_first_and_say_once_what_is_the_same() -> None:
    better, worse = scores(run="a", shift=0.1), scores(run="b", shift=-0.1)
    (table,) = tables([worse, better])
    assert [row["run"] for row in table.rows] == ["a", "b"]
    assert table.columns[:3] == ("model", "dataset", "n")
    assert table.columns[-1] == "run"
    assert table.note.startswith("Split: survey, Task: genre. Smallest difference")
    (table,) = tables([better, scores(run="b", split="other")])
    assert "split" in table.columns
    assert "Split" not in table.note


def test_several_datasets_have_a_line_for_all() -> None:
    one = scores()
    two = scores(datasets=dict.fromkeys(("gtzan", "fma"), one["datasets"]["gtzan"]))
    (table,) = tables([two])
    assert [row["dataset"] for row in table.rows] == ["all", "fma", "gtzan"]
    assert table.note.count("(100 clips)") == 3


def test_models_that_must_choose_have_no_coverage_to_boast_of() -> None:
    (table,) = tables([scores(forced_choice=True)])
    assert (table.rows[0]["coverage"], table.rows[0]["parser"]) == ("forced", "")


@pytest.mark.parametrize(
    ("of_interval", "told"),
    [
        ({"clusters": 100, "interval": "Wilson"}, "intervals: 95 % Wilson."),
        (
            {"low": None, "high": None, "clusters": 1, "interval": "none: 9 clips of 1 cluster"},
            "intervals: none: 9 clips of 1 cluster.",
        ),
        ({"recipe": "right / all; Wilson 95 %"}, "Wilson 95 %, clips taken as independent by an older version."),
        (
            {"recipe": "r; 95 % percentile bootstrap over clips, 1000 resamples, seed 0; x"},
            "bootstrap over clips, 1000",
        ),
    ],
)
def test_the_note_says_how_intervals_were_found(of_interval: dict[str, Any], told: str) -> None:
    one = scores()
    one["metrics"][0] |= of_interval
    assert told in tables([one])[0].note


def test_three_clips_tell_nothing_apart() -> None:
    (table,) = tables([scores(n=3)])
    assert table.note.startswith("So few clips tell no two runs apart. ")


def test_kinds_of_task_have_a_table_each() -> None:
    assert [table.columns[5] for table in tables([scores(kind) for kind in OF])] == [
        "accuracy",
        "micro F1",
        "ROUGE-1 P/R/F",
    ]
    assert tables([]) == []


def test_floors_of_labels_stand_below_their_table() -> None:
    answers = [many(0, ("a", "b"), ("a",)), many(1, ("a",), ("b", "c")), many(2, ("c",), ()), many(3, ("a",), ("a",))]
    one = scores("tag", outcomes={"SET": 3, "OOV": 1})
    one["floors"] = one["datasets"]["gtzan"]["floors"] = label_floors("tag", answers, LABELS)
    (table,) = tables([one])
    assert table.notes[-2:] == (
        "gtzan, genre: a uniform guess among all sets of labels reaches micro F1 .444, macro F1 .391; the best constant"
        " answer micro F1 .667 ('a'), macro F1 .552 ('a, b, c').",
        "Answers: qwen2-audio 2 different (50.0 % the commonest), 3 SET, 1 OOV.",
    )
    assert "best constant" not in tables([scores("tag")])[0].note  # of older versions
