"""Asking suites: what is drawn, what goes on when something is missing or fails, and the tables that come of it."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from shell import Done, typed
from small_corpus import Corpus

import mudata
from mudata.catalog.cards import licences
from mudata.catalog.cards import loader as cards
from mudata.catalog.splits import draw as splits
from mudata.catalog.splits import manifest
from mudata.catalog.splits.split_request import SplitRequest
from mudata.cli.cmd_suite import next_step
from mudata.errors import ArgumentError, EvaluationError, SplitError
from mudata.evaluation.run import all_runs
from mudata.evaluation.suites import suite
from mudata.evaluation.suites.exam_splits import Problem, draw
from mudata.evaluation.suites.suite_runner import existing_results

if TYPE_CHECKING:
    from collections.abc import Callable

    from mudata.evaluation.suites.suite import Suite
    from mudata.home import Home

pytestmark = pytest.mark.slow

EXAMS = {
    "genre": {"title": "Genres", "dataset": "tones", "task": "genre", "split": {"n": 4, "train": 4, "seed": 1}},
    "caption": {"title": "Captions", "dataset": "tones", "task": "caption", "split": {"n": 5, "train": 100}},
    "waves": {"title": "Waves", "dataset": "waves", "task": "genre", "split": {"n": 6}},
}
TABLES = [
    {
        "title": "Accuracy",
        "n": 100,
        "columns": [
            {"title": "Genres", "exam": "genre", "metric": "accuracy"},
            {"title": "Waves", "exam": "waves", "metric": "accuracy"},
        ],
        "rows": {"Coin": [0.99, 0.3], "Oracle": [1.0, None]},
    },
    {
        "title": "ROUGE",
        "columns": [{"title": "R1 F", "exam": "caption", "metric": "rouge1_f"}],
        "rows": {"Coin": [0.2]},
    },
]


@pytest.fixture
def corpus(home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Corpus:
    """The dataset `tones` is fetched, `waves` is not; both have a card, and the suite `tiny` is about both."""
    cards = tmp_path / "cards"
    (cards / "suites").mkdir(parents=True)
    made = Corpus(home, cards, monkeypatch)
    made.publish("tones")
    (cards / "waves.yaml").write_text((cards / "tones.yaml").read_text().replace("tones", "waves"))
    publish(cards)
    monkeypatch.syspath_prepend(str(tmp_path))
    return made


def publish(cards: Path, **changes: Any) -> Suite:
    said = {"name": "tiny", "title": "Tiny", "source": {"text": "us"}, "models": {"Coin": ["random"]}}
    said |= {"exams": EXAMS, "tables": TABLES} | changes
    (cards / "suites" / "tiny.yaml").write_text(yaml.safe_dump(said, sort_keys=False))
    return suite.load(str(cards / "suites" / "tiny.yaml"))


def ask(models: str, *more: str) -> Done:
    return typed("eval", "--suite", "tiny", "--models", models, *more)


def model(folder: Path, name: str, load: str = "pass", answer: str = "[Answer('low') for item in items]") -> str:
    (folder / f"{name}.py").write_text(
        "from mudata.evaluation.protocol import Answer, Failure, ModelCapabilities\n"
        "class Model:\n"
        "    capabilities = ModelCapabilities(needs_audio=False, control=True)\n"
        f"    def load(self): {load}\n"
        f"    def answer(self, items): return {answer}\n"
        "    def describe(self): return {}\n"
    )
    return f"{name}:Model"


def test_an_exam_draws_its_clips_once_and_up_to_so_many_to_learn_from(corpus: Corpus, home: Home) -> None:
    tiny = suite.load("tiny")
    drawn = draw(home, tiny, "genre")
    assert isinstance(drawn, manifest.Manifest)
    assert {part: len(members) for part, members in drawn.parts.items()} == {"train": 4, "test": 4}
    assert (drawn.name, drawn.seed) == ("tiny-genre", 1)
    assert manifest.load(home, "tiny-genre") == drawn
    corpus.publish("tones", clips=11)  # now another draw would give other clips
    assert draw(home, tiny, "genre") == drawn
    all_the_rest = draw(home, tiny, "caption")
    assert isinstance(all_the_rest, manifest.Manifest)
    assert {part: len(members) for part, members in all_the_rest.parts.items()} == {"train": 6, "test": 5}


def test_an_exam_of_all_clips_there_are_has_none_to_learn_from(corpus: Corpus, home: Home) -> None:
    whole = {"whole": EXAMS["genre"] | {"split": {"n": 12, "train": 3}}}
    drawn = draw(home, publish(corpus.cards, exams=whole, tables=[]), "whole")
    assert isinstance(drawn, manifest.Manifest)
    assert {part: len(members) for part, members in drawn.parts.items()} == {"test": 12}


def test_clips_to_learn_from_can_be_kept_apart_by_artist(corpus: Corpus, home: Home) -> None:
    apart = {"apart": EXAMS["genre"] | {"split": {"n": 4, "train": 6, "group": "artist", "stratify": "genre"}}}
    tiny = publish(corpus.cards, exams=apart, tables=[])
    drawn = draw(home, tiny, "apart")
    assert isinstance(drawn, manifest.Manifest)
    artists = {part: {int(m.clip_id[-2:]) // 2 for m in members} for part, members in drawn.parts.items()}
    assert artists["train"].isdisjoint(artists["test"])
    assert draw(home, tiny, "apart") == drawn


@pytest.mark.parametrize("changes", [{"n": 3}, {"seed": 2}, {"where": "clip_id > 'tones/01'"}, {"stratify": "genre"}])
def test_a_split_by_another_recipe_is_not_taken_for_the_exams(
    corpus: Corpus, home: Home, changes: dict[str, Any]
) -> None:
    draw(home, suite.load("tiny"), "genre")
    recipe = {"n": 4, "train": 4, "seed": 1} | changes
    changed = publish(corpus.cards, exams={"genre": EXAMS["genre"] | {"split": recipe}}, tables=[])
    with pytest.raises(SplitError, match="'tiny-genre' was not drawn as the suite says"):
        draw(home, changed, "genre")


def test_a_split_that_was_made_by_hand_by_the_same_recipe_will_do(corpus: Corpus, home: Home) -> None:
    made = splits.make(home, SplitRequest(name="tiny-genre", datasets=("tones",), n=4, seed=1))
    manifest.save(home, made)
    assert draw(home, suite.load("tiny"), "genre") == made


def test_missing_clips_come_with_the_command_that_fetches_them(corpus: Corpus, home: Home, tmp_path: Path) -> None:
    tiny = suite.load("tiny")
    assert draw(home, tiny, "waves") == Problem(
        "missing", "waves", None, "Twelve waves has not been fetched.", "Run: mudata fetch waves"
    )
    corpus.publish("waves", absent=tuple(f"{i:02}" for i in range(7)))
    found = draw(home, tiny, "waves")
    assert isinstance(found, Problem)
    assert found.what == "6 clips of Twelve tones are asked for, 5 can be had."
    corpus.publish("waves", absent=tuple(f"{i:02}" for i in range(12)))
    found = draw(home, tiny, "waves")
    assert isinstance(found, Problem)
    assert found.what == "6 clips of Twelve tones are asked for, 0 can be had."


def test_terms_are_accepted_once(home: Home) -> None:
    survey = suite.load("survey")
    before = draw(home, survey, "gtzan")
    licences.require(cards.load("gtzan"), home, accept=True)
    after = draw(home, survey, "gtzan")
    assert isinstance(before, Problem)
    assert isinstance(after, Problem)
    assert (before.how, after.how) == ("Run: mudata fetch gtzan --accept-licence", "Run: mudata fetch gtzan")


def test_what_cannot_be_asked_is_told_and_the_rest_goes_on(corpus: Corpus, home: Home, tmp_path: Path) -> None:
    broken = model(tmp_path, "suite_broken", load="raise ValueError('no weights')")
    done = ask(f"randm,{broken},random,majority")
    assert done.code == 1
    assert "random" in done.out
    assert "majority" in done.out
    assert "  waves: Twelve waves has not been fetched.\n    Run: mudata fetch waves" in done.err
    assert "  randm: No model named 'randm'. Did you mean 'random'" in done.err
    assert f"  {broken}, genre: ValueError: no weights" in done.err
    assert "  majority, caption: There is no majority among captions." in done.err
    assert sorted((run.settings.model, run.settings.split) for run in all_runs(home)) == [
        ("majority", "tiny-genre"),
        ("random", "tiny-caption"),
        ("random", "tiny-genre"),
    ]


def test_clips_that_fail_are_told_and_are_no_fault_of_the_suite(corpus: Corpus, tmp_path: Path) -> None:
    answer = "[Failure('mood', 'not today') if item.item_id[-1] in '02468' else Answer('low') for item in items]"
    moody = model(tmp_path, "suite_moody", answer=answer)
    done = ask(moody)
    assert done.code == 0
    assert " clips failed and count as wrong" in done.err


def test_missing_clips_alone_are_no_fault(corpus: Corpus) -> None:
    assert ask("random").code == 0


def test_where_nothing_can_be_asked_the_reasons_are_the_error(home: Home) -> None:
    done = typed("eval", "--suite", "survey", "--models", "random,features")
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith("Error: Nothing of the suite 'survey' could be asked.")
    for line in (
        "Run: mudata fetch gtzan --accept-licence",
        "Run: mudata fetch fma --accept-licence",
        "Run: mudata fetch music_classification --accept-licence (The host may want a token",
        "Run: mudata fetch musiccaps --accept-licence (Its audio is cut from videos: pip install",
    ):
        assert line in done.err
    assert not list(home.runs.glob("*"))


def test_a_model_that_is_not_installed_comes_with_its_line(corpus: Corpus, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mudata.evaluation.models.listing.util.find_spec", lambda name: None)
    done = ask("features,random")
    assert done.code == 1
    assert "Run: pip install 'mudata-music[features]'" in done.err
    assert done.err.count("pip install") == 1


def test_the_same_command_asks_nothing_again(corpus: Corpus, home: Home) -> None:
    ask("random,majority")
    files = {path: path.read_bytes() for path in home.runs.glob("*/answers.jsonl")}
    assert len(files) == 3
    again = ask("random,majority")
    assert again.err.count("clips were answered before") == 3
    assert {path: path.read_bytes() for path in home.runs.glob("*/answers.jsonl")} == files


def test_the_tables_show_ours_beside_theirs(corpus: Corpus) -> None:
    done = ask("random,constant", "-q")
    assert done.err == ""
    first, _, second = done.out.partition("\n\n")
    lines = [line.split() for line in first.splitlines()]
    assert lines[0] == ["Accuracy,", "100", "clips"]
    assert [line[:2] for line in lines[3:7]] == [
        ["Coin", "published"],
        ["random", "here"],
        ["Oracle", "published"],
        ["constant", "here"],
    ]
    assert "[too few to say] n=4" in " ".join(lines[4])  # no verdict either
    assert "[" not in "".join(second.splitlines()[3])  # a published ROUGE has no interval
    assert second.splitlines()[4].startswith("random    here       0.")


def test_tables_tell_of_clips_clusters_and_intervals_whose_and_how_found(corpus: Corpus) -> None:
    asked = ask("random", "-q").out
    for text in (asked, typed("suites", "table", "tiny", "-q").out, typed("suites", "table", "tiny", "--markdown").out):
        told = " ".join(text.split())
        assert re.search(r"[\w ]+, here: 4 clips of \d artists; intervals: (95 % |none: )", told), text
        assert (
            "Published: intervals: 95 % Wilson at the published n; of how many artists their clips are is not" in told
        )
    said = json.loads(typed("suites", "table", "tiny", "--json").out)
    ours = [
        cell for table in said["tables"] for row in table["rows"] if row["whose"] == "here" for cell in row["cells"]
    ]
    assert all(cell["n"] and cell["clusters"] and cell["interval"] for cell in ours if cell)
    assert any(ours)


def test_a_suite_without_tables_shows_every_exam_by_its_headline(corpus: Corpus, home: Home) -> None:
    publish(corpus.cards, tables=[], source={"text": "my paper"})
    before = typed("suites", "show", "tiny")
    assert before.out.startswith("Tiny (my paper)\n")
    assert "genre (accuracy)" in before.out
    assert "None" not in before.out
    told = before.err.partition("To begin: mudata ")[2].split()
    assert typed(*told).code == 0
    done = ask("random,constant")
    lines = done.out.splitlines()
    assert lines[0] == "Tiny"
    assert lines[1].split("  ")[0] == "model"
    assert all(name in lines[1] for name in ("genre (accuracy)", "caption (rougeL_f)", "waves (accuracy)"))
    assert [line.split()[:2] for line in lines[3:5]] == [["random", "here"], ["constant", "here"]]
    assert all("n=4" in line and "n=5" in line for line in lines[3:5])
    cells = json.loads(ask("random", "--json").out)["tables"][0]["rows"][0]["cells"]
    scores = {run.settings.task: run.scores for run in all_runs(home) if run.settings.model == "random"}
    values = {m["metric"]: m["value"] for task in scores.values() for m in task["metrics"]}
    assert [(cell and cell["metric"], cell and cell["value"]) for cell in cells] == [
        ("accuracy", values["accuracy"]),
        ("rougeL_f", values["rougeL_f"]),
        (None, None),
    ]
    for words in (("table", "tiny"), ("show", "tiny")):
        assert "constant" in typed("suites", *words).out
    compare = done.err.partition("Next: mudata ")[2].split()
    assert typed(*compare).code == 0
    assert "Next: mudata suites table tiny" in ask("random").err


def test_runs_under_other_conditions_are_not_proposed_to_be_compared() -> None:
    runs = [("a", "real"), ("b", "rotations"), ("c", "rotations")]
    asked: Any = [SimpleNamespace(exam="e", condition=of, scores={"run": run}) for run, of in runs]
    assert next_step("heard", asked) == "Next: mudata compare b c"
    assert next_step("heard", asked[:2]) == "Next: mudata suites table heard"


@pytest.mark.parametrize("metric", [None, "rouge1_f"])
def test_what_no_table_shows_is_shown_below_them(corpus: Corpus, metric: str | None) -> None:
    """An exam without a column, or with one of a metric that its runs do not have."""
    columns = [{"title": "R1", "exam": "caption", "metric": "rouge1_f"}]
    columns += [{"title": "G", "exam": "genre", "metric": metric}] if metric else []
    publish(corpus.cards, tables=[{"title": "T", "columns": columns, "rows": {}}])
    done = ask("random")
    published, _, others = done.out.partition("Other exams\n")
    assert "R1" in published
    assert "waves (accuracy)" in others
    assert "genre (accuracy)" in others
    assert others.splitlines()[2].startswith("random  here  ")


def test_json_has_tables_runs_and_problems(corpus: Corpus, home: Home) -> None:
    said = json.loads(ask("random", "--json").out)
    assert said["suite"] == "tiny"
    assert [(run["exam"], run["model"]) for run in said["runs"]] == [("genre", "random"), ("caption", "random")]
    assert {run["run"] for run in said["runs"]} == {run.id for run in all_runs(home)}
    assert [(problem["kind"], problem["exam"]) for problem in said["problems"]] == [("missing", "waves")]
    coin, ours, *_ = said["tables"][0]["rows"]
    assert (coin["whose"], coin["cells"][0]["value"], coin["cells"][0]["n"]) == ("published", 0.99, 100)
    assert (ours["whose"], ours["cells"][0]["n"], ours["cells"][1]) == ("here", 4, None)
    assert ours["cells"][0]["run"] in {run.id for run in all_runs(home)}


def test_a_dry_run_names_the_runs_and_asks_nothing(corpus: Corpus, home: Home) -> None:
    dry = json.loads(ask("random,randm", "--dry-run", "--json").out)
    assert (dry["tables"], len(dry["problems"]), all_runs(home)) == ([], 2, [])
    ask("random")
    assert {run["run"] for run in dry["runs"]} == {run.id for run in all_runs(home)}
    told = ask("random", "--dry-run")
    assert "tiny-genre" in told.out
    assert "Nothing was asked" in told.err


def test_controls_are_told_apart_and_not_compared_with_what_was_published(
    corpus: Corpus, home: Home, tmp_path: Path
) -> None:
    (tmp_path / "suite_ear.py").write_text(
        "from mudata.evaluation.protocol import Answer, ModelCapabilities\n"
        "class Model:\n"
        "    capabilities = ModelCapabilities()\n"
        "    def load(self): pass\n"
        "    def answer(self, items): return [Answer('low' if i.clip.audio.any() else 'mid') for i in items]\n"
        "    def describe(self): return {}\n"
    )
    publish(corpus.cards, models={"Coin": ["suite_ear:Model"]})
    done = ask("suite_ear:Model", "--silence")
    first = done.out.partition("\n\n")[0]
    rows = [line for line in first.splitlines() if "  here  " in line or "  published  " in line]
    assert rows[-1].startswith("suite_ear:Model (silence)")
    assert "side" not in done.out  # neither inside nor outside
    assert "suite_ear:Model" not in typed("suites", "table", "tiny").out


def test_a_limit_holds_for_every_exam_and_is_told(corpus: Corpus) -> None:
    done = ask("random", "--limit", "2")
    assert " n=2 " in done.out
    assert done.code == 0


@pytest.mark.parametrize(
    "words",
    [
        ("--suite", "tiny"),
        ("--models", "random"),
        ("--suite", "tiny", "--models", "random", "--split", "x"),
        ("--suite", "tiny", "--models", "random", "--task", "genre"),
        ("--suite", "tiny", "--model", "random"),
        ("--suite", "tiny", "--models", " , "),
        ("--model", "random"),
        (),
    ],
)
def test_a_suite_goes_with_models_and_a_split_with_one(corpus: Corpus, words: tuple[str, ...]) -> None:
    done = typed("eval", *words)
    assert done.code == 2
    assert "Usage" in done.err


def test_tables_are_filled_from_runs_that_are_there(corpus: Corpus, home: Home) -> None:
    ask("random", "--limit", "2")
    ask("random")
    ask("random", "--seed", "7")
    ask("constant")
    done = typed("suites", "table", "tiny", "--json")
    rows = [row for row in json.loads(done.out)["tables"][0]["rows"] if row["whose"] == "here"]
    names = [row["model"] for row in rows]
    assert names[-1] == "constant"
    assert len(names) == 3
    assert all(name.startswith("random (") for name in names[:2])  # two seeds are two guessers
    assert [row["cells"][0]["n"] for row in rows] == [4, 4, 4]
    assert "| random (" in typed("suites", "table", "tiny", "--markdown").out


def test_runs_of_another_draw_and_controls_do_not_count(corpus: Corpus, home: Home) -> None:
    tiny = suite.load("tiny")
    ask("random,constant")
    assert {(one.exam, one.label) for one in existing_results(home, tiny)} == {
        ("genre", "random"),
        ("genre", "constant"),
        ("caption", "random"),
        ("caption", "constant"),
    }
    for run in all_runs(home):
        if run.settings.model == "constant":
            said = json.loads((run.folder / "run.json").read_text()) | {"control": "silence"}
            (run.folder / "run.json").write_text(json.dumps(said))
    manifest.path_of(home, "tiny-genre").unlink()
    corpus.publish("tones", clips=11)
    draw(home, tiny, "genre")
    assert [(one.exam, one.label) for one in existing_results(home, tiny)] == [("caption", "random")]


def test_suites_are_listed_and_shown_without_any_run(corpus: Corpus) -> None:
    rows = json.loads(typed("suites", "--json").out)
    assert [row["name"] for row in rows] == ["heard", "objective", "survey", "tiny"]
    done = typed("suites", "show", "survey")
    assert done.code == 0
    assert "LTU           published  61.0 % [51.2, 70.0]  70.0 % [60.4, 78.1]" in done.out
    assert "* SALMONN, RL R: 0.256 is above R1 R 0.235, which cannot be" in done.out
    assert "survey-musiccaps" in done.out
    assert "gtzan genre accuracy LLark 56.8 % [53.7, 59.8] 1000 notebook" in " ".join(done.out.split())
    assert json.loads(typed("suites", "show", "survey", "--json").out)["tables"][1]["rows"][2]["cells"][4]["note"]
    assert typed("suites", "show", "survey", "--markdown").out.startswith("**Table 3, accuracy**")
    done = typed("suites", "table", "tiny")
    assert "mudata eval --suite tiny" in done.err
    assert json.loads(typed("suites", "schema").out)["title"] == "Suite"
    assert typed("suites", "show", "servey").code == 2


@pytest.mark.parametrize("command", [["suites", "--help"], ["suites", "show", "--help"], ["show", "--help"]])
def test_help_imports_nothing_heavy(command: list[str]) -> None:
    code = (
        "import sys; from click.testing import CliRunner; from mudata.cli import cli;"
        f"assert CliRunner().invoke(cli, {command!r}).exit_code == 0;"
        "print({'torch', 'numpy', 'duckdb', 'pyarrow', 'pydantic', 'rich'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


def test_a_folder_of_gtzan_clips_sits_the_survey(home: Home, tmp_path: Path, tone: Callable[..., Path]) -> None:
    genres = ["blues", "classical", "country", "disco", "hiphop", "jazz", "metal", "pop", "reggae", "rock"]
    for i in range(110):
        genre = genres[i % 10]
        tone(tmp_path / "genres" / genre / f"{genre}.{i // 10:05}.wav", seconds=30, rate=2000, hz=100 + i)
    fetched = typed("fetch", "gtzan", "--from", tmp_path / "genres", "--accept-licence", "--offline")
    assert "110" in fetched.out
    done = typed("eval", "--suite", "survey", "--models", "majority,random,constant")
    assert done.code == 0
    drawn = manifest.load(home, "survey-gtzan")
    assert {part: len(members) for part, members in drawn.parts.items()} == {"train": 10, "test": 100}
    assert done.out.count(" here ") == 3
    assert done.err.count("has not been fetched") == 4
    assert "Run: mudata fetch musiccaps --accept-licence" in done.err


def test_python_asks_a_suite_and_shows_what_the_command_prints(corpus: Corpus, home: Home) -> None:
    assert {row["name"]: row["exams"] for row in mudata.suites()}["tiny"] == list(EXAMS)
    asked = mudata.evaluate_suite("tiny", ["majority", "nobody"], limit=3)
    assert [(run.scores["n"], run.settings.model) for run in asked.runs] == [(3, "majority")]
    assert {("waves", None), (None, "nobody")} < {(problem.exam, problem.model) for problem in asked.problems}
    assert "nobody: No model named 'nobody'" in repr(asked)
    assert str(mudata.suite_tables(corpus.cards / "suites" / "tiny.yaml")) == str(asked.tables)
    printed = typed("suites", "table", "tiny").out
    assert printed.strip() == repr(mudata.suite_tables("tiny"))
    assert typed("suites", "table", "tiny", "--markdown").out.strip() == asked.tables._repr_markdown_().strip()
    with pytest.raises(EvaluationError, match=r"(?s)'tiny' could be asked.*No model named 'nobody'"):
        mudata.evaluate_suite("tiny", "nobody")
    with pytest.raises(ArgumentError, match="two controls, a run each"):
        mudata.evaluate_suite("tiny", "majority", silence=True, swap_audio=True)
