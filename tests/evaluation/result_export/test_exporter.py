"""Runs as files of other programs: what stands in them, what is hashed, and that the answers come back."""

from __future__ import annotations

import csv
import hashlib
import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import yaml
from answered import metric
from huggingface_hub import parse_eval_result_entries
from shell import typed
from small_corpus import AskedOf, Corpus

import mudata
from mudata.errors import EvaluationError, MudataError, UnknownName
from mudata.evaluation.answer_import.import_request import ImportRequest
from mudata.evaluation.answer_import.importer import import_answers

if TYPE_CHECKING:
    from mudata.evaluation.run import Run
    from mudata.home import Home

LOGS = Path(__file__).parents[2] / "data" / "other_programs"
INSTRUMENTS = ("violin", "flute", "drums", "piano")
EXAM = tuple(
    AskedOf(f"tone{n:02}", "name", (n,), "violin", "choose", f"Which instrument plays in clip {n}?", INSTRUMENTS)
    for n in range(8)
)
REDISTRIBUTABLE = "redistributable: true"


@pytest.fixture
def corpus(home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Corpus:
    (tmp_path / "cards").mkdir()
    corpus = Corpus(home, tmp_path / "cards", monkeypatch)
    corpus.publish(items=EXAM)
    return corpus


@pytest.fixture
def run(corpus: Corpus, home: Home) -> Run:
    return brought(home, LOGS / "inspect-epochs.eval", "inspect")


def brought(home: Home, file: Path, program: str) -> Run:
    return import_answers(
        home, ImportRequest(file=file, format=program, model="them/toy", dataset="tones", task="name")
    )


def hashed(text: str) -> str:
    return f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"


def locked(corpus: Corpus) -> None:
    """Make the licence of the tones forbid to pass them on."""
    card = corpus.cards / "tones.yaml"
    card.write_text(card.read_text().replace(REDISTRIBUTABLE, "redistributable: false"))


def test_a_log_for_inspect_has_items_as_samples_and_passes_as_epochs(run: Run, tmp_path: Path) -> None:
    (path,) = mudata.export_run(run, to="inspect", output=tmp_path / "out")
    log = json.loads(path.read_text())
    assert path.name.startswith(run.settings.created_at[:10])
    assert (log["version"], log["status"], log["eval"]["config"]["epochs"]) == (2, "success", 2)
    assert log["results"]["scores"][0]["metrics"]["accuracy"]["value"] == metric(run, "accuracy") == 0.5
    samples = {(sample["id"], sample["epoch"]): sample for sample in log["samples"]}
    assert len(samples) == 16
    sample = samples["tones/tone02", 1]
    assert sample["choices"] == ["drums", "piano", "violin", "flute"]
    assert (sample["target"], sample["scores"]["mudata"]["value"]) == ("C", "C")
    assert sample["messages"][1]["content"] == hashed("ANSWER: C")
    failed = samples["tones/tone05", 2]
    assert failed["error"]["message"] == "failed-elsewhere: ValueError('the toy model fails here')"
    assert (failed["output"]["choices"], failed["scores"]["mudata"]["value"]) == ([], "I")
    assert samples["tones/tone03", 1]["scores"]["mudata"]["explanation"] == "EMPTY: empty"


@pytest.mark.parametrize("program", ["inspect", "lmms-eval"])
def test_answers_that_are_hashes_are_refused(home: Home, run: Run, tmp_path: Path, program: str) -> None:
    file = mudata.export_run(run, to=program, output=tmp_path / "out")[0]  # type: ignore[arg-type]
    with pytest.raises(EvaluationError, match=r"are hashes, of which nothing can be read.\n.*--with-answers"):
        brought(home, file, program)


def test_choices_of_a_log_without_messages_had_letters(home: Home, run: Run, tmp_path: Path) -> None:
    (file,) = mudata.export_run(run, to="inspect", output=tmp_path / "out", with_answers=True)
    log = json.loads(file.read_text())
    for sample in log["samples"]:
        sample["messages"], sample["input"] = [], "Which instrument plays?"
    file.write_text(json.dumps(log))
    again = brought(home, file, "inspect")
    assert again.settings.tasks[0].letters
    assert {i: a.answer for i, a in again.answers().items()} == {i: a.answer for i, a in run.answers().items()}
    assert metric(again, "accuracy") == metric(run, "accuracy") == 0.5


@pytest.mark.parametrize("program", ["inspect", "lmms-eval"])
def test_answers_come_back_as_they_were(home: Home, run: Run, tmp_path: Path, program: str) -> None:
    file = mudata.export_run(run, to=program, output=tmp_path / "out", with_answers=True)[0]  # type: ignore[arg-type]
    again = brought(home, file, program)
    assert [q.item_id for q in again.questions()] == [q.item_id for q in run.questions()]
    assert [q.options for q in again.questions()] == [q.options for q in run.questions()]
    assert {i: a.answer for i, a in again.answers().items()} == {i: a.answer for i, a in run.answers().items()}
    assert metric(again, "accuracy") == metric(run, "accuracy")


@pytest.mark.parametrize("to", ["hf-eval-results", "inspect", "lmms-eval", "mteb", "csv"])
def test_no_answer_and_nothing_that_a_licence_locks_stands_in_a_file(
    corpus: Corpus, run: Run, tmp_path: Path, to: str
) -> None:
    secret = ("I think it is B", "ANSWER: A")
    exam = ("violin", "drums", "Which instrument plays")

    def written(**more: bool) -> str:
        files = mudata.export_run(run, to=to, output=tmp_path / "out", hub_dataset="a/b", **more)  # type: ignore[arg-type]
        return "".join(path.read_text() for path in files)

    open_text = written()
    assert not any(word in open_text for word in secret)
    if to in ("inspect", "lmms-eval", "csv"):
        assert all(word in open_text for word in exam)
        assert all(word in written(with_answers=True) for word in secret)
    locked(corpus)
    assert not any(word in written() for word in (*secret, *exam))
    clear = written(with_answers=True)
    assert not any(word in clear for word in exam if word != "violin")
    assert hashed("violin") in clear or to in ("hf-eval-results", "mteb")


def test_results_for_the_hub_are_those_of_its_own_library(run: Run, tmp_path: Path) -> None:
    (path,) = mudata.export_run(run, to="hf-eval-results", output=tmp_path, hub_dataset="nobody/toy", hub_task="choice")
    assert path.parent.name == ".eval_results"
    (entry,) = parse_eval_result_entries(yaml.safe_load(path.read_text()))
    assert (entry.dataset_id, entry.task_id, entry.value) == ("nobody/toy", "choice", 50.0)
    assert entry.notes
    assert "of 16 answers; task name" in entry.notes
    assert "2 passes; answers from inspect; mudata" in entry.notes
    with pytest.raises(EvaluationError, match=r"card of tones names no dataset of the Hub.*\n.*--hub-dataset"):
        mudata.export_run(run, to="hf-eval-results", output=tmp_path)


def test_results_in_the_manner_of_mteb(run: Run, tmp_path: Path) -> None:
    (path,) = mudata.export_run(run, to="mteb", output=tmp_path)
    assert path == tmp_path / "them-toy" / run.id[-10:] / "tones-name.json", "another run is another file"
    said = json.loads(path.read_text())
    (entry,) = said["scores"]["imported"]
    assert (said["task_name"], entry["main_score"], entry["n"], entry["hf_subset"]) == (
        "tones-name",
        0.5,
        16,
        "default",
    )
    assert len(entry["intervals"]["accuracy"]) == 2


def test_a_table_has_a_row_for_each_answer(run: Run, tmp_path: Path) -> None:
    (path,) = mudata.export_run(run, to="csv", output=tmp_path, with_answers=True)
    with path.open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["item_id"] for row in rows] == [q.item_id for q in run.questions()]
    assert rows[2] | {"question": ""} == {
        "run": run.id, "model": "them/toy", "item_id": "tones/tone01~0", "of": "tones/tone01", "pass": "0",
        "dataset": "tones", "task": "name", "clips": '["tones/01"]', "category": "", "difficulty": "", "question": "",
        "options": '["flute", "drums", "piano", "violin"]', "gold": '["violin"]',
        "answer": "I think it is B.\n\nANSWER: B", "error": "", "status": "ALIGNED", "rule": rows[2]["rule"],
        "chosen": '["drums"]', "value": "0.0", "measures": '{"accuracy": 0.0}',
    }  # fmt: skip


def test_labels_and_captions_are_exported_too(corpus: Corpus, home: Home, tmp_path: Path) -> None:
    for task, answer, value in (("genre", "It is low.", "1.0"), ("mood", "calm, dark", "1.0"), ("caption", "Low.", "")):
        file = tmp_path / f"{task}.jsonl"
        file.write_text(json.dumps({"clip_id": "00", "answer": answer}))
        run = import_answers(home, ImportRequest(file=file, format="jsonl", model="them", dataset="tones", task=task))
        for to in ("inspect", "lmms-eval", "mteb"):
            assert mudata.export_run(run, to=to, output=tmp_path / task)  # type: ignore[arg-type]
        (path,) = mudata.export_run(run, to="csv", output=tmp_path / task)
        with path.open(newline="") as table:
            (row,) = csv.DictReader(table)
        assert (row["value"], row["of"]) == (value, "tones/00")


def test_an_exam_has_the_verdict_of_its_official_rule_too(home: Home, tmp_path: Path) -> None:
    said = ["violin", "It is not violin.", "flute"]  # MMAU's rule takes the second as right: all its words are there
    asked = {"question": "Which instrument?", "choices": list(INSTRUMENTS), "answer": "violin"}
    file = tmp_path / "results.json"
    file.write_text(json.dumps([{"id": f"u{n}", "model_output": text, **asked} for n, text in enumerate(said)]))
    request = ImportRequest(file=file, format="mmau", model="them", dataset="mmau_mini", references="file")
    run = import_answers(home, request)
    (path,) = mudata.export_run(run, to="csv", output=tmp_path)
    with path.open(newline="") as table:
        rows = list(csv.DictReader(table))
    assert [json.loads(row["measures"]) for row in rows] == [
        {"accuracy": 1.0, "official": 1.0},
        {"accuracy": 0.0, "official": 1.0},
        {"accuracy": 0.0, "official": 0.0},
    ]
    assert rows[0]["gold"] == json.dumps([hashed("violin")])  # its items may not be passed on
    (path,) = mudata.export_run(run, to="hf-eval-results", output=tmp_path, hub_dataset="nobody/mmau")
    (entry,) = parse_eval_result_entries(yaml.safe_load(path.read_text()))
    assert entry.value == pytest.approx(200 / 3, abs=1e-4)
    assert (entry.notes or "").startswith("official")


def test_the_command_says_which_files_it_wrote(run: Run, tmp_path: Path) -> None:
    said = typed("export-run", run.id[:12], "--to", "csv", "-o", str(tmp_path), "--json")
    (row,) = json.loads(said.out)
    assert row == {"file": str(tmp_path / f"{run.id}.csv"), "bytes": (tmp_path / f"{run.id}.csv").stat().st_size}
    with pytest.raises(UnknownName, match="No run named 'nobody'"):
        mudata.export_run("nobody", to="csv")
    with pytest.raises(MudataError, match="xml"):
        mudata.export_run(run, to="xml", output=tmp_path)  # type: ignore[arg-type]


def test_a_run_without_scores_is_told_how_to_get_them(run: Run, tmp_path: Path) -> None:
    (run.folder / "scores.json").unlink()
    with pytest.raises(EvaluationError, match=r"has not been scored yet.*\n.*mudata score"):
        mudata.export_run(run, to="csv", output=tmp_path)
    assert not list(tmp_path.glob("*.csv"))
