"""`mudata eval`, `score` and `models` as a user types them."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner, Result
from shell import typed
from small_corpus import Corpus

from mudata.cli import cli
from mudata.errors import MudataError
from mudata.evaluation.run import all_runs

if TYPE_CHECKING:
    from mudata.home import Home


HALF = ("--split", "half", "--task", "genre")


@pytest.fixture
def corpus(home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Corpus:
    (tmp_path / "cards").mkdir()
    made = Corpus(home, tmp_path / "cards", monkeypatch)
    made.halves()
    return made


def run(*words: str) -> Result:
    return CliRunner().invoke(cli, words, catch_exceptions=False)


def ask(model: str, *more: str) -> Result:
    return run("eval", "--model", model, "--split", "half", "--task", "genre", *more)


def test_eval_prints_a_table_and_says_where_the_run_is(corpus: Corpus, home: Home) -> None:
    done = ask("constant")
    assert done.exit_code == 0
    head, _, row, *note = done.stdout.splitlines()
    for column in ("model", "split", "dataset", "task", "accuracy", "macro F1", "coverage", "chance", "majority"):
        assert column in head
    assert row.split()[:5] == ["constant", "half", "tones", "genre", "6"]
    assert "33.3 % [too few to say]" in row
    assert "tones: 6 clips of 3 artists; intervals: none: 3 clusters are too few." in note
    assert f"Run: {all_runs(home)[0].folder}" in done.stderr


def test_eval_prints_json_on_stdout_and_only_there(corpus: Corpus) -> None:
    done = ask("majority", "--json", "--limit", "4")
    said = json.loads(done.stdout)
    assert (said["model"], said["n"], said["kind"]) == ("majority", 4, "classify")
    assert {"metrics", "datasets", "per_label", "confusion", "outcomes"} <= set(said)


def test_quiet_says_nothing(corpus: Corpus) -> None:
    assert ask("majority", "-q").stderr == ""


@pytest.mark.parametrize(("task", "columns"), [("mood", "micro F1"), ("caption", "ROUGE-1 P/R/F")])
def test_every_kind_of_task_has_its_table(corpus: Corpus, task: str, columns: str) -> None:
    done = run("eval", "--model", "random", "--split", "half", "--task", task)
    assert columns in done.stdout.splitlines()[0]


@pytest.mark.slow
def test_several_datasets_get_a_row_each_and_one_for_all(corpus: Corpus) -> None:
    both = corpus.publish("tones") | corpus.publish("waves")
    corpus.split("both", {"test": both})
    done = run("eval", "--model", "random", "--split", "both", "--task", "genre")
    assert [line.split()[2] for line in done.stdout.splitlines() if line.startswith("random ")] == [
        "all",
        "tones",
        "waves",
    ]


@pytest.mark.slow
def test_score_repeats_exactly_and_compares_runs_best_first(corpus: Corpus, home: Home) -> None:
    for seed in ("0", "1", "2"):
        ask("random", "--seed", seed)
    one = all_runs(home)[0]
    before = (one.folder / "scores.json").read_bytes()
    (one.folder / "scores.json").unlink()
    done = run("score", one.id)
    assert done.exit_code == 0
    assert (one.folder / "scores.json").read_bytes() == before
    table = [line for line in run("score").stdout.splitlines() if line.startswith("random ")]
    values = [float(line.split("%")[0].split()[-1]) for line in table]
    assert len(values) == 3
    assert values == sorted(values, reverse=True)
    assert json.loads(run("score", one.id, "--json").stdout)["run"] == one.id
    assert len(json.loads(run("score", "--json").stdout)) == 3


@pytest.mark.slow
def test_score_leaves_out_what_is_unfinished_unless_it_was_asked_for(corpus: Corpus, home: Home) -> None:
    ask("random")
    ask("majority")
    unfinished = next(r for r in all_runs(home) if r.id.startswith("random"))
    lines = (unfinished.folder / "answers.jsonl").read_bytes().splitlines(keepends=True)
    (unfinished.folder / "answers.jsonl").write_bytes(b"".join(lines[:2]))
    done = run("score")
    assert [line.split()[0] for line in done.stdout.splitlines()[2:3]] == ["majority"]
    assert "random" not in done.stdout
    assert "4 of 6 clips have not been asked yet" in done.stderr
    with pytest.raises(MudataError, match="is not finished: 4 of 6"):
        run("score", unfinished.id)


def test_score_without_any_run_says_so() -> None:
    done = run("score")
    assert (done.exit_code, done.stdout) == (0, "")


def test_failures_are_told_and_the_command_is_kept(
    corpus: Corpus, home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "moody.py").write_text(
        "from mudata.evaluation.protocol import Answer, Failure, ModelCapabilities\n"
        "class Moody:\n"
        "    capabilities = ModelCapabilities(batch=6)\n"
        "    def __init__(self, word='low', times=1): self.word, self.times = word, times\n"
        "    def load(self): pass\n"
        "    def answer(self, items):\n"
        "        said = [Answer(self.word * self.times) for item in items if item.clip.audio.any()]\n"
        "        return [Failure('mood', 'not today'), *said[1:]]\n"
        "    def describe(self): return {}\n"
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    done = ask("moody:Moody", "-o", "word=high", "-o", "times=1", "--batch", "6")
    assert "1 of 6 clips failed and count as wrong: 1 mood." in done.stderr
    assert "33.3 %" in done.stdout  # two of six are high
    command = all_runs(home)[0].settings.sessions[0].command
    words = "--model moody:Moody --split half --task genre --batch 6 --option 'word=\"high\"' --option times=1"
    assert command == f"mudata eval {words}"


EAR = """
from mudata.evaluation.protocol import Answer, ModelCapabilities, Ranking
class Ear:
    capabilities = ModelCapabilities(batch=8, gives_logits=True)
    def load(self): pass
    def answer(self, items):
        return [Answer("low" if abs(item.clip.audio).max() > 0.1 else "high") for item in items]
    def rank(self, items):
        return [Ranking(tuple(-float(len(o)) for o in i.question.options)) for i in items if i.clip.audio.any()]
    def describe(self): return {"generation": {"do_sample": False}}
"""


@pytest.fixture
def ear(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    (tmp_path / "keen.py").write_text(EAR)
    monkeypatch.syspath_prepend(str(tmp_path))
    return "keen:Ear"


@pytest.mark.slow
def test_the_closing_note_tells_whether_the_audio_was_heard(corpus: Corpus, home: Home, ear: str) -> None:
    corpus.split("all", {"test": corpus.publish(clips=60)})
    words = ("eval", "--model", ear, "--split", "all", "--task", "genre")
    assert "Was it heard?" not in run(*words).stderr
    silent = run(*words, "--silence")
    assert silent.exit_code == 0
    said = "silence: 60 of 60 answers change, accuracy 33.3 % against 33.3 % (p = 1, 30 artists or tracks{}); no more"
    assert f"Was it heard? heard ({said.format('')} often right for it)" in silent.stderr
    assert "keen:Ear (silence)" in silent.stdout
    two = said.format(", Holm over 2 controls")
    swapped = run(*words, "--swap-audio").stderr
    assert f"Was it heard? heard ({two} often right for it; swap-audio: 0 of 60 answers change" in swapped
    assert "Was it heard? heard" in run(*words).stderr
    commands = [one.settings.sessions[0].command for one in all_runs(home)]
    assert [command.removeprefix("mudata " + " ".join(words)) for command in commands] == [
        "",
        " --silence",
        " --swap-audio",
    ]


def test_how_options_are_shown_is_part_of_the_command(corpus: Corpus, home: Home, ear: str) -> None:
    done = ask(ear, "--letters", "--options-order", "shuffled", "--rank", "--timeout", "60", "--seed", "3")
    assert done.exit_code == 0
    (one,) = all_runs(home)
    session = one.settings.sessions[0]
    words = (
        "--model keen:Ear --split half --task genre --letters --options-order shuffled --rank --timeout 60.0 --seed 3"
    )
    assert session.command == f"mudata eval {words}"
    assert (session.timeout_s, session.ranked) == (60.0, 6)
    assert len(one.rankings()) == 6
    assert one.tasks["tones"].question.prompt.startswith(
        "Listen to the music. Which genre is it? Choose exactly one of"
    )
    assert "(C)" in one.tasks["tones"].question.prompt


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--silence", "--swap-audio"], "two controls, a run each"),
        (["--timeout", "0"], "Invalid value for '--timeout'"),
        (["--options-order", "random"], "'random' is not one of 'published', 'shuffled'"),
        (["--batch", "many"], "'many' is neither a number from 1 on nor 'auto'"),
        (["--batch", "0"], "'0' is neither a number"),
        (["--audio", "mp3"], "'mp3' is not one of 'clip', 'source'"),
        (["--sampling", "warm"], "'warm' is not one of 'greedy', 'paper'"),
    ],
)
def test_options_that_cannot_be_are_told(corpus: Corpus, words: list[str], said: str) -> None:
    done = ask("constant", *words)
    assert done.exit_code == 2
    assert said in done.stderr


def test_a_model_is_asked_with_the_words_of_its_card(corpus: Corpus, home: Home, tmp_path: Path, ear: str) -> None:
    (tmp_path / "cards" / "models").mkdir()
    (tmp_path / "cards" / "models" / "mine.yaml").write_text(
        "name: mine\ntitle: Mine\nfamily: clap\ncheckpoint: a/b\nrevision: c\nlicence: {text: MIT}\n"
        'prompts: {classify: "Name its {noun}: {options}."}\n'
    )
    plan = json.loads(run("eval", "--model", "mine", *HALF, "--prompt", "own", "--dry-run", "--json").stdout)
    assert plan["tasks"][0]["prompt_id"] == "own"
    assert plan["first"]["prompt"] == "Name its genre: low, in-between, high."
    other = json.loads(run("eval", "--model", "mine", *HALF, "--dry-run", "--json").stdout)
    assert plan["run"] != other["run"]
    done = typed("eval", "--model", ear, *HALF, "--prompt", "own")
    assert (done.code, done.err.splitlines()[0]) == (2, "Error: The model's card has no prompt of its own to classify.")


@pytest.mark.parametrize("words", [["--audio", "source"], ["--sampling", "paper"]])
def test_what_a_model_cannot_do_is_told(corpus: Corpus, ear: str, words: list[str]) -> None:
    done = typed("eval", "--model", ear, *HALF, *words)
    assert done.code == 2
    assert ("takes clips as they are normalised" if "source" in words else "has no option 'sampling'") in done.err


def test_a_file_in_the_place_of_the_runs_is_told(corpus: Corpus, home: Home) -> None:
    home.runs.write_text("in the way")
    done = typed("eval", "--model", "constant", "--split", "half", "--task", "genre")
    assert done.code == 2
    assert "Error: A file is where a folder should be" in done.err
    assert home.runs.read_text() == "in the way"


def test_options_are_names_and_values() -> None:
    done = ask("random", "-o", "word")
    assert done.exit_code == 2
    assert "'word' is not NAME=VALUE" in done.stderr


def test_models_are_listed_and_shown() -> None:
    rows = {row["name"]: row for row in json.loads(run("models", "--json").stdout)}
    assert {"random", "majority", "constant", "features", "transformers", "clap"} <= set(rows)
    assert rows["random"]["installed"] is True
    assert rows["features"]["needs"] == ["librosa", "sklearn"]
    assert "classic features" in run("models", "info", "features").stdout
    shown = run("models", "info", "random").stdout
    assert "seed=0" in shown
    assert json.loads(run("models", "info", "random", "--json").stdout)["options"] == {"seed": 0}


@pytest.mark.slow
def test_errors_are_text_and_exit_codes() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "mudata", "eval", "--model", "randm", "--split", "x"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.startswith("Error: No model named 'randm'. Did you mean 'random'")


@pytest.mark.parametrize("command", [["eval", "--help"], ["score", "--help"], ["models", "--help"], ["models"]])
@pytest.mark.slow
def test_help_and_lists_import_nothing_heavy(command: list[str]) -> None:
    code = (
        "import sys; from click.testing import CliRunner; from mudata.cli import cli;"
        f"assert CliRunner().invoke(cli, {command!r}).exit_code == 0;"
        "print({'torch', 'transformers', 'librosa', 'sklearn', 'numpy', 'datasets', 'kaggle', 'duckdb', 'pyarrow'}"
        " & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


@pytest.mark.slow
def test_the_features_model_goes_the_whole_way(corpus: Corpus, home: Home) -> None:
    pytest.importorskip("librosa")
    pytest.importorskip("sklearn")
    done = ask("features", "--json")
    said = json.loads(done.stdout)
    assert (said["n"], said["forced_choice"], said["outcomes"]) == (6, True, {"ALIGNED": 6})
    session = all_runs(home)[0].settings.sessions[0]
    assert session.fitted == {"tones": {"on": "train part", "clips": 6, "undecodable": []}}
    assert session.model["recipe"] == "features-1"
    assert len(list((home.models / "cache" / "features-1").rglob("*.npy"))) == 12
