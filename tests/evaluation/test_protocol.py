"""The contract of a model: its documentation's example is whole, short and runs."""

from __future__ import annotations

import textwrap
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from small_corpus import Corpus

from mudata.evaluation import protocol
from mudata.evaluation.inference.runner import EvalRequest, evaluate
from mudata.evaluation.protocol import Clip, ModelCapabilities

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
    with pytest.warns(DeprecationWarning, match=r"Hearing is ModelCapabilities now, and .* `capabilities`"):
        run = evaluate(home, EvalRequest(model=f"{module}:Echo", split="half", task="genre"))
    assert run.scores["outcomes"] == {"ALIGNED": 6}
    session = run.settings.sessions[0]
    assert (session.batch, session.capabilities["sample_rate"]) == (2, 16000)


def test_the_protocol_has_no_other_old_names() -> None:
    with pytest.raises(AttributeError, match=r"protocol' has no attribute 'Listening'"):
        protocol.Listening  # type: ignore[attr-defined] # noqa: B018


def test_clips_are_told_apart_by_identity_and_cannot_be_changed() -> None:
    import numpy as np

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
