"""Suites whose exams have rows: what stands in them, their order, their chart."""

from __future__ import annotations

import json
from dataclasses import asdict
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from answered import answered
from exact_questions import CLIPS, quiz
from judged_answers import LABELS as LABELS_OF_SETS
from judged_answers import many
from shell import typed

import mudata
from mudata.catalog.cards import loader
from mudata.catalog.compose.exam_dataset import default_n
from mudata.catalog.compose.exam_plan import ExamRequest
from mudata.catalog.compose.exams import EXAMS
from mudata.evaluation.align.alignment import Alignment, Shown
from mudata.evaluation.kinds.kind_registry import kind_of
from mudata.evaluation.kinds.question_kind import AskedItem
from mudata.evaluation.metrics.exact_truth import exact_details, exact_metrics
from mudata.evaluation.metrics.label_floors import label_floors
from mudata.evaluation.metrics.scored import ScoredAnswer
from mudata.evaluation.metrics.tagging import tagging_metrics
from mudata.evaluation.suites.exam_splits import Problem, draw
from mudata.evaluation.suites.exam_table import ExamTable, exam_table
from mudata.evaluation.suites.published_table import Publication
from mudata.evaluation.suites.suite import Draw, Exam, Suite, load
from mudata.evaluation.suites.suite_runner import existing_results
from mudata.evaluation.suites.suite_table import Result

if TYPE_CHECKING:
    from mudata.catalog.cards.card_task import Level
    from mudata.home import Home

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


def test_a_model_called_as_a_floor_is_has_a_column_of_its_own() -> None:
    constant = Result(
        "metre", "constant", "c", scores("metre", "composed", dict.fromkeys(LEVELS, [("6/8", "5/4")] * 8))
    )
    best = exam_table(SUITE, [METRE, constant]).table()
    where = best.columns.index("best constant"), best.columns.index("constant")
    assert [best.cells[0][place].split(" %")[0] for place in where] == ["75.0", "0.0"]


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


QUIZ = """
name: quizzes
title: Quizzes
source: {text: nobody}
rows: exams
exams:
  key: {title: Keys, dataset: quiz, task: key, also: "quiz_*"}
  pairs: {title: Brighter, dataset: quiz, task: brighter, split: {where: "clip_id < 'quiz/12'"}}
  timbre:
    title: Timbre
    dataset: quiz_timbre
    task: brighter
    compose: "Run: mudata compose timbre"
    composed: "timbre_2_*"
    also: "timbre_*"
"""


@pytest.fixture
def quizzes(home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Suite:
    quiz(home, tmp_path / "cards", monkeypatch)
    (tmp_path / "cards" / "suites").mkdir()
    (tmp_path / "cards" / "suites" / "quizzes.yaml").write_text(QUIZ)
    return load("quizzes")


def test_an_exam_without_n_asks_all_clips_and_what_is_not_composed_is_told(home: Home, quizzes: Suite) -> None:
    drawn = [draw(home, quizzes, name) for name in quizzes.exams]
    assert [len(split.parts["test"]) for split in drawn if not isinstance(split, Problem)] == [24, 12]
    assert drawn[2] == Problem(
        "missing", "timbre", None, "Timbre: its pieces have not been composed.", "Run: mudata compose timbre"
    )
    again = draw(home, quizzes, "key")
    assert not isinstance(again, Problem)
    assert not isinstance(drawn[0], Problem)
    assert again.sha256 == drawn[0].sha256


def test_an_exam_of_another_seed_is_not_the_suites_own(
    home: Home, quizzes: Suite, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    quiz(home, tmp_path / "cards", monkeypatch, name="timbre_1_8")
    assert isinstance(draw(home, quizzes, "timbre"), Problem)
    quiz(home, tmp_path / "cards", monkeypatch, name="timbre_2_8")
    drawn = draw(home, quizzes, "timbre")
    assert not isinstance(drawn, Problem)
    assert drawn.datasets == ("timbre_2_8",)


def test_the_suites_own_exams_are_those_that_its_commands_make() -> None:
    made = 0
    for exam in load("objective").exams.values():
        if exam.compose:
            words = exam.compose.split()
            name, seed = words[words.index("compose") + 1], int(words[words.index("--seed") + 1])
            levels: tuple[Level, ...] = ("standard", "easy", "hard")
            names = [
                ExamRequest(
                    exam=name,
                    seed=seed,
                    n=default_n(EXAMS[name], "standard"),
                    level=level,
                    engine=engine,
                    soundfont_sha256="c5378b62028c",
                ).dataset
                for level in levels
                for engine in ("tinysoundfont", "fluidsynth")
            ]
            assert [fnmatchcase(one, str(exam.composed)) for one in names] == [True, True, False, False, False, False]
            made += 1
    assert made == 4


def test_runs_of_the_suite_and_of_further_datasets_fill_the_table(
    home: Home, quizzes: Suite, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("key", "pairs"):
        draw(home, quizzes, name)
    answered(home, tmp_path, {f"quiz/{c}": "C major" for c in CLIPS}, split="quizzes-key", task="key", model="dead")
    said = {f"quiz/pair {i}": "first" for i in range(6)}
    answered(home, tmp_path, said, split="quizzes-pairs", task="brighter", model="dead")
    quiz(home, tmp_path / "cards", monkeypatch, name="quiz_2")
    answered(home, tmp_path, {f"quiz_2/{c}": "A minor" for c in CLIPS}, split="quiz_2", task="key", model="dead")
    rows = exam_table(quizzes, existing_results(home, quizzes)).rows
    shown = [(r.exam, r.dataset, r.difficulty, round(r.models["dead"].value, 3)) for r in rows if r.headline]
    assert shown == [
        ("key", "quiz", "all", 0.25),
        ("key", "quiz", "easy", 0.5),
        ("key", "quiz", "hard", 0.0),
        ("key", "quiz_2", "all", 0.25),
        ("key", "quiz_2", "easy", 0.0),
        ("key", "quiz_2", "hard", 0.5),
        ("pairs", "quiz", "all", 0.5),
    ]


@pytest.mark.slow
def test_the_table_and_the_chart_are_shown(home: Home, quizzes: Suite, tmp_path: Path) -> None:
    done = typed("suites", "show", "quizzes", "--plot", tmp_path / "none.png")
    assert done.code == 2
    assert "there is nothing to draw" in done.err
    draw(home, quizzes, "key")
    answered(home, tmp_path, {f"quiz/{c}": "C major" for c in CLIPS}, split="quizzes-key", task="key", model="dead")
    done = typed("suites", "show", "quizzes", "--plot", tmp_path / "chart.svg")
    assert done.code == 0, done.err
    assert "Keys  quiz  all         accuracy        4.2 %   25.0 % (" in done.out
    assert "uniform guess" in (tmp_path / "chart.svg").read_text()
    assert repr(mudata.suite_tables("quizzes")).strip() == typed("suites", "table", "quizzes").out.strip()
    rows = json.loads(typed("suites", "show", "quizzes", "--json").out)["exams"]
    assert (rows[0]["metric"], rows[0]["constant"], rows[0]["models"]["dead"]["n"]) == ("accuracy", 0.25, 24)
    assert "| Keys | quiz | all | accuracy |" in typed("suites", "table", "quizzes", "--markdown").out
    for words, why in (
        (("show", "survey", "--plot", "x.png"), "published tables, and no chart"),
        (("show", "quizzes", "--plot", "x.gif"), "a PNG or an SVG"),
    ):
        done = typed("suites", *words)
        assert done.code == 2
        assert why in done.err


def test_the_objective_suite_asks_what_the_composed_card_has() -> None:
    suite, card = load("objective"), loader.load("composed")
    composed = [exam for exam in suite.exams.values() if exam.dataset == "composed"]
    assert {exam.task for exam in composed} == set(card.tasks)
    assert {exam.subset for exam in composed} == set(card.subsets) - {"all"}
    others = [exam for exam in suite.exams.values() if exam.compose]
    assert {exam.task for exam in others} == {t for e in EXAMS.values() if e.needs_soundfont for t in e.tasks}
    for exam in suite.exams.values():
        assert exam.also is not None
        assert exam.also.removeprefix("composed_").removesuffix("_*") in EXAMS


def test_sets_of_labels_stand_beside_floors_of_both_measures() -> None:
    exam = Exam(title="Instrumentation", dataset="d", task="families", split=Draw())
    suite = Suite(name="own", title="Own", source=Publication(text="nobody"), rows="exams", exams={"sets": exam})
    answers = [many(0, ("a", "b"), ("a",)), many(1, ("a",), ("b", "c")), many(2, ("c",), ())]
    metrics = tagging_metrics(answers, LABELS_OF_SETS, {"d": "a"}, "train part")
    floors = label_floors("tag", answers, LABELS_OF_SETS)
    said = {"kind": "tag", "run": "r", "datasets": {"d": {}}, "metrics": list(map(asdict, metrics)), "floors": floors}
    macro, micro = exam_table(suite, [Result("sets", "m", "m", said)]).rows
    worth = {one["metric"]: one["value"] for one in floors["metrics"]}
    assert (macro.metric, macro.headline, macro.chance, macro.constant, macro.constant_answer) == (
        "macro_f1", True, worth["chance_macro_f1"], worth["constant_macro_f1"], "a, b, c",
    )  # fmt: skip
    assert (micro.metric, micro.headline, micro.chance, micro.constant) == (
        "micro_f1", False, worth["chance"], worth["constant"],
    )  # fmt: skip
    older = exam_table(suite, [Result("sets", "m", "m", {k: v for k, v in said.items() if k != "floors"})]).rows
    assert [(row.chance, row.constant) for row in older] == [(None, None)] * 2
