"""Clips that are MIDI: fetched, split, and asked of the model that reads notes, through the command line."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from asking import sample
from made_once import publish_once
from midi_dances import lay
from oracles import Bundle, bundles
from shell import Done, typed

from mudata.errors import EvaluationError
from mudata.evaluation.inference.playback import PlayedItem, play
from mudata.evaluation.inference.runner import EvalRequest, evaluate
from mudata.evaluation.protocol import Answer, Clip, Failure, Item, ModelCapabilities, Question
from mudata.evaluation.run import all_runs

if TYPE_CHECKING:
    from mudata.home import Home

pytestmark = pytest.mark.slow


def run(*words: object) -> Done:
    done = typed(*words)
    assert done.code == 0, done.err
    return done


@pytest.fixture
def dances(home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    raw = lay(tmp_path)
    monkeypatch.setenv("MUDATA_CARDS", str(tmp_path / "cards"))

    def fetch() -> None:
        run("fetch", "dances", "--from", raw, "--workers", 1)

    publish_once(home, "dances", "dances", fetch)
    run("split", "half", "--dataset", "dances", "--stratify", "genre", "--parts", "train=0.5,test=0.5")


class Reader:
    """Says the first pitch of a file."""

    capabilities = ModelCapabilities(sample_rate=16000, batch=2, takes_midi=True)

    def load(self) -> None: ...

    def answer(self, items: Sequence[Item]) -> list[Answer | Failure]:
        assert not any(item.clip.audio.size for item in items)
        return [Answer("jig", f"notes of {item.clip.midi.name if item.clip.midi else None}") for item in items]

    def describe(self) -> dict[str, object]:
        return {}


class Deaf(Reader):
    """Takes MIDI, and looks at the samples that a score does not have."""

    def answer(self, items: Sequence[Item]) -> list[Answer | Failure]:
        return [Answer("jig" if item.clip.audio.size == 0 else "reel") for item in items]


class Listener(Reader):
    """Says how loud and how long it is."""

    capabilities = ModelCapabilities(sample_rate=16000)

    def answer(self, items: Sequence[Item]) -> list[Answer | Failure]:
        assert not any(item.clip.midi for item in items)
        return [Answer(self.heard(item.clip)) for item in items]

    def heard(self, clip: Clip) -> str:
        is_loud = 0.85 < abs(clip.audio).max() < 0.95
        return f"{clip.sample_rate} Hz, {len(clip.audio) / clip.sample_rate:.1f} s, {'loud' if is_loud else 'not'}"


def ask(home: Home, model: str, **more: object) -> object:
    return evaluate(home, EvalRequest(model=f"{__name__}:{model}", split="half", **more))  # type: ignore[arg-type]


def test_a_model_that_takes_midi_gets_the_files_and_what_it_was_given_is_kept(dances: None, home: Home) -> None:
    found = ask(home, "Reader")
    records = found.answers()
    assert len(records) == 4
    for clip_id, record in records.items():
        assert (record.answer, record.heard_s) == ("jig", 0.0)
        assert record.given == f"notes of {clip_id.partition('/')[2]}.mid"
    assert found.settings.clips_with_other_audio == 0
    assert len({record.key for record in records.values()}) == 4
    rows = run("sql", "SELECT given FROM answers ORDER BY clip_id", "--json").out
    assert json.loads(rows)[0]["given"] == next(iter(sorted(r.given for r in records.values())))
    shown = run("show", next(iter(records))).out
    assert "given: notes of " in shown


@pytest.mark.parametrize(
    ("model", "more", "what"),
    [
        ("Deaf", {}, r"without taking its audio.*\n.*`clip.midi` where a clip is MIDI"),
        ("Reader", {"control": "silence"}, r"is MIDI, which cannot be silenced\.\nUse --swap-audio"),
    ],
)
def test_midi_is_refused_where_it_cannot_be_taken(
    dances: None, home: Home, model: str, more: dict[str, str], what: str
) -> None:
    with pytest.raises(EvaluationError, match=what):
        ask(home, model, **more)
    assert all_runs(home) == []


def test_a_model_that_listens_hears_what_a_synthesiser_makes_of_the_notes(dances: None, home: Home) -> None:
    found = ask(home, "Listener")
    for record in found.answers().values():
        assert record.answer == "16000 Hz, 4.0 s, loud"
        assert record.heard_s == 4.0
    (session,) = found.settings.sessions
    (rendering,) = session.renderings
    assert (rendering["engine"], rendering["rate"]) == ("embedded", 22050)
    assert "soundfont" not in rendering
    assert ask(home, "Reader").settings.sessions[0].renderings == ()


def test_another_score_can_be_played_in_its_stead(dances: None, home: Home) -> None:
    swapped = ask(home, "Reader", control="swap-audio").answers()
    assert all(r.heard_clip and r.given == f"notes of {r.heard_clip.partition('/')[2]}.mid" for r in swapped.values())


def test_looking_at_the_samples_of_a_score_is_not_listening(tmp_path: Path) -> None:
    item = play(
        sample("d/a", path=tmp_path / "a.mid", midi=True),
        Question("classify", "Which dance is it?", ("jig", "reel"), "dance"),
        ModelCapabilities(takes_midi=True),
    )
    assert isinstance(item, PlayedItem)
    (clip,) = item.clips
    assert (clip.audio.size, clip.audio.dtype, clip.listened) == (0, np.float32, False)
    assert (clip.midi, clip.listened) == (tmp_path / "a.mid", True)


@pytest.mark.parametrize(
    ("prompt", "asked"),
    [
        ("Listen to the music. Which dance is it?", "Classify the dance of the following music given in ABC notation."),
        ("Which dance is this?", "Which dance is this?"),
    ],
)
def test_a_reader_of_notation_is_not_told_to_listen_but_asked_in_words_that_were_given(prompt: str, asked: str) -> None:
    pytest.importorskip("torch")
    from mudata.evaluation.models.families.chatmusician import ChatMusician

    model = ChatMusician("nowhere")
    assert model.capabilities.takes_midi
    assert model.instruction(Question("classify", prompt, ("jig", "reel"), "dance"), "X:1").startswith(asked)


def test_no_prompt_of_a_kind_with_exact_truth_tells_a_reader_of_notation_to_listen() -> None:
    pytest.importorskip("torch")
    from mudata.evaluation.kinds.kind_card import kind_prompts
    from mudata.evaluation.models.families.chatmusician import ChatMusician
    from mudata.evaluation.tasks.prompts import joined_cue

    model, told = ChatMusician("nowhere"), ChatMusician("nowhere", own_words=False)
    for words in kind_prompts().values():
        prompt = f"{joined_cue(2, 1.0)} {words.write(None, 'key', ('C', 'D'), 'bpm')}"
        question = Question("key", prompt, (), "key")
        asked = model.instruction(question, "X:1")
        assert not {"Listen", "hear"} & set(asked.replace(",", " ").split()), words.id
        assert asked.startswith("You get 2 clips one after the other")
        assert told.instruction(question, "X:1") == f"{prompt}\nX:1"


@bundles("chatmusician")
def test_oracle_chatmusician_is_asked_about_midi_through_the_command_line(
    bundle: Bundle, dances: None, home: Home
) -> None:
    pytest.importorskip("torch")
    pytest.importorskip("onnxruntime")
    words = ("--split", "half", "--device", "cpu", "--max-new-tokens", "12", "--json")
    done = run("eval", "--model", "chatmusician", "--checkpoint", bundle.checkpoint, *words)
    assert json.loads(done.out)["n"] == 4
    records = all_runs(home)[0].answers()
    assert all(r.answer is not None and r.given and r.given.startswith("X:1\n") for r in records.values())
