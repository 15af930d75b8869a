"""Exams asked under all conditions by models that hear or do not: verdicts come out right, in text, data and Python."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import exam_sitters
import pytest
import yaml
from report_page import html_faults
from shell import Done, typed
from tone_quiz import tone_quiz

import mudata
from mudata.errors import CardError, EvaluationError, UnknownName
from mudata.evaluation.suites import suite
from mudata.evaluation.suites.conditions import Condition, least_options
from mudata.evaluation.suites.heard_report import HeardReport, HeardRow, adjusted, heard_report
from mudata.evaluation.suites.heard_runs import heard_runs
from mudata.evaluation.suites.heard_table import HeardTables
from mudata.home import Home

pytestmark = pytest.mark.slow

CONDITIONS = ["real", "rotations", "no-audio", "silence", "noise", "swap-audio", "leave-one-out"]
MODELS = ("Hears", "AlwaysB", "Longest", "Words", "Reader")


def sitters(*names: str) -> str:
    return ",".join(f"exam_sitters:{name}" for name in names)


class Sat(NamedTuple):
    """A home in which all models sat the exam, its folder of cards, what the command told, and the report."""

    home: Home
    cards: Path
    told: dict[str, Any]
    report: HeardReport


@pytest.fixture(scope="module")
def sat(tmp_path_factory: pytest.TempPathFactory) -> Sat:
    """Made once; tests read it only."""
    folder = tmp_path_factory.mktemp("heard")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MUDATA_HOME", str(folder / "home"))
        tone_quiz(folder, folder / "cards", patch)
        asked = typed("eval", "--suite", "heard", "--exams", "tonequiz", "--models", sitters(*MODELS), "-q", "--json")
        assert asked.code == 0, asked.err
        home = Home(folder / "home")
        return Sat(home, folder / "cards", json.loads(asked.out), heard_report(home, suite.load("heard")))


@pytest.fixture
def report(sat: Sat) -> HeardReport:
    return sat.report


@pytest.fixture
def home_of(sat: Sat, monkeypatch: pytest.MonkeyPatch) -> Home:
    monkeypatch.setenv("MUDATA_HOME", str(sat.home.root))
    monkeypatch.setenv("MUDATA_CARDS", str(sat.cards))
    return sat.home


def of(report: HeardReport, name: str) -> HeardRow:
    return next(row for row in report.rows if row.model.removeprefix("exam_sitters:") == name)


def test_the_one_that_hears_is_heard_and_the_others_guessed(report: HeardReport) -> None:
    verdicts = {row.model.removeprefix("exam_sitters:"): row.verdict for row in report.rows}
    assert verdicts.pop("Hears") == "heard"
    assert verdicts == dict.fromkeys(("AlwaysB", "Longest", "Words"), "guessed")
    assert report.rows[0].model == "exam_sitters:Hears"  # best first
    hears = of(report, "Hears")
    assert hears.score.value > 0.9
    assert hears.official is not None
    assert hears.official.value == hears.score.value
    assert hears.p < 0.05
    assert hears.lift.value == pytest.approx(hears.score.value - hears.lift.floor_value)


def test_the_strongest_floor_is_named_among_all_that_need_no_ears(report: HeardReport) -> None:
    hears, reads = of(report, "Hears"), of(report, "Words")
    names = {floor.name for floor in hears.floors}
    assert names == {"chance", "position", "longest", "shortest", "overlap", "no-audio", "silence", "noise"} | {
        "reader:exam_sitters:Reader"
    }
    assert hears.lift.floor == max(hears.floors, key=lambda floor: floor.value).name == "overlap"
    assert {floor.name: floor.value for floor in reads.floors}["no-audio"] == reads.score.value
    assert next(floor.title for floor in hears.floors if floor.name == "position") == "always B"


def test_each_condition_is_asked_that_fits_the_model(sat: Sat) -> None:
    assert list(of(sat.report, "Hears").conditions) == CONDITIONS
    asked = [run["condition"] for run in sat.told["runs"] if run["model"].endswith("Hears")]
    assert asked == CONDITIONS
    assert [run["condition"] for run in sat.told["runs"] if run["model"].endswith("Reader")] == ["no-audio"]
    assert list(sat.report.readers["tonequiz"]) == ["exam_sitters:Reader"]


def test_rotations_take_away_what_a_favourite_letter_earns(report: HeardReport) -> None:
    always_b = of(report, "AlwaysB")
    assert always_b.score.value > 0.4
    assert always_b.conditions["rotations"].value == pytest.approx(0.2)
    assert always_b.all_right is not None
    assert (always_b.all_right.value, always_b.consistent) == (0, 0)
    assert always_b.positions is not None
    assert always_b.positions["chosen"] == [0, 400, 0, 0, 0]
    assert always_b.positions["gold"] == [80] * 5
    longest = of(report, "Longest")
    assert longest.all_right is not None
    assert (longest.all_right.value, longest.consistent) == (longest.score.value, 1)


def test_what_is_right_without_ears_is_told_beside_what_guessing_explains(report: HeardReport) -> None:
    words, hears = of(report, "Words").blind, of(report, "Hears").blind
    assert words is not None
    assert hears is not None
    assert words.known > 0.6
    assert words.of_right == 1.0
    assert hears.known < 0.1


def test_categories_and_difficulties_have_score_and_floor(report: HeardReport) -> None:
    groups = {(group.by, group.name): group for group in of(report, "AlwaysB").groups}
    assert list(groups) == [("category", "high"), ("category", "low"), ("difficulty", "easy"), ("difficulty", "hard")]
    assert groups["category", "low"].score.value > groups["category", "high"].score.value
    assert sum(groups["difficulty", name].score.n for name in ("easy", "hard")) == 80
    assert not groups["category", "low"].few
    low = groups["category", "low"]
    assert low.lift == pytest.approx(low.score.value - low.floor)
    assert low.low is not None
    assert low.high is not None
    assert low.low < low.lift < low.high


def test_items_about_one_clip_count_together_and_what_is_wrong_with_items_stands_on_top(report: HeardReport) -> None:
    assert of(report, "Hears").clusters == 79
    assert report.warnings["tonequiz"] == (
        "the right option does not stand at every place equally often (p = 1e-12)",
        "2 of 80 items share a clip with another",
    )


def test_verdicts_are_those_of_the_adjusted_p_and_mind_what_shows_listening(report: HeardReport) -> None:
    hears = of(report, "Hears")
    assert hears.listens is True
    slight = replace(hears, p=0.03, lift=replace(hears.lift, value=0.04, low=0.01, high=0.07, most=0.07))
    (alone,) = adjusted([slight])
    assert (alone.verdict, alone.p) == ("heard", 0.03)
    for row in adjusted([slight, slight]):
        assert row.p == pytest.approx(0.06)
        assert (row.verdict, row.why[:29]) == ("cannot tell", "its answers hang on the sound")
    (deaf, *_) = adjusted([replace(slight, listens=False), slight])
    assert deaf.verdict == "guessed"
    (_, unsure) = adjusted([slight, replace(slight, lift=replace(slight.lift, most=0.2))])
    assert unsure.why.endswith("p = 0.06")


def test_the_command_shows_what_python_has(sat: Sat, home_of: Home) -> None:
    shown = typed("suites", "show", "heard")
    assert shown.code == 0, shown.err
    lines = shown.out.splitlines()
    assert any(line.startswith("exam_sitters:Hears    heard") for line in lines)
    assert lines.index("Tone quiz (tonequiz): 80 items in 79 independent groups") < lines.index(
        "! 2 of 80 items share a clip with another"
    )
    assert str(HeardTables(sat.report)) in shown.out
    assert {row["model"]: row["verdict"] for row in sat.told["heard"]["rows"]}["exam_sitters:Hears"] == "heard"
    assert sat.told["heard"]["exams"]["tonequiz"]["warnings"]


def test_markdown_has_the_same_tables(sat: Sat) -> None:
    markdown = HeardTables(sat.report).markdown()
    assert "### Tone quiz (tonequiz)" in markdown
    assert "| exam_sitters:AlwaysB | guessed |" in markdown
    assert "- ⚠ 2 of 80 items share a clip with another" in markdown


def test_python_gives_tables_that_show_themselves(home_of: Home) -> None:
    tables = mudata.suite_tables("heard", progress=False)
    assert "exam_sitters:Hears    heard" in repr(tables)
    assert "### Tone quiz" in tables._repr_markdown_()
    with pytest.raises(UnknownName, match="exam of the suite heard"):
        mudata.evaluate_suite("heard", "random", exams="nothing", progress=False)


def test_runs_in_several_orders_are_named_so_on_the_page(sat: Sat, home_of: Home, tmp_path: Path) -> None:
    hears = sat.report.rows[0].conditions
    mudata.report(
        [str(hears[name].run) for name in ("real", "rotations")], output=tmp_path / "page.html", progress=False
    )
    assert "exam_sitters:Hears (rotations)" in (tmp_path / "page.html").read_text()


def test_what_was_asked_is_not_asked_again(home_of: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exam_sitters.Hears, "asked", 0)
    again = typed("eval", "--suite", "heard", "--exams", "tonequiz", "--models", sitters("Hears"), "--json")
    assert again.code == 0, again.err
    assert exam_sitters.Hears.asked == 0
    said = json.loads(again.out)
    assert [run["condition"] for run in said["runs"]] == CONDITIONS
    assert {row["model"] for row in said["heard"]["rows"]} == {"exam_sitters:Hears"}
    assert list(said["heard"]["readers"]["tonequiz"]) == ["exam_sitters:Reader"]  # it is everybody's floor


@pytest.fixture
def quiz(home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    tone_quiz(tmp_path / "quiz", tmp_path / "cards", monkeypatch, n=10)
    for name in ("asked", "loads"):
        monkeypatch.setattr(exam_sitters.Hears, name, 0)
    monkeypatch.setattr(exam_sitters.Hears, "breaks_after", None)
    return home


def ask(*more: str) -> Done:
    return typed("eval", "--suite", "heard", "--exams", "tonequiz", "--models", sitters("Hears"), "-q", *more)


def test_a_suite_that_was_stopped_goes_on_where_it_was(quiz: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exam_sitters.Hears, "breaks_after", 70)
    assert ask().code != 0
    before = exam_sitters.Hears.asked
    monkeypatch.setattr(exam_sitters.Hears, "breaks_after", None)
    assert ask().code == 0
    assert exam_sitters.Hears.asked == 10 * (1 + 5 + 4 + 4)
    assert 0 < before < exam_sitters.Hears.asked


def test_what_fails_is_told_with_its_condition_whoever_wants_no_notes(
    quiz: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exam_sitters.Hears, "choice", lambda _, item: item.clip and exam_sitters.drawn(item))
    asked = ask()
    assert asked.code == 1
    assert asked.err.startswith(
        f"Not asked:\n  {sitters('Hears')}, tonequiz, no-audio: The model failed on each of its"
    )
    told = json.loads(ask("--json").out)
    assert [problem["condition"] for problem in told["problems"]] == ["no-audio"]
    assert {run["condition"] for run in told["runs"]} == {*CONDITIONS} - {"no-audio"}


def test_a_dry_run_names_the_run_of_each_condition(quiz: Home) -> None:
    names = f"random,{sitters('Deaf', 'Reader')}"
    planned = typed("eval", "--suite", "heard", "--exams", "tonequiz", "--models", names, "--dry-run", "--json")
    by_model: dict[str, list[str]] = {}
    for run in json.loads(planned.out)["runs"]:
        by_model.setdefault(run["model"].rpartition(":")[2], []).append(run["condition"])
    assert by_model == {
        "random": ["real", "rotations", "leave-one-out"],
        "Deaf": [condition for condition in CONDITIONS if condition != "no-audio"],
        "Reader": ["no-audio"],
    }


def test_exams_that_were_not_fetched_are_told(quiz: Home) -> None:
    asked = typed("eval", "--suite", "heard", "--exams", "tonequiz,mmau_mini", "--models", "random", "--limit", "4")
    assert asked.code == 0
    assert "MMAU test-mini has not been fetched." in asked.err
    assert "mudata fetch mmau_mini" in asked.err


def test_a_model_that_wants_a_clip_is_told_to_miss_the_words_alone(quiz: Home) -> None:
    asked = typed("eval", "--suite", "heard", "--exams", "tonequiz", "--models", f"{sitters('Deaf')},random")
    assert asked.code == 0, asked.err
    assert (
        "exam_sitters:Deaf: Tone quiz cannot be asked by words alone: its prompt has a place for a clip." in asked.err
    )
    assert asked.err.count("cannot be asked by words alone") == 1  # random never listens, which is no news


def test_weights_are_loaded_once_for_all_conditions(quiz: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exam_sitters.Hears, "checkpoint", "weights", raising=False)
    assert ask().code == 0
    assert exam_sitters.Hears.loads == 1


def test_a_control_beside_the_conditions_is_refused(quiz: Home) -> None:
    assert "asks under conditions of its own" in ask("--silence").err
    with pytest.raises(EvaluationError, match="Leave out the control and the order of options"):
        mudata.evaluate_suite("heard", "random", options_order="rotations", progress=False)


def test_without_blind_runs_the_options_alone_stand_beside_a_score(quiz: Home) -> None:
    assert heard_runs(quiz, suite.load("heard")) == []
    assert typed("eval", "--suite", "heard", "--exams", "tonequiz", "--models", "random", "-q").code == 0
    (row,) = heard_report(quiz, suite.load("heard")).rows
    assert row.verdict == "cannot tell"
    assert row.why == "10 items; 50 are the fewest that can show it"
    assert row.blind is None


@pytest.fixture
def numbers(home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    """An exam whose items have no options."""
    tone_quiz(tmp_path / "quiz", tmp_path / "cards", monkeypatch, n=10)
    path = tmp_path / "cards" / "exams" / "tonequiz.yaml"
    card = yaml.safe_load(path.read_text())
    card["tasks"] = {"which": {"kind": "number", "noun": "number", "scale": {"low": 0, "high": 99}}}
    card["exam"]["files"]["questions"]["select"] = "SELECT *, right(id, 2) AS number FROM {rows}"
    card["exam"]["items"][0] |= {"options": None, "answer": {"text": "number"}}
    path.write_text(yaml.safe_dump(card, sort_keys=False))
    mudata.fetch("tonequiz", source=tmp_path / "quiz" / "published", progress=False)
    monkeypatch.setattr(exam_sitters.Hears, "breaks_after", None)
    monkeypatch.setattr(exam_sitters.Hears, "choice", lambda _, item: "7" if item.clips else "8")
    return home


def test_items_without_options_have_no_order_and_are_told_of(numbers: Home) -> None:
    assert ask().code == 0
    (row,) = heard_report(numbers, suite.load("heard")).rows
    assert list(row.conditions) == ["real", "no-audio", "silence", "noise", "swap-audio"]
    assert row.score.value == 0.1


def test_a_run_that_nothing_blind_stands_beside_is_left_out_and_the_others_are_told_of(numbers: Home) -> None:
    asked = typed("eval", "--suite", "heard", "--exams", "tonequiz", "--models", f"random,{sitters('Hears')}")
    assert asked.code == 0
    assert "tonequiz: random is left out: Nothing blind stands beside random-heard-tonequiz-which-" in asked.err
    found = heard_report(numbers, suite.load("heard"))
    assert [row.model for row in found.rows] == ["exam_sitters:Hears"]
    assert found.warnings["tonequiz"][-1].startswith("random is left out: Nothing blind stands beside")


def test_a_run_that_is_damaged_is_left_out(quiz: Home) -> None:
    assert typed("eval", "--suite", "heard", "--exams", "tonequiz", "--models", f"random,{sitters('Hears')}").code == 0
    random = next(run.real for run in heard_runs(quiz, suite.load("heard")) if run.label == "random")
    assert random is not None
    path = random.folder / "questions.jsonl"
    first, *others = path.read_text().splitlines(keepends=True)
    path.write_text("".join([json.dumps(json.loads(first) | {"gold": 5}) + "\n", *others]))
    shown = typed("suites", "show", "heard")
    assert shown.code == 0
    assert "! random is left out: " in shown.out
    assert [row.model for row in heard_report(quiz, suite.load("heard")).rows] == ["exam_sitters:Hears"]


def test_an_option_is_left_out_only_where_every_item_has_enough(quiz: Home) -> None:
    assert least_options(quiz, "tonequiz", "which") == 5
    assert least_options(quiz, "tonequiz", "other") == 0
    left_out = suite.load("heard").conditions["leave-one-out"]
    assert left_out.fits(quiz, "tonequiz", "which")
    assert not left_out.model_copy(update={"least_options": 6}).fits(quiz, "tonequiz", "which")


def test_the_grammar_of_conditions(tmp_path: Path) -> None:
    said = {"name": "own", "title": "Own", "source": {"text": "us"}, "every_exam": True}

    def load(**more: object) -> suite.Suite:
        path = tmp_path / "own.yaml"
        path.write_text(yaml.safe_dump(said | more))
        return suite.load(str(path))

    loaded = load(conditions={"blind": {"title": "Blind", "control": "silence"}})
    assert loaded.conditions == {"blind": Condition(title="Blind", control="silence")}
    assert "mmau_mini" in loaded.exams
    with pytest.raises(CardError, match="rows: heard wants a condition 'real'"):
        load(rows="heard", conditions={"blind": {"title": "Blind", "control": "silence"}})
    with pytest.raises(CardError, match="control"):
        load(conditions={"deaf": {"title": "Deaf", "control": "cotton wool"}})
    with pytest.raises(CardError, match="exams are missing"):
        load(every_exam=False)


def test_a_report_of_the_runs_shows_verdicts_warnings_and_a_chart(home_of: Home, tmp_path: Path) -> None:
    pytest.importorskip("jinja2")
    pytest.importorskip("matplotlib")
    runs = [run.name for run in home_of.runs.iterdir() if "-Hears-" in run.name or "-AlwaysB-" in run.name]
    mudata.report(runs, output=tmp_path / "page.html", waveforms=False, progress=False)
    page = (tmp_path / "page.html").read_text("utf-8")
    assert html_faults(page) == []
    section = page[page.index('<section id="heard"') :].partition("</section>")[0]
    assert "exam_sitters:Hears: heard</strong>" in section
    assert "exam_sitters:AlwaysB: guessed</strong>" in section
    assert "2 of 80 items share a clip with another" in section
    assert section.count("<svg") == 2, "wide and narrow"
    assert all(title in section for title in ("Under each condition", "Places chosen", "By category", "By difficulty"))
    assert '<a href="#heard">' in page
