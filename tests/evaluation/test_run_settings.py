"""run.json: what is read from it, written to it, and never lost."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from small_corpus import CARD, Corpus

from mudata.catalog.cards import loader
from mudata.errors import EvaluationError
from mudata.evaluation import run_settings
from mudata.evaluation.align.aligner import align
from mudata.evaluation.inference.runner import EvalRequest, evaluate
from mudata.evaluation.run import Run
from mudata.evaluation.run_settings import RunSettings, SessionRecord, TaskSettings
from mudata.evaluation.scoring import context
from mudata.evaluation.scoring.score import score
from mudata.evaluation.tasks.samples import SampleSet
from mudata.evaluation.tasks.task import Task, bind

if TYPE_CHECKING:
    from mudata.catalog.cards.schema import Card
    from mudata.home import Home

OLD_RUNS = sorted((Path(__file__).parents[1] / "data" / "home-0.1.0" / "home" / "runs").glob("*/run.json"))


@pytest.fixture
def corpus(home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Corpus:
    return Corpus(home, tmp_path, monkeypatch)


@pytest.fixture
def card(tmp_path: Path) -> Card:
    path = tmp_path / "tones.yaml"
    path.write_text(CARD.format(name="tones", audio="yes", note=""))
    return loader.load(path)


def recorded(task: Task) -> dict[str, Any]:
    """A task as run.json has it, of a run that asks no clip."""
    samples = SampleSet(
        split="half",
        split_sha256="",
        index_sha256={},
        part="test",
        limit=None,
        tasks={task.dataset: task},
        items=(),
        train=(),
        skipped=0,
        constants={},
    )
    made: dict[str, Any] = json.loads(json.dumps(TaskSettings.of(task, samples).record()))
    return made


@pytest.mark.parametrize("path", OLD_RUNS, ids=lambda path: path.parent.name)
def test_a_file_of_0_1_0_is_written_again_as_it_was(path: Path) -> None:
    assert RunSettings.read(path).text() == path.read_text("utf-8")


def test_all_kinds_of_old_files_are_here() -> None:
    read = [RunSettings.read(path) for path in OLD_RUNS]
    assert {settings.kind for settings in read} == {"classify", "tag", "caption"}
    assert any(settings.imported for settings in read)
    assert any(settings.control for settings in read)
    assert any(settings.sessions for settings in read)


def test_a_run_of_now_has_the_keys_of_then_in_their_order(corpus: Corpus, home: Home) -> None:
    corpus.halves()
    now = json.loads(
        (evaluate(home, EvalRequest(model="majority", split="half", task="genre")).folder / "run.json").read_bytes()
    )
    then = json.loads(next(path for path in OLD_RUNS if path.parent.name.startswith("majority")).read_bytes())
    assert list(now) == list(then)
    assert [list(task) for task in now["tasks"]] == [list(task) for task in then["tasks"]]
    assert [list(session) for session in now["sittings"]] == [list(session) for session in then["sittings"]]


@pytest.mark.slow
def test_keys_that_are_not_known_survive_whatever_is_written(corpus: Corpus, home: Home) -> None:
    corpus.halves()
    request = EvalRequest(model="majority", split="half", task="genre")
    run = evaluate(home, request)
    path = run.folder / "run.json"
    said = json.loads(path.read_bytes()) | {"of_tomorrow": [1, {"x": None}]}
    said["tasks"][0]["of_tomorrow"] = "a"
    said["sittings"][0]["of_tomorrow"] = 2
    path.write_text(json.dumps(said))
    evaluate(home, request)  # writes run.json anew
    Run(run.folder).log_session(SessionRecord(asked=1))
    again = json.loads(path.read_bytes())
    assert again["of_tomorrow"] == [1, {"x": None}]
    assert again["tasks"][0]["of_tomorrow"] == "a"
    assert again["sittings"] == [said["sittings"][0], {"asked": 1}]
    assert again["created_at"] == said["created_at"]


def test_one_scoring_reads_run_json_and_every_card_once(
    corpus: Corpus, home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    corpus.halves()
    run = Run(evaluate(home, EvalRequest(model="majority", split="half", task="genre")).folder)
    calls: list[str] = []
    read, load = run_settings.read_object, loader.load

    def parsed(path: Path) -> object:
        calls.append(path.name)
        return read(path)

    def loaded(name: str) -> Card:
        calls.append(name)
        return load(name)

    monkeypatch.setattr(run_settings, "read_object", parsed)
    monkeypatch.setattr(context.loader, "load", loaded)
    score(run)
    assert sorted(calls) == ["run.json", "tones"]


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"clips": None}, r"run\.json cannot be read: clips: a whole number is expected, not None"),
        ({"tasks": [{"dataset": "d"}]}, r"it has no tasks\.0\.name"),
    ],
)
def test_what_is_wrong_with_a_file_is_told(tmp_path: Path, change: dict[str, Any], why: str) -> None:
    (tmp_path / "run.json").write_text(json.dumps(json.loads(OLD_RUNS[0].read_bytes()) | change))
    with pytest.raises(EvaluationError, match=why):
        _ = Run(tmp_path).settings


def test_a_file_of_something_else_is_told(tmp_path: Path) -> None:
    (tmp_path / "run.json").write_text("[]")
    with pytest.raises(EvaluationError, match=r"run\.json cannot be read: it is no JSON object but a list"):
        _ = Run(tmp_path).settings


def test_settings_can_be_read_as_0_1_0_gave_them() -> None:
    settings = RunSettings.read(next(path for path in OLD_RUNS if path.parent.name.startswith("majority")))
    with pytest.warns(DeprecationWarning, match=r"settings\['sittings'\] is the way of mudata 0\.1\.0"):
        assert settings["sittings"][0]["asked"] == 12
    with pytest.warns(DeprecationWarning, match=r"'sittings' in settings is the way of mudata 0\.1\.0"):
        assert "sittings" in settings
    with pytest.warns(DeprecationWarning, match=r"settings\.get\('imported'\) is the way"):
        assert settings.get("imported", 7) == 7


# ------------------------------------------------------------------------------------------ tasks


@pytest.mark.parametrize(
    ("name", "more"),
    [("genre", {}), ("mood", {}), ("caption", {}), ("genre", {"letters": True}), ("mood", {"shuffle_seed": 3})],
)
def test_a_task_survives_run_json(card: Card, name: str, more: dict[str, Any]) -> None:
    task = bind(card, name, **more)
    again = TaskSettings.model_validate(recorded(task)).task
    assert again == task
    assert again.question == task.question
    assert again.shown == task.shown
    assert again.labels_sha256 == task.labels_sha256


def test_a_task_is_restored_with_the_label_set_that_it_had(card: Card) -> None:
    said = recorded(bind(card, "genre"))
    said["label_set"]["entries"][0]["strict"].append("deep down")
    again = TaskSettings.model_validate(said).task
    assert again.label_set is not None
    assert "deep down" in again.label_set.entries[0].strict
    assert align("It is deep down.", again.label_set, again.shown).label == "low"


def test_a_task_of_an_older_run_is_restored_without_label_set_and_order(card: Card) -> None:
    said = recorded(bind(card, "genre"))
    old = {key: value for key, value in said.items() if key not in ("label_set", "options", "letters")}
    assert TaskSettings.model_validate(old).task == bind(card, "genre")
