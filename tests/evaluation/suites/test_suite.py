"""Suites as data: their grammar, the survey's numbers, what cannot be, and verdicts."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from mudata.catalog.cards import loader
from mudata.errors import CardError, UnknownName
from mudata.evaluation.metrics.intervals import wilson
from mudata.evaluation.suites import suite
from mudata.evaluation.suites.published_table import PublishedTable
from mudata.evaluation.suites.suite_table import Cell, Result, difference, fill, verdict
from mudata.evaluation.tasks import task

if TYPE_CHECKING:
    from mudata.evaluation.suites.suite import Suite

MODELS = ["Qwen-Audio", "LTU", "SALMONN", "ModaVerse", "MU-LLaMA", "ChatMusician", "M2UGen"]


@pytest.fixture(scope="module")
def survey() -> Suite:
    return suite.load("survey")


def own(**changes: Any) -> dict[str, Any]:
    return {
        "name": "own",
        "title": "My exam",
        "source": {"text": "nobody"},
        "models": {"Guesser": ["random"]},
        "exams": {"genre": {"title": "Tones", "dataset": "tones", "task": "genre", "split": {"n": 6}}},
        "tables": [
            {
                "title": "T",
                "n": 6,
                "columns": [{"title": "Tones", "exam": "genre", "metric": "accuracy"}],
                "rows": {"Guesser": [0.5]},
            }
        ],
    } | changes


def written(folder: Path, said: dict[str, Any]) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "own.yaml"
    path.write_text(yaml.safe_dump(said, sort_keys=False))
    return path


def test_the_survey_tables_have_their_models_columns_and_clips(survey: Suite) -> None:
    accuracy, rouge = survey.tables
    assert list(accuracy.rows) == MODELS
    assert sorted(rouge.rows) == sorted([*MODELS, "AnyGPT"])
    assert (accuracy.n, rouge.n) == (100, 147)
    assert [column.metric for column in rouge.columns] == [f"rouge{n}_{part}" for n in "1L" for part in "prf"]
    assert [sum(values) for values in zip(*accuracy.rows.values(), strict=True)] == pytest.approx(  # type: ignore[arg-type]
        [3.03, 3.44, 2.31, 3.93]
    )
    assert [sum(values) for values in zip(*rouge.rows.values(), strict=True)] == pytest.approx(  # type: ignore[arg-type]
        [1.960, 2.291, 1.862, 1.384, 1.755, 1.316]
    )


def test_exactly_one_cell_of_the_survey_is_impossible(survey: Suite) -> None:
    assert [table.impossible() for table in survey.tables] == [
        {},
        {("SALMONN", "RL R"): "0.256 is above R1 R 0.235, which cannot be"},
    ]
    note = survey.tables[1].note("SALMONN", "RL R")
    assert note is not None
    assert note.startswith("0.256 is above")
    assert "0.156" in note


@pytest.mark.slow
def test_every_exam_asks_a_task_that_a_card_has_and_of_labels_that_it_has(survey: Suite) -> None:
    kinds = {}
    for name, exam in survey.exams.items():
        card = loader.load(exam.dataset)
        kinds[name] = task.bind(card, exam.task).kind
        assert exam.subset is None or exam.subset in card.subsets
    assert list(kinds.values()) == ["classify"] * 4 + ["caption"]
    fma = task.bind(loader.load("fma"), "genre_small")
    assert len(fma.question.options) == 8
    where = survey.exams["fma"].split.where
    assert where is not None
    assert all(f"'{option}'" in where for option in fma.question.options)


@pytest.mark.slow
def test_every_other_published_value_is_about_a_task_that_a_card_has(survey: Suite) -> None:
    for one in survey.elsewhere:
        kind = task.bind(loader.load(one.dataset), one.task).kind
        assert one.metric in {"classify": {"accuracy"}, "tag": {"micro_f1"}, "caption": {"rouge1_f", "rougeL_f"}}[kind]


def test_names_mean_the_same_model_whatever_their_case_and_dashes(survey: Suite) -> None:
    assert survey.is_same("MU-LLaMA", "mu_llama")
    assert survey.is_same("Qwen-Audio", "qwen-audio-chat")
    assert not survey.is_same("Qwen-Audio", "qwen2-audio")
    assert not survey.is_same("Nobody", "random")


def test_anchors_have_intervals_where_their_n_gives_one() -> None:
    (ltu,) = suite.anchors("gtzan", "genre", "ltu")
    assert (ltu.value, ltu.n, ltu.metric, ltu.model) == (0.61, 100, "accuracy", "LTU")
    assert (round(ltu.low or 0, 3), round(ltu.high or 0, 3)) == (0.512, 0.700)
    assert ltu.source == "arXiv:2409.09601, section 4, Table 3, accuracy"
    everyone = suite.anchors("gtzan", "genre")
    assert {anchor.model for anchor in everyone} >= {*MODELS, "GPT-4o-Audio", "CLaMP3", "LLark"}
    assert {a.model: a.low for a in everyone}["GPT-4o-Audio"] is None  # nobody says on how many clips
    assert suite.anchors("gtzan", "genre", "random") == []
    rouge = {anchor.metric: anchor for anchor in suite.anchors("musiccaps", "caption", "salmonn") if anchor.n == 147}
    assert (rouge["rougeL_r"].value, rouge["rougeL_r"].low) == (0.256, None)
    assert "cannot be" in (rouge["rougeL_r"].note or "")
    assert rouge["rougeL_f"].note is None


@pytest.mark.parametrize(
    ("row", "found"),
    [
        ((0.4, 0.4, 0.4, 0.4, 0.4, 0.4), {}),
        ((0.3, 0.3, 0.3, 0.301, 0.2, 0.2), {}),  # what rounding can do
        ((0.3, 0.3, 0.3, 0.302, 0.2, 0.2), {"lp": "0.302 is above p 0.300, which cannot be"}),
        ((0.2, 0.6, 0.3, 0.1, 0.1, 0.1), {}),  # 2 * 0.2 * 0.6 / 0.8 = 0.3
        ((0.2, 0.6, 0.31, 0.1, 0.1, 0.1), {"f": "0.310 is above the harmonic mean of p and r"}),
        ((0.0, 0.0, 0.0, 0.0, 0.0, 0.0), {}),
        ((None, 0.3, None, 0.9, None, None), {}),
        ((None, 0.3, None, None, 0.9, None), {"lr": "0.900 is above r 0.300, which cannot be"}),
    ],
)
def test_what_no_answers_can_score_is_found(row: tuple[float | None, ...], found: Mapping[str, str]) -> None:
    metrics = {"p": "rouge1_p", "r": "rouge1_r", "f": "rouge1_f", "lp": "rougeL_p", "lr": "rougeL_r", "lf": "rougeL_f"}
    columns = [{"title": title, "exam": "e", "metric": metric} for title, metric in metrics.items()]
    table = PublishedTable.model_validate({"title": "T", "columns": columns, "rows": {"M": row}})
    assert {column: why for (_, column), why in table.impossible().items()} == found


def share(k: int, n: int) -> Cell:
    return Cell("accuracy", k / n, *wilson(k, n), n)


@pytest.mark.parametrize(
    ("ours", "published", "low", "high"),
    [  # Newcombe 1998, Table II, method 10
        (share(56, 70), share(48, 80), 0.0524, 0.3339),
        (share(9, 10), share(3, 10), 0.1705, 0.8090),
        (share(6, 7), share(2, 7), 0.0582, 0.8062),
        (share(5, 56), share(0, 29), -0.0381, 0.1926),
        (share(0, 10), share(0, 10), -0.2775, 0.2775),
        (share(10, 10), share(0, 10), 0.6075, 1.0),
    ],
)
def test_the_difference_of_two_shares_has_newcombes_interval(
    ours: Cell, published: Cell, low: float, high: float
) -> None:
    assert difference(ours, published) == (pytest.approx(low, abs=5e-5), pytest.approx(high, abs=5e-5))


@pytest.mark.parametrize(
    ("ours", "published", "expected"),
    [
        (share(60, 100), share(61, 100), "inside"),
        (share(60, 100), share(75, 100), "outside"),
        (share(60, 100), share(73, 100), "inside"),  # outside of our own interval, but theirs is as wide
        (share(6, 10), share(75, 100), "inside"),
        (Cell("rouge1_f", 0.25, 0.24, 0.26, 147), Cell("rouge1_f", 0.26, None, None, 147), "inside"),
        (Cell("rouge1_f", 0.25, 0.24, 0.26, 147), Cell("rouge1_f", 0.264, None, None, 147), "inside"),  # theirs as wide
        (Cell("rouge1_f", 0.25, 0.24, 0.26, 147), Cell("rouge1_f", 0.265, None, None, 147), "outside"),
        (Cell("rouge1_f", 0.25, 0.24, 0.26, 147), Cell("rouge1_f", 0.262, None, None, 100_000), "outside"),
        (Cell("rouge1_f", 0.25, 0.24, 0.26, 147), Cell("rouge1_f", 0.5, None, None, None), None),
        (Cell("accuracy", 0.25, None, None, 2), share(75, 100), None),
        (Cell("accuracy", 0.6, 0.4, 0.78, 100), share(75, 100), "inside"),  # of few artists, and so will theirs be
    ],
)
def test_a_published_value_is_inside_when_the_difference_may_be_none(
    ours: Cell, published: Cell, expected: str | None
) -> None:
    assert verdict(ours, published) == expected


def scores(model: str, value: float, n: int, metric: str = "accuracy") -> dict[str, Any]:
    low, high = wilson(round(value * n), n)
    one = {"metric": metric, "value": value, "low": low, "high": high, "n": n, "recipe": ""}
    return {"run": f"{model}-run", "n": n, "metrics": [one]}


def test_our_rows_follow_those_of_the_same_model_and_the_others_come_last(survey: Suite) -> None:
    results = [
        Result("gtzan", "random", "random", scores("random", 0.1, 100)),
        Result("fma", "ltu", "ltu", scores("ltu", 0.3, 10)),
        Result("gtzan", "ltu", "ltu", scores("ltu", 0.3, 100)),
    ]
    table = fill(survey, results)[0]
    assert [(row.model, row.whose) for row in table.rows] == [
        ("Qwen-Audio", "published"),
        ("LTU", "published"),
        ("ltu", "here"),
        *((model, "published") for model in MODELS[2:]),
        ("random", "here"),
    ]
    ours = table.lines()[2]
    assert ours["GTZAN"] == "30.0 % [21.9, 39.6] outside"
    assert ours["FMA"] == "30.0 % [10.8, 60.3] n=10 outside"
    assert ours["Music_Classification"] == ""
    assert table.lines()[-1]["GTZAN"] == "10.0 % [5.5, 17.4]"
    assert any("Newcombe" in remark for remark in table.remarks())
    assert fill(survey, [])[1].remarks()[0].startswith("* SALMONN, RL R: 0.256 is above R1 R 0.235")
    assert not any("Newcombe" in remark for remark in fill(survey, [])[0].remarks())


def test_markdown_has_one_line_per_row_and_no_stray_marks(survey: Suite) -> None:
    text = fill(survey, [])[1].markdown()
    lines = text.splitlines()
    assert lines[:3] == ["**Table 4, ROUGE**", "", "| model | from | R1 P | R1 R | R1 F | RL P | RL R | RL F |"]
    assert "| SALMONN | published | 0.325 | 0.235 | 0.254 | 0.216 | 0.256 \\* | 0.167 |" in lines
    assert len([line for line in lines if line.startswith("| ")]) == 2 + 8


def test_a_suite_of_ones_own_is_found_by_folder_or_path_and_wins(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = written(tmp_path / "cards" / "suites", own())
    assert suite.load(str(path)).title == "My exam"
    with pytest.raises(UnknownName, match="No suite named 'own'"):
        suite.load("own")
    monkeypatch.setenv("MUDATA_CARDS", str(tmp_path / "cards"))
    assert suite.load("own").title == "My exam"
    assert list(suite.files()) == ["heard", "objective", "own", "survey"]
    assert suite.anchors("tones", "genre", "random")[0].value == 0.5
    path.rename(path.with_name("survey.yaml"))
    with pytest.raises(CardError, match=r"the suite is named 'own', its file 'survey'"):
        suite.load("survey")


def test_an_unknown_suite_brings_a_suggestion() -> None:
    with pytest.raises(UnknownName, match="Did you mean 'survey'"):
        suite.load("servey")
    with pytest.raises(CardError, match="no such file"):
        suite.load("nowhere/own.yaml")


def table(**changes: Any) -> dict[str, Any]:
    return {"tables": [own()["tables"][0] | changes]}


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"exam": {}}, r"own.yaml:\d+: exam: there is no such key"),
        ({"exams": {"genre": {"title": "x", "dataset": "tones", "split": {"n": 6}}}}, r"exams.genre.task: this key is"),
        (
            {"exams": {"genre": {"title": "x", "dataset": "tones", "task": "genre", "split": {"n": 0}}}},
            r"own.yaml:14: exams.genre.split.n: Input should be greater than 0",
        ),
        (
            {
                "exams": {
                    "genre": {"title": "x", "dataset": "t", "task": "g", "split": {"n": 1, "group": "artist"}},
                }
            },
            "there is no train",
        ),
        (table(rows={"Guesser": [0.5, 0.6]}), "row 'Guesser' has 2 values for 1 columns"),
        (table(rows={"Guesser": [50]}), "should be less than or equal to 1"),
        (table(remarks=[{"model": "Guesser", "column": "x", "text": "y"}]), "'x', which is no cell here"),
        (
            table(columns=[{"title": "x", "exam": "genres", "metric": "accuracy"}]),
            "table 'T' has columns of exams that are not here: genres",
        ),
    ],
)
def test_what_a_suite_says_wrongly_is_told_with_its_place(
    tmp_path: Path, changes: dict[str, Any], problem: str
) -> None:
    path = written(tmp_path, own(**changes))
    with pytest.raises(CardError, match=problem) as caught:
        suite.load(str(path))
    assert caught.value.what.startswith(f"{path}:")
    assert "mudata suites schema" in str(caught.value)
