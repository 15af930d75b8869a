"""Control runs: the same questions with silence, or with another clip's audio."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from asking import sample
from small_corpus import Corpus

from mudata.errors import EvaluationError
from mudata.evaluation.comparison import audio_use
from mudata.evaluation.inference.controls import deranged
from mudata.evaluation.inference.runner import EvalRequest, evaluate
from mudata.evaluation.protocol import Answer, Clip, Failure, Item, ModelCapabilities
from mudata.evaluation.run import Run, all_runs

if TYPE_CHECKING:
    from mudata.evaluation.tasks.samples import Sample
    from mudata.home import Home


class Ear:
    """Tells pitch and silence; writes down how long every clip was."""

    capabilities = ModelCapabilities(sample_rate=16000, batch=4)
    lengths: dict[str, list[int]] = {}  # noqa: RUF012 - the test's notebook

    def load(self) -> None:
        pass

    def answer(self, items: Sequence[Item]) -> list[Answer | Failure]:
        for item in items:
            type(self).lengths.setdefault(item.item_id, []).append(item.clip.audio.size)
        return [Answer(self.pitch(item.clip)) for item in items]

    def pitch(self, clip: Clip) -> str:
        hertz = int(np.abs(np.fft.rfft(clip.audio, 16000)).argmax()) if clip.audio.any() else 0
        return "nothing" if not hertz else "low" if hertz < 300 else "in-between" if hertz < 2000 else "high"

    def describe(self) -> dict[str, object]:
        return {"generation": {"do_sample": False}}


class Lost(Ear):
    """Its audio is lost on the way: it takes it and answers from the prompt."""

    def pitch(self, clip: Clip) -> str:
        return "high"


EAR, LOST = f"{__name__}:Ear", f"{__name__}:Lost"


@pytest.fixture
def corpus(home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Corpus:
    (tmp_path / "cards").mkdir()
    monkeypatch.setattr(Ear, "lengths", {})
    return Corpus(home, tmp_path / "cards", monkeypatch)


def ask(home: Home, **more: object) -> Run:
    return evaluate(home, EvalRequest(**{"model": EAR, "split": "half", "task": "genre"} | more))  # type: ignore[arg-type]


def answers(run: Run) -> dict[str, str | None]:
    return {clip_id: record.answer for clip_id, record in run.answers().items()}


def items(*gold: str, dataset: str = "d") -> list[Sample]:
    return [sample(f"{dataset}/{n:03}", label) for n, label in enumerate(gold)]


@pytest.mark.slow
def test_silence_is_as_long_as_the_clip(corpus: Corpus, home: Home) -> None:
    corpus.halves()
    ask(home)
    run = ask(home, control="silence")
    assert set(answers(run).values()) == {"nothing"}
    assert len(Ear.lengths) == 6
    assert all(real == silent > 0 for real, silent in Ear.lengths.values())
    assert all(record.heard_clip is None and record.heard_s >= 0.5 for record in run.answers().values())


def test_swapped_audio_is_another_clips_of_another_label_and_recorded(corpus: Corpus, home: Home) -> None:
    corpus.halves()
    run = ask(home, control="swap-audio")
    records, gold = run.answers(), {q.item_id: q.references for q in run.questions()}
    heard_clips = [str(record.heard_clip) for record in records.values()]
    assert sorted(heard_clips) == sorted(records)  # each clip once
    names = {"low": "low", "mid": "in-between", "high": "high"}
    for clip_id, record in records.items():
        assert gold[clip_id] != gold[str(record.heard_clip)]
        assert record.answer == names[gold[str(record.heard_clip)][0]]  # it heard what the record says
    assert run.scores["metrics"][0]["value"] == 0.0


@pytest.mark.slow
def test_a_control_is_a_run_of_its_own_and_knows_its_family(corpus: Corpus, home: Home) -> None:
    corpus.halves()
    real, silent, swapped = (ask(home, control=control) for control in (None, "silence", "swap-audio"))
    few = ask(home, control="silence", limit=3)
    other = ask(home, seed=1)
    assert len({run.id for run in (real, silent, swapped, few, other)}) == 5
    assert silent.id.startswith(f"{__name__}-Ear-half-genre-silence-")
    assert [run.settings.control for run in (real, silent, swapped)] == [None, "silence", "swap-audio"]
    families = [run.settings.audio_family for run in (real, silent, swapped, few, other)]
    assert len(set(families[:4])) == 1
    assert families[4] not in families[:4]
    keys = [{record.key for record in run.answers().values()} for run in (real, silent, swapped)]
    assert len(set.union(*keys)) == 6 + 6 + 6
    assert {name: run.id for name, run in audio_use.control_family(home, real).items()} == {
        "": real.id,
        "silence": silent.id,  # not the one that asked fewer
        "swap-audio": swapped.id,
    }


@pytest.mark.slow
def test_a_control_goes_on_where_it_stopped(corpus: Corpus, home: Home) -> None:
    corpus.halves()
    run = ask(home, control="swap-audio")
    before = (run.folder / "answers.jsonl").read_bytes()
    lines = before.splitlines(keepends=True)
    (run.folder / "answers.jsonl").write_bytes(b"".join(lines[:4]))
    Ear.lengths.clear()
    assert ask(home, control="swap-audio").id == run.id
    assert len(Ear.lengths) == 2
    again = [json.loads(line) for line in (run.folder / "answers.jsonl").read_bytes().splitlines()]
    kept = ("clip_id", "answer", "key", "heard_clip")
    assert [[line[key] for key in kept] for line in again] == [
        [json.loads(line)[key] for key in kept] for line in lines
    ]


@pytest.mark.slow
def test_clips_that_are_not_here_are_nobodys_audio(corpus: Corpus, home: Home) -> None:
    corpus.halves(absent=("07",))
    run = ask(home, control="swap-audio")
    records = run.answers()
    assert records["tones/07"].error == "missing: missing: gone: the host has lost it"
    assert sorted(str(r.heard_clip) for c, r in records.items() if c != "tones/07") == sorted(
        set(records) - {"tones/07"}
    )


def test_a_model_that_never_listens_needs_no_control(corpus: Corpus, home: Home) -> None:
    corpus.halves()
    with pytest.raises(EvaluationError, match="'majority' never listens: with silence it would say the same"):
        ask(home, model="majority", control="silence")
    assert all_runs(home) == []


def test_one_clip_has_nothing_to_swap_with(corpus: Corpus, home: Home) -> None:
    corpus.halves()
    with pytest.raises(EvaluationError, match=r"is the only clip asked of tones.*\n.*--silence"):
        ask(home, control="swap-audio", limit=1)


@pytest.mark.parametrize(
    ("gold", "same"),
    [
        (["a", "b"], 0),
        (["a"] * 5 + ["b"] * 5, 0),
        (["a"] * 3 + ["b"] * 2 + ["c"], 0),
        (["a"] * 4 + ["b"] * 2, 2),  # two of the four must hear one of their own
        (["a"] * 4, 4),
        ([f"caption {n}" for n in range(30)], 0),
    ],
)
@pytest.mark.parametrize("seed", range(4))
def test_swapping_moves_every_clip_and_as_many_labels_as_can_be(gold: list[str], same: int, seed: int) -> None:
    given = items(*gold)
    other = deranged(given, seed)
    assert sorted(item.item_id for item in other.values()) == [item.item_id for item in given]
    assert all(other[item.item_id] is not item for item in given)
    assert sum(other[item.item_id].references == item.references for item in given) == same
    assert deranged(given[::-1], seed) == other


def test_swapping_is_drawn_by_the_seed() -> None:
    given = items(*[f"caption {n}" for n in range(30)])
    drawn = {tuple(other.item_id for _, other in sorted(deranged(given, seed).items())) for seed in range(5)}
    assert len(drawn) == 5


@pytest.mark.slow
def test_the_badge_of_a_run_is_found_with_its_controls(corpus: Corpus, home: Home) -> None:
    hashes = corpus.publish(clips=90)  # of 45 artists: of 30, no change at all would not yet show that it hears nothing
    corpus.split("half", {"test": hashes})
    for model, verdict in ((EAR, "heard"), (LOST, "not heard")):
        real = ask(home, model=model)
        assert audio_use.check_run(home, real) is None
        control = ask(home, model=model, control="silence")
        badge = audio_use.check_run(home, real)
        assert badge is not None
        assert (badge.verdict, badge.n) == (verdict, 90)
        assert audio_use.check_run(home, control) == badge


@pytest.mark.slow
def test_an_unfinished_control_is_none(corpus: Corpus, home: Home) -> None:
    corpus.halves()
    real, control = ask(home), ask(home, control="silence")
    lines = (control.folder / "answers.jsonl").read_bytes().splitlines(keepends=True)
    (control.folder / "answers.jsonl").write_bytes(lines[0])
    assert audio_use.check_run(home, real) is None
