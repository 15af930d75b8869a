"""The contract of a model: its documentation's example is whole, short and runs."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from small_corpus import Corpus

from mudata.errors import ModelError
from mudata.evaluation import protocol
from mudata.evaluation.inference.runner import EvalRequest, evaluate
from mudata.evaluation.models import registry
from mudata.evaluation.protocol import Answer, Clip, Item, ModelCapabilities, Question, Ranking

if TYPE_CHECKING:
    from mudata.home import Home


def test_a_model_of_ones_own_takes_fewer_than_ten_lines(
    home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert protocol.__doc__ is not None
    example = textwrap.dedent("    class Echo:" + protocol.__doc__.split("    class Echo:")[1].split("It runs as")[0])
    assert len([line for line in example.splitlines() if line.strip()]) < 10
    (tmp_path / "own_echo.py").write_text(
        "from mudata.evaluation.protocol import Answer, ModelCapabilities\n" + example
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    (tmp_path / "cards").mkdir()
    Corpus(home, tmp_path / "cards", monkeypatch).halves()
    run = evaluate(home, EvalRequest(model="own_echo:Echo", split="half", task="genre"))
    assert run.scores["outcomes"] == {"OOV": 6}
    assert run.settings.sessions[0].model == {"revision": "1"}


OLD_PLUGINS = {
    "fixed": """
from mudata.evaluation.protocol import Answer, Hearing

class Echo:
    hearing = Hearing(sample_rate=16000, batch=2)

    def load(self): ...

    def answer(self, clips, question):
        assert {clip.sample_rate for clip in clips} == {16000}
        return [Answer("low" if clip.audio.any() else "silence") for clip in clips]

    def describe(self):
        return {"revision": "1"}
""",
    "known after loading": """
from mudata.evaluation.protocol import Answer, Hearing

class Echo:
    def __init__(self):
        self.rate = None

    @property
    def hearing(self):
        return Hearing(sample_rate=self.rate, batch=2 if self.rate else 1)

    def load(self):
        self.rate = 16000

    def answer(self, clips, question):
        assert {clip.sample_rate for clip in clips} == {16000}
        return [Answer("low" if clip.audio.any() else "silence") for clip in clips]

    def describe(self):
        return {"revision": "1"}
""",
}
"""Models as mudata 0.1.0 documented them: `hearing` is of class Hearing, and may depend on the checkpoint."""


@pytest.mark.parametrize("name", OLD_PLUGINS)
def test_a_model_written_for_0_1_0_still_runs(
    home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    module = f"old_{name.replace(' ', '_')}"
    (tmp_path / f"{module}.py").write_text(OLD_PLUGINS[name])
    monkeypatch.syspath_prepend(str(tmp_path))
    (tmp_path / "cards").mkdir()
    Corpus(home, tmp_path / "cards", monkeypatch).halves()
    with (
        pytest.warns(DeprecationWarning, match=r"Hearing is ModelCapabilities now, and .* `capabilities`"),
        pytest.warns(DeprecationWarning, match=r"`answer\(clips, question\)`, .* it is `answer\(items\)` now"),
    ):
        run = evaluate(home, EvalRequest(model=f"{module}:Echo", split="half", task="genre"))
    assert run.scores["outcomes"] == {"ALIGNED": 6}
    session = run.settings.sessions[0]
    assert (session.batch, session.capabilities["sample_rate"]) == (2, 16000)


class Earlier:
    """Answers and ranks as in 0.1.0; what it is asked together is kept."""

    capabilities = ModelCapabilities(batch=4, gives_logits=True)
    needs_fit = ("tag",)

    def __init__(self, short: bool = False) -> None:
        self.calls: list[tuple[list[str], str]] = []
        self.short = short

    def load(self) -> None:
        """Nothing to load."""

    def answer(self, clips: Sequence[Clip], question: Question) -> list[Answer]:
        self.calls.append(([clip.clip_id for clip in clips], question.prompt))
        return [Answer(f"{question.prompt} {clip.clip_id}") for clip in clips][int(self.short) :]

    def rank(self, clips: Sequence[Clip], question: Question) -> list[Ranking]:
        return [Ranking((float(len(question.prompt)),)) for _ in clips]

    def describe(self) -> dict[str, object]:
        return {"calls": len(self.calls)}


class EarlierWithoutRank(Earlier):
    rank = property()  # type: ignore[assignment]


def question_of(prompt: str) -> Question:
    return Question("choose", prompt, ("a",), "choice")


def test_a_model_of_0_1_0_is_asked_one_question_at_a_time_and_answers_in_order() -> None:
    with pytest.warns(DeprecationWarning, match=r"`answer\(clips, question\)`"):
        model: Any = registry.create(f"{__name__}:Earlier")
    clips = [Clip(f"d/{i}", np.zeros(2, np.float32), 8000) for i in range(4)]
    items = [
        Item(clip.clip_id, (clip,), question_of(prompt))
        for clip, prompt in zip(clips, ("x", "yy", "x", "yy"), strict=True)
    ]
    assert [answer.text for answer in model.answer(items)] == ["x d/0", "yy d/1", "x d/2", "yy d/3"]
    assert model.calls == [(["d/0", "d/2"], "x"), (["d/1", "d/3"], "yy")]
    assert [ranking.loglik for ranking in model.rank(items)] == [(1.0,), (2.0,), (1.0,), (2.0,)]
    assert (model.describe(), model.needs_fit, model.capabilities.batch) == ({"calls": 2}, ("tag",), 4)
    with pytest.raises(AttributeError, match="folder"):
        model.folder  # noqa: B018
    with pytest.raises(ValueError, match="too many values"):
        model.answer([Item("d/a", (clips[0], clips[1]), question_of("x"))])


def test_a_model_of_0_1_0_owes_an_answer_to_each_clip_and_may_lack_rank() -> None:
    with pytest.warns(DeprecationWarning, match=r"`answer\(clips, question\)`"):
        model: Any = registry.create(f"{__name__}:Earlier", short=True)
    with pytest.raises(ModelError, match="gave 0 answers to 1 questions"):
        model.answer([Item("d/0", (Clip("d/0", np.zeros(2, np.float32), 8000),), question_of("x"))])
    with pytest.warns(DeprecationWarning, match=r"`answer\(clips, question\)`"):
        assert not hasattr(registry.create(f"{__name__}:EarlierWithoutRank"), "rank")


def test_the_only_clip_of_an_item_is_had_by_name() -> None:
    one, other = (Clip(f"d/{i}", np.zeros(2, np.float32), 8000) for i in range(2))
    assert Item("d/0", (one,), question_of("x")).clip is one
    with pytest.raises(ValueError, match="too many values"):
        Item("d/both", (one, other), question_of("x")).clip  # noqa: B018


def test_options_are_chosen_by_the_marks_that_they_are_shown_with() -> None:
    shown = {"letters": True}, {"numbered": True}, {}
    marks = [Question("choose", "?", ("slow", "fast"), "pace", **how).marks for how in shown]
    assert marks == [("A", "B"), ("1", "2"), ("slow", "fast")]


def test_the_protocol_has_no_other_old_names() -> None:
    with pytest.raises(AttributeError, match=r"protocol' has no attribute 'Listening'"):
        protocol.Listening  # type: ignore[attr-defined] # noqa: B018


def test_clips_are_told_apart_by_identity_and_cannot_be_changed() -> None:
    clip = Clip("d/1", np.zeros(2, np.float32), 8000)
    assert clip != Clip("d/1", np.zeros(2, np.float32), 8000)
    with pytest.raises(AttributeError, match="cannot assign to field"):
        clip.sample_rate = 1  # type: ignore[misc]


def test_a_model_takes_everything_unless_it_says_otherwise() -> None:
    capabilities = ModelCapabilities()
    assert (capabilities.sample_rate, capabilities.max_seconds, capabilities.batch) == (None, None, 1)
    assert capabilities.needs_audio
    assert not (capabilities.forced_choice)
    assert not (capabilities.gives_logits)
    assert not (capabilities.control)
