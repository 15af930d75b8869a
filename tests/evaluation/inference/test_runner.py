"""Asking: nothing is lost, nothing is asked twice, nothing is dropped."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from bars import Bars
from shell import typed
from small_corpus import GENRES, Corpus

from mudata.api import list_runs
from mudata.catalog.index import database
from mudata.errors import EvaluationError, HomeError, ModelError, UnknownName
from mudata.evaluation.inference import batching
from mudata.evaluation.inference.runner import EvalRequest, evaluate
from mudata.evaluation.protocol import Answer, Clip, Failure, Item, ModelCapabilities
from mudata.evaluation.run import Run, all_runs, find
from mudata.evaluation.scoring import score
from mudata.narration import Progress

if TYPE_CHECKING:
    from mudata.home import Home

pytestmark = pytest.mark.slow


class Ear:
    """Tells pitch; writes down the batches it gets. Its class attributes make it fail in various ways."""

    capabilities = ModelCapabilities(sample_rate=16000, batch=4)
    batches: list[list[str]] = []  # noqa: RUF012 - the test's notebook
    trouble: Callable[[Sequence[Clip]], None] = staticmethod(lambda clips: None)  # type: ignore[assignment]
    loads = 0

    def __init__(self, seed: int = 0, accent: str = "") -> None:
        self.accent = accent

    def load(self) -> None:
        type(self).loads += 1

    def answer(self, items: Sequence[Item]) -> list[Answer | Failure]:
        clips = [item.clip for item in items]
        type(self).trouble(clips)
        type(self).batches.append([clip.clip_id for clip in clips])
        return [Answer(self.accent + self.pitch(clip)) for clip in clips]

    def pitch(self, clip: Clip) -> str:
        assert clip.audio.dtype == np.float32
        assert clip.audio.ndim == 1
        assert clip.sample_rate == 16000
        spectrum = np.abs(np.fft.rfft(clip.audio, 16000))
        hertz = int(spectrum.argmax())
        return "low" if hertz < 300 else "in-between" if hertz < 2000 else "high"

    def describe(self) -> dict[str, object]:
        return {"device": "cpu", "accent": self.accent}


EAR = f"{__name__}:Ear"


class Notes(Progress):
    """Keeps what was said."""

    def __init__(self) -> None:
        self.said: list[str] = []

    def say(self, text: str) -> None:
        self.said.append(text)


@pytest.fixture(autouse=True)
def fresh_ear(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Ear, "batches", [])
    monkeypatch.setattr(Ear, "loads", 0)
    monkeypatch.setattr(Ear, "trouble", staticmethod(lambda clips: None))


@pytest.fixture
def corpus(home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Corpus:
    (tmp_path / "cards").mkdir()
    return Corpus(home, tmp_path / "cards", monkeypatch)


def ask(home: Home, notes: Progress | None = None, **more: object) -> Run:
    request = {"model": EAR, "split": "half", "task": "genre"} | more
    return evaluate(home, EvalRequest(**request), notes or Notes())  # type: ignore[arg-type]


def metric(run: Run, name: str) -> float:
    return next(m["value"] for m in run.scores["metrics"] if m["metric"] == name)


def test_a_run_keeps_everything_needed_to_repeat_it(corpus: Corpus, home: Home) -> None:
    hashes = corpus.halves()
    run = ask(home, command="mudata eval ...")
    said = run.settings
    assert run.folder.parent == home.runs
    assert run.id.startswith(f"{__name__}-Ear-half-genre-")
    assert (said.model, said.split, said.task, said.part, said.seed) == (EAR, "half", "genre", "test", 0)
    assert len(said.split_sha256 or "") == 64
    task = said.tasks[0]
    assert task.prompt.startswith("Listen to the music. Which genre is it?")
    assert all((task.prompt_id, task.prompt_sha256, task.labels, task.labels_sha256, task.card_sha256))
    assert (task.clips, task.train_clips, task.majority) == (6, 6, "low")
    session = said.sessions[0]
    assert session.command == "mudata eval ..."
    assert (session.asked, session.batch, session.halvings) == (6, 4, 0)
    assert session.model == {"device": "cpu", "accent": ""}
    assert session.capabilities["sample_rate"] == 16000
    assert {"mudata", "python", "numpy", "soundfile"} <= set(session.versions)
    questions = run.questions()
    assert [q.item_id for q in questions] == sorted(hashes)[6:]
    assert all(q.pcm_sha256 == hashes[q.item_id] for q in questions)
    records = run.answers()
    assert all(r.answer and r.error is None and r.heard_s >= 0.5 for r in records.values())
    assert len({r.key for r in records.values()}) == 6
    assert Ear.batches == [sorted(hashes)[6:10], sorted(hashes)[10:]]


def test_a_model_that_hears_is_right(corpus: Corpus, home: Home) -> None:
    corpus.halves()
    run = ask(home)
    assert metric(run, "accuracy") == 1.0
    assert run.scores["outcomes"] == {"ALIGNED": 6}
    assert [(row["label"], row["right"]) for row in run.scores["per_label"]] == [(genre, 2) for genre in GENRES]


def test_the_same_command_asks_nothing_twice_and_scores_the_same(corpus: Corpus, home: Home) -> None:
    corpus.halves()
    first = ask(home)
    before = {p.name: p.read_bytes() for p in first.folder.iterdir()}
    notes = Notes()
    again = ask(home, notes)
    assert again.folder == first.folder
    assert (Ear.loads, len(Ear.batches)) == (1, 2)
    assert {p.name: p.read_bytes() for p in first.folder.iterdir()} == before
    assert notes.said == ["All 6 clips were answered before."]


@pytest.mark.parametrize(
    "other", [{"seed": 1}, {"limit": 3}, {"task": "mood"}, {"part": "train"}, {"options": {"accent": "x"}}]
)
def test_whatever_decides_the_answers_makes_another_run(corpus: Corpus, home: Home, other: dict[str, object]) -> None:
    corpus.halves()
    assert ask(home).id != ask(home, **other).id


@pytest.mark.parametrize("same", [{"batch": 2}, {"command": "other"}, {"part": "test"}, {"options": {"accent": None}}])
def test_what_does_not_decide_the_answers_makes_no_other_run(
    corpus: Corpus, home: Home, same: dict[str, object]
) -> None:
    corpus.halves()
    assert ask(home).id == ask(home, **same).id


def test_a_smaller_limit_is_a_part_of_a_larger_one(corpus: Corpus, home: Home) -> None:
    corpus.halves()
    few, more = ({q.item_id for q in ask(home, limit=n).questions()} for n in (2, 4))
    assert (len(few), len(more)) == (2, 4)
    assert few < more


def test_a_clip_that_cannot_be_decoded_fails_and_counts(corpus: Corpus, home: Home) -> None:
    corpus.halves(broken=("07",))
    run = ask(home)
    record = run.answers()["tones/07"]
    assert record.answer is None
    assert record.error
    assert run.scores["outcomes"] == {"ALIGNED": 5, "ERROR": 1}
    assert metric(run, "accuracy") == pytest.approx(5 / 6)


def test_clips_that_are_not_here_fail_and_count_until_they_are(corpus: Corpus, home: Home) -> None:
    hashes = corpus.publish(absent=("07", "08"))
    corpus.split("half", {"test": {i: hashes[i] for i in list(hashes)[6:]}})
    notes = Notes()
    run = ask(home, notes)
    assert "2 clips have no audio here, which counts as wrong: fetch, then run this again." in notes.said
    assert run.answers()["tones/07"].error == "missing: missing: gone: the host has lost it"
    assert metric(run, "accuracy") == pytest.approx(4 / 6)
    corpus.publish()
    Ear.batches.clear()
    again = ask(home)
    assert again.folder == run.folder
    assert Ear.batches == [["tones/07", "tones/08"]]
    assert metric(again, "accuracy") == 1.0


def test_nothing_here_at_all_is_refused(corpus: Corpus, home: Home) -> None:
    hashes = corpus.publish(absent=tuple(f"{i:02}" for i in range(12)))
    corpus.split("half", {"test": hashes})
    with pytest.raises(EvaluationError, match=r"None of the 12 clips .* is here.*\n.*mudata fetch tones"):
        ask(home)


def test_clips_without_a_reference_are_left_out_and_told(corpus: Corpus, home: Home) -> None:
    corpus.halves(unlabelled=("06",))
    notes = Notes()
    run = ask(home, notes)
    assert (run.settings.clips, run.settings.clips_without_reference) == (5, 1)
    assert notes.said[0].startswith("1 clip has no reference")


def test_other_audio_than_the_split_was_drawn_from_is_told(corpus: Corpus, home: Home) -> None:
    hashes = corpus.publish()
    corpus.split("half", {"test": {i: "0" * 64 if i.endswith("11") else hashes[i] for i in list(hashes)[6:]}})
    notes = Notes()
    run = ask(home, notes)
    assert run.settings.clips_with_other_audio == 1
    assert any("1 clip does not sound as when the split was drawn" in text for text in notes.said)


def test_running_out_of_memory_halves_the_batch_for_good(
    corpus: Corpus, home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    def trouble(clips: Sequence[Clip]) -> None:
        if len(clips) > 1:
            raise RuntimeError("CUDA out of memory. Tried to allocate")

    corpus.halves()
    monkeypatch.setattr(Ear, "trouble", staticmethod(trouble))
    run = ask(home)
    session = run.settings.sessions[0]
    assert (session.batch, session.halvings) == (1, 2)
    assert [len(batch) for batch in Ear.batches] == [1] * 6
    assert {r.batch for r in run.answers().values()} == {1}
    assert metric(run, "accuracy") == 1.0


@pytest.mark.parametrize("error", [ModelError("mps: out of memory"), MemoryError()])
def test_a_clip_too_large_alone_is_a_failure(
    corpus: Corpus, home: Home, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    def trouble(clips: Sequence[Clip]) -> None:
        if any(clip.clip_id == "tones/07" for clip in clips):
            raise error

    corpus.halves()
    monkeypatch.setattr(Ear, "trouble", staticmethod(trouble))
    run = ask(home)
    assert str(run.answers()["tones/07"].error).startswith("out-of-memory: ")
    assert run.scores["outcomes"] == {"ALIGNED": 5, "ERROR": 1}


def test_a_bug_is_narrowed_down_to_its_clip_and_asked_again_next_time(
    corpus: Corpus, home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    def trouble(clips: Sequence[Clip]) -> None:
        if any(clip.clip_id == "tones/08" for clip in clips):
            raise KeyError("token 17")

    corpus.halves()
    monkeypatch.setattr(Ear, "trouble", staticmethod(trouble))
    run = ask(home)
    assert run.answers()["tones/08"].error == "KeyError: 'token 17'"
    assert run.settings.sessions[0].batch == 4
    assert metric(run, "accuracy") == pytest.approx(5 / 6)
    monkeypatch.setattr(Ear, "trouble", staticmethod(lambda clips: None))
    notes = Notes()
    assert metric(ask(home, notes), "accuracy") == 1.0
    assert "Going on: 1 of 6 clips are still open." in notes.said
    assert len(run.settings.sessions) == 2


def test_a_session_that_was_killed_is_in_the_log_with_what_it_had_asked(
    corpus: Corpus, home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    left: dict[Path, bytes] = {}

    def trouble(clips: Sequence[Clip]) -> None:
        if len(clips) == 2:  # the second batch: as a kill would leave the run here
            left.update({path: path.read_bytes() for path in all_runs(home)[0].folder.iterdir()})

    corpus.halves()
    monkeypatch.setattr(Ear, "trouble", staticmethod(trouble))
    run = ask(home)
    (whole,) = run.settings.sessions
    assert (whole.asked, "ended" in whole.record()) == (6, False)
    for path, content in left.items():
        path.write_bytes(content)
    (run.folder / "scores.json").unlink()
    (cut,) = run.settings.sessions
    assert (cut.asked, cut.ended, cut.batch, cut.model) == (4, False, 4, whole.model)
    (row,) = list_runs().rows
    assert (row["answered"], row["planned"], row["failures"], row["scored"]) == (4, 6, 0, False)
    monkeypatch.setattr(Ear, "trouble", staticmethod(lambda clips: None))
    again = ask(home).settings.sessions
    assert [(session.asked, session.ended) for session in again] == [(4, False), (2, None)]
    done = typed("runs", "list", "--json")
    assert json.loads(done.out) == list_runs().rows
    assert [(row["run"], row["answered"], row["scored"]) for row in list_runs()] == [(run.id, 6, True)]
    assert run.id in typed("runs", "list").out


def test_a_broken_connection_is_tried_again(corpus: Corpus, home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    calls = []

    def trouble(clips: Sequence[Clip]) -> None:
        calls.append(len(clips))
        if len(calls) < batching.ATTEMPTS:
            raise ConnectionResetError("by peer")

    corpus.halves()
    monkeypatch.setattr("time.sleep", lambda seconds: None)
    monkeypatch.setattr(Ear, "trouble", staticmethod(trouble))
    assert metric(ask(home), "accuracy") == 1.0
    assert calls == [4, 4, 4, 2]


def test_a_model_that_never_answers_stops_the_run(corpus: Corpus, home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    def trouble(clips: Sequence[Clip]) -> None:
        raise ValueError("wrong shape")

    hashes = corpus.publish(clips=12)
    corpus.split("half", {"test": hashes})
    monkeypatch.setattr(Ear, "trouble", staticmethod(trouble))
    with pytest.raises(EvaluationError, match="failed on each of its first 8 clips, last with ValueError: wrong shape"):
        ask(home)
    run = all_runs(home)[0]
    assert run.settings.sessions[0].asked == 4
    with pytest.raises(EvaluationError, match="8 of 12 clips have not been asked yet"):
        score.score(run)


def test_an_error_meant_for_the_user_ends_the_run(corpus: Corpus, home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    def trouble(clips: Sequence[Clip]) -> None:
        raise ModelError("The audio did not reach the model.")

    corpus.halves()
    monkeypatch.setattr(Ear, "trouble", staticmethod(trouble))
    with pytest.raises(ModelError, match="did not reach"):
        ask(home)
    assert all_runs(home) == []


class Deaf(Ear):
    def pitch(self, clip: Clip) -> str:
        return "low"


class Mute(Ear):
    def answer(self, items: Sequence[Item]) -> list[Answer | Failure]:
        return [Answer("low") for item in items[1:] if item.clip.audio.any()]


class Nothing(Ear):
    def answer(self, items: Sequence[Item]) -> list[Answer | Failure]:
        return None  # type: ignore[return-value]


class Lazy(Ear):
    def answer(self, items: Sequence[Item]) -> list[Answer | Failure]:
        return (Answer("low") for _ in items)  # type: ignore[return-value]


class Talker(Ear):
    def answer(self, items: Sequence[Item]) -> list[Answer | Failure]:
        return [self.pitch(item.clip) for item in items]  # type: ignore[misc]


class Reader(Ear):
    capabilities = ModelCapabilities(needs_audio=False)


class Pupil(Ear):
    needs_fit = True
    lessons: list[tuple[str, int, tuple[str, ...]]] = []  # noqa: RUF012 - the test's notebook

    def fit(self, train: object) -> None:
        type(self).lessons = [(i.item_id, i.clip.audio.size, labels) for i, labels in train]  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("model", "error", "what"),
    [
        ("Deaf", EvaluationError, "answered about tones/06 without taking its audio"),
        ("Mute", ModelError, "gave 3 answers to 4 questions"),
        ("Nothing", ModelError, "gave a NoneType for 4 questions"),
        ("Lazy", ModelError, "gave a generator for 4 questions"),
        ("Talker", ModelError, "gave a str"),
        ("Reader", EvaluationError, "takes no audio, and the task is to listen"),
    ],
)
def test_a_model_that_cannot_be_trusted_is_refused(
    corpus: Corpus, home: Home, model: str, error: type[Exception], what: str
) -> None:
    corpus.halves()
    with pytest.raises(error, match=what):
        ask(home, model=f"{__name__}:{model}")
    assert all_runs(home) == []


def test_loading_learning_to_its_end_asking_and_scoring_have_bars(
    corpus: Corpus, home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    corpus.halves()
    bars, fit = Bars(), Pupil.fit
    seen: list[list[str]] = []

    def fit_and_look(self: Pupil, train: object) -> None:
        fit(self, train)
        seen.append(list(bars.open))  # all lessons are taken; what follows may last for minutes

    monkeypatch.setattr(Pupil, "fit", fit_and_look)
    asked = f"{__name__}:Pupil"
    ask(home, bars, model=asked)
    assert seen == [[f"Asking {asked}", "Learning tones"]]
    assert bars.done == {f"Loading {asked}": 0, f"Asking {asked}": 6, "Learning tones": 6, "Scoring": 0}
    assert bars.totals["Learning tones"] == 6
    assert bars.open == []


def test_a_pupil_learns_from_the_train_part_only(corpus: Corpus, home: Home) -> None:
    corpus.halves(broken=("02",))
    run = ask(home, model=f"{__name__}:Pupil")
    assert [(clip_id, labels) for clip_id, _, labels in Pupil.lessons] == [
        ("tones/00", ("low",)),
        ("tones/01", ("in-between",)),
        ("tones/03", ("low",)),
        ("tones/04", ("in-between",)),
        ("tones/05", ("high",)),
    ]
    assert all(size >= 8000 for _, size, _ in Pupil.lessons)
    fitted = run.settings.sessions[0].fitted
    assert fitted == {"tones": {"on": "train part", "clips": 5, "undecodable": ["tones/02"]}}


def test_a_pupil_that_could_hear_nothing_is_told_why(corpus: Corpus, home: Home) -> None:
    corpus.halves(broken=("00", "01", "02", "03", "04", "05"))
    with pytest.raises(EvaluationError, match="Not one of the 6 to learn from was heard; the last failed with "):
        ask(home, model=f"{__name__}:Pupil")


def test_a_pupil_without_a_train_part_is_refused_but_a_control_is_told_of(corpus: Corpus, home: Home) -> None:
    hashes = corpus.publish()
    corpus.split("half", {"test": hashes})
    with pytest.raises(EvaluationError, match=r"learns from the part 'train'.*\n.*mudata split --help"):
        ask(home, model=f"{__name__}:Pupil")
    notes = Notes()
    run = ask(home, notes, model="majority")
    assert "No train part: majority is fitted on the tones clips it is asked." in notes.said
    assert run.settings.sessions[0].fitted["tones"]["on"] == "clips asked"
    assert metric(run, "accuracy") == metric(run, "majority") == pytest.approx(1 / 3)


@pytest.mark.parametrize("model", ["random", "majority", "constant"])
@pytest.mark.parametrize("task", ["genre", "mood", "caption"])
def test_controls_answer_every_task_they_can(corpus: Corpus, home: Home, model: str, task: str) -> None:
    corpus.halves()
    if (model, task) == ("majority", "caption"):
        with pytest.raises(ModelError, match="no majority among captions"):
            ask(home, model=model, task=task)
        return
    run = ask(home, model=model, task=task)
    assert run.scores["outcomes"] in ({"ALIGNED": 6}, {"SET": 6}, {"ANSWERED": 6})
    headline = {"genre": "accuracy", "mood": "micro_f1", "caption": "rougeL_f"}[task]
    assert 0 <= metric(run, headline) <= 1
    for one in run.scores["metrics"]:
        assert set(one) == {"metric", "value", "low", "high", "n", "recipe", "clusters", "interval"}
        assert one["low"] is None or one["low"] <= one["value"] <= one["high"]


def test_each_clip_is_asked_its_own_datasets_task(corpus: Corpus, home: Home) -> None:
    both = corpus.publish("tones") | corpus.publish("waves", rate=16000)
    corpus.split("both", {"test": both})
    run = ask(home, split="both")
    assert metric(run, "accuracy") == 1.0
    assert {name: part["n"] for name, part in run.scores["datasets"].items()} == {"tones": 12, "waves": 12}
    assert run.scores["n"] == 24
    assert all(len({clip_id.partition("/")[0] for clip_id in batch}) == 1 for batch in Ear.batches)


def test_audio_of_ones_own_is_asked_though_the_host_has_none(corpus: Corpus, home: Home) -> None:
    corpus.halves(audio="no", note="Only mel spectrograms are published.")
    assert ask(home, model="random").scores["n"] == 6


@pytest.mark.parametrize(
    ("more", "what"),
    [
        ({"part": "tset"}, r"No part of split half named 'tset'\. Did you mean 'test'"),
        ({"split": "haf"}, r"No split named 'haf'\. Did you mean 'half'"),
        ({"task": "gener"}, r"No task of tones named 'gener'\. Did you mean 'genre'"),
    ],
)
def test_unknown_names_are_told_with_the_nearest(corpus: Corpus, home: Home, more: dict[str, str], what: str) -> None:
    corpus.halves()
    with pytest.raises(UnknownName, match=what):
        ask(home, **more)


def test_two_processes_cannot_write_one_run(corpus: Corpus, home: Home) -> None:
    corpus.halves()
    run = ask(home)
    with home.lock(f"run-{run.id}"), pytest.raises(HomeError, match="Another mudata process is working on"):
        ask(home)


def test_a_torn_last_line_is_mended(corpus: Corpus, home: Home) -> None:
    corpus.halves()
    run = ask(home)
    path = run.folder / "answers.jsonl"
    whole = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join(whole[:4]) + whole[4][:20])
    Ear.batches.clear()
    ask(home)
    assert Ear.batches == [["tones/10", "tones/11"]]
    assert path.read_bytes().splitlines()[:4] == [line.rstrip(b"\n") for line in whole[:4]]
    assert len([json.loads(line) for line in path.read_bytes().splitlines()]) == 6


SLOW = """
import os, time
from mudata.evaluation.protocol import Answer, ModelCapabilities
class Slow:
    capabilities = ModelCapabilities(batch=2)
    def load(self): pass
    def answer(self, items):
        with open("asked.txt", "a") as file:
            file.writelines(f"{i.item_id} {i.clip.audio.size}\\n" for i in items)
        time.sleep(float(os.environ["PACE"]))
        return [Answer("low") for _ in items]
    def describe(self): return {}
"""


def test_a_killed_run_goes_on_and_loses_at_most_the_batch_in_the_making(
    corpus: Corpus, home: Home, tmp_path: Path
) -> None:
    hashes = corpus.publish()
    corpus.split("all", {"test": hashes})
    (tmp_path / "slow.py").write_text(SLOW)
    command = [sys.executable, "-m", "mudata", "eval", "--model", "slow:Slow", "--split", "all", "--task", "genre"]
    log = tmp_path / "asked.txt"
    process = subprocess.Popen(
        [*command, "-q"], cwd=tmp_path, env=os.environ | {"PACE": "0.3"}, stdout=subprocess.DEVNULL
    )
    deadline = time.monotonic() + 60
    while process.poll() is None and not (log.exists() and len(log.read_text().splitlines()) >= 6):
        assert time.monotonic() < deadline
        time.sleep(0.02)
    process.send_signal(signal.SIGKILL)
    process.wait()
    asked = [line.split()[0] for line in log.read_text().splitlines()]
    kept = set(all_runs(home)[0].answers())
    assert len(set(asked) - kept) <= 2
    done = subprocess.run(
        [*command, "--json"], cwd=tmp_path, env=os.environ | {"PACE": "0"}, capture_output=True, text=True, check=True
    )
    after = [line.split()[0] for line in log.read_text().splitlines()][len(asked) :]
    assert set(after) == set(hashes) - kept
    assert json.loads(done.stdout)["n"] == 12
    assert f"Going on: {12 - len(kept)} of 12 clips are still open." in done.stderr
    assert len(all_runs(home)) == 1


def test_a_run_does_not_go_on_with_another_dtype(corpus: Corpus, home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    corpus.halves(broken=("07",))
    monkeypatch.setattr(Ear, "describe", lambda self: {"dtype": "bfloat16", "revision": "1"})
    ask(home)
    monkeypatch.setattr(Ear, "describe", lambda self: {"dtype": "float32", "revision": "1"})
    with pytest.raises(EvaluationError, match=r"begun with dtype bfloat16; now .* float32\.\nGive --dtype"):
        ask(home)


def test_a_model_describes_itself_with_what_json_has_no_type_for(
    corpus: Corpus, home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    corpus.halves(broken=("07",))
    facts = {"revision": Path("a"), "n": np.float32(1), 1: {2: (3, 4)}}
    monkeypatch.setattr(Ear, "describe", lambda self: facts)
    ask(home)
    last = ask(home).settings.sessions[-1]  # which compares with what the first has kept
    assert last.model == {"revision": "a", "n": "1.0", "1": {"2": [3, 4]}}
    monkeypatch.setattr(Ear, "describe", lambda self: ["a"])
    with pytest.raises(ModelError, match=r"described itself as \['a'\]\.\nIts `describe` owes a dict"):
        ask(home)


def test_runs_are_found_by_id_beginning_or_folder(corpus: Corpus, home: Home) -> None:
    corpus.halves()
    run, other = ask(home), ask(home, model="random")
    assert find(home, run.id).folder == find(home, f"{__name__}-Ear").folder == find(home, str(run.folder)).folder
    assert {r.id for r in all_runs(home)} == {run.id, other.id}
    with pytest.raises(UnknownName, match="No run named"):
        find(home, "nothing")
    third = ask(home, model="random", seed=1)
    with pytest.raises(EvaluationError, match=rf"2 runs begin with 'random': .*{third.id}.*\.\nGive more of the name"):
        find(home, "random")


def test_folders_that_are_no_runs_are_told(tmp_path: Path) -> None:
    with pytest.raises(EvaluationError, match="cannot be read"):
        _ = Run(tmp_path).settings
    with pytest.raises(EvaluationError, match="has not been scored yet"):
        _ = Run(tmp_path).scores


def test_runs_answers_and_scores_can_be_asked_with_sql(corpus: Corpus, home: Home) -> None:
    corpus.halves(broken=("07",))
    run = ask(home)
    with database.connect(home) as connection:
        assert connection.sql("SELECT run, model, split, task FROM runs").fetchall() == [(run.id, EAR, "half", "genre")]
        failed = connection.sql("SELECT clip_id FROM answers WHERE error IS NOT NULL").fetchall()
        assert failed == [("tones/07",)]
        value = connection.sql("SELECT value, n FROM scores WHERE metric = 'accuracy'").fetchall()
        assert value == [(pytest.approx(5 / 6), 6)]
