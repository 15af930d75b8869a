"""Copies of a model on a cluster: the answers are those of one model here, whoever dies on the way."""

from __future__ import annotations

import contextlib
import json
import shutil
import socket
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from midi_dances import lay
from shell import typed
from small_corpus import Corpus

from mudata.errors import ClusterError, EvaluationError, ModelError
from mudata.evaluation.inference import ray_actors, ray_replicas
from mudata.evaluation.inference.runner import EvalRequest, evaluate, hold
from mudata.evaluation.run import Run
from mudata.narration import Progress

if TYPE_CHECKING:
    from three_nodes import ThreeNodes

    from mudata.home import Home

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("ray_cluster")]


class Notes(Progress):
    """Keeps what was said."""

    def __init__(self) -> None:
        self.said: list[str] = []

    def say(self, text: str) -> None:
        self.said.append(text)


@pytest.fixture
def corpus(home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Corpus:
    (tmp_path / "cards").mkdir()
    (tmp_path / "notes").mkdir()
    return Corpus(home, tmp_path / "cards", monkeypatch)


def request(tmp_path: Path, model: str = "Ear", trouble: dict[str, str] | None = None, **more: Any) -> EvalRequest:
    options = {"notes": str(tmp_path / "notes")} | ({"trouble": trouble} if trouble else {})
    on = {"on": "ray", "replicas": 2, "split": "half", "task": "genre"}
    return EvalRequest(**{**on, "model": f"ray_models:{model}", "options": options, **more})


def lines(run: Run, name: str = "answers.jsonl") -> list[dict[str, Any]]:
    """A file of a run but for times."""
    said = [json.loads(line) for line in (run.folder / name).read_text().splitlines()]
    return [{key: value for key, value in line.items() if key != "seconds"} for line in said]


@pytest.mark.parametrize(
    "asked", [{"rank": True}, {"model": "Pupil", "control": "swap-audio", "batch": 1}], ids=["ranked", "taught-swapped"]
)
def test_answers_are_those_of_one_model_here(corpus: Corpus, home: Home, tmp_path: Path, asked: dict[str, Any]) -> None:
    corpus.halves(broken=("07",), absent=("09",))
    here = evaluate(home, request(tmp_path, **asked, on=None, replicas=None))
    expected = {name: lines(here, name) for name in ("questions.jsonl", "answers.jsonl")}
    ranked, scores = here.rankings(), here.scores
    shutil.rmtree(here.folder)
    run = evaluate(home, request(tmp_path, **asked))
    assert {name: lines(run, name) for name in expected} == expected
    assert (run.id, run.scores, run.rankings()) == (here.id, scores, ranked)
    (session,) = run.settings.sessions
    assert session.replicas == {
        "on": "ray", "wanted": 2, "answered": session.replicas["answered"], "gpus_each": 0.0, "restarts": 0,
        "asked_again": 0,
    }  # fmt: skip
    assert session.model == {"revision": "1"}
    assert bool(session.fitted) == (asked.get("model") == "Pupil")


def test_what_dies_with_a_process_is_asked_again_and_written_once(corpus: Corpus, home: Home, tmp_path: Path) -> None:
    corpus.halves()
    notes = Notes()
    run = evaluate(home, request(tmp_path, trouble={"07": "dies-once", "10": "dies", "11": "memory"}), notes)
    answers = lines(run)
    assert [line["clip_id"] for line in answers] == [f"tones/{i:02}" for i in range(6, 12)]
    failed = {line["clip_id"]: line["error"] for line in answers if line["error"]}
    assert failed == {"tones/10": "lost: 3 processes died with it, one after the other"}
    (session,) = run.settings.sessions
    assert session.replicas is not None
    assert session.replicas["restarts"] >= 4
    assert session.replicas["asked_again"] >= 4
    told = Counter(notes.said)["A replica is gone, since its process died; another starts in its place."]
    assert told == session.replicas["restarts"]


def test_a_call_that_hangs_is_ended_and_asked_last_and_alone(corpus: Corpus, home: Home, tmp_path: Path) -> None:
    corpus.halves()
    asked = request(tmp_path, trouble={"08": "hangs"}, timeout_s=3.0, replicas=1)
    run = evaluate(home, asked)
    failed = {line["clip_id"] for line in lines(run) if line["error"]}
    assert failed == {"tones/08", "tones/09"}  # of one batch
    assert run.failures() == {"timeout": 2}
    evaluate(home, asked)
    assert [(line["clip_id"], line["batch"]) for line in lines(run)[6:]] == [("tones/08", 1), ("tones/09", 1)]
    assert run.failures() == {"timeout": 1}


def test_scores_are_read_and_heard_as_they_are_here(
    home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "notes").mkdir()
    raw = lay(tmp_path)
    monkeypatch.setenv("MUDATA_CARDS", str(tmp_path / "cards"))
    assert typed("fetch", "dances", "--from", raw, "--workers", 1).code == 0
    halves = ("--stratify", "genre", "--parts", "train=0.5,test=0.5")
    assert typed("split", "half", "--dataset", "dances", *halves).code == 0
    for model in ("Reader", "Ear"):  # the second listens to what a synthesiser plays
        here = evaluate(home, request(tmp_path, model, on=None, replicas=None))
        expected = lines(here)
        shutil.rmtree(here.folder)
        run = evaluate(home, request(tmp_path, model))
        assert (lines(run), run.failures(), len(expected)) == (expected, {}, 4)
        assert len({line["given" if model == "Reader" else "answer"] for line in expected}) == 4


def test_a_suite_is_asked_on_a_cluster_and_in_shards(corpus: Corpus, home: Home, tmp_path: Path) -> None:
    corpus.publish("tones")
    (tmp_path / "cards" / "suites").mkdir()
    exams = {name: {"title": name, "dataset": "tones", "task": name, "split": {"n": 6}} for name in ("genre", "mood")}
    tiny = {"name": "tiny", "title": "Tiny", "source": {"text": "us"}, "models": {}, "exams": exams, "tables": []}
    (tmp_path / "cards" / "suites" / "tiny.yaml").write_text(json.dumps(tiny))
    words = ("eval", "--suite", "tiny", "--models", "ray_models:Ear", "-o", f"notes={tmp_path / 'notes'}", "--json")

    def answers() -> dict[str, list[dict[str, Any]]]:
        return {path.parent.name: lines(Run(path.parent)) for path in home.runs.glob("*/answers.jsonl")}

    assert typed(*words).code == 0
    expected = answers()
    assert sorted(map(len, expected.values())) == [6, 6]
    for name in expected:
        shutil.rmtree(home.runs / name)
    loads = len(list((tmp_path / "notes").glob("load-*")))
    done = typed(*words, "--on", "ray", "--replicas", "2")
    assert (done.code, answers()) == (0, expected), done.err
    assert len(list((tmp_path / "notes").glob("load-*"))) - loads <= 2  # once for both exams
    for name in expected:
        shutil.rmtree(home.runs / name)
    for shard in ("1/2", "2/2"):
        done = typed(*words, "--shard", shard, "--on", "ray", "--replicas", "1")
        assert done.code == 0, done.err
    assert typed("runs", "merge").code == 0
    pitches = [
        {name: [one["answer"].split()[0] for one in some] for name, some in each.items()}
        for each in (answers(), expected)
    ]
    assert pitches[0] == pitches[1]  # the last batch of a shard is smaller


@pytest.mark.parametrize("limit_s", [None, 1.0])
def test_a_process_that_stands_still_is_replaced(
    corpus: Corpus, home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, limit_s: float | None
) -> None:
    for name in ("SILENT_S", "FROZEN_S"):
        monkeypatch.setattr(ray_replicas, name, 2.0)
    monkeypatch.setattr(ray_actors, "LOOK_S", 0.2)
    corpus.halves()
    notes = Notes()
    run = evaluate(home, request(tmp_path, trouble={"06": "stops-once"}, replicas=1, timeout_s=limit_s), notes)
    assert "A replica gives no sign of life; another starts in its place." in notes.said
    failed = {line["clip_id"]: line["error"] for line in lines(run) if line["error"]}
    late = "timeout: no answer within 1 s, and no sign of life"
    assert failed == ({"tones/06": late, "tones/07": late} if limit_s else {})
    assert len(lines(run)) == 6


def test_a_replica_that_cannot_load_is_named_with_its_machine(corpus: Corpus, home: Home, tmp_path: Path) -> None:
    corpus.halves()
    notes = Notes()
    run = evaluate(home, request(tmp_path, trouble={"": "load-once"}), notes)
    assert (len(lines(run)), run.failures()) == (6, {})
    (told,) = [text for text in notes.said if "cannot answer" in text]
    assert told.startswith(f"A replica on {socket.gethostname()} cannot answer: The model failed while loading: ")
    assert told.endswith("no such weights Going on with 1 replica.")


def test_what_cannot_work_is_told_as_it_is_here(corpus: Corpus, home: Home, tmp_path: Path) -> None:
    corpus.halves()
    with pytest.raises(ModelError, match=r"^The model failed while loading: RuntimeError: no such weights\n") as raised:
        evaluate(home, request(tmp_path, trouble={"": "load"}))
    assert "ray" not in str(raised.value).casefold()
    with pytest.raises(ModelError, match="The model's process died while it loaded, 3 times"):
        evaluate(home, request(tmp_path, trouble={"": "exits"}, replicas=1))
    with pytest.raises(ClusterError, match=r"wants 1 core and 1 GPU\. There is: 3 machines of 1 core and 0 GPUs"):
        evaluate(home, request(tmp_path, gpus_per_replica=1))
    with pytest.raises(EvaluationError, match="Replicas are copies of a model on a cluster"):
        evaluate(home, request(tmp_path, on=None))
    assert not home.runs.exists() or not list(home.runs.glob("*/answers.jsonl"))


def test_a_machine_that_dies_and_runs_that_follow_each_other(
    corpus: Corpus, home: Home, tmp_path: Path, ray_cluster: ThreeNodes
) -> None:
    corpus.halves()
    added = ray_cluster.add_node(resources={"here": 1})
    first = request(tmp_path, replicas=4, batch=1)
    with contextlib.closing(hold(home, first)) as held:
        run = evaluate(home, first, held=held)
        loads = len(list((tmp_path / "notes").glob("load-*")))
        ray_cluster.remove_node(added)
        again = evaluate(home, request(tmp_path, replicas=4, batch=1, task="mood"), held=held)
    assert len(lines(run)) == len(lines(again)) == 6
    assert not run.failures() | again.failures()
    assert 1 <= loads <= 4
    assert len(list((tmp_path / "notes").glob("load-*"))) <= 4  # nobody loaded for the second run
